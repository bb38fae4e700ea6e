"""What a baseline keeps of a cell: counts, digests and figures of its trials."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gate_runs import HASHES, cell_of, run_of, trials_of

from pytest_arena.comparison.baseline.summarize import baseline_of, figures_of, summarize_cell
from pytest_arena.results import Finding, Response, ToolCall


def test_trials_without_a_verdict_are_counted_apart() -> None:
    cell = summarize_cell(cell_of("PPFE"))
    assert (cell.passed, cell.failed, cell.error, cell.judged) == (2, 1, 1, 3)


def test_assertions_are_counted_by_place_and_not_by_type() -> None:
    def findings(*verdicts: str) -> tuple[Finding, ...]:
        group = (Finding("contains", "failed", 0.0, ""), Finding("refusal", "passed", 1.0, ""))
        first, second = verdicts
        return (
            Finding("contains", first, None, ""),
            Finding("contains", second, None, ""),
            Finding("any_of", "passed", 1.0, "", group=group),
            Finding("guardrail", "failed", 0.0, ""),
        )

    one, two = trials_of("PP")
    trials = [
        replace(one, assertions=findings("passed", "failed")),
        replace(two, assertions=findings("passed", "skipped")),
    ]
    cell = replace(
        cell_of("PP", trials=trials),
        assertions=(Finding("success_rate", "passed", 1.0, ""),),
    )
    assert summarize_cell(cell).assertions == {
        "0:contains": (2, 2),
        "1:contains": (0, 1),
        "2:any_of": (2, 2),
        "2:any_of/0:contains": (0, 2),
        "2:any_of/1:refusal": (2, 2),
        "guardrail": (0, 2),
        "all/0:success_rate": (1, 1),
    }


def test_a_trial_in_which_a_rated_assertion_failed_counts_as_failed() -> None:
    one, two = trials_of("PP")
    bad = replace(two, assertions=(Finding("contains", "failed", 0.0, "", 7),))
    rated = (Finding("contains", "passed", 0.5, "held in 1 of 2 trials", 7),)
    cell = replace(cell_of("PP", trials=[one, bad]), assertions=rated)
    assert (summarize_cell(cell).passed, summarize_cell(cell).failed) == (1, 1)
    assert summarize_cell(replace(cell, assertions=())).passed == 2


def test_a_cell_that_was_stopped_early_gives_its_first_trial_alone() -> None:
    cell = replace(cell_of("PPF"), trials_not_run=5)
    assert (summarize_cell(cell).passed, summarize_cell(cell).failed) == (1, 0)


@pytest.mark.parametrize("source", ["mock", "recording", "cache"])
def test_one_repeated_answer_has_a_digest_and_its_order_does_not_matter(source: str) -> None:
    first = summarize_cell(cell_of("PP", source=source))
    again = summarize_cell(cell_of("P", source=source))
    assert first.digest == again.digest is not None
    assert first.source == source


def test_answers_that_differ_or_come_from_a_call_have_no_digest() -> None:
    assert summarize_cell(cell_of("PP")).digest is None
    assert summarize_cell(cell_of("PF", source="mock")).digest is None
    one, two = trials_of("PP", "mock")
    other = replace(two, responses=(Response("another", source="mock"),))
    assert summarize_cell(cell_of("PP", trials=[one, other])).digest is None
    called = replace(one, responses=(Response("x", source="mock"), Response("y", source="call")))
    assert summarize_cell(cell_of("P", trials=[called])).digest is None
    assert summarize_cell(cell_of("E", source="mock")).digest is None


def test_the_digest_sees_tool_calls() -> None:
    one = trials_of("P", "mock")[0]
    call = replace(
        one,
        responses=(
            Response("the same answer", tool_calls=(ToolCall("find", {"b": 1}),), source="mock"),
        ),
    )
    first = summarize_cell(cell_of("P", trials=[one]))
    assert summarize_cell(cell_of("P", trials=[call])).digest != first.digest


def test_each_prompt_of_a_case_has_an_answer_of_its_own() -> None:
    one, two = trials_of("PF", "mock")
    two = replace(two, dialogue=1, responses=(Response("another", source="mock"),))
    assert summarize_cell(cell_of("PF", trials=[one, two])).deterministic


def test_figures_leave_out_replayed_latencies_and_keep_unknown_costs_unknown() -> None:
    assert figures_of(trials_of("PP", "call")).latencies_ms == (100, 100)
    assert figures_of(trials_of("PP", "mock")).latencies_ms == (100, 100)
    assert figures_of(trials_of("PP", "recording")).latencies_ms == ()
    assert figures_of(trials_of("PP", "cache")).latencies_ms == ()
    assert figures_of(trials_of("PP")).cost_usd == pytest.approx(0.02)
    assert figures_of(trials_of("PP")).tokens == 40
    some = [*trials_of("P"), *trials_of("P", cost_usd=None, tokens=None)]
    assert (figures_of(some).cost_usd, figures_of(some).tokens) == (None, None)


def test_a_trial_that_broke_off_has_no_latency() -> None:
    assert figures_of(trials_of("PE")).latencies_ms == (100,)
    assert figures_of(trials_of("PE")).trials == 1


def test_skipped_cells_are_no_part_of_a_baseline() -> None:
    skipped = replace(cell_of("P"), verdict="skipped")
    assert baseline_of(run_of(skipped)).cells == {}
    with pytest.raises(ValueError, match=r"Reset\[mini\] was skipped"):
        summarize_cell(skipped)


def test_hashes_are_kept_apart() -> None:
    assert summarize_cell(cell_of("P")).hashes == HASHES
