"""What servers on asyncio have in common: a thread, a port, a start and an end."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Self


class LoopbackServer:
    """A server on a free port of the loopback, in a thread of its own.

    `serve` is what a kind of server adds; it calls `until_stopped` as soon as it listens.
    """

    def __init__(self) -> None:
        self.port = 0
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        # what still waits at the end is cancelled by `run`, and heard of in no other test
        self._thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)
        self._thread.start()
        if not self._ready.wait(60):
            raise RuntimeError(f"the {type(self).__name__} did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def serve(self) -> None:
        raise NotImplementedError

    async def until_stopped(self, port: int) -> None:
        """Let calls come to the port that is listened at, until the server is to stop."""
        self._loop = asyncio.get_running_loop()
        self.port = port
        self._ready.set()
        await self._stop.wait()
