"""The same error in many cells, told once in the terminal, with a count."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

_MOST_NAMED = 10


class RepeatedErrors:
    """The reports of cells without a verdict, of which those that say the same are shown once.

    JUnit and the short summary go on to name every cell.
    """

    def __init__(self) -> None:
        self._every: list[Any] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        self._every = terminalreporter.stats.get("error", [])
        if self._every:
            terminalreporter.stats["error"] = _told_once(self._every)
        return (yield)

    def put_back(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Let what follows the blocks count and name every report."""
        if self._every:
            terminalreporter.stats["error"] = self._every


def _told_once(reports: list[Any]) -> list[Any]:
    """Return the reports without those that repeat an earlier one, which then names them."""
    told: list[Any] = []
    alike: dict[str, list[Any]] = {}
    for report in reports:
        crash = getattr(report.longrepr, "reprcrash", None)
        if crash is None or getattr(report, "arena_verdict", None) != "error":
            told.append(report)
            continue
        same = alike.setdefault(crash.message, [])
        if not same:
            told.append(report)
        same.append(report)
    for first, *others in alike.values():
        if others:
            names = [report.nodeid for report in others[:_MOST_NAMED]]
            names += ["…"] if len(others) > _MOST_NAMED else []
            count = "1 more cell" if len(others) == 1 else f"{len(others):,} more cells"
            first.longrepr.addsection(f"the same error in {count}", "\n".join(names))
    return told
