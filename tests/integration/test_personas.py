"""Simulated users in conversations: how they talk and stop, and what they cost."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Project

DONE = '"[CONVERSATION_COMPLETE]"'
PLAYER = "{provider: mock, model: player, input_cost_per_million: 1, output_cost_per_million: 1}"


def arena(
    turn: str = "persona: buyer",
    *,
    persona: str = "goals: a refund",
    says: str = f"[My money back!, Order 7., {DONE}]",
    bot: str = '["Which order?", "It is refunded."]',
    more: str = "",
    top: str = "",
    player: str = PLAYER,
) -> str:
    return f"""\
providers: [{{name: bot, provider: mock, model: m}}]
personas:
  buyer: {{{persona}, provider: {player}}}
{top}
tests:
  - name: Refund
    conversation:
      - {{{turn}}}
{more}
    assertions: [{{type: turn_count, min: 1}}]
    mock: {{bot: {bot}, buyer: {says}}}
"""


def trial_of(project: Project, text: str, *options: str) -> dict[str, Any]:
    project.write(arena=text)
    project.run(*options)
    (found,) = project.columns()["bot"]["trials"]
    trial: dict[str, Any] = found
    return trial


def said(trial: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(one["text"], one.get("ended")) for one in trial["personas"]]


def test_a_persona_talks_until_it_says_that_it_is_done(project: Project) -> None:
    check = "assertions: [{type: contains, value: refunded}]"
    more = "      - {user: Thanks, assertions: [{type: contains, value: welcome}]}"
    bot = '["Which order?", "It is refunded.", You are welcome.]'
    text = arena(f"persona: buyer, {check}", more=more, bot=bot)
    trial = trial_of(project, text)
    assert trial["verdict"] == "passed"
    assert said(trial) == [("My money back!", None), ("Order 7.", None), ("", "done")]
    assert [m["content"] for m in trial["messages"] if m["role"] == "user"] == [
        "My money back!",
        "Order 7.",
        "Thanks",
    ]
    assert [finding.get("turn") for finding in trial["assertions"]] == [1, 2, None]


def test_what_a_persona_costs_is_no_cost_of_the_column(project: Project) -> None:
    trial = trial_of(project, arena())
    assert {one["cost_usd"] for one in trial["responses"]} == {None}
    assert all(one["cost_usd"] > 0 for one in trial["personas"])
    (end,) = (record for record in project.records() if record["kind"] == "end")
    assert end["totals"]["cost_usd"] == 0
    assert end["totals"]["persona_cost_usd"] == sum(one["cost_usd"] for one in trial["personas"])
    report = (project.path / "arena-report" / "report.md").read_text()
    assert "buyer (player) sent 2 messages, 1× done" in report.replace("\\", "")


@pytest.mark.parametrize(
    ("turn", "persona", "ends"),
    [
        ("persona: buyer, max_turns: 3", "goals: x", [None, None, "max_turns"]),
        ("persona: buyer, turns: 2", "goals: x", [None, "max_turns"]),
        ("persona: buyer", "goals: x", [None] * 7 + ["max_turns"]),
        ("persona: buyer, max_turns: 5", "patience: 2", [None, "patience"]),
    ],
)
def test_a_persona_that_never_ends_stops_at_its_limit(
    project: Project, turn: str, persona: str, ends: list[str | None]
) -> None:
    trial = trial_of(project, arena(turn, persona=persona, says="And then?"))
    assert [end for _, end in said(trial)] == ends
    assert len(trial["responses"]) == len(ends)
    assert trial["verdict"] == "passed"


def test_a_persona_says_no_less_than_it_is_told_to(project: Project) -> None:
    says = '["A. [CONVERSATION_COMPLETE]", "B. [conversation_complete]", C.]'
    trial = trial_of(project, arena("persona: buyer, turns: 2, max_turns: 5", says=says))
    assert said(trial) == [("A.", None), ("B.", "done")]
    assert len(trial["responses"]) == 2


@pytest.mark.parametrize(
    ("says", "kind", "why"),
    [
        ("[Hi, {error: authentication, text: no such key}]", "authentication", "no such key"),
        (f"[{DONE}]", "bad_response", "before it had said a word"),
        ('[Hi, ""]', "bad_response", "answered nothing"),
    ],
)
def test_a_persona_that_fails_makes_the_trial_an_error_that_names_it(
    project: Project, says: str, kind: str, why: str
) -> None:
    trial = trial_of(project, arena(says=says))
    assert trial["verdict"] == "error"
    assert trial["error"]["kind"] == kind
    assert "the persona 'buyer' gave no message: " in trial["error"]["message"]
    assert why in trial["error"]["message"]


def test_what_a_persona_said_in_vain_was_paid_for_all_the_same(project: Project) -> None:
    trial = trial_of(project, arena(says=f"[{DONE}]"))
    assert trial["verdict"] == "error"
    assert said(trial) == [("", None)]
    totals = project.records()[-1]["totals"]
    assert totals["persona_cost_usd"] == trial["personas"][0]["cost_usd"] > 0
    assert totals["persona_messages"] == 0


def test_a_guardrail_on_inputs_does_not_count_what_a_persona_says(project: Project) -> None:
    top = "guardrails: {banned_words: [hack]}"
    trial = trial_of(project, arena(says=f"[I hack you, {DONE}]", top=top))
    assert trial["verdict"] == "passed"
    assert trial["guardrails"] == []


def test_a_guardrail_on_answers_ends_the_persona_s_turn(project: Project) -> None:
    top = "guardrails: {banned_words: [hack]}"
    trial = trial_of(project, arena(bot="I hack you", top=top))
    assert trial["verdict"] == "failed"
    assert len(trial["personas"]) == 1


def test_a_persona_s_turn_that_fails_ends_the_conversation(project: Project) -> None:
    turn = "persona: buyer, assertions: [{type: contains, value: refunded}]"
    more = "      - {user: Thanks, assertions: [{type: contains, value: welcome}]}"
    trial = trial_of(project, arena(turn, more=more, bot="Which order?"))
    assert [finding["verdict"] for finding in trial["assertions"]] == [
        "failed",
        "skipped",
        "skipped",
    ]
    assert len(trial["responses"]) == 2


def test_the_last_answer_to_a_persona_must_be_as_expected(project: Project) -> None:
    trial = trial_of(project, arena("persona: buyer, expected_response: refunded"))
    found = trial["assertions"][0]
    assert (found["type"], found["turn"]) == ("contains", 1)
    assert trial["verdict"] == "passed"


def test_a_failure_shows_what_a_persona_said_as_its_own(project: Project) -> None:
    turn = "persona: buyer, assertions: [{type: contains, value: refunded}]"
    project.write(arena=arena(turn, bot="Which order?"))
    result = project.run()
    result.stdout.fnmatch_lines(["  persona   My money back!", "  persona   Order 7."])


def test_a_persona_talks_to_an_application_and_may_be_one(project: Project) -> None:
    project.pytester.makepyfile(
        shop="""
        def answer(messages):
            return f"{len(messages)} messages"

        def buy(messages):
            said = sum(message["role"] == "assistant" for message in messages)
            return "[CONVERSATION_COMPLETE]" if said == 2 else messages[-1]["content"]
        """
    )
    text = arena(player='{provider: python, call: "shop:buy"}')
    text = text.replace("provider: mock, model: m}", 'provider: python, call: "shop:answer"}')
    trial = trial_of(project, text)
    assert trial["verdict"] == "passed", trial
    assert [text for text, _ in said(trial)][1:] == ["1 messages", ""]


def test_a_persona_that_ships_is_played_by_the_judge(project: Project) -> None:
    text = f"""\
