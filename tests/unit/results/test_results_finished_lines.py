"""The lines of finished cells stand on disk, and are what was said last."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.results import Cell, Response, finished_lines
from pytest_arena.results.finished_lines import FinishedLines
from pytest_arena.results.journal import Journal
from pytest_arena.results.run import RunInfo, RunResult
from pytest_arena.results.serialize import cell_line
from pytest_arena.results.trial import Trial
from pytest_arena.results.writing import write_results


def cell(name: str, answer: str = "short") -> Cell:
    trial = Trial(({"role": "user", "content": "?"},), (Response(answer),), verdict="passed")
    return Cell(f"a::{name}[c]", "a", name, "c", None, "passed", (trial,))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path / "results.jsonl")
    journal.append("the line of the run, ü")
    return journal


def taken(journal: Journal, *cells: Cell) -> FinishedLines:
    lines = FinishedLines(journal)
    for one in cells:
        lines.write(one.id, cell_line(one))
    return lines


def test_the_last_word_on_a_cell_counts(journal: Journal) -> None:
    first, second = cell("one", "naïve"), cell("one", "a better one, at last")
    lines = taken(journal, first, cell("two"))
    assert lines.holds(first.id, cell_line(first))
    assert not lines.holds(second.id, cell_line(second))
    lines.write(second.id, cell_line(second))
    assert lines.cells() == [second, cell("two")]
    assert list(lines) == [second.id, "a::two[c]"]


def test_texts_of_a_large_run_are_read_when_they_are_asked_for(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [cell("one", "a" * 5000), cell("two"), cell("three", "b" * 7000)]
    lines = taken(journal, *whole)
    assert [type(one.trials[0].responses[0]) for one in lines.cells()] == [Response] * 3
    monkeypatch.setattr(finished_lines, "MOST_IN_MEMORY", 10_000)
    monkeypatch.setattr(finished_lines, "_RECENT", 8_000)
    large = lines.cells()
    kinds = [type(one.trials[0].responses[0]) is Response for one in large]
    assert kinds == [False, True, False]
    assert large == whole
    # each is read anew where the other has taken its place in memory
    assert [large[place].trials[0].output for place in (0, 2, 0)] == [
        whole[place].trials[0].output for place in (0, 2, 0)
    ]


def test_texts_are_there_after_the_lines_were_put_in_order_into_another_file(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finished_lines, "MOST_IN_MEMORY", 0)
    whole = [cell("one", "a" * 5000), cell("two", "b" * 6000)]
    lines = taken(journal, *whole)
    large = lines.cells()
    lines.put_in_order(one.id for one in reversed(whole))
    run = RunResult(RunInfo("id", "2026-01-01T00:00:00Z", "1"), tuple(whole))
    lines.moved(write_results(journal.path, run, lines.lines()))
    assert large == whole
    assert lines.cells() == whole[::-1]
    journal.close()
    assert large[0].trials[0].output == "a" * 5000


def test_a_line_that_cannot_be_written_is_kept(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = taken(journal, cell("one"))

    def full(_journal: Journal, _line: str) -> None:
        raise OSError("full")

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "append", full)
        with pytest.raises(OSError, match="full"):
            lines.write("a::two[c]", cell_line(cell("two")))
    lines.keep("a::three[c]", cell_line(cell("three")))
    assert lines.cells() == [cell("one"), cell("two"), cell("three")]


def test_a_file_that_another_program_has_changed_is_told(journal: Journal) -> None:
    lines = taken(journal, cell("one"))
    with journal.path.open("r+b") as stream:
        stream.seek(60)
        stream.write(b"x")
    with pytest.raises(RuntimeError, match=r"results\.jsonl was changed by another program"):
        lines.cells()
