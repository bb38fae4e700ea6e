"""Which of several changes made a cell worse: each alone, beside the old version."""

from __future__ import annotations

from pytest_arena.comparison.gate.fresh import Pair, pairs_in
from pytest_arena.comparison.gate.rules import CLEARED, Rules
from pytest_arena.comparison.gate.suspect import pairs_wanted
from pytest_arena.comparison.stats.pair_evidence import pair_evidence
from pytest_arena.results import Cell
from pytest_arena.results.cell import HunkTrials

_IN_VAIN = 10


def rounds_wanted(cell: Cell, hunk: HunkTrials, rules: Rules) -> int:
    """Return how often a change alone must be asked next, beside the old version; 0 where done."""
    pairs = _pairs(cell, hunk)
    most = 2 * rules.most_pairs
    if len(hunk.trials) >= most or (len(hunk.trials) >= _IN_VAIN and not pairs):
        # errors took the place of verdicts: further calls are no better
        return 0
    return pairs_wanted(pairs, rules, len(cell.hunks))


def culprit(cell: Cell, rules: Rules) -> str:
    """Return which change makes a cell worse by itself, as a sentence; empty if none was sought.

    What was not asked to the end, since a budget is spent or answers failed, is said.
    """
    if not cell.hunks:
        return ""
    needed = len(cell.hunks) / rules.half
    found = [(hunk, _pairs(cell, hunk)) for hunk in cell.hunks]
    guilty = [_said(hunk, pairs) for hunk, pairs in found if _evidence(pairs) >= needed]
    open_ = [pairs for _, pairs in found if CLEARED <= _evidence(pairs) < needed]
    cut = any(len(pairs) < rules.most_pairs for pairs in open_)
    why = cell.over_budget or "too many answers failed"
    if guilty:
        what = "What did it" if len(guilty) == 1 else "Each of these does it alone"
        rest = f"; of {len(open_)} more it could not be told" if open_ else ""
        return f"{what}: {'; '.join(guilty)}{rest}{f' ({why})' if cut else ''}"
    if not open_:
        return f"None of the {len(found)} changes does it alone"
    which = f"Which of the {len(found)} changes does it alone"
    if cut:
        return f"{which} was not asked to the end ({why})"
    return f"{which} could not be told from chance"


def _said(hunk: HunkTrials, pairs: tuple[Pair, ...]) -> str:
    old, new = sum(old for old, _ in pairs), sum(new for _, new in pairs)
    count = len(pairs)
    return f"{hunk.name} (passed {new} of {count} with it alone, {old} of {count} without)"


def _pairs(cell: Cell, hunk: HunkTrials) -> tuple[Pair, ...]:
    return pairs_in(cell, cell.hunks_old, hunk.trials)


def _evidence(pairs: tuple[Pair, ...]) -> float:
    return pair_evidence(len(pairs), sum(old for old, _ in pairs), sum(new for _, new in pairs))
