"""What the shards asked too little about for the whole: it is said, and never green."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_arena.comparison.gate.decision import Ask
    from pytest_arena.comparison.gate.gate import Rules
    from pytest_arena.results import Cell, RunResult

_MOST_NAMED = 5
_IN_DOUBT = ("blind", "suspected")


def with_doubts(
    run: RunResult, asks: Sequence[Ask], proofs: Sequence[str], rules: Rules
) -> RunResult:
    """Return a merged run that tells what one job would have asked further (`asks`).

    `proofs` say that the suite is worse, where that is known without asking: what a shard has
    proven of its own part, and what the stored baseline proves.

    A shard asks as much as all cells of its baseline may need. One that had another baseline, or
    none, may have asked too little for the whole. What such a cell is said to be is not proven,
    and green would be a lie: it is blind.
    """
    wanted = {ask.cell_id for ask in asks if not ask.for_suite}
    doubtful = [
        cell
        for cell in run.cells
        if cell.id in wanted and cell.standing is not None and cell.standing.status in _IN_DOUBT
    ]
    notes = list(run.notes)
    unasked = [cell for cell in doubtful if not cell.confirmation]
    asked = [cell for cell in doubtful if cell.confirmation]
    if asked:
        notes.append(
            f"not decided, since the shards asked too little: {_named(asked)}; give each shard the "
            "baseline of the whole, or run these cells in one job"
        )
    if unasked:
        notes.append(
            f"not decided, since no shard asked again: {_named(unasked)}; give each shard the "
            "baseline (pytest --arena --arena-baseline REF)"
        )
    # where nothing of ours changed, what may be worse is a provider's, which fails nothing
    ours = {c.id for c in doubtful if not c.model_alone or (c.standing and c.standing.changed)}
    run = _blinded(run, ours, rules)
    if any(ask.for_suite for ask in asks):
        notes.append(
            "whether the suite as a whole is worse was not asked of its old versions, since no "
            "shard alone saw enough of it: the stored baseline decided; one job would tell better"
        )
        if proofs and run.gate is not None:
            gate = replace(run.gate, suite=proofs[0], suite_failed=True, failed=True, moved=())
            run = replace(run, gate=gate)
    return replace(run, notes=tuple(notes))


def _blinded(run: RunResult, ids: set[str], rules: Rules) -> RunResult:
    """Return a run whose cells with these ids are blind."""
    if not ids or run.gate is None:
        return run
    counts = dict(run.gate.counts)
    cells = []
    for cell in run.cells:
        if cell.id in ids and cell.standing is not None and cell.standing.status != "blind":
            counts[cell.standing.status] -= 1
            counts["blind"] = counts.get("blind", 0) + 1
            reason = f"{cell.standing.reason}; the shards asked too little to decide it"
            cell = replace(cell, standing=replace(cell.standing, status="blind", reason=reason))
        cells.append(cell)
    gate = replace(
        run.gate,
        counts={status: count for status, count in counts.items() if count},
        failed=run.gate.failed or rules.blind_fails,
    )
    return replace(run, cells=tuple(cells), gate=gate)


def _named(cells: Sequence[Cell]) -> str:
    names = ", ".join(f"{cell.case} [{cell.column}]" for cell in cells[:_MOST_NAMED])
    more = len(cells) - _MOST_NAMED
    return f"{names} and {more:,} more" if more > 0 else names
