"""What the processes of a run tell each other by files that are there, beside the shared table."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

STOPPED = "stopped"
"""The file that is there when a run was interrupted."""


class Notices:
    """The files beside the table of a run; none where a process is on its own.

    They are looked for before every call, so that each is named once.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stopped = path and path.with_name(STOPPED)
        self._of_rates: dict[str, Path | None] = {}

    @property
    def stopped(self) -> bool:
        """Whether the run was interrupted, as its controller tells all workers of this machine."""
        return self._stopped is not None and self._stopped.exists()

    def of_outage(self, who: str) -> Path | None:
        """Return the file that says that an entry is down."""
        return self._file("down", who)

    def of_rate(self, endpoint: str) -> Path | None:
        """Return the file that is there once the table says what a process has learnt of the rate
        of an endpoint."""
        if endpoint not in self._of_rates:
            self._of_rates[endpoint] = self._file("rate", endpoint)
        return self._of_rates[endpoint]

    def _file(self, kind: str, who: str) -> Path | None:
        if self._path is None:
            return None
        name = sha256(who.encode("utf-8", "replace")).hexdigest()[:16]
        return self._path.with_name(f"{kind}-{name}")
