"""Read `results.jsonl`: a whole run, an interrupted one, or a torn last line."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

from pytest_arena.errors import Location, Problem, UserError, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.object_store import is_url, shown_url
from pytest_arena.results.cell import Cell
from pytest_arena.results.cleaning import clean_value
from pytest_arena.results.format_1 import cell_from_format_1, is_format_1
from pytest_arena.results.run import RunInfo, RunResult
from pytest_arena.results.serialize import FORMAT, ShapeError, read, run_end
from pytest_arena.results.versions import versions_in

LARGEST_FILE = 1 << 30
"""In bytes. A run of 100,000 cells of 4 KB each is less than half of it."""
LONGEST_LINE = 64 << 20
"""In bytes; one line is one cell with all its trials."""
_SKIPPED_AT_ONCE = 1 << 20
_KINDS_OF_FILES = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"(\xb5/\xfd", "a zstd file"),
)


class FileKind(NamedTuple):
    """What a JSONL file should be, in messages about one that is not: noun and file name."""

    noun: str
    name: str


RESULTS_FILE = FileKind("results file", "results.jsonl")
_UNCLEAN = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")


@dataclass(frozen=True, slots=True)
class ResultsFile:
    """What a results file says, and the line of each cell by the cell's id; `path` is what messages
    call it, and may be the URL that it was copied from."""

    path: str
    run: RunResult
    lines: Mapping[str, int]

    def place(self, cell_id: str) -> Location:
        """Return where a cell stands."""
        return Location(self.path, self.lines[cell_id], 1)


def read_run(path: str | Path) -> RunResult:
    """Read a results file into a run.

    A torn last line, as a killed run leaves it, is dropped; any other bad line is a `UserError`
    that names file and line. `finished_at` is None where the run never ended.
    """
    return read_results(path).run


def read_results(path: str | Path, name: str | None = None) -> ResultsFile:
    """Read a results file as `read_run` does, and keep where each cell stands; `name` is what
    messages call it."""
    if is_url(str(path)):
        raise UserError(
            Problem(
                f"cannot read {shown_url(str(path))}: it is a URL",
                expected="a file of this machine",
                fix="copy it here, and name the copy",
            )
        )
    name = name or str(path)
    info: RunInfo | None = None
    end: Any = None
    cells: dict[str, Cell] = {}
    lines: dict[str, int] = {}
    twice: list[tuple[Cell, Location]] = []
    last = 1
    for place, value in read_lines(Path(path), name=name):
        last = place.line
        if isinstance(value, RunInfo):
            if info is not None:
                raise _second_run(place)
            info = value
        elif isinstance(value, Cell):
            if cells.get(value.id, value) != value:
                twice.append((value, Location(name, lines[value.id], 1)))
            cells[value.id] = value
            lines[value.id] = place.line
        elif isinstance(value, run_end()):
            end = value
    if info is None:
        raise UserError(
            Problem(
                "not a results file: it has no `run` line",
                Location(name, 1, 1),
                expected="a results.jsonl that `pytest --arena` wrote",
            )
        )
    if end is None:
        return ResultsFile(name, RunResult(info, tuple(cells.values())), lines)
    if twice:
        # the last word counts where a run broke off; one that ended has written each cell once
        raise UserError([_second_result(cell, place, lines[cell.id]) for cell, place in twice[:5]])
    _check_number(end.totals, len(cells), Location(name, last, 1))
    said = {one.name: getattr(end, one.name) for one in fields(end) if one.name != "totals"}
    return ResultsFile(name, RunResult(info, tuple(cells.values()), **said), lines)


def read_lines(
    path: Path, damaged: list[UserError] | None = None, name: str | None = None
) -> Iterator[tuple[Location, Any]]:
    """Give place and content of each line of a results file or a part of one: a `RunInfo`, a
    `Cell`, a `run_end()`, or the record of a kind that is none of these.

    A torn last line ends it; any other bad line is a `UserError`, which is put into `damaged` where
    that is given, so that it costs no other line. `name` is what messages call the file.
    """
    is_current = False
    name = name or str(path)
    for number, line in _lines(path, RESULTS_FILE, name, damaged):
        if not line.strip():
            continue
        place = Location(name, number, 1)
        kind = _KIND.match(line)
        if kind is not None and is_current and not _NEEDS_A_LOOK.search(line):
            with suppress(ShapeError):
                # the way of nearly every line; what is wrong is told by the slow one
                yield place, read(_models()[kind[1].decode()], line)
                continue
        try:
            record = _record(line, place, may_be_torn=True)
            value = None if record is None else _value(record, place)
        except UserError as error:
            if damaged is None:
                raise
            damaged.append(error)
            continue
        if record is None:
            return
        is_current = is_current or _is_current(record, place)
        yield place, value


_KIND = re.compile(rb'\{"kind": ?"(run|cell|end)"')
_NEEDS_A_LOOK = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)|NaN|Infinity|\d[eE]\+?\d{3}")
"""Surrogates, NUL, and numbers that are none: seldom, and then read the slow way."""


@cache
def _models() -> Mapping[str, type[Any]]:
    return {"run": RunInfo, "cell": Cell, "end": run_end()}


def _is_current(record: Mapping[str, Any], place: Location) -> bool:
    """Return whether the lines to come are in today's format; refuse one that is not known."""
    if record.get("kind") != "run":
        return False
    written = record.get("format")
    if written not in (1, FORMAT):
        raise UserError(
            Problem(
                f"results format {shorten(repr(written))} is not known",
                place,
                expected=f"format {FORMAT}, or 1",
                fix="read it with the version of pytest-arena that wrote it",
            )
        )
    return bool(written == FORMAT)


