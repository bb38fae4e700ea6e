"""The CSV report: one row a trial, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_arena.comparison.trial_rows import COLUMNS, trial_rows
from pytest_arena.reporting.base import Report, Reporter
from pytest_arena.results import RunResult
from pytest_arena.text.spreadsheet import FORMULA
from pytest_arena_reporters.writing import encode, write_atomically


class CsvReporter(Reporter):
    """Writes `report.csv`: one row a trial, lists joined by `; `, absent values empty.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """

    format = "csv"

    def write(self, run: RunResult, directory: Path) -> Report:
        """Write the report and say where."""
        path = directory / "report.csv"
        write_atomically(path, _lines(run))
        return Report(path)


def _lines(run: RunResult) -> Iterator[bytes]:
    buffer = io.StringIO()
    # RFC 4180's line end; with a bare LF, Python leaves a lone CR unquoted, which breaks rows.
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in trial_rows(run):
        writer.writerow([_field(value) for value in row.values()])
        yield encode(buffer.getvalue())
        buffer.seek(0)
        buffer.truncate()
    yield encode(buffer.getvalue())


def _field(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(value)
    if isinstance(value, str):
        # NUL has no place in CSV, and not every reader survives it.
        value = value.replace("\x00", "\ufffd")
        return f"'{value}" if value.startswith(FORMULA) else value
    return value
