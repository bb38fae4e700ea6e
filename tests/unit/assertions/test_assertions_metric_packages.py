"""Metrics of other packages: run as they are, asked through our judge, refused where unknown."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from pydantic import ValidationError
from stand_in_packages import STAND_INS

from pytest_arena.assertions.evaluate import evaluate_async
from pytest_arena.errors import BudgetSpent, ErrorKind, ProviderError
from pytest_arena.results import Finding, Response, Trial
from pytest_arena.results.request_response import Message, ToolCall
from pytest_arena.schema import CheckContext, JudgeReply, JudgeSpec, ProviderSpec

Build = Callable[[str], Any]


class Grader:
    """A judge that gives its replies in their order, and keeps what it was asked."""

    def __init__(self, *replies: str | Exception) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []
        self.turns: list[int] = []

    async def __call__(
        self, spec: ProviderSpec, messages: list[Message], *, turn: int = 0
    ) -> JudgeReply:
        self.asked.append("\n".join(str(one["content"]) for one in messages))
        self.turns.append(turn)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return JudgeReply(Response(reply, input_tokens=10, output_tokens=2, cost_usd=0.5))


def judged(
    assertion: Any,
    output: str,
    grader: Grader | None = None,
    *,
    panel: Sequence[str] = ("grader",),
    **facts: Any,
) -> Finding:
    said: list[Message] = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "How long may I return it?"},
    ]
    response = Response(output, finish_reason="stop", latency_ms=80, **facts.pop("response", {}))
    trial = Trial(messages=tuple(said), responses=(response,), verdict="passed")
    specs = tuple(ProviderSpec(name=name, provider="mock", model="m") for name in panel)
    judge = JudgeSpec(panel=specs, **facts.pop("judge", {})) if grader is not None else None
    context = CheckContext(judge=judge, ask=grader, **facts)
    return asyncio.run(evaluate_async(assertion, trial, context))


def test_a_metric_of_deepeval_asks_the_judge_and_counts_what_it_costs(build: Build) -> None:
    metric = build("{type: deepeval, metric: AnswerRelevancyMetric, threshold: 0.7}")
    good = Grader('{"verdicts": ["yes", "yes"]}', '{"reason": "to the point"}')
    found = judged(metric, "Thirty days.", good)
    assert (found.verdict, found.score) == ("passed", 1.0)
    assert found.reason == "to the point (1, at least 0.7 holds)"
    assert "How long may I return it?" in good.asked[0]
    assert found.judge is not None
    (vote,) = found.judge.votes
    assert (vote.judge, vote.calls, vote.cost_usd, vote.input_tokens) == ("grader", 2, 1.0, 20)

    bad = Grader('{"verdicts": ["yes", "no"]}', '{"reason": "half of it"}')
    assert judged(metric, "Thirty days. Cats.", bad).verdict == "failed"


def test_a_reply_that_cannot_be_read_is_asked_for_once_more_and_then_an_error(
    build: Build,
) -> None:
    metric = build(
        "{type: deepeval, metric: AnswerRelevancyMetric, params: {include_reason: false}}"
    )
    mended = Grader('{"verdicts": "yes"}', '{"verdicts": ["yes"]}')
    assert judged(metric, "x", mended).verdict == "passed"
    assert mended.turns == [0, 1]
    assert "verdicts: Input should be a valid list" in mended.asked[1]

    found = judged(metric, "x", Grader("yes", "still yes"))
    assert found.verdict == "error"
    assert found.reason.startswith(
        "judge 'grader' gave no usable judgement, not even when asked again: it is not a JSON"
    )
    assert found.judge is not None
    assert found.judge.votes[0].calls == 2


def test_a_metric_that_is_better_when_it_is_low_scores_the_other_way_round(build: Build) -> None:
    metric = build("{type: deepeval, metric: HallucinationMetric, context: [a, b]}")
    found = judged(metric, "x", Grader('{"verdicts": ["yes", "yes", "yes", "no"]}'))
    assert (found.verdict, found.score) == ("passed", 0.75)
    assert "0.25, at most 0.5 holds" in found.reason
    assert judged(metric, "x", Grader('{"verdicts": ["no"]}')).verdict == "failed"


def test_a_metric_gets_documents_expected_answers_tools_and_conversations(build: Build) -> None:
    faithful = build("{type: deepeval, metric: FaithfulnessMetric, params: {include_reason: no}}")
    found = judged(faithful, "x", Grader())
    assert found.verdict == "error"
    assert "needs documents: give the case or the assertion a context:" in found.reason
    grader = Grader('{"verdicts": ["yes"]}', '{"reason": "r"}')
    assert judged(faithful, "x", grader, documents=("a",)).verdict == "passed"

    exact = build("{type: deepeval, metric: ExactMatchMetric, expected: Thirty days}")
    assert judged(exact, "Thirty days").verdict == "passed"
    assert judged(exact, "30 days").verdict == "failed"
    assert "needs an expected answer" in (
        judged(build("{type: deepeval, metric: ExactMatchMetric}"), "x").reason
    )

    tools = build(
        "{type: deepeval, metric: ToolCorrectnessMetric, params: {expected_tools: [find]}}"
    )
    called = {"tool_calls": (ToolCall("find", {"a": 1}),)}
    assert judged(tools, "x", response=called).verdict == "passed"
    assert judged(tools, "x").verdict == "failed"
    unknown = judged(tools, "x", response={"tells_tools": False})
    assert "which the provider does not tell" in unknown.reason

    kept = build("{type: deepeval, metric: KnowledgeRetentionMetric}")
    grader = Grader("0.9")
    assert judged(kept, "x", grader).verdict == "passed"
    assert grader.asked[0].startswith("user: Hi\nassistant: Hello\nuser: How long")
    assert grader.asked[0].endswith("assistant: x")


def test_criteria_of_ones_own_look_at_what_is_named(build: Build) -> None:
    metric = build("{type: deepeval, metric: GEval, params: {criteria: Is short}, expected: 'Yes'}")
    grader = Grader('{"score": 8, "reason": "fine"}')
    assert judged(metric, "x", grader).verdict == "passed"
    assert "'expected_output': 'Yes'" in grader.asked[0]
    named = build(
        "{type: deepeval, metric: GEval, params: {criteria: a, evaluation_params: [output]}}"
    )
    assert (
        "looks at no 'output' (evaluation_params: one of input,"
        in judged(named, "x", Grader()).reason
    )


def test_what_a_metric_raises_is_an_error(build: Build) -> None:
    metric = build(
        "{type: deepeval, metric: PromptAlignmentMetric, params: {prompt_instructions: [a]}}"
    )
    found = judged(metric, "x", Grader())
    assert found.verdict == "error"
    assert found.reason == "deepeval PromptAlignmentMetric raised ValueError: made to fail"


def test_a_scorer_of_autoevals_compares_or_asks(build: Build) -> None:
    near = build("{type: autoevals, scorer: Levenshtein, expected: abcd, threshold: 0.7}")
    assert judged(near, "abcx").score == 0.75
    assert judged(near, "abcx").judge is None
    assert judged(near, "abxx").verdict == "failed"
    number = build("{type: autoevals, scorer: NumericDiff, expected: '10'}")
    assert judged(number, "9").verdict == "passed"
    assert "compares numbers, and 'nine' is none" in judged(number, "nine").reason

    facts = build("{type: autoevals, scorer: Factuality, expected: Thirty days}")
    grader = Grader('{"choice": "C", "reasons": "the same"}')
    found = judged(facts, "30 days", grader)
    assert (found.verdict, found.score) == ("passed", 1.0)
    assert found.reason == "Factuality scores 1, at least 0.5 holds: the same"
    assert "It fits this JSON Schema:" in grader.asked[0]
    assert judged(facts, "x", Grader('{"choice": "D"}')).verdict == "failed"
    wrong = judged(facts, "x", Grader('{"choice": "Z"}', '{"choice": "Z"}'))
    assert wrong.verdict == "error"

    closed = build("{type: autoevals, scorer: ClosedQA, params: {criteria: names days}}")
    grader = Grader('{"choice": "Y"}')
    assert judged(closed, "x", grader).verdict == "passed"
    assert "names days" in grader.asked[0]


def test_a_schema_reaches_the_scorer_that_compares_with_one(build: Build) -> None:
    valid = build("{type: autoevals, scorer: ValidJSON, params: {schema: {type: object}}}")
    assert judged(valid, '{"a": 1}').verdict == "passed"
    assert judged(valid, "[1]").verdict == "failed"


def test_a_score_that_is_made_up_after_a_refusal_is_no_verdict(build: Build) -> None:
    found = judged(build("{type: autoevals, scorer: Embeds, expected: a}"), "x", Grader())
    assert found.verdict == "error"
    assert "asks for embeddings or a moderation, which a judge does not give" in found.reason
    nothing = judged(build("{type: autoevals, scorer: NoScore, expected: a}"), "x")
    assert (nothing.verdict, nothing.reason) == ("error", "autoevals NoScore gave no score")


def test_an_evaluator_of_pydantic_evals_holds_fails_and_errs(build: Build) -> None:
    contains = build(
        "{type: pydantic_evals, evaluator: Contains, params: {value: DAYS, case_sensitive: false}}"
    )
    assert judged(contains, "thirty days").verdict == "passed"
    found = judged(contains, "a month")
    assert (found.verdict, found.reason) == ("failed", "Contains is false: it is not there")
    quick = build("{type: pydantic_evals, evaluator: MaxDuration, params: {seconds: 0.05}}")
    assert judged(quick, "x").verdict == "failed"

    rubric = build("{type: pydantic_evals, evaluator: LLMJudge, params: {rubric: Is kind}}")
    grader = Grader('{"reason": "it is", "pass": true, "score": 0.4}')
    found = judged(rubric, "x", grader)
    assert (found.verdict, found.reason) == ("passed", "LLMJudge is true: it is")
    assert grader.asked[0].startswith("Grade.\n")
    bad = Grader('{"pass": true}', "no")
    assert judged(rubric, "x", bad).verdict == "error"
    scored = build(
        "{type: pydantic_evals, evaluator: LLMJudge, params: {rubric: a}, threshold: 0.7}"
    )
    grader = Grader('{"reason": "it is", "pass": true, "score": 0.4}')
    assert judged(scored, "x", grader).score == 0.4


def test_a_number_needs_a_threshold_and_nothing_to_compare_is_skipped(build: Build) -> None:
    params = "params: {criteria: a, evaluation_steps: [b]}"
    plain = build(f"{{type: pydantic_evals, evaluator: GEval, {params}}}")
    assert "gives the number 4: add a threshold:" in judged(plain, "x", Grader("4")).reason
    bounded = build(f"{{type: pydantic_evals, evaluator: GEval, {params}, threshold: 0.7}}")
    assert judged(bounded, "x", Grader("4")).score == 0.75
    assert judged(bounded, "x", Grader("3")).verdict == "failed"
    expected = build("{type: pydantic_evals, evaluator: EqualsExpected}")
    found = judged(expected, "x")
    assert (found.verdict, found.score) == ("skipped", None)


def test_not_turns_a_metric_around(build: Build) -> None:
    metric = build("{type: autoevals, scorer: Levenshtein, expected: abcd, not: true}")
    assert judged(metric, "abcd").verdict == "failed"
    assert judged(metric, "wxyz").verdict == "passed"


FACTS = "{type: autoevals, scorer: Factuality, expected: Thirty days}"


def test_without_a_judge_and_with_one_that_fails_there_is_no_verdict(build: Build) -> None:
    none = judged(build(FACTS), "x")
    assert none.verdict == "error"
    assert none.reason.startswith("no judge is configured for autoevals Factuality")
    down = ProviderError(ErrorKind.TIMEOUT, "it took too long", attempts=3)
    found = judged(build(FACTS), "x", Grader(down))
    assert found.reason == "judge 'grader' gave no judgement: it took too long"
    assert found.judge is not None
    assert found.judge.votes[0].calls == 3
    unsure = judged(build(FACTS), "x", Grader(down), judge={"on_unavailable": "unsure"})
    assert unsure.verdict == "unsure"


def test_a_spent_budget_ends_the_trial(build: Build) -> None:
    with pytest.raises(BudgetSpent):
        judged(build(FACTS), "x", Grader(BudgetSpent("the budget is spent")))


def test_of_a_panel_most_must_agree(build: Build) -> None:
    yes, no = '{"choice": "C"}', '{"choice": "D"}'
    found = judged(build(FACTS), "x", Grader(yes, no, yes), panel=("a", "b", "c"))
    assert found.verdict == "passed"
    assert found.judge is not None
    assert len(found.judge.votes) == 3
    split = judged(build(FACTS), "x", Grader(yes, no), panel=("a", "b"))
    assert split.verdict == "error"
    rule = build("{type: autoevals, scorer: Levenshtein, expected: x}")
    assert judged(rule, "x", Grader(), panel=("a", "b")).verdict == "passed"


@pytest.mark.parametrize(
    ("text", "message", "details"),
    [
        (
            "{type: deepeval, metric: AnswerRelevancy}",
            "unknown metric 'AnswerRelevancy' of deepeval",
            {"fix": "did you mean 'AnswerRelevancyMetric'?"},
        ),
        (
            "{type: deepeval, metric: AnswerRelevancyMetric, params: {modle: x}}",
            "AnswerRelevancyMetric takes no 'modle'",
            {"expected": "of include_reason"},
        ),
        (
            "{type: deepeval, metric: AnswerRelevancyMetric, params: {model: gpt-5}}",
            "AnswerRelevancyMetric takes no 'model'",
            {"fix": "judge: says who judges"},
        ),
        (
            "{type: deepeval, metric: PromptAlignmentMetric}",
            "PromptAlignmentMetric needs 'prompt_instructions'",
            {"expected": "params: with prompt_instructions: …"},
        ),
        (
            "{type: pydantic_evals, evaluator: HasMatchingSpan, params: {query: {}}}",
            "HasMatchingSpan of pydantic_evals cannot be run here",
            {"expected": "type: span_count"},
        ),
        (
            "{type: autoevals, scorer: Factuality}",
            "Factuality needs 'expected'",
            {"expected": "expected: beside it"},
        ),
    ],
)
def test_what_cannot_be_run_is_refused_when_the_file_is_loaded(
    build: Build, text: str, message: str, details: dict[str, str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        build(text)
    (error,) = caught.value.errors()
    assert error["msg"] == message
    assert {key: error["ctx"][key] for key in details} == details


def test_a_package_that_is_not_installed_is_named(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> Any:
        return None if name == "pydantic_evals" else found(name, package)

    monkeypatch.setattr(
        "pytest_arena.assertions.metric_packages.base.find_spec", without, raising=True
    )
    with pytest.raises(ValidationError) as caught:
        build("{type: pydantic_evals, evaluator: Equals, params: {value: x}}")
    (error,) = caught.value.errors()
    assert error["msg"] == "the package pydantic_evals is not installed"
    assert error["ctx"]["fix"] == "pip install pydantic-evals"


def test_a_package_that_is_broken_is_told(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise ModuleNotFoundError("No module named 'its_own_need'")

    monkeypatch.setattr(
        "pytest_arena.assertions.metric_packages.autoevals._scorers", broken, raising=True
    )
    with pytest.raises(ValidationError) as caught:
        build("{type: autoevals, scorer: Levenshtein, expected: x}")
    (error,) = caught.value.errors()
    assert error["msg"] == (
        "the package autoevals cannot be imported: "
        "ModuleNotFoundError: No module named 'its_own_need'"
    )


def _is_real(package: str) -> bool:
    spec = importlib.util.find_spec(package)
    return spec is not None and not str(spec.origin).startswith(str(STAND_INS))


@pytest.mark.slow
@pytest.mark.skipif(not _is_real("deepeval"), reason="deepeval is not installed")
def test_the_real_deepeval_is_asked_through_the_judge(build: Build) -> None:
    metric = build("{type: deepeval, metric: AnswerRelevancyMetric}")
    statements = json.dumps({"statements": ["Thirty days."]})
    verdicts = json.dumps({"verdicts": [{"verdict": "yes"}]})
    grader = Grader(statements, verdicts, json.dumps({"reason": "r"}))
    assert judged(metric, "Thirty days.", grader).verdict == "passed"


@pytest.mark.slow
@pytest.mark.skipif(not _is_real("autoevals"), reason="autoevals is not installed")
def test_the_real_autoevals_is_asked_through_the_judge(build: Build) -> None:
    grader = Grader(json.dumps({"choice": "C", "reasons": "the same"}))
    assert judged(build(FACTS), "30 days", grader).verdict == "passed"


@pytest.mark.slow
@pytest.mark.skipif(not _is_real("pydantic_evals"), reason="pydantic-evals is not installed")
def test_the_real_pydantic_evals_is_asked_through_the_judge(build: Build) -> None:
    rubric = build("{type: pydantic_evals, evaluator: LLMJudge, params: {rubric: Is kind}}")
    grader = Grader(json.dumps({"reason": "it is", "pass": True, "score": 1.0}))
    assert judged(rubric, "x", grader).verdict == "passed"


def test_many_metrics_at_once_wait_for_judges_that_need_threads(build: Build) -> None:
    class Threaded(Grader):
        async def __call__(
            self, spec: ProviderSpec, messages: list[Message], *, turn: int = 0
        ) -> JudgeReply:
            return await asyncio.to_thread(JudgeReply, Response('{"choice": "C"}'))

    metric = build(FACTS)
    trial = Trial(messages=(), responses=(Response("x"),), verdict="passed")
    judge = JudgeSpec(panel=(ProviderSpec(name="grader", provider="mock", model="m"),))
    context = CheckContext(judge=judge, ask=Threaded())

    async def all_at_once() -> list[Finding]:
        return await asyncio.gather(*(evaluate_async(metric, trial, context) for _ in range(80)))

    assert {found.verdict for found in asyncio.run(all_at_once())} == {"passed"}
