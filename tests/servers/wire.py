"""A local server that speaks the wire formats of OpenAI, Anthropic, Gemini and Ollama.

Behaviour is scripted by a function, or by a marker in the prompt:
`<<error=rate_limit retry_after=0.1 times=2>>`, `<<latency=0.3 text='Hello you'>>`, `<<hang>>`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import shlex
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers.formats import Format, Reply, format_of, json_bytes, last_user_text
from servers.loopback import LoopbackServer

_MARKER = re.compile(r"<<(.*?)>>", re.DOTALL)
_FLAGS = ("hang", "close", "garbage", "no_choices", "cut")


@dataclass(frozen=True)
class WireRequest:
    """One request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def prompt(self) -> str:
        return last_user_text(self.body)

    @property
    def key(self) -> str:
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        return bearer or self.headers.get("x-api-key", "") or self.headers.get("x-goog-api-key", "")


Script = Callable[[WireRequest], Reply]


@dataclass
class Record:
    """Counts of what came in; `peak` is the most calls that were in flight at once."""

    calls: int = 0
    in_flight: int = 0
    peak: int = 0
    connections: int = 0
    refused: int = 0
    """Calls beyond what the server takes in a second."""
    span_s: float = 0.0
    """From the first call that was taken to the last one."""
    refused_late: int = 0
    """Those of them that came more than three seconds after the first call."""
    disconnects: int = 0
    """Calls that the client gave up before their answer was sent."""
    requests: list[WireRequest] = field(default_factory=list)


def reply_from_marker(request: WireRequest, plain: Reply) -> Reply:
    """Read the marker in a prompt; without one, answer plainly."""
    marker = _MARKER.search(request.prompt)
    if marker is None:
        return plain
    given: dict[str, Any] = {}
    for word in shlex.split(marker[1]):
        name, _, value = word.partition("=")
        if name in _FLAGS:
            given["fault"] = name
        elif name == "latency":
            given["latency_s"] = float(value)
        elif name == "pause":
            given["chunk_pause_s"] = float(value)
        elif name == "tool":
            tool, _, arguments = value.partition(":")
            given.setdefault("text", "")
            given["tools"] = (*given.get("tools", ()), (tool, json.loads(arguments or "{}")))
        elif name in ("times", "status", "input_tokens", "output_tokens", "cached_tokens"):
            given[name] = int(value)
        elif name in ("text", "error", "retry_after", "finish_reason"):
            given[name] = value
        else:
            raise ValueError(f"unknown word {word!r} in the marker {marker[0]!r}")
    return replace(plain, **given)


