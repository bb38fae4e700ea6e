"""From what a service sent to what stands in it: a body whole, or in pieces as they come."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_arena.errors import ErrorKind, ProviderError, shorten
from pytest_arena.providers.completion import lost
from pytest_arena.providers.event_stream import END, EventDecoder
from pytest_arena.providers.http_bounds import MOST_BYTES, too_long
from pytest_arena.providers.json_body import read_json
from pytest_arena.providers.systems.answers import system_failure
from pytest_arena.providers.systems.http_options import HttpOptions
from pytest_arena.providers.systems.portable.pieces import Timing
from pytest_arena.text.json_depth import JsonBoundError
from pytest_arena.text.json_query import look_up

_LISTS = ("tool_calls", "context")
_VALUES = ("reasoning", "finish_reason", "latency_ms", "trace")
_ERROR = re.compile(r"\berror\b")


def answer_in(name: str, body: bytes, charset: str, options: HttpOptions) -> dict[str, Any]:
    """Return what stands in a body: at the paths, or the whole of it as the text."""
    text = _decoded(body, charset)
    if not text.strip():
        raise system_failure(f"{name} answered with an empty body")
    paths = (options.output, *(getattr(options, one) for one in (*_LISTS, *_VALUES)))
    if options.usage is None and all(path is None for path in paths):
        return {"output": text}
    content = _json(name, text)
    found = _found(content, options)
    if options.output is None:
        found["output"] = text
    elif found.get("output") is None and not found.get("tool_calls"):
        raise _nothing_at(name, "output", options.output, json.dumps(content, ensure_ascii=False))
    return found


def _nothing_at(name: str, key: str, path: str, text: str) -> ProviderError:
    return system_failure(f"{name} has nothing at {key} ({path}): {shorten(text, 300)}")


class StreamedAnswer:
    """An answer that comes in pieces: server-sent events, or lines of JSON.

    Texts of pieces are joined, what they hold at paths of lists is added up, and of single values
    the last one counts. The status was sent before the first of them, so that a piece may be an
    error, as services of all kinds write it.
    """

    def __init__(
        self, name: str, options: HttpOptions, timing: Timing, most_bytes: int = MOST_BYTES
    ) -> None:
        self._name = name
        self._options = options
        self._timing = timing
        self._events = EventDecoder() if options.stream == "sse" else None
        self._rest: list[bytes] = []
        self._begin = b""
        self._size = 0
        self._most_bytes = most_bytes
        self._pieces = 0
        self._first = ""
        self._texts: list[str] = []
        self._found: dict[str, Any] = {}
        paths = (options.delta, options.output)
        self._reads_errors = any(path is not None and _ERROR.search(path) for path in paths)
        self.done = False

    def feed(self, part: bytes) -> None:
        """Take the bytes that came."""
        self._size += len(part)
        if self._size > self._most_bytes:
            raise too_long(self._name, self._most_bytes)
        self._begin = (self._begin + part)[:200] if not self._pieces else b""
        pieces = list(self._pieces_in(part))
        self._refuse_error_event()
        for piece in pieces:
            self._take(piece)

    def end(self) -> dict[str, Any]:
        """Return what came, when no more will."""
        last = (
            self._events.end()
            if self._events is not None
            else _decoded(b"".join(self._rest), "utf-8")
        )
        self._refuse_error_event()
        if last.strip():
            self._take(last)
        if not self.done and self._is_cut(last.strip()):
            raise lost(f"{self._name}: the stream ended amid a piece")
        if not self._pieces:
            said = shorten(_decoded(self._begin, "utf-8").strip(), 200)
            raise system_failure(f"{self._name} sent no pieces of a stream: {said!r}")
        if self._found.get("output") is None:
            if not self._texts and not self._found.get("tool_calls"):
                self._check_paths()
            self._found["output"] = "".join(self._texts)
        return self._found

    def _is_cut(self, last: str) -> bool:
        """Whether the stream did not end where its pieces do, as far as they can tell: a text has
        its line's end, and JSON was read to its own."""
        is_text = self._options.delta is None and self._options.output is None
        return self._events is not None and self._events.is_cut and (is_text or not last)

    def _check_paths(self) -> None:
        """Refuse a stream in which nothing stands where its text should be."""
        for key in ("delta", "output"):
            path = getattr(self._options, key)
            if path is not None:
                raise _nothing_at(self._name, key, path, self._first)

    def _pieces_in(self, part: bytes) -> Iterator[str]:
        if self._events is not None:
            yield from self._events.feed(part)
            return
        if b"\n" not in part:
            self._rest.append(part)
            return
        *lines, rest = b"".join((*self._rest, part)).split(b"\n")
        self._rest = [rest]
        yield from (line for raw in lines if (line := _decoded(raw, "utf-8").strip()))

    def _take(self, piece: str) -> None:
        if piece.strip() == END:
            self.done = True
        if self.done:
            return
        self._pieces += 1
        self._first = self._first or piece
        text: Any = piece
        path = self._options.delta
        if path is None and self._options.output is None:
            self._refuse_error(_json_object(piece))
        else:
            content = _json(self._name, piece)
            found = _found(content, self._options)
            if not found.get("tool_calls"):
                # beside a call, it is what the tool came to
                self._refuse_error(content)
            self._add(found)
            text = _text_at(self._name, path, content) if path is not None else None
        if text is not None:
            if text:
                self._timing.piece_came()
            self._texts.append(text)

    def _refuse_error_event(self) -> None:
        """Raise where the server called an event an error, which may have no data."""
        if self._events is not None and self._events.error is not None:
            said = shorten(self._events.error, 500) or "it has no text"
            raise system_failure(f"{self._name} sent an error: {said}")

    def _refuse_error(self, content: Any) -> None:
        """Raise where a piece is an error, unless the entry's own paths look at errors."""
        if not isinstance(content, Mapping) or self._reads_errors:
            return
        if content.get("error") or content.get("type") == "error":
            said = shorten(json.dumps(content, ensure_ascii=False), 500)
            raise system_failure(f"{self._name} sent an error: {said}")

    def _add(self, found: Mapping[str, Any]) -> None:
        for name, value in found.items():
            if value is None:
                continue
            if name in _LISTS:
                self._found[name] = [*self._found.get(name, ()), *value]
            elif name == "usage":
                known = {key: one for key, one in value.items() if one is not None}
                self._found[name] = {**self._found.get(name, {}), **known}
            else:
                self._found[name] = value


