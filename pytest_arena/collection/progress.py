"""Live progress on a terminal: a line that names cells as they finish, and keeps what failed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from pytest_arena.results.printable import printable


class Progress:
    """Draw one line for all cells instead of pytest's dots.

    Cells that did not pass leave a line of their own; the last line shows the counts and the
    newest cell, and is drawn over.
    """

    def __init__(self, config: pytest.Config, reporter: pytest.TerminalReporter) -> None:
        self._reporter = reporter
        self._counts: Counter[str] = Counter()
        self._total = 0
        self._drawn = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        verdict = getattr(report, "arena_verdict", None)
        if verdict is None or hasattr(report, "wasxfail"):
            return None
        # an empty letter and word keep pytest from printing; the category is still counted
        return (verdict if report.failed else report.outcome, "", "")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._total = session.testscollected

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._total = len(ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        self._erase()

    @pytest.hookimpl(trylast=True, specname="pytest_runtest_logreport")
    def draw_cell(self, report: Any) -> None:
        verdict = getattr(report, "arena_verdict", None)
        if verdict is None:
            return
        self._counts[verdict] += 1
        name = printable(report.nodeid.partition("::")[2])
        if report.failed:
            self._reporter.ensure_newline()
            word = {"error": "ERROR "}.get(verdict, "FAILED")
            self._reporter.write_line(f"{word} {name}", red=True)
        self._draw(f"{verdict} {name} {report.duration:.2f} s")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self._erase()

    def _draw(self, newest: str) -> None:
        writer = self._reporter._tw
        self._reporter.ensure_newline()
        counts = ", ".join(f"{count} {verdict}" for verdict, count in self._counts.items())
        text = f"{sum(self._counts.values())}/{self._total}  {counts}  · {newest}"
        self._reporter.write(text[: writer.fullwidth - 1], flush=True)
        self._drawn = True

    def _erase(self) -> None:
        if self._drawn:
            self._reporter.write("\r\x1b[2K", flush=True)
            self._reporter.currentfspath = None
            self._drawn = False
