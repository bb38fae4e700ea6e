"""Checks that hold whatever comes are refused when an arena is loaded."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_arena.errors import ArenaFileError
from pytest_arena.schema import Assertion
from pytest_arena.text.pattern_facts import is_always_found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{type: contains, value: a, threshold: 0}", "threshold: 0 holds whatever comes"),
        ("{type: llm_judge, criteria: x, min_score: 0}", "min_score: 0 holds whatever comes"),
        ("{type: success_rate, min: 0}", "min: 0 holds whatever comes"),
        ("{type: error_rate, max: 1}", "max: 1 holds whatever comes"),
        ("{type: tool_efficiency, max_error_rate: 1}", "max_error_rate: 1 holds whatever"),
        ("{type: tool_call_count, min: 0}", "min: 0 holds whatever comes"),
        ("{type: matches, pattern: '.*'}", "the pattern '.*' is found in every answer"),
        ("{type: not_matches, pattern: 'x*'}", "the pattern 'x*' is found in every answer"),
        ("{type: matches, pattern: $}", "the pattern '\\$' is found in every answer"),
        ("{type: matches, pattern: '(?<!zzz)'}", "is found in every answer"),
        ("{type: not_matches, pattern: '(?!)'}", "is found in no text, so that this checks"),
        ("{type: not_matches, pattern: $a}", "is found in no text, so that this checks"),
        ("{type: matches, pattern: a^, not: true}", "is found in no text, so that this checks"),
        (r"{type: matches, pattern: '[^\s\S]'}", "no character is in"),
        (r"{type: tool_result_matches, pattern: '[^\d\D]'}", "no character is in"),
        ("{type: json_path, path: a, contains: ''}", "an empty text, which every text holds"),
        ("{type: json_path, path: a, contains: '', not: true}", "an empty text, which every"),
        ("{type: tool_args, tool: find, path: n, contains: ''}", "an empty text, which every"),
        ("{type: state_equals, path: n, contains: ''}", "an empty text, which every"),
        ("{type: json_path, path: a, min: 5, max: 1}", "max is less than min"),
        ("{type: json_path, path: a, min: 5, max: 1, not: true}", "max is less than min"),
        ("{type: topics, forbidden: {m: [diagnosis]}, min_words: 5}", "'m' can never come up"),
        ("{type: topics, allowed: {m: [a, a]}, min_words: 2}", "has 1 of the 2 words"),
        ("{type: topics, forbidden: {m: ['!?']}}", "has 0 of the 1 words"),
        ("{type: pii_leakage, allow: ['*']}", "allows everything"),
        ("{type: pii_leakage, allow: [a@b.de, ' ** ']}", "allows everything"),
        ("{type: secrets, allow: ['?*']}", "allows everything"),
        ("{type: profanity, words: [heck, ' ']}", "an empty text in the list"),
        ("{type: starts_with, value: '  '}", "blanks alone, with which every answer"),
        ("{type: all_of, threshold: 0, assertions: [{type: success}]}", "threshold: 0 holds"),
    ],
)
def test_a_check_that_cannot_fail_is_refused(
    text: str, said: str, build: Callable[[str], Assertion]
) -> None:
    with pytest.raises((ArenaFileError, ValueError), match=said.replace("*", r"\*")):
        build(text)


@pytest.mark.parametrize(
    "text",
    [
        "{type: llm_judge, criteria: x, min_score: 0, weight: 0}",
        "{type: tool_call_count, min: 0, max: 2}",
        "{type: tool_call_count, max: 1}",
        "{type: error_rate, max: 0.99}",
        "{type: error_rate, max: 1, weight: 0}",
        "{type: tool_efficiency, max_error_rate: 1, max_calls: 3}",
        "{type: json_path, path: a, min: 0}",
        "{type: topics, forbidden: {m: [dose, diagnosis]}, min_words: 2}",
        "{type: topics, forbidden: {m: [what dose is right]}, min_words: 2, min_similarity: 0.5}",
        "{type: pii_leakage, allow: ['*@b.de']}",
        "{type: profanity, words: []}",
        "{type: matches, pattern: '^[^a]*$'}",
        "{type: matches, pattern: 'a+|b'}",
        "{type: levenshtein, value: x, max_distance: 0}",
        "{type: matches, pattern: '(?!)'}",
        "{type: not_matches, pattern: a^, not: true}",
        "{type: not_matches, pattern: a^, weight: 0}",
        "{type: not_matches, pattern: '(?m)a^'}",
    ],
)
def test_a_check_that_may_fail_is_taken(text: str, build: Callable[[str], Assertion]) -> None:
    build(text)


@pytest.mark.parametrize("pattern", ["", "a?", "(a|)", "^", r"\Aa*", "(?i)x{0,3}", "(?:a*)*"])
def test_a_pattern_of_nothing_is_always_found(pattern: str) -> None:
    assert is_always_found(pattern)


@pytest.mark.parametrize("pattern", ["a", "a+$", r"\b", "(?=a)", "(?!)", "^$", r"(a)?\1b*"])
def test_a_pattern_of_something_is_not(pattern: str) -> None:
    assert not is_always_found(pattern)
