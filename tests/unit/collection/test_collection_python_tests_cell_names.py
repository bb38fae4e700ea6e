"""What the cells of a Python test are called."""

from __future__ import annotations

import pytest

from pytest_arena.collection.python_tests.cell_names import CellNames

KNOWN = ("mini", "gpt-5-mini", "openai/gpt-5")


@pytest.mark.parametrize(
    ("test", "words", "column", "case"),
    [
        ("test_x", (), "application", "test_x"),
        ("test_x[mini]", ("mini",), "mini", "test_x"),
        ("test_x[mini-short]", ("mini", "short"), "mini", "test_x[short]"),
        ("test_x[short-mini]", ("short", "mini"), "mini", "test_x[short]"),
        ("test_x[a-mini-b]", ("a", "mini", "b"), "mini", "test_x[a-b]"),
        ("test_x[gpt-5-mini]", ("gpt-5-mini",), "gpt-5-mini", "test_x"),
        ("test_x[gpt-5-mini]", ("gpt-5-mini",), "mini", "test_x[gpt-5-mini]"),
        ("test_x[openai/gpt-5-1]", ("openai/gpt-5",), "openai/gpt-5", "test_x[1]"),
        ("test_x[mini-mini]", ("mini", "mini"), "mini", "test_x[mini-mini]"),
        ("test_x[small]", ("mini",), "mini", "test_x[small]"),
        ("test_x[minimal]", ("minimal",), "mini", "test_x[minimal]"),
        ("TestBot::test_x[mini]", ("mini",), "mini", "TestBot::test_x"),
    ],
)
def test_a_parameter_that_is_the_column_is_no_part_of_the_case(
    test: str, words: tuple[str, ...], column: str, case: str
) -> None:
    name = CellNames("test_x.py", test, words)
    assert name.case("", column) == case
    assert name.case("Refund", column) == f"{case}::Refund"


@pytest.mark.parametrize(
    ("words", "column"),
    [
        ((), None),
        (("mini",), "mini"),
        (("short", "mini"), "mini"),
        (("mini", "openai/gpt-5"), None),
        (("minimal",), None),
    ],
)
def test_the_only_parameter_that_names_a_provider_is_the_usual_column(
    words: tuple[str, ...], column: str | None
) -> None:
    assert CellNames("test_x.py", "test_x", words).column(KNOWN) == column