def value_at(path: str, name: str, body: bytes, key: str) -> Any:
    """Return what stands at a path, written under that key, in a body of JSON."""
    return _at(path, _json(name, _decoded(body, "utf-8")), key)


def _found(content: Any, options: HttpOptions) -> dict[str, Any]:
    """Return what stands at the paths; null where nothing does."""
    found = {
        name: _at(path, content, name)
        for name in ("output", *_LISTS, *_VALUES)
        if (path := getattr(options, name)) is not None
    }
    for name in _LISTS:
        if found.get(name) is not None and not isinstance(found[name], list):
            found[name] = [found[name]]
    output = found.get("output")
    if output is not None and not isinstance(output, str):
        found["output"] = json.dumps(output, ensure_ascii=False)
    if options.usage is not None:
        paths = options.usage.model_dump(exclude_none=True)
        found["usage"] = {name: _at(path, content, f"usage.{name}") for name, path in paths.items()}
    return found


def _at(path: str, content: Any, name: str) -> Any:
    from jmespath.exceptions import JMESPathError

    try:
        return look_up(path, content)
    except JMESPathError as error:
        raise system_failure(f"{name} ({path}) cannot be looked up: {error}") from None


def _text_at(name: str, path: str, content: Any) -> str | None:
    """Return the text of a piece, of several where the path gives a list; None where it has none.

    What is no text would be missing from the answer, so that it is an error.
    """
    found = _at(path, content, "delta")
    texts = found if isinstance(found, list) else [found]
    if found is None:
        return None
    if not all(isinstance(one, str) for one in texts):
        said = shorten(json.dumps(found, ensure_ascii=False), 300)
        raise system_failure(f"{name} has no text at delta ({path}): {said}")
    return "".join(texts)


def _json(name: str, text: str) -> Any:
    try:
        return read_json(text)
    except JsonBoundError as error:
        said = f"{name} sent what is not read: {error}"
        raise ProviderError(ErrorKind.BAD_RESPONSE, said) from None
    except ValueError:
        said = f"{name} sent what is not JSON: {shorten(text.strip(), 200)!r}"
        raise ProviderError(ErrorKind.BAD_RESPONSE, said) from None


def _json_object(text: str) -> Any:
    """Return what an object in a text holds, None for any other text."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        return read_json(text)
    except ValueError:
        return None


def _decoded(content: bytes, charset: str) -> str:
    """Return a text without the byte order mark that some write before it."""
    try:
        text = content.decode(charset, "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    return text.removeprefix("\ufeff")
