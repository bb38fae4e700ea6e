"""Tables of whole runs: counts, pairs, ranks, the matrix and the verdict in words."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations

import pytest
from synthetic_run import synthetic_run

from pytest_arena.comparison import compare
from pytest_arena.comparison.breakdown import assertion_verdicts
from pytest_arena.comparison.conclusion import percent
from pytest_arena.comparison.leaderboard import pareto_front
from pytest_arena.comparison.matrix import case_score
from pytest_arena.results import Cell, Finding, Response, RunInfo, RunResult, Trial, Verdict

INFO = RunInfo("r", "2026-11-20T10:00:00Z", "0.1.0")


def response(cost: float | None = 0.01, latency: float | None = 100.0, **more: object) -> Response:
    made = Response("answer", latency_ms=latency, cost_usd=cost, input_tokens=5, output_tokens=7)
    return replace(made, **more)  # type: ignore[arg-type]  # fields by name, as tests need them


def cell(
    case: str,
    provider: str,
    verdict: Verdict = "passed",
    *,
    trials: tuple[Verdict, ...] | None = None,
    responses: tuple[Response, ...] | None = None,
    tags: tuple[str, ...] = (),
    assertions: tuple[Finding, ...] = (),
    over_trials: tuple[Finding, ...] = (),
) -> Cell:
    given = (response(),) if responses is None else responses
    made = tuple(
        Trial((), given, verdict=one, assertions=assertions, index=i)
        for i, one in enumerate(trials or (verdict,))
    )
    return Cell(
        f"a.yaml::{case}[{provider}]",
        "a.yaml",
        case,
        provider,
        None,
        verdict,
        made,
        tags,
        assertions=over_trials,
    )


def run_of(*cells: Cell) -> RunResult:
    return RunResult(INFO, cells, "2026-11-20T10:01:00Z")


def versus(wins: int, losses: int, ties: int) -> RunResult:
    """Return a run of two providers with so many cases won, lost and passed by both."""
    kinds: list[tuple[Verdict, Verdict]] = [
        *[("passed", "failed")] * wins,
        *[("failed", "passed")] * losses,
        *[("passed", "passed")] * ties,
    ]
    return run_of(
        *(
            cell(f"case {i}", name, verdict)
            for i, pair in enumerate(kinds)
            for name, verdict in zip(("a", "b"), pair, strict=True)
        )
    )


def test_errors_and_skipped_cells_are_no_part_of_the_pass_rate() -> None:
    cells = [cell("1", "a"), cell("2", "a", "failed"), cell("3", "a", "error")]
    (summary,) = compare(run_of(*cells, replace(cell("4", "a"), verdict="skipped"))).summaries
    rate = summary.counts.pass_rate
    assert rate is not None
    assert (rate.value, rate.n) == (0.5, 2)
    assert (summary.counts.error, summary.counts.skipped, summary.counts.cells) == (1, 1, 4)


def test_costs_are_per_case_and_per_passed_case() -> None:
    (summary,) = compare(run_of(cell("1", "a"), cell("2", "a", "failed"))).summaries
    spending = summary.spending
    assert spending.total_usd == pytest.approx(0.02)
    assert spending.per_case_usd == pytest.approx(0.01)
    assert spending.per_passed_usd == pytest.approx(0.02)
    assert (summary.input_tokens, summary.output_tokens) == (10, 14)


def test_a_cell_whose_call_failed_does_not_make_the_average_case_cheaper() -> None:
    (summary,) = compare(run_of(cell("1", "a"), cell("2", "a", "error", responses=()))).summaries
    assert summary.spending.per_case_usd == pytest.approx(0.01)


def test_a_provider_whose_prompts_were_all_blocked_has_no_price_a_case() -> None:
    (summary,) = compare(run_of(cell("1", "a", responses=()))).summaries
    assert summary.spending.total_usd == 0
    assert summary.spending.per_case_usd is None


def test_nothing_passed_has_no_cost_per_passed_case() -> None:
    (summary,) = compare(run_of(cell("1", "a", "failed"))).summaries
    assert summary.spending.per_passed_usd is None


def test_unknown_costs_are_counted_and_never_taken_for_zero() -> None:
    some = compare(run_of(cell("1", "a"), cell("2", "a", responses=(response(cost=None),))))
    assert some.summaries[0].spending.unknown == 1
    assert some.summaries[0].spending.total_usd == pytest.approx(0.01)
    assert some.summaries[0].spending.is_lower_bound
    none = compare(run_of(cell("1", "a", responses=(response(cost=None),))))
    assert none.summaries[0].spending.total_usd is None
    assert not none.summaries[0].spending.is_lower_bound


def test_a_call_that_was_blocked_costs_nothing() -> None:
    (summary,) = compare(run_of(cell("1", "a", responses=()))).summaries
    assert summary.spending.total_usd == 0
    assert summary.latency.p50 is None


def test_replayed_answers_are_counted() -> None:
    replayed = cell("1", "a", responses=(response(source="recording"),))
    assert compare(run_of(replayed, cell("2", "a"))).summaries[0].replayed == 1


def test_a_breakdown_counts_a_case_once_a_type_and_under_each_tag() -> None:
    findings = (
        Finding("contains", "passed", 1.0, "x"),
        Finding("contains", "failed", 0.0, "y"),
        Finding("tone", "unsure", None, "z"),
    )
    only = cell("1", "a", "failed", tags=("t", "u"), assertions=findings)
    assert assertion_verdicts(only) == {"contains": "failed", "tone": "skipped"}
    comparison = compare(run_of(only, cell("1", "b", tags=("t",))))
    assert [(group.name, group.counts[0].failed) for group in comparison.by_tag] == [
        ("t", 1),
        ("u", 1),
    ]
    assert comparison.by_tag[0].counts[1].passed == 1
    assert comparison.by_tag[1].counts[1].cells == 0


@pytest.mark.parametrize(
    ("verdict", "trials", "score"),
    [
        ("passed", ("passed",), 1.0),
        ("failed", ("failed",), 0.0),
        ("passed", ("passed", "failed", "passed", "passed"), 0.75),
        ("failed", ("passed", "passed"), 0.0),
        ("error", ("passed", "error"), None),
        ("skipped", (), None),
    ],
)
def test_a_case_scores_the_share_of_its_passed_trials(
    verdict: Verdict, trials: tuple[Verdict, ...], score: float | None
) -> None:
    made = cell("1", "a", verdict, trials=trials or None)
    assert case_score(replace(made, trials=made.trials if trials else ())) == score


def test_a_difference_of_single_trials_is_newcombes_with_mcnemars_p_value() -> None:
    (pair,) = compare(versus(9, 1, 20)).differences
    assert (pair.only_first, pair.only_second, pair.ties) == (9, 1, 20)
    assert pair.estimate.value == pytest.approx(0.266667, abs=5e-7)
    assert pair.p_value == 0.021484375
    assert pair.better == "a"


def test_a_difference_of_several_trials_is_a_mean_with_a_sign_flip_p_value() -> None:
    cells = []
    for i in range(6):
        cells.append(cell(str(i), "a", trials=("passed", "passed")))
        cells.append(cell(str(i), "b", "failed", trials=("passed", "failed")))
    (pair,) = compare(run_of(*cells)).differences
    assert pair.estimate.value == 0.5
    assert pair.estimate.low is None
    assert pair.p_value == pytest.approx(2 / 2**6)


def test_pairs_count_only_cases_that_both_were_judged_on() -> None:
    run = run_of(cell("1", "a"), cell("1", "b", "error"), cell("2", "a"), cell("2", "b"))
    (pair,) = compare(run).differences
    assert pair.estimate.n == 1


def test_providers_without_a_common_case_have_no_difference() -> None:
    comparison = compare(run_of(cell("1", "a"), cell("2", "b", "failed")))
    assert comparison.differences == ()
    assert [standing.rating for standing in comparison.standings] == [None, None]
    assert comparison.standings[0].provider == "a"


def test_equal_providers_share_a_rank() -> None:
    standings = compare(versus(3, 3, 4)).standings
    assert [(s.provider, s.rank) for s in standings] == [("a", 1), ("b", 1)]


def test_a_provider_that_always_wins_is_shrunk() -> None:
    assert compare(versus(10, 0, 0)).standings[0].shrunk
    assert not compare(versus(10, 1, 0)).standings[0].shrunk


def test_providers_that_ran_other_cases_are_neither_ranked_nor_judged() -> None:
    run = versus(3, 1, 4)
    others = (cell("else", "x"), cell("else", "y"), cell("alone", "z"))
    comparison = compare(replace(run, cells=run.cells + others))
    assert [(s.provider, s.rank) for s in comparison.standings] == [
        ("a", 1),
        ("b", 2),
        ("x", None),
        ("y", None),
        ("z", None),
    ]
    assert set(comparison.ratings) == {"a", "b"}
    assert comparison.conclusion.headline == (
        "4 of 19 cells failed; a leads: 88 % of 8 cases passed"
    )
    assert comparison.conclusion.reasons == (
        "No clear difference from b on these cases.",
        "x, y and z ran other cases, so nothing can be said of them here.",
    )


def test_ratings_of_one_case_have_no_interval() -> None:
    ratings = compare(versus(1, 0, 0)).ratings
    assert ratings["a"].low is None


def test_the_pareto_front_leaves_out_who_is_beaten_in_all() -> None:
    run = run_of(
        cell("1", "good"),
        cell("1", "cheap", "failed", responses=(response(cost=0.001),)),
        cell("1", "worse", "failed", responses=(response(cost=0.02, latency=500.0),)),
    )
    assert pareto_front(compare(run).summaries) == {"good", "cheap"}


def test_who_ran_other_cases_is_on_no_front_and_beats_nobody() -> None:
    dear, free = (response(cost=1.0, latency=900.0),), (response(cost=0.0, latency=1.0),)
    run = run_of(
        *(cell(str(n), "good", responses=dear) for n in range(3)),
        *(cell(str(n), "bad", "failed", responses=dear) for n in range(3)),
        cell("other", "alone", responses=free),
    )
    standings = {standing.provider: standing for standing in compare(run).standings}
    assert standings["alone"].rank is None
    assert {name for name, one in standings.items() if one.pareto} == {"good"}


def test_an_unknown_price_neither_beats_nor_is_beaten() -> None:
    run = run_of(cell("1", "a"), cell("1", "b", "failed", responses=(response(cost=None),)))
    assert pareto_front(compare(run).summaries) == {"a", "b"}


def test_all_tables_are_the_same_whatever_the_order_of_cells() -> None:
    run = synthetic_run(12, 3, trials=2)
    shuffled = list(run.cells)
    random.Random(1).shuffle(shuffled)
    first, second = compare(run), compare(replace(run, cells=tuple(shuffled)))
    assert {s.provider: s for s in first.summaries} == {s.provider: s for s in second.summaries}
    assert first.standings == second.standings
    assert first.ratings == second.ratings
    assert first.conclusion == second.conclusion
    for pair in first.differences:
        twins = [p for p in second.differences if {p.first, p.second} == {pair.first, pair.second}]
        assert twins[0].p_adjusted == pair.p_adjusted
        assert abs(twins[0].estimate.value) == abs(pair.estimate.value)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_ranks_do_not_depend_on_the_order_of_providers(order: tuple[int, ...]) -> None:
    verdicts: tuple[Verdict, ...] = ("passed", "failed", "passed")
    cells = [
        cell(str(case), "abc"[p], verdicts[(case + p) % 3] if p else "passed")
        for case in range(4)
        for p in order
    ]
    standings = compare(run_of(*cells)).standings
    assert standings[0].provider == "a"


@pytest.mark.parametrize(
    ("run", "headline"),
    [
        (run_of(), "No cell was run"),
        (run_of(cell("1", "a", "error")), "No verdict was reached"),
        (run_of(cell("1", "a")), "a passed 100 % of 1 case (21 to 100 %)"),
        (versus(30, 1, 10), "31 of 82 cells failed; a is best: 98 % of 41 cases passed"),
        (versus(3, 1, 10), "4 of 28 cells failed; a leads: 93 % of 14 cases passed"),
        (
            run_of(cell("1", "a"), cell("2", "a", "failed"), cell("3", "a", "error")),
            "1 of 3 cells failed and 1 reached no verdict; a passed 50 % of 2 cases (9 to 91 %)",
        ),
        (
            run_of(cell("1", "a"), cell("1", "b", "error")),
            "1 of 2 cells reached no verdict; a passed 100 % of 1 case (21 to 100 %)",
        ),
        (
            run_of(cell("1", "a"), cell("1", "b"), cell("1", "c", "error")),
            "1 of 3 cells reached no verdict; a leads: 100 % of 1 case passed",
        ),
        (versus(0, 0, 10), "All providers are level: 100 % of 10 cases passed"),
        (
            versus(1, 1, 8),
            "2 of 20 cells failed; all providers are level: 90 % of 10 cases passed",
        ),
    ],
)
def test_the_headline_claims_no_more_than_the_figures_carry(run: RunResult, headline: str) -> None:
    assert compare(run).conclusion.headline == headline


def test_a_provider_without_any_verdict_is_named() -> None:
    dead = run_of(cell("1", "a"), cell("1", "b"), cell("1", "c", "error"))
    assert "c reached no verdict at all." in compare(dead).conclusion.reasons


def test_expected_failures_count_as_pytest_counts_them() -> None:
    failed = replace(cell("1", "a", "failed"), xfail="known")
    passed = replace(cell("2", "a"), xfail="known")
    error = replace(cell("3", "a", "error"), xfail="known")
    run = run_of(failed, passed, error)
    counts = compare(run).counts
    assert (counts.passed, counts.failed, counts.xfailed, counts.error) == (1, 0, 1, 1)
    assert (counts.cells, counts.judged) == (3, 2)
    assert counts.pass_rate is not None
    assert counts.pass_rate.value == 0.5
    assert (run.totals["failed"], run.totals["xfailed"]) == (0, 1)
    conclusion = compare(run).conclusion
    assert conclusion.headline.startswith("1 of 3 cells reached no verdict; ")
    assert {
        "1 cell failed as expected (xfail).",
        "1 cell passed that was expected to fail (xfail).",
    } <= set(conclusion.reasons)


def test_the_conclusion_counts_what_was_unsure_by_name() -> None:
    unsure = Finding("tone", "unsure", 0.5, "cannot tell")
    group = Finding("any_of", "unsure", None, "", group=(unsure, Finding("mood", "passed", 1, "")))
    mood = Finding("sentiment", "unsure", None, "cannot tell")
    run = run_of(cell("1", "a", assertions=(unsure, mood)), cell("2", "a", assertions=(group,)))
    assert compare(run).conclusion.reasons == (
        "Unsure, and marked so: sentiment once in 1 cell, tone 2 times in 2 cells.",
    )


def test_the_conclusion_names_price_speed_errors_and_interruption() -> None:
    cells = [
        c
        for i in range(5)
        for c in (
            cell(str(i), "slow", responses=(response(cost=0.03, latency=900.0),)),
            cell(str(i), "fast", "failed" if i == 0 else "passed"),
        )
    ]
    run = replace(run_of(*cells, cell("9", "fast", "error")), finished_at=None)
    assert compare(run).conclusion.reasons == (
        "No clear difference from fast on these cases.",
        "fast costs 3.0 times less a case.",
        "fast answers 9.0 times faster (p50).",
        "1 cell reached no verdict and counts in no pass rate.",
        "The run was interrupted: these are the cells that had finished.",
    )


def test_the_conclusion_names_at_most_a_handful_of_providers() -> None:
    cells = [cell("1", f"p{i}") for i in range(9)]
    assert compare(run_of(*cells)).conclusion.reasons == (
        "No clear difference from p1, p2, p3, p4 and 4 others on these cases.",
    )


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.9996, "99.9 %"),
        (0.004, "0.4 %"),
        (0.0001, "0.1 %"),
        (2 / 3, "67 %"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share: float, text: str) -> None:
    assert percent(share) == text
