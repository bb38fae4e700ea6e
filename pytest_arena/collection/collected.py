"""What collecting found, on its way from a worker to the controller."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class CollectedFacts:
    """Hold the ids of all cells of all files (deselected ones included), the report formats that
    files ask for, what is kept of the files in the results (their `gates:` among it), and what
    needed no call."""

    ids: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """Budgets that were exceeded and only warn."""
    arenas: list[dict[str, Any]] = field(default_factory=list)

    answers: dict[str, Any] = field(default_factory=dict)
    """What was answered without a call, in this process alone."""

    def to_text(self) -> str:
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_text(cls, text: str) -> CollectedFacts:
        return cls(**json.loads(text))
