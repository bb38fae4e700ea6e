"""The estimate before a run: what it counts, and what it rests on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.api import run_arena
from pytest_arena.builtins import register
from pytest_arena.engine.estimate import RunEstimate, estimate, total_seconds
from pytest_arena.loading import load_arena
from pytest_arena.registry import Registry

ARENA = """\
providers:
  - {name: mini, provider: openai, model: own, input_cost_per_million: 1000,
     output_cost_per_million: 2000}
  - {name: ours, provider: openai, model: nobody-knows, concurrency: 2}
  - {name: free, provider: mock, model: any}
  - {name: slow, provider: mock, model: any, rate_limit: {requests_per_minute: 6}}
  - {name: wordy, provider: mock, model: any, rate_limit: {tokens_per_minute: 600}}
tests:
  - name: Plain
    trials: 5
    prompt: 12345678
    assertions: [{type: contains, value: x}]
  - name: Skipped
    skip: not now
    prompt: hi
    assertions: [{type: contains, value: x}]
"""
TALK = """\
providers: [{name: mini, provider: mock, model: any, params: {max_tokens: 1000}}]
tests:
  - name: Talk
    conversation: [{user: "1234"}, {user: "1234"}]
    assertions: [{type: contains, value: x}]
"""
LOAD = """\
providers: [{name: mini, provider: mock, model: any}]
tests:
  - {name: Timed, prompt: hi, concurrent: 10, duration: 30s,
     assertions: [{type: success_rate, min: 0.9}]}
  - {name: Counted, prompt: hi, concurrent_users: 4, messages_per_user: 5,
     assertions: [{type: success_rate, min: 0.9}]}
