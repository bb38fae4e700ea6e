"""The Parquet report: one row a trial, with types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_arena.comparison.trial_rows import COLUMNS, trial_rows
from pytest_arena.errors import PARQUET_EXTRA, Problem, UsageError
from pytest_arena.reporting.base import Report, Reporter
from pytest_arena.results import RunResult
from pytest_arena_reporters.writing import encode, write_atomically


class ParquetReporter(Reporter):
    """Writes `report.parquet`: one row a trial, texts as they are, absent values null."""

    format = "parquet"

    def write(self, run: RunResult, directory: Path) -> Report:
        """Write the report and say where."""
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            raise UsageError(
                Problem("it needs the package pyarrow, which is not installed", fix=PARQUET_EXTRA)
            ) from None
        types = {
            "text": pa.string(),
            "integer": pa.int64(),
            "number": pa.float64(),
            "boolean": pa.bool_(),
            "list": pa.list_(pa.string()),
        }
        rows = list(trial_rows(run))
        table = pa.table(
            {
                name: pa.array([_clean(row[name]) for row in rows], type=types[kind])
                for name, kind in COLUMNS.items()
            }
        )
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        path = directory / "report.parquet"
        write_atomically(path, sink.getvalue().to_pybytes())
        return Report(path)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return encode(value).decode()
    return [_clean(item) for item in value] if isinstance(value, list) else value
