"""What the processes of a run tell each other by files that are there, beside the shared table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from pytest_arena.schema import ProviderSpec

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

    def of_provider(self, spec: ProviderSpec) -> Path | None:
        """Return the file that says that a provider is down."""
        return self._file(
            "down", f"{spec.name}\n{spec.full_model}\n{spec.host}\n{spec.api_key_env}"
        )

    def of_rate(self, spec: ProviderSpec) -> Path | None:
        """Return the file that is there once the table says what a process has learnt of the rate
        of an endpoint."""
        return self._file("rate", spec.endpoint)

    def _file(self, kind: str, who: str) -> Path | None:
        if self.path is None:
            return None
        return self.path.with_name(f"{kind}-{crc32(who.encode('utf-8', 'replace')):08x}")