class WireServer(LoopbackServer):
    """A server that answers in the format of the path that is called.

    `script` decides each reply; without it, the prompt's marker does. `keep` remembers the
    requests; turn it off for benchmarks. No call is answered before `together` are in flight, which
    a client that makes fewer at once waits a minute for.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        latency_s: float = 0.0,
        text: str = "ok",
        keep: bool = True,
        per_second: int | None = None,
        together: int = 1,
    ) -> None:
        super().__init__()
        self.plain = Reply(text=text, latency_s=latency_s)
        self.script = script
        self.keep = keep
        self.per_second = per_second
        self.together = together
        self._gathered = asyncio.Event()
        self._taken: deque[float] = deque()
        self._first_s: float | None = None
        self.record = Record()
        self._seen: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def requests(self) -> list[WireRequest]:
        return self.record.requests

    @property
    def calls(self) -> int:
        return self.record.calls

    @property
    def peak(self) -> int:
        return self.record.peak

    def wait_until(self, holds: Callable[[Record], bool], seconds: float = 60.0) -> bool:
        """Wait until something holds of the record; return whether that came true in time."""
        with self._changed:
            return self._changed.wait_for(lambda: holds(self.record), seconds)

    def wait_until_idle(self, seconds: float = 60.0) -> bool:
        """Wait until no call is in flight; return whether that came true in time."""
        return self.wait_until(lambda record: not record.in_flight, seconds)

    async def serve(self, port: int = 0, started: Callable[[int], None] | None = None) -> None:
        """Serve until stopped or cancelled; call `started` with the port."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", port, backlog=1024)
        listening = server.sockets[0].getsockname()[1]
        if started:
            started(listening)
        await self.until_stopped(listening)
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.record.connections += 1
        try:
            while (request := await _read(reader)) and await self._serve_one(
                request, reader, writer
            ):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.record.disconnects += 1
        except asyncio.CancelledError:
            pass
        finally:
            with contextlib.suppress(ConnectionError, RuntimeError):
                writer.close()

    async def _serve_one(
        self, request: WireRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if request.path.startswith("/_"):
            return self._own(request, writer)
        found = format_of(request.path)
        if found is None:
            if self.keep:
                self.record.requests.append(request)
            _send(writer, 404, json_bytes({"error": f"no route {request.path}"}))
            return True
        record = self.record
        with self._changed:
            record.calls += 1
            record.in_flight += 1
            record.peak = max(record.peak, record.in_flight)
            self._changed.notify_all()
        if self.keep:
            record.requests.append(request)
        try:
            return await self._reply(request, found[0], found[1], reader, writer)
        finally:
            with self._changed:
                record.in_flight -= 1
                self._changed.notify_all()

    async def _reply(
        self,
        request: WireRequest,
        form: Format,
        streams: bool,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        reply = self._decide(request)
        if self.record.in_flight >= self.together:
            self._gathered.set()
        if not self._gathered.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gathered.wait(), 60)
        if reply.latency_s:
            await asyncio.sleep(reply.latency_s)
        if reply.fault == "hang":
            await reader.read(1)
            raise ConnectionResetError("the client gave up")
        if reply.fault == "close":
            return False
        extra = dict(reply.headers)
        if reply.retry_after is not None:
            extra["Retry-After"] = reply.retry_after
        if reply.body is not None:
            length = str(len(reply.body) + reply.missing)
            _head(writer, reply.status or 200, extra, reply.body_type, length)
            writer.write(reply.body)
            return not reply.missing
        if reply.fault == "garbage":
            _send(writer, reply.status or 200, b"<html>garbage</html>", extra, kind="text/html")
            return True
        if reply.error or (reply.status or 200) >= 400:
            status, body = form.error(reply, request.key)
            _send(writer, reply.status or status, body, extra)
            return True
        if streams or request.body.get("stream"):
            return await self._stream(form, reply, request, writer, extra)
        body = form.answer(reply, request.body, request.key)
        if reply.fault == "cut":
            body = body[: len(body) // 2]
            _head(writer, 200, extra, "application/json", str(len(body) * 2))
            writer.write(body)
            return False
        _send(writer, 200, body, extra)
        return True

    async def _stream(
        self,
        form: Format,
        reply: Reply,
        request: WireRequest,
        writer: asyncio.StreamWriter,
        extra: dict[str, str],
    ) -> bool:
        _head(writer, 200, extra, form.content_type, None)
        parts = list(form.stream(reply, request.body))
        for number, part in enumerate(parts, 1):
            if reply.chunk_pause_s:
                await asyncio.sleep(reply.chunk_pause_s)
            if reply.fault == "cut" and number == len(parts) // 2 + 1:
                await writer.drain()
                return False
            writer.write(b"%x\r\n%s\r\n" % (len(part), part))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        return True

    def _is_too_much(self) -> bool:
        """Return whether this call is more than is taken in any second (a sliding window)."""
        now = time.monotonic()
        self._first_s = now if self._first_s is None else self._first_s
        while self._taken and self._taken[0] <= now - 1:
            self._taken.popleft()
        if self.per_second is None or len(self._taken) < self.per_second:
            self._taken.append(now)
            self.record.span_s = now - self._first_s
            return False
        self.record.refused += 1
        self.record.refused_late += now - self._first_s > 3
        return True

    def _decide(self, request: WireRequest) -> Reply:
        if self.per_second is not None and self._is_too_much():
            return Reply(error="rate_limit")
        reply = self.script(request) if self.script else reply_from_marker(request, self.plain)
        if reply.times is not None:
            self._seen[request.prompt] += 1
            if self._seen[request.prompt] > reply.times:
                return self.plain
        return reply

    def _own(self, request: WireRequest, writer: asyncio.StreamWriter) -> bool:
        """Answer `/_stats` (counts so far) and `/_reset`, for another process's questions."""
        record = self.record
        body = {
            "calls": record.calls,
            "in_flight": record.in_flight,
            "peak": record.peak,
            "span_s": record.span_s,
            "refused": record.refused,
            "refused_late": record.refused_late,
            "connections": record.connections,
            "disconnects": record.disconnects,
        }
        if request.path == "/_reset":
            self.record = Record(in_flight=record.in_flight)
        _send(writer, 200, json_bytes(body))
        return True


async def _read(reader: asyncio.StreamReader) -> WireRequest | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _version = first.split(" ", 2)
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = b""
    if "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    elif headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readline()
    return WireRequest(method, path, headers, json.loads(body) if body else {})


def _head(
    writer: asyncio.StreamWriter, status: int, extra: dict[str, str], kind: str, length: str | None
) -> None:
    lines = [f"HTTP/1.1 {status} {_phrase(status)}", f"Content-Type: {kind}"]
    lines.append(f"Content-Length: {length}" if length else "Transfer-Encoding: chunked")
    lines += [f"{name}: {value}" for name, value in extra.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))


def _send(
    writer: asyncio.StreamWriter,
    status: int,
    body: bytes,
    extra: dict[str, str] | None = None,
    kind: str = "application/json",
) -> None:
    _head(writer, status, extra or {}, kind, str(len(body)))
    writer.write(body)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Status"


def main() -> None:
    """Serve until killed; the first line printed is the port."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--text", default="ok", help="the answer's text")
    parser.add_argument("--per-second", type=int, help="refuse calls beyond so many in a second")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    given = parser.parse_args()
    server = WireServer(
        latency_s=given.latency, text=given.text, keep=False, per_second=given.per_second
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve(given.port, lambda port: print(port, flush=True)))


if __name__ == "__main__":
    main()
