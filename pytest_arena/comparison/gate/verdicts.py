"""The status of a suspect after its fresh trials, and the words for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_arena.comparison.baseline.model import BaselineCell
from pytest_arena.comparison.baseline.summarize import summarize_cell
from pytest_arena.comparison.gate.cells import CellPair, GateCell
from pytest_arena.comparison.gate.decision import Decision
from pytest_arena.comparison.gate.fresh import Fresh
from pytest_arena.comparison.gate.rules import Rules
from pytest_arena.comparison.gate.screening import cell_with, rates, screened
from pytest_arena.comparison.gate.status import Status
from pytest_arena.comparison.gate.suspect import Suspect
from pytest_arena.results import Trial

_BLIND = 10
"""A cell of which so many fresh trials failed, and none passed, cannot be called green."""


def judged(pair: CellPair, decision: Decision, rules: Rules) -> GateCell:
    """Return the status of a cell, by its fresh trials where it has some."""
    by_id = {suspect.pair.cell.id: suspect for suspect in decision.suspects}
    suspect = by_id.get(pair.cell.id)
    if suspect is None:
        return _cleared(pair, decision.fresh.get(pair.cell.id), rules)
    status, reason = _found(suspect, decision, rules)
    return replace(
        cell_with(pair, rules, status, reason),
        fresh=_summary(pair, pair.cell.confirmation),
        old=_summary(pair, pair.cell.confirmation_old),
        adjusted=decision.adjusted[pair.cell.id],
        evidence=suspect.evidence,
    )


def _cleared(pair: CellPair, fresh: Fresh | None, rules: Rules) -> GateCell:
    """Return the status of a cell that is no suspect, or that further trials made none."""
    plain = screened(pair, rules)
    if fresh is None or not fresh.screening:
        return plain
    passed, asked = sum(fresh.screening), len(fresh.screening)
    reason = f"{rates(pair)}, but {passed} of {asked} further trials passed"
    return replace(
        plain, status="flaky", reason=reason, fresh=_summary(pair, pair.cell.confirmation)
    )


def _found(suspect: Suspect, decision: Decision, rules: Rules) -> tuple[Status, str]:
    pair, fresh = suspect.pair, suspect.fresh
    if fresh.asked and not fresh.new:
        return "error", f"{rates(pair)}, and none of {fresh.asked} fresh trials reached a verdict"
    if pair.way == "again":
        return _of_pairs(suspect, decision)
    if not fresh.new:
        before = pair.stored
        if not before[1]:
            return "still failing", rates(pair)
        return "suspected", f"{rates(pair)}; no fresh trials were made to confirm it"
    return _of_stored(suspect, decision, rules)


def _of_pairs(suspect: Suspect, decision: Decision) -> tuple[Status, str]:
    pair, pairs = suspect.pair, suspect.pairs
    count, old, new = len(pairs), sum(p[0] for p in pairs), sum(p[1] for p in pairs)
    if not count:
        return "suspected", f"{rates(pair)}; it was not asked again beside the old version"
    if decision.named(pair.cell.id):
        return "regressed", (
            f"The new version passed {new} of {count} fresh trials, the old one {old} of {count} "
            f"in the same minutes (evidence {suspect.evidence or 0:,.0f} to 1, "
            f"{decision.needed:,.0f} were needed)"
        )
    trials, passed = pair.stored
    if 2 * old <= count and 2 * new <= count:
        if trials and 2 * passed > trials:
            return "drifted", (
                f"fails under the old version, too: new {new} of {count}, old {old} of {count}, "
                f"{passed} of {trials} in the baseline. Not your change"
            )
        return "still failing", (
            f"fails under the old version, too: new {new} of {count}, old {old} of {count}"
        )
    run = f"{pair.now.passed} of {pair.now.judged} passed in the run; asked again: "
    said = f"{run}new {new} of {count}, old {old} of {count}"
    if 2 * new > count or new >= old:
        return "flaky", f"no change: {said}"
    return "suspected", f"{said}, which may be chance"


def _of_stored(suspect: Suspect, decision: Decision, rules: Rules) -> tuple[Status, str]:
    pair, fresh = suspect.pair, suspect.fresh
    trials, passed = pair.stored
    new, count = sum(fresh.new), len(fresh.new)
    said = f"{new} of {count} fresh trials passed, {passed} of {trials} did in the baseline"
    p_value = decision.adjusted[pair.cell.id]
    if decision.named(pair.cell.id):
        if pair.way == "unchanged":
            return "drifted", (
                f"{said} (p = {p_value:.2g}), and nothing of yours changed: the provider did"
            )
        return "regressed", f"{said} (p = {p_value:.2g})"
    if 2 * new > count:
        return "flaky", f"{rates(pair)}, but {new} of {count} fresh trials passed"
    if 2 * passed <= trials:
        return "still failing", f"{rates(pair)}; {said}"
    if new == 0 and count >= _BLIND and pair.way != "unchanged":
        return "blind", _blind(pair, count, len(decision.suspects) - 1)
    cut = "" if fresh.asked == count else f" ({fresh.asked - count} more reached no verdict)"
    return "suspected", f"{rates(pair)}; {said}{cut}, which may be chance (p = {p_value:.2g})"


def _blind(pair: CellPair, count: int, others: int) -> str:
    trials, passed = pair.stored
    beside = f"beside {others} other suspects " if others > 1 else ""
    beside = "beside another suspect " if others == 1 else beside
    of = "1 trial" if trials == 1 else f"{trials} trials"
    return (
        f"passed {passed} of {trials} in the baseline and 0 of {count} fresh trials now; {beside}a "
        f"baseline of {of} proves nothing. Let the old version be asked again "
        "(--arena-old git:main), or make the baseline with 5 trials"
    )


def _summary(pair: CellPair, trials: Sequence[Trial]) -> BaselineCell | None:
    return summarize_cell(pair.cell, trials) if trials else None
