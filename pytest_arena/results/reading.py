"""Read `results.jsonl`: a whole run, an interrupted one, or a torn last line."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from pytest_arena.errors import Location, Problem, UserError, shorten
from pytest_arena.results.cell import Cell
from pytest_arena.results.cleaning import clean_value
from pytest_arena.results.run import RunInfo, RunResult
from pytest_arena.results.serialize import (
    FORMAT,
    cell_from_record,
    gate_from_record,
    limit_from_record,
    run_from_record,
)
from pytest_arena.results.validation import ShapeError, check_record

LARGEST_FILE = 1 << 30
"""In bytes. A run of 100,000 cells of 4 KB each is less than half of it."""
LONGEST_LINE = 64 << 20
"""In bytes; one line is one cell with all its trials."""
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
    """What a results file says, and the line of each cell by the cell's id."""

    path: Path
    run: RunResult
    lines: Mapping[str, int]

    def place(self, cell_id: str) -> Location:
        """Return where a cell stands."""
        return Location(str(self.path), self.lines[cell_id], 1)


def read_run(path: str | Path) -> RunResult:
    """Read a results file into a run.

    A torn last line, as a killed run leaves it, is dropped; any other bad line is a `UserError`
    that names file and line. `finished_at` is None where the run never ended.
    """
    return read_results(path).run


def read_results(path: str | Path) -> ResultsFile:
    """Read a results file as `read_run` does, and keep where each cell stands."""
    path = Path(path)
    info: RunInfo | None = None
    end: dict[str, Any] = {}
    cells: dict[str, Cell] = {}
    lines: dict[str, int] = {}
    last = 1
    for number, record in json_lines(path):
        last = number
        place = Location(str(path), number, 1)
        _check(record, place)
        kind = record["kind"]
        if kind == "run":
            info = _run(record, place, before=info)
        elif kind == "cell":
            cell = _cell(record, place)
            cells[cell.id] = cell
            lines[cell.id] = number
        elif kind == "end":
            end = record
    if info is None:
        raise UserError(
            Problem(
                "not a results file: it has no `run` line",
                Location(str(path), 1, 1),
                expected="a results.jsonl that `pytest --arena` wrote",
            )
        )
    _check_number(end, len(cells), Location(str(path), last, 1))
    run = RunResult(
        info=info,
        cells=tuple(cells.values()),
        finished_at=end.get("finished_at"),
        interrupted=bool(end.get("interrupted")),
        notes=tuple(end.get("notes", ())),
        exit_code=end.get("exit_code"),
        gate=gate_from_record(end["gate"]) if "gate" in end else None,
        limits=tuple(limit_from_record(limit) for limit in end.get("limits", ())),
    )
    return ResultsFile(path, run, lines)


def _run(record: Mapping[str, Any], place: Location, *, before: RunInfo | None) -> RunInfo:
    if before is not None:
        problem = Problem(
            "a second run begins here",
            place,
            expected="one run a file",
            fix="keep the files of two runs apart, and join them with arena merge",
        )
        raise UserError(problem)
    return run_from_record(record)


def _cell(record: Mapping[str, Any], place: Location) -> Cell:
    try:
        return cell_from_record(record)
    except (KeyError, TypeError) as error:
        # a key that this version does not know, where it knows them all
        problem = Problem(
            f"not a line of a results file ({error})",
            place,
            expected="a file of this version of pytest-arena",
        )
        raise UserError(problem) from error


def _check(record: Mapping[str, Any], place: Location) -> None:
    """Refuse a record that cannot be read, the format before all else."""
    if record.get("kind") == "run" and record.get("format") != FORMAT:
        raise UserError(
            Problem(
                f"results format {shorten(repr(record.get('format')))} is not known",
                place,
                expected=f"format {FORMAT}",
                fix="read it with the version of pytest-arena that wrote it",
            )
        )
    if not isinstance(record.get("kind"), str):
        raise UserError(Problem("not a line of a results file", place, expected="a `kind`"))
    try:
        check_record(record)
    except ShapeError as error:
        problem = Problem(
            f"not a line of a results file: `{error.path}` is not as it must be",
            place,
            expected=error.expected,
        )
        raise UserError(problem) from None


def _check_number(end: Mapping[str, Any], found: int, place: Location) -> None:
    """Refuse a file that lost cells after its run had ended."""
    counted = end.get("totals", {}).get("cells")
    if counted is not None and counted != found:
        problem = Problem(
            f"the run had {counted} cells, but the file has {found}",
            place,
            expected="the file as `pytest --arena` wrote it",
            fix="copy it anew",
        )
        raise UserError(problem)


def json_lines(
    path: Path, *, wanted: FileKind = RESULTS_FILE, may_be_torn: bool = True
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give number and content of each line of a JSONL file from a stranger.

    `wanted` says what it should be. A last line that is torn ends it, unless it must not be; any
    other bad line, and what is no regular file of a sound size, is a `UserError`.
    """
    for number, line in _lines(path, wanted):
        if not line.strip():
            continue
        try:
            record = json.loads(line.decode(), parse_constant=_no_constant)
            if not isinstance(record, dict):
                raise ValueError("not an object")
        except (ValueError, RecursionError) as error:
            if may_be_torn and not line.endswith(b"\n"):
                return
            text = "nested too deep" if isinstance(error, RecursionError) else str(error)
            raise UserError(
                Problem(f"not JSON ({text})", Location(str(path), number, 1))
            ) from error
        yield number, clean_value(record) if _UNCLEAN.search(line) else record


def _lines(path: Path, wanted: FileKind) -> Iterator[tuple[int, bytes]]:
    """Give the lines of a regular file, none of them longer than what may be."""
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            # before it is opened: a pipe would never end, and opening one may wait for ever
            kind = "a folder" if stat.S_ISDIR(facts.st_mode) else "no regular file"
            raise UserError(Problem(f"cannot read {path}: {kind}", fix=f"name a {wanted.name}"))
        if facts.st_size > LARGEST_FILE:
            _refuse_size(f"{path} has {facts.st_size:,} bytes", LARGEST_FILE, None)
        with path.open("rb") as stream:
            number = 0
            while line := stream.readline(LONGEST_LINE + 1):
                number += 1
                place = Location(str(path), number, 1)
                if number == 1:
                    _refuse_archive(line, place, wanted)
                if len(line) > LONGEST_LINE:
                    _refuse_size("the line is too long", LONGEST_LINE, place)
                yield number, line
    except OSError as error:
        raise UserError(
            Problem(f"cannot read {path}: {error.strerror}", fix=f"name a {wanted.name}")
        ) from error


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
