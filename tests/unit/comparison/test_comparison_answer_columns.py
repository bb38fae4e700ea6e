"""A field that an answer has gets its column with no further edit."""

from __future__ import annotations

from dataclasses import make_dataclass, replace
from typing import Any

from synthetic_run import synthetic_run

from pytest_arena import comparison
from pytest_arena.comparison.answer_columns import answer_columns, answer_values
from pytest_arena.comparison.trial_rows import COLUMNS
from pytest_arena.results import Response, Trial


def later(**values: Any) -> Response:
    declared = [
        ("mood", "str | None", None),
        ("thoughts", "int | None", None),
        ("effort", "float | None", None),
        ("warm", "bool | None", None),
        ("kind", "Literal['a', 'b'] | None", None),
        ("parts", "tuple[str, ...]", ()),
    ]
    made = make_dataclass("Later", declared, bases=(Response,))
    made.__module__ = Response.__module__
    response: Response = made("Hi", **values)
    return response


def test_each_single_value_is_a_column_of_its_kind() -> None:
    assert answer_columns(type(later()), COLUMNS) == {
        "mood": "text",
        "thoughts": "integer",
        "effort": "number",
        "warm": "boolean",
        "kind": "text",
    }


def test_numbers_are_summed_and_other_values_are_the_last_ones() -> None:
    columns = answer_columns(type(later()), COLUMNS)
    first, second = later(thoughts=2, effort=0.5, warm=True), later(thoughts=3, mood="calm")
    trial = Trial((), (first, second), verdict="passed")
    assert answer_values(trial, columns) == {
        "mood": "calm",
        "thoughts": 5,
        "effort": None,
        "warm": None,
        "kind": None,
    }
    assert set(answer_values(Trial((), verdict="error"), columns).values()) == {None}


def test_tables_have_these_columns() -> None:
    run = synthetic_run(1, 1, rich=False)
    (trial,) = run.cells[0].trials
    answer = replace(trial.responses[0], reasoning="Hm.", reasoning_tokens=7, filtered=False)
    cell = replace(run.cells[0], trials=(replace(trial, responses=(answer, answer)),))
    (row,) = comparison.trials_table(replace(run, cells=(cell,))).to_dict("records")
    assert (row["reasoning"], row["reasoning_tokens"], row["filtered"]) == ("Hm.", 14, False)
