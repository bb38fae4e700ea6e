"""A folder with a compact line for each run (`--arena-history`)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
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
        """Return all runs; a line that cannot be read is a `UserError` that names it, and so is a
        file that does not begin as a history, which nobody would take for one.

        A torn line, as a killed run leaves it, is left out.
        """
        if not self.path.exists():
            return []
        if not _BEGINNING.startswith(_beginning(self.path)):
            raise UserError(
                Problem(
                    "not a history",
                    Location(os.fspath(self.path), 1, 1),
                    expected=f"lines that begin with {_BEGINNING.decode()}",
                    fix="move the file away, or name another folder",
                )
            )
        return list(read_points(self.path))

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
    if not path.is_file():
        # a pipe may never say anything
        return False
    try:
        return _beginning(path) == _BEGINNING
    except OSError:
        return False


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_BEGINNING))


def read_points(path: Path, name: str | None = None) -> Iterator[RunPoint]:
    """Give the runs of a history file; `name` is what messages call it."""
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line.strip() or _is_torn(line):
            continue
        try:
            yield read(RunPoint, line)
        except ShapeError as error:
            place = Location(name or os.fspath(path), number, 1)
            raise UserError(_problem(line, error, place)) from None


def _problem(line: bytes, error: ShapeError, place: Location) -> Problem:
    """Return what is wrong with a line that is none of this format."""
    with suppress(ValueError, AttributeError):
        written = json.loads(line).get("format", FORMAT)
        if written != FORMAT:
            return Problem(
                f"a line of a history in another format: {written}",
                place,
                expected=f"format {FORMAT}",
                fix="use the pytest-arena that wrote it, or name another folder",
            )
    return Problem(
        f"not a line of a history: `{error.path}` is not as it must be",
        place,
        expected=error.expected,
        fix="take the line out",
    )


def _ends_torn(path: Path) -> bool:
    if not path.exists() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"


def _is_torn(line: bytes) -> bool:
    return not line.rstrip().endswith(b"}")
