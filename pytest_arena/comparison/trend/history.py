"""A folder with a compact line for each run (`--arena-history`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pytest_arena.errors import Location, Problem, UserError
from pytest_arena.results.journal import Journal
from pytest_arena.results.serialize import ShapeError, read, record_of, to_line
from pytest_arena.results.trend import RunPoint

HISTORY = "history.jsonl"
FORMAT = 1
_BEGINNING = b'{"kind": "history"'


class History:
    """The runs of a folder, in the order in which they ended."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / HISTORY

    def points(self) -> list[RunPoint]:
        """Return all runs; a line that cannot be read is a `UserError` that names it.

        A torn line, as a killed run leaves it, is left out.
        """
        return list(read_points(self.path)) if self.path.exists() else []

    def add(self, point: RunPoint) -> None:
        """Add a run with one system call, so that runs at once do not mix their lines."""
        line = to_line({"kind": "history", "format": FORMAT, **record_of(point)})
        journal = Journal(self.path)
        try:
            # a line that was torn off must not swallow this one
            journal.append(f"\n{line}" if _ends_torn(self.path) else line)
        finally:
            journal.close()


def is_history(path: Path) -> bool:
    """Return whether a file begins as a history does; one that cannot be read is none."""
    try:
        with path.open("rb") as file:
            return file.read(len(_BEGINNING)) == _BEGINNING
    except OSError:
        return False


def read_points(path: Path, name: str | None = None) -> Iterator[RunPoint]:
    """Give the runs of a history file; `name` is what messages call it."""
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line.strip() or _is_torn(line):
            continue
        try:
            yield read(RunPoint, line)
        except ShapeError as error:
            raise UserError(
                Problem(
                    f"not a line of a history: `{error.path}` is not as it must be",
                    Location(name or os.fspath(path), number, 1),
                    expected=error.expected,
                    fix="take the line out",
                )
            ) from None


def _ends_torn(path: Path) -> bool:
    if not path.exists() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"


def _is_torn(line: bytes) -> bool:
    return not line.rstrip().endswith(b"}")
