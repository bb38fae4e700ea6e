"""`when`, `threshold`, `not`, groups, and what a trial comes to."""

from __future__ import annotations

import asyncio
import signal
import threading
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.assertions.evaluate import (
    conclude,
    evaluate,
    evaluate_async,
    evaluate_cell,
    needs_loop,
)
from pytest_arena.assertions.groups import AllOf, AnyOf
from pytest_arena.assertions.length import MaxLength
from pytest_arena.results import Finding, GuardrailEvent, Response, ToolCall, Trial, TrialError
from pytest_arena.results.request_response import Message
from pytest_arena.schema import (
    Assertion,
    CheckContext,
    MayBeUnsure,
    Outcome,
    ProviderSpec,
    When,
)
from pytest_arena.schema.assertion import JudgeReply, brief
from pytest_arena.text.numbers import reaches

CONTEXT = CheckContext()
ANSWERED = Trial(messages=(), responses=(Response("yes", finish_reason="stop"),), verdict="passed")
HACK = GuardrailEvent("banned_words", "input", "block", "found 'hack'", ("hack",))
BLOCKED = Trial(messages=(), guardrails=(HACK,), verdict="passed")


class Fixed(Assertion):
    """Find what it is told to."""

    type: ClassVar[str] = "fixed"

    verdict: Any = "passed"
    score: Any = None

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return Outcome(self.verdict, "as told", self.score)


class Doubtful(MayBeUnsure):
    """Cannot tell."""

    type: ClassVar[str] = "doubtful"

    score: float = 0.5

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return Outcome("unsure", "cannot tell", self.score)


class Slow(Assertion):
    """Find out asynchronously."""

    type: ClassVar[str] = "slow"

    async def check(self, trial: Trial, context: CheckContext) -> Outcome:
        await asyncio.sleep(0)
        return Outcome.of(True, "in the end")


class Broken(Assertion):
    """Fail with an exception."""

    type: ClassVar[str] = "broken"

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        raise ZeroDivisionError("by zero")


verdicts = st.sampled_from(["passed", "failed", "error", "skipped", "unsure"])
scores = st.none() | st.floats(0, 1)
fixed = st.builds(
    Fixed, verdict=verdicts, score=scores, negate=st.booleans(), weight=st.sampled_from([0.5, 1, 3])
)


@given(verdicts, scores)
def test_not_turns_verdict_and_score_around_and_leaves_the_rest(verdict: str, score: Any) -> None:
    plain = evaluate(Fixed(verdict=verdict, score=score), ANSWERED, CONTEXT)
    turned = evaluate(Fixed(verdict=verdict, score=score, negate=True), ANSWERED, CONTEXT)
    if verdict in ("passed", "failed"):
        assert {plain.verdict, turned.verdict} == {"passed", "failed"}
        assert plain.score is not None
        assert turned.score == 1 - plain.score
    else:
        assert (turned.verdict, turned.score) == (plain.verdict, plain.score)


@given(st.sampled_from(["passed", "failed"]), st.floats(0, 1), st.floats(0.001, 1))
def test_a_threshold_decides_by_the_score_alone(verdict: str, score: float, least: float) -> None:
    finding = evaluate(Fixed(verdict=verdict, score=score, threshold=least), ANSWERED, CONTEXT)
    assert (finding.verdict == "passed") is reaches(score, least)


@given(st.lists(fixed, min_size=1, max_size=5))
def test_de_morgan_holds_for_groups_without_errors(members: list[Fixed]) -> None:
    members = [m for m in members if m.verdict in ("passed", "failed")] or [Fixed()]
    turned = [m.model_copy(update={"negate": not m.negate}) for m in members]
    not_all = evaluate(AllOf(assertions=tuple(members), negate=True), ANSWERED, CONTEXT)
    any_not = evaluate(AnyOf(assertions=tuple(turned)), ANSWERED, CONTEXT)
    assert not_all.verdict == any_not.verdict


@given(st.lists(fixed, min_size=1, max_size=5), st.sampled_from([AllOf, AnyOf]), st.booleans())
def test_a_group_never_passes_without_a_member_that_passed(
    members: list[Fixed], group: type[AllOf | AnyOf], by_score: bool
) -> None:
    threshold = 0.5 if by_score else None
    finding = evaluate(group(assertions=tuple(members), threshold=threshold), ANSWERED, CONTEXT)
    found = [member.verdict for member in finding.group]
    assert found == [evaluate(member, ANSWERED, CONTEXT).verdict for member in members]
    if finding.verdict == "passed" and not by_score:
        assert "passed" in found
    if finding.verdict == "passed":
        assert {"passed", "failed"} & set(found)
    if group is AllOf and "error" in found:
        assert finding.verdict == "error"


