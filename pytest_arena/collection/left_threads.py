"""What is said of threads that keep pytest's process from ending."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable

import pytest

from pytest_arena.real_time import real_time

_PATIENCE_S = 0.2
"""What is about to end is waited for, and not told."""
_MOST_NAMED = 3


class LeftThreads:
    """Names, when a run is over, the threads begun amid it that Python waits for before it ends:
    without a word it would seem to hang."""

    def __init__(self) -> None:
        self._before = set(threading.enumerate())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        yield
        left = _still_running(
            one
            for one in threading.enumerate()
            if one not in self._before and not one.daemon and not _is_of_executor(one)
        )
        if left:
            terminalreporter.write_line(f"arena: {_told(left)}", yellow=True)


def _still_running(threads: Iterable[threading.Thread]) -> list[threading.Thread]:
    end = real_time.monotonic() + _PATIENCE_S
    left = []
    for one in threads:
        if one is threading.current_thread():
            continue
        one.join(max(0.0, end - real_time.monotonic()))
        if one.is_alive():
            left.append(one)
    return left


def _is_of_executor(thread: threading.Thread) -> bool:
    """Return whether a thread is one of an executor, which ends them when Python does."""
    from concurrent.futures.thread import _threads_queues

    return thread in _threads_queues


def _told(left: list[threading.Thread]) -> str:
    names = ", ".join(repr(one.name) for one in left[:_MOST_NAMED])
    more = f" and {len(left) - _MOST_NAMED:,} more" if len(left) > _MOST_NAMED else ""
    run, its = (
        ("thread {} still runs", "it") if len(left) == 1 else ("threads {} still run", "them")
    )
    return (
        f"the {run.format(names + more)}, and pytest waits for {its} to end; stop {its} when the "
        f"work is done, or begin {its} with daemon=True"
    )
