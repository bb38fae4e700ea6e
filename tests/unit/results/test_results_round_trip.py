"""Nothing that a result holds is lost on any of its ways, whichever field it is."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from filled import filled
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.cli import main
from pytest_arena.collection.resume import Interrupted
from pytest_arena.results import Cell, Response, RunInfo, RunResult
from pytest_arena.results.journal import Journal
from pytest_arena.results.reading import read_lines, read_run
from pytest_arena.results.serialize import (
    ShapeError,
    cell_from_line,
    cell_line,
    read,
    record_of,
    response_from_record,
    run_line,
)
from pytest_arena.results.trial import Trial
from pytest_arena.results.writing import write_results
from pytest_arena.settings import Settings

seeds = given(st.integers(0, 2**32))
few = settings(max_examples=25, deadline=None)


@few
@seeds
def test_a_cell_survives_a_line(seed: int) -> None:
    """As on pytest's reports between xdist's processes, which carry the line."""
    cell = filled(Cell, seed)
    assert cell_from_line(cell_line(cell)) == cell
    assert cell_from_line(json.dumps(json.loads(cell_line(cell)))) == cell


@few
@seeds
def test_cells_survive_a_journal(seed: int) -> None:
    cells = [filled(Cell, seed, id=name) for name in ("first", "second")]
    with TemporaryDirectory() as folder:
        journal = Journal(Path(folder, "shard.jsonl"))
        for cell in cells:
            journal.append(cell_line(cell))
        journal.close()
        assert [cell for _, cell in read_lines(journal.path)] == cells


@few
@seeds
def test_a_run_survives_its_file(seed: int) -> None:
    cells = (filled(Cell, seed),)
    run = filled(RunResult, seed, info=filled(RunInfo, seed), cells=cells)
    with TemporaryDirectory() as folder:
        path = Path(folder, "results.jsonl")
        write_results(path, run, [cell_line(cell) for cell in cells])
        assert read_run(path) == run


@few
@seeds
def test_an_answer_survives_a_recording(seed: int) -> None:
    response = filled(Response, seed)
    assert response_from_record(record_of(response)) == response


def test_cells_survive_a_merge_and_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    info = filled(RunInfo, 1, git={}, options={}, versions={})
    # exit code 0 for a run, since its cells say what they are
    cells = [_cell_named(name) for name in ("one", "two")]
    for cell in cells:
        run = RunResult(replace(info, run_id=cell.case), (cell,), "2026-01-01", exit_code=0)
        folder = tmp_path / cell.case
        folder.mkdir()
        write_results(folder / "results.jsonl", run, [cell_line(cell)])
    main(["merge", "one", "two", "--output", "whole"])
    merged = {cell.case: cell for cell in read_run("whole/results.jsonl").cells}
    assert merged == {cell.case: cell for cell in cells}
    main(["report", "whole", "--format", "json"])
    capsys.readouterr()
    report = json.loads(Path("whole/report.json").read_text("utf-8"))
    assert {cell["case"]: read(Cell, json.dumps(cell)) for cell in report["cells"]} == merged


def _cell_named(name: str) -> Cell:
    place = {"file": "a.yaml", "case": name, "provider": "m", "variant": "v"}
    place["id"] = f"a.yaml::{name}[m/v]"
    # lines as one file has them; a gate's finding is made anew by a merge
    return filled(Cell, 3, **place, line=len(name), defined_in=None, standing=None)


def test_cells_survive_an_interrupted_run_that_is_taken_up(tmp_path: Path) -> None:
    cell = filled(Cell, 5)
    run = filled(RunInfo, 5, options={"record": "off"})
    (tmp_path / "results.jsonl").write_text(f"{run_line(run)}\n{cell_line(cell)}\n", "utf-8")
    gathered = Interrupted(tmp_path, Settings())
    assert gathered.can_be_resumed
    assert [c for _, c in read_lines(gathered.path) if isinstance(c, Cell)] == [cell]


def test_a_verdict_is_always_written_and_never_supposed() -> None:
    record = record_of(Trial((), verdict="passed"))
    assert record == {"messages": [], "verdict": "passed"}
    with pytest.raises(ShapeError) as refused:
        read(Trial, '{"messages": []}')
    assert (refused.value.path, refused.value.expected) == ("verdict", "a value, but there is none")


def test_a_field_that_is_declared_is_written_and_read_without_further_edits() -> None:
    @dataclass(frozen=True, slots=True)
    class Later(Cell):
        mood: str | None = None

    cell = Later("a::b[c]", "a", "b", "c", None, "passed", mood="calm")
    assert read(Later, cell_line(cell)) == cell
    assert cell_from_line(cell_line(cell)).id == "a::b[c]"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_unknown(value: float) -> None:
    said = ({"role": "user", "content": {"deep": [value, "\ud800"]}},)
    for messages in (said, ({"role": "user", "content": [value]},)):
        trial = Trial(messages, verdict="passed", score=value)
        line = cell_line(Cell("a::b[c]", "a", "b", "c", None, "passed", (trial,)))
        (read_again,) = cell_from_line(line).trials
        assert read_again.score is None
        assert "NaN" not in line
        assert "Infinity" not in line


def test_arguments_that_are_nested_deep_are_kept() -> None:
    deep: list[object] = []
    for _ in range(400):
        deep = [deep]
    trial = Trial(({"role": "user", "content": deep},), verdict="passed")
    cell = Cell("a::b[c]", "a", "b", "c", None, "passed", (trial,))
    assert cell_from_line(cell_line(cell)) == cell
