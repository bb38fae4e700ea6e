"""Families of cases, as `cluster:` names them: whether a fall is theirs, or the suite's."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_arena.comparison.gate.cells import CellPair
from pytest_arena.comparison.stats.stratified import Stratum, stratified_worse
from pytest_arena.results.run import FamilyShift

Family = tuple[str, str]
"""A family's file and name."""


def stratum_of(pair: CellPair) -> Stratum:
    """Return what is counted of a cell: trials and passes before, trials and passes now."""
    return (*pair.stored, pair.now.judged, pair.now.passed)


def clusters_of(pairs: Sequence[CellPair]) -> list[list[CellPair]]:
    """Return the cells by family; one without a family is a cluster of its own."""
    found: dict[Family | str, list[CellPair]] = {}
    for pair in pairs:
        found.setdefault(_family(pair) or pair.cell.id, []).append(pair)
    return list(found.values())


def fallen_together(pairs: Sequence[CellPair], level: float) -> tuple[FamilyShift, ...]:
    """Return the families that fell beyond chance and in most of their cells.

    The level is shared among the families. A family of which one cell broke did not shift.
    """
    known = [pair for pair in pairs if pair.stored[0] and _family(pair)]
    families = [own for own in clusters_of(known) if len(own) > 1]
    found = []
    for own in families:
        p_value = stratified_worse([stratum_of(pair) for pair in own])
        fell = sum(pair.drop > 0 for pair in own)
        if p_value <= level / len(families) and fell > 1 and 2 * fell > len(own):
            drop = max(0.0, float(sum(pair.drop for pair in own) / len(own)))
            file, name = own[0].key[0], own[0].cell.cluster or ""
            found.append(FamilyShift(file, name, len(own), fell, drop, p_value))
    return tuple(sorted(found, key=lambda shift: (shift.file, shift.name)))


def _family(pair: CellPair) -> Family | None:
    cluster = pair.cell.cluster
    return (pair.key[0], cluster) if cluster is not None else None
