"""How a provider's failure is told: one kind and one text, whichever client met it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_arena.errors import ErrorKind, ProviderError, shorten
from pytest_arena.providers.rate_headers import allowance_from, parse_retry_after
from pytest_arena.text.key_patterns import REDACTED, hide_keys

SAID = {
    ErrorKind.AUTHENTICATION: "authentication failed",
    ErrorKind.INSUFFICIENT_QUOTA: "no quota or credit is left",
    ErrorKind.RATE_LIMIT: "rate limited",
    ErrorKind.TIMEOUT: "timed out",
    ErrorKind.CONTEXT_LENGTH: "the prompt is longer than the model's context",
    ErrorKind.CONTENT_FILTER: "blocked by the provider's content filter",
    ErrorKind.BAD_REQUEST: "the provider refused the request",
    ErrorKind.NOT_FOUND: "no such model or endpoint",
    ErrorKind.SERVER: "the provider failed",
    ErrorKind.CONNECTION: "the connection failed",
    ErrorKind.CERTIFICATE: "the endpoint's certificate is not trusted",
    ErrorKind.BAD_RESPONSE: "the provider's answer cannot be read",
    ErrorKind.CONFIGURATION: "the provider cannot be used",
    ErrorKind.NETWORK_BLOCKED: "the network is blocked",
}
_CONTEXT = re.compile(
    r"context_length_exceeded|context[ _](length|window|size)|maximum context|prompt is too long"
    r"|input token count.*exceeds|exceeds the maximum number of tokens|too many (input )?tokens"
    r"|input is too long|reduce the length of the (messages|prompt)",
    re.IGNORECASE | re.DOTALL,
)
_FILTER = re.compile(
    r"content_(filter|policy)|content[ -](filter|management|policy)|content filtering"
    r"|responsible ?ai|PROHIBITED_CONTENT|blocked (by|due to|for) safety|safety system",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(r"API_KEY_INVALID|api key (not valid|expired)|invalid api key", re.IGNORECASE)
_NO_QUOTA = re.compile(
    r"insufficient_(?:quota|credits|balance)|billing_hard_limit|credit balance is too low",
    re.IGNORECASE,
)
"""The codes alone: Gemini says "exceeded your current quota" of a minute's requests as well."""
_RETRY_DELAY = re.compile(r'"retryDelay":\s*"(\d+(?:\.\d+)?)s"')
_PREFIX = re.compile(r"^(?:litellm\.)?\w*(?:Error|Exception|Timeout)(?: \w+Error)?(?::| -)\s*")
_SUFFIX = re.compile(r"\.? Handle with `litellm\.\w+`\.$")
_UNREADABLE = frozenset(
    {
        "JSONDecodeError",
        "UnicodeDecodeError",
        "DecodingError",
        "ValidationError",
        "KeyError",
        "IndexError",
        "TypeError",
        "AttributeError",
        "RecursionError",
        "JsonBoundError",
    }
)
_TRACEBACK = re.compile(r"\s*Traceback \(most recent call last\)")
"""litellm's own, which it adds to what it says."""
_LIMIT = 200
_READ = 20_000
"""Characters of an error's body that are looked at for the words in it."""


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Replace known secrets, and what looks like a key or the rest of one, by `[REDACTED]`."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, REDACTED)
    return hide_keys(text, quoted=True)


def failure(
    kind: ErrorKind,
    detail: str = "",
    *,
    status: int | None = None,
    retry_after_s: float | None = None,
    secrets: Iterable[str] = (),
) -> ProviderError:
    """Build the error of a kind, with the provider's own words cut at 200 characters."""
    said = SAID[kind] + (f" (HTTP {status})" if status else "")
    words = shorten(" ".join(redact(detail[:_READ], secrets).split()), _LIMIT)
    text = f"{said}: {words}" if words else said
    return ProviderError(kind, text, status=status, retry_after_s=retry_after_s)


def http_failure(
    status: int, body: str, headers: Mapping[str, str], secrets: Iterable[str] = ()
) -> ProviderError:
    """Build the error of an HTTP answer that is none: of its status, body and headers."""
    body = body[:_READ]
    wait = parse_retry_after(headers)
    if wait is None and (delay := _RETRY_DELAY.search(body)):
        wait = float(delay[1])
    if wait is None and status == 429:
        allowance = allowance_from(headers)
        wait = allowance.wait_s if allowance else None
    return failure(
        kind_of(status, body),
        provider_words(body),
        status=status,
        retry_after_s=wait,
        secrets=secrets,
    )


