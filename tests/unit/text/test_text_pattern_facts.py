"""What is certain of a pattern whatever the text."""

from __future__ import annotations

from itertools import product

import pytest

from pytest_arena.text.pattern_facts import empty_class, is_always_found, is_never_found
from pytest_arena.text.regex import compiled

TEXTS = ["".join(chars) for size in range(5) for chars in product("ab \n", repeat=size)]
ALWAYS = (
    *("$", "(?=)", "(?<!zzz)", r"\b|", "(?!$)|", r"\Z", "(?!a)", "x|(?=y|)", "($)", "(?!.)"),
    *("a*+", "(?>a*)", "(?!(?!))", ".*$", "(?s:.*)", "(?<=)|b", "(?!a*?b)", "a*^"),
)
NEVER = (
    *("(?!)", "a^", "$a", r"\b\B", r"\Za", "(?=a)(?!a)", "$ab", "^(?<=a)", "$(?=a)", "(?=$)a"),
    *(r"x(^|\A)y", "(?:a^|(?!))", "(a^)+", "(?!a*)", r"$\w", "$\n\n", "[^\\x00-\U0010ffff]"),
    *("(?=a^)", "a(?<=^)", "foo(?=^bar)", r"a\Ab"),
)
OPEN = (
    *("^$", r"\B", "(?<=a)", r"(a)?\1", "(?!^)", "(?>a*)^", "(?m)a$", "$\n", "^a"),
    *(r"$\s", "$[^a]", "(?m)a^", "(?m:$)a", r"\b\B?", "(?=a)(?!b)", "(?s)$.", "(a|^)b"),
    *(r"$(\n)", "(?=b?$\n)b\n", "x|a^", "(?!a^)b", "(?<!^)a", "^(?<=a*)b", "(?<=a$)\n"),
)


@pytest.mark.parametrize("pattern", ALWAYS)
def test_what_needs_nothing_to_be_there_is_always_found(pattern: str) -> None:
    assert is_always_found(pattern)
    assert all(compiled(pattern).search(text) for text in TEXTS)


@pytest.mark.parametrize("pattern", NEVER)
def test_what_contradicts_itself_is_never_found(pattern: str) -> None:
    assert is_never_found(pattern)
    assert not any(compiled(pattern).search(text) for text in TEXTS)


@pytest.mark.parametrize("pattern", OPEN)
def test_nothing_is_certain_of_what_depends_on_the_text(pattern: str) -> None:
    assert not is_always_found(pattern)
    assert not is_never_found(pattern)


@pytest.mark.parametrize("pattern", ["(?:$a){e<=1}", "(?!a){e<=1}", r"[[:alpha:]]*$a", r"\p{L}$a"])
def test_nothing_is_certain_of_what_python_reads_otherwise(pattern: str) -> None:
    assert not is_always_found(pattern)
    assert not is_never_found(pattern)


@pytest.mark.parametrize(
    ("pattern", "nothing"),
    [
        (r"[^\s\S]", r"[^\s\S]"),
        (r"a[^\D.\d]+", r"[^\D.\d]"),
        (r"x|(?i:[^\w\W])", r"[^\w\W]"),
        (r"[^\p{L}\P{L}]", r"[^\p{L}\P{L}]"),
        (r"[^\p{L}\p{^L}]", r"[^\p{L}\p{^L}]"),
        (r"[^\pL\PL]", r"[^\pL\PL]"),
        ("[^[:alpha:][:^alpha:]]", "[^[:alpha:][:^alpha:]]"),
        (r"[^]\w\W]", r"[^]\w\W]"),
    ],
)
def test_a_class_that_leaves_out_a_set_and_its_complement_is_empty(
    pattern: str, nothing: str
) -> None:
    assert empty_class(pattern) == nothing


@pytest.mark.parametrize(
    "pattern",
    [
        r"[\s\S]",
        r"\[^\s\S]",
        r"[^\s]\S[^\d]\D",
        r"[^\\s\\S]",
        r"[^\s\W]",
        r"[^\p{Lu}\P{L}]",
        r"[]^\s\S]",
        r"(?V1)[^\s--\S]",
    ],
)
def test_a_class_of_some_characters_is_not(pattern: str) -> None:
    assert empty_class(pattern) is None
