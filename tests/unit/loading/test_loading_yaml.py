"""YAML text to trees: scalars, places, merges, and what is refused."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.errors import ArenaFileError, Location
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.tree import plain
from pytest_arena.loading.yaml_reader import read_yaml


def read(text: str | bytes) -> Any:
    problems = ProblemList()
    data = text.encode() if isinstance(text, str) else text
    tree = read_yaml(data, ["a.yaml"], problems)
    problems.raise_if_any()
    return tree


def refusal(text: str | bytes) -> str:
    with pytest.raises(ArenaFileError) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("0o7", 7),
        ("0x1F", 31),
        ("+5", 5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("~", None),
        ("", None),
        ("True", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ('"5"', "5"),
        ("!!str 5", "5"),
        ("!!int 5", 5),
        ("=", "="),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_scalars_are_those_of_yaml_1_2(written: str, value: object) -> None:
    read_back = read(f"a: {written}")["a"]
    assert read_back == value
    assert type(read_back) is type(value)


def test_every_key_and_value_knows_its_place() -> None:
    tree = read("name: x\nlist:\n  - a\n  - {k: v}\n")
    assert tree.key_place("name") == Location("a.yaml", 1, 1)
    assert tree.value_place("name") == Location("a.yaml", 1, 7)
    assert tree["list"].value_place(0) == Location("a.yaml", 3, 5)
    assert tree["list"][1].place == Location("a.yaml", 4, 5)
    assert tree["list"][1].value_place("k") == Location("a.yaml", 4, 9)


def test_merges_take_what_is_missing_with_its_place() -> None:
    tree = read("a: &a {x: 1, y: 2}\nb: &b {z: 1.10}\nc: {y: 3, <<: [*a, *b]}\n")
    assert plain(tree["c"]) == {"y": 3, "x": 1, "z": 1.1}
    assert tree["c"].value_place("x") == Location("a.yaml", 1, 11)
    assert tree["c"].spelling("z") == "1.10"


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert read(b"\xef\xbb\xbfa: 1") == {"a": 1}


REFUSED = {
    "a: 1\nb: 2\na: 3": (
        "a.yaml:3:1: duplicate key 'a'\n"
        "  expected: each key once in a mapping\n"
        "  fix: remove it here or in line 1"
    ),
    "a: !!python/object:os.system x": (
        "a.yaml:1:4: YAML tag '!!python/object:os.system' is not allowed\n"
        "  expected: plain YAML: texts, numbers, lists and mappings\n"
        "  fix: remove the tag"
    ),
    "&a [*a]": (
        "a.yaml:1:5: alias '*a' stands inside what it names\n"
        "  expected: an anchor that ends before its alias\n"
        "  fix: write the part out instead of naming it"
    ),
    "a: *b": (
        "a.yaml:1:4: unknown alias '*b'\n"
        "  expected: an anchor '&b' above it\n"
        "  fix: define it above, or quote the text if it begins with '*'"
    ),
    "a:\n\tb: 1": (
        "a.yaml:2:1: a tab in the indentation\n"
        "  expected: spaces, since YAML allows no tabs there\n"
        "  fix: indent with spaces"
    ),
    "a: 1\n b: 2": (
        "a.yaml:2:3: a ':' stands where no value can begin\n"
        "  expected: valid YAML\n"
        "  fix: quote the text if it holds ': ', or mend the indentation"
    ),
    "- a\nb: 1": (
        "a.yaml:2:1: the indentation does not fit the list above\n"
        "  expected: valid YAML\n"
        "  fix: give all '-' of one list the same indentation"
    ),
    "a: [1": (
        "a.yaml:2:1: a '[' or '{' is not closed before this\n"
        "  expected: valid YAML\n"
        "  fix: close it, put ',' between the entries, or quote a text that holds brackets"
    ),
    'a: "x': (
        "a.yaml:1:4: a quote is opened and never closed\n"
        "  expected: valid YAML\n"
        "  fix: close the quote"
    ),
    'a:\n- "x\n- y\n': (
        "a.yaml:2:3: a quote is opened and never closed\n"
        "  expected: valid YAML\n"
        "  fix: close the quote"
    ),
    "a: [{b: #5}]\n\nc: 1\n": (
        "a.yaml:1:9: a '#' begins a comment, and what stands behind it closes nothing\n"
        "  expected: valid YAML\n"
        "  fix: quote the text that holds '#', or close what is open before it"
    ),
    "a: 1\n---\nb: 2": (
        "a.yaml:2:1: a second YAML document begins here\n"
        "  expected: one document in a file\n"
        "  fix: remove the '---', or make it a file of its own"
    ),
    "a: \x07": (
        "a.yaml:1:4: the character U+0007 is not allowed in YAML\n"
        "  expected: printable characters\n"
        '  fix: remove it, or write it as an escape in double quotes, like "\\x07"'
    ),
    "{[a]: 1}": (
        "a.yaml:1:2: a mapping or list stands where a key should\n"
        "  expected: a text as the key\n"
        "  fix: quote it if '{' or '[' begins a text"
    ),
    "a: {<<: 5}": (
        "a.yaml:1:9: '<<' merges something that is not a mapping\n"
        "  expected: an alias of a mapping, or a list of them\n"
        "  fix: write it like <<: *name"
    ),
}


@pytest.mark.parametrize("text", list(REFUSED))
def test_mistakes_are_named_with_their_place_and_fix(text: str) -> None:
    assert refusal(text) == REFUSED[text]


def test_text_that_is_not_utf8_is_refused_at_its_place() -> None:
    assert refusal(b"a: \xc3\xa4\nb: \xff") == (
        "a.yaml:2:4: the file is not UTF-8\n  expected: UTF-8 text\n  fix: save it as UTF-8"
    )


BROKEN = """# an arena
providers: [{name: m, provider: mock}]
tests:
  - name: "It's #1"
    prompt: |
      say 'hi' & *bye*
    assertions: [{type: contains, value: '#5', not: !!bool true}, *x]
