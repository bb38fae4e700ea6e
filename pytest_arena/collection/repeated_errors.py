"""The same error or failure in many cells, told once in the terminal, with a count."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

_MOST_NAMED = 10


class RepeatedErrors:
    """The reports of cells that did not pass, of which those that say the same are shown once.

    Errors are alike over all columns, failures those of one column alone.

    JUnit and the short summary go on to name every cell.
    """

    def __init__(self) -> None:
        self._every: dict[str, list[Any]] = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        stats = terminalreporter.stats
        self._every = {kind: stats[kind] for kind in ("error", "failed") if kind in stats}
        stats.update({kind: _told_once(reports) for kind, reports in self._every.items()})
        return (yield)

    def put_back(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Let what follows the blocks count and name every report."""
        terminalreporter.stats.update(self._every)


def _told_once(reports: list[Any]) -> list[Any]:
    """Return the reports without those that repeat an earlier one, which then names them."""
    told: list[Any] = []
    alike: dict[tuple[str, str, str], list[Any]] = {}
    for report in reports:
        crash = getattr(report.longrepr, "reprcrash", None)
        verdict = getattr(report, "arena_verdict", None)
        if crash is None or verdict is None:
            told.append(report)
            continue
        column = report.nodeid.rpartition("[")[2] if verdict == "failed" else ""
        same = alike.setdefault((verdict, crash.message, column), [])
        if not same:
            told.append(report)
        same.append(report)
    words = {"failed": "failure"}
    for (verdict, *_), (first, *others) in alike.items():
        if others:
            names = [report.nodeid for report in others[:_MOST_NAMED]]
            names += ["…"] if len(others) > _MOST_NAMED else []
            count = "1 more cell" if len(others) == 1 else f"{len(others):,} more cells"
            said = f"the same {words.get(verdict, verdict)} in {count}"
            first.longrepr.addsection(said, "\n".join(names))
    return told