providers: [{{name: bot, provider: mock, model: m}}]
judge: {{provider: mock, model: player}}
tests:
  - name: Refund
    conversation:
      - {{user: Hello}}
      - {{persona: impatient, goals: [a refund]}}
    assertions: [{{type: contains, value: Done}}]
    mock: {{bot: [Hi., Wait., Done.], impatient: [Now!, Hurry., {DONE}]}}
"""
    trial = trial_of(project, text)
    assert trial["verdict"] == "passed"
    assert {one["provider"] for one in trial["personas"]} == {"judge"}
    # its patience ends with its third message
    assert said(trial) == [("Now!", None), ("Hurry.", None), ("", "done")]


def test_an_agent_talks_to_the_column(project: Project) -> None:
    top = """\
tools: {wallet: {description: Money., mock: 20}}
targets: {buying: {type: agent, tools: [wallet]}}"""
    says = f"[Hello, {{steps: [{{tool_calls: [{{name: wallet}}]}}, I have 20.]}}, {DONE}]"
    text = arena(persona="goals: a lamp, target: buying", says=says, top=top)
    trial = trial_of(project, text)
    assert trial["verdict"] == "passed", trial
    assert said(trial)[1] == ("I have 20.", None)
    (call,) = trial["personas"][1]["tool_calls"]
    assert (call["name"], call["result"]) == ("wallet", 20)


def test_a_budget_counts_the_calls_of_a_persona(project: Project) -> None:
    project.write(arena=arena(top="budget: {max_calls: 3}"))
    project.run().assert_outcomes(skipped=1)
    (cell,) = project.columns().values()
    assert "max_calls" in cell["over_budget"]


def test_a_run_is_judged_again_with_the_words_that_a_persona_said(project: Project) -> None:
    trial_of(project, arena())
    (project.path / "arena-report").rename(project.path / "before")
    says = f"[Another text., {DONE}]"
    trial = trial_of(project, arena(says=says), "--arena-rejudge=before")
    assert said(trial) == [("My money back!", None), ("Order 7.", None), ("", "done")]
    assert trial["verdict"] == "passed"
