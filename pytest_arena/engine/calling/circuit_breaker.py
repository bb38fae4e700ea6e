"""When a provider counts as down, so that its other cells fail at once and with one reason."""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from dataclasses import field
from pathlib import Path

from pytest_arena.errors import LASTING, ErrorKind, ProviderError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.real_time import real_time

CALLS_IN_A_ROW = 3
TIMEOUTS_IN_A_ROW = 5
_WHY = {
    ErrorKind.AUTHENTICATION: "its key was not accepted",
    ErrorKind.INSUFFICIENT_QUOTA: "its account has no quota or credit left",
    ErrorKind.CERTIFICATE: "its certificate is not trusted",
}
"""What each of the lasting failures says of a provider."""
_DOWN = frozenset({ErrorKind.TIMEOUT, ErrorKind.SERVER, ErrorKind.CONNECTION, ErrorKind.RATE_LIMIT})
_CALL, _TIMEOUT = "call", "timeout"
_TIME = struct.Struct("<d")


@dataclass(slots=True)
class CircuitBreaker:
    """The calls of one entry of `providers:`, under all its variants, watched.

    The entry is down where the key, the account or the certificate is no good; where three calls in
    a row failed with all their attempts; and after five attempts in a row that ran into the
    timeout, each of which has taken its time already. Any success starts the counts again. Other
    entries find out for themselves, which takes them three calls: they may have rights, a timeout
    or servers of their own.

    What a call is refused for alone (400, 404, a filter) says nothing of the next one. Neither does
    what failed while others were answered: where one call in a hundred fails for good, a window of
    cells is answered before its last attempt, and then waits for it alone.

    `notice` is a file in which the processes of a run tell each other; they count together, in
    files beside it, or each of them would have to learn what another one has been told. Where
    nothing can be written, each of them does.
    """

    provider: str
    notice: Path | None = None
    reason: str | None = None
    """Why it is down, once that is known here."""
    _row: list[str] = field(default_factory=list)
    """What failed in a row, as far as this process knows."""
    _answered_at: float = float("-inf")
    """When there was an answer last, as far as this process knows."""
    _shared_row: Path | None = field(init=False)
    """What failed in a row in all processes."""
    _shared_answer: Path | None = field(init=False)
    """When any process had its last answer, by the clock of the machine. It is there from the first
    failed attempt on: most runs write nothing for an answer."""

    def __post_init__(self) -> None:
        self._shared_row = self.notice and self.notice.with_suffix(".row")
        self._shared_answer = self.notice and self.notice.with_suffix(".answer")

    def succeeded(self) -> None:
        self._answered_at = real_time.monotonic()
        self._row.clear()
        if self._shared_row is None or self._shared_answer is None:
            return
        with suppress(OSError):
            with self._shared_answer.open("r+b") as file:
                file.write(_TIME.pack(self._answered_at))
            if self._shared_row.stat().st_size:
                # not removed: Windows keeps a file that another process has open
                self._shared_row.write_bytes(b"")

    def attempt_failed(self, error: ProviderError, began: float = float("inf")) -> None:
        """Hear of a failed attempt that began at a time of the monotonic clock; count it, if it
        timed out."""
        if self._shared_answer is not None:
            with suppress(OSError):
                self._shared_answer.parent.mkdir(parents=True, exist_ok=True)
                self._shared_answer.touch()
        if error.kind is ErrorKind.TIMEOUT:
            timeouts = self._in_a_row(_TIMEOUT, began)
            if timeouts >= TIMEOUTS_IN_A_ROW:
                self._down(f"{timeouts} attempts in a row ran into the timeout", error)

    def call_failed(self, error: ProviderError, began: float = float("inf")) -> None:
        """Count a call that began at a time and failed with all its attempts."""
        if error.kind in LASTING:
            self._down(_WHY[error.kind], error)
        elif error.kind in _DOWN:
            calls = self._in_a_row(_CALL, began)
            if calls >= CALLS_IN_A_ROW:
                self._down(f"{calls} calls in a row failed with all their attempts", error)

    def has_answered_since(self, began: float) -> bool:
        """Return whether there was an answer after a time of the monotonic clock, here or, as far
        as that is known, in another process."""
        if self._shared_answer is not None and not began < self._answered_at:
            self._answered_at = max(self._answered_at, _time_in(self._shared_answer))
        return began < self._answered_at

    def check(self) -> None:
        """Raise a `ProviderError` where the provider is down, as far as any process has found."""
        if self.reason is None and self.notice is not None and self.notice.exists():
            self.reason = self.notice.read_text(encoding="utf-8")
        if self.reason is not None:
            raise ProviderError(ErrorKind.PROVIDER_DOWN, self.reason)

    def _in_a_row(self, what: str, began: float) -> int:
        """Add a failure to those in a row; return how many of its kind there are.

        What began before the last answer is in no row.
        """
        if self.has_answered_since(began):
            return 0
        self._row.append(what)
        if shared := self._shared_row:
            with suppress(OSError):
                shared.parent.mkdir(parents=True, exist_ok=True)
                with shared.open("ab") as file:
                    file.write(f"{what}\n".encode())
                self._row = shared.read_text(encoding="utf-8").splitlines()
        return self._row.count(what)

    def _down(self, why: str, error: ProviderError) -> None:
        if self.reason is not None:
            return
        self.reason = (
            f"provider {self.provider!r} was not called: {why}; the last one said: {error.message}"
        )
        if self.notice is not None and not self.notice.exists():
            with suppress(OSError):
                self._tell(self.notice, self.reason)

    def _tell(self, notice: Path, reason: str) -> None:
        """Write a notice, whole or not at all, whoever reads it."""
        notice.parent.mkdir(parents=True, exist_ok=True)
        unfinished = notice.with_suffix(f".{os.getpid()}")
        unfinished.write_text(reason, encoding="utf-8", errors="replace")
        try:
            unfinished.replace(notice)
        except PermissionError:
            # Windows replaces no file that is open: another process wrote it, and one reads it
            unfinished.unlink()


def _time_in(file: Path) -> float:
    """Return the time that a file says; minus infinity where it says none yet."""
    try:
        return float(_TIME.unpack(file.read_bytes())[0])
    except (OSError, struct.error):
        return float("-inf")
