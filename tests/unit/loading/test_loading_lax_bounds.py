"""Bounds that no answer can pass are told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.builtins import register
from pytest_arena.loading import load_arena
from pytest_arena.registry import Registry

SAID = (
    "arena.yaml:4:5: no answer has more than {} characters, so that this checks nothing: one of "
    "more than 16 MiB is given up (max_response_mb)"
)


def warnings_of(folder: Path, assertion: str, further: str = "") -> tuple[str, ...]:
    text = f"""\
providers: [{{name: one, provider: mock, responses: {{default: x}}{further}}}]
tests:
- {{name: A, prompt: hi, assertions: [
    {assertion}]}}
"""
    path = folder / "arena.yaml"
    path.write_text(text)
    registry = Registry()
    register(registry)
    return load_arena(path, root=folder, registry=registry).warnings


@pytest.mark.parametrize(
    "assertion",
    [
        "{type: max_length, value: 1000000000}",
        "{type: length, max: 1000000000}",
        "{type: all_of, assertions: [{type: max_length, value: 1000000000}]}",
    ],
)
def test_a_length_that_no_answer_has_is_told_of(tmp_path: Path, assertion: str) -> None:
    (said,) = warnings_of(tmp_path, assertion)
    assert said.partition(": ")[2] == SAID.format("1,000,000,000").partition(": ")[2]


@pytest.mark.parametrize(
    ("assertion", "what"),
    [
        ("{type: max_words, value: 1000000000}", "words"),
        ("{type: max_sentences, value: 1000000000}", "sentences"),
        ("{type: token_count, max: 1000000000}", "tokens"),
        ("{type: token_count, kind: total, max: 1000000000}", "tokens"),
        ("{type: levenshtein, value: Paris, max_distance: 1000000000}", "characters to change"),
    ],
)
def test_so_many_parts_as_no_answer_has_are_told_of(
    tmp_path: Path, assertion: str, what: str
) -> None:
    (said,) = warnings_of(tmp_path, assertion)
    assert SAID.format("1,000,000,000").partition(": ")[2].replace("characters", what) in said


@pytest.mark.parametrize(
    ("assertion", "what"),
    [
        ("{type: min_length, value: 1000000000, not: true}", "characters"),
        ("{type: min_words, value: 1000000000, not: true}", "words"),
        ("{type: min_sentences, value: 1000000000, not: true}", "sentences"),
        ("{type: length, min: 1000000000, not: true}", "characters"),
        ("{type: token_count, min: 1000000000, not: true}", "tokens"),
    ],
)
def test_a_least_number_that_no_answer_has_is_told_of_under_not(
    tmp_path: Path, assertion: str, what: str
) -> None:
    (said,) = warnings_of(tmp_path, assertion)
    assert said.endswith(
        f"no answer has 1,000,000,000 {what}, so that this checks nothing: one of more than 16 MiB "
        "is given up (max_response_mb)"
    )


@pytest.mark.parametrize(
    ("assertion", "further", "longest"),
    [
        ("{type: response_time, max_ms: 60000}", "", "60"),
        ("{type: latency, max_ms: 5000}", ", timeout: 5s", "5"),
        ("{type: first_token, max_ms: 5000}", ", timeout: 5s", "5"),
        ("{type: p95_latency, max_ms: 120000}", "", "60"),
        ("{type: any_of, assertions: [{type: response_time, max_ms: 1000000}]}", "", "60"),
    ],
)
def test_a_time_that_no_answer_takes_is_told_of(
    tmp_path: Path, assertion: str, further: str, longest: str
) -> None:
    (said,) = warnings_of(tmp_path, assertion, further)
    assert said.endswith(
        f"so that this checks nothing: one that takes {longest} s is given up (timeout)"
    )


A, NOT_A = "{type: contains, value: a}", "{type: contains, value: a, not: true, weight: 2}"


@pytest.mark.parametrize(
    ("assertion", "said"),
    [
        (f"{{type: any_of, assertions: [{A}, {{type: is_json}}, {NOT_A}]}}", "any_of has contains"),
        (f"{{type: all_of, not: true, assertions: [{A}, {NOT_A}]}}", "not all_of has contains"),
        (
            "{type: any_of, assertions: [{type: matches, pattern: a}, "
            "{type: not_matches, pattern: a}]}",
            "any_of has matches",
        ),
    ],
)
def test_a_group_with_opposites_is_told_of(tmp_path: Path, assertion: str, said: str) -> None:
    (warned,) = warnings_of(tmp_path, assertion)
    assert f"{said} and its opposite as members: whatever a text says, it holds" in warned


@pytest.mark.parametrize("code", ["true", "1 > 0", "(() => ({pass: true}))()"])
def test_javascript_that_reads_nothing_of_the_answer_is_told_of(tmp_path: Path, code: str) -> None:
    (said,) = warnings_of(tmp_path, f"{{type: javascript, code: '{code}'}}")
    assert "the code reads neither output nor context" in said


@pytest.mark.parametrize(
    ("assertion", "further"),
    [
        ("{type: response_time, max_ms: 59000}", ""),
        ("{type: response_time, max_ms: 60000, not: true}", ""),
        (f"{{type: all_of, assertions: [{A}, {NOT_A}]}}", ""),
        (f"{{type: any_of, threshold: 0.6, assertions: [{A}, {NOT_A}]}}", ""),
        (
            "{type: any_of, assertions: [{type: is_json}, {type: contains, value: a, not: true}]}",
            "",
        ),
        ("{type: response_time, max_ms: 60000}", ", timeout: 2m"),
        ("{type: javascript, code: 'output.length > 2'}", ""),
        ("{type: javascript, code: 'context.vars.x != 2'}", ""),
        ("{type: max_length, value: 500}", ""),
        ("{type: min_length, value: 1000000000}", ""),
        ("{type: min_length, value: 500, not: true}", ""),
        ("{type: length, max: 1000000000, not: true}", ""),
        ("{type: token_count, kind: input, max: 1000000000}", ""),
        ("{type: token_count, min: 1, max: 1000000000}", ""),
        (
            "{type: levenshtein, value: a, max_distance: 1000000000, min_similarity: 0.5}",
            "",
        ),
        ("{type: length, min: 5, max: 1000000000}", ""),
        ("{type: max_length, value: 1000000000, not: true}", ""),
        ("{type: max_length, value: 17000000}", ", max_response_mb: 20"),
    ],
)
def test_one_that_an_answer_may_break_is_not(tmp_path: Path, assertion: str, further: str) -> None:
    assert warnings_of(tmp_path, assertion, further) == ()
