"""Which cells fail a run, by what is written of them and of its options alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.results.cell import Cell

_STRICTEST = ("any", "drift", "regression", "gates", "none")


def fails_run(cell: Cell, options: Mapping[str, Any]) -> bool:
    """Return whether a cell makes a run with these options red, whatever pytest made of it.

    A failure may be expected (`xfail`), or excused by `--arena-fail-on`; without a verdict nothing
    is expected, and only `none` excuses it.
    """
    fail_on = fail_on_of(options)
    if fail_on == "none" or cell.verdict not in ("failed", "error") or cell.is_xfailed:
        return False
    if cell.verdict == "error" or fail_on == "any":
        return True
    if fail_on == "gates" or cell.standing is None:
        return False
    return cell.standing.status in fatal_statuses(fail_on, str(options.get("blind", "fail")))


def fatal_statuses(fail_on: str, blind: str) -> tuple[str, ...]:
    """Return the standings beside a baseline that fail a cell under a `--arena-fail-on` that
    compares."""
    found = ["regressed", "error"]
    if blind != "warn":
        found.append("blind")
    if fail_on == "drift":
        found.append("drifted")
    return tuple(found)


def fail_on_of(options: Mapping[str, Any]) -> str:
    """Return what fails the run: the strictest, where shards differ."""
    given = options.get("fail_on", "any")
    named = given if isinstance(given, list) else [given]
    return next((word for word in _STRICTEST if word in named), "any")
