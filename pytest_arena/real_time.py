"""Clocks that no test stops.

freezegun and its like put clocks of their own into `time`, and into each module that holds one of
its functions, for as long as a fixture says: calls would take no time, and what waits would wait
for ever.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class _RealTime:
    """`time.monotonic` and `time.perf_counter`, as they were when this was imported."""

    __slots__ = ("monotonic", "perf_counter")

    def __init__(self) -> None:
        self.monotonic = time.monotonic
        self.perf_counter = time.perf_counter


real_time = _RealTime()


def go_by_real_time(loop: asyncio.AbstractEventLoop) -> asyncio.AbstractEventLoop:
    """Have an event loop wait by them, where it is one in Python, and return it."""
    with suppress(AttributeError):  # uvloop has a clock of its own
        loop.time = real_time.monotonic  # type: ignore[method-assign]
    return loop
