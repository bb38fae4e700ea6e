"""A server as a process that is spoken to over its standard input and output."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

from anyio import BrokenResourceError, ClosedResourceError, create_memory_object_stream
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError, JSONRPCMessage, JSONRPCResponse, jsonrpc_message_adapter

from pytest_arena.errors import shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.running.open_files import PATIENCE_S, PAUSE_S, is_short
from pytest_arena.running.process_groups import KILL, TERMINATE, signal_group
from pytest_arena.running.process_guard import ProcessGuard
from pytest_arena.running.program import LAST_WORDS, ending_of, with_last_words
from pytest_arena.running.runnable import runnable

MOST_BYTES = 8 * 1024 * 1024
"""Of one message."""
_MOST_UNASKED = 10_000
"""Messages in a row that answer nothing: more are no progress reports."""
_PART = 1 << 16
_LEAVING_S = 1.0
"""For a server to end when its standard input is closed."""
_ENDING_S = 0.5
"""For a server to end when it is asked to, and for its last words when it has ended."""
_LOOK_S = 0.01


Streams: TypeAlias = tuple[
    MemoryObjectReceiveStream[SessionMessage | Exception],
    MemoryObjectSendStream[SessionMessage],
]
"""What comes from a server, and what goes to it."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How a server is started."""

    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


class StdioTransport:
    """A server's process and its pipes, in the shape that the package's client takes.

    The process has a group of its own, which the guard knows; nothing of it is left when the
    transport is closed, or when this process dies.
    """

    may_pass = False

    def __init__(self, launch: Launch, guard: ProcessGuard, note: Callable[[str], None]) -> None:
        self._launch = launch
        self._guard = guard
        self._note = note
        self._process: asyncio.subprocess.Process
        self._tasks: list[asyncio.Task[None]] = []
        self._errors = bytearray()
        self._excess: str | None = None
        self._noise: str | None = None
        self.ended = asyncio.Event()
        """Set when no further message will come, upon which the transport is closed at once: its
        process's number may be another's later."""

    async def __aenter__(self) -> Streams:
        self._process = await self._started()
        try:
            # the guard is a process, too, which the first program starts
            await asyncio.to_thread(self._guard.add, self._process.pid)
        except BaseException:
            self._kill()
            raise
        into, messages = create_memory_object_stream[SessionMessage | Exception](0)
        given, out = create_memory_object_stream[SessionMessage](0)
        self._tasks = [
            asyncio.create_task(self._read(into)),
            asyncio.create_task(self._write(out)),
            asyncio.create_task(self._hear_errors()),
        ]
        self._streams = (into, messages, given, out)
        return messages, given

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        try:
            await self._leave()
        finally:
            # also where the way out was cut short
            self._kill()
            for task in self._tasks:
                task.cancel()
            for stream in self._streams:
                stream.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._has_ended(_ENDING_S)
        # what a server left behind in a session of its own may hold the pipes
        self._process._transport.close()  # type: ignore[attr-defined]  # has no public name
        await asyncio.to_thread(self._guard.discard, self._process.pid)

    async def _started(self) -> asyncio.subprocess.Process:
        """Start the process; files that are not there for the moment are waited for a while."""
        launch = self._launch
        end = asyncio.get_running_loop().time() + PATIENCE_S
        while True:
            try:
                return await asyncio.create_subprocess_exec(
                    *runnable(launch.command, launch.folder, launch.environment),
                    cwd=launch.folder,
                    env=dict(launch.environment),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    limit=MOST_BYTES,
                    start_new_session=True,
                )
            except OSError as error:
                if not is_short(error) or asyncio.get_running_loop().time() >= end:
                    raise
            await asyncio.sleep(PAUSE_S)

    async def fault(self) -> str:
        """Return how the server came to its end, with its last words; waits for these a little."""
        if self._excess is not None:
            return self._excess
        await self._has_ended(_ENDING_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._tasks[-1]), _ENDING_S)
        status = self._process.returncode
        return self.described("closed its standard output" if status is None else ending_of(status))

    def described(self, what: str) -> str:
        """Return what happened, with what the server wrote that explains it."""
        if self._noise is not None:
            what += f"; it wrote to standard output what is no message: {self._noise!r}"
        return with_last_words(what, self._errors)

    async def _read(self, into: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - opened as a pipe
        unasked = 0
        async with into:
            with suppress(BrokenResourceError, ClosedResourceError, ConnectionError):
                while line := await self._line(stdout):
                    message = self._message(line)
                    if message is None:
                        unasked += 1
                    else:
                        answers = isinstance(message, (JSONRPCResponse, JSONRPCError))
                        unasked = 0 if answers else unasked + 1
                        await into.send(SessionMessage(message))
                    if unasked > _MOST_UNASKED:
                        self._excess = f"wrote {unasked:,} lines in a row that answer nothing"
                        break
            self.ended.set()
        if self._excess is not None:
            self._kill()
        # a server that is ending may still have much to write, and waits until it can
        with suppress(ConnectionError):
            while await stdout.read(_PART):
                pass

    async def _line(self, stdout: asyncio.StreamReader) -> bytes:
        try:
            return await stdout.readline()
        except ValueError:
            self._excess = f"wrote a message of more than {MOST_BYTES >> 20} MiB"
            return b""

    def _message(self, line: bytes) -> JSONRPCMessage | None:
        """Return the message in a line; the first line without one is told to the user."""
        if not line.strip():
            return None
        try:
            return jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            if self._noise is None:
                self._noise = shorten(line.decode("utf-8", "replace").strip(), 80)
                self._note(f"writes to standard output what is no message: {self._noise!r}")
            return None

    async def _write(self, out: MemoryObjectReceiveStream[SessionMessage]) -> None:
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - opened as a pipe
        async with out:
            with suppress(ConnectionError):
                async for each in out:
                    text = each.message.model_dump_json(by_alias=True, exclude_unset=True)
                    stdin.write(f"{text}\n".encode("utf-8", "replace"))
                    await stdin.drain()

    async def _hear_errors(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None  # noqa: S101 - opened as a pipe
        while part := await stderr.read(_PART):
            self._errors += part
            del self._errors[:-LAST_WORDS]

    async def _leave(self) -> None:
        """Let the server end by itself, and ask it to where it does not."""
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - opened as a pipe
        stdin.close()
        if not await self._has_ended(_LEAVING_S):
            self._signal(TERMINATE)
            await self._has_ended(_ENDING_S)

    async def _has_ended(self, seconds: float) -> bool:
        # wait() of the process would also wait for all who hold its pipes
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while self._process.returncode is None and loop.time() < end:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_S)
        return self._process.returncode is not None

    def _kill(self) -> None:
        self._signal(KILL)

    def _signal(self, number: signal.Signals) -> None:
        # also when the server has ended: what it started is in its group
        signal_group(self._process.pid, number)
