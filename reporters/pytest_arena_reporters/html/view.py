"""What the report's static part shows, as plain texts for the template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from pytest_arena.comparison import Comparison
from pytest_arena.comparison.breakdown import Breakdown
from pytest_arena.comparison.conclusion import interval, percent
from pytest_arena.comparison.differences import Difference
from pytest_arena.comparison.gate.summary import is_regressed
from pytest_arena.comparison.summary import Counts
from pytest_arena.errors import shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, RunResult
from pytest_arena.text.printable import printable
from pytest_arena_reporters import figures, load_lines, variant_lines
from pytest_arena_reporters.failures import unpassed, why
from pytest_arena_reporters.html.charts import rate_bar

MOST_FAILURES = 12
MOST_GROUPS = 12
MOST_GROUP_CELLS = 100
MOST_PAIRS = 15


@dataclass(frozen=True, slots=True)
class RankedProvider:
    """One row of the leaderboard, as text."""

    rank: str
    provider: str
    model: str
    hue: int
    bar: str
    rate: str
    interval: str
    rating: str
    rating_interval: str
    counts: Counts
    p50: str
    p95: str
    first_token: str
    cost: str
    cost_per_passed: str
    tokens: str
    pareto: bool
    since: str
    attacks: str
    attacks_of: str
    repeats: str


def text(value: str, limit: int = 300) -> str:
    """Return foreign text as one line without control characters."""
    return shorten(" ".join(printable(value, ci=False).split()), limit)


def cell_link(cell: Cell) -> str:
    """Return the address of a cell's page, the same in every report of it."""
    return f"#cell?id={quote(_clean(cell_key(cell)), safe='')}"


def cell_key(cell: Cell) -> str:
    return f"{cell.file}::{cell.case}[{cell.column}]"


def _differing_link(first: str, second: str) -> str:
    """Return the address of the cases whose verdicts two columns do not share, side by side."""
    columns = [quote(_clean(name), safe="") for name in (first, second)]
    shown = "".join(f"&column={name}" for name in columns)
    return f"#cells?differ=verdicts{shown}&against={columns[0]}"


def leaderboard(comparison: Comparison) -> list[RankedProvider]:
    """Return the rows of the leaderboard, best first."""
    hues = {name: i for i, name in enumerate(comparison.matrix.providers)}
    summaries = {summary.provider: summary for summary in comparison.summaries}
    rows = []
    for standing in comparison.standings:
        summary = summaries[standing.provider]
        rate = summary.counts.pass_rate
        rating = comparison.ratings.get(standing.provider)
        low_high = ""
        if rating and rating.low is not None and rating.high is not None:
            low_high = f"{rating.low:.0f} to {rating.high:.0f}"
        rows.append(
            RankedProvider(
                figures.NONE if standing.rank is None else str(standing.rank),
                text(summary.provider, 80),
                text(summary.model or "", 120),
                hues[summary.provider],
                rate_bar(rate, hues[summary.provider]),
                figures.rate(rate),
                interval(rate) if rate else "no verdict",
                f"{rating.value:.0f}" if rating else figures.NONE,
                low_high,
                summary.counts,
                figures.timing(summary.latency.p50),
                figures.timing(summary.latency.p95),
                figures.timing(summary.first_token.p50),
                figures.case_cost(summary.spending),
                figures.dollars(summary.spending.per_passed_usd),
                figures.count(figures.tokens(summary)),
                standing.pareto,
                _since(comparison, summary.provider),
                figures.rate(summary.attacks.success_rate),
                f"{summary.attacks.succeeded:,} of {summary.attacks.judged:,}"
                if summary.attacks.judged
                else "",
                ", ".join(words for _, words in load_lines.repeats([summary])),
            )
        )
    return rows


def footnotes(comparison: Comparison) -> list[str]:
    """Return what a reader of the leaderboard must know of its figures."""
    notes = ["Bars show the pass rate with its 95 % interval (Wilson). Errors count in no rate."]
    if comparison.ratings:
        rating = "Ratings are Bradley-Terry strengths over pairwise case wins, 1000 on average"
        judgings = (judging for cell in comparison.run.cells for judging in cell.judgings)
        if any(judging.preferred is not None for judging in judgings):
            rating += ", by the judge where it compared two answers"
        shrunk = any(standing.shrunk for standing in comparison.standings)
        notes.append(
            rating + (", drawn towards it since one always won or lost." if shrunk else ".")
        )
    if any(s.attacks.judged for s in comparison.summaries):
        notes.append("Attacks: the share that succeeded, of those that were judged.")
    if any(s.latency.p95 and s.latency.p95.thin for s in comparison.summaries):
        notes.append("~ marks a p95 from fewer than 59 samples.")
    if figures.is_cost_partly_known(comparison.summaries):
        notes.append("+ marks a lower bound: some answers have no known price.")
    if any(s.repeats for s in comparison.summaries):
        notes.append(
            "pass@k is the chance that one of k trials passes, pass^k that all k do, on average "
            "over the prompts that were tried so often."
        )
    if any(cell.load for cell in comparison.run.cells):
        notes.append("Latencies and costs a case leave load cases out; their pages have them.")
    if replays := figures.replays(comparison.run):
        notes.append(f"{replays} Their latencies are those of the calls that were kept.")
    return notes


