"""The JSON report: the whole run in one document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_arena.comparison.coverage import part_of
from pytest_arena.reporting.base import Report, Reporter
from pytest_arena.results import RunResult
from pytest_arena.results.serialize import FORMAT, end_of, record_of
from pytest_arena_reporters.writing import encode, write_atomically


class JsonReporter(Reporter):
    """Writes `report.json`: `format`, `run`, `cells`, `totals`, `other_failures`, `part`, `gate`,
    `limits`, `notes`, `finished_at`.

    Cells and `other_failures` are as in `results.jsonl`; `part` says how many `cells` of how many
    (`of`) ran where it was a part of them, and is null else; `finished_at` is null where the run
    was interrupted, `gate` where it was not compared with a baseline, `limits` what became of the
    entries of `gates:`.
    """

    format = "json"

    def write(self, run: RunResult, directory: Path) -> Report:
        """Write the report and say where."""
        path = directory / "report.json"
        write_atomically(path, map(encode, _parts(run)))
        return Report(path)


def _parts(run: RunResult) -> Iterator[str]:
    """Yield the document, cell by cell: all of them may be more than memory holds."""
    end, part = record_of(end_of(run)), part_of(run)
    before = {"format": FORMAT, "run": record_of(run.info)}
    behind = {
        "totals": run.totals,
        "other_failures": run.other_failures,
        "part": part and {"cells": part[0], "of": part[1]},
        "gate": end.get("gate"),
        "limits": end.get("limits", []),
        "notes": list(run.notes),
        "finished_at": run.finished_at,
    }
    yield _text(before).removesuffix("\n}") + ',\n "cells": ['
    for number, cell in enumerate(run.cells):
        # within texts, JSON has no line end
        indented = _text(record_of(cell)).replace("\n", "\n  ")
        yield f"{',' if number else ''}\n  {indented}"
    yield ("\n ]" if run.cells else "]") + "," + _text(behind).removeprefix("{") + "\n"


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
