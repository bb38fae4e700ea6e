"""The trials after a run that tell change from chance: asked in one process, for all its cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.engine.trial_checks import conclude_trial
from pytest_arena.gating.further_trials import next_index, single
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.cell import Cell
from pytest_arena.results.trial import Trial

if TYPE_CHECKING:
    from pytest_arena.comparison.baseline.update import Collected
    from pytest_arena.comparison.gate.decision import Ask
    from pytest_arena.engine.engine import Engine, Work
    from pytest_arena.gating.gatekeeper import Gatekeeper
    from pytest_arena.loading.plans import CellPlan


@dataclass(frozen=True, slots=True)
class _Asked:
    """One asking of a cell that is under way: of its old version, or of the new one."""

    ask: Ask
    old: bool
    plan: CellPlan
    work: Work


class Confirmation:
    """Asks what the gate wants to know until it is decided.

    In each round all cells are asked at once, within the limits, a pair's old version beside its
    new one. `keep` is given each cell with its further trials, so that an interrupted run can go
    on from there.
    """

    def __init__(
        self,
        gatekeeper: Gatekeeper,
        engine: Engine,
        plans: Mapping[str, CellPlan],
        root: Path,
        keep: Callable[[Cell], Cell],
    ) -> None:
        self._gatekeeper = gatekeeper
        self._engine = engine
        self._plans = plans
        self._root = root
        self._keep = keep

    def run(self, cells: Sequence[Cell], collected: Collected) -> None:
        """Ask for fresh trials of the cells until the gate wants no more, or none can be asked."""
        known = {cell.id: cell for cell in cells}
        while asks := self._gatekeeper.wanted(list(known.values()), collected):
            if self._engine.closing:
                return
            unasked = {ask.cell_id for ask in asks} - self._plans.keys()
            if unasked:
                # a Python test answers for itself: nobody else can ask again
                known = {cell_id: known[cell_id] for cell_id in known.keys() - unasked}
                continue
            for cell in self._ask(asks, known):
                known[cell.id] = self._keep(cell)
        suspects = self._gatekeeper.to_bisect(list(known.values()), collected)
        if suspects:
            from pytest_arena.gating.bisection import Bisection

            rules = self._gatekeeper.rules
            Bisection(rules, self._engine, self._plans, self._root, self._keep).run(suspects)

    def _ask(self, asks: Sequence[Ask], known: Mapping[str, Cell]) -> list[Cell]:
        asked: list[tuple[Ask, bool, CellPlan, int]] = []
        for ask in asks:
            plan, first = single(self._plans[ask.cell_id]), next_index(known[ask.cell_id])
            for index in range(first, first + ask.rounds):
                asked.append((ask, False, plan, index))
                if ask.beside_old and plan.old is not None:
                    asked.append((ask, True, single(plan.old), index))
        works = self._engine.start_again([(plan, index) for _, _, plan, index in asked])
        under_way = [
            _Asked(ask, old, plan, work)
            for (ask, old, plan, _), work in zip(asked, works, strict=True)
        ]
        done = {ask.cell_id: known[ask.cell_id] for ask in asks}
        for one in under_way:
            done[one.ask.cell_id] = self._with_trials(done[one.ask.cell_id], one)
        return list(done.values())

    def _with_trials(self, cell: Cell, one: _Asked) -> Cell:
        done = self._engine.result(one.work)
        trials = tuple(conclude_trial(one.plan, executed, self._root) for executed in done.executed)
        over_budget = done.unpaid or cell.over_budget
        held = tuple(trial for trial in trials if trial.verdict != "skipped" or trial.responses)
        return _added(replace(cell, over_budget=over_budget), one, held)


def _added(cell: Cell, one: _Asked, trials: tuple[Trial, ...]) -> Cell:
    if one.ask.for_suite and one.old:
        return replace(cell, sample_old=cell.sample_old + trials)
    if one.ask.for_suite:
        return replace(cell, sample=cell.sample + trials)
    if one.old:
        return replace(cell, confirmation_old=cell.confirmation_old + trials)
    return replace(cell, confirmation=cell.confirmation + trials)
