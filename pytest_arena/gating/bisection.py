"""The trials that tell which of several changes made a cell worse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.comparison.gate.bisect import rounds_wanted
from pytest_arena.engine.trial_checks import conclude_trial
from pytest_arena.gating.further_trials import next_index, single
from pytest_arena.gating.hunks import Hunk, hunks_of
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.cell import Cell, HunkTrials
from pytest_arena.results.trial import Trial

if TYPE_CHECKING:
    from pytest_arena.comparison.gate.rules import Rules
    from pytest_arena.engine.engine import Engine, Work
    from pytest_arena.loading.plans import CellPlan


@dataclass(frozen=True, slots=True)
class _Asked:
    """One asking that is under way: of one change alone, or (None) of the old version."""

    cell_id: str
    hunk: str | None
    plan: CellPlan
    work: Work


class Bisection:
    """Asks regressed cells with each change alone, in turns with the old version.

    All cells are asked at once, within the limits, until each change is cleared, convicted, or was
    asked as often as a suspect is at most.
    """

    def __init__(
        self,
        rules: Rules,
        engine: Engine,
        plans: Mapping[str, CellPlan],
        root: Path,
        keep: Callable[[Cell], Cell],
    ) -> None:
        self._rules = rules
        self._engine = engine
        self._plans = plans
        self._root = root
        self._keep = keep

    def run(self, cells: Sequence[Cell]) -> None:
        """Ask for the cells' changes; a cell with a single one is explained by it already."""
        hunks = {cell.id: hunks_of(self._plans[cell.id]) for cell in cells}
        known = {cell.id: _begun(cell, hunks[cell.id]) for cell in cells if len(hunks[cell.id]) > 1}
        for cell in known.values():
            if cell.over_budget:
                # with nothing asked, it is said of each change
                self._keep(cell)
        while not self._engine.closing:
            asked = [one for cell in known.values() for one in self._wanted(cell, hunks[cell.id])]
            if not asked:
                return
            works = self._engine.start_again([(plan, index) for _, _, plan, index in asked])
            done = [
                _Asked(cell_id, hunk, plan, work)
                for (cell_id, hunk, plan, _), work in zip(asked, works, strict=True)
            ]
            for cell_id in dict.fromkeys(one.cell_id for one in done):
                cell = known[cell_id]
                for one in done:
                    cell = self._with_trials(cell, one) if one.cell_id == cell_id else cell
                known[cell_id] = self._keep(cell)

    def _wanted(
        self, cell: Cell, hunks: Sequence[Hunk]
    ) -> list[tuple[str, str | None, CellPlan, int]]:
        old = self._plans[cell.id].old
        if old is None or cell.over_budget:
            return []
        prompts = len(old.case.dialogues)
        by_name = {hunk.name: hunk.plan for hunk in hunks}
        rounds = {
            hunk.name: -(-rounds_wanted(cell, hunk, self._rules) // prompts) for hunk in cell.hunks
        }
        found: list[tuple[str, str | None, CellPlan, int]] = []
        first = next_index(cell)
        for turn in range(max(rounds.values())):
            index = first + turn
            found.append((cell.id, None, single(old), index))
            for name, count in rounds.items():
                if turn < count:
                    found.append((cell.id, name, single(by_name[name]), index))
        return found

    def _with_trials(self, cell: Cell, one: _Asked) -> Cell:
        done = self._engine.result(one.work)
        trials = tuple(conclude_trial(one.plan, executed, self._root) for executed in done.executed)
        held = tuple(trial for trial in trials if trial.verdict != "skipped" or trial.responses)
        cell = replace(cell, over_budget=done.unpaid or cell.over_budget)
        if one.hunk is None:
            return replace(cell, hunks_old=cell.hunks_old + held)
        return replace(cell, hunks=tuple(_added(hunk, one.hunk, held) for hunk in cell.hunks))


def _added(hunk: HunkTrials, name: str, trials: tuple[Trial, ...]) -> HunkTrials:
    return replace(hunk, trials=hunk.trials + trials) if hunk.name == name else hunk


def _begun(cell: Cell, hunks: Sequence[Hunk]) -> Cell:
    """Return a cell with a place for each change; those of an interrupted run are kept."""
    if [hunk.name for hunk in cell.hunks] == [hunk.name for hunk in hunks]:
        return cell
    return replace(cell, hunks=tuple(HunkTrials(hunk.name) for hunk in hunks), hunks_old=())