def failure_rows(run: RunResult) -> tuple[list[dict[str, str]], int]:
    """Return the first cells that did not pass, and how many there are in all.

    Those that regressed against a baseline are told apart, and left out here.
    """
    cells = unpassed(run)
    if run.gate is not None:
        cells = [cell for cell in cells if not is_regressed(cell)]
    return [
        {
            "case": text(cell.case, 120),
            "provider": text(cell.column, 60),
            "verdict": cell.verdict,
            "why": text(why(cell), 220),
            "link": cell_link(cell),
        }
        for cell in cells[:MOST_FAILURES]
    ], len(cells)


def pair_rows(comparison: Comparison) -> tuple[list[dict[str, str]], int]:
    """Return the paired differences, those with the leader first, and how many there are."""
    place = {standing.provider: i for i, standing in enumerate(comparison.standings)}

    def order(pair: Difference) -> tuple[int, int]:
        first, second = sorted((place[pair.first], place[pair.second]))
        return first, second

    pairs = sorted(comparison.differences, key=order)
    rows = []
    for pair in pairs[:MOST_PAIRS]:
        ahead, behind = sorted((pair.first, pair.second), key=place.__getitem__)
        rows.append(
            {
                "ahead": text(ahead, 60),
                "behind": text(behind, 60),
                "difference": figures.against(behind, ahead, (pair,)).rsplit(", ", 1)[0],
                "p": _bare(pair.p_adjusted),
                "split": f"{pair.only_first + pair.only_second:,} of {pair.estimate.n:,}",
                "link": _differing_link(ahead, behind),
                "words": f"{text(pair.better, 60)} is better"
                if pair.better
                else "no clear difference",
                "clear": "yes" if pair.better else "",
            }
        )
    return rows, len(pairs)


def variant_rows(comparison: Comparison) -> tuple[list[dict[str, str]], int]:
    """Return the differences of variants over all providers, and how many there are."""
    found = comparison.variants
    rows = [
        {
            "first": text(one.pair.first, 60),
            "second": text(one.pair.second, 60),
            "difference": figures.difference(one.pair.estimate),
            "each": text(variant_lines.by_provider(one), 300),
            "split": f"{one.pair.only_first + one.pair.only_second:,} of {one.pair.estimate.n:,}",
            "units": f"{one.units:,}",
            "p": _bare(one.pair.p_adjusted),
            "words": variant_lines.verdict(one),
            "clear": "yes" if one.pair.better else "",
        }
        for one in found[:MOST_PAIRS]
    ]
    return rows, len(found)


def group_rows(
    comparison: Comparison, groups: Sequence[Breakdown]
) -> tuple[list[dict[str, Any]], int]:
    """Return the largest groups with a cell for each provider, and how many groups there are."""
    largest = sorted(groups, key=lambda g: (-sum(c.judged for c in g.counts), g.name))
    most = max(3, min(MOST_GROUPS, MOST_GROUP_CELLS // max(1, len(comparison.matrix.providers))))
    kept = {group.name for group in largest[:most]}
    return [
        {"name": text(group.name, 60), "cells": [_group_cell(counts) for counts in group.counts]}
        for group in groups
        if group.name in kept
    ], len(groups)


def judge_rows(comparison: Comparison) -> tuple[list[dict[str, str]], int]:
    """Return what each judge took and how far it can be trusted, and how many there are."""
    rows = [
        {
            "what": text(judge.type, 60),
            "prompt": text(judge.prompt, 60),
            "judges": text(", ".join(judge.judges) or "rules", 120),
            "models": text(", ".join(judge.models), 160),
            "judgements": f"{judge.judgements:,}",
            "undecided": f"{judge.undecided:,}",
            "calls": f"{judge.calls:,}",
            "tokens": figures.count(judge.tokens),
            "cost": figures.dollars(judge.cost_usd)
            + ("+" if judge.unknown and judge.cost_usd is not None else ""),
            "calibration": text(figures.calibration(judge.calibration), 200),
        }
        for judge in comparison.judges
    ]
    return rows[:MOST_PAIRS], len(rows)


def _bare(p_value: float) -> str:
    """Return a p-value under a heading that says that it is one."""
    return figures.p_value(p_value).removeprefix("p ").removeprefix("= ")


def _since(comparison: Comparison, provider: str) -> str:
    found = comparison.since_baseline
    mean = found.by_provider.get(provider) if found else None
    return f"{figures.difference(mean)} since the baseline" if mean else ""


def _group_cell(counts: Counts) -> dict[str, str]:
    rate = counts.pass_rate
    if rate is None:
        return {"rate": figures.NONE, "of": "", "level": "none"}
    return {"rate": percent(rate.value), "of": f"of {rate.n:,}", "level": str(int(rate.value * 5))}


def _clean(value: str) -> str:
    return value.encode("utf-8", "replace").decode()
