"""One entry of a recording: a request and what came of it, as a line of JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import NonNegativeInt

from pytest_arena.errors import LASTING, RETRYABLE, ErrorKind, ProviderError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.request_response import Response, Source
from pytest_arena.results.serialize import read, record_of, response_from_record

FORMAT = 1
_OF_THE_REQUEST = frozenset(
    {
        ErrorKind.CONTEXT_LENGTH,
        ErrorKind.CONTENT_FILTER,
        ErrorKind.BAD_REQUEST,
        ErrorKind.NOT_FOUND,
        ErrorKind.BAD_RESPONSE,
    }
)
"""Failures that the same request would meet again."""
_OF_THE_CALL = RETRYABLE | LASTING | {ErrorKind.SYSTEM}
"""Failures that another call may not meet."""
_VARIES = frozenset({"latency_ms", "first_token_ms", "attempts"})
"""What differs between two calls with the same answer."""


@dataclass(frozen=True, slots=True)
class RecordedError:
    """A failure as an entry holds it."""

    kind: str
    message: str
    status: NonNegativeInt | None = None
    attempts: NonNegativeInt = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry must hold: the request, and either the answer or the failure."""

    key: str
    request: Mapping[str, Any]
    response: Response | None = None
    error: RecordedError | None = None


def check_entry(record: Mapping[str, Any]) -> None:
    """Raise `ShapeError` if a line of a recording cannot be read."""
    read(Entry, json.dumps(record))


def entry_of(
    key: str, facts: Mapping[str, Any], outcome: Response | ProviderError
) -> dict[str, Any]:
    """Return an entry's record."""
    record: dict[str, Any] = {"key": key, "format": FORMAT, "request": dict(facts)}
    if isinstance(outcome, Response):
        record["response"] = answer_record(outcome)
    else:
        record["error"] = {
            "kind": str(outcome.kind),
            "message": outcome.message,
            "status": outcome.status,
            "attempts": outcome.attempts,
        }
    return record


def answer_record(response: Response) -> dict[str, Any]:
    """Return an answer without its source, which says where a run had it from."""
    return {name: value for name, value in record_of(response).items() if name != "source"}


def answer_from_record(record: Mapping[str, Any], source: Source) -> Response:
    """Return a kept answer, marked by its source."""
    return response_from_record({**record, "source": source}, "response")


def failure_from_record(error: Mapping[str, Any]) -> ProviderError:
    """Return a recorded failure; a kind that this version does not know is a bad response."""
    known = error["kind"] in set(ErrorKind)
    return ProviderError(
        ErrorKind(error["kind"]) if known else ErrorKind.BAD_RESPONSE,
        error["message"],
        status=error.get("status"),
        attempts=error.get("attempts", 0),
    )


def is_worth_keeping(outcome: Response | ProviderError) -> bool:
    """Return whether an outcome came from the provider; what stopped a call before it did not."""
    if isinstance(outcome, Response):
        return True
    return outcome.kind in _OF_THE_REQUEST | _OF_THE_CALL and outcome.attempts > 0


def may_differ_next_time(record: Mapping[str, Any]) -> bool:
    """Return whether an entry holds a failure of the call rather than of the request."""
    return "error" in record and record["error"]["kind"] in _OF_THE_CALL


def better(old: Mapping[str, Any] | None, new: dict[str, Any]) -> Mapping[str, Any]:
    """Return the entry that stays when a key has been recorded again.

    The old one where both say the same, so that nothing changes in the file; the old answer
    rather than a failure that may pass.
    """
    if old is None:
        return new
    if "response" in old and may_differ_next_time(new):
        return old
    return old if _said(old) == _said(new) else new


def _said(record: Mapping[str, Any]) -> Any:
    if "error" in record:
        # providers put times and request ids into their messages
        return record["error"]["kind"], record["error"].get("status")
    # what is not there and what is empty say the same
    answer = record["response"]
    said = {name: value for name, value in answer.items() if name not in _VARIES and value}
    calls = record["response"].get("tool_calls", ())
    said["tool_calls"] = [{**call, "id": "", "latency_ms": None} for call in calls]
    return said
