"""An interrupted run, taken up again: what it finished, and which cells of it still hold."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.collection.worker_journals import CALLS, GATHERED
from pytest_arena.engine.verdict_rules import cell_of
from pytest_arena.errors import Problem, UsageError, UserError
from pytest_arena.places import RESULTS
from pytest_arena.results.cell import CODE, MOCK, Cell
from pytest_arena.results.journal import is_being_written
from pytest_arena.results.reading import read_lines
from pytest_arena.results.run import RunInfo
from pytest_arena.results.serialize import cell_line, run_end
from pytest_arena.text.numbers import counted

if TYPE_CHECKING:
    from pytest_arena.loading.plans import CellPlan
    from pytest_arena.options import Settings


class Interrupted:
    """What interrupted runs of a report folder finished; gathered in the controller.

    It goes into a file of its own, so that a run that is interrupted again loses nothing.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._settings = settings
        self._folder = folder
        self.path = folder / GATHERED
        self._at = 0.0
        self._ended = "interrupted"
        """What kept the run from running all its cells."""
        self._record: str | None = None
        self._taken: set[str] = set()
        self._damaged: list[UserError] = []
        """The lines that could not be read, each with its place."""
        self.calls_taken = 0
        """How many calls of conversations were not made again."""
        journals = list(folder.glob(f"{CALLS}/*/*.jsonl"))
        self._left = [path for path in journals if not is_being_written(path)]
        try:
            self._learn_of_calls()
            self._cells = self._gather()
        except UserError as error:
            problem = Problem(
                f"--arena-resume: what the interrupted run left cannot be read: {error}",
                fix="run without --arena-resume",
            )
            raise UsageError(problem) from error
        if not self._at:
            # workers that are killed with their controller may take a moment more to end
            self._at = max((path.stat().st_mtime for path in journals), default=0.0)
        if self._cells:
            self._write()

    @property
    def can_be_resumed(self) -> bool:
        """Whether there are cells, of a run that recorded in the same way as this one: what is
        taken over is not recorded again."""
        return bool(self._cells) and self._is_recorded_alike

    @property
    def _is_recorded_alike(self) -> bool:
        return (self._record or "off") == self._settings.record

    def take(self, cell_id: str) -> None:
        """Count a cell that this run took over."""
        self._taken.add(cell_id)

    @property
    def taken(self) -> frozenset[str]:
        """The cells that this run took over."""
        return frozenset(self._taken)

    def line(self) -> str:
        """Return what a person should know of it."""
        if not self._damaged:
            return self._line_of_taken()
        first = self._damaged[0].problems[0]
        lost = counted(len(self._damaged), "line")
        return (
            f"{self._line_of_taken()}; {lost} of what it left could not be read, so that their "
            f"cells were run again (the first: {first.place})"
        )

    def _line_of_taken(self) -> str:
        if not self.calls_taken:
            return self._line_of_cells()
        calls = counted(self.calls_taken, "call")
        if not self._taken:
            return f"{calls} of conversations {_were(self.calls_taken)} taken from {self._run}"
        return f"{self._line_of_cells()}, and {calls} of conversations that had begun"

    @property
    def _run(self) -> str:
        at = datetime.fromtimestamp(self._at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return f"the run {self._ended} at {at}"

    def _line_of_cells(self) -> str:
        if not self._cells and not self._left:
            return "nothing to resume: no run in this folder was interrupted; every cell was run"
        run = self._run
        if not self._is_recorded_alike:
            return f"nothing taken from {run}: it had --arena-record {self._record or 'off'}"
        if not self._taken:
            return f"nothing taken from {run}: no cell of it is as it was"
        number = len(self._taken)
        return f"{counted(number, 'cell')} {_were(number)} taken from {run}"

    def _gather(self) -> dict[str, Cell]:
        found: dict[str, Cell] = {}
        journal = self._folder / RESULTS
        shards = [
            path for path in self._folder.glob(".shards/*/*.jsonl") if not is_being_written(path)
        ]
        for path in (self.path, journal, *sorted(shards, key=_age)):
            if not path.exists():
                continue
            lines = [line for _, line in read_lines(path, self._damaged)]
            if path == journal and _has_ended(lines):
                if not any(isinstance(line, Cell) and line.over_budget for line in lines):
                    continue
                self._ended = "that a budget ended"
            cells = {line.id: line for line in lines if isinstance(line, Cell)}
            found.update(cells)
            self._learn(path, lines, bool(cells))
        return found

    def _learn(self, path: Path, lines: list[Any], has_cells: bool) -> None:
        for line in lines:
            if isinstance(line, RunInfo):
                self._record = line.options.get("record", self._record)
            elif isinstance(line, dict) and line["kind"] == "resume":
                self._record, self._at = line["record"], line["at"]
        if has_cells and path != self.path:
            self._at = max(self._at, path.stat().st_mtime)

    def _learn_of_calls(self) -> None:
        for path in self._left:
            with path.open("rb") as journal:
                first = journal.readline()
            if not first.endswith(b"\n"):
                # torn as it was begun, by a kill or a full disk: no call stands behind it
                continue
            try:
                self._record = json.loads(first)["record"]
            except (ValueError, KeyError, TypeError) as error:
                raise UserError(Problem(f"{path}:1: not a line of a journal ({error})")) from error
            self._at = max(self._at, path.stat().st_mtime)

    def _write(self) -> None:
        temporary = self.path.with_name(f"{GATHERED}.{os.getpid()}")
        head = {"kind": "resume", "at": self._at, "record": self._record}
        lines = [json.dumps(head), *(cell_line(cell) for cell in self._cells.values())]
        temporary.write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="\n")
        os.replace(temporary, self.path)


