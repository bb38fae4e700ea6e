"""The one event loop thread of a process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from pytest_arena.engine.turns import Turns, TurnTakingSelector
from pytest_arena.real_time import go_by_real_time
from pytest_arena.running.interrupts import result_of

T = TypeVar("T")


class EventLoopThread:
    """A daemon thread with an event loop, beside whatever loop the main thread may run."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.loop = go_by_real_time(_new_loop(self.turns))
        self._thread = threading.Thread(target=self._run, name="arena-engine", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine on the loop and return a future for any thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def post(self, function: Callable[[], object]) -> None:
        """Call a function on the loop soon."""
        self.loop.call_soon_threadsafe(function)

    def stop(self) -> None:
        """Stop the loop and wait for its thread; who waits for a coroutine is told it is given
        up."""
        if self.loop.is_closed():
            return
        result_of(self.submit(_cancel_the_others()))
        self.post(self.loop.stop)
        self._thread.join()
        self.loop.close()


def _new_loop(turns: Turns) -> asyncio.AbstractEventLoop:
    """Return a loop that takes turns with pytest's thread, where it is one of Python's own that
    can; another one, of Windows or of whoever has set a policy, computes when it likes."""
    loop = asyncio.new_event_loop()
    if type(loop) is not asyncio.SelectorEventLoop:
        return loop
    loop.close()
    return asyncio.SelectorEventLoop(TurnTakingSelector(turns.loop))


async def _cancel_the_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
