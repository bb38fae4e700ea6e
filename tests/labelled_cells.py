"""Cells whose answers give labels, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from results_files import make_cell

from pytest_arena.results import Cell, Finding, Response, Trial, TrialError, Verdict

BROKEN = "!"
"""Stands for a trial that reached no verdict."""


def labelled_cell(
    case: str, label: str, given: Sequence[str | None], column: str = "m", **more: Any
) -> Cell:
    """Return a cell with a trial for each label that was given; None is an answer without one."""
    trials = tuple(_trial(label, one) for one in given)
    verdicts = {one.verdict for one in trials}
    worst: Verdict = "passed" if verdicts == {"passed"} else "failed"
    worst = "error" if "error" in verdicts else worst
    made = make_cell(case, column, worst)
    return replace(made, trials=trials, label=label, **more)


def _trial(label: str, given: str | None) -> Trial:
    if given == BROKEN:
        return Trial((), verdict="error", error=TrialError("server", "HTTP 500"))
    held = given is not None and given.casefold() == label.casefold()
    verdict: Verdict = "passed" if held else "failed"
    found = Finding("label", "passed" if held else "failed", float(held), "", predicted=given)
    return Trial((), (Response(given or ""),), verdict=verdict, assertions=(found,))
