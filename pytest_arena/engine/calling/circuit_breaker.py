"""When a provider counts as down, so that its other cells fail at once and with one reason."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pytest_arena.errors import LASTING, ErrorKind, ProviderError

CALLS_IN_A_ROW = 3
TIMEOUTS_IN_A_ROW = 5
_WHY = {
    ErrorKind.AUTHENTICATION: "its key was not accepted",
    ErrorKind.INSUFFICIENT_QUOTA: "its account has no quota or credit left",
    ErrorKind.CERTIFICATE: "its certificate is not trusted",
}
"""What each of the lasting failures says of a provider."""
_DOWN = frozenset({ErrorKind.TIMEOUT, ErrorKind.SERVER, ErrorKind.CONNECTION, ErrorKind.RATE_LIMIT})


_CALL = b"c"
_TIMEOUT = b"t"


@dataclass(slots=True)
class CircuitBreaker:
    """The calls of one provider, watched; any success starts the count again.

    Down means: its key, its account or its certificate is no good, or three calls in a row failed
    with all their attempts, or five attempts in a row ran into the timeout (each of which has
    taken its time already).
    `notice` is a file in which the processes of a run tell each other; they count together, in a
    file beside it, or each of them would have to learn what another one has been told.
    """

    provider: str
    reason: str | None = None
    notice: Path | None = None
    _row: bytes = b""
    """What failed in a row, where this process is on its own."""

    def succeeded(self) -> None:
        self._row = b""
        if (shared := self._shared_row) and shared.exists() and shared.stat().st_size:
            # not removed: Windows keeps a file that another process has open
            shared.write_bytes(b"")

    def attempt_failed(self, error: ProviderError) -> None:
        if error.kind is ErrorKind.TIMEOUT:
            timeouts = self._count(_TIMEOUT)
            if timeouts >= TIMEOUTS_IN_A_ROW and not self.reason:
                self._down(f"{timeouts} attempts in a row ran into the timeout", error)

    def call_failed(self, error: ProviderError) -> None:
        """Count a call that failed with all its attempts."""
        if error.kind in LASTING:
            self._down(_WHY[error.kind], error)
        elif error.kind in _DOWN:
            calls = self._count(_CALL)
            if calls >= CALLS_IN_A_ROW and not self.reason:
                self._down(f"{calls} calls in a row failed with all their attempts", error)

    def check(self) -> None:
        """Raise a `ProviderError` where the provider is down."""
        if self.reason is None and self.notice is not None and self.notice.exists():
            self.reason = self.notice.read_text(encoding="utf-8")
        if self.reason:
            raise ProviderError(ErrorKind.PROVIDER_DOWN, self.reason)

    @property
    def _shared_row(self) -> Path | None:
        return self.notice and self.notice.with_suffix(".row")

    def _count(self, what: bytes) -> int:
        """Add a failure to those in a row, and return how many there are of its kind."""
        if shared := self._shared_row:
            shared.parent.mkdir(parents=True, exist_ok=True)
            with shared.open("ab") as file:
                file.write(what)
            self._row = shared.read_bytes()
        else:
            self._row += what
        return self._row.count(what)

    def _down(self, why: str, error: ProviderError) -> None:
        self.reason = (
            f"provider {self.provider!r} was not called: {why}; the last one said: {error.message}"
        )
        if self.notice is not None and not self.notice.exists():
            self.notice.parent.mkdir(parents=True, exist_ok=True)
            # whole or not at all, whoever reads it
            unfinished = self.notice.with_suffix(f".{os.getpid()}")
            unfinished.write_text(self.reason, encoding="utf-8", errors="replace")
            unfinished.replace(self.notice)
