"""Two runs side by side in Markdown."""

from __future__ import annotations

from pytest_arena.comparison.two_runs import Flip, TwoRuns
from pytest_arena_reporters import two_runs
from pytest_arena_reporters.markdown_text import LIMIT_BYTES, Page, inline

MOST_FLIPS = 20
_CLOSING = 500


def render_two_runs(runs: TwoRuns, limit: int = LIMIT_BYTES) -> str:
    """Return the comparison, at most `limit` bytes long in UTF-8; whole blocks are left out."""
    page = Page(limit)
    page.add("## What changed between two runs\n\n")
    page.add(f"- before: {inline(two_runs.side(runs.before))}\n")
    page.add(f"- after: {inline(two_runs.side(runs.after))}\n\n")
    _add_table(page, runs)
    for title, flips in two_runs.groups(runs):
        _add_flips(page, title, flips)
    for remark in two_runs.remarks(runs):
        page.add(f"{inline(remark, 600)}\n\n")
    return page.text


def _add_table(page: Page, runs: TwoRuns) -> None:
    page.add("| provider | | before | after | difference (95 %) |\n|---|---|--:|--:|---|\n")
    left_out = 0
    for change in runs.providers:
        block = "".join(
            f"| {inline(change.provider, 80)} | {row.label} | {_figure(row.before)} "
            f"| {_figure(row.after)} | {_figure(row.difference)} |\n"
            for row in two_runs.rows(change)
        )
        if left_out or not page.add(block, keep=4 * _CLOSING):
            left_out += 1
    page.add(f"\n… and {left_out:,} more providers\n\n" if left_out else "\n")


def _add_flips(page: Page, title: str, flips: list[Flip]) -> None:
    opening = f"<details>\n<summary>{title}</summary>\n\n"
    if not page.add(opening, keep=_CLOSING):
        return
    shown = 0
    for flip in flips[:MOST_FLIPS]:
        if not page.add(_flip(flip), keep=_CLOSING):
            break
        shown += 1
    if shown < len(flips):
        page.add(f"- … and {len(flips) - shown:,} more\n")
    page.add("\n</details>\n\n")


def _flip(flip: Flip) -> str:
    verdicts = f"{flip.before.verdict} {two_runs.ARROW} {flip.after.verdict}"
    reason = inline(two_runs.reason(flip), 600)
    name = f"**{inline(flip.after.case, 120)}** × {inline(flip.after.column, 80)}"
    return f"- {name}: {verdicts}" + (f"  \n  {reason}" if reason else "") + "\n"


def _figure(text: str) -> str:
    # a pair of `~`, which marks quantiles from few samples, would strike out what is between
    return text.replace("~", "\\~")
