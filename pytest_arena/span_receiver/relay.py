"""How the processes of a run share one port: who listens there passes on what others wait for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from pytest_arena.span_receiver.body import Span
from pytest_arena.span_receiver.traces import TracesWaitedFor

if TYPE_CHECKING:
    from aiohttp import ClientSession, web

RELAYED = "/pytest-arena/spans/{trace}"
_MARK = "x-pytest-arena"
_ASKING_S = 5.0
_PAUSE_S = 0.05


async def relayed(
    request: web.Request, traces: TracesWaitedFor, closing: asyncio.Event
) -> web.StreamResponse:
    """Pass on the spans of a trace, a line of JSON for each export, for as long as is asked."""
    from aiohttp import web

    response = web.StreamResponse(headers={_MARK: "1"})
    trace_id = request.match_info["trace"]
    heard: asyncio.Queue[list[Span] | None] = asyncio.Queue()

    def hear(spans: list[Span]) -> None:
        heard.put_nowait(spans)

    ending = asyncio.ensure_future(closing.wait())
    ending.add_done_callback(lambda _: heard.put_nowait(None))
    try:
        with traces.passing_on(trace_id, hear):
            await response.prepare(request)
            while (spans := await heard.get()) is not None:
                await response.write(json.dumps(spans).encode() + b"\n")
    finally:
        ending.cancel()
    return response


class Relay:
    """A port that another process of the run listens at, which is asked for what came there.

    When that process ends, this one listens there itself, or asks the next one that does.
    """

    def __init__(
        self, port: int, traces: TracesWaitedFor, serve: Callable[[], Awaitable[Any]]
    ) -> None:
        self._base = f"http://127.0.0.1:{port}/pytest-arena/spans"
        self._traces = traces
        self._serve = serve
        self._serves = False
        self._session: ClientSession | None = None

    async def is_shared(self) -> bool:
        """Return whether it is a process of a run that listens there."""
        async with self._asked("none") as content:
            return content is not None

    @asynccontextmanager
    async def passing_on(self, trace_id: str) -> AsyncIterator[None]:
        """Have the spans of a trace passed on, from the moment that this is entered."""
        ready = asyncio.Event()
        following = asyncio.create_task(self._follow(trace_id, ready))
        try:
            await ready.wait()
            yield
        finally:
            following.cancel()
            await asyncio.wait((following,))

    async def close(self) -> None:
        """Let go of the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _follow(self, trace_id: str, ready: asyncio.Event) -> None:
        """Hear of a trace's spans until this process listens itself, which needs no passing on."""
        while not self._serves:
            async with self._asked(trace_id) as content:
                if content is not None:
                    ready.set()
                    async for line in content:
                        self._traces.add(json.loads(line))
            # nobody listens there any more
            try:
                await self._serve()
                self._serves = True
            except OSError:
                # another process was faster
                await asyncio.sleep(_PAUSE_S)
        ready.set()

    @asynccontextmanager
    async def _asked(self, trace_id: str) -> AsyncIterator[AsyncIterator[bytes] | None]:
        """Yield the lines on a trace, None where no process of a run is there to ask."""
        from aiohttp import ClientError, ClientSession, ClientTimeout

        if self._session is None:
            self._session = ClientSession(
                timeout=ClientTimeout(total=None, sock_connect=_ASKING_S), read_bufsize=1 << 26
            )
        response = None
        with suppress(ClientError, OSError, TimeoutError):
            asking = self._session.get(f"{self._base}/{trace_id}")
            response = await asyncio.wait_for(asking, _ASKING_S)
        try:
            if response is None or _MARK not in response.headers:
                yield None
            else:
                yield _lines(response.content)
        finally:
            if response is not None:
                response.close()


async def _lines(content: Any) -> AsyncIterator[bytes]:
    from aiohttp import ClientError

    with suppress(ClientError, OSError):
        async for line in content:
            yield line
