"""The folder of a run's results: what it makes of the last whole run."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

from pytest_arena.results.report_folder import ReportFolder


def test_the_last_whole_run_is_looked_through_without_holding_its_answers(tmp_path: Path) -> None:
    before = tmp_path / "r" / "previous"
    before.mkdir(parents=True)
    ids = [f"arena.yaml::Case {number}[m]" for number in range(40)]
    lines = [{"kind": "cell", "id": cell, "output": "x" * 100_000} for cell in ids]
    (before / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    tracemalloc.start()
    try:
        (note,) = ReportFolder(tmp_path / "r", tmp_path).conclude(ids[1:], ids)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert note.startswith("this run left out 1 of 40 cells of the last whole one")
    assert most < 1_000_000
