"""Guardrails that cannot fire are refused or told of, and are no check of a case."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import load_arena
from pytest_arena.registry import Registry

CHECK = ", assertions: [{type: contains, value: x}]"


def warnings_of(
    folder: Path, guardrails: str, case: str = "", mock: str = "x", further: str = ""
) -> tuple[str, ...]:
    text = f"""\
providers: [{{name: one, provider: mock, responses: {{default: {mock}}}}}]
guardrails: {guardrails}
{further}tests:
- {{name: A, prompt: hello there{case}}}
"""
    path = folder / "arena.yaml"
    path.write_text(text)
    registry = Registry()
    register(registry)
    return load_arena(path, root=folder, registry=registry).warnings


def rules(*written: str) -> str:
    return f"{{rules: [{', '.join(written)}]}}"


@pytest.mark.parametrize(
    ("guardrails", "said"),
    [
        (
            '{required_patterns: [".*"]}',
            "arena.yaml:2:34: the pattern '.*' is found in every answer, so that this checks "
            "nothing for 'pattern' of guardrail 'required_pattern'\n"
            "  expected: a pattern of something that need not be there\n"
            "  fix: write + for *, or anchor it: ^…$",
        ),
        ('{required_patterns: [""]}', "the pattern '' is found in every answer"),
        ('{required_patterns: ["$"]}', "the pattern '$' is found in every answer"),
        (
            '{forbidden_patterns: ["(?!)"]}',
            "arena.yaml:2:35: the pattern '(?!)' is found in no text, so that this checks "
            "nothing for 'pattern' of guardrail 'forbidden_pattern'\n"
            "  expected: a pattern of something that may be there\n"
            "  fix: have ^ begin the pattern, $ end it, and (?!…) hold something",
        ),
        ("{forbidden_patterns: ['a^']}", "the pattern 'a^' is found in no text"),
        (rules("{type: required_pattern, pattern: 'a*'}"), "is found in every answer"),
    ],
)
def test_a_pattern_that_settles_it_is_refused(tmp_path: Path, guardrails: str, said: str) -> None:
    with pytest.raises(ArenaFileError) as caught:
        warnings_of(tmp_path, guardrails, CHECK)
    assert said in str(caught.value)


IDLE = [
    "{max_length: 9999999999}",
    rules("{type: max_sentences, value: 9999999999}"),
    rules("{type: max_length, value: 9999999999, direction: both, look_at: both}"),
    rules("{type: secrets, look_at: tool_results}"),
]
ON_INPUT = [
    rules("{type: banned_words, words: [x], direction: input}"),
    rules("{type: forbidden_pattern, pattern: x+, direction: input}"),
    rules("{type: prompt_injection}"),
]


@pytest.mark.parametrize("guardrails", [*IDLE, *ON_INPUT])
def test_a_case_with_guardrails_that_cannot_fire_alone_is_refused(
    tmp_path: Path, guardrails: str
) -> None:
    with pytest.raises(ArenaFileError) as caught:
        warnings_of(tmp_path, guardrails)
    assert str(caught.value) == (
        "arena.yaml:4:1: case 'A' checks nothing: none of its guardrails can fire\n"
        "  expected: an assertion with a weight, or a guardrail that an answer may break\n"
        "  fix: add assertions: [{type: contains, value: …}]"
    )


@pytest.mark.parametrize("guardrails", IDLE)
def test_a_guardrail_that_no_answer_can_break_is_told_of(tmp_path: Path, guardrails: str) -> None:
    (said,) = warnings_of(tmp_path, guardrails, CHECK)
    assert "so that this checks nothing: " in said
    assert said.startswith("arena.yaml:2:")


@pytest.mark.parametrize("guardrails", ON_INPUT)
def test_one_on_inputs_is_not_told_of_beside_assertions(tmp_path: Path, guardrails: str) -> None:
    assert warnings_of(tmp_path, guardrails, CHECK) == ()


@pytest.mark.parametrize(
    ("guardrails", "mock"),
    [
        ("{max_length: 500}", "x"),
        ("{banned_words: [x]}", "x"),
        ("{required_patterns: ['x']}", "x"),
        (rules("{type: banned_words, words: [hello], direction: input}"), "x"),
        (rules("{type: banned_words, words: [hello], look_at: tool_results}"), "x"),
        (rules("{type: max_length, value: 9999999999}", "{type: profanity}"), "x"),
        (
            rules("{type: secrets, look_at: tool_results}"),
            "{text: x, tool_calls: [{name: a, result: b}]}",
        ),
        (
            rules("{type: max_length, value: 9999999999, look_at: tool_results}"),
            "{text: x, tool_calls: [{name: a, result: b}]}",
        ),
    ],
)
def test_a_guardrail_that_may_fire_is_a_check(tmp_path: Path, guardrails: str, mock: str) -> None:
    warned = warnings_of(tmp_path, guardrails, mock=mock)
    assert len(warned) == guardrails.count("9999999999}")


def test_one_on_what_tools_give_back_is_a_check_where_there_are_tools(tmp_path: Path) -> None:
    rule = rules("{type: secrets, look_at: tool_results}")
    tools = "tools: [{name: find, description: finds, parameters: {type: object}}]\n"
    assert warnings_of(tmp_path, rule, further=tools) == ()


NOT_BLOCKED = "{type: validation_error, expected: false"


@pytest.mark.parametrize(
    ("guardrails", "assertion", "said"),
    [
        ("{}", f"{NOT_BLOCKED}}}", "by a guardrail"),
        ("{}", f"{NOT_BLOCKED}, validator: secrets}}", "by 'secrets'"),
        ("{}", "{type: validation_error, not: true}", "by a guardrail"),
        ("{banned_words: [x]}", f"{NOT_BLOCKED}, validator: secrets}}", "by 'secrets'"),
        ("{max_length: 9}", f"{NOT_BLOCKED}, direction: input}}", " on input by a guardrail"),
        (rules("{type: profanity, on_violation: flag}"), f"{NOT_BLOCKED}}}", "by a guardrail"),
        (rules("{type: pii_leakage}"), f"{NOT_BLOCKED}, validator: pii}}", "by 'pii'"),
    ],
)
def test_that_nothing_is_blocked_where_nothing_can_be_is_told_of(
    tmp_path: Path, guardrails: str, assertion: str, said: str
) -> None:
    (warned,) = warnings_of(tmp_path, guardrails, f", assertions: [{assertion}]")
    assert f"nothing in the case can be blocked{'' if said[0] == ' ' else ' '}{said}" in warned


@pytest.mark.parametrize(
    ("guardrails", "assertions"),
    [
        ("{}", "{type: validation_error}"),
        ("{banned_words: [x]}", f"{NOT_BLOCKED}}}"),
        ("{banned_words: [x]}", f"{NOT_BLOCKED}, validator: banned_words, direction: input}}"),
        (
            rules("{type: secrets, direction: input, look_at: all}"),
            f"{NOT_BLOCKED}, direction: output}}",
        ),
        ("{}", f"{NOT_BLOCKED}}}, {{type: content_filter}}"),
        ("{}", f"{NOT_BLOCKED}, weight: 0}}, {{type: success}}"),
    ],
)
def test_that_nothing_is_blocked_where_something_may_be_is_not(
    tmp_path: Path, guardrails: str, assertions: str
) -> None:
    assert warnings_of(tmp_path, guardrails, f", assertions: [{assertions}]") == ()


@pytest.mark.parametrize("expected", ["true", "false"])
@pytest.mark.parametrize("group", ["{check}", "{{type: any_of, assertions: [{check}]}}"])
def test_a_guardrail_that_there_is_not_is_refused(
    tmp_path: Path, expected: str, group: str
) -> None:
    check = f"{{type: validation_error, expected: {expected}, validator: banned_wrds}}"
    with pytest.raises(ArenaFileError) as refused:
        warnings_of(tmp_path, "{banned_words: [x]}", f", assertions: [{group.format(check=check)}]")
    told = str(refused.value)
    assert "unknown guardrail type 'banned_wrds' in assertion 'validation_error'\n" in told
    assert "  fix: did you mean 'banned_words'?" in told


def test_a_providers_own_filter_may_be_what_blocks(tmp_path: Path) -> None:
    check = "{type: validation_error, validator: content_filter}"
    assert warnings_of(tmp_path, "{}", f", assertions: [{check}]") == ()
