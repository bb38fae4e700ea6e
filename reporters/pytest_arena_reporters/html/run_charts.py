"""Lines over runs as SVG: a figure of each column, from the oldest run to the newest."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from pytest_arena.light_dataclass import dataclass
from pytest_arena_reporters.html.charts import HUES, WIDTH, svg

HEIGHT = 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 12, 32


@dataclass(frozen=True, slots=True)
class Line:
    """The values of one column, None where a run did not have it; `low` and `high` bound them."""

    hue: int
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


def over_runs(
    identity: str,
    title: str,
    lines: Sequence[Line],
    ticks: Sequence[tuple[float, str]],
    ends: tuple[str, str],
) -> str:
    """Return the chart; `ticks` are values of the y axis with their texts, from 0 to the largest,
    `ends` say when the first and the last run were."""
    runs = max(len(line.values) for line in lines)
    top = max(value for value, _ in ticks) or 1.0

    def x(run: int) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * (run / (runs - 1) if runs > 1 else 0.5)

    def y(value: float) -> float:
        return _TOP + (1 - min(value / top, 1.0)) * (HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<path class="grid" d="M{_LEFT} {y(value):.1f}H{WIDTH - _RIGHT}"/>'
        f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{escape(text)}</text>'
        for value, text in ticks
    ]
    for at, text, anchor in ((_LEFT, ends[0], "start"), (WIDTH - _RIGHT, ends[1], "end")):
        parts.append(
            f'<text x="{at}" y="{HEIGHT - 8}" text-anchor="{anchor}">{escape(text)}</text>'
        )
    for line in lines:
        hue = line.hue % HUES
        for run, (low, high) in enumerate(zip(line.low, line.high, strict=True)):
            if low is not None and high is not None:
                bounds = f"M{x(run):.1f} {y(low):.1f}V{y(high):.1f}"
                parts.append(f'<path class="whisker s{hue}" d="{bounds}"/>')
        known = [(x(run), y(v)) for run, v in enumerate(line.values) if v is not None]
        path = "L".join(f"{px:.1f} {py:.1f}" for px, py in known)
        if len(known) > 1:
            parts.append(f'<path class="line s{hue}" d="M{path}"/>')
        parts += [f'<circle class="f{hue}" cx="{px:.1f}" cy="{py:.1f}" r="3"/>' for px, py in known]
    return svg(identity, "".join(parts), title, HEIGHT)
