"""How reports write numbers: times, money, tokens, rates and differences."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_arena.comparison.conclusion import interval, percent
from pytest_arena.comparison.differences import Difference
from pytest_arena.comparison.judge_summary import JudgeSummary
from pytest_arena.comparison.persona_summary import PersonaSummary
from pytest_arena.comparison.stats.intervals_and_tests import Estimate
from pytest_arena.comparison.stats.quantiles import Quantile
from pytest_arena.comparison.summary import Attacks, ProviderSummary, Spending
from pytest_arena.results import RunResult
from pytest_arena.results.judging import Calibration
from pytest_arena.results.request_response import REPLAYED

NONE = "–"
"""Stands where there is no figure."""


def milliseconds(value: float | None) -> str:
    """Return a time with its unit: `0.8 ms`, `812 ms`, `1.94 s`, `2 min 5 s`."""
    if value is None:
        return NONE
    if value < 1:
        return f"{value:.2g} ms" if value else "0 ms"
    if value < 999.5:
        return f"{value:.0f} ms"
    if value < 59_950:
        return f"{value / 1000:.2f} s" if value < 9_995 else f"{value / 1000:.1f} s"
    minutes, seconds = divmod(round(value / 1000), 60)
    return f"{minutes} min {seconds} s"


def timing(value: Quantile | None) -> str:
    """Return a quantile; one from too few samples is marked with `~`."""
    if value is None:
        return NONE
    return f"{'~' if value.thin else ''}{milliseconds(value.value)}"


def dollars(value: float | None) -> str:
    """Return US dollars with three significant digits, never in powers of ten."""
    if value is None:
        return NONE
    if value == 0:
        return "$0"
    if value >= 100:
        return f"${value:,.0f}"
    if value >= 1:
        return f"${value:.2f}"
    for digits in range(3, 10):
        if value >= 10.0 ** (2 - digits):
            return f"${value:.{digits}f}"
    return f"${value:.9f}" if value >= 5e-10 else "<$0.000000001"


def spent(spending: Spending) -> str:
    """Return the total cost; a lower bound, where some costs are unknown, ends with `+`."""
    if spending.total_usd is None:
        return NONE
    return dollars(spending.total_usd) + ("+" if spending.unknown else "")


def whole_cost(summaries: Sequence[ProviderSummary]) -> str:
    """Return what all answers cost, empty where that is known of none; it ends with `+` where some
    costs are unknown."""
    known = _known_costs(summaries)
    if not known:
        return ""
    return dollars(sum(sorted(known))) + ("+" if is_cost_partly_known(summaries) else "")


def is_cost_partly_known(summaries: Sequence[ProviderSummary]) -> bool:
    """Return whether some costs are known, and others are not."""
    return bool(_known_costs(summaries)) and any(one.spending.unknown for one in summaries)


def _known_costs(summaries: Sequence[ProviderSummary]) -> list[float]:
    costs = (summary.spending.total_usd for summary in summaries)
    return [cost for cost in costs if cost is not None]


def case_cost(spending: Spending) -> str:
    """Return the mean cost of a case; where some costs are unknown, it ends with `+`."""
    cost = spending.per_case_usd
    return dollars(cost) + ("+" if cost is not None and spending.unknown else "")


def replays(run: RunResult) -> str:
    """Return in a sentence which answers this run did not pay, empty where it asked for all."""
    answers = [
        answer
        for cell in run.cells
        for trial in cell.trials
        for answer in trial.responses
        if answer.source in REPLAYED
    ]
    if not answers:
        return ""
    known = [answer.cost_usd for answer in answers if answer.cost_usd]
    told = f"{plural(len(answers), 'answer')} came from a recording or a cache"
    if known:
        told += f": {dollars(sum(sorted(known)))} of the cost is theirs, which this run did not pay"
    return f"{told}."


def calibration(known: Calibration | None) -> str:
    """Return how far a judge can be trusted: `κ .85 (.75 to .94) on 120 labels`, and doubts."""
    if known is None:
        return "not calibrated"
    judged = known.labels - known.undecided
    text = "κ not defined"
    if known.kappa is not None:
        text = f"κ {known.kappa:.2f}"
        if known.kappa_low is not None and known.kappa_high is not None:
            text += f" ({known.kappa_low:.2f} to {known.kappa_high:.2f})"
    text += f" on {plural(judged, 'label')}"
    return f"{text}: {', '.join(known.doubts)}" if known.doubts else text


def judging(judges: Sequence[JudgeSummary]) -> str:
    """Return what judging took in a sentence, empty where no judge was asked."""
    asked = [judge for judge in judges if judge.judges]
    if not asked:
        return ""
    paid = [judge for judge in asked if judge.calls]
    known = [judge.cost_usd for judge in paid if judge.cost_usd is not None]
    cost = dollars(sum(sorted(known))) if known else "at unknown cost"
    if known and any(judge.unknown for judge in paid):
        cost += "+"
    lacking = sorted({judge.type for judge in asked if judge.calibration is None})
    calls = plural(sum(judge.calls for judge in asked), "call")
    text = f"Judging: {calls} to {', '.join(_judge_names(asked))}, {cost}, apart from the answers."
    if lacking:
        text += f" Not calibrated: {', '.join(lacking)}."
    doubted = sorted({j.type for j in asked if j.calibration and j.calibration.doubts})
    if doubted:
        text += f" Calibrated, but not well: {', '.join(doubted)}."
    return text


def personas(summaries: Sequence[PersonaSummary]) -> str:
    """Return what simulated users said in a sentence, empty where there was none."""
    if not summaries:
        return ""
    told = [_persona(summary) for summary in summaries]
    known = [one.cost_usd for one in summaries if one.cost_usd is not None]
    cost = dollars(sum(sorted(known))) if known else "at unknown cost"
    if known and any(one.unknown for one in summaries):
        cost += "+"
    return f"Personas: {'; '.join(told)}; {cost}, apart from the answers."


def _persona(summary: PersonaSummary) -> str:
    ends = {
        "done": summary.done,
        "out of patience": summary.gave_up,
        "at its limit": summary.at_limit,
    }
    told = ", ".join(f"{count}× {end}" for end, count in ends.items() if count)
    played = f" ({', '.join(summary.models)})" if summary.models else ""
    said = f"{summary.name}{played} sent {plural(summary.messages, 'message')}"
    return f"{said}, {told}" if told else said


def _judge_names(judges: Sequence[JudgeSummary]) -> list[str]:
    return list(dict.fromkeys(name for judge in judges for name in judge.judges))


def count(value: int | None) -> str:
    """Return a count in few digits: `980`, `12.3k`, `4.56M`."""
    if value is None:
        return NONE
    if value < 10_000:
        return f"{value:,}"
    if value < 999_950:
        return f"{value / 1000:.1f}k"
    return f"{value / 1_000_000:.2f}M"


def tokens(summary: ProviderSummary) -> int | None:
    """Return input and output tokens together, or None where neither is known."""
    known = [n for n in (summary.input_tokens, summary.output_tokens) if n is not None]
    return sum(known) if known else None


def rate(estimate: Estimate | None) -> str:
    return percent(estimate.value) if estimate else NONE


def bounds(estimate: Estimate | None) -> str:
    """Return the interval of a rate in per cent, for a narrow column: `80–97`."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return NONE
    return f"{estimate.low * 100:.0f}–{estimate.high * 100:.0f}"