@given(st.lists(fixed, max_size=5), st.none() | st.floats(0, 1))
def test_a_trial_never_passes_over_an_error_or_a_failure(members: list[Fixed], least: Any) -> None:
    findings = [evaluate(member, ANSWERED, CONTEXT) for member in members]
    verdict, score, every = conclude(ANSWERED, members, findings, threshold=least)
    found = [finding.verdict for finding in findings]
    assert list(every[: len(findings)]) == findings
    if "error" in found:
        assert verdict == "error"
    elif verdict == "passed":
        assert not findings or "passed" in found or least is not None
        assert least is not None or "failed" not in found
        assert least is None or score is None or reaches(score, least)
    if findings and set(found) <= {"skipped", "unsure"}:
        assert verdict == "error"


@pytest.mark.parametrize("weights", [(3, 1), (0.3, 0.1), (0.03, 0.01), (0.6, 0.2)])
def test_a_score_at_its_threshold_reaches_it_whatever_binary_fractions_make_of_it(
    weights: tuple[float, float],
) -> None:
    members = (Fixed(weight=weights[0]), Fixed(verdict="failed", weight=weights[1]))
    assert (
        evaluate(AllOf(assertions=members, threshold=0.75), ANSWERED, CONTEXT).verdict == "passed"
    )
    findings = [evaluate(member, ANSWERED, CONTEXT) for member in members]
    assert conclude(ANSWERED, members, findings, threshold=0.75)[0] == "passed"


def test_the_weighted_score_of_a_group_meets_its_threshold() -> None:
    members = (Fixed(weight=3), Fixed(verdict="failed", weight=1))
    held = evaluate(AllOf(assertions=members, threshold=0.75), ANSWERED, CONTEXT)
    missed = evaluate(AllOf(assertions=members, threshold=0.76), ANSWERED, CONTEXT)
    assert (held.verdict, held.score) == ("passed", 0.75)
    assert missed.verdict == "failed"
    assert held.reason == (
        "1 of 2 hold; failed: fixed: as told; the score 0.75 reaches the threshold 0.75"
    )


def test_when_skips_before_anything_is_looked_at() -> None:
    finding = evaluate(Broken(when=When(tool_called="lookup")), ANSWERED, CONTEXT)
    assert (finding.verdict, finding.score) == ("skipped", None)
    assert finding.reason == "skipped: tool 'lookup' was not called"


@pytest.mark.parametrize(
    ("when", "verdict"),
    [
        (When(any_tool_called=True), "passed"),
        (When(min_tool_calls=2), "passed"),
        (When(min_tool_calls=3), "skipped"),
        (When(tool_called_pattern="^find_"), "passed"),
        (When(tool_called_pattern="^find$"), "skipped"),
        (When(tool_called_pattern="^find_", output_contains="no"), "skipped"),
    ],
)
def test_when_counts_calls_and_matches_their_names(when: When, verdict: str) -> None:
    calls = (ToolCall("find_order", {}), ToolCall("look", {}))
    trial = Trial(messages=(), responses=(Response("yes", tool_calls=calls),), verdict="passed")
    assert evaluate(Fixed(when=when), trial, CONTEXT).verdict == verdict
    without = evaluate(Fixed(when=When(any_tool_called=True)), ANSWERED, CONTEXT)
    assert without.reason == "skipped: 0 tool calls came"


def test_a_blocked_trial_fails_what_needs_an_answer_even_turned_around() -> None:
    for negate in (False, True):
        finding = evaluate(Fixed(negate=negate), BLOCKED, CONTEXT)
        assert (finding.verdict, finding.score) == ("failed", 0.0)
        assert finding.reason == "no answer: blocked on input by banned_words: 'hack'"


def test_an_exception_is_an_error_with_its_place() -> None:
    finding = evaluate(Broken(negate=True), ANSWERED, CheckContext(root=Path(__file__).parent))
    line = Broken.check.__code__.co_firstlineno + 1
    assert (finding.verdict, finding.score) == ("error", None)
    assert finding.reason == (f"ZeroDivisionError in test_assertions_evaluate.py:{line}: by zero")


@pytest.mark.parametrize("score", [float("nan"), 1.5, -0.1, float("inf")])
def test_a_score_out_of_range_is_an_error(score: float) -> None:
    finding = evaluate(Fixed(score=score), ANSWERED, CONTEXT)
    assert finding.verdict == "error"
    assert finding.reason == f"the check gave the score {score!r}, which is not from 0 to 1"


