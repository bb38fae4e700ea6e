"""The gate's part in Python tests: which are run again to tell change from chance, and excused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_arena.gating.gatekeeper import Excuse, Gatekeeper
from pytest_arena.results.cell import Cell


class GateOfTests:
    """What the gate wants of the tests of this process.

    Nobody can ask a test's question after the run but the test itself. So it is run again at once,
    as often as its own cells ask for.
    """

    def __init__(
        self,
        gatekeeper: Gatekeeper,
        ids: Sequence[str],
        hold: Callable[[Sequence[Any]], None] | None,
    ) -> None:
        """`ids` grow while files are collected, `hold` takes reports that are not the last word."""
        self._gatekeeper = gatekeeper
        self._ids = ids
        self.hold = hold

    def wanted(self, cells: Sequence[Cell]) -> Mapping[str, int]:
        """Return how often a test is to be run again for its cells, those that need nothing left
        out."""
        asks = [ask for cell in cells for ask in self._gatekeeper.wanted_of(cell, self._ids)]
        return {ask.cell_id: ask.rounds for ask in asks}

    def excuse(self, cells: Sequence[Cell]) -> Excuse | None:
        """Return why cells that did not pass do not fail their test; None where one does, or all
        have passed."""
        found = None
        for cell in cells:
            if cell.verdict in ("passed", "skipped") or cell.is_xfailed:
                continue
            one = self._gatekeeper.excuse(cell, self._ids)
            if one is None:
                return None
            if found is None or (one.pending and not found.pending):
                found = one
        return found


def excuse(report: Any, given: Excuse) -> None:
    """Let a failed report be expected, for the gate's reason; it keeps its own story."""
    report.outcome = "skipped"
    report.wasxfail = given.reason
