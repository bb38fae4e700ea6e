"""Live progress on a terminal: a line that names cells as they finish, and keeps what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import pytest

from pytest_arena.collection.node_ids import ArenaNames
from pytest_arena.real_time import real_time
from pytest_arena.running.interrupts import result_of
from pytest_arena.text.printable import printable

T = TypeVar("T")

TICK_S = 0.5
"""How long the line stands before it is drawn anew while a cell is waited for."""


class Progress:
    """One line for all cells instead of pytest's dots.

    Cells that did not pass leave a line of their own; the last line shows the counts, the calls
    in flight and the newest cell, and is drawn over.
    """

    def __init__(self, config: pytest.Config, names: ArenaNames) -> None:
        self._names = names
        self._config = config
        self._terminal: pytest.TerminalReporter | None = None
        self._counts: Counter[str] = Counter()
        self._total = 0
        self._cost_usd = 0.0
        self._in_flight: dict[str, int] = {}
        self._began = real_time.monotonic()
        self._drawn = False
        self._newest = ""
        self._shown = False
        self._heading: object = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        plugins = self._config.pluginmanager
        reporter = plugins.get_plugin("terminalreporter")
        if reporter is not None and reporter.isatty and self._config.option.verbose == 0:
            self._terminal = reporter
        else:
            # there is nothing to tell of each report
            plugins.unregister(self)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        verdict = getattr(report, "arena_verdict", None)
        if self._terminal is None or verdict is None or hasattr(report, "wasxfail"):
            return None
        # an empty letter and word keep pytest from printing; the category is still counted
        return (verdict if report.failed else report.outcome, "", "")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._count_cells(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._count_cells(ids)

    def _count_cells(self, ids: Iterable[str]) -> None:
        self._total = sum(self._names.cell(nodeid) is not None for nodeid in ids)
        self._began = real_time.monotonic()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        terminal = self._terminal
        if terminal is not None and self._heading is not None and self._names.cell(nodeid) is None:
            # an ordinary test follows: its file's name begins on a line of its own
            self._erase()
            terminal.currentfspath = self._heading = None
            self._shown = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> Generator[None, None, None]:
        self._erase()
        yield
        verdict = getattr(report, "arena_verdict", None)
        if self._terminal is None:
            return
        # each process tells of its own calls
        worker = getattr(report, "worker_id", "")
        self._in_flight[worker] = getattr(report, "arena_in_flight", 0)
        if verdict is None:
            self._draw(self._terminal)
            return
        self._counts[verdict] += 1
        name = printable(report.nodeid.partition("::")[2])
        self._end_heading(self._terminal)
        if report.failed:
            word = "ERROR " if verdict == "error" else "FAILED"
            self._terminal.write(f"{word} {name}\n", red=True)
        self._cost_usd += dict(report.user_properties).get("arena_cost_usd", 0.0)
        self._newest = f"  · {verdict} {name} {report.duration:.2f} s"
        self._draw(self._terminal)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._in_flight.pop(node.gateway.id, None)

    def wait_for(self, cell: Future[T], in_flight: Callable[[], int]) -> T:
        """Return a cell once it is there; meanwhile the line shows how many calls are in flight."""
        terminal = self._terminal
        if terminal is None:
            return result_of(cell)

        def draw() -> None:
            self._in_flight[""] = in_flight()
            with self._uncaptured():
                self._erase()
                self._end_heading(terminal)
                self._draw(terminal)

        return result_of(cell, draw, TICK_S)

    def _uncaptured(self) -> AbstractContextManager[None]:
        """Let the terminal have what is written while pytest keeps a test's output."""
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        return nullcontext() if capture is None else capture.global_and_fixture_disabled()

    def _line(self) -> str:
        done = f"{sum(self._counts.values())}/{self._total}"
        return f"{done}  {', '.join(self._figures())}{self._newest}"

    def _figures(self) -> Iterator[str]:
        """Give what is known of the run so far, and how long the rest will take at its pace."""
        for word, count in self._counts.items():
            yield f"{count} {word}"
        calls = sum(self._in_flight.values())
        if calls:
            yield f"{calls} {'call' if calls == 1 else 'calls'} in flight"
        if self._cost_usd:
            yield f"${self._cost_usd:.4f}"
        done = sum(self._counts.values())
        if not done:
            return
        left = (real_time.monotonic() - self._began) / done * (self._total - done)
        if left >= 1:
            yield f"~{left / 60:.0f} min left" if left >= 90 else f"~{left:.0f} s left"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self._erase()
        if self._terminal is not None and self._heading is not None:
            self._terminal.currentfspath = None
        # from here on pytest sums up, and needs its own words again
        self._terminal = None

    def _end_heading(self, terminal: pytest.TerminalReporter) -> None:
        """Go to a new line after the file's name, and keep pytest from writing it once more."""
        if terminal.currentfspath != self._heading:
            self._heading = terminal.currentfspath
            terminal.ensure_newline()
            terminal.currentfspath = self._heading
        self._shown = True

    def _draw(self, terminal: pytest.TerminalReporter) -> None:
        if self._shown and self._heading == terminal.currentfspath:
            terminal.write(self._line()[: terminal._tw.fullwidth - 1], flush=True)
            self._drawn = True

    def _erase(self) -> None:
        if self._drawn and self._terminal is not None:
            self._terminal.write("\r\x1b[2K", flush=True)
            self._drawn = False