def test_async_checks_run_on_the_loop_and_only_there() -> None:
    group = AnyOf(assertions=(Fixed(verdict="failed"), Slow()))
    assert needs_loop(group, Path())
    assert not needs_loop(AnyOf(assertions=(Fixed(),)), Path())
    finding = asyncio.run(evaluate_async(group, ANSWERED, CONTEXT))
    assert (finding.verdict, len(finding.group)) == ("passed", 2)
    wrong = evaluate(Slow(), ANSWERED, CONTEXT)
    assert wrong.verdict == "error"
    assert wrong.reason == "the check is async and was not run on the event loop"


def test_async_evaluation_finds_the_same_as_sync() -> None:
    group = AllOf(assertions=(Fixed(weight=2), Fixed(verdict="failed"), Broken()))
    assert asyncio.run(evaluate_async(group, ANSWERED, CONTEXT)) == evaluate(
        group, ANSWERED, CONTEXT
    )


def test_an_unexpected_block_fails_and_names_direction_and_word() -> None:
    verdict, score, findings = conclude(BLOCKED, (), (), threshold=0.0)
    assert (verdict, score) == ("failed", 0.0)
    assert [(f.type, f.reason) for f in findings] == [
        ("guardrail", "blocked on input by banned_words: 'hack'")
    ]


PATH = "{type: json_path, path: error}"
UNSEEN_IN_GROUPS = [
    f"{{type: any_of, not: true, assertions: [{PATH}]}}",
    f"{{type: any_of, not: true, assertions: [{PATH}, {{type: contains, value: zebra}}]}}",
    f"{{type: all_of, not: true, assertions: [{PATH}, {{type: contains, value: 'yes'}}]}}",
    f"{{type: all_of, not: true, threshold: 0.5, assertions: [{PATH}]}}",
    f"{{type: any_of, not: true, assertions: [{{type: all_of, assertions: [{PATH}]}}]}}",
]


@pytest.mark.parametrize("text", UNSEEN_IN_GROUPS)
def test_a_group_that_had_nothing_to_look_at_fails_with_not_too(text: str, build: Any) -> None:
    assertion = build(text)
    assert evaluate(assertion, ANSWERED, CONTEXT).verdict == "failed"
    assert asyncio.run(evaluate_async(assertion, ANSWERED, CONTEXT)).verdict == "failed"


def test_a_group_fails_with_not_where_there_is_no_answer(build: Any) -> None:
    text = "{type: any_of, not: true, assertions: [{type: contains, value: x}]}"
    assert evaluate(build(text), BLOCKED, CONTEXT).verdict == "failed"


def test_a_member_that_was_looked_at_and_fails_settles_a_group_of_all(build: Any) -> None:
    members = f"{PATH}, {{type: contains, value: zebra}}"
    text = f"{{type: all_of, not: true, assertions: [{members}]}}"
    assert evaluate(build(text), ANSWERED, CONTEXT).verdict == "passed"


def test_an_expected_block_passes(build: Any) -> None:
    for text in (
        "{type: validation_error}",
        "{type: validation_error, direction: input, validator: banned_words}",
        "{type: success, expected: false}",
        "{type: any_of, assertions: [{type: validation_error}, {type: contains, value: x}]}",
    ):
        assertion = build(text)
        finding = evaluate(assertion, BLOCKED, CONTEXT)
        assert conclude(BLOCKED, [assertion], [finding], threshold=None)[0] == "passed", text


def test_a_block_by_another_guardrail_is_still_unexpected(build: Any) -> None:
    assertion = build("{type: validation_error, validator: max_length}")
    finding = evaluate(assertion, BLOCKED, CONTEXT)
    verdict, _, findings = conclude(BLOCKED, [assertion], [finding], threshold=None)
    assert verdict == "failed"
    assert [f.type for f in findings] == ["validation_error", "guardrail"]
    assert finding.reason == ("blocked on input by banned_words: 'hack', not blocked by max_length")


@pytest.mark.parametrize("text", [" \n", "\u200b\u00a0\ufeff"])
def test_an_empty_answer_fails_unless_it_is_asked_for(text: str, build: Any) -> None:
    empty = Trial(messages=(), responses=(Response(text, finish_reason="stop"),), verdict="passed")
    verdict, _, findings = conclude(empty, (), (), threshold=None)
    assert verdict == "failed"
    assert findings[0].reason == "the answer is empty (finish reason: stop)"
    allowed = build('{type: equals, value: ""}')
    finding = evaluate(allowed, empty, CONTEXT)
    assert conclude(empty, [allowed], [finding], threshold=None)[0] == "passed"
    calling = Trial(
        messages=(), responses=(Response("", tool_calls=(ToolCall("f", {}),)),), verdict="passed"
    )
    assert conclude(calling, (), (), threshold=None)[0] == "passed"


