"""The folder of a run's results and reports: who may write there, and what becomes of old ones."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from pytest_arena.errors import Problem, UsageError
from pytest_arena.places import PREVIOUS, RESULTS, try_to_write, unwritable
from pytest_arena.running.file_locks import FolderLock
from pytest_arena.text.shown_path import shown_path

_IGNORED = ".gitignore"
_REPORTS = ".reports"
"""The names of the reports that the run of the folder wrote, one in a line."""
_CELL_ID = re.compile(rb'\{"kind": ?"cell", ?"id": ?"((?:[^"\\]|\\.)*)"')
_HALF_WRITTEN = re.compile(r"\.(?:results|resume)\.jsonl\.\d+|\..+\.\d+\.tmp")
_END = re.compile(rb'\{"kind": ?"end",')
_OVER_BUDGET = b'"over_budget":"'
"""Stands in the line of a cell that a budget cut short, and within no text there."""


class ReportFolder:
    """The folder while one run holds it: no other run writes there, no older report stays there.

    The last whole run is moved to `previous/` when a run begins, and goes when one has ended that
    ran all its cells. So neither a run of a part (`-k`, `--lf`, Ctrl-C) nor a killed one costs it.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self._root = root
        self._lock = FolderLock(path)

    def claim(self) -> None:
        """Make the folder and keep other runs out of it.

        One that is held by another run, or in which no results can be written, is a `UsageError`
        before any call is made.
        """
        if self._lock.held:
            return
        results = self.path / RESULTS
        try:
            self._make()
            try_to_write(results)
        except OSError as error:
            path = results if self.path.is_dir() else self.path
            fix = "put it right, or name another folder: --arena-report-dir DIR"
            raise UsageError(unwritable(path, error, fix)) from None
        if not self._lock.try_acquire():
            raise UsageError(
                Problem(
                    f"another run is writing to {shown_path(self.path)}",
                    expected="one run at a time in a folder for reports",
                    fix="wait until it ends, or name another folder: --arena-report-dir DIR",
                )
            )

    def _make(self) -> None:
        if self.path.exists():
            return
        self.path.mkdir(parents=True)
        # a folder that was there is somebody's own, to commit or not
        text = "# Made by pytest-arena: results are no part of a repository.\n*\n"
        (self.path / _IGNORED).write_text(text, "utf-8", newline="\n")

    def clear(self) -> None:
        """Put away what the run before left: a whole one is kept, all else goes, half written files
        of killed ones among it."""
        for path in self.path.glob(".*"):
            if _HALF_WRITTEN.fullmatch(path.name):
                # by a process that was killed amid it, since this run alone writes here
                path.unlink(missing_ok=True)
        before = self.path / PREVIOUS
        if not (before / RESULTS).exists() and _has_ended(self.path / RESULTS):
            before.mkdir(exist_ok=True)
            for name in [*_reports(self.path), _REPORTS, RESULTS]:
                with suppress(FileNotFoundError):
                    os.replace(self.path / name, before / name)
        else:
            _remove_run(self.path)

    def is_one_of(self, paths: Iterable[str | Path]) -> bool:
        """Return whether a path names this folder, or the results in it."""
        # not `resolve`, which raises at links in a circle
        named = {os.path.realpath(path) for path in paths}
        return not named.isdisjoint(
            {os.path.realpath(self.path), os.path.realpath(self.path / RESULTS)}
        )

    def put_away_ended(self, *, resumes: bool) -> str | None:
        """Put away the run that ended here, since one that could not begin leaves its place empty.

        Returns what to say of it. Where another run is at work, or the last one never ended and
        can be taken up, all stays; so does one that a budget ended where the next run `resumes`.
        """
        results = self.path / RESULTS
        try:
            # not that of `Path`, which raises where a name is too long
            if not os.path.isfile(results) or not _has_ended(results):
                return None
            if resumes and _is_over_budget(results):
                return None
            self.claim()
            self.clear()
        except UsageError:
            return None
        except OSError as error:
            shown = shown_path(results)
            return f"nothing was run; {shown} is an older run's ({error.strerror})"
        finally:
            # one process may run pytest again
            self.release()
        return f"nothing was run; the last whole run is in {shown_path(self.path / PREVIOUS)}"

    def conclude(self, ran: Collection[str], known: Collection[str] | None) -> list[str]:
        """Forget the last whole run if this one ran all its cells, else say where it stands.

        `ran` are the cells of this run, `known` those of all files that were collected: what is in
        a file no more is not missed. Where `known` is None, all are.
        """
        before = self.path / PREVIOUS
        whole = _cell_ids(before / RESULTS)
        known = whole if known is None else known
        files = {_file_of(cell_id) for cell_id in known}
        missed = [
            cell_id
            for cell_id in whole.difference(ran)
            if cell_id in known or (_file_of(cell_id) not in files and self._has(cell_id))
        ]
        if missed:
            count = f"{len(missed):,} of {len(whole):,} cells"
            where = shown_path(before)
            return [f"this run left out {count} of the last whole one, which is kept in {where}"]
        _remove_run(before)
        with suppress(OSError):
            # not empty where somebody put something there
            before.rmdir()
        return []

    def wrote(self, reports: Iterable[Path]) -> None:
        """Note the reports of this run, so that the next one can tell them from other files."""
        names = [path.name for path in reports if path.parent == self.path]
        text = "".join(f"{name}\n" for name in names)
        (self.path / _REPORTS).write_text(text, "utf-8", newline="\n")

    def release(self) -> None:
        """Let other runs in; a folder in which nothing was written goes."""
        if not self._lock.held:
            return
        self._lock.release()
        # somebody may have removed it meanwhile
        with suppress(OSError):
            if [entry.name for entry in self.path.iterdir()] == [_IGNORED]:
                (self.path / _IGNORED).unlink()
                self.path.rmdir()

    def _has(self, cell_id: str) -> bool:
        return (self._root / _file_of(cell_id)).exists()


def _file_of(cell_id: str) -> str:
    return cell_id.partition("::")[0]


def _reports(folder: Path) -> list[str]:
    try:
        return (folder / _REPORTS).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []


def _remove_run(folder: Path) -> None:
    for name in [*_reports(folder), _REPORTS, RESULTS]:
        (folder / name).unlink(missing_ok=True)


def _has_ended(results: Path) -> bool:
    """Return whether the file holds a run that came to its end, from its last line alone."""
    try:
        with results.open("rb") as file:
            file.seek(max(0, results.stat().st_size - 1_000_000))
            last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
    except FileNotFoundError:
        return False
    return _END.match(last) is not None and b'"interrupted":true' not in last.replace(b" ", b"")


def _is_over_budget(results: Path) -> bool:
    with results.open("rb") as file:
        return any(_OVER_BUDGET in line for line in file)


def _cell_ids(results: Path) -> frozenset[str]:
    """Return the ids of the cells of a results file, without parsing their answers."""
    try:
        with results.open("rb") as file:
            # a match would keep its whole line
            ids = [match[1] for line in file if (match := _CELL_ID.match(line))]
    except FileNotFoundError:
        return frozenset()
    return frozenset(map(_text, ids))


def _text(quoted: bytes) -> str:
    import json

    text: str = json.loads(b'"' + quoted + b'"')
    return text
