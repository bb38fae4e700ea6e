"""What the processes of a run tell each other by files that are there, beside the shared table."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from pytest_arena.light_dataclass import dataclass

STOPPED = "stopped"
"""The file that is there when a run was interrupted."""


@dataclass(frozen=True, slots=True)
class Notices:
    """The files beside the table of a run; none where a process is on its own."""

    path: Path | None

    @property
    def stopped(self) -> bool:
        """Whether the run was interrupted, as its controller tells all workers of this machine."""
        return self.path is not None and self.path.with_name(STOPPED).exists()

    def of_outage(self, who: str) -> Path | None:
        """Return the file that says that an entry is down."""
        return self._file("down", who)

    def of_rate(self, endpoint: str) -> Path | None:
        """Return the file that is there once the table says what a process has learnt of the rate
        of an endpoint."""
        return self._file("rate", endpoint)

    def _file(self, kind: str, who: str) -> Path | None:
        if self.path is None:
            return None
        name = sha256(who.encode("utf-8", "replace")).hexdigest()[:16]
        return self.path.with_name(f"{kind}-{name}")
