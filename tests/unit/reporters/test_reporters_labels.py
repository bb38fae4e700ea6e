"""Each report shows accuracy, F1, and what was taken for what."""

from __future__ import annotations

import pytest
from labelled_cells import BROKEN, labelled_cell

from pytest_arena.comparison import compare
from pytest_arena.results import Cell, RunInfo, RunResult
from pytest_arena_reporters import markdown
from pytest_arena_reporters.html.payload import build_payload
from pytest_arena_reporters.html.reporter import render
from pytest_arena_reporters.terminal import TerminalReporter
from pytest_arena_reporters.terminal_labels import MOST_TABLES

CELLS = (
    labelled_cell("A", "billing", ["billing"]),
    labelled_cell("B", "billing", ["refund"]),
    labelled_cell("C", "refund", ["refund"]),
    labelled_cell("D", "refund", [None]),
    labelled_cell("E", "refund", [BROKEN]),
)


def run(*cells: Cell) -> RunResult:
    return RunResult(RunInfo("r", "2026-11-20T10:00:00Z", "0"), cells)


def terminal(given: RunResult, width: int = 80) -> list[str]:
    return TerminalReporter().render(given, width=width, color=False)


def html(given: RunResult) -> str:
    comparison = compare(given)
    return render(comparison, build_payload(comparison, 1_000_000))


def test_the_terminal_has_figures_and_the_confusion_matrix() -> None:
    lines = terminal(run(*CELLS))
    start = next(n for n, line in enumerate(lines) if line.startswith("Labels of m"))
    assert lines[start : start + 8] == [
        "Labels of m: accuracy 50 % (15 to 85 %), macro F1 58 % (23 to 85 %) over 2",
        "labels, 4 answers; 1 gave no label; 1 trial reached no verdict.",
        "  label    answers  precision  recall          F1 (95 %)",
        "  billing        2      100 %    50 %  67 % (17 to 95 %)",
        "  refund         2       50 %    50 %  50 % (12 to 88 %)",
        "  answered as  billing  refund  (none)",
        "  billing            1       1       0",
        "  refund             0       1       1",
    ]


def test_a_narrow_terminal_says_what_was_taken_for_what() -> None:
    names = [f"a rather long label {n}" for n in range(4)]
    cells = [labelled_cell(name, name, [names[0]]) for name in names]
    lines = terminal(run(*cells), 60)
    assert max(len(line) for line in lines) <= 60
    text = " ".join(lines)
    assert "answered as" not in text
    assert "Most often: a rather long label 1 as a rather long label 0 (1)," in text


def test_many_labels_are_those_with_the_lowest_f1() -> None:
    names = [f"label {n:02}" for n in range(30)]
    cells = [
        labelled_cell(name, name, [names[0] if n < 3 else name]) for n, name in enumerate(names)
    ]
    text = "\n".join(terminal(run(*cells)))
    assert "These are the 8 with the lowest F1." in text
    assert "label 02 as label 00 (1)" in text
    assert "answered as" not in text
    page = html(run(*cells))
    assert "These are the 25 labels with the lowest F1." in page
    assert "Answered as" not in page


def test_many_columns_are_told_by_their_number() -> None:
    cells = [labelled_cell("A", "a", ["a"], f"m{n}") for n in range(MOST_TABLES + 2)]
    assert "and the labels of 2 more columns: see the report" in terminal(run(*cells))


def test_markdown_and_html_have_the_same_figures() -> None:
    page = markdown.render(compare(run(*CELLS)))
    assert "<summary>Labels of m: accuracy 50 % \\(15 to 85 %\\), macro F1 58 %" in page
    assert "| billing | 2 | 100 % | 50 % | 67 % \\(17 to 95 %\\) | 1 | 1 | 0 |" in page
    shown = html(run(*CELLS))
    assert "<h2>Labels</h2>" in shown
    assert '<td class="n right">1</td><td class="n wrong">1</td><td class="n dim">0</td>' in shown


def test_files_are_named_where_there_are_several() -> None:
    far = labelled_cell("A", "tall", ["tall"], file="other.yaml")
    text = "\n".join(terminal(run(*CELLS, far)))
    assert "Labels of m in arena.yaml: " in text
    assert "Labels of m in other.yaml: " in text


def test_a_column_without_a_verdict_says_so() -> None:
    text = " ".join(terminal(run(CELLS[4])))
    assert "Labels of m: no answer was judged; 1 trial reached no verdict." in text
    assert "no answer was judged" in html(run(CELLS[4]))


@pytest.mark.parametrize("name", ["<b>x</b>", "a | b", "\x1b[31mred", "\n::error::x"])
def test_hostile_labels_mean_nothing_but_themselves(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "1")
    given = run(labelled_cell("A", name, [name]), labelled_cell("B", "b", [name]))
    assert not any("\x1b" in line or line.lstrip().startswith("::") for line in terminal(given))
    assert "<b>x" not in html(given)
    page = markdown.render(compare(given))
    assert "<b>" not in page.split("```")[0]
    assert "\n::error" not in page
