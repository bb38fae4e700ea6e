"""The line that is drawn over while cells finish."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_arena.collection.progress import Progress


class Terminal:
    """A terminal that keeps what is written."""

    currentfspath = None
    _tw = SimpleNamespace(fullwidth=200)

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, text: str, **_: Any) -> None:
        self.written.append(text)

    def ensure_newline(self) -> None: ...


def report(name: str, cost: float | None) -> Any:
    properties = [] if cost is None else [("arena_cost_usd", cost)]
    return SimpleNamespace(
        nodeid=f"arena.yaml::{name}[mini]",
        arena_verdict="passed",
        failed=False,
        duration=0.5,
        user_properties=properties,
    )


def finish(progress: Progress, one: Any) -> None:
    step = progress.pytest_runtest_logreport(one)
    next(step)
    next(step, None)


def test_the_line_says_what_was_spent_and_how_long_the_rest_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter((0.0, 0.0, 10.0, 20.0))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    names: Any = SimpleNamespace(cell=lambda nodeid: nodeid)
    progress, terminal = Progress(SimpleNamespace(), names), Terminal()  # type: ignore[arg-type]
    progress._terminal = terminal  # type: ignore[assignment]
    progress.pytest_xdist_node_collection_finished([f"arena.yaml::{n}" for n in "abcdefghijkl"])
    finish(progress, report("a", None))
    assert terminal.written[-1] == "1/12  1 passed, ~2 min left  · passed a[mini] 0.50 s"
    finish(progress, report("b", 0.25))
    assert terminal.written[-1] == "2/12  2 passed, $0.2500, ~2 min left  · passed b[mini] 0.50 s"
