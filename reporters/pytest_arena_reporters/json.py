"""The JSON report: the whole run in one document."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_arena.reporting.base import Report, Reporter
from pytest_arena.results import RunResult
from pytest_arena.results.serialize import FORMAT, end_of, record_of
from pytest_arena_reporters.writing import encode, write_atomically


class JsonReporter(Reporter):
    """Writes `report.json`: `format`, `run`, `cells`, `totals`, `gate`, `limits`, `notes`,
    `finished_at`.

    Cells are as in `results.jsonl`; `finished_at` is null where the run was interrupted, `gate`
    where the run was not compared with a baseline, `limits` what became of the entries of `gates:`.
    """

    format = "json"

    def write(self, run: RunResult, directory: Path) -> Report:
        """Write the report and say where."""
        end = record_of(end_of(run))
        document = {
            "format": FORMAT,
            "run": record_of(run.info),
            "cells": [record_of(cell) for cell in run.cells],
            "totals": run.totals,
            "gate": end.get("gate"),
            "limits": end.get("limits", []),
            "notes": list(run.notes),
            "finished_at": run.finished_at,
        }
        path = directory / "report.json"
        text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
        write_atomically(path, encode(text + "\n"))
        return Report(path)
