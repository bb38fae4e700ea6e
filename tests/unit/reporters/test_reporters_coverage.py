"""What reports say of what a run never exercised."""

from __future__ import annotations

from pytest_arena.comparison.coverage import FileCoverage, KindCoverage
from pytest_arena_reporters import coverage_lines
from pytest_arena_reporters.html import coverage_view

TOOLS = KindCoverage("tools", 5, ("refund", "cancel"))
STEPS = KindCoverage("steps", 1, ())


def file_of(*kinds: KindCoverage, name: str = "a.yaml", ran: int = 4) -> FileCoverage:
    return FileCoverage(name, ran, 4, kinds)


def test_one_line_names_how_much_of_each_kind_and_what_never() -> None:
    assert coverage_lines.sentence([file_of(TOOLS, STEPS)]) == (
        "Coverage: 3 of 5 tools called (never: refund, cancel); 1 of 1 step reached."
    )


def test_several_files_are_counted_together_in_the_line_and_alone_in_the_table() -> None:
    files = [file_of(TOOLS), file_of(TOOLS, name="b.yaml")]
    assert "6 of 10 tools called (never: refund, cancel, refund, cancel)" in (
        coverage_lines.sentence(files)
    )
    table = coverage_view.table(files)
    assert table is not None
    assert table["several"]
    assert [(row["file"], row["counted"]) for row in table["rows"]] == [
        ("a.yaml", "3 of 5 tools called"),
        ("b.yaml", "3 of 5 tools called"),
    ]


def test_long_lists_are_cut_and_counted() -> None:
    many = KindCoverage("values", 8, tuple(f"n={n}" for n in range(8)))
    assert "n=4 and 3 more)" in coverage_lines.sentence([file_of(many)])


def test_a_run_of_a_part_is_called_so() -> None:
    assert coverage_lines.sentence([file_of(TOOLS, ran=1)]).endswith("Only 1 of 4 cells ran.")


def test_nothing_to_exercise_makes_no_line_and_no_section() -> None:
    assert coverage_lines.sentence([]) == ""
    assert coverage_view.table([]) is None
