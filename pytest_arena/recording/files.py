"""The files of a recording: entries sorted by key, and one shard for each process that records."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

from pytest_arena.errors import Location, Problem, UserError, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.places import problem_of_replacing, unwritable
from pytest_arena.recording.entries import FORMAT, better, check_entry
from pytest_arena.results.journal import Journal, is_being_written
from pytest_arena.results.reading import FileKind, json_lines
from pytest_arena.results.serialize import ShapeError, to_line
from pytest_arena.running.file_locks import FolderLock

FOLDER = "recordings"
FIX = "put it right, or name another folder: --arena-recordings-dir DIR"
_MEND = "settle a merge conflict in it, or remove the file and record again"
_KEY = re.compile(rb'\{"key": "(\w+)"')
_RECORDING = FileKind("recording", f"{FOLDER}/*.jsonl")
_SHARD = FileKind("shard of a recording", f"{FOLDER}/.*.shard")


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it stands in its file; most are looked at once, if ever."""

    place: Location
    text: str

    def read(self) -> dict[str, Any]:
        """Return the entry; one that is not as it must be is a `UserError`."""
        record: dict[str, Any] = json.loads(self.text)
        _check(record, self.place)
        return record


class RecordingFile:
    """One recording, read and merged; `name` is relative to the root directory."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.path = root / self.name

    def exists(self) -> bool:
        """Return whether it is there; what cannot be looked at is told as it is read or made."""
        # `Path.exists` raises for folders of others, and for names that are too long
        return os.path.exists(self.path)

    def entries(self) -> dict[str, Stored]:
        """Return the entries by key, those that killed runs left in shards included."""
        if not self.path.parent.is_dir():
            return {}
        with _locked(self.path.parent, shared=True):
            found = {record["key"]: stored for record, stored in self._read()}
            if self._shards():
                before = {key: stored.read() for key, stored in found.items()}
                for key, record in self._with_shards(before, self._shards()).items():
                    if record is not before.get(key):
                        found[key] = Stored(Location(self.name, 1, 1), to_line(record))
        return found

    def keys(self) -> frozenset[str]:
        """Return the keys alone, without reading what the entries hold."""
        if not self.exists():
            return frozenset()
        found = set()
        for line in self.path.read_bytes().splitlines():
            match = _KEY.match(line)
            found.add(match[1].decode() if match else json.loads(line)["key"])
        return frozenset(found)

    def may_be_recorded(self, mode: str) -> bool:
        """Return whether a run with this `--arena-record` may add to it."""
        return mode in ("new", "all") or (mode == "once" and not self.exists())

    def problem(self) -> Problem | None:
        """Return why nothing could be recorded, None where it could."""
        return problem_of_replacing(self.path, FIX)

    def unwritable(self, error: OSError) -> Problem:
        """Return what to tell where it cannot be written."""
        return unwritable(self.path, error, FIX)

    def new_shard(self) -> Journal:
        """Return a file of this process's own for what it records."""
        name = f".{self.path.stem}.{os.getpid()}-{uuid4().hex[:8]}.shard"
        return Journal(self.path.with_name(name), lock=True)

    def merge(self, remove: frozenset[str] = frozenset()) -> None:
        """Put what the shards hold into the file, and take out the entries of some keys.

        The file is replaced as a whole, and only if it changes.
        """
        if not self.path.parent.is_dir():
            return
        with _locked(self.path.parent):
            shards = [path for path in self._shards() if not is_being_written(path)]
            if not (shards or remove):
                return
            before = {record["key"]: record for record, _ in self._read()}
            merged = self._with_shards(before, shards)
            lines = [to_line(merged[key]) for key in sorted(merged) if key not in remove]
            self._replace("".join(f"{line}\n" for line in lines))
            for path in shards:
                path.unlink()

    def _with_shards(
        self, before: Mapping[str, Mapping[str, Any]], shards: list[Path]
    ) -> dict[str, Mapping[str, Any]]:
        merged = dict(before)
        for key, record in self._newest(shards).items():
            merged[key] = better(before.get(key), record)
        return merged

    def _newest(self, shards: list[Path]) -> dict[str, dict[str, Any]]:
        """Return one entry a key. Several cells may have sent the same request: the last word of
        each counts, an answer goes before a failure, and the first cell by name decides."""
        by_sender: dict[tuple[str, str], dict[str, Any]] = {}
        for path in shards:
            for number, record in json_lines(path, wanted=_SHARD):
                _check(record, Location(str(path), number, 1))
                by_sender[record["key"], record.pop("sender", "")] = record
        newest: dict[str, dict[str, Any]] = {}
        for (key, _), record in sorted(by_sender.items(), key=lambda item: item[0]):
            if key not in newest or ("error" in newest[key] and "response" in record):
                newest[key] = record
        return newest

    def _read(self) -> Iterator[tuple[dict[str, Any], Stored]]:
        if not self.path.exists():
            return
        known: dict[str, tuple[int, str]] = {}
        lines = json_lines(
            self.path, wanted=_RECORDING, may_be_torn=False, name=self.name, fix=_MEND
        )
        for number, record in lines:
            place = Location(self.name, number, 1)
            _check_kind(record, place)
            line = to_line(record)
            first, text = known.setdefault(record["key"], (number, line))
            if text != line:
                raise UserError(_twice(record["key"], place, first))
            yield record, Stored(place, line)

    def _shards(self) -> list[Path]:
        start = f".{self.path.stem}."
        found = (
            path
            for path in self.path.parent.iterdir()
            if path.name.startswith(start) and path.suffix == ".shard"
        )
        # a writer locks its shard before the first line
        return sorted((path for path in found if path.stat().st_size), key=_age)

    def _replace(self, text: str) -> None:
        if self.path.exists() and self.path.read_text("utf-8") == text:
            return
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            temporary.write_text(text, "utf-8", newline="\n")
            os.replace(temporary, self.path)
        finally:
            temporary.unlink(missing_ok=True)


