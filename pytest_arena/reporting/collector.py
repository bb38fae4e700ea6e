"""The collector that a run's traces are sent to: OTLP over HTTP, as JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from pytest_arena.errors import shorten
from pytest_arena.real_time import real_time
from pytest_arena.text.numbers import counted
from pytest_arena.text.printable import printable
from pytest_arena.text.redaction import Redactor

_PATH = "/v1/traces"
_MOST_BYTES = 2_000_000
"""Of one request, as far as a single trace allows: collectors refuse what is very large."""
_REQUEST_S = 10.0
_ALL_S = 60.0
"""How long the end of a run may wait for a collector."""
_TRIES = 3
_LONGEST_PAUSE_S = 5.0
_MAY_PASS = frozenset((429, 502, 503, 504))
_LONGEST_WORDS = 200


def collector_for(
    endpoint: str | None, variables: Mapping[str, str], *, asked: bool
) -> Collector | None:
    """Return the collector that traces go to: the option's, else, where traces are `asked` for,
    the one that OpenTelemetry's variables name."""
    own = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
    url = None
    if endpoint:
        url = _with_path(endpoint)
    elif asked and variables.get("OTEL_SDK_DISABLED", "").lower() != "true":
        common = variables.get("OTEL_EXPORTER_OTLP_ENDPOINT")
        url = variables.get(own) or (common and _with_path(common))
    if not url:
        return None
    headers = variables.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS")
    return Collector(url, _headers(headers or variables.get("OTEL_EXPORTER_OTLP_HEADERS", "")))


class Collector:
    """A receiver of traces; what goes wrong there is told, and costs nothing else."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = real_time.monotonic,
    ) -> None:
        self._url = url
        self._headers = {**headers, "Content-Type": "application/json"}
        self._sleep = sleep
        self._clock = clock
        self._hidden = Redactor()
        for value in headers.values():
            for part in (value, *value.split()):
                self._hidden.add(part)

    def send(self, traces: Iterable[Mapping[str, Any]]) -> str:
        """Send traces, and return in a line what became of them."""
        end = self._clock() + _ALL_S
        sent = rejected = 0
        words = why = ""
        every = list(traces)
        for count, body in _requests(every):
            try:
                refused, words = self._post(body, end)
            except (OSError, HTTPException, ValueError) as error:
                # ValueError: of a URL that no request can be made of
                why = _reason(error)
                break
            sent += count
            rejected += refused
        where = f"{counted(sent, 'trace')} sent to {self._name}"
        if why:
            what = "the traces" if sent == 0 else f"{len(every) - sent} of {len(every)} traces"
            where = f"{what} could not be sent to {self._name}: {why}"
        if rejected:
            where += f", which rejected {counted(rejected, 'span')}: {words}"
        elif words and not why:
            where += f", which says: {words}"
        return "otlp: " + printable(self._hidden.clean(where))

    @property
    def _name(self) -> str:
        try:
            address = urlsplit(self._url)
            port = f":{address.port}" if address.port else ""
        except ValueError:
            return "the collector"
        return f"{address.hostname}{port}" if address.hostname else "the collector"

    def _post(self, body: bytes, end: float) -> tuple[int, str]:
        """Return how many spans were rejected, and why; what may pass is tried again."""
        if urlsplit(self._url).scheme not in ("http", "https"):
            raise ValueError("its URL begins neither with http:// nor with https://")
        opener = build_opener(_NoRedirects)
        for left in range(_TRIES - 1, -1, -1):
            if self._clock() >= end:
                raise TimeoutError(f"it took more than {_ALL_S:.0f} s")
            try:
                return self._posted(opener, body)
            except HTTPError as error:
                if error.code not in _MAY_PASS or not left:
                    raise
                self._sleep(_pause_s(error.headers.get("Retry-After")))
        raise AssertionError("the last try returns or raises")

    def _posted(self, opener: OpenerDirector, body: bytes) -> tuple[int, str]:
        request = Request(self._url, body, self._headers, method="POST")  # noqa: S310 - checked
        with opener.open(request, timeout=_REQUEST_S) as response:
            said = response.read(_MOST_BYTES)
        try:
            partial = json.loads(said or b"{}").get("partialSuccess") or {}
            return int(partial.get("rejectedSpans") or 0), _short(partial.get("errorMessage"))
        except (ValueError, TypeError, AttributeError, RecursionError):
            # it took them; what it says of that is in no form that is known
            return 0, ""


class _NoRedirects(HTTPRedirectHandler):
    """No way to another place, where headers with keys would go along."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def _requests(traces: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, bytes]]:
    """Yield requests of a moderate size, each with how many traces it holds."""
    held: list[bytes] = []
    size = 0
    for one in traces:
        (of_run,) = one["resourceSpans"]
        text = json.dumps(of_run, ensure_ascii=False, allow_nan=False)
        part = text.encode("utf-8", "replace")
        if held and size + len(part) > _MOST_BYTES:
            yield len(held), _joined(held)
            held, size = [], 0
        held.append(part)
        size += len(part)
    if held:
        yield len(held), _joined(held)


def _joined(parts: list[bytes]) -> bytes:
    return b'{"resourceSpans": [' + b", ".join(parts) + b"]}"


def _with_path(endpoint: str) -> str:
    base = endpoint.rstrip("/")
    return base if base.endswith(_PATH) else base + _PATH


def _headers(text: str) -> dict[str, str]:
    """Return the headers of OpenTelemetry's variable: `name=value,name=value`, URL-encoded."""
    pairs = (part.partition("=") for part in text.split(","))
    return {unquote(name.strip()): unquote(value.strip()) for name, _, value in pairs if value}


def _pause_s(retry_after: str | None) -> float:
    try:
        return min(max(float(retry_after or 1), 0.0), _LONGEST_PAUSE_S)
    except ValueError:
        # a date, which few collectors write
        return 1.0


def _reason(error: Exception) -> str:
    if not isinstance(error, HTTPError):
        inner = getattr(error, "reason", None)
        return _short(inner if inner is not None else error) or type(error).__name__
    try:
        words = error.read(_MOST_BYTES).decode("utf-8", "replace")
    except (OSError, HTTPException):
        words = ""
    return f"HTTP {error.code} {_short(words) or error.reason}".rstrip()


def _short(value: Any) -> str:
    return shorten(" ".join(str(value or "").split()), _LONGEST_WORDS)
