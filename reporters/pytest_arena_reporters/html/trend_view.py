"""The page of a run's history: figures of each column over runs, and cells that flip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pytest_arena.comparison.stats.intervals_and_tests import Estimate, wilson
from pytest_arena.results.trend import ColumnPoint, Trend
from pytest_arena_reporters import figures
from pytest_arena_reporters.html.charts import Axis
from pytest_arena_reporters.html.run_charts import Line, over_runs
from pytest_arena_reporters.html.run_page import moment
from pytest_arena_reporters.html.view import text

MOST_COLUMNS = 16

Value = Callable[[ColumnPoint], float | None]


def page(trend: Trend | None, providers: Sequence[str]) -> dict[str, Any] | None:
    """Return what the template shows, or None where fewer than two runs are known.

    Columns of this run keep its colours; those of earlier runs alone follow.
    """
    if trend is None or len(trend.runs) < 2:
        return None
    known = dict.fromkeys([*providers, *(name for run in trend.runs for name in run.columns)])
    names = [name for name in known if any(name in run.columns for run in trend.runs)]
    hues = {name: hue for hue, name in enumerate(known) if name in names[:MOST_COLUMNS]}
    charts = [
        ("Pass rate", "with its 95 % interval", _rates(trend, hues)),
        ("Latency p50", "with its 95 % interval", _latencies(trend, hues)),
        ("Cost a case", "where every price is known", _costs(trend, hues)),
    ]
    return {
        "runs": len(trend.runs),
        "columns": [(text(name, 60), hue) for name, hue in hues.items()],
        "charts": [one for one in charts if one[2] is not None],
        "rows": _rows(trend, list(hues)),
        "flips": [
            (text(cell.id, 200), cell.verdicts, f"{cell.flips} of {cell.chances}")
            for cell in trend.flips
        ],
    }


def _rates(trend: Trend, hues: dict[str, int]) -> str | None:
    def rate(point: ColumnPoint) -> Estimate | None:
        return wilson(point.passed, point.passed + point.failed)

    lines = _lines(
        trend,
        hues,
        lambda point: found.value if (found := rate(point)) else None,
        lambda point: found.low if (found := rate(point)) else None,
        lambda point: found.high if (found := rate(point)) else None,
    )
    ticks = [(share / 4, f"{25 * share} %") for share in range(5)]
    return _chart(trend, "trend-rate", "Pass rate", lines, ticks)


def _latencies(trend: Trend, hues: dict[str, int]) -> str | None:
    lines = _lines(
        trend,
        hues,
        lambda point: point.p50_ms,
        lambda point: point.p50_low_ms,
        lambda point: point.p50_high_ms,
    )
    ticks = _ticks(lines, figures.milliseconds)
    return _chart(trend, "trend-latency", "Latency p50", lines, ticks)


def _costs(trend: Trend, hues: dict[str, int]) -> str | None:
    lines = _lines(trend, hues, lambda point: point.cost_per_case_usd)
    return _chart(trend, "trend-cost", "Cost a case", lines, _ticks(lines, figures.dollars))


def _lines(trend: Trend, hues: dict[str, int], *values: Value) -> list[Line]:
    """Return a line for each column that has the figure in some run."""
    lines = []
    for name, hue in hues.items():
        points = [run.columns.get(name) for run in trend.runs]
        series = [[one(p) if p is not None else None for p in points] for one in values]
        if any(value is not None for value in series[0]):
            lines.append(Line(hue, *series))
    return lines


def _ticks(lines: Sequence[Line], unit: Callable[[float], str]) -> list[tuple[float, str]]:
    every = [value for line in lines for value in (*line.values, *line.high) if value is not None]
    if not every or not max(every):
        return []
    # two bounds alone make no logarithmic axis, which would have no zero
    steps = Axis([0.0, max(every)], 0, 1).ticks()
    step = steps[1] if len(steps) > 1 else max(every)
    marks = [step * number for number in range(len(steps) + 1)]
    return [(mark, unit(mark)) for mark in marks]


def _chart(
    trend: Trend, identity: str, title: str, lines: list[Line], ticks: list[tuple[float, str]]
) -> str | None:
    if not lines or not ticks:
        return None
    first, last = (run.started_at.partition("T")[0] for run in (trend.runs[0], trend.runs[-1]))
    return over_runs(identity, f"{title} over runs", lines, ticks, (text(first), text(last)))


def _rows(trend: Trend, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return one row for each run, the newest first: the pass rate and its cells by column."""
    rows = []
    for run in reversed(trend.runs):
        cells = []
        for name in names:
            point = run.columns.get(name)
            judged = point.passed + point.failed if point else 0
            rate = wilson(point.passed, judged) if point else None
            cells.append((figures.rate(rate), f"of {judged:,}" if rate else ""))
        rows.append(
            {
                "when": text(moment(run.started_at), 40),
                "commit": text((run.commit or "")[:12], 12),
                "cells": cells,
            }
        )
    return rows
