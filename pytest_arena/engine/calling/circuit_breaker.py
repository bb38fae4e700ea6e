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


@dataclass(slots=True)
class CircuitBreaker:
    """The calls of one provider, watched; any success starts the count again.

    Down means: its key, its account or its certificate is no good, or three calls in a row failed
    with all their attempts, or five attempts in a row ran into the timeout (each of which has
    taken its time already).
    `notice` is a file in which the processes of a run tell each other.
    """

    provider: str
    calls: int = 0
    timeouts: int = 0
    last: ProviderError | None = None
    reason: str | None = None
    notice: Path | None = None

    def succeeded(self) -> None:
        self.calls = self.timeouts = 0

    def attempt_failed(self, error: ProviderError) -> None:
        if error.kind is ErrorKind.TIMEOUT:
            self.timeouts += 1
            if self.timeouts >= TIMEOUTS_IN_A_ROW and not self.reason:
                self._down(f"{self.timeouts} attempts in a row ran into the timeout", error)

    def call_failed(self, error: ProviderError) -> None:
        """Count a call that failed with all its attempts."""
        if error.kind in LASTING:
            self._down(_WHY[error.kind], error)
        elif error.kind in _DOWN:
            self.calls += 1
            if self.calls >= CALLS_IN_A_ROW and not self.reason:
                self._down(f"{self.calls} calls in a row failed with all their attempts", error)

    def check(self) -> None:
        """Raise a `ProviderError` where the provider is down."""
        if self.reason is None and self.notice is not None and self.notice.exists():
            self.reason = self.notice.read_text(encoding="utf-8")
        if self.reason:
            raise ProviderError(ErrorKind.PROVIDER_DOWN, self.reason)

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