def kind_of(status: int, body: str) -> ErrorKind:
    """Tell the kind of an HTTP status, told apart further by what the body says."""
    if status == 402 or (status in (400, 403, 429) and _NO_QUOTA.search(body)):
        return ErrorKind.INSUFFICIENT_QUOTA
    if status in (401, 403):
        return ErrorKind.AUTHENTICATION
    if status == 429:
        return ErrorKind.RATE_LIMIT
    if status >= 500:
        return ErrorKind.SERVER
    if status == 404:
        return ErrorKind.NOT_FOUND
    if status == 408:
        return ErrorKind.TIMEOUT
    if _BAD_KEY.search(body):
        return ErrorKind.AUTHENTICATION
    if _FILTER.search(body):
        return ErrorKind.CONTENT_FILTER
    if _CONTEXT.search(body):
        return ErrorKind.CONTEXT_LENGTH
    return ErrorKind.BAD_REQUEST


def provider_words(text: str) -> str:
    """Find the sentence that is meant for people in a provider's error body."""
    start = text.find("{")
    if start >= 0:
        found = _message(_decode(text, start))
        if found:
            return found
    text = _SUFFIX.sub("", _TRACEBACK.split(text, maxsplit=1)[0])
    while (shorter := _PREFIX.sub("", text)) != text:
        text = shorter
    return text


def exception_failure(error: BaseException, secrets: Iterable[str] = ()) -> ProviderError:
    """Build the error of an exception of the openai client or of litellm.

    The deepest exception that says something decides, since clients wrap a lost connection as a
    timeout or as a server's failure.
    """
    if isinstance(error, ProviderError):
        return error
    chain = list(_chain(error))
    for link in reversed(chain):
        response = getattr(link, "response", None)
        status = getattr(response, "status_code", None)
        if type(link).__name__ == "HTTPStatusError" and isinstance(status, int):
            return http_failure(status, _body(response, chain), _headers(response), secrets)
    for link in reversed(chain):
        kind = _kind_of_exception(link)
        if kind is not None:
            return failure(kind, _words_of(link), secrets=secrets)
    return _by_status(error, secrets)


def _by_status(error: BaseException, secrets: Iterable[str]) -> ProviderError:
    """Tell a failure that no HTTP answer stands behind, though the client gives it a status."""
    text = str(getattr(error, "message", "") or error)
    if "invalid response from LLM" in text:
        return failure(ErrorKind.BAD_RESPONSE, provider_words(text), secrets=secrets)
    status = getattr(error, "status_code", None)
    kind = kind_of(status if isinstance(status, int) else 400, text)
    if status is None and kind is ErrorKind.BAD_REQUEST:
        kind = ErrorKind.SERVER
    return failure(kind, provider_words(text), secrets=secrets)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _kind_of_exception(error: BaseException) -> ErrorKind | None:
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & {"NetworkBlockedError"}:
        return ErrorKind.NETWORK_BLOCKED
    if names & {"TimeoutError", "TimeoutException"}:
        return ErrorKind.TIMEOUT
    if names & {"SSLCertVerificationError", "ClientConnectorCertificateError"}:
        return ErrorKind.CERTIFICATE
    if names & {"ImportError"}:
        return ErrorKind.CONFIGURATION
    if names & {"ClientConnectionError", "ClientPayloadError", "TransportError", "OSError"}:
        return ErrorKind.CONNECTION
    if names & _UNREADABLE:
        return ErrorKind.BAD_RESPONSE
    return None


def _words_of(error: BaseException) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {shorten(error.doc, 80)!r}"
    if isinstance(error, KeyError):
        return f"{error} is missing"
    if type(error).__name__ == "SSLCertVerificationError":
        why = getattr(error, "verify_message", "") or str(error)
        return f"{why}; where it is your own, name its CA in SSL_CERT_FILE"
    words = str(error)
    # aiohttp shows the SSL settings of a refused connection at length.
    return re.sub(r" ssl:(<[^>]*>|\w+)", "", words) or type(error).__name__


def _body(response: Any, chain: list[BaseException]) -> str:
    try:
        text = str(response.text)
    except (RuntimeError, UnicodeDecodeError):
        # A streamed body that was never read; litellm keeps it in its message.
        text = ""
    return text or str(getattr(chain[0], "message", "") or chain[0])


def _headers(response: Any) -> Mapping[str, str]:
    headers = getattr(response, "headers", None)
    return headers if isinstance(headers, Mapping) else {}


def _decode(text: str, start: int) -> Any:
    if text[start - 2 : start] in ("b'", 'b"'):
        quote = text[start - 1]
        end = text.rfind(quote)
        try:
            text, start = ast.literal_eval(text[start - 2 : end + 1]).decode("utf-8", "replace"), 0
        except (ValueError, SyntaxError):
            return None
    try:
        return json.JSONDecoder(strict=False).raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return None


def _message(body: Any) -> str | None:
    if isinstance(body, str):
        return body
    if not isinstance(body, dict):
        return None
    for key in ("error", "message", "detail"):
        found = _message(body.get(key))
        if found:
            return found
    return None
