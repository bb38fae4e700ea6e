"""The table of `arena validate --estimate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_arena.text.printable import printable

if TYPE_CHECKING:
    from pytest_arena.engine.estimate import RunEstimate
    from pytest_arena.loading.plans import Arena
    from pytest_arena.registry import Registry

_TITLES = ("provider", "calls", "tokens in", "out", "dollars", "at most", "minutes", "held back by")


def estimate_lines(
    arenas: Sequence[Arena], registry: Registry, *, concurrency: int, trials: int | None
) -> list[str]:
    """Return what a run would take as a table, and what it rests on."""
    from pytest_arena.engine import estimate as engine
    from pytest_arena.engine.calling.provider_state import GUESSED_OUTPUT

    rows = engine.estimate(arenas, registry, concurrency=concurrency, trials=trials)
    uncalled = _uncalled(arenas)
    if not rows:
        return ["nothing would be called", *uncalled]
    seconds = engine.total_seconds(rows, concurrency, engine.GUESSED_LATENCY_S)
    cells = [_cells(row) for row in rows]
    if len(rows) > 1:
        cells.append(_total(rows, seconds))
    lines = _table([_TITLES, *cells])
    lines += [
        "",
        f"Taken for granted: {engine.GUESSED_LATENCY_S:g} s a call, 4 characters a token, answers "
        f"of {GUESSED_OUTPUT} tokens (at most: of the length that max_tokens allows).",
        "Not counted: further attempts, embeddings, what recordings and the cache answer.",
    ]
    lines += [*uncalled, *_of_judges(rows)]
    applications = [row.provider for row in rows if row.cost_usd is None and not row.model]
    if applications:
        names = ", ".join(dict.fromkeys(applications))
        lines.append(
            f"Not known before a call: what {printable(names)} costs, which it says itself."
        )
    unknown = [
        f"{row.provider} ({row.model})" for row in rows if row.cost_usd is None and row.model
    ]
    if unknown:
        names = ", ".join(dict.fromkeys(unknown))
        lines.append(
            f"Unknown price: {printable(names)}. Set input_cost_per_million and "
            "output_cost_per_million."
        )
    return lines


def _uncalled(arenas: Sequence[Arena]) -> list[str]:
    specs = [plan.provider for arena in arenas for plan in arena.cells]
    names = dict.fromkeys(printable(spec.name) for spec in specs if spec.asks_nobody)
    return [f"Not called, since their answers are there: {', '.join(names)}."] if names else []


def _of_judges(rows: Sequence[RunEstimate]) -> list[str]:
    judges = [row for row in rows if row.judges]
    if not judges:
        return []
    line = "Judges: one call a question, without the second one after a reply that cannot be used."
    if any(row.least_calls < row.calls for row in judges):
        line += (
            " Where a range stands, the answers decide; the other figures are for the most calls."
        )
    return [line]


def _calls(least: float, most: float) -> str:
    shown = f"{most:,.0f}"
    return shown if f"{least:,.0f}" == shown else f"{least:,.0f} to {shown}"


def _cells(row: RunEstimate) -> tuple[str, ...]:
    return (
        printable(row.provider)
        + (" (judges)" if row.judges else " (plays users)" if row.plays else ""),
        _calls(row.least_calls, row.calls),
        f"{row.input_tokens:,.0f}",
        f"{row.output_tokens:,.0f}",
        _dollars(row.cost_usd),
        _dollars(row.most_cost_usd),
        _minutes(row.seconds),
        row.by_limit,
    )


def _total(rows: Sequence[RunEstimate], seconds: float) -> tuple[str, ...]:
    unknown = "+" if any(row.cost_usd is None for row in rows) else ""
    return (
        "together",
        _calls(sum(row.least_calls for row in rows), sum(row.calls for row in rows)),
        f"{sum(row.input_tokens for row in rows):,.0f}",
        f"{sum(row.output_tokens for row in rows):,.0f}",
        _dollars(sum(row.cost_usd or 0.0 for row in rows)) + unknown,
        _dollars(sum(row.most_cost_usd or 0.0 for row in rows)) + unknown,
        _minutes(seconds),
        "",
    )


def _dollars(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"${value:,.2f}" if value >= 1 or not value else f"${value:.2g}"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:,.1f}" if seconds >= 3 else "0.1"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(_TITLES))]
    last = len(_TITLES) - 1
    return [
        "  ".join(
            text.ljust(width) if place in (0, last) else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
