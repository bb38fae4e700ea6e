"""The line that is drawn over while cells finish."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

import pytest_arena.collection.progress as module
from pytest_arena.collection.progress import Progress
from pytest_arena.real_time import real_time


class Terminal:
    """A terminal that keeps what is written."""

    currentfspath = None
    _tw = SimpleNamespace(fullwidth=200)

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, text: str, **_: Any) -> None:
        self.written.append(text)

    def ensure_newline(self) -> None: ...


def report(name: str, cost: float | None, **changes: Any) -> Any:
    properties = [] if cost is None else [("arena_cost_usd", cost)]
    return SimpleNamespace(
        nodeid=f"arena.yaml::{name}[mini]",
        arena_verdict="passed",
        failed=False,
        duration=0.5,
        user_properties=properties,
        **changes,
    )


def finish(progress: Progress, one: Any) -> None:
    step = progress.pytest_runtest_logreport(one)
    next(step)
    next(step, None)


def progress_on(terminal: Terminal, *cells: str) -> Progress:
    names: Any = SimpleNamespace(cell=lambda nodeid: nodeid)
    config: Any = SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=lambda _name: None))
    progress = Progress(config, names)
    progress._terminal = terminal  # type: ignore[assignment]
    progress.pytest_xdist_node_collection_finished([f"arena.yaml::{name}" for name in cells])
    return progress


def test_the_line_says_what_was_spent_and_how_long_the_rest_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter((0.0, 0.0, 10.0, 20.0))
    monkeypatch.setattr(real_time, "monotonic", lambda: next(clock))
    terminal = Terminal()
    progress = progress_on(terminal, *"abcdefghijkl")
    finish(progress, report("a", None))
    assert terminal.written[-1] == "1/12  1 passed, ~2 min left  · passed a[mini] 0.50 s"
    finish(progress, report("b", 0.25))
    assert terminal.written[-1] == "2/12  2 passed, $0.2500, ~2 min left  · passed b[mini] 0.50 s"


def test_the_line_says_how_many_calls_are_in_flight_over_all_workers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(real_time, "monotonic", lambda: 0.0)
    terminal = Terminal()
    progress = progress_on(terminal, *"abcd")
    finish(progress, report("a", None, worker_id="gw0", arena_in_flight=3))
    assert terminal.written[-1] == "1/4  1 passed, 3 calls in flight  · passed a[mini] 0.50 s"
    finish(progress, report("b", None, worker_id="gw1", arena_in_flight=2))
    assert "2/4  2 passed, 5 calls in flight" in terminal.written[-1]
    finish(progress, report("c", None, worker_id="gw1", arena_in_flight=0))
    assert "3/4  3 passed, 3 calls in flight" in terminal.written[-1]
    progress.pytest_testnodedown(SimpleNamespace(gateway=SimpleNamespace(id="gw0")))
    finish(progress, report("d", None, worker_id="gw1", arena_in_flight=1))
    assert "4/4  4 passed, 1 call in flight" in terminal.written[-1]


def test_the_calls_in_flight_are_shown_while_the_first_cell_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "TICK_S", 0)
    terminal, cell = Terminal(), Future[None]()
    progress = progress_on(terminal, "a", "b")
    left = iter((8, 7))

    def in_flight() -> int:
        calls = next(left)
        if calls == 7:
            cell.set_result(None)
        return calls

    progress.wait_for(cell, in_flight)
    drawn = [text for text in terminal.written if "in flight" in text]
    assert drawn == ["0/2  8 calls in flight", "0/2  7 calls in flight"]


def test_where_there_is_no_terminal_a_cell_is_waited_for_and_nothing_written() -> None:
    terminal, cell = Terminal(), Future[str]()
    progress = progress_on(terminal, "a")
    progress._terminal = None
    cell.set_result("there")
    assert progress.wait_for(cell, lambda: 1) == "there"
    assert not terminal.written
