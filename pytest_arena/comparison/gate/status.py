"""How a cell can stand beside that of the baseline."""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal[
    "regressed",
    "error",
    "suspected",
    "insufficient data",
    "incomparable",
    "flaky",
    "fixed",
    "still failing",
    "still passing",
    "new",
    "removed",
]
STATUSES: tuple[Status, ...] = get_args(Status)
"""All statuses, those that ask for attention first."""
