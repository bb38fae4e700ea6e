"""The verdict of a comparison in words: who leads, how surely, and at what price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pytest_arena.comparison.breakdown import findings_of
from pytest_arena.comparison.differences import Difference
from pytest_arena.comparison.leaderboard import LeaderboardRow
from pytest_arena.comparison.stats.intervals_and_tests import Estimate
from pytest_arena.comparison.summary import Counts, ProviderSummary, count_verdicts
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Finding, RunResult

_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The answer to "which one?": a headline, and sentences that support it."""

    headline: str
    reasons: tuple[str, ...]


def conclude(
    run: RunResult,
    summaries: Sequence[ProviderSummary],
    standings: Sequence[LeaderboardRow],
    pairs: Sequence[Difference],
) -> Conclusion:
    """Put a comparison into words that claim no more than the figures carry."""
    judged = [s for s in summaries if s.counts.judged]
    if not run.cells:
        return Conclusion("No cell was run", ())
    counts = count_verdicts(run.cells)
    completeness = _completeness(run, counts)
    if not judged:
        return Conclusion("No verdict was reached", tuple(completeness))
    trouble = _trouble(counts)
    if len(judged) == 1:
        return Conclusion(trouble + _alone(judged[0]), (*_unjudged(summaries), *completeness))
    by_name = {summary.provider: summary for summary in judged}
    ranked = [by_name[standing.provider] for standing in standings if standing.provider in by_name]
    best = ranked[0]
    beaten = [s for s in ranked[1:] if _better(best.provider, s.provider, pairs)]
    met = {name for p in pairs for name in (p.first, p.second) if best.provider in _both(p)}
    apart = [s for s in ranked[1:] if s.provider not in met]
    equal = [s for s in ranked[1:] if s not in beaten and s not in apart]
    reasons = [*_certainty(best, beaten, equal), *_cheaper(best, equal), *_faster(best, equal)]
    if apart:
        reasons.append(f"{_names(apart)} ran other cases, so nothing can be said of them here.")
    reasons += _unjudged(summaries)
    all_ran = len(ranked) == len(summaries) and not apart
    headline = _headline(best, ranked, beaten, trouble, all_ran=all_ran)
    return Conclusion(headline, (*reasons, *completeness))


def percent(share: float) -> str:
    """Return a share in per cent, without decimals but where they decide: 99.6 is not 100."""
    value = share * 100
    if value in (0, 100) or 1 <= value < 99.5:
        return f"{value:.0f} %"
    return f"{min(value, 99.9):.1f} %" if value > 50 else f"{max(value, 0.1):.1f} %"


def interval(estimate: Estimate) -> str:
    """Return an interval of shares in per cent: `80 to 97 %`."""
    if estimate.low is None or estimate.high is None:
        return "no interval"
    return f"{estimate.low * 100:.0f} to {estimate.high * 100:.0f} %"


def _trouble(counts: Counts) -> str:
    """Begin a headline with what is wrong with a run, so that no red one reads like a victory."""
    said = []
    if counts.failed:
        said.append(f"{counts.failed:,} of {_cells(counts.cells)} failed")
    if counts.error:
        of = "" if said else f" of {_cells(counts.cells)}"
        said.append(f"{counts.error:,}{of} reached no verdict")
    return f"{' and '.join(said)}; " if said else ""


def _alone(summary: ProviderSummary) -> str:
    rate = _rate(summary)
    return f"{summary.provider} passed {percent(rate.value)} of {_cases(rate.n)} ({interval(rate)})"


def _unjudged(summaries: Sequence[ProviderSummary]) -> list[str]:
    others = [s for s in summaries if not s.counts.judged]
    return [f"{_names(others)} reached no verdict at all."] if others else []


def _headline(
    best: ProviderSummary,
    ranked: Sequence[ProviderSummary],
    beaten: Sequence[ProviderSummary],
    trouble: str,
    *,
    all_ran: bool,
) -> str:
    rate = _rate(best)
    share = f"{percent(rate.value)} of {_cases(rate.n)} passed"
    if len(beaten) == len(ranked) - 1 and beaten:
        return f"{trouble}{best.provider} is best: {share}"
    if all_ran and all(s.counts.pass_rate == rate for s in ranked):
        return f"{trouble}{'all' if trouble else 'All'} providers are level: {share}"
    return f"{trouble}{best.provider} leads: {share}"


def _rate(summary: ProviderSummary) -> Estimate:
    """Return the pass rate; only providers with a judged cell are ever asked for it."""
    return summary.counts.pass_rate or Estimate(0.0, 0.0, 1.0, 0)


