"""The limits of `gates:` hold, break, or say why they cannot be checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gate_runs import cell_of, kept, run_of, trials_of
from pydantic import ValidationError

from pytest_arena.comparison.baseline.update import Collected
from pytest_arena.comparison.gate.apply import with_limits
from pytest_arena.comparison.gate.gate import Rules, assess
from pytest_arena.comparison.gate.thresholds import Against, ThresholdResult, check_limits
from pytest_arena.errors import Location
from pytest_arena.results import Cell, Finding, RunResult
from pytest_arena.schema.thresholds import METRIC_ALIASES, METRICS, ThresholdSpec


def check(
    run: RunResult, before: RunResult | None = None, *, file: str | None = None, **keys: Any
) -> ThresholdResult:
    against = {}
    if before is not None:
        baseline = replace(kept(*before.cells), name="b.jsonl")
        against = {keys.get("baseline"): Against(baseline, assess(run, baseline))}
    (result,) = check_limits([ThresholdSpec(**keys)], run, file=file, against=against)
    return result


def timed(marks: str, latency_ms: float, case: str = "Reset", **more: Any) -> Cell:
    return cell_of(marks, case, trials=trials_of(marks, latency_ms=latency_ms, **more))


HALF = run_of(cell_of("PP"), cell_of("FF", "b"), cell_of("EE", "c"))


@pytest.mark.parametrize(
    ("keys", "verdict", "reason"),
    [
        ({"metric": "case_verdict", "min": 0.5}, "passed",
         "case_verdict: case_verdict is 50 %, within at least 50 %"),
        ({"metric": "pass_rate", "threshold": 0.6, "name": "accuracy"}, "failed",
         "accuracy: pass_rate is 50 %, below 60 %"),
        ({"metric": "trial_pass_rate", "max": 0.4}, "failed",
         "trial_pass_rate: trial_pass_rate is 50 %, above 40 %"),
        ({"metric": "assertion_pass_rate", "min": 0.4, "max": 0.6}, "passed",
         "assertion_pass_rate: assertion_pass_rate is 50 %, within at least 40 % and at most 60 %"),
        ({"metric": "contains", "min": 0.95}, "failed",
         "contains: contains is 50 %, below 95 %"),
        ({"metric": "tone", "min": 0.95}, "error", "tone: no 'tone' assertion was judged"),
        ({"metric": "response_time_p50", "max": 99}, "failed",
         "response_time_p50: response_time_p50 is 100 ms, above 99 ms"),
        ({"metric": "response_time_avg", "threshold": 100}, "passed",
         "response_time_avg: response_time_avg is 100 ms, within at most 100 ms"),
        ({"metric": "response_time_p95", "max": 3000}, "passed",
         "response_time_p95: response_time_p95 is 100 ms, within at most 3,000 ms "
         "(from 4 samples, 59 would be needed)"),
        ({"metric": "cost_per_request", "max": 0.01}, "passed",
         "cost_per_request: cost_per_request is $0.01, within at most $0.01"),
        ({"metric": "cost_per_case", "max": 0.005}, "failed",
         "cost_per_case: cost_per_case is $0.01, above $0.005"),
        ({"metric": "total_cost", "max": 0.03}, "failed",
         "total_cost: total_cost is $0.04, above $0.03"),
        ({"metric": "tokens_per_request", "max": 20}, "passed",
         "tokens_per_request: tokens_per_request is 20 tokens, within at most 20 tokens"),
        ({"metric": "tokens", "max": 79}, "failed", "tokens: tokens is 80 tokens, above 79 tokens"),
    ],
)  # fmt: skip
def test_absolute_limits(keys: dict[str, Any], verdict: str, reason: str) -> None:
    result = check(HALF, **keys)
    assert (result.verdict, result.reason) == (verdict, reason)
    assert result.fails == (verdict != "passed")


def test_a_limit_that_warns_never_fails_the_run() -> None:
    result = check(HALF, metric="case_verdict", min=1, action="warn")
    assert (result.verdict, result.fails) == ("failed", False)
    unknown = check(HALF, metric="tone", min=1, action="warn")
    assert (unknown.verdict, unknown.fails) == ("error", False)
    assert check(HALF, metric="case_verdict", min=1, action="fail_build").fails


def test_tags_providers_and_files_choose_the_cells() -> None:
    run = run_of(
        cell_of("P", "a", tags=("safety",)), cell_of("F", "b"), cell_of("F", "c", "large"),
        cell_of("F", file="other.yaml"),
    )  # fmt: skip
    keys: dict[str, Any] = {"metric": "case_verdict", "min": 1}
    assert check(run, **keys).value == 0.25
    assert check(run, file="arena.yaml", **keys).value == pytest.approx(1 / 3)
    assert check(run, tags=("safety", "cost"), **keys).verdict == "passed"
    assert check(run, providers=("large",), **keys).n == 1
    nothing = check(run, tags=("billing",), **keys)
    assert (nothing.verdict, nothing.reason) == (
        "error", "case_verdict: no cell of this run is meant by it",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "keys", "why"),
    [
        (timed("P", 1, cost_usd=None), {"metric": "total_cost", "max": 1},
         "the cost of calls to mini is not known"),
        (timed("P", 1, cost_usd=None), {"metric": "cost_per_request", "max": 1},
         "the cost of calls to mini is not known"),
        (timed("P", 1, cost_usd=None), {"metric": "cost_per_case", "max": 1},
         "the cost of calls to mini is not known"),
        (timed("P", 1, tokens=None), {"metric": "total_tokens", "max": 1},
         "the number of tokens of calls to mini is not known"),
        (cell_of("P", source="recording"), {"metric": "response_time_p95", "max": 1},
         "no call was timed (a replayed answer has no time of its own)"),
        (cell_of("E"), {"metric": "case_verdict", "min": 0.1}, "no cell reached a verdict"),
        (cell_of("E"), {"metric": "trial_pass_rate", "min": 0.1}, "no trial reached a verdict"),
        (cell_of("E"), {"metric": "assertion_pass_rate", "min": 0}, "no assertion was judged"),
        (cell_of("E"), {"metric": "cost_per_request", "max": 1}, "no call was made"),
        (cell_of("E"), {"metric": "cost_per_case", "max": 1}, "no call was made"),
        (cell_of("E"), {"metric": "tokens_per_request", "max": 1}, "no call was made"),
        (cell_of("E"), {"metric": "total_cost", "max": 1}, "no trial reached a verdict"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_an_error_and_never_passes(
    cell: Cell, keys: dict[str, Any], why: str
) -> None:
    result = check(run_of(cell), **keys)
    assert (result.verdict, result.reason) == ("error", f"{keys['metric']}: {why}")
    assert result.fails


def test_members_of_a_group_and_summaries_over_trials_do_not_count_twice() -> None:
    members = (Finding("contains", "failed", 0.0, ""), Finding("contains", "passed", 1.0, ""))
    trial = trials_of("P")[0]
    findings = (*trial.assertions, Finding("any_of", "passed", 1.0, "", group=members))
    rated = (Finding("contains", "failed", 0.0, "", 7), Finding("success_rate", "passed", 1.0, ""))
    cell = replace(cell_of("P", trials=[replace(trial, assertions=findings)]), assertions=rated)
    assert check(run_of(cell), metric="contains", min=1).n == 1
    assert check(run_of(cell), metric="success_rate", min=1).n == 1
    assert check(run_of(cell), metric="assertion_pass_rate", min=1).n == 3


def test_what_a_file_has_a_name_for_is_limited_by_that_name(tmp_path: Path) -> None:
    named = Finding("contains", "failed", 0.0, "", metric="Politeness")
    other = Finding("tone", "passed", 1.0, "", metric="contains")
    group = Finding("all_of", "failed", 0.0, "", group=(named, other))
    trial = trials_of("P")[0]
    findings = (*trial.assertions, replace(named, verdict="passed", score=1.0), group)
    over_all = (Finding("success_rate", "failed", 0.0, "", metric="Rate"), named)
    cell = replace(cell_of("P", trials=[replace(trial, assertions=findings)]), assertions=over_all)
    run = run_of(cell)
    for metric, value, n in (
        ("Politeness", 0.5, 2),
        ("metric:Politeness", 0.5, 2),
        ("Rate", 0.0, 1),
        ("contains", 1.0, 2),
        ("metric:contains", 1.0, 1),
    ):
        found = check(run, metric=metric, min=0.9)
        assert (found.value, found.n) == (value, n), metric
    assert check(run, metric="Tact", min=0.9).reason == "Tact: no 'Tact' assertion was judged"
    assert check(run, run, metric="Politeness", max_degradation=0.1).verdict == "passed"


@pytest.mark.parametrize(
    ("metric", "before", "now", "verdict", "change"),
    [
        ("response_time_p95", 100, 119, "passed", "119 ms, 19.0% worse than"),
        ("response_time_p95", 100, 120, "passed", "120 ms, 20.0% worse than"),
        ("response_time_p95", 100, 121, "failed", "121 ms, 21.0% worse than"),
        ("response_time_p95", 100, 50, "passed", "50 ms, 50.0% better than"),
        ("response_time_p95", 100, 100, "passed", "100 ms, as"),
        ("response_time_p95", 0, 5, "failed", "5 ms, worse than"),
    ],
)
def test_a_degradation_is_a_share_of_the_baselines_value(
    metric: str, before: int, now: int, verdict: str, change: str
) -> None:
    result = check(
        run_of(timed("P" * 59, now)), run_of(timed("P" * 59, before)),
        metric=metric, max_degradation=0.2,
    )  # fmt: skip
    assert (result.verdict, result.value, result.before) == (verdict, now, before)
    assert result.reason == (
        f"{metric}: {metric} is {change} the baseline's {before} ms (allowed: 20.0% worse)"
    )


def test_a_share_degrades_when_it_falls() -> None:
    before = run_of(cell_of("P"), cell_of("P", "b"))
    now = run_of(cell_of("P"), cell_of("F", "b"))
    assert check(now, before, metric="case_verdict", max_degradation=0.5).verdict == "passed"
    result = check(now, before, metric="case_verdict", max_degradation=0.4)
    assert (result.verdict, result.fails) == ("failed", True)
    assert check(before, now, metric="case_verdict", max_degradation=0).verdict == "passed"
    nothing = run_of(cell_of("F"))
    assert check(nothing, nothing, metric="case_verdict", max_degradation=0).verdict == "passed"


def test_only_cells_that_both_sides_have_are_compared() -> None:
    before = run_of(timed("P", 100))
    now = run_of(timed("P", 100), timed("P", 900, "added"), timed("E", 900, "broken"))
    result = check(now, before, metric="response_time_avg", max_degradation=0)
    assert (result.verdict, result.n) == ("passed", 1)
    other = run_of(timed("P", 100, "other"))
    nothing = check(other, before, metric="response_time_avg", max_degradation=0)
    assert (nothing.verdict, nothing.reason) == (
        "error", "response_time_avg: b.jsonl has no cell to compare with",
    )  # fmt: skip


def test_sums_are_compared_for_the_same_number_of_trials() -> None:
    before, now = run_of(cell_of("P" * 20)), run_of(cell_of("PPP"))
    result = check(now, before, metric="total_cost", max_degradation=0)
    assert (result.verdict, result.value) == ("passed", pytest.approx(0.03))
    assert result.before == pytest.approx(0.03)


def test_a_share_of_other_assertions_is_not_compared() -> None:
    before, now = run_of(cell_of("P")), run_of(cell_of("F", assertions="new"))
    assert check(now, before, metric="case_verdict", max_degradation=0).verdict == "error"


def test_an_unknown_cost_of_the_baseline_is_an_error() -> None:
    before = run_of(timed("P", 1, cost_usd=None))
    result = check(run_of(timed("P", 1)), before, metric="total_cost", max_degradation=1)
    assert (result.verdict, result.reason) == (
        "error", "total_cost: in b.jsonl, the cost of calls to mini is not known",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "named"), [({}, "a baseline"), ({"baseline": "old.jsonl"}, "the baseline old.jsonl")]
)
def test_a_missing_baseline_is_an_error(keys: dict[str, Any], named: str) -> None:
    for limit in ({"max_degradation": 0.2}, {"max_new_failures": 0}):
        result = check(HALF, metric="case_verdict", **limit, **keys)
        assert (result.verdict, result.reason) == (
            "error", f"case_verdict: {named} is needed and there is none",
        )  # fmt: skip


def test_new_failures_are_those_of_the_gate_and_new_cells_that_fail() -> None:
    before = run_of(cell_of("P", source="mock"), cell_of("P" * 20, "chance"))
    now = run_of(cell_of("F", source="mock"), cell_of("PPF", "chance"), cell_of("F", "added"))
    keys: dict[str, Any] = {"metric": "case_verdict", "name": "regress"}
    result = check(now, before, max_new_failures=1, **keys)
    assert (result.verdict, result.value) == ("failed", 2)
    assert result.reason == (
        "regress: 2 new failures, 1 allowed: arena.yaml::Reset[mini], arena.yaml::added[mini]"
    )
    assert check(now, before, max_new_failures=2, **keys).verdict == "passed"
    breaker = run_of(cell_of("E", source="mock"))
    assert check(breaker, before, max_new_failures=0, **keys).verdict == "error"


def test_the_worst_of_several_limits_decides() -> None:
    result = check(HALF, metric="case_verdict", min=0.9, max_degradation=0.1)
    assert result.verdict == "error"
    both = check(HALF, HALF, metric="case_verdict", min=0.9, max_degradation=0.1)
    assert both.verdict == "failed"
    assert both.reason == "case_verdict: case_verdict is 50 %, below 90 %"


def test_limits_do_not_depend_on_the_order_of_cells() -> None:
    turned = replace(HALF, cells=tuple(reversed(HALF.cells)))
    for metric in METRICS:
        keys: dict[str, Any] = {"metric": metric, "max": 0}
        assert check(turned, **keys) == check(HALF, **keys)


def scored(score: float, case: str, provider: str = "mini", **keys: Any) -> Cell:
    (trial,) = trials_of("P")
    told = replace(trial, assertions=(Finding("similar", "passed", score, ""),))
    return cell_of("P", case, provider, trials=[told], **keys)


def test_limits_against_the_baseline_follow_renamed_cases(tmp_path: Path) -> None:
    before = run_of(*(scored(0.9, f"case {n}", prompt=f"p{n}") for n in range(8)))
    now = run_of(*(scored(0.7, f"new {n}", prompt=f"p{n}") for n in range(8)))
    keys: list[dict[str, Any]] = [
        {"metric": "score_falls", "max": 0},
        {"metric": "similar", "max_degradation": 0.1},
        {"metric": "case_verdict", "max_new_failures": 0},
    ]
    found = with_limits(
        now,
        [{"file": "arena.yaml", "gates": keys}],
        own=kept(*before.cells),
        rules=Rules(),
        folder=tmp_path,
        collected=Collected.of([cell.id for cell in now.cells]),
    ).limits
    assert [(one.verdict, one.value, one.n) for one in found] == [
        ("failed", 1, 8), ("passed", 1, 8), ("passed", 0, 8),
    ]  # fmt: skip


def test_falls_of_scores_are_limited_over_the_cells_that_are_meant() -> None:
    def both(of_one: float, of_two: float) -> RunResult:
        cells = [scored(of_one, f"case {n}", "one", tags=("slow",)) for n in range(8)]
        return run_of(*cells, *(scored(of_two, f"case {n}", "two") for n in range(8)))

    old, new = both(0.9, 0.9), both(0.7, 0.9)
    found = check(new, old, metric="score_falls", max=0, providers=("one",))
    assert (found.verdict, found.value, found.n) == ("failed", 1, 8)
    assert found.reason == "score_falls: 1 fall of scores, 0 allowed: similar by 0.20"
    assert check(new, old, metric="score_falls", max=0, tags=("slow",)).verdict == "failed"
    assert check(new, old, metric="score_falls", threshold=1, providers=("one",)).verdict == (
        "passed"
    )
    held = check(new, old, metric="score_falls", max=0, providers=("two",))
    assert (held.verdict, held.reason) == ("passed", "score_falls: 0 falls of scores, 0 allowed")
    assert check(
        run_of(cell_of("P")), run_of(cell_of("P")), metric="score_falls", max=0
    ).reason == ("score_falls: b.jsonl has no scores to compare with")
    assert check(new, metric="score_falls", max=0).reason == (
        "score_falls: a baseline is needed and there is none"
    )


# --- the models


def refusal(**keys: Any) -> tuple[str, str, str]:
    with pytest.raises(ValidationError) as caught:
        ThresholdSpec(**keys)
    (error,) = caught.value.errors()
    return error["msg"], error["ctx"]["expected"], error["ctx"]["fix"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"metric": "case_verdict"}, (
            "gate 'case_verdict' has no limit",
            "one of min, max, threshold, max_degradation, max_new_failures",
            "add one, as in min: 0.95")),
        ({"metric": "case_verdict", "threshold": 1, "min": 1, "name": "x"}, (
            "gate 'x' has a threshold beside min or max",
            "threshold alone, or min and max", "remove threshold")),
        ({"metric": "total_cost", "min": 2, "max": 1}, (
            "gate 'total_cost' has a min above its max",
            "a min that is at most the max", "exchange the two")),
        ({"metric": "total_cost", "max_new_failures": 0}, (
            "gate 'total_cost' counts new failures of 'total_cost'",
            "max_new_failures with metric: case_verdict", "write metric: case_verdict")),
        ({"metric": "score_falls", "max_degradation": 0.1}, (
            "gate 'score_falls' limits how often scores fell by more than a max",
            "max, or threshold, with metric: score_falls", "write max: 0")),
        ({"metric": "score_falls", "min": 0, "max": 0}, (
            "gate 'score_falls' limits how often scores fell by more than a max",
            "max, or threshold, with metric: score_falls", "write max: 0")),
    ],
)  # fmt: skip
def test_limits_that_make_no_sense_are_refused(
    keys: dict[str, Any], message: tuple[str, str, str]
) -> None:
    assert refusal(**keys) == message


PLACE = Location("arena.yaml", 9, 13)


def test_an_unknown_metric_is_refused_with_the_nearest_known_one() -> None:
    problem = ThresholdSpec(metric="cost_per_requests", max=1).problem(["contains"], PLACE)
    assert str(problem) == (
        "arena.yaml:9:13: unknown metric 'cost_per_requests' in gate 'cost_per_requests'\n"
        f"  expected: one of {', '.join(METRICS)}, an assertion type, or the metric: of one\n"
        "  fix: did you mean 'cost_per_request'?"
    )
    other = ThresholdSpec(metric="xyz", max=1).problem([], PLACE)
    assert other is not None
    assert other.fix == "write metric: case_verdict"


@pytest.mark.parametrize("limit", ["min", "max", "threshold", "max_degradation"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_limit_is_a_finite_number(limit: str, value: float) -> None:
    with pytest.raises(ValidationError, match="finite number"):
        ThresholdSpec(metric="total_cost", **{limit: value})


def test_assertion_types_and_aliases_are_metrics() -> None:
    for metric in ["contains", *METRICS, *METRIC_ALIASES]:
        assert ThresholdSpec(metric=metric, max=0.5).problem(["contains"]) is None


def test_a_percentage_is_not_taken_for_a_share() -> None:
    problem = ThresholdSpec(metric="case_verdict", name="accuracy", min=95).problem([], PLACE)
    assert str(problem) == (
        "arena.yaml:9:13: gate 'accuracy': min cannot be 95\n"
        "  expected: a share from 0 to 1\n"
        "  fix: write min: 0.95"
    )
    negative = ThresholdSpec(metric="case_verdict", max=-1).problem([], PLACE)
    assert negative is not None
    assert negative.fix == "give max a value from 0 to 1"


@pytest.mark.parametrize(
    ("keys", "refused"),
    [
        ({"min": 0}, True),
        ({"threshold": 0}, True),
        ({"max": 1}, True),
        ({"min": 0, "max": 1}, True),
        ({"max_degradation": 1}, True),
        ({"min": 0, "max": 0.5}, False),
        ({"min": 0, "max_new_failures": 0}, False),
        ({"max": 0}, False),
        ({"max_degradation": 0}, False),
    ],
)
def test_a_limit_on_a_share_that_holds_whatever_comes_is_refused(
    keys: dict[str, Any], refused: bool
) -> None:
    problem = ThresholdSpec(metric="case_verdict", **keys).problem(())
    assert (problem is not None and "holds whatever comes" in problem.what) is refused


def test_no_cost_at_all_is_a_limit_that_can_break() -> None:
    assert ThresholdSpec(metric="total_cost", max=0).problem(()) is None
