"""The figures of a load case in a results file that may come from a stranger."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_arena.results.serialize import ShapeError, cell_from_line

LEAST = {"users": 1, "elapsed_s": 0, "trials": 0, "answered": 0}


def record(**load: Any) -> dict[str, Any]:
    return {
        "kind": "cell",
        "id": "a",
        "file": "a",
        "case": "a",
        "provider": "a",
        "model": None,
        "verdict": "passed",
        "trials": [],
        "load": {**LEAST, **load},
    }


@pytest.mark.parametrize(
    ("load", "path", "expected"),
    [
        ({"users": -1}, "load.users", "a whole number of at least 0"),
        ({"errors": {"timeout": "many"}}, "load.errors.timeout", "a whole number"),
        ({"latency_ms": {"p50": -1}}, "load.latency_ms.p50", "a whole number of at least 0"),
        ({"spread_ms": ["1"]}, "load.spread_ms[0]", "a number"),
        ({"span_s": 0}, "load.span_s", "a number above 0"),
        ({"spans": [{"answered": 1}]}, "load.spans[0].errors", "a value, but there is none"),
        (
            {"source": "elsewhere"},
            "load.source",
            "one of call, recording, cache, mock, outputs, echo",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(load: dict[str, Any], path: str, expected: str) -> None:
    with pytest.raises(ShapeError) as refused:
        cell_from_line(json.dumps(record(**load)))
    assert (refused.value.path, refused.value.expected) == (path, expected)


def test_further_keys_are_let_be() -> None:
    written = record(calls_per_s=1.5, later=True, spans=[{"answered": 1, "errors": 0, "new": 1}])
    load = cell_from_line(json.dumps(written)).load
    assert load is not None
    assert load.spans[0].answered == 1
    assert load.calls_per_s is None
