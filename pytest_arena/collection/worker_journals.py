"""Where a worker's finished cells go at once, and the calls of those that are not finished: files
of one process each."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.collection.run_folders import shards_of
from pytest_arena.results.journal import Journal, is_being_written

if TYPE_CHECKING:
    from pytest_arena.options import Settings
    from pytest_arena.recording.call_journal import CallJournal

_ID = re.compile(rb'\{"kind": "cell", "id": ?("(?:[^"\\]|\\.)*")')
"""How a line begins, so that one of a long answer need not be read for its id."""
_LOOKS = 20 if os.name == "nt" else 1
_LOOK_S = 0.1
CALLS = ".calls"
"""The folder with the calls of conversations."""
_STOP = "unstored"
"""The file that is there when the controller cannot store what workers finish."""
GATHERED = ".resume.jsonl"
"""What interrupted runs finished, gathered by the run that resumes them, until one ends."""


class WorkerJournals:
    """The journals of the workers, one file each: cells that the controller does not have yet."""

    def __init__(self, report_dir: Path, run_id: str) -> None:
        self.folder = shards_of(report_dir, run_id)
        self._calls = report_dir / CALLS / run_id

    def forget_others(self) -> None:
        """Remove what interrupted runs of the same report folder left."""
        (self.folder.parent.parent / GATHERED).unlink(missing_ok=True)
        _forget_others(self.folder)

    def forget_other_calls(self) -> None:
        """Remove the calls that interrupted runs left."""
        _forget_others(self._calls)

    def calls(self, worker: str, settings: Settings, clean: Callable[[str], str]) -> CallJournal:
        """Return what keeps the calls of a process."""
        from pytest_arena.recording.call_journal import CallJournal

        return CallJournal(
            self._calls,
            f"{worker}-{os.getpid()}.jsonl",
            record=settings.record,
            resume=settings.resume,
            clean=clean,
        )

    def of_worker(self, worker: str) -> Journal:
        return Journal(self.folder / f"{worker}-{os.getpid()}.jsonl", lock=True)

    def stop(self) -> None:
        """Have the workers run no further cell."""
        # where not even this can be written, they end with what they were dealt
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / _STOP).touch()

    @property
    def stopped(self) -> bool:
        """Whether the controller has workers run no further cell."""
        return (self.folder / _STOP).exists()

    def read(self, known: Container[str] = ()) -> Iterator[tuple[str, str]]:
        """Give the id and line of every finished cell that is not `known`; a line that cannot be
        read, which is torn or damaged, is left out: its cell is in its report, too, or is run
        again."""
        for path in sorted(self.folder.glob("*.jsonl")):
            with path.open("rb") as stream:
                for raw in stream:
                    with suppress(ValueError, KeyError, TypeError):
                        if (begin := _ID.match(raw)) and json.loads(begin[1]) in known:
                            continue
                        cell_id = json.loads(raw)["id"]
                        if cell_id not in known:
                            yield cell_id, raw.decode().removesuffix("\n")

    def remove(self) -> None:
        """Delete the shards, and their folder where no other run uses it."""
        _remove(self.folder)

    def remove_calls(self) -> None:
        """Delete the calls of this run, which has ended, and of those that it took up."""
        self.forget_other_calls()
        _remove(self._calls)


def _forget_others(folder: Path) -> None:
    for path in folder.parent.glob("*/*.jsonl"):
        if path.parent != folder and not is_being_written(path):
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()


def _remove_tree(folder: Path) -> None:
    for left in reversed(range(_LOOKS)):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            return
        except PermissionError:
            # on Windows, a worker that is about to end has its files open still
            if not left:
                raise
            time.sleep(_LOOK_S)
        else:
            return


def _remove(folder: Path) -> None:
    _remove_tree(folder)
    if folder.parent.exists() and not any(folder.parent.iterdir()):
        folder.parent.rmdir()
