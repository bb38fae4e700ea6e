"""Configurations of promptfoo's: what an arena makes of them, and what it says of the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_arena import run_arena
from pytest_arena.cli import main
from pytest_arena.importing import Imported, read_source
from pytest_arena.importing.arena_writer import arena_text
from pytest_arena.importing.known import importer_of
from pytest_arena.importing.promptfoo.assertions.table import from_csv
from pytest_arena.importing.promptfoo.js_regex import NoPatternError, python_pattern


def convert(folder: Path, config: dict[str, Any], *, partial: bool = False) -> Imported:
    path = folder / "promptfooconfig.yaml"
    path.write_text(json.dumps(config))
    source = read_source(path, folder, partial=partial)
    return importer_of(source).convert(source)


def config(**changes: Any) -> dict[str, Any]:
    return {"prompts": ["Say {{ word }}"], "providers": ["echo"], **changes}


# assertion, answer, whether it holds there
HOLDS: list[tuple[dict[str, Any], str, bool]] = [
    ({"type": "contains", "value": "Hello"}, "Hello there", True),
    ({"type": "contains", "value": "hello"}, "Hello there", False),
    ({"type": "contains", "value": 42}, "it is 42", True),
    ({"type": "icontains", "value": "HELLO"}, "Hello there", True),
    ({"type": "not-contains", "value": "Bye"}, "Hello", True),
    ({"type": "contains-any", "value": ["a1", "b2"]}, "has b2", True),
    ({"type": "contains-any", "value": 'x, "b, 2"'}, "has b, 2", True),
    ({"type": "contains-any", "value": "x,y"}, "has X", False),
    ({"type": "icontains-any", "value": "x,q"}, "has X", True),
    ({"type": "contains-all", "value": ["a1", "b2"]}, "has b2 and a1", True),
    ({"type": "not-contains-any", "value": ["a1", "b2"]}, "has b2", False),
    ({"type": "not-contains-all", "value": ["a1", "b2"]}, "has b2", True),
    ({"type": "not-icontains-all", "value": ["a1", "b2"]}, "B2 A1", False),
    ({"type": "equals", "value": "Yes"}, "Yes", True),
    ({"type": "equals", "value": "Yes"}, "Yes ", False),
    ({"type": "equals", "value": "a.c"}, "abc", False),
    ({"type": "not-equals", "value": "Yes"}, "yes", True),
    ({"type": "equals", "value": {"a": 1, "b": [2]}}, '{"b": [2], "a": 1}', True),
    ({"type": "equals", "value": {"a": 1}}, "no json", False),
    ({"type": "not-equals", "value": {"a": 1}}, '{"a": 2}', True),
    ({"type": "starts-with", "value": "Yes"}, "Yes, sir", True),
    ({"type": "starts-with", "value": "Yes"}, " Yes", False),
    ({"type": "regex", "value": r"^\d{2}-(?<m>\w+)$"}, "12-may", True),
    ({"type": "regex", "value": r"^\d{2}$"}, "12\n", False),
    ({"type": "regex", "value": "a/b"}, "x a/b", True),
    ({"type": "not-regex", "value": "[0-9]"}, "none", True),
    ({"type": "is-json"}, '{"a": 1}', True),
    ({"type": "is-json"}, "Here: {}", False),
    ({"type": "is-json", "value": {"required": ["a"], "type": "object"}}, '{"b": 1}', False),
    ({"type": "not-is-json", "value": {"required": ["a"], "type": "object"}}, '{"b": 1}', True),
    ({"type": "contains-json"}, 'Here: {"a": 1}', True),
    ({"type": "not-contains-json"}, "nothing", True),
    ({"type": "is-xml"}, "<a><b/></a>", True),
    ({"type": "levenshtein", "value": "hello", "threshold": 1}, "hallo", True),
    ({"type": "levenshtein", "value": "hello"}, "abcdefghijk", False),
    ({"type": "levenshtein", "value": "It's ok", "threshold": 0}, "It\u2019s ok", False),
    ({"type": "levenshtein", "value": "ok", "threshold": 0}, "ok ", False),
    ({"type": "levenshtein", "value": "ok", "threshold": 0.75}, "o k", False),
    ({"type": "not-levenshtein", "value": "a-b", "threshold": 0}, "a\u2014b", True),
    ({"type": "levenshtein", "value": "ok", "threshold": 2}, "ok   ", False),
    ({"type": "not-levenshtein", "value": "a b", "threshold": 1}, "a    b", True),
    ({"type": "word-count", "value": 3}, "one two three", True),
    ({"type": "word-count", "value": {"min": 4}}, "one two three", False),
    ({"type": "not-word-count", "value": {"max": 2}}, "one two three", True),
    ({"type": "latency", "threshold": 60000}, "fast", True),
    ({"type": "finish-reason", "value": "stop"}, "done", True),
    ({"type": "is-refusal"}, "I'm sorry, but I can't help with that.", True),
    ({"type": "not-is-refusal"}, "Paris.", True),
    ({"type": "javascript", "value": "output.length > 2"}, "Paris.", True),
    ({"type": "not-javascript", "value": "output.length > 2"}, "Paris.", False),
    ({"type": "javascript", "value": "const n = output.length; n - 5\n"}, "Paris.", True),
    ({"type": "javascript", "value": "output.length", "threshold": 7}, "Paris.", False),
    ({"type": "javascript", "value": "output === context.vars.word"}, "x", True),
    ({"type": "javascript", "value": "output === '{{word}}'"}, "x", True),
    (
        {
            "type": "javascript",
            "value": "output.a > context.config.n",
            "config": {"n": 1},
            "transform": "JSON.parse(output)",
        },
        '{"a": 2}',
        True,
    ),
    ({"type": "equals", "value": "b", "transform": "output.split(' ')[1]"}, "a b", True),
    (
        {
            "type": "assert-set",
            "threshold": 0.5,
            "assert": [{"type": "contains", "value": "a"}, {"type": "contains", "value": "q"}],
        },
        "a b",
        True,
    ),
    (
        {
            "type": "assert-set",
            "assert": [{"type": "contains", "value": "a"}, {"type": "contains", "value": "q"}],
        },
        "a b",
        False,
    ),
]


def test_assertions_have_the_verdicts_that_they_have_there(tmp_path: Path) -> None:
    tests = [
        {
            "description": f"n{number}",
            "vars": {"word": "x"},
            "assert": [written],
            "providerOutput": said,
        }
        for number, (written, said, _) in enumerate(HOLDS)
    ]
    imported = convert(tmp_path, config(tests=tests, providers=["openai:gpt-4.1-mini"]))
    (tmp_path / "arena.yaml").write_text(arena_text(imported.arena, "imported"))
    run = run_arena(tmp_path / "arena.yaml", mock=True)
    found = {cell.case: cell.verdict for cell in run.cells}
    wanted = {
        f"n{number}": "passed" if holds else "failed" for number, (_, _, holds) in enumerate(HOLDS)
    }
    assert {
        name: (found[name], HOLDS[int(name[1:])][0])
        for name in wanted
        if found[name] != wanted[name]
    } == {}


@pytest.mark.parametrize(
    ("pattern", "text", "finds"),
    [
        (r"\d", "٣", False),
        (r"\w", "é", False),
        (r"a$", "a\n", False),
        (r"[$]", "$", True),
        (r"\/x", "/x", True),
        (r"\u0041\x42\u0043", "ABC", True),
        (r"(?<q>['\"]).*\k<q>", "'x'", True),
        (r"[^]", "\n", True),
        (r"[[]", "[", True),
        (r"(?<=a)b", "ab", True),
        (r"\-\@", "-@", True),
    ],
)
def test_patterns_find_what_they_find_in_javascript(pattern: str, text: str, finds: bool) -> None:
    import re

    assert bool(re.search(python_pattern(pattern), text)) is finds


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("Paris", {"type": "equals", "value": "Paris"}),
        ("Note: this", {"type": "equals", "value": "Note: this"}),
        ("contains:Paris", {"type": "contains", "value": "Paris"}),
        ("not-icontains: x", {"type": "not-icontains", "value": "x"}),
        ("similar(0.9):a b", {"type": "similar", "threshold": 0.9, "value": "a b"}),
        ("levenshtein:abc", {"type": "levenshtein", "threshold": 0.75, "value": "abc"}),
        ("grade:is kind", {"type": "llm-rubric", "value": "is kind"}),
        ("is-json", {"type": "is-json"}),
        ("fn:output > 1", {"type": "javascript", "value": "output > 1"}),
    ],
)
def test_a_cell_of_a_table_is_an_assertion(cell: str, wanted: dict[str, Any]) -> None:
    assert from_csv(cell) == wanted


def test_prompts_are_variants_where_all_of_them_stay_templates(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("Say {{word}}\n---\nTell {{ word }}\n")
    chat = json.dumps(
        [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "{{ word }}?"}]
    )
    tests = [
        {"vars": {"word": ["hi", "yo"]}, "assert": [{"type": "icontains", "value": "{{word}}"}]}
    ]
    written = config(prompts=["file://p.txt", chat], tests=tests, providers=["openai:gpt-4o"])
    arena = convert(tmp_path, written).arena
    assert [one["name"] for one in arena["variants"]] == ["p.txt 1", "p.txt 2", "prompt 3"]
    assert arena["prompts"]["p.txt 1"] == {"user": "Say {{ word }}"}
    assert arena["prompts"]["prompt 3"] == {"system": "Be kind.", "user": "{{ word }}?"}
    assert [case["variables"] for case in arena["tests"]] == [{"word": "hi"}, {"word": "yo"}]
    assert arena["tests"][1]["assertions"] == [{"type": "contains", "value": "yo"}]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("5.0", "5"),
        ("1.10", "1.1"),
        ("1e3", "1000"),
        ("1e21", "1e+21"),
        ("1e-5", "0.00001"),
        ("2.50e-7", "2.5e-7"),
        ("-0.0", "0"),
        ("12345678901234567890", "12345678901234567000"),
        ("9007199254740993", "9007199254740992"),
        (".inf", "Infinity"),
        (".nan", "NaN"),
        ("'1.10'", "1.10"),
        ("true", "true"),
        ("[1, 2.0]", "1,2"),
        ("{a: 1.0}", "[object Object]"),
        ("file://l.yaml", '{"b":1,"c":[1.5,2]}'),
        ("file://l.json", '{"b": 1.0}'),
    ],
)
def test_variables_read_as_javascript_writes_them(written: str, sent: str, tmp_path: Path) -> None:
    (tmp_path / "l.yaml").write_text("b: 1.0\nc: [1.50, 2]\n")
    (tmp_path / "l.json").write_text('{"b": 1.0}\n')
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text(
        "prompts: ['{{ q }} {{ again }}']\nproviders: [echo]\n"
        f"defaultTest: {{vars: {{q: {written}}}}}\n"
        "scenarios: [{config: [{vars: {again: '-{{ q }}-'}}], tests: [{assert: "
        "[{type: contains, value: '-{{ q }}-'}]}]}]\n"
    )
    source = read_source(path, tmp_path)
    (tmp_path / "arena.yaml").write_text(
        arena_text(importer_of(source).convert(source).arena, "imported")
    )
    (cell,) = run_arena(tmp_path / "arena.yaml").cells
    assert (cell.verdict, cell.trials[0].output) == ("passed", f"{sent} -{sent}-")


@pytest.mark.parametrize(
    ("template", "sent"),
    [
        ("{{ o | dump }}", '{"a":[1,0.5]}'),
        ("{{ o | dump(1) }}", '{\n "a": [\n  1,\n  0.5\n ]\n}'),
        ("{{ o.a }}", "1,0.5"),
        ("{{ o.a[0] }} {{ o.a[1] * 2 }}", "1 1"),
        ("{{ o.none }}.", "."),
        ('{"q": "{{ w }}", "n": 1.0}', '{\n  "q": "say \\"hi\\"",\n  "n": 1\n}'),
        ('"{{ w }}"', '"say \\"hi\\""'),
    ],
)
def test_prompts_read_as_javascript_writes_them(template: str, sent: str, tmp_path: Path) -> None:
    tests = [{"vars": {"o": {"a": [1.0, 0.5]}, "w": 'say "hi"'}}]
    imported = convert(tmp_path, config(prompts=[template], tests=tests))
    (tmp_path / "arena.yaml").write_text(arena_text(imported.arena, "imported"))
    (cell,) = run_arena(tmp_path / "arena.yaml").cells
    assert cell.trials[0].output == sent


def test_numbers_of_options_and_of_rows_are_javascripts(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text(
        '{"vars": {"q": 1.50}, "options": {"prefix": 5.0, "repeat": 2.0}, "metadata": {"v": 1.0}}\n'
    )
    (case,) = convert(tmp_path, config(prompts=[" {{ q }}"], tests="file://t.jsonl")).arena["tests"]
    assert (case["prompt"], case["variables"]) == ("5 {{ q }}", {"q": 1.5})
    assert (case["trials"], case["tags"]) == (2, ["v_1"])


def test_what_only_nunjucks_fills_in_is_filled_in(tmp_path: Path) -> None:
    prompt = "{% for x in list %}{{ x }};{% endfor %}{{ word | upper }} {{ gone }}"
    tests = [{"vars": {"word": "ok {{ n }}", "n": 1, "list": [1, 2]}}]
    imported = convert(tmp_path, config(prompts=[prompt], tests=tests))
    assert imported.arena["tests"][0]["prompt"] == "1;2;OK 1 "
    assert any("nobody defines gone" in one.what for one in imported.findings)


def test_defaults_scenarios_and_files_are_merged(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("word,__expected\nhi,contains:hi\n")
    given = config(
        defaultTest={"vars": {"word": "d"}, "assert": [{"type": "contains", "value": "z"}]},
        tests="file://t.csv",
        scenarios=[{"config": [{"vars": {"a": "1"}}], "tests": [{"vars": {"b": "2"}}]}],
    )
    first, second = convert(tmp_path, given).arena["tests"]
    assert first["variables"] == {"word": "hi"}
    assert [one["value"] for one in first["assertions"]] == ["z", "hi"]
    assert second["variables"] == {"word": "d", "a": "1", "b": "2"}


def test_what_is_lost_is_told_and_its_case_is_not_run(tmp_path: Path) -> None:
    tests = [
        {
            "vars": {"word": "x"},
            "assert": [{"type": "is-html", "value": "1"}, {"type": "contains", "value": "x"}],
        },
        {"vars": {"word": "y"}, "assert": [{"type": "min-length", "value": 1}], "name": "no key"},
    ]
    imported = convert(tmp_path, config(tests=tests, tsets=[]))
    assert [case.get("skip") for case in imported.arena["tests"]] == [
        "imported without is-html",
        "imported without min-length",
    ]
    told = "\n".join(map(str, imported.findings))
    assert "promptfooconfig.yaml:1:" in told
    for part in ("unknown key 'tsets'", "unknown key 'name'", "perhaps type: min_length is meant"):
        assert part in told
    assert imported.findings.summary == "1 of 3 assertions kept (1 exact, 0 alike), 2 left out"
    partial = convert(tmp_path, config(tests=tests), partial=True)
    assert not any("skip" in case for case in partial.arena["tests"])


@pytest.mark.parametrize(
    ("test", "lost"),
    [
        ({"assert": [{"$ref": "#/assertionTemplates/none"}]}, "an assertion"),
        ({"assert": ["contains: x"]}, "an assertion"),
        ({"assert": {"type": "contains", "value": "x"}}, "an assertion"),
        ({"vars": {"word": "file://gone.txt"}}, "the variable word"),
        ({"vars": {"word": "file://none/*.txt"}}, "the variable word"),
        ({"vars": {"word": "file://word.py"}}, "the variable word"),
        ({"vars": ["gone.yaml"]}, "vars"),
        ({"prompts": ["typo"]}, "its prompts"),
        ({"provider": "file://provider.js"}, "its provider"),
        ({"assertScoringFunction": "file://score.js"}, "assertScoringFunction"),
    ],
)
def test_a_test_that_is_not_what_it_was_is_not_run(
    tmp_path: Path, test: dict[str, Any], lost: str
) -> None:
    test = {"vars": {"word": "x"}, "assert": [{"type": "contains", "value": "x"}], **test}
    imported = convert(tmp_path, config(tests=[test]))
    (case,) = imported.arena["tests"]
    assert case["skip"] == f"imported without {lost}"
    assert not imported.findings.is_whole
    (partial,) = convert(tmp_path, config(tests=[test]), partial=True).arena["tests"]
    assert "skip" not in partial


def test_prompts_are_named_by_their_label_or_their_text(tmp_path: Path) -> None:
    prompts = ["Say {{ word }}", {"raw": "Tell {{ word }}", "label": "tell"}, "none/*.txt"]
    tests = [{"vars": {"word": "x"}, "prompts": [name]} for name in ("Say {{ word }}", "tell")]
    providers = ["echo", {"id": "openai:gpt-4.1-mini", "prompts": ["gone"]}]
    imported = convert(tmp_path, config(prompts=prompts, tests=tests, providers=providers))
    assert [case["prompt"] for case in imported.arena["tests"]] == [
        "Say {{ word }}",
        "Tell {{ word }}",
    ]
    told = [finding.what for finding in imported.findings]
    assert "there is no file none/*.txt" in told
    assert "every case of gpt-4.1-mini, whose prompts (gone) are none of these" in told


def test_defaults_that_cannot_be_read_keep_every_test_from_running(tmp_path: Path) -> None:
    tests = [{"vars": {"word": "x"}, "assert": [{"type": "contains", "value": "x"}]}]
    imported = convert(tmp_path, config(tests=tests, defaultTest="file://gone.yaml"))
    assert imported.arena["tests"][0]["skip"] == "imported without defaultTest"


def test_zeros_of_options_are_no_limits_and_objects_are_judged_as_json(tmp_path: Path) -> None:
    tests = [{"vars": {"word": "x"}, "providerOutput": {"a": True}}]
    options = {"repeat": 0, "timeoutMs": 0, "maxConcurrency": 3}
    arena = convert(tmp_path, config(tests=tests, evaluateOptions=options)).arena
    assert arena["defaults"] == {"concurrency": 3}
    assert arena["tests"][0]["mock"] == '{"a":true}'


def test_a_further_turn_of_a_conversation_is_not_run_alone(tmp_path: Path) -> None:
    prompt = "{% for one in _conversation %}{{ one.output }}{% endfor %}{{ word }}"
    tests = [
        {"vars": {"word": word}, "metadata": {"conversationId": name}}
        for word, name in (("a", "x"), ("b", "x"), ("c", "y"))
    ]
    cases = convert(tmp_path, config(prompts=[prompt], tests=tests)).arena["tests"]
    skipped = "imported without the turns before it"
    assert [case.get("skip") for case in cases] == [None, skipped, None]


def test_keys_are_never_copied_and_nothing_outside_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("outside")
    inside = tmp_path / "project"
    inside.mkdir()
    secret = "sk-ant-0123456789abcdef"
    provider = {
        "id": "anthropic:messages:claude-x",
        "config": {"apiKey": secret, "headers": {"Authorization": f"Bearer {secret}"}},
    }
    http = {
        "id": "https://x.example/a",
        "config": {"headers": {"X-Key": secret, "A": "b"}, "body": {"q": "{{prompt}} {{word}}"}},
    }
    tests = [{"vars": {"word": "file://../secret.txt"}}]
    imported = convert(inside, config(providers=[provider, http], tests=tests))
    text = arena_text(imported.arena, "imported")
    assert secret not in text
    assert "outside" not in text
    model, service = imported.arena["providers"]
    assert model["api_key_env"] == "ANTHROPIC_API_KEY"
    assert service["headers"] == {"A": "b"}
    assert service["body"] == {"q": "{{ prompt }} {{ variables.word }}"}


def test_the_command_writes_lists_and_says_how_whole_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pytest.ini").write_text("")
    path = tmp_path / "promptfooconfig.yaml"
    tests = [{"vars": {"word": "x"}, "assert": [{"type": "contains", "value": "x"}]}]
    path.write_text(json.dumps(config(tests=tests)))
    assert main(["import", str(path), "--check"]) == 0
    assert not (tmp_path / "promptfooconfig.arena.yaml").exists()
    assert main(["import", str(path), "-o", str(tmp_path / "made")]) == 0
    made = tmp_path / "made" / "promptfooconfig.arena.yaml"
    assert yaml.safe_load(made.read_text())["providers"] == [{"name": "echo", "provider": "echo"}]
    path.write_text(json.dumps(config(tests=[{"vars": {"word": "x"}}])))
    assert main(["import", str(path)]) == 1
    (tmp_path / "odd.yaml").write_text("a: 1")
    assert main(["import", str(tmp_path / "odd.yaml")]) == 2
    assert "this is no file of a known format" in capsys.readouterr().out
    assert main(["import", str(tmp_path / "gone.yaml")]) == 4


@pytest.mark.parametrize(
    "pattern",
    [r"\b*x", r"(?<=a)+b", "*a", "a**", "(a", "a)", "[b-a]", "a\\", "(?i)a", r"(?<a>)\k<b>"],
)
def test_what_javascript_refuses_is_no_pattern(pattern: str) -> None:
    with pytest.raises(NoPatternError):
        python_pattern(pattern)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "is-json", "value": {"type": "nope"}},
        {"type": "bleu", "value": "x", "threshold": 80},
        {"type": "similar", "value": []},
        {"type": "g-eval", "value": []},
        {"type": "levenshtein", "value": "x", "threshold": "near"},
        {"type": "levenshtein", "value": "x", "threshold": -0.5},
        {"type": "levenshtein", "value": 5},
        {"type": "regex", "value": 42},
        {"type": "finish-reason", "value": 1},
        {"type": "contains-any", "value": 42},
        {"type": "not-icontains-all", "value": True},
    ],
)
def test_what_an_arena_refuses_is_left_out_and_not_the_whole_file(
    wrong: dict[str, Any], tmp_path: Path
) -> None:
    asserted = [wrong, {"type": "contains", "value": "x"}]
    tests = [{"vars": {"word": "x"}, "assert": asserted}]
    imported = convert(tmp_path, config(tests=tests), partial=True)
    assert [one["type"] for one in imported.arena["tests"][0]["assertions"]] == ["contains"]
    assert imported.findings.summary == "1 of 2 assertions kept (1 exact, 0 alike), 1 left out"


def test_a_threshold_that_is_a_text_is_a_number(tmp_path: Path) -> None:
    asserted = [{"type": "levenshtein", "value": "x", "threshold": "3"}]
    imported = convert(tmp_path, config(tests=[{"vars": {"word": "x"}, "assert": asserted}]))
    assert imported.arena["tests"][0]["assertions"][0]["max_distance"] == 3


def test_a_threshold_of_a_table_that_is_no_number_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "word,__expected,__threshold,__config:__expected:threshold\nx,contains:x,high,low\n"
    )
    imported = convert(tmp_path, config(tests="file://t.csv"))
    case = imported.arena["tests"][0]
    assert "threshold" not in case
    assert [finding.what for finding in imported.findings] == [
        "__threshold: 'high' is no number",
        "__config:__expected:threshold: 'low' is no number",
    ]


def test_assertions_whose_judge_or_embedding_is_named_are_kept(tmp_path: Path) -> None:
    judge = "openai:gpt-4o"
    asserted = [
        {"type": "llm-rubric", "value": "is kind", "threshold": 0.8, "provider": judge},
        {"type": "g-eval", "value": ["is kind", "is short"], "provider": judge},
        {"type": "factuality", "value": "It is green.", "provider": {"id": judge}},
        {"type": "model-graded-closedqa", "value": "is kind", "provider": {"text": judge}},
        {"type": "answer-relevance", "threshold": 0.5, "provider": judge},
        {
            "type": "similar",
            "value": "green",
            "provider": "openai:embedding:text-embedding-3-small",
        },
        {"type": "similar", "value": ["green", "red"], "threshold": 0.9},
    ]
    imported = convert(tmp_path, config(tests=[{"vars": {"word": "x"}, "assert": asserted}]))
    assert imported.findings.summary.startswith("7 of 7 assertions kept")


def test_a_judge_that_cannot_be_named_is_told(tmp_path: Path) -> None:
    asserted = [{"type": "llm-rubric", "value": "is kind", "provider": "file://judge.py"}]
    imported = convert(tmp_path, config(tests=[{"vars": {"word": "x"}, "assert": asserted}]))
    told = [finding.what for finding in imported.findings]
    assert "llm-rubric: its provider file://judge.py is not used" in told


RUBRIC = [
    {"role": "system", "content": "Judge by {{ rubric }} in {{ word }}."},
    {"role": "user", "content": "{{ output }}"},
]
OURS = [
    {"role": "system", "content": "Judge by polite in tea."},
    {"role": "user", "content": "{{ output }}"},
]


@pytest.mark.parametrize(
    ("prompt", "made"),
    [
        ("Grade {{output}} by {{ rubric }}", "Grade {{ output }} by polite"),
        (RUBRIC, OURS),
        (json.dumps(RUBRIC), OURS),
        ("file://rubric.yaml", OURS),
        ("file://rubric.txt", "From a file: {{ output }}"),
    ],
)
def test_a_rubric_prompt_is_the_judges_prompt(prompt: Any, made: Any, tmp_path: Path) -> None:
    (tmp_path / "rubric.txt").write_text("From a file: {{ output }}\n")
    (tmp_path / "rubric.yaml").write_text(yaml.safe_dump(RUBRIC))
    rubric = {"type": "llm-rubric", "value": "polite"}
    tests = [
        {"vars": {"word": "tea"}, "assert": [{**rubric, "rubricPrompt": prompt}]},
        {"vars": {"word": "tea"}, "options": {"rubricPrompt": prompt}, "assert": [rubric]},
    ]
    imported = convert(tmp_path, config(tests=tests))
    for case in imported.arena["tests"]:
        assert case["assertions"][0]["judge_prompt"] == made


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        (
            '[{"role": "user", "content": [{"type": "image_url"}, {"text": "{{ output }}"}]}]',
            "its rubricPrompt has parts of type image_url",
        ),
        ("Grade {{ output | upper }}", "does more with the answer than show it"),
        ("Grade {% if output %}it{% endif %}", "does more with the answer than show it"),
        ("Grade it", "does not show the answer"),
        ("file://none.txt", "there is no file"),
        ("{{ output | nofilter }}", "cannot be filled in"),
    ],
)
def test_a_rubric_prompt_that_cannot_be_kept_is_told(
    prompt: str, said: str, tmp_path: Path
) -> None:
    rubric = {"type": "llm-rubric", "value": "polite", "rubricPrompt": prompt}
    imported = convert(tmp_path, config(tests=[{"vars": {"word": "tea"}, "assert": [rubric]}]))
    assert said in "".join(map(str, imported.findings))
    assert imported.arena["tests"][0]["skip"] == "imported without llm-rubric"


def test_metrics_keep_their_names(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("word,__expected,__metric\nx,contains:x,Row\n")
    asserted = [
        {"type": "contains", "value": "tea", "metric": "Says {{ word }}", "weight": 2},
        {"type": "assert-set", "metric": "Set", "assert": [{"type": "regex", "value": "t"}]},
        {"type": "contains", "value": "tea", "weight": -1},
    ]
    tests = [{"vars": {"word": "tea"}, "assert": asserted}, "t.csv"]
    imported = convert(tmp_path, config(tests=tests))
    first, second = imported.arena["tests"]
    assert [one.get("metric") for one in first["assertions"]] == ["Says tea", "Set", None]
    assert [one.get("weight") for one in first["assertions"]] == [2, None, None]
    assert second["assertions"] == [
        {"type": "contains", "value": "x", "case_sensitive": True, "metric": "Row"}
    ]
    (tmp_path / "arena.yaml").write_text(arena_text(imported.arena, "made"))
    cells = run_arena(tmp_path / "arena.yaml").cells
    found = [finding.metric for finding in cells[0].trials[0].assertions]
    assert found == ["Says tea", "Set", None]