def recording_name(arena_file: str) -> str:
    """Return the recording of an arena file: `recordings/<stem>.jsonl` beside it."""
    path = PurePosixPath(arena_file)
    stem = path.name.removesuffix(path.suffix).removesuffix(".arena")
    return str(path.parent / FOLDER / f"{stem}.jsonl")


def _check_kind(record: Mapping[str, Any], place: Location) -> None:
    if record.get("format") != FORMAT:
        raise UserError(
            Problem(
                f"recording format {shorten(repr(record.get('format')))} is not known",
                place,
                expected=f"format {FORMAT}",
                fix="use the version of pytest-arena that wrote it, or remove it and record again",
            )
        )
    if not isinstance(record.get("key"), str):
        raise UserError(Problem("not an entry of a recording", place, expected="a `key`"))


def _twice(key: str, place: Location, first: int) -> Problem:
    """Return the problem of two answers to one request, as a merge leaves that keeps both sides."""
    return Problem(
        f"the request {shorten(key)} stands here and in line {first}, with different content",
        place,
        expected="one line a request",
        fix="keep one of the two lines, or remove both and record again",
    )


def _check(record: Mapping[str, Any], place: Location) -> None:
    _check_kind(record, place)
    what = "not an entry of a recording"
    try:
        check_entry(record)
    except ShapeError as error:
        problem = Problem(
            f"{what}: `{error.path}` is not as it must be", place, expected=error.expected
        )
        raise UserError(problem) from None
    if ("response" in record) == ("error" in record):
        raise UserError(Problem(what, place, expected="either a `response` or an `error`"))


def _age(path: Path) -> tuple[float, str]:
    return path.stat().st_mtime, path.name


@contextmanager
def _locked(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Keep other processes from merging in the folder."""
    lock = FolderLock(folder)
    lock.acquire(shared=shared)
    try:
        yield
    finally:
        lock.release()
