"""How columns do from run to run, on a terminal."""

from __future__ import annotations

from pytest_arena.comparison.stats.intervals_and_tests import wilson
from pytest_arena.results.trend import ColumnPoint, Trend
from pytest_arena_reporters import figures
from pytest_arena_reporters.terminal_text import (
    BOLD,
    DIM,
    cut_to,
    one_line,
    padded,
    styled,
    text_width,
    wrapped,
)

_TITLES = ("run", "commit", "cells", "pass rate", "95 %", "errors", "p50", "cost a case")
_LEFT = 2
"""So many columns of the table are texts; figures stand at the right."""


def render(trend: Trend, width: int, color: bool) -> list[str]:
    """Return the lines, none wider than `width` columns."""
    if len(trend.runs) < 2:
        return wrapped("A trend takes two runs or more.", width)
    lines: list[str] = []
    for name in dict.fromkeys(name for run in trend.runs for name in run.columns):
        lines += [styled(cut_to(one_line(name), width), BOLD, color)]
        lines += _table(trend, name, width, color)
        lines.append("")
    if not trend.flips:
        return [*lines, "No cell changed between passed and failed."]
    lines.append(
        styled("Cells that flip between passed and failed, the oldest run first", BOLD, color)
    )
    longest = max(len(cell.verdicts) for cell in trend.flips)
    for cell in trend.flips:
        tail = f"  {cell.verdicts:<{longest}}  {cell.flips} of {cell.chances}"
        lines.append(
            cut_to(f"  {cut_to(one_line(cell.id), max(width - len(tail) - 2, 8))}{tail}", width)
        )
    return lines


def _table(trend: Trend, name: str, width: int, color: bool) -> list[str]:
    rows = [list(_TITLES)]
    model = None
    for run in trend.runs:
        point = run.columns.get(name)
        day, _, clock = run.started_at.partition("T")
        head = [f"{day} {clock[:5]}", (run.commit or figures.NONE)[:8]]
        rows.append([*head, *(_figures(point) if point else [figures.NONE] * 6)])
        if point and point.model != model:
            if model is not None:
                rows[-1].append(f"model: {one_line(point.model or 'unknown')}")
            model = point.model
    widths = [max(text_width(row[i]) for row in rows) for i in range(len(_TITLES))]
    lines = []
    for number, row in enumerate(rows):
        parts = [
            padded(text, wide, right=place >= _LEFT)
            for place, (text, wide) in enumerate(zip(row, widths, strict=False))
        ]
        line = cut_to("  " + "  ".join([*parts, *row[len(_TITLES) :]]).rstrip(), width)
        lines.append(styled(line, DIM, color) if number == 0 else line)
    return lines


def _figures(point: ColumnPoint) -> list[str]:
    rate = wilson(point.passed, point.passed + point.failed)
    return [
        f"{point.passed + point.failed + point.error:,}",
        figures.rate(rate),
        figures.bounds(rate),
        f"{point.error:,}",
        figures.milliseconds(point.p50_ms),
        figures.dollars(point.cost_per_case_usd),
    ]
