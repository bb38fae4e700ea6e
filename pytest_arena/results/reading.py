"""Read `results.jsonl`: a whole run, an interrupted one, or a torn last line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_arena.errors import Place, Problem, UserError
from pytest_arena.results.models import Cell, RunInfo, RunResult
from pytest_arena.results.serialize import FORMAT, cell_from_record, run_from_record


def read_run(path: str | Path) -> RunResult:
    """Read a results file into a run.

    A torn last line, as a killed run leaves it, is dropped; any other bad line is a `UserError`
    that names file and line. `finished_at` is None where the run never ended.
    """
    path = Path(path)
    info: RunInfo | None = None
    finished_at: str | None = None
    interrupted = False
    cells: dict[str, Cell] = {}
    for number, record in _records(path):
        place = Place(str(path), number, 1)
        try:
            kind = record["kind"]
            if kind == "run":
                if record["format"] != FORMAT:
                    raise UserError(
                        Problem(
                            f"results format {record['format']!r} is not known",
                            place,
                            expected=f"format {FORMAT}",
                            fix="read it with the version of pytest-arena that wrote it",
                        )
                    )
                info = run_from_record(record)
            elif kind == "cell":
                cell = cell_from_record(record)
                cells[cell.id] = cell
            elif kind == "end":
                finished_at = record["finished_at"]
                interrupted = bool(record.get("interrupted"))
        except (KeyError, TypeError, IndexError) as error:
            raise UserError(
                Problem(f"not a line of a results file ({error!r})", place, expected="a `kind`")
            ) from error
    if info is None:
        raise UserError(
            Problem(
                "not a results file: it has no `run` line",
                Place(str(path), 1, 1),
                expected="a results.jsonl that `pytest --arena` wrote",
            )
        )
    return RunResult(
        info=info, cells=tuple(cells.values()), finished_at=finished_at, interrupted=interrupted
    )


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise UserError(
            Problem(f"cannot read {path}: {error.strerror}", fix="name a results.jsonl")
        ) from error
    last = len(lines)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError("not an object")
        except ValueError as error:
            if number == last:
                return
            raise UserError(Problem(f"not JSON ({error})", Place(str(path), number, 1))) from error
        yield number, record
