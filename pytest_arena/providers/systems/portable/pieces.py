"""The result of a call: run to its end where it is a generator or a coroutine, and timed."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from .shapes import joined


class Timing:
    """When a call began, and when the first piece of its answer came."""

    _now = staticmethod(time.perf_counter)
    """As it is when this is imported: what stops the clocks of a test does not stop this one."""

    def __init__(self) -> None:
        self.began = self._now()
        self.first: float | None = None

    def piece_came(self) -> None:
        if self.first is None:
            self.first = self._now()

    @property
    def first_token_ms(self) -> float | None:
        return None if self.first is None else (self.first - self.began) * 1000


def is_async(function: Callable[..., Any]) -> bool:
    """Return whether a function has to be called on an event loop."""
    call = getattr(function, "__call__", None)  # noqa: B004 - an object with an async __call__
    return any(
        check(one)
        for check in (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
        for one in (function, call)
    )


def waits(result: Any) -> bool:
    """Return whether a result has to be waited for on an event loop."""
    return inspect.isawaitable(result) or isinstance(result, AsyncIterator)


def failure_kind(error: BaseException) -> str | None:
    """Return `timeout` or `connection` where that was raised, which any provider tries again; None
    for all else.

    They are told by their names: before Python 3.11 asyncio has a `TimeoutError` of its own, and
    clients of services have theirs.
    """
    names = {one.__name__ for one in type(error).__mro__}
    if "TimeoutError" in names:
        return "timeout"
    return "connection" if "ConnectionError" in names else None


class TooLongError(Exception):
    """A stream that goes on for longer than an answer may be."""


class _Pieces:
    """The pieces of a stream, no more than `most` characters of them."""

    def __init__(self, timing: Timing, most: float) -> None:
        self._timing = timing
        self._left = most
        self._pieces: list[Any] = []

    def add(self, piece: Any) -> None:
        self._timing.piece_came()
        self._left -= len(piece) if isinstance(piece, str) else 1
        if self._left < 0:
            raise TooLongError
        self._pieces.append(piece)

    def end(self) -> Any:
        return joined(self._pieces)


def drained(result: Any, timing: Timing, most: float = math.inf) -> Any:
    """Return the result of a sync call; a generator is run to its end, here in its thread.

    One of more than `most` characters is a `TooLongError`.
    """
    if not isinstance(result, Iterator):
        return result
    pieces = _Pieces(timing, most)
    for piece in result:
        pieces.add(piece)
    return pieces.end()


async def gathered(result: Any, timing: Timing, most: float = math.inf) -> Any:
    """Return the result of an async call, of an async generator its pieces together."""
    if inspect.isawaitable(result):
        result = await result
    if not isinstance(result, AsyncIterator):
        return result
    pieces = _Pieces(timing, most)
    async for piece in result:
        pieces.add(piece)
    return pieces.end()