def test_a_trial_that_nothing_judged_is_an_error() -> None:
    skipped = Finding("contains", "skipped", None, "skipped")
    for findings in (
        [skipped],
        [skipped, Finding("x", "passed", 1, "", weight=0)],
    ):
        verdict, score, every = conclude(ANSWERED, (), findings, threshold=0.0)
        assert (verdict, score) == ("error", None)
        assert every[-1].reason == (
            "nothing was judged: no assertion gave a verdict\n"
            "  fix: add a check that is not skipped"
        )


UNSURE = Finding("doubtful", "unsure", 0.5, "cannot tell")


def test_what_was_unsure_is_named_where_nothing_else_was_judged() -> None:
    other = Finding("tone", "unsure", 0.5, "professional 0.69\nfor: thanks")
    _, _, every = conclude(ANSWERED, (), [other, UNSURE], threshold=None)
    assert every[-1].reason == (
        "nothing was judged: tone is unsure: professional 0.69 (and 1 more)\n"
        "  fix: add a check that can tell, a `judge:` for what is unsure, or `on_unsure: pass`"
    )


@pytest.mark.parametrize(
    ("others", "verdict"),
    [
        ([], "error"),
        ([Finding("contains", "skipped", None, "skipped")], "error"),
        ([Finding("contains", "passed", 1.0, "", weight=0)], "error"),
        ([Finding("contains", "passed", 1.0, "")], "passed"),
        ([Finding("contains", "failed", 0.0, "")], "failed"),
    ],
)
def test_an_unsure_finding_passes_only_beside_one_that_holds(
    others: list[Finding], verdict: str
) -> None:
    found, _, every = conclude(ANSWERED, (Doubtful(),), [UNSURE, *others], threshold=None)
    assert found == verdict
    assert UNSURE in every
    assert (every[-1].type == "evaluation") is (verdict == "error")


@pytest.mark.parametrize(
    ("assertion", "verdict"),
    [
        (Doubtful(), "error"),
        (Doubtful(on_unsure="pass"), "passed"),
        (Doubtful(on_unsure="pass", negate=True), "passed"),
        (Doubtful(on_unsure="fail"), "failed"),
        (Doubtful(on_unsure="fail", negate=True), "failed"),
        (Doubtful(on_unsure="error"), "error"),
        (AllOf(assertions=(Doubtful(), Doubtful())), "error"),
        (AllOf(assertions=(Doubtful(), Doubtful(on_unsure="pass"))), "passed"),
        (AnyOf(assertions=(Doubtful(), Fixed(verdict="failed"))), "error"),
        (Fixed(verdict="unsure"), "error"),
    ],
)
def test_on_unsure_says_what_becomes_of_a_trial_that_nothing_else_judged(
    assertion: Assertion, verdict: str
) -> None:
    finding = evaluate(assertion, ANSWERED, CONTEXT)
    found, _, every = conclude(ANSWERED, (assertion,), (finding,), threshold=None)
    assert found == verdict
    assert "cannot tell" in every[0].reason or isinstance(assertion, Fixed)


@pytest.mark.parametrize("on_unsure", ["warn", "fail"])
def test_the_score_of_an_unsure_check_is_turned_around_as_any_other(on_unsure: Any) -> None:
    plain = evaluate(Doubtful(score=0.3, on_unsure=on_unsure), ANSWERED, CONTEXT)
    turned = evaluate(Doubtful(score=0.3, on_unsure=on_unsure, negate=True), ANSWERED, CONTEXT)
    assert (plain.score, turned.score) == (0.3, 0.7)
    assert plain.verdict == turned.verdict


def test_weight_zero_reports_and_never_decides() -> None:
    findings = [Finding("a", "passed", 1.0, ""), Finding("b", "failed", 0.0, "", weight=0)]
    assert conclude(ANSWERED, (), findings, threshold=None)[:2] == ("passed", 1.0)
    findings[1] = Finding("b", "error", None, "", weight=0)
    assert conclude(ANSWERED, (), findings, threshold=None)[0] == "passed"


def test_a_case_threshold_decides_by_the_weighted_score() -> None:
    findings = [Finding("a", "passed", 1.0, "", weight=3), Finding("b", "failed", 0.0, "")]
    assert conclude(ANSWERED, (), findings, threshold=0.75)[:2] == ("passed", 0.75)
    assert conclude(ANSWERED, (), findings, threshold=0.8)[:2] == ("failed", 0.75)
    assert conclude(ANSWERED, (), findings, threshold=None)[0] == "failed"


