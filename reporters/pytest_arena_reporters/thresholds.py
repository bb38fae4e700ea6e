"""The entries of `gates:` as reports tell them: the broken ones first."""

from __future__ import annotations

from pytest_arena.results import RunResult
from pytest_arena.results.run import ThresholdFinding

MARKS = {"passed": "✓", "failed": "✕", "error": "!"}
_ORDER = {"failed": 0, "error": 1, "passed": 2}


def limits_of(run: RunResult) -> list[ThresholdFinding]:
    """Return the limits of a run: broken ones, those that could not be checked, those that hold;
    of each, the ones that fail the run before those that warn."""
    return sorted(run.limits, key=lambda limit: (_ORDER[limit.verdict], limit.action == "warn"))


def told(limit: ThresholdFinding) -> str:
    """Say in a line what became of a limit."""
    return f"a gate of {limit.file} {limit.state}: {limit.reason}"
