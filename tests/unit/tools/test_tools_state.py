"""The state of tools as results hold it, whatever stands in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_arena.tools.state import state_as_json, why_not_kept


class Silent:
    """What has no text."""

    def __str__(self) -> str:
        raise OSError("the connection is gone")


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_a_state_is_kept_as_json() -> None:
    state = {"a": (1, float("nan")), 2: {"b": {3}}, "t": b"text", "c": b"\xff", "p": Silent}
    kept = state_as_json(state)
    assert kept == {
        "a": [1, None],
        "2": {"b": [3]},
        "t": "text",
        "c": "_w==",
        "p": str(Silent),
    }
    assert why_not_kept(state) is None
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept


@pytest.mark.parametrize(
    ("value", "shown", "why"),
    [
        (nested(300), "list", "Maximum serialization depth exceeded"),
        (nested(220), "list", "its JSON is nested more than 200 deep"),
        (Silent(), "Silent", "OSError"),
    ],
)
def test_what_cannot_be_kept_costs_nothing_beside_it(value: Any, shown: str, why: str) -> None:
    state = {"a": 1, "b": value}
    assert state_as_json(state) == {"a": 1, "b": f"[a value of type {shown} that cannot be kept]"}
    assert why_not_kept(state) == f"its state 'b' cannot be kept: {why}"


def test_a_state_that_holds_itself_is_told() -> None:
    state: dict[str, Any] = {"a": 1}
    state["b"] = [state]
    assert state_as_json(state) == {"a": 1, "b": "[a value of type list that cannot be kept]"}
    said = "its state 'b' cannot be kept: Circular reference detected (id repeated)"
    assert why_not_kept(state) == said


def test_a_name_that_has_no_text_is_told_by_its_type() -> None:
    state: Any = {Silent(): 1}
    assert state_as_json(state) == {"Silent": "[a value of type int that cannot be kept]"}
    assert why_not_kept(state) == "its state of a Silent cannot be kept: OSError"
