"""What the page shows of a comparison with a baseline, as plain texts for the template."""

from __future__ import annotations

from urllib.parse import quote

from pytest_arena.comparison.gate.summary import SinceBaseline
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, GateFinding
from pytest_arena_reporters import beside_baseline
from pytest_arena_reporters.failures import why
from pytest_arena_reporters.html.view import cell_link, text

MOST_REGRESSIONS = 12
UNFOLDED = 3
MOST_REMOVED = 20
MOST_DIFF_LINES = 12
_COLORS = {
    "regressed": "v-f",
    "error": "v-e",
    "blind": "v-e",
    "suspected": "v-e",
    "drifted": "v-e",
    "fixed": "v-p",
}
_DIFF_MARKS = {"+": "ins", "-": "del"}


@dataclass(frozen=True, slots=True)
class Regression:
    """One regressed cell, as text; `diff` has the tag and the text of each line."""

    case: str
    provider: str
    link: str
    tallies: str
    reason: str
    why: str
    changed: str
    diff: list[tuple[str, str]]
    lines_left_out: int


def status_rows(found: SinceBaseline) -> list[dict[str, str]]:
    """Return the cells by status, each with the address of their list where there is one."""
    return [
        {
            "words": f"{beside_baseline.status_name(text(status, 40), count)}",
            "count": f"{count:,}",
            "color": _COLORS.get(status, ""),
            "link": "" if status == "removed" else f"#cells?since={quote(_clean(status), safe='')}",
        }
        for status, count in found.counts
    ]


def regression_rows(found: SinceBaseline) -> list[Regression]:
    """Return the first regressed cells."""
    return [
        _regression(cell, cell.standing)
        for cell in found.regressed[:MOST_REGRESSIONS]
        if cell.standing
    ]


def removed_rows(found: SinceBaseline) -> list[str]:
    return [text(cell, 160) for cell in found.removed[:MOST_REMOVED]]


def _regression(cell: Cell, standing: GateFinding) -> Regression:
    # the first two lines of a unified diff only name its sides
    lines = [line for line in standing.prompt_diff if not line.startswith(("--- ", "+++ ", "@@"))]
    return Regression(
        text(cell.case, 120),
        text(cell.column, 60),
        cell_link(cell),
        beside_baseline.tallies(standing),
        text(standing.reason, 300),
        text(why(cell), 220),
        text(beside_baseline.what_changed(cell)),
        [
            (_DIFF_MARKS.get(line[:1], "span"), text(line, 240) or " ")
            for line in lines[:MOST_DIFF_LINES]
        ],
        max(0, len(lines) - MOST_DIFF_LINES),
    )


def _clean(value: str) -> str:
    return value.encode("utf-8", "replace").decode()