def rate_with_interval(estimate: Estimate | None) -> str:
    """Return a pass rate with its interval: `92 % (80 to 97 %)`."""
    return f"{percent(estimate.value)} ({interval(estimate)})" if estimate else NONE


def attacks(counted: Attacks) -> str:
    """Return the share of attacks that succeeded: `8 % (3 to 20 %), 2 of 25`."""
    if counted.success_rate is None:
        return NONE
    shown = rate_with_interval(counted.success_rate)
    return f"{shown}, {counted.succeeded:,} of {counted.judged:,}"


def points(value: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    rounded = round(value * 100)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else "±"
    return f"{sign}{abs(rounded)}"


def difference(estimate: Estimate) -> str:
    """Return a difference with its interval: `+27 points (+8 to +43)`."""
    unit = "point" if abs(round(estimate.value * 100)) == 1 else "points"
    if estimate.low is None or estimate.high is None:
        return f"{points(estimate.value)} {unit}"
    return f"{points(estimate.value)} {unit} ({points(estimate.low)} to {points(estimate.high)})"


def p_value(value: float) -> str:
    """Return a p-value: `p = .021`, `p < .001`."""
    if value < 0.001:
        return "p < .001"
    return "p = 1" if value > 0.9995 else f"p = {value:.3f}".replace("0.", ".")


def against(leader: str, provider: str, pairs: tuple[Difference, ...]) -> str:
    """Return the paired difference of a provider from the leader, in points."""
    for pair in pairs:
        if {pair.first, pair.second} != {leader, provider} or leader == provider:
            continue
        sign = 1 if pair.first == provider else -1
        low, high = pair.estimate.low, pair.estimate.high
        turned = Estimate(sign * pair.estimate.value, low, high, pair.estimate.n)
        if sign < 0 and low is not None and high is not None:
            turned = Estimate(turned.value, -high, -low, turned.n)
        return f"{difference(turned)}, {p_value(pair.p_adjusted)}"
    return NONE


def plural(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
