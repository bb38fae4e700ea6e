"""Ids of traces and spans: of W3C's form, and the same whoever asks for them."""

from __future__ import annotations

import re

import pytest

from pytest_arena.results.new_ids import new_id
from pytest_arena.results.trace_ids import (
    ids_in,
    span_id,
    tool_span_id,
    tool_traceparent,
    traceparent,
    turn_span_id,
)


def test_ids_are_of_w3cs_form_and_no_two_are_one() -> None:
    traces = {new_id() for _ in range(50)}
    assert len(traces) == 50
    for one in traces:
        header = traceparent(one, turn_span_id(one, 0))
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", header)
        assert ids_in(header) == (one, turn_span_id(one, 0))


def test_a_span_has_one_id_and_no_other_spans() -> None:
    trace = "ab" * 16
    assert turn_span_id(trace, 1) == turn_span_id(trace, 1)
    places = [("turn", 1), ("turn", 11), ("turn", "1", "tool"), ("turn1",), ("turn", 1, "tool", "")]
    assert len({span_id(trace, *place) for place in places}) == len(places)
    assert span_id(trace, "turn", 1) != span_id("cd" * 16, "turn", 1)


def test_a_tools_header_is_of_the_trials_trace() -> None:
    trace = "ab" * 16
    header = tool_traceparent(traceparent(trace, "cd" * 8), 2, "c1")
    assert ids_in(header) == (trace, tool_span_id(trace, 2, "c1"))


@pytest.mark.parametrize("header", ["", "x", "00-1-2-01", f"00-{'AB' * 16}-{'cd' * 8}-01"])
def test_what_is_no_header_gives_no_ids(header: str) -> None:
    assert ids_in(header) is None
    assert tool_traceparent(header, 0, "c1") == ""
