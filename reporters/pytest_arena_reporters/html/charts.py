"""The report's charts as SVG, readable without a script and in both themes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10

from pytest_arena.comparison.stats.intervals_and_tests import Estimate
from pytest_arena.light_dataclass import dataclass
from pytest_arena.text.printable import printable

WIDTH, HEIGHT = 560, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 16, 14, 44
HUES = 8
"""How many colours there are; further series use them again, with other dashes."""


@dataclass(frozen=True, slots=True)
class Series:
    """One provider's samples for the distribution chart."""

    name: str
    hue: int
    samples: Sequence[float]


@dataclass(frozen=True, slots=True)
class Point:
    """One provider in the chart of cost against quality; `ranked` with the others or not."""

    name: str
    hue: int
    cost: float
    rate: Estimate
    ranked: bool = True


class Axis:
    """Where values lie in pixels, on a logarithmic scale if they are far apart."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        positive = [value for value in values if value > 0]
        low, high = (min(positive), max(positive)) if positive else (0.0, 1.0)
        self.log = bool(positive) and len(positive) == len(values) and high / low > 20
        if self.log:
            self._low, self._high = log10(low), log10(high)
        else:
            self._low, self._high = 0.0, high or 1.0
        if self._high - self._low < 1e-12:
            self._high = self._low + 1
        padding = (self._high - self._low) * 0.04
        self._low -= padding if self.log else 0
        self._high += padding
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        scaled = log10(value) if self.log else value
        share = (scaled - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def ticks(self) -> list[float]:
        """Return about five round values, with the numbers 1, 2 and 5."""
        if self.log:
            steps = [
                digit * 10.0**power
                for power in range(floor(self._low), ceil(self._high) + 1)
                for digit in (1, 2, 5)
            ]
            inside = [step for step in steps if self._low <= log10(step) <= self._high]
            return inside if len(inside) <= 6 else [s for s in inside if _leading(s) == 1]
        raw = (self._high - self._low) / 5
        power = 10.0 ** floor(log10(raw))
        step = next(power * digit for digit in (1, 2, 5, 10) if power * digit >= raw)
        return [step * i for i in range(floor(self._high / step) + 1)]


def distribution(series: Sequence[Series], unit: Sequence[str]) -> str:
    """Return the share of answers that came within each time, a step line a provider.

    `unit` holds the texts of the x axis' ticks, made by the caller for the values of `x_ticks`.
    """
    axis = time_axis(series)
    parts = [_frame(), *_share_grid()]
    parts += [_tick(axis.at(value), label) for value, label in zip(axis.ticks(), unit, strict=True)]
    for one in series:
        parts.append(
            f'<path class="line s{one.hue % HUES}{_dash(one.hue)}" d="{_steps(one, axis)}"/>'
        )
    return svg("chart-latency", "".join(parts), "Share of answers that came within a time")


def time_axis(series: Sequence[Series]) -> Axis:
    return Axis([s for one in series for s in one.samples], _LEFT, WIDTH - _RIGHT)


def cost_axis(points: Sequence[Point]) -> Axis:
    return Axis([point.cost for point in points], _LEFT + 8, WIDTH - _RIGHT - 8)


def cost_against_quality(points: Sequence[Point], labels: Sequence[str]) -> str:
    """Return cost a case against pass rate, with intervals, names and the Pareto front."""
    axis = cost_axis(points)
    parts = [_frame(), *_share_grid()]
    parts += [
        _tick(axis.at(value), label) for value, label in zip(axis.ticks(), labels, strict=True)
    ]
    line = " ".join(f"{axis.at(p.cost):.1f},{_y(p.rate.value):.1f}" for p in _front(points))
    if " " in line:
        parts.append(f'<polyline class="front" points="{line}"/>')
    taken: list[tuple[float, float, float]] = []
    for point in sorted(points, key=lambda p: (-p.rate.value, p.cost, p.name)):
        parts.append(_dot(point, axis.at(point.cost), taken))
    return svg("chart-cost", "".join(parts), "Cost a case against pass rate")


def rate_bar(rate: Estimate | None, hue: int) -> str:
    """Return a small bar: the 95 % interval of a pass rate as a band, the rate as a mark."""
    band = ""
    if rate is not None and rate.low is not None and rate.high is not None:
        low, width = rate.low * 120, max((rate.high - rate.low) * 120, 1)
        mark = min(max(rate.value * 120 - 1.25, 0), 117.5)
        band = (
            f'<rect class="band f{hue % HUES}" x="{low:.1f}" y="3" width="{width:.1f}" height="8"'
            f' rx="2"/><rect class="f{hue % HUES}" x="{mark:.1f}" y="0" width="2.5" height="14"'
            ' rx="1"/>'
        )
    return (
        '<svg class="bar" viewBox="0 0 120 14" preserveAspectRatio="none"'
        ' aria-hidden="true" focusable="false">'
        f'<rect class="track" x="0" y="6" width="120" height="2" rx="1"/>{band}</svg>'
    )


def svg(identity: str, body: str, title: str, height: int = HEIGHT) -> str:
    """Return a chart with its title, which is read in its place."""
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-labelledby="{identity}-title"><title id="{identity}-title">{escape(title)}</title>'
        f"{body}</svg>"
    )


def _frame() -> str:
    bottom = HEIGHT - _BOTTOM
    return f'<path class="axis" d="M{_LEFT} {bottom}H{WIDTH - _RIGHT}"/>'


def _share_grid() -> list[str]:
    return [
        f'<path class="grid" d="M{_LEFT} {_y(share):.1f}H{WIDTH - _RIGHT}"/>'
        f'<text x="{_LEFT - 8}" y="{_y(share) + 4:.1f}" text-anchor="end">'
        f"{share * 100:.0f} %</text>"
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]


def _tick(x: float, label: str) -> str:
    bottom = HEIGHT - _BOTTOM
    return (
        f'<path class="axis" d="M{x:.1f} {bottom}v4"/>'
        f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{escape(label)}</text>'
    )


def _y(share: float) -> float:
    return _TOP + (1 - share) * (HEIGHT - _BOTTOM - _TOP)


def _steps(series: Series, axis: Axis) -> str:
    ordered = sorted(series.samples)
    n = len(ordered)
    # A line of more points than the chart has pixels would only cost bytes.
    picked = range(n) if n <= 240 else sorted({round(i * (n - 1) / 239) for i in range(240)})
    path = f"M{axis.at(ordered[0]):.1f} {_y(0):.1f}"
    for i in picked:
        path += f"H{axis.at(ordered[i]):.1f}V{_y((i + 1) / n):.1f}"
    return path


def _dot(point: Point, x: float, taken: list[tuple[float, float, float]]) -> str:
    y = _y(point.rate.value)
    name = " ".join(printable(point.name).split())
    name = name if len(name) <= 28 else name[:27] + "…"
    right = x < WIDTH * 0.68
    text_x = x + 10 if right else x - 10
    width = len(name) * 6.6
    left = text_x if right else text_x - width
    text_y = y + 4
    while any(abs(text_y - ty) < 14 and left < tr and tl < left + width for tl, tr, ty in taken):
        text_y += 3
    taken.append((left, left + width, text_y))
    low = _y(point.rate.low if point.rate.low is not None else point.rate.value)
    high = _y(point.rate.high if point.rate.high is not None else point.rate.value)
    hue = point.hue % HUES
    return (
        f'<path class="whisker s{hue}" d="M{x:.1f} {low:.1f}V{high:.1f}"/>'
        f'<circle class="f{hue}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
        f'<text class="name" x="{text_x:.1f}" y="{text_y:.1f}"'
        f' text-anchor="{"start" if right else "end"}">{escape(name)}</text>'
    )


def _front(points: Sequence[Point]) -> list[Point]:
    """Return the ranked points that are better than every cheaper one, cheapest first."""
    front: list[Point] = []
    ranked = [point for point in points if point.ranked]
    for point in sorted(ranked, key=lambda p: (p.cost, -p.rate.value, p.name)):
        if not front or point.rate.value > front[-1].rate.value:
            front.append(point)
    return front


def _dash(hue: int) -> str:
    return f" d{hue // HUES % 3 + 1}" if hue >= HUES else ""


def _leading(value: float) -> int:
    return round(value / 10.0 ** floor(log10(value) + 1e-9))
