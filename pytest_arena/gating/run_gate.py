"""What a run without pytest is held against: its baseline, its file's limits, and its exit code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import UsageError
from pytest_arena.gating.gatekeeper import Gatekeeper, rules_of
from pytest_arena.results.cell import Cell
from pytest_arena.results.run import RunResult

if TYPE_CHECKING:
    from pytest_arena.engine.engine import Engine
    from pytest_arena.loading.plans import Arena, CellPlan
    from pytest_arena.options import Settings
    from pytest_arena.registry import Registry


class RunGate:
    """The gate of a run that has all its cells in one process, with no items to excuse.

    `ids` are those of all cells of the file, the ones that are left out included.
    """

    def __init__(
        self, settings: Settings, root: Path, registry: Registry, ids: Sequence[str]
    ) -> None:
        self._settings = settings
        self._root = root
        self._ids = ids
        self._keeper = (
            Gatekeeper(settings, root, registry, Path.cwd()) if settings.has_gate else None
        )

    @property
    def notes(self) -> list[str]:
        """What there is to say of the comparison beside its verdicts."""
        return [] if self._keeper is None else self._keeper.notes

    def with_baseline(self, arena: Arena) -> Arena:
        """Return an arena whose cells know what the baseline has of them."""
        return arena if self._keeper is None else self._keeper.with_baseline(arena)

    def confirm(
        self,
        cells: Sequence[Cell],
        plans: Mapping[str, CellPlan],
        engine: Engine,
        keep: Callable[[Cell], Cell],
    ) -> None:
        """Ask again for cells that look worse than the baseline, until the gate has decided."""
        if self._keeper is None or self._keeper.baseline is None:
            return
        from pytest_arena.gating.confirmation import Confirmation

        collected = self._keeper.collected(self._ids)
        Confirmation(self._keeper, engine, plans, self._root, keep).run(cells, collected)

    def judged(self, run: RunResult, facts: Mapping[str, Any]) -> RunResult:
        """Return the run with what its baseline and the file's limits say of it."""
        collected = None
        if self._keeper is not None:
            collected = self._keeper.collected(self._ids)
            run = self._keeper.conclude(run, collected)
        if not facts["gates"]:
            return run
        from pytest_arena.comparison.gate.apply import with_limits

        own = self._keeper.baseline if self._keeper is not None else None
        rules = rules_of(self._settings)
        return with_limits(
            run, [facts], own=own, rules=rules, folder=self._root, collected=collected
        )

    def update(self, run: RunResult) -> tuple[list[str], bool]:
        """Write the baseline anew if the run is to do that.

        Returns what to say of it, and whether nothing stood against it.
        """
        if self._keeper is None or not self._settings.update_baseline:
            return [], True
        try:
            return self._keeper.update(run, self._keeper.collected(self._ids)), True
        except UsageError as error:
            return [str(error)], False

    def exit_code(self, run: RunResult) -> int:
        """Return the exit code that pytest would have."""
        if not run.cells:
            return 5
        failed = any(
            self._fails(cell)
            for cell in run.cells
            if cell.verdict in ("failed", "error") and not cell.is_xfailed
        )
        if failed or run.failed_as_a_whole(self._settings.fail_on):
            return 1
        return 0 if run.has_verdict else 5

    def _fails(self, cell: Cell) -> bool:
        """Whether a cell without a pass fails the run: the gate may excuse it."""
        if self._keeper is None:
            return True
        excuse = self._keeper.excuse(cell, self._ids)
        if excuse is None:
            return True
        standing = cell.standing.status if cell.standing is not None else None
        return excuse.pending and standing in self._keeper.fatal