def test_a_trial_with_an_error_stays_one() -> None:
    trial = Trial(messages=(), error=TrialError("timeout", "no answer in 60 s"), verdict="error")
    assert conclude(trial, (), (), threshold=0.0)[0] == "error"


def test_a_guardrail_only_case_passes_when_an_answer_came() -> None:
    assert conclude(ANSWERED, (), (), threshold=None) == ("passed", None, ())


def test_when_leaves_trials_out_of_a_cell_assertion(build: Any) -> None:
    assertion = build("{type: success_rate, min: 1, when: {output_contains: 'yes'}}")
    no = Trial(messages=(), responses=(Response("no"),), verdict="passed")
    assert evaluate_cell(assertion, (ANSWERED, no), CONTEXT).reason == (
        "1 of 1 trials gave an answer: 100 % (at least 100 %)"
    )
    skipped = evaluate_cell(assertion, (no,), CONTEXT)
    assert (skipped.verdict, skipped.reason) == (
        "skipped",
        "skipped: the condition held in no trial",
    )
    cut = Trial(messages=(), responses=(Response("no", filtered=True),), verdict="passed")
    assert evaluate_cell(assertion, (ANSWERED, cut), CONTEXT).verdict == "error"


class Blocking(Assertion):
    """Block the loop that it is run on, or wait on it for ever."""

    type: ClassVar[str] = "blocking"
    longest_s: ClassVar[float] = 0.2

    waits: bool = False

    async def check(self, trial: Trial, context: CheckContext) -> Outcome:
        while not self.waits:
            pass
        await asyncio.Event().wait()
        return Outcome.of(True, "never")


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("in_group", [False, True])
def test_an_async_check_that_does_not_come_back_is_an_error_and_the_loop_goes_on(
    waits: bool, in_group: bool
) -> None:
    check: Assertion = Blocking(waits=waits)
    if in_group:
        check = AllOf(assertions=[check])

    async def both() -> tuple[Finding, int]:
        judged = asyncio.ensure_future(evaluate_async(check, ANSWERED, CONTEXT))
        turns = 0
        while not judged.done():
            turns += 1
            await asyncio.sleep(0)
        return judged.result(), turns

    finding, turns = asyncio.run(both())
    assert turns > 10
    assert finding.verdict == "error"
    assert "the check took longer than 0.2 s, and was given up" in finding.reason
    # one that loops would slow down whatever comes after
    left = [one for one in threading.enumerate() if one.name == "arena-system-checks"]
    for thread in left:
        thread.join(60)
    assert not any(thread.is_alive() for thread in left)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarm here")
def test_a_check_that_is_brief_needs_no_alarm_and_one_that_overrides_it_does() -> None:
    seen: list[bool] = []

    def look() -> None:
        seen.append(signal.getitimer(signal.ITIMER_REAL)[0] > 0)

    class Counting(MaxLength):
        @brief
        def check(self, trial: Trial, context: CheckContext) -> Outcome:
            look()
            return super().check(trial, context)

    class Looping(Counting):
        longest_s: ClassVar[float] = 0.05

        def check(self, trial: Trial, context: CheckContext) -> Outcome:
            look()
            while True:
                pass

    assert evaluate(Counting(value=3), ANSWERED, CONTEXT).verdict == "passed"
    given_up = evaluate(Looping(value=3), ANSWERED, CONTEXT)
    assert (given_up.verdict, seen) == ("error", [False, True])


class Asks(Assertion):
    """Ask the judge, and for another provider's answer."""

    type: ClassVar[str] = "asks"

    async def check(self, trial: Trial, context: CheckContext) -> Outcome:
        assert context.ask is not None
        assert context.rival is not None
        reply = await context.ask(ProviderSpec(name="j"), [])
        rival = await context.rival("other")
        return Outcome.of(True, f"{reply.response.output}, {rival.output}")


def test_what_a_users_check_asks_is_asked_on_the_engines_loop() -> None:
    async def judged() -> Finding:
        here = asyncio.get_running_loop()

        async def ask(spec: ProviderSpec, messages: list[Message], *, turn: int = 0) -> JudgeReply:
            assert asyncio.get_running_loop() is here
            return JudgeReply(Response("the judge"))

        async def rival(name: str) -> Trial:
            assert asyncio.get_running_loop() is here
            return ANSWERED

        return await evaluate_async(Asks(), ANSWERED, CheckContext(ask=ask, rival=rival))

    assert asyncio.run(judged()).reason == "the judge, yes"
