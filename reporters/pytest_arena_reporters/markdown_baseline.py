"""What changed since the baseline, in Markdown: counts by status, and the cells that regressed."""

from __future__ import annotations

from pytest_arena.comparison.gate.summary import SinceBaseline
from pytest_arena.results import Cell
from pytest_arena_reporters import beside_baseline, figures
from pytest_arena_reporters.failures import why
from pytest_arena_reporters.markdown_text import Page, fenced, inline

MOST_COLUMNS = 8
_CLOSING = 500
_MOST_OF_A_DIFF = 1200


def add(page: Page, found: SinceBaseline, most: int) -> None:
    """Add the counts and, folded, at most so many regressed cells, as far as there is room."""
    counts = beside_baseline.status_counts(found)
    if counts:
        page.add(f"**Against the baseline**: {inline(counts)}\n\n")
    took = beside_baseline.took(found)[:MOST_COLUMNS]
    if took:
        page.add("".join(f"- {inline(name, 80)}: {inline(words)}\n" for name, words in took) + "\n")
    if not found.regressed:
        return
    title = f"{figures.plural(len(found.regressed), 'cell')} regressed"
    if not page.add(f"<details>\n<summary>{title}</summary>\n\n", keep=_CLOSING):
        return
    shown = 0
    for cell in found.regressed[:most]:
        if not page.add(_regression(cell), keep=8 * _CLOSING):
            break
        shown += 1
    if shown < len(found.regressed):
        page.add(f"… and {len(found.regressed) - shown:,} more: see the HTML report.\n\n")
    page.add("</details>\n\n")


def _regression(cell: Cell) -> str:
    standing = cell.standing
    if standing is None:
        return ""
    changed = beside_baseline.what_changed(cell)
    lines = [
        f"**{inline(cell.case, 120)}** × {inline(cell.column, 80)}: "
        f"{beside_baseline.tallies(standing)}",
        inline("; ".join(part for part in (standing.reason, changed) if part), 600),
        inline(why(cell), 400),
    ]
    block = "  \n".join(lines) + "\n\n"
    if standing.prompt_diff:
        diff = "\n".join(standing.prompt_diff)
        block += f"{fenced(diff, _MOST_OF_A_DIFF, 'diff')}\n\n"
    return block
