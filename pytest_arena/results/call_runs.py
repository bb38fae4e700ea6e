"""Calls of tools told shortly: what was called several times in a row is told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from pytest_arena.results.request_response import ToolCall
from pytest_arena.text.numbers import counted

MOST_TOLD = 12


def call_runs(calls: Iterable[ToolCall]) -> Iterator[tuple[ToolCall, int]]:
    """Yield calls with how often each was made in a row, with the same arguments and the same
    outcome."""
    for _, same in groupby(calls, lambda call: (call.name, str(call.arguments), call.error)):
        first, *others = same
        yield first, 1 + len(others)


def trajectory(calls: Iterable[ToolCall]) -> str:
    """Return the names of calls in their order: `find_order × 6 → refund (error)`; empty without
    any."""
    runs = list(call_runs(calls))
    told = [
        f"{call.name}{f' × {times}' if times > 1 else ''}{' (error)' if call.error else ''}"
        for call, times in runs[:MOST_TOLD]
    ]
    left = sum(times for _, times in runs[MOST_TOLD:])
    return " → ".join([*told, *([f"{counted(left, 'more call')}"] if left else [])])
