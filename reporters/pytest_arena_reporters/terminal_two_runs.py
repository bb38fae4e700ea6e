"""Two runs side by side on a terminal."""

from __future__ import annotations

from pytest_arena.comparison.two_runs import Flip, ProviderChange, TwoRuns
from pytest_arena_reporters import two_runs
from pytest_arena_reporters.terminal_text import (
    BOLD,
    DIM,
    GREEN,
    RED,
    YELLOW,
    cut_to,
    one_line,
    padded,
    styled,
    text_width,
    wrapped,
)

MOST_FLIPS = 20
_COLORS = {"worse": RED, "better": GREEN, "error": YELLOW, "other": DIM}


def render(runs: TwoRuns, width: int, color: bool) -> list[str]:
    """Return the lines, none wider than `width` columns."""
    lines = wrapped(f"before: {two_runs.side(runs.before)}", width)
    lines += wrapped(f"after:  {two_runs.side(runs.after)}", width)
    for change in runs.providers:
        lines += ["", *_provider(change, width, color)]
    for title, flips in two_runs.groups(runs):
        style = _COLORS[flips[0].change]
        lines += ["", styled(title, style, color)]
        for flip in flips[:MOST_FLIPS]:
            lines += _flip(flip, width, color)
        if len(flips) > MOST_FLIPS:
            lines.append(f"  … and {len(flips) - MOST_FLIPS:,} more")
    remarks = two_runs.remarks(runs)
    if remarks:
        lines.append("")
    for remark in remarks:
        lines += wrapped(remark, width)
    return lines


def _provider(change: ProviderChange, width: int, color: bool) -> list[str]:
    rows = two_runs.rows(change)
    lines = [styled(cut_to(one_line(change.provider), width), BOLD, color)]
    label, before, after = (
        max((text_width(text) for text in texts), default=0)
        for texts in (
            [row.label for row in rows],
            [row.before for row in rows],
            [row.after for row in rows],
        )
    )
    for row in rows:
        line = (
            f"  {padded(row.label, label)}  {padded(row.before, before, right=True)}"
            f" {two_runs.ARROW} {padded(row.after, after)}  {row.difference}"
        )
        lines.append(cut_to(line.rstrip(), width))
    return lines


def _flip(flip: Flip, width: int, color: bool) -> list[str]:
    verdicts = f"{flip.before.verdict} {two_runs.ARROW} {flip.after.verdict}"
    name = one_line(f"{flip.after.case} [{flip.after.column}]")
    lines = [cut_to(f"  {name}: {verdicts}", width)]
    reason = one_line(two_runs.reason(flip))
    if reason:
        lines.append(styled(cut_to(f"    {reason}", width), DIM, color))
    return lines
