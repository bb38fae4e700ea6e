"""One connection to a server: opened once, asked by many at once, closed in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from mcp import Client, MCPError
from mcp.types import Implementation
from pydantic import ValidationError

from pytest_arena._version import __version__
from pytest_arena.errors import first_line, shorten
from pytest_arena.mcp_servers.failures import NoAnswerInTime, ServerRefused, ServerUnusable
from pytest_arena.mcp_servers.http import HTTP_FAILURE, HttpTransport, may_pass
from pytest_arena.mcp_servers.stdio import StdioTransport
from pytest_arena.running.open_files import no_file_left, ran_out_of_files

T = TypeVar("T")
_CLOSING_S = 5.0
"""For a connection to close; all that it waits for is bounded by less."""
_LONGEST = 4_000


class Connection:
    """A connection to one server; lives on the event loop.

    The package's client must be opened and closed by one task, which is this connection's own.
    Questions are asked by others' tasks, each with a time limit, and all of them end when the
    server does.
    """

    def __init__(self, name: str, transport: StdioTransport | HttpTransport) -> None:
        self._name = name
        self._transport = transport
        self._ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._stop = asyncio.Event()
        self._over = asyncio.Event()
        self._lost: ServerUnusable | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_usable(self) -> bool:
        """Whether it can be asked, as far as is known."""
        return self._lost is None and not self._over.is_set() and not self._transport.ended.is_set()

    async def open(self, limit_s: float) -> None:
        """Start or reach the server, and hear what it is; a failure is a `ServerUnusable`."""
        self._task = asyncio.create_task(self._hold())
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), limit_s)
        except TimeoutError:
            said = self._transport.described(f"has not answered within {limit_s:g} s")
            await self.close()
            raise ServerUnusable(
                f"{self._name} {said}", may_pass=self._transport.may_pass
            ) from None
        except BaseException:
            await self.close()
            raise

    async def ask(self, question: Callable[[Client], Awaitable[T]], limit_s: float) -> T:
        """Return the answer to one question.

        A server's own error is a `ServerRefused`, one that cannot be asked a `ServerUnusable`, and
        one that does not answer in time a `NoAnswerInTime`.
        """
        client = self._ready.result()
        asking = asyncio.ensure_future(question(client))
        over = asyncio.ensure_future(self._over.wait())
        try:
            async with asyncio.timeout(limit_s):
                await asyncio.wait((asking, over), return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            said = self._transport.described(f"has not answered within {limit_s:g} s")
            raise NoAnswerInTime(f"{self._name} {said}") from None
        finally:
            over.cancel()
            if not asking.done():
                asking.cancel()
                await asyncio.wait((asking,))
        if asking.cancelled():
            raise await self._end()
        error = asking.exception()
        if error is None:
            return asking.result()
        raise await self._told(error) from None

    async def close(self) -> None:
        """End the connection, and the server where it is a process of ours."""
        self._stop.set()
        task = self._task
        if task is None or task.done():
            return
        if not self._ready.done():
            task.cancel()
        await asyncio.wait((task,), timeout=_CLOSING_S)
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))

    async def _hold(self) -> None:
        """Keep the connection open until it is to be closed, or has ended by itself."""
        try:
            async with Client(
                self._transport,
                client_info=Implementation(name="pytest-arena", version=__version__),
                # what is asked is asked: a server's own word on how long an answer holds is no fact
                cache=None,
            ) as client:
                if not self._ready.done():
                    self._ready.set_result(client)
                await self._until_over()
        except BaseException as error:
            failure = await self._failure(error)
            self._lost = self._lost or failure
            if not self._ready.done():
                self._ready.set_exception(failure)
                # nobody may be waiting any more
                self._ready.exception()
            if isinstance(error, asyncio.CancelledError):
                raise
        finally:
            self._over.set()

    async def _until_over(self) -> None:
        waits = [asyncio.ensure_future(each.wait()) for each in (self._stop, self._transport.ended)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
        if not self._stop.is_set():
            self._lost = self._unusable(await self._transport.fault())

    async def _failure(self, error: BaseException) -> ServerUnusable:
        """Return why a connection ended that nobody closed."""
        cause = _cause(error)
        if ran_out_of_files(error):
            said = no_file_left(f"{self._name} cannot be reached: {cause}")
            return ServerUnusable(said, no_files=True)
        if isinstance(cause, OSError) and not isinstance(cause, (ConnectionError, TimeoutError)):
            return self._unusable(f"cannot be started: {cause}")
        if self._transport.ended.is_set():
            return self._unusable(await self._transport.fault())
        if isinstance(cause, MCPError):
            return self._unusable(self._transport.described(cause.message), cause)
        if isinstance(cause, ValidationError):
            return self._unusable(_misshapen(cause))
        if isinstance(cause, asyncio.CancelledError):
            return self._unusable("was closed")
        return self._unusable(self._transport.described(_named(cause)), cause)

    async def _told(self, error: BaseException) -> Exception:
        """Return what a question's failure means to whoever asked it."""
        if isinstance(error, ServerUnusable):
            return self._unusable(str(error))
        if isinstance(error, MCPError) and self.is_usable:
            if error.code != HTTP_FAILURE:
                return ServerRefused(shorten(error.message, _LONGEST))
            failure = self._unusable(error.message, error)
            # a session that the server has forgotten is begun anew
            self._lost = failure
            return failure
        if isinstance(error, ValidationError):
            return self._unusable(_misshapen(error))
        if not self.is_usable:
            return await self._end()
        if isinstance(error, Exception):
            return self._unusable(_named(error))
        raise error

    async def _end(self) -> ServerUnusable:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), _CLOSING_S)
        return self._lost or self._unusable("was closed")

    def _unusable(self, said: str, cause: BaseException | None = None) -> ServerUnusable:
        passes = self._transport.may_pass
        if isinstance(cause, MCPError):
            passes = passes and may_pass(_status(cause))
        return ServerUnusable(shorten(f"{self._name} {said}", _LONGEST), may_pass=passes)


def _cause(error: BaseException) -> BaseException:
    """Return the first failure in a group of them: the others are of those that it cut short."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _named(error: BaseException) -> str:
    said = str(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _status(error: MCPError) -> int | None:
    data = error.data
    found = data.get("status") if error.code == HTTP_FAILURE and isinstance(data, dict) else None
    return found if isinstance(found, int) else None


def _misshapen(error: ValidationError) -> str:
    detail = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(step) for step in detail["loc"])
    said = f"{where}: {detail['msg']}" if where else str(detail["msg"])
    return f"gave an answer that is not as the protocol has it: {first_line(said)}"
