"""What a process tells of what it collected, and of what needed no call."""

from __future__ import annotations

import json
from dataclasses import asdict, field
from typing import Any

from pytest_arena.light_dataclass import dataclass


@dataclass(slots=True)
class CollectionReport:
    """The ids of all cells of all files (deselected ones included), the report formats that
    files ask for, what is kept of the files in the results (their `gates:` among it), and what
    needed no call."""

    ids: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """Budgets that were exceeded and only warn."""
    notes: list[str] = field(default_factory=list)
    """What a process has to say of its calls as a whole."""
    arenas: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    """What was answered without a call, in this process alone."""
    calls_taken: int = 0
    """How many calls of conversations an interrupted run had made, so that they were not made
    again; in this process alone."""
    held: list[dict[str, Any]] = field(default_factory=list)
    """The reports of this process's cells that the gate has not decided on."""
    tests: list[str] = field(default_factory=list)
    """The Python tests that make cells."""
    parts: list[str] = field(default_factory=list)
    """The files of which single tests were asked for, so that others of them are not known."""

    came_upon_arenas: bool | None = None
    """Whether pytest met an arena file, whatever was selected of it; None where nobody has told."""

    shard: dict[str, Any] = field(default_factory=dict)
    """What was dealt to the shards of a run in parts."""

    unstored: dict[str, str] = field(default_factory=dict)
    """The lines of the cells that this process could not store, by their ids."""
    unwritable: dict[str, Any] | None = None
    """The problem for which this process ran no further cell."""

    def to_text(self) -> str:
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_text(cls, text: str) -> CollectionReport:
        return cls(**json.loads(text))
