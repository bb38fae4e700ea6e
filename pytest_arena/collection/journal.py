"""Where a worker's finished cells go at once: one shard for each worker process."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pytest_arena.errors import Problem, UserError
from pytest_arena.results.journal import Journal


class Shards:
    """Keep what workers finish until the controller has it: one file a worker process."""

    def __init__(self, report_dir: Path, run_id: str) -> None:
        self.folder = report_dir / ".shards" / run_id

    def of_worker(self, worker: str) -> Journal:
        return Journal(self.folder / f"{worker}-{os.getpid()}.jsonl")

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