"""


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r", "\u2028", "\x85"])
def test_every_beginning_of_a_file_is_read_or_refused_at_a_place(end: str) -> None:
    for length in range(len(BROKEN)):
        with suppress(ArenaFileError):
            read(BROKEN[:length] + end)


def _alias_bomb() -> str:
    levels = "abcdefghi"
    lines = [f"a: &a [{','.join('x' * 9)}]"]
    for before, name in pairwise(levels):
        lines.append(f"{name}: &{name} [{','.join(['*' + before] * 9)}]")
    return "\n".join(lines)


def _chain_of_aliases() -> str:
    return "k0: &a0 [1]\n" + "".join(f"k{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 2000))


@pytest.mark.parametrize(
    ("text", "first_line"),
    [
        (_alias_bomb(), "a.yaml:7:8: the aliases stand for too much"),
        ("[" * 100_000, "a.yaml:1:61: nested too deep"),
        ("- " * 100_000, "a.yaml:1:121: nested too deep"),
        (_chain_of_aliases(), "a.yaml:60:12: nested too deep"),
        ("a" * 20_000_001, "a.yaml:1:1: the file is too large: 20,000,001 bytes"),
    ],
    ids=["bomb", "brackets", "dashes", "chain", "large"],
)
@pytest.mark.timeout(60)
def test_bombs_are_refused_quickly(text: str, first_line: str) -> None:
    assert refusal(text).splitlines()[0] == first_line


# PyYAML writes YAML 1.1, where `1e3` and `0o7` are texts that need no quotes.
TEXTS = st.text(max_size=12).filter(lambda text: not re.fullmatch(r"[-+.0-9a-fA-FoxX]+", text))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_pyyaml_writes_is_read_back_the_same(value: object) -> None:
    written = yaml.safe_dump({"value": value}, allow_unicode=False)
    assert plain(read(written)) == {"value": value}


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_input_gives_a_tree_or_problems(data: str | bytes) -> None:
    # Any other exception would fail the test.
    with suppress(ArenaFileError):
        read(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"a \uD83D\uDE00\uD83D\uDE00 b\u00e9"', "a \U0001f600\U0001f600 b\u00e9"),
        (r'"\\ud83d\ud83d\ude00"', "\\ud83d\U0001f600"),
        (r'"\\\ud83d\ude00"', "\\\U0001f600"),
        (r"""["\ud83d\ude00", '\ud83d\ude00']""", ["\U0001f600", r"\ud83d\ude00"]),
        (r"""[\ud83d\ude00, "\ud83d\ude00"]""", [r"\ud83d\ude00", "\U0001f600"]),
        (
            '- |\n  \\ud83d\\ude00 \\U0001F601 é\n- "\\ud83d\\ude00"\n',
            ["\\ud83d\\ude00 \\U0001F601 é\n", "\U0001f600"],
        ),
    ],
)
def test_jsons_pairs_of_escapes_are_characters_in_double_quotes(written: str, value: Any) -> None:
    assert plain(read(written)) == value


def test_places_behind_a_pair_of_escapes_are_those_of_the_file() -> None:
    text = r'{"a": "\ud83d\ude00", "b": ["\ud83d\ude00 \ud83d\ude00", 5], c: 1}'
    tree = read(text + "\n")
    assert tree.value_place("b").column == text.index("[") + 1
    assert tree["b"].value_place(1).column == text.index("5") + 1
    assert tree.key_place("c").column == text.index("c:") + 1


@given(st.text(st.characters(codec="utf-8")))
def test_what_json_writes_is_read_back(text: str) -> None:
    assert plain(read(json.dumps({"a": [text], "b": 1}))) == {"a": [text], "b": 1}
