"""JSON, CSV and Parquet: whole, typed, deterministic, and harmless to open."""

from __future__ import annotations

import csv
import json
import os
import sys
from dataclasses import replace
from importlib import metadata
from importlib.metadata import EntryPoints
from pathlib import Path

import pytest
from synthetic_run import HOSTILE, synthetic_run

from pytest_arena.comparison.trial_rows import COLUMNS
from pytest_arena.registry import Registry
from pytest_arena.reporting import write as writing
from pytest_arena.reporting.base import Reporter
from pytest_arena.reporting.write import known_formats, make_reporter, write_reports
from pytest_arena.results import RunResult
from pytest_arena_reporters.csv import CsvReporter
from pytest_arena_reporters.html import HtmlReporter
from pytest_arena_reporters.json import JsonReporter
from pytest_arena_reporters.markdown import MarkdownReporter
from pytest_arena_reporters.otlp import OtlpReporter
from pytest_arena_reporters.parquet import ParquetReporter
from pytest_arena_reporters.writing import write_atomically

ALL = [
    CsvReporter,
    HtmlReporter,
    JsonReporter,
    MarkdownReporter,
    OtlpReporter,
    ParquetReporter,
]


def with_surrogates(run: RunResult) -> RunResult:
    first = run.cells[0]
    return replace(run, cells=(replace(first, reason="\ud800", case="x\udfff"), *run.cells[1:]))


@pytest.mark.parametrize("reporter", ALL)
@pytest.mark.parametrize("trials", [1, 3])
def test_the_same_run_gives_the_same_bytes(
    reporter: type[Reporter], trials: int, tmp_path: Path
) -> None:
    written = []
    for _ in range(2):
        run = synthetic_run(12, 3, trials=trials, hostile=True)
        written.append(reporter().write(run, tmp_path).path.read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize("reporter", ALL)
@pytest.mark.parametrize("cases", [0, 1])
def test_a_run_of_almost_nothing_is_written(
    reporter: type[Reporter], cases: int, tmp_path: Path
) -> None:
    report = reporter().write(synthetic_run(cases, 1), tmp_path)
    assert report.path.parent == tmp_path
    # a line for each trial is nothing for none
    assert report.path.stat().st_size > 0 or (cases == 0 and reporter is OtlpReporter)


@pytest.mark.parametrize("reporter", ALL)
def test_lone_surrogates_do_not_stop_a_report(reporter: type[Reporter], tmp_path: Path) -> None:
    report = reporter().write(with_surrogates(synthetic_run(3, 2)), tmp_path)
    assert report.path.stat().st_size > 0


@pytest.mark.parametrize("reporter", ALL)
def test_nothing_is_left_beside_the_report(reporter: type[Reporter], tmp_path: Path) -> None:
    report = reporter().write(synthetic_run(2, 2), tmp_path)
    assert list(tmp_path.iterdir()) == [report.path]


def test_a_report_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_json_report_holds_run_cells_and_totals(tmp_path: Path) -> None:
    run = synthetic_run(10, 2, trials=2)
    document = json.loads(JsonReporter().write(run, tmp_path).path.read_text(encoding="utf-8"))
    assert list(document) == [
        "format",
        "run",
        "cells",
        "totals",
        "other_failures",
        "part",
        "gate",
        "limits",
        "notes",
        "finished_at",
    ]
    assert document["run"]["run_id"] == "synthetic-1"
    assert document["totals"] == run.totals
    assert [cell["id"] for cell in document["cells"]] == [cell.id for cell in run.cells]
    assert "kind" not in document["cells"][0]


def test_csv_has_one_row_a_trial_and_no_formula(tmp_path: Path) -> None:
    run = synthetic_run(20, 3, trials=2, hostile=True)
    path = CsvReporter().write(run, tmp_path).path
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == sum(len(cell.trials) or 1 for cell in run.cells)
    texts = [row[name] for row in rows for name, kind in COLUMNS.items() if kind == "text"]
    assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in texts)
    assert any(text.startswith("'=cmd|' /C calc'!A0") for text in texts)


def test_csv_leaves_negative_numbers_alone(tmp_path: Path) -> None:
    run = synthetic_run(1, 1, rich=False)
    trial = replace(run.cells[0].trials[0], score=-0.5)
    run = replace(run, cells=(replace(run.cells[0], trials=(trial,)),))
    assert ",-0.5," in CsvReporter().write(run, tmp_path).path.read_text(encoding="utf-8")


def test_parquet_has_types_and_texts_as_they_are(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    run = synthetic_run(20, 3, hostile=True)
    table = pq.read_table(ParquetReporter().write(run, tmp_path).path)
    assert table.column_names == list(COLUMNS)
    assert table.schema.field("latency_ms").type == pa.float64()
    assert table.schema.field("tags").type == pa.list_(pa.string())
    outputs = [o for o in table.column("output").to_pylist() if o]
    assert outputs == [t.output for c in run.cells for t in c.trials if t.output]
    assert any(HOSTILE[1] in output for output in outputs)


def test_a_parquet_report_without_its_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    reports = write_reports(synthetic_run(1, 1), ["parquet", "csv"], tmp_path, Registry())
    assert reports.broken == [
        "the parquet report could not be written: it needs the package pyarrow, which is not "
        "installed\n  fix: pip install 'pytest-arena[parquet]'"
    ]
    assert [line.split(":")[0] for line in reports.written] == ["csv"]


def test_installed_packages_are_looked_through_once_for_all_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def entry_points(*, group: str) -> EntryPoints:
        looked.append(group)
        return metadata.entry_points(group=group)

    monkeypatch.setattr(writing, "entry_points", entry_points)
    writing._installed.cache_clear()
    reports = write_reports(synthetic_run(1, 1), ["json", "csv"], tmp_path, Registry())
    assert [path.name for path in reports.paths] == ["report.json", "report.csv"]
    make_reporter("terminal", Registry())
    assert "html" in known_formats(Registry())
    assert len(looked) == 1
