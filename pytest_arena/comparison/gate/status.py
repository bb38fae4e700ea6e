"""How a cell can stand beside that of the baseline."""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal[
    "regressed",
    "error",
    "blind",
    "suspected",
    "drifted",
    "insufficient data",
    "incomparable",
    "flaky",
    "fixed",
    "xfailed",
    "still failing",
    "still passing",
    "new",
    "removed",
]
STATUSES: tuple[Status, ...] = get_args(Status)
"""All statuses, those that ask for attention first."""
NOT_COMPARED: tuple[Status, ...] = ("error", "insufficient data", "incomparable", "new", "removed")
"""The statuses of cells that could not be held against the baseline."""
