"""The receiver of one process: it listens where applications send their spans."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING

from pytest_arena.errors import ArenaError, shorten
from pytest_arena.span_receiver.body import (
    JSON,
    NEEDS_PACKAGE,
    PROTOBUF,
    BadBody,
    NoProtobuf,
    reads_protobuf,
    spans_in,
)
from pytest_arena.span_receiver.relay import RELAYED, Relay, relayed
from pytest_arena.span_receiver.traces import TracesWaitedFor, WaitedFor

if TYPE_CHECKING:
    from aiohttp import web

MOST_BYTES = 32_000_000
"""Of one body, unpacked."""
_LARGE = 50_000
"""Bytes that are read in a thread, since other calls must not wait."""


class ReceiverFailed(ArenaError):
    """No port can be listened at; the text says why."""


class SpanReceiver:
    """What listens on the loopback, and keeps the spans of the calls that are under way.

    It begins to listen when a port is first asked for: at one of its own, or at a port that is
    given, which of the processes of a run one listens at and the others share.
    """

    def __init__(self) -> None:
        self._traces = TracesWaitedFor()
        self._runners: dict[int, web.AppRunner] = {}
        self._relays: dict[int, Relay] = {}
        self._urls: dict[int, str] = {}
        self._opening: asyncio.Lock | None = None
        self._closing: asyncio.Event | None = None

    async def listen(self, port: int = 0) -> str:
        """Return the URL to send spans to, at a port that is given or, for 0, at a free one."""
        if port not in self._urls:
            if self._opening is None:
                self._opening, self._closing = asyncio.Lock(), asyncio.Event()
            async with self._opening:
                if port not in self._urls:
                    self._urls[port] = await self._open(port)
        return self._urls[port]

    @asynccontextmanager
    async def waiting_for(self, trace_id: str, parent: str, port: int) -> AsyncIterator[WaitedFor]:
        """Keep what comes of a trace below a span, from before the call until its end."""
        call = self._traces.begin(trace_id, parent)
        relay = self._relays.get(port)
        try:
            if relay is None:
                yield call
            else:
                async with relay.passing_on(trace_id):
                    yield call
        finally:
            self._traces.end(trace_id)

    async def close(self) -> None:
        """Listen no longer; those who share a port here go on with one of their own."""
        runners, self._runners = self._runners, {}
        self._urls.clear()
        # what still comes is refused, and sent again to who listens next
        if self._closing is not None:
            self._closing.set()
        for runner in runners.values():
            await runner.cleanup()
        relays, self._relays = self._relays, {}
        for relay in relays.values():
            await relay.close()
        self._opening = None

    async def _open(self, port: int) -> str:
        try:
            return await self._serve(port)
        except OSError as error:
            if port == 0:
                raise ReceiverFailed(f"no port can be listened at: {error}") from None
        relay = Relay(port, self._traces, lambda: self._serve(port))
        if not await relay.is_shared():
            await relay.close()
            raise ReceiverFailed(
                f"port {port} is taken by another program\n"
                "  expected: a port that nobody listens at, for the run's own receiver of spans\n"
                "  fix: end that program, or name another port, there and in the application"
            )
        self._relays[port] = relay
        return f"http://127.0.0.1:{port}"

    async def _serve(self, port: int) -> str:
        """Begin to listen; an `OSError` where somebody does already."""
        await asyncio.to_thread(_import_what_takes_long)
        from aiohttp import web

        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_post("/v1/traces", self._take)
        for other in ("/v1/metrics", "/v1/logs"):
            app.router.add_post(other, self._let_go)
        app.router.add_get(RELAYED, self._pass_on)
        # who is passed spans on says by hanging up that it waits no longer
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runners[port] = runner
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def _take(self, request: web.Request) -> web.StreamResponse:
        from aiohttp import web

        if self._is_closing:
            return _refused(503, "this receiver is about to end")
        kind = request.content_type
        if kind not in (JSON, PROTOBUF):
            return _refused(415, f"{JSON} or {PROTOBUF} is wanted, not {shorten(kind, 60)}")
        try:
            content = await request.read()
            if len(content) < _LARGE:
                spans = spans_in(content, kind)
            else:
                spans = await asyncio.to_thread(spans_in, content, kind)
        except web.HTTPRequestEntityTooLarge:
            return _refused(413, f"more than {MOST_BYTES:,} bytes")
        except NoProtobuf:
            self._traces.add_fault(NEEDS_PACKAGE)
            return _refused(415, NEEDS_PACKAGE)
        except BadBody as error:
            return _refused(400, shorten(str(error), 200))
        except web.RequestPayloadError:
            return _refused(400, "it cannot be unpacked, or ends too early")
        if self._is_closing:
            return _refused(503, "this receiver is about to end")
        self._traces.add(spans)
        return _taken(kind)

    @property
    def _is_closing(self) -> bool:
        return self._closing is not None and self._closing.is_set()

    async def _let_go(self, request: web.Request) -> web.StreamResponse:
        """Take what nobody here looks at, so that the application's exporter does not complain."""
        return _taken(request.content_type)

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        assert self._closing is not None  # noqa: S101 - listening came first
        return await relayed(request, self._traces, self._closing)


def _import_what_takes_long() -> None:
    """Import what listens and reads, in a thread: other calls must not wait for it."""
    # first all of the package: a module of one that another thread is still importing is not kept
    # waiting for it, and the two can make each other fail
    import_module("aiohttp")
    import_module("aiohttp.web")
    if reads_protobuf():
        with suppress(NoProtobuf):
            spans_in(b"", PROTOBUF)


def _taken(kind: str) -> web.Response:
    from aiohttp import web

    if kind == PROTOBUF:
        return web.Response(body=b"", content_type=PROTOBUF)
    return web.Response(text="{}", content_type=JSON)


def _refused(status: int, why: str) -> web.Response:
    from aiohttp import web

    response = web.Response(status=status, text=f"{why}\n")
    if status == 503:
        response.force_close()
    return response
