"""What can go wrong: a user's mistake, a provider's failure, and our own bug."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

PARQUET_EXTRA = "pip install 'pytest-arena[parquet]'"
"""The fix where a Parquet file is wanted, in or out, and pyarrow is not there."""


class ArenaError(Exception):
    """The root of every exception that this plugin raises on purpose."""


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A spot in a file: path as the user knows it, line and column counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake of a user: where, what, what was expected, and the fix."""

    what: str
    place: Location | None = None
    expected: str | None = None
    fix: str | None = None

    def __str__(self) -> str:
        lines = [f"{self.place}: {self.what}" if self.place else self.what]
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)


class UserError(ArenaError):
    """Mistakes of a user, all at once and in the order of their places."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        given = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.problems = tuple(sorted(given, key=_by_place))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ArenaFileError(UserError):
    """The mistakes in an arena file and the files that it names."""


class UsageError(UserError):
    """A mistake in an option or in how the run was asked for (exit code 4)."""


class ErrorKind(StrEnum):
    """Why no verdict was reached; the text is what results and reports show."""

    AUTHENTICATION = "authentication"
    INSUFFICIENT_QUOTA = "insufficient_quota"
    RATE_LIMIT = "rate_limit"
    TIMEOUT = "timeout"
    CONTEXT_LENGTH = "context_length"
    CONTENT_FILTER = "content_filter"
    BAD_REQUEST = "bad_request"
    NOT_FOUND = "not_found"
    SERVER = "server"
    CONNECTION = "connection"
    CERTIFICATE = "certificate"
    BAD_RESPONSE = "bad_response"
    MISSING_KEY = "missing_key"
    CONFIGURATION = "configuration"
    PROVIDER_DOWN = "provider_down"
    SYSTEM = "system"
    AGENT = "agent"
    NOT_RECORDED = "not_recorded"
    NETWORK_BLOCKED = "network_blocked"
    OPEN_FILES = "open_files"
    ASSERTION = "assertion"
    PROVIDER = "provider"
    HOOK = "hook"
    SETUP = "setup"
    INTERNAL = "internal"


RETRYABLE = frozenset(
    {ErrorKind.RATE_LIMIT, ErrorKind.TIMEOUT, ErrorKind.SERVER, ErrorKind.CONNECTION}
)
LASTING = frozenset({ErrorKind.AUTHENTICATION, ErrorKind.INSUFFICIENT_QUOTA, ErrorKind.CERTIFICATE})
"""What every further call to the same endpoint would meet again."""


class ProviderError(ArenaError):
    """A provider gave no answer: the failure's kind, HTTP status and Retry-After in seconds.

    `attempts` is how often the provider was called for it. `elsewhere` is set where another
    endpoint of the same provider may answer at once, `disturbed` where another call got in the way
    of this one, which has not failed by itself.

    The message is for people and never holds a key or an auth header.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
        attempts: int = 0,
    ) -> None:
        super().__init__(message)
        self.attempts = attempts
        self.elsewhere = False
        self.disturbed = False
        self.kind = kind
        self.message = message
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def retryable(self) -> bool:
        return self.kind in RETRYABLE


class NetworkBlockedError(OSError):
    """A connection refused under `--arena-block-network`; the message names host and port."""


class BudgetSpent(ArenaError):
    """A call was not made, since a budget is spent; the text says which."""


class TransformError(ArenaError):
    """An answer could not be transformed, so that nothing can be said of it."""


class GuardrailError(ArenaError):
    """A guardrail could not look at a text, so that the trial has no verdict."""


class InternalError(ArenaError):
    """A bug of this plugin; the text asks the user to send it to us."""


def suggest(word: str, known: Iterable[str]) -> str | None:
    """Return a fix that names the known word nearest to a misspelt one, or None."""
    near = nearest(word, known)
    return f"did you mean {near!r}?" if near else None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is nearest to a misspelt one, or None."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return near[0] if near else None


def first_line(text: str) -> str:
    """Return the first line of what somebody says, who may say nothing."""
    return next((line for line in text.splitlines() if line.strip()), "no reason given")


def shorten(text: str, limit: int = 120) -> str:
    """Cut a long text in the middle, so that its beginning and its end stay readable."""
    if len(text) <= limit:
        return text
    head = (limit - 1) * 2 // 3
    return f"{text[:head]}…{text[-(limit - 1 - head) :]}"


def _by_place(problem: Problem) -> tuple[str, int, int]:
    place = problem.place
    return (place.file, place.line, place.column) if place else ("", 0, 0)
