"""When whoever is asked counts as down, so that other cells fail at once and with one reason."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pytest_arena.errors import LASTING, ErrorKind, ProviderError
from pytest_arena.schema import ProviderSpec

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
_OF_MODEL = _DOWN - {ErrorKind.TIMEOUT}
_OF_ENDPOINT = frozenset({ErrorKind.SERVER, ErrorKind.CONNECTION})


@dataclass(slots=True)
class Outage:
    """Whether one thing that calls go to is down, and what failed in a row of late.

    `notice` is a file in which the processes of a run tell each other; they count together, in a
    file beside it, or each of them would have to learn what another one has been told.
    """

    notice: Path | None = None
    found_by: str = ""
    reason: str | None = None
    _row: list[str] = field(default_factory=list)
    """What failed in a row, where this process is on its own."""
    _answered_at: float = float("-inf")
    """When this process had its last answer."""

    def succeeded(self) -> None:
        self._answered_at = time.monotonic()
        self._row.clear()
        if (shared := self._shared_row) and shared.exists() and shared.stat().st_size:
            # not removed: Windows keeps a file that another process has open
            shared.write_bytes(b"")

    def failed(self, what: str, whose: str, began: float) -> Counter[str]:
        """Add a failure to those in a row; return of whose there are how many of its kind.

        What began before the last answer is in no row.
        """
        if began < self._answered_at:
            return Counter()
        line = f"{what} {whose}"
        if shared := self._shared_row:
            shared.parent.mkdir(parents=True, exist_ok=True)
            with shared.open("ab") as file:
                file.write(f"{line}\n".encode())
            self._row = shared.read_text(encoding="utf-8").splitlines()
        else:
            self._row.append(line)
        row = (one.partition(" ") for one in self._row)
        return Counter(whose for kind, _, whose in row if kind == what)

    @property
    def _shared_row(self) -> Path | None:
        return self.notice and self.notice.with_suffix(".row")

    def begin(self, provider: str, why: str, error: ProviderError) -> None:
        """Count it as down from now on, as the calls of an entry of this name have shown."""
        if self.reason is not None:
            return
        self.found_by, self.reason = provider, f"{why}; the last one said: {error.message}"
        if self.notice is not None and not self.notice.exists():
            self.notice.parent.mkdir(parents=True, exist_ok=True)
            # whole or not at all, whoever reads it
            unfinished = self.notice.with_suffix(f".{os.getpid()}")
            text = f"{self.found_by}\n{self.reason}"
            unfinished.write_text(text, encoding="utf-8", errors="replace")
            try:
                unfinished.replace(self.notice)
            except PermissionError:
                # Windows replaces no file that is open: another process wrote it, and one reads it
                unfinished.unlink()

    def known(self) -> bool:
        """Return whether it is down, as far as any process has found."""
        if self.reason is None and self.notice is not None and self.notice.exists():
            self.found_by, _, self.reason = self.notice.read_text(encoding="utf-8").partition("\n")
        return self.reason is not None


class CircuitBreaker:
    """The calls of one entry of `providers:`, watched; any success starts the counts again.

    Three things can be down, each for all that ask it:

    - the entry itself: three calls in a row failed with all their attempts, or five attempts in a
      row ran into the timeout (each of which has taken its time already), which is the entry's own;
    - the model, with this endpoint and key: three calls in a row met the server's failures or its
      rate, or the key may not ask it (HTTP 403);
    - the endpoint with this key: the key, the account or the certificate is no good, three calls in
      a row found no connection, or three met the server's failures, not all of one model.

    What a call is refused for alone (400, 404, a filter) says nothing of the next one. Neither does
    what failed while others were answered: where one call in a hundred fails for good, a window of
    cells is answered before its last attempt, and then waits for it alone.
    """

    def __init__(
        self, provider: str, model: Outage | None = None, endpoint: Outage | None = None
    ) -> None:
        """Without a `model` and an `endpoint`, they are the entry's alone."""
        self.provider = provider
        self.entry = Outage()
        self.model = model or Outage()
        self.endpoint = endpoint or Outage()
        self._who = "itself"

    @classmethod
    def watching(cls, spec: ProviderSpec, outage_of: Callable[[str], Outage]) -> CircuitBreaker:
        """Return that of an entry, which shares with others what it asks."""
        model = spec.endpoint
        made = cls(spec.name, outage_of(f"model {model}"), outage_of(f"endpoint {spec.account}"))
        made.entry = outage_of(f"entry {spec.name}\n{spec.timeout}\n{model}")
        made._who = sha256(model.encode("utf-8", "replace")).hexdigest()[:16]
        return made

    def succeeded(self) -> None:
        for outage in self._all:
            outage.succeeded()

    def attempt_failed(self, error: ProviderError, began: float = float("inf")) -> None:
        """Count an attempt that began at a time of the monotonic clock, if it timed out."""
        if error.kind is ErrorKind.TIMEOUT:
            timeouts = self.entry.failed(_TIMEOUT, "", began).total()
            if timeouts >= TIMEOUTS_IN_A_ROW:
                said = f"{timeouts} attempts in a row ran into the timeout"
                self.entry.begin(self.provider, said, error)

    def call_failed(self, error: ProviderError, began: float = float("inf")) -> None:
        """Count a call that began at a time and failed with all its attempts."""
        if error.kind in LASTING:
            # a key that is good may lack the right to one model
            one_model = error.kind is ErrorKind.AUTHENTICATION and error.status == 403
            down = self.model if one_model else self.endpoint
            down.begin(self.provider, _WHY[error.kind], error)
            return
        # a lost connection is nobody's: the model was not reached
        whose = "" if error.kind is ErrorKind.CONNECTION else self._who
        for outage, kinds in (
            (self.endpoint, _OF_ENDPOINT),
            (self.model, _OF_MODEL),
            (self.entry, _DOWN),
        ):
            if error.kind not in kinds:
                continue
            calls = outage.failed(_CALL, whose, began)
            one_model = outage is self.endpoint and set(calls) == {self._who}
            # one model alone may be what fails: its endpoint is down where another one does too
            if calls.total() >= CALLS_IN_A_ROW and not one_model:
                said = f"{calls.total()} calls in a row failed with all their attempts"
                outage.begin(self.provider, said, error)

    def check(self) -> None:
        """Raise a `ProviderError` where the provider is down."""
        for outage in self._all:
            if outage.known():
                said = f"provider {self.provider!r} was not called: "
                if outage.found_by != self.provider:
                    said += f"as {outage.found_by!r} found, which asks the same endpoint, "
                raise ProviderError(ErrorKind.PROVIDER_DOWN, f"{said}{outage.reason}")

    @property
    def _all(self) -> tuple[Outage, ...]:
        return self.endpoint, self.model, self.entry
