"""Answers of cells that passed, on the terminal as they come (`pytest -s`)."""

from __future__ import annotations

from typing import Any

import pytest

ANSWER = "arena answer"
"""The section of a report in which the answer of a cell stands that passed."""


def shows_answers(config: pytest.Config) -> bool:
    """Return whether answers are shown at all: under `-s`, `-rP` and `-rA`."""
    # an option is missing where its plug-in is, as under `-p no:terminal`
    chosen = getattr(config.option, "reportchars", "")
    return "P" in chosen or "A" in chosen or shows_at_once(config)


def shows_at_once(config: pytest.Config) -> bool:
    """Return whether what tests print is shown at once."""
    return bool(getattr(config.option, "capture", "no") == "no")


class ShownAnswers:
    """Writes the answer of each cell that passed when its report comes."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        for title, text in report.sections:
            if title == ANSWER and terminal is not None:
                terminal.ensure_newline()
                if terminal._tw.width_of_current_line:
                    # the dots of xdist belong to no file, which that looks for
                    terminal.line("")
                terminal.write_line(report.nodeid.partition("::")[2])
                terminal.write_line(text)
