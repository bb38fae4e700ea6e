"""The tables as DataFrames, and that a plain run does not pay for pandas."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from synthetic_run import synthetic_run

from pytest_arena import comparison
from pytest_arena.comparison.trial_rows import COLUMNS, trial_rows
from pytest_arena.results import RunResult
from pytest_arena.results.content import shown
from pytest_arena.results.serialize import cell_line, end_line, run_line


def write(run: RunResult, path: Path) -> Path:
    lines = [run_line(run.info), *map(cell_line, run.cells), end_line(run)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_load_results_has_one_row_a_trial(tmp_path: Path) -> None:
    run = synthetic_run(40, 2, trials=3)
    frame = comparison.load_results(write(run, tmp_path / "results.jsonl"))
    assert list(frame.columns) == list(COLUMNS)
    skipped = sum(not cell.trials for cell in run.cells)
    assert len(frame) == sum(len(cell.trials) for cell in run.cells) + skipped
    assert skipped > 0
    assert frame.loc[frame["cell_verdict"] == "skipped", "trial"].isna().all()
    assert set(frame["verdict"].dropna()) <= {"passed", "failed", "error"}
    assert frame["latency_ms"].dtype == "Float64"


def test_a_row_says_which_trace_a_trial_is() -> None:
    run = synthetic_run(1, 1)
    began = "2026-11-26T10:00:00.000Z"
    trial = replace(run.cells[0].trials[0], trace_id="ab" * 16, started_at=began)
    cell = replace(run.cells[0], trials=(trial,))
    (row,) = trial_rows(replace(run, cells=(cell,)))
    assert (row["trace_id"], row["started_at"]) == ("ab" * 16, began)


def test_the_tables_say_what_the_comparison_says() -> None:
    compared = comparison.compare(synthetic_run(20, 3))
    providers = comparison.provider_table(compared)
    assert list(providers["provider"]) == [s.provider for s in compared.standings]
    assert providers["pass_rate"].between(0, 1).all()
    assert len(comparison.differences_table(compared)) == 3
    assert comparison.matrix_table(compared).shape == (20, 3)
    assert set(comparison.tag_table(compared)["tag"]) == {g.name for g in compared.by_tag}
    assert "contains" in set(comparison.assertion_table(compared)["assertion"])


def test_the_tables_of_an_empty_run_are_empty() -> None:
    compared = comparison.compare(RunResult(synthetic_run(1, 1).info, ()))
    for table in (
        comparison.provider_table(compared),
        comparison.differences_table(compared),
        comparison.matrix_table(compared),
        comparison.tag_table(compared),
        comparison.assertion_table(compared),
        comparison.trials_table(compared.run),
    ):
        assert table.empty


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ("plain", "plain"),
        ([{"type": "text", "text": "a"}, {"type": "image_url"}, "b"], "a\n[image_url]\nb"),
        ({"odd": 1}, '{"odd": 1}'),
    ],
)
def test_a_messages_content_is_text_whatever_its_form(content: object, text: str) -> None:
    assert shown(content) == text


def test_comparing_and_reporting_imports_neither_pandas_nor_pyarrow() -> None:
    code = (
        "import sys; from pathlib import Path; from synthetic_run import synthetic_run\n"
        "from pytest_arena_reporters.terminal import TerminalReporter\n"
        "from pytest_arena_reporters.markdown import MarkdownReporter\n"
        "import pytest_arena_reporters.parquet, pytest_arena_reporters.html\n"
        "assert 'jinja2' not in sys.modules\n"
        "TerminalReporter().render(synthetic_run(3, 2), width=80, color=False)\n"
        "print(sorted({'pandas', 'numpy', 'pyarrow', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_an_unknown_name_of_the_room_is_an_attribute_error() -> None:
    with pytest.raises(
        AttributeError, match=r"^module 'pytest_arena.comparison' has no attribute 'x'$"
    ):
        comparison.x  # noqa: B018
