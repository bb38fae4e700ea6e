"""The charts of a comparison: latencies of each provider, and cost against quality."""

from __future__ import annotations

from pytest_arena.comparison import Comparison
from pytest_arena.comparison.summary import latencies_of, without_loads
from pytest_arena_reporters.html import charts
from pytest_arena_reporters.html.view import text

MOST_PROVIDERS = 24


def latency_chart(comparison: Comparison) -> str | None:
    """Return the chart of latencies, or None where nothing was timed."""
    series = []
    for hue, name in enumerate(comparison.matrix.providers[:MOST_PROVIDERS]):
        cells = [cell for row in comparison.matrix.rows if (cell := row.cells[hue])]
        times = [time for cell in without_loads(cells) for time in latencies_of(cell)]
        if times:
            series.append(charts.Series(name, hue, times))
    if not series:
        return None
    ticks = charts.time_axis(series).ticks()
    return charts.distribution(series, [_short_time(tick) for tick in ticks])


def timed_providers(comparison: Comparison) -> list[tuple[str, int]]:
    """Return the names and hues of the providers in the chart of latencies."""
    timed = {summary.provider for summary in comparison.summaries if summary.latency.n}
    names = comparison.matrix.providers[:MOST_PROVIDERS]
    return [(text(name, 60), hue) for hue, name in enumerate(names) if name in timed]


def cost_chart(comparison: Comparison) -> str | None:
    """Return the chart of cost against quality; None where fewer than two prices are known."""
    hues = {name: i for i, name in enumerate(comparison.matrix.providers)}
    ranked = {standing.provider for standing in comparison.standings if standing.rank is not None}
    points = []
    for summary in comparison.summaries[:MOST_PROVIDERS]:
        rate, cost = summary.counts.pass_rate, summary.spending.per_case_usd
        if rate and cost is not None:
            name = summary.provider
            points.append(charts.Point(name, hues[name], cost, rate, name in ranked))
    if len(points) < 2 or not any(point.cost for point in points):
        return None
    ticks = charts.cost_axis(points).ticks()
    return charts.cost_against_quality(points, [_short_price(tick) for tick in ticks])


def _short_time(value: float) -> str:
    return f"{value / 1000:g} s" if value >= 1000 else f"{value:g} ms"


def _short_price(value: float) -> str:
    return "$0" if not value else f"${value:.9f}".rstrip("0").rstrip(".")
