"""What was answered, on the terminal: as pytest shows output, and side by side."""

from __future__ import annotations

import pytest
from conftest import Project

ALIKE = """\
providers:
  - {name: good, provider: mock, responses: {default: hello}}
  - {name: bad, provider: mock, responses: {default: bye}}
tests:
  - {name: One, prompt: hi, assertions: [{type: contains, value: hello}]}
  - {name: Two, prompt: hi, assertions: [{type: contains, value: hello}]}
"""


@pytest.fixture
def alike(project: Project) -> Project:
    project.write(arena=ALIKE)
    return project


@pytest.mark.parametrize("option", ["-rP", "-rA"])
def test_answers_of_passed_cells_are_shown_as_output_of_passed_tests(
    alike: Project, option: str, spread: tuple[str, ...]
) -> None:
    result = alike.run(option, *spread)
    result.stdout.fnmatch_lines(["*= PASSES =*", "*- arena answer -*", "  answer    hello"])


def test_answers_come_at_once_where_nothing_is_captured(
    alike: Project, spread: tuple[str, ...]
) -> None:
    result = alike.run("-s", *spread)
    result.stdout.fnmatch_lines(["One?good?", "  prompt    hi", "  answer    hello"])
    result.stdout.no_fnmatch_line("*arena answer*")


def test_answers_of_passed_cells_are_left_out_else(alike: Project) -> None:
    alike.run().stdout.no_fnmatch_line("  answer    hello")


def test_answers_stand_side_by_side_on_request(alike: Project) -> None:
    result = alike.run("--arena-answers")
    result.stdout.fnmatch_lines(["*= arena =*", "Two", "hi", "✓ good*✗ bad", "hello*", "provider*"])


def test_failures_of_a_column_for_one_reason_are_told_once(alike: Project) -> None:
    result = alike.run()
    result.stdout.fnmatch_lines(["*the same failure in 1 more cell*", "arena.yaml::*?bad?"])
    # workers finish in any order
    told = ["FAILED arena.yaml::One?bad?*", "FAILED arena.yaml::Two?bad?*"]
    result.stdout.fnmatch_lines_random(told)
    result.assert_outcomes(passed=2, failed=2)