def _certainty(
    best: ProviderSummary, beaten: Sequence[ProviderSummary], equal: Sequence[ProviderSummary]
) -> list[str]:
    said = []
    if beaten:
        said.append(f"Better than {_names(beaten)} by more than chance.")
    if equal:
        said.append(f"No clear difference from {_names(equal)} on these cases.")
    return said


def _cheaper(best: ProviderSummary, equal: Sequence[ProviderSummary]) -> list[str]:
    own = best.spending.per_case_usd
    prices = [
        (s.spending.per_case_usd, s)
        for s in equal
        if s.spending.per_case_usd is not None and not s.spending.unknown
    ]
    if not own or not prices or best.spending.unknown:
        return []
    price, cheapest = min(prices, key=lambda entry: (entry[0], entry[1].provider))
    if price == 0:
        return [f"{cheapest.provider} costs nothing."]
    if own / price < 1.2:
        return []
    return [f"{cheapest.provider} costs {own / price:.1f} times less a case."]


def _faster(best: ProviderSummary, equal: Sequence[ProviderSummary]) -> list[str]:
    own = best.latency.p50
    # Under a millisecond nothing was asked: mock answers differ by microseconds, which is noise.
    times = [(s.latency.p50.value, s) for s in equal if s.latency.p50 and s.latency.p50.value >= 1]
    if not own or not times:
        return []
    time, fastest = min(times, key=lambda entry: (entry[0], entry[1].provider))
    if own.value / time < 1.2:
        return []
    return [f"{fastest.provider} answers {own.value / time:.1f} times faster (p50)."]


def _completeness(run: RunResult, counts: Counts) -> list[str]:
    said = []
    if counts.error:
        said.append(
            f"{_cells(counts.error)} reached no verdict and "
            f"{'counts' if counts.error == 1 else 'count'} in no pass rate."
        )
    unpaid = [c.over_budget for c in run.cells if c.over_budget and c.verdict == "skipped"]
    if unpaid:
        budgets = "; ".join(dict.fromkeys(unpaid))
        said.append(f"{_skipped(len(unpaid))}: budget ({budgets}).")
    if counts.skipped > len(unpaid):
        said.append(f"{_skipped(counts.skipped - len(unpaid))}.")
    said += _against_expectation(run, counts.xfailed)
    if unsure := _unsure(run):
        said.append(f"Unsure, and marked so: {unsure}.")
    said += _fallen_back(run)
    if run.interrupted or run.finished_at is None:
        said.append("The run was interrupted: these are the cells that had finished.")
    return said


def _against_expectation(run: RunResult, failed: int) -> list[str]:
    """Say how many failures were expected and came, and how many did not come."""
    said = []
    if failed:
        said.append(f"{_cells(failed)} failed as expected (xfail).")
    passed = sum(cell.verdict == "passed" and cell.xfail is not None for cell in run.cells)
    if passed:
        said.append(f"{_cells(passed)} passed that {_was(passed)} expected to fail (xfail).")
    return said


def _unsure(run: RunResult) -> str:
    """Name the types of assertion that could not tell, with how often and in how many cells."""
    times: Counter[str] = Counter()
    cells: dict[str, set[str]] = {}
    for cell in run.cells:
        for finding in _with_members(findings_of(cell)):
            if finding.verdict == "unsure" and not finding.group:
                times[finding.type] += 1
                cells.setdefault(finding.type, set()).add(cell.id)
    return ", ".join(
        f"{name} {'once' if times[name] == 1 else f'{times[name]:,} times'} "
        f"in {_cells(len(cells[name]))}"
        for name in sorted(times)
    )


def _with_members(findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield finding
        yield from _with_members(finding.group)


def _both(pair: Difference) -> tuple[str, str]:
    return pair.first, pair.second


def _better(name: str, rival: str, pairs: Sequence[Difference]) -> bool:
    return any({p.first, p.second} == {name, rival} and p.better == name for p in pairs)


def _names(summaries: Sequence[ProviderSummary]) -> str:
    names = [summary.provider for summary in summaries]
    if len(names) > _MOST_NAMES:
        rest = len(names) - _MOST_NAMES + 1
        names = [*names[: _MOST_NAMES - 1], f"{rest} others"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count:,} cases"


def _fallen_back(run: RunResult) -> list[str]:
    """Say whose figures are not all their own."""
    answers: dict[str, list[str]] = {}
    for cell in run.cells:
        for response in (r for trial in cell.trials for r in trial.responses if r.answered_by):
            answers.setdefault(cell.column, []).append(response.answered_by or "")
    return [
        f"{len(names):,} {'answer' if len(names) == 1 else 'answers'} of {provider} came from "
        f"{', '.join(dict.fromkeys(names))}, its fallback: its figures are mixed."
        for provider, names in answers.items()
    ]


def _skipped(count: int) -> str:
    return f"{_cells(count)} {_was(count)} skipped"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"
