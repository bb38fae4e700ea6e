"""What the controller knows of a run that goes on: what was collected, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_arena.collection.collection_report import CollectionReport
from pytest_arena.collection.green import cells_without_result
from pytest_arena.collection.node_ids import ArenaNames, file_of
from pytest_arena.collection.outcomes_of_tests import OutcomesOfTests
from pytest_arena.collection.reruns import Reruns
from pytest_arena.results.cell import Cell
from pytest_arena.results.finished_lines import FinishedLines

if TYPE_CHECKING:
    from pytest_arena.comparison.baseline.update import Collected
    from pytest_arena.gating.gatekeeper import Gatekeeper


class RunSoFar:
    """The finished cells of a run, beside what its processes told of all that there are."""

    def __init__(
        self, names: ArenaNames, gatekeeper: Gatekeeper | None, lines: FinishedLines
    ) -> None:
        self._names = names
        self._gatekeeper = gatekeeper
        self.lines = lines
        self.order: Sequence[str] = ()
        """The ids of the items that are to run, as they were collected."""
        self.facts = CollectionReport()
        """What the processes told of what they collected, as far as they have."""
        self.tests = OutcomesOfTests()
        self.reruns = Reruns()

    def hear(self, facts: CollectionReport) -> None:
        """Learn what collecting found, from one of the processes."""
        warnings = dict.fromkeys([*self.facts.warnings, *facts.warnings])
        notes = dict.fromkeys([*self.facts.notes, *facts.notes])
        self.facts = replace(facts, warnings=list(warnings), notes=list(notes))
        self.tests.learn(facts)

    def cells(self) -> tuple[Cell, ...]:
        """Return the cells that have finished, in the order of collection; those of one test as
        it came to them."""
        place = {nodeid: number for number, nodeid in enumerate(self.order)}
        cells = self.lines.cells()

        def order(cell: Cell) -> tuple[int, str]:
            known = place.get(cell.test or cell.id)
            return (len(place), cell.id) if known is None else (known, "")

        cells.sort(key=order)
        self.lines.put_in_order(cell.id for cell in cells)
        return tuple(cells)

    def has_cells(self) -> bool:
        """Return whether there are cells among what is to run."""
        return any(self._names.cell(one) is not None for one in self.order)

    def missing(self, config: pytest.Config) -> list[str]:
        """Return the cells that were to run and have no result."""
        return cells_without_result(config, self._names, self.order, self.lines)

    def ids(self) -> list[str]:
        """Return the ids of all cells of which it is known that they are all of their files': those
        of arena files, and of Python tests where all that the file has passed."""
        whole = self.tests.whole_files()
        return [*self.facts.ids, *(one for one in self.lines if file_of(one) in whole)]

    def collected(self) -> Collected:
        """Return what there is now, whether this run ran it or not."""
        from pytest_arena.comparison.baseline.update import Collected

        if self._gatekeeper is None:
            return Collected.of(self.ids())
        return self._gatekeeper.collected(self.ids())

    def options(self, cells: Sequence[Cell]) -> dict[str, Any]:
        """Return what the results say of what was collected: of each file, and of a run in parts
        where its cells stand in the whole."""
        options: dict[str, Any] = {"arenas": self.facts.arenas or self._selected()}
        part = self.tests.part(cells)
        if part is not None:
            options["python_tests"] = part
        if self.facts.shard:
            place = dict(zip(self.order, self.facts.shard["places"], strict=False))
            options["shard_deal"] = self.facts.shard["name"]
            options["shard_places"] = [place.get(cell.test or cell.id, -1) for cell in cells]
        return options

    def _selected(self) -> list[dict[str, Any]]:
        """Return how many cells each file has that are to be run, which pytest itself tells:
        interrupted workers have no last word."""
        of_file = Counter(file_of(one) for one in self.order if self._names.cell(one) is not None)
        return [{"file": file, "inventory": {"cells": cells}} for file, cells in of_file.items()]
