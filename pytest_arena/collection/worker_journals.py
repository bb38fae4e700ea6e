"""Where a worker's finished cells go at once: one shard for each worker process."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pytest_arena.errors import Problem, UserError
from pytest_arena.results.journal import Journal, is_being_written

GATHERED = ".resume.jsonl"
"""What interrupted runs finished, gathered by the run that resumes them, until one ends."""


class WorkerJournals:
    """The journals of the workers, one file each: cells that the controller does not have yet."""

    def __init__(self, report_dir: Path, run_id: str) -> None:
        self.folder = report_dir / ".shards" / run_id

    def forget_others(self) -> None:
        """Remove what interrupted runs of the same report folder left."""
        (self.folder.parent.parent / GATHERED).unlink(missing_ok=True)
        for path in self.folder.parent.glob("*/*.jsonl"):
            if path.parent != self.folder and not is_being_written(path):
                path.unlink()
                if not any(path.parent.iterdir()):
                    path.parent.rmdir()

    def of_worker(self, worker: str) -> Journal:
        return Journal(self.folder / f"{worker}-{os.getpid()}.jsonl", lock=True)

    def read(self) -> Iterator[tuple[str, str]]:
        """Give the id and line of every finished cell; a torn last line is left out."""
        for path in sorted(self.folder.glob("*.jsonl")):
            lines = path.read_bytes().split(b"\n")
            for number, raw in enumerate(lines, 1):
                if not raw:
                    continue
                try:
                    yield json.loads(raw)["id"], raw.decode()
                except (ValueError, KeyError, TypeError) as error:
                    if number < len(lines):
                        raise UserError(
                            Problem(f"{path}:{number}: not a line of a shard ({error})")
                        ) from error

    def remove(self) -> None:
        """Delete the shards, and their folder where no other run uses it."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
        if self.folder.parent.exists() and not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()
