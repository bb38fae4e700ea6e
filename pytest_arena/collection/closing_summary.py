"""The arena's summary at the very end of pytest's output."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from pytest_arena.collection.results_collector import ResultsCollector


class ClosingSummary:
    """Writes the summary after pytest's own, where the eye ends, however many failures there are.

    It wraps all that others write, pytest's short summary too.
    """

    def __init__(self, results_collector: ResultsCollector) -> None:
        self._results_collector = results_collector

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        yield
        self._results_collector.write_summary(terminalreporter)