"""


def rows(tmp_path: Path, text: str, **given: int) -> dict[str, RunEstimate]:
    (tmp_path / "a.arena.yaml").write_text(text)
    registry = Registry()
    register(registry)
    arena = load_arena(tmp_path / "a.arena.yaml", root=tmp_path, registry=registry)
    asked = {"concurrency": 16, **given}
    return {row.provider: row for row in estimate([arena], registry, **asked)}


def test_calls_tokens_and_dollars_follow_from_the_file(tmp_path: Path) -> None:
    mini = rows(tmp_path, ARENA)["mini"]
    # 8 characters are 2 tokens, and 3 stand around the message
    assert (mini.calls, mini.input_tokens, mini.output_tokens) == (5, 25, 1000)
    assert mini.cost_usd == pytest.approx(25 * 0.001 + 1000 * 0.002)


def test_a_price_that_nobody_knows_is_not_guessed_and_a_mock_is_free(tmp_path: Path) -> None:
    found = rows(tmp_path, ARENA)
    assert found["ours"].cost_usd is None
    assert found["free"].cost_usd == 0


def test_the_limit_that_takes_longest_decides(tmp_path: Path) -> None:
    found = rows(tmp_path, ARENA)
    assert (found["free"].by_limit, found["free"].seconds) == ("16 at once", 0.625)
    assert (found["ours"].by_limit, found["ours"].seconds) == ("2 at once", 5.0)
    assert (found["slow"].by_limit, found["slow"].seconds) == ("6 requests a minute", 50.0)
    assert (found["wordy"].by_limit, found["wordy"].seconds) == ("600 tokens a minute", 102.5)
    assert total_seconds(list(found.values()), 16, 2.0) == 102.5


def test_trials_of_the_run_go_before_those_of_the_case(tmp_path: Path) -> None:
    assert rows(tmp_path, ARENA, trials=2)["mini"].calls == 2


def test_a_conversation_sends_again_what_was_said(tmp_path: Path) -> None:
    mini = rows(tmp_path, TALK)["mini"]
    assert (mini.calls, mini.input_tokens) == (2, 4 + (8 + 200))
    assert (mini.output_tokens, mini.most_output_tokens) == (400, 2000)


def test_load_cases_are_counted_by_users_and_time(tmp_path: Path) -> None:
    assert rows(tmp_path, LOAD)["mini"].calls == 10 * 30 / 2 + 20


JUDGED = """\
providers:
  - {name: mini, provider: mock, model: any}
  - {name: other, provider: mock, model: any}
  - {name: grader, provider: mock, model: any, input_cost_per_million: 1000,
     output_cost_per_million: 2000, params: {max_tokens: 100}, rate_limit: {requests_per_minute: 6},
     responses: {patterns: [{match: "two answers", answer: '{"evidence": [], "reasoning": "so",
     "level": "neither"}'}], default: '{"evidence": [], "reasoning": "so", "level": "mostly"}'}}
defaults: {providers: [mini]}
judge: grader
tests:
  - name: A
    trials: 3
    prompt: What do you sell?
    context: [We sell tea.]
    mock: {mini: Tea., other: Tea and cake.}
    assertions: [ASSERTIONS]
"""


def judged(tmp_path: Path, assertions: str, **edits: str) -> dict[str, RunEstimate]:
    text = JUDGED.replace("ASSERTIONS", assertions)
    for find, write in edits.items():
        text = text.replace(find, write)
    (tmp_path / "a.arena.yaml").write_text(text)
    registry = Registry()
    register(registry)
    arena = load_arena(tmp_path / "a.arena.yaml", root=tmp_path, registry=registry)
    found = estimate([arena], registry, concurrency=16)
    return {f"{row.provider}{' judges' if row.judges else ''}": row for row in found}


PANEL = "judge: {panel: [grader, other]}"


@pytest.mark.parametrize(
    ("assertions", "least", "most"),
    [
        ("{type: llm_judge, criteria: kind}", 3, 3),
        ("{type: llm_judge, criteria: kind, when: {output_contains: tea}}", 0, 3),
        # the same question is asked once in a trial
        ("{type: faithfulness}, {type: hallucination}", 3, 3),
        ("{type: faithfulness}, {type: context_precision}", 6, 6),
        ("{type: preferred_over, provider: other}", 6, 6),
        ("{type: preferred_over, provider: mini}, {type: llm_judge, criteria: kind}", 3, 3),
        ("{type: preferred_over, baseline: true}", 0, 6),
        ("{type: tone, value: friendly}", 0, 3),
        ("{type: tone, value: inviting}", 3, 3),
        ("{type: any_of, assertions: [{type: toxicity}, {type: bias}]}", 6, 6),
        # there is no conversation: an error without a call
        ("{type: context_aware}, {type: bias}", 3, 3),
    ],
)
def test_judges_are_counted_by_what_each_assertion_asks(
    tmp_path: Path, assertions: str, least: int, most: int
) -> None:
    grader = judged(tmp_path, assertions)["grader judges"]
    assert (grader.least_calls, grader.calls) == (least, most)


def test_every_member_of_a_panel_is_asked(tmp_path: Path) -> None:
    found = judged(tmp_path, f"{{type: llm_judge, criteria: kind, {PANEL}}}")
    assert [name for name in found if "judges" in name] == ["grader judges", "other judges"]
    assert found["other judges"].calls == 3


STRICT = {
    # a mock with a limit of its own keeps to it
    "rate_limit: {requests_per_minute: 6},": "",
    "defaults:": "  - {name: strict, provider: mock, model: any, responses: {default: "
    '\'{"evidence": [], "reasoning": "so", "level": "neither"}\'}}\ndefaults:',
}


def test_what_is_estimated_is_what_a_run_asks(tmp_path: Path) -> None:
    assertions = (
        "{type: llm_judge, criteria: kind}, {type: tone, value: inviting}, "
        f"{{type: preferred_over, provider: other, threshold: 0.5, {PANEL}}}"
    )
    found = judged(tmp_path, assertions.replace(", other]", ", strict]"), **STRICT)
    every = sum(row.calls for row in found.values() if row.judges)
    run = run_arena(tmp_path / "a.arena.yaml")
    assert run.totals["judge_calls"] == every == 2 * 3 + 2 * 2 * 3
    # the rival has no cell, and is called all the same
    assert found["other"].calls == 3


def test_a_judge_has_its_own_tokens_price_and_limits(tmp_path: Path) -> None:
    grader = judged(tmp_path, "{type: llm_judge, criteria: kind}")["grader judges"]
    assert (grader.output_tokens, grader.most_output_tokens) == (300, 300)
    # the judge reads its own instructions, the message, and an answer of 200 tokens
    assert 3 * 400 < grader.input_tokens < 3 * 1000
    assert grader.cost_usd == pytest.approx(grader.input_tokens * 0.001 + 0.6, abs=0.01)
    assert (grader.by_limit, grader.seconds) == ("6 requests a minute", 30.0)
    longer = judged(tmp_path, "{type: llm_judge, criteria: kind}", **{"We sell": "tea " * 100})
    assert longer["grader judges"].input_tokens == grader.input_tokens
    longer = judged(tmp_path, "{type: llm_judge, criteria: kind}", **{"What do": "tea " * 100})
    assert longer["grader judges"].input_tokens > grader.input_tokens + 290


def test_one_that_answers_and_judges_has_its_limits_once(tmp_path: Path) -> None:
    found = judged(tmp_path, "{type: llm_judge, criteria: kind}", **{"[mini]": "[grader]"})
    assert total_seconds(list(found.values()), 16, 2.0) == 60.0


def test_of_a_load_case_a_sample_is_judged(tmp_path: Path) -> None:
    load = {"    trials: 3": "    concurrent_users: 10\n    messages_per_user: 100"}
    grader = judged(tmp_path, "{type: llm_judge, criteria: kind}", **load)["grader judges"]
    assert (grader.least_calls, grader.calls) == (pytest.approx(76), pytest.approx(150))
    load["    trials: 3"] = "    concurrent_users: 10\n    messages_per_user: 10"
    grader = judged(tmp_path, "{type: llm_judge, criteria: kind}", **load)["grader judges"]
    assert (grader.least_calls, grader.calls) == (100, 100)


def test_answers_that_are_there_already_are_no_calls(tmp_path: Path) -> None:
    text = ARENA.replace("{name: free, provider: mock, model: any}", "{name: free, provider: echo}")
    assert "free" not in rows(tmp_path, text)


AGENT = """\
providers: [{name: mini, provider: mock, model: any}]
tools: {find: {mock: here}}
targets: {desk: {type: agent, max_llm_turns: 4LIMITS}}
defaults: {target: desk}
tests:
  - name: Talk
    conversation: [{user: "1234"}, {user: "1234"}]
    assertions: [{type: contains, value: x}]
"""


@pytest.mark.parametrize(
    ("limits", "most", "least"),
    [("", 8, 2), (", limits: {llm_turns: 6}", 6, 2), (", limits: {llm_turns: 3}", 3, 1)],
)
def test_an_agent_may_call_its_model_several_times_a_turn(
    tmp_path: Path, limits: str, most: int, least: int
) -> None:
    row = rows(tmp_path, AGENT.replace("LIMITS", limits))["mini"]
    assert (row.calls, row.least_calls) == (most, least)


def test_a_persona_is_counted_apart_and_makes_turns_of_the_column(tmp_path: Path) -> None:
    (tmp_path / "a.arena.yaml").write_text(
        """\
providers: [{name: mini, provider: mock, model: any}]
personas: {buyer: {goals: a lamp, patience: 4, provider: {provider: mock, model: large}}}
tests:
  - name: A
    trials: 2
    conversation: [{user: Hello}, {persona: buyer, turns: 2, max_turns: 6}]
    assertions: [{type: contains, value: lamp}]
    mock: {mini: A lamp., buyer: More.}
"""
    )
    registry = Registry()
    register(registry)
    arena = load_arena(tmp_path / "a.arena.yaml", root=tmp_path, registry=registry)
    column, persona = estimate([arena], registry, concurrency=16)
    assert (column.provider, column.least_calls, column.calls) == ("mini", 2 * 3, 2 * 5)
    assert (persona.provider, persona.plays) == ("buyer", True)
    assert (persona.least_calls, persona.calls) == (2 * 2, 2 * 4)