class FinishedCells:
    """The cells that an interrupted run finished, in a process that runs items.

    A cell holds where its verdict was reached and nothing changed in what is asked, of whom, how
    often, and what must hold. Each is given once: a re-run of an item runs it.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self._settings = settings
        self._cells = {cell.id: cell for _, cell in read_lines(path) if isinstance(cell, Cell)}

    def holds(self, cell_id: str, plan: CellPlan) -> bool:
        """Return whether a cell need not be run again."""
        cell = self._cells.get(cell_id)
        if cell is None:
            return False
        if not self._is_as_it_was(cell, plan):
            del self._cells[cell_id]
            return False
        return True

    def take(self, cell_id: str, plan: CellPlan) -> Cell | None:
        """Return a finished cell, with what the file says of its case now."""
        if not self.holds(cell_id, plan):
            return None
        cell = self._cells.pop(cell_id)
        now = cell_of(
            plan,
            cell_id,
            cell.verdict,
            trials=cell.trials,
            assertions=cell.assertions,
            trials_not_run=cell.trials_not_run,
            load=cell.load,
        )
        if now.old_version != cell.old_version:
            return now
        # what told change from chance so far, beside the same old version
        return replace(
            now,
            confirmation=cell.confirmation,
            confirmation_old=cell.confirmation_old,
            sample=cell.sample,
            sample_old=cell.sample_old,
            hunks=cell.hunks,
            hunks_old=cell.hunks_old,
        )

    def take_test(self, test: str, code: str, trials: int) -> list[Cell]:
        """Return the finished cells of a Python test that has so many trials: all that it has, or
        none, where one of them is not as it was or the code is not."""
        cells = [cell for cell in self._cells.values() if cell.test == test]
        for cell in cells:
            del self._cells[cell.id]
        whole = f"{code}/{len(cells)}"
        if any(cell.hashes.get(CODE) != whole for cell in cells):
            return []
        return cells if all(self._is_whole(cell, trials) for cell in cells) else []

    def _is_as_it_was(self, cell: Cell, plan: CellPlan) -> bool:
        sources = {trial.source for trial in cell.trials} - {None}
        unasked = () if "mock" in sources else (MOCK,)
        if _without(cell.hashes, unasked) != _without(plan.hashes, unasked):
            return False
        if self._settings.mock != (sources == {"mock"}) and plan.provider.provider != "mock":
            return False
        trials = (self._settings.trials or plan.case.trials) * len(plan.case.dialogues)
        return self._is_whole(cell, None if plan.case.load is not None else trials)

    def _is_whole(self, cell: Cell, trials: int | None) -> bool:
        """Return whether a cell's verdict was reached by so many trials, whatever the number where
        there is none, and may be taken over."""
        if cell.verdict not in ("passed", "failed") or cell.over_budget:
            # an error may pass, and what was skipped costs nothing
            return False
        sources = {trial.source for trial in cell.trials}
        if "recording" in sources and not self._settings.records:
            return False
        if trials is None:
            return True
        return len(cell.trials) + cell.trials_not_run == trials and not (
            cell.trials_not_run and self._settings.every_trial_counts
        )


def _without(hashes: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: hashed for name, hashed in hashes.items() if name not in names}


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _has_ended(lines: list[Any]) -> bool:
    return any(isinstance(line, run_end()) and not line.interrupted for line in lines)


def _age(path: Path) -> tuple[float, str]:
    return path.stat().st_mtime, path.name