def _value(record: dict[str, Any], place: Location) -> Any:
    kind = record.get("kind")
    if not isinstance(kind, str):
        raise UserError(Problem("not a line of a results file", place, expected="a `kind`"))
    model = _models().get(kind)
    if model is None:
        return record
    if kind == "cell" and is_format_1(record):
        record = cell_from_format_1(record)
    try:
        endless = _path_of_endless(record)
        if endless is not None:
            raise ShapeError(endless, "a number that is not endless")
        value = read(model, json.dumps(record))
        if kind == "run":
            versions_in(value.options)
        return value
    except ShapeError as error:
        problem = Problem(
            f"not a line of a results file: `{error.path}` is not as it must be",
            place,
            expected=error.expected,
        )
        raise UserError(problem) from None


def _path_of_endless(record: Mapping[str, Any]) -> str | None:
    """Return the path of a number that JSON writes as 1e999 and Python reads as infinity."""
    waiting: list[tuple[str, Any]] = [("", record)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, float) and not isfinite(value):
            return path
        if isinstance(value, dict):
            waiting += [(f"{path}.{key}" if path else key, item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}[{place}]", item) for place, item in enumerate(value)]
    return None


def _second_run(place: Location) -> UserError:
    return UserError(
        Problem(
            "a second run begins here",
            place,
            expected="one run a file",
            fix="keep the files of two runs apart, and join them with arena merge",
        )
    )


def _second_result(cell: Cell, place: Location, line: int) -> Problem:
    return Problem(
        f"{cell.id} has another result in line {line}",
        place,
        expected="each cell once in the file of a run that ended",
        fix="copy it anew, as `pytest --arena` wrote it",
    )


def _check_number(totals: Mapping[str, Any], found: int, place: Location) -> None:
    """Refuse a file that lost cells after its run had ended."""
    counted = totals.get("cells")
    if counted is not None and counted != found:
        problem = Problem(
            f"the run had {counted} cells, but the file has {found}",
            place,
            expected="the file as `pytest --arena` wrote it",
            fix="copy it anew",
        )
        raise UserError(problem)


def json_lines(
    path: Path,
    *,
    wanted: FileKind = RESULTS_FILE,
    may_be_torn: bool = True,
    name: str | None = None,
    fix: str | None = None,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give number and content of each line of a JSONL file from a stranger.

    `wanted` says what it should be, `name` what messages call it (default: its path), and `fix`
    what to do about a line that is no JSON. A last line that is torn ends it, unless it must not
    be; any other bad line, and what is no regular file of a sound size, is a `UserError`.
    """
    shown = name or str(path)
    for number, line in _lines(path, wanted, shown):
        if not line.strip():
            continue
        record = _record(line, Location(shown, number, 1), may_be_torn=may_be_torn, fix=fix)
        if record is None:
            return
        yield number, record


def _record(
    line: bytes, place: Location, *, may_be_torn: bool, fix: str | None = None
) -> dict[str, Any] | None:
    """Return the object of a line, or None where it is the torn last one."""
    try:
        record = json.loads(line.decode(), parse_constant=_no_constant)
        if not isinstance(record, dict):
            raise ValueError("not an object")
    except (ValueError, RecursionError) as error:
        if may_be_torn and not line.endswith(b"\n"):
            return None
        text = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise UserError(Problem(f"not JSON ({text})", place, fix=fix)) from error
    return clean_value(record) if _UNCLEAN.search(line) else record


def _lines(
    path: Path, wanted: FileKind, name: str, damaged: list[UserError] | None = None
) -> Iterator[tuple[int, bytes]]:
    """Give the lines of a regular file, none of them longer than what may be; one that is goes into
    `damaged` where that is given, and is left out."""
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            # before it is opened: a pipe would never end, and opening one may wait for ever
            kind = "a folder" if stat.S_ISDIR(facts.st_mode) else "no regular file"
            raise UserError(Problem(f"cannot read {name}: {kind}", fix=f"name a {wanted.name}"))
        if facts.st_size > LARGEST_FILE:
            _refuse_size(f"{name} has {facts.st_size:,} bytes", LARGEST_FILE, None)
        with path.open("rb") as stream:
            number = 0
            while line := stream.readline(LONGEST_LINE + 1):
                number += 1
                place = Location(name, number, 1)
                try:
                    if number == 1:
                        _refuse_archive(line, place, wanted)
                    if len(line) > LONGEST_LINE:
                        _refuse_size("the line is too long", LONGEST_LINE, place)
                except UserError as error:
                    if damaged is None:
                        raise
                    damaged.append(error)
                    _skip_rest(stream, line)
                    continue
                yield number, line
    except OSError as error:
        raise UserError(
            Problem(f"cannot read {name}: {error.strerror}", fix=f"name a {wanted.name}")
        ) from error


def _skip_rest(stream: BinaryIO, line: bytes) -> None:
    """Go on to the end of a line of which this was read."""
    while line and not line.endswith(b"\n"):
        line = stream.readline(_SKIPPED_AT_ONCE)


def _refuse_archive(start: bytes, place: Location, wanted: FileKind) -> None:
    for magic, kind in _KINDS_OF_FILES:
        if start.startswith(magic):
            problem = Problem(
                f"not a {wanted.noun}: it is {kind}",
                place,
                expected=f"a {wanted.name} that `pytest --arena` wrote",
                fix=f"unpack it, and name the {wanted.name} inside",
            )
            raise UserError(problem)


def _refuse_size(what: str, limit: int, place: Location | None) -> NoReturn:
    raise UserError(Problem(what, place, expected=f"at most {limit:,} bytes"))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
