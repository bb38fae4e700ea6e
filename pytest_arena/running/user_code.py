"""Where a user's functions run: sync ones in threads, async ones on a loop of their own.

Neither may stop the engine's loop, whatever they do: sleep, exit, fork, or never return.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeAlias, TypeVar

from pytest_arena.light_dataclass import dataclass
from pytest_arena.real_time import go_by_real_time, real_time

T = TypeVar("T")
_Calls: TypeAlias = "SimpleQueue[Callable[[], bool] | None]"
"""What a thread is given to do: a call that says whether it shall wait for another, or an end."""

_SIGN_OF_LIFE_S = 1.0
"""For a loop to do the least that it can do."""
_BEAT_S = 0.1
"""Between two beats of a loop."""
_HELD_S = 0.2
"""Between two beats of one that somebody holds."""
_HELD_UP = "arena_held_up"
_LAST_WAIT_S = 2.0
"""For cancelled coroutines to end; one that never gives way is left to end with the process."""


@dataclass(frozen=True, slots=True)
class Raised:
    """What a function raised: an exit and an interrupt among it, which end no run of ours.

    `disturbed` is set where it may be the doing of a call beside it.
    """

    error: BaseException
    disturbed: bool = False


class Threads:
    """Daemon threads for calls of functions, each of which takes one call after another.

    A thread that never returns is given up when the wait is cancelled, and keeps no process from
    ending, which those of an executor would. Threads that it leaves are daemons, too. Whoever
    starts a thread waits until it runs: fifty calls at once would hold the loop up for as many
    milliseconds if each had a new one.
    """

    def __init__(self) -> None:
        self._idle: list[_Calls] = []
        self._closed = False
        self._lock = threading.Lock()

    async def run(self, function: Callable[[], T]) -> T | Raised:
        """Run a function in a thread and wait for it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T | Raised] = loop.create_future()
        context = contextvars.copy_context()
        process = os.getpid()

        def settle(result: T | Raised) -> None:
            if future.done():
                let_go(result)
            else:
                future.set_result(result)

        def work() -> bool:
            result: T | Raised
            try:
                result = context.run(function)
            except BaseException as error:  # noqa: BLE001 - told to whoever waits
                result = Raised(error)
            if os.getpid() != process:
                # a fork that came out of the function: there is no run of its own behind it
                os._exit(0)
            # before the answer is told, so that who hears it finds this thread
            goes_on = self._is_idle(own)
            try:
                loop.call_soon_threadsafe(settle, result)
            except RuntimeError:
                # the loop is closed where the run ended without waiting for this one
                let_go(result)
            return goes_on

        with self._lock:
            found = self._idle.pop() if self._idle else None
        own: _Calls = SimpleQueue() if found is None else found
        own.put(work)
        if found is None:
            threading.Thread(target=_serve, args=(own,), name="arena-system", daemon=True).start()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                # it came in the moment in which the wait was given up
                let_go(future.result())
            raise

    def close(self) -> None:
        """Let the threads end; those that are busy do when they return."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for calls in idle:
            calls.put(None)

    def _is_idle(self, calls: _Calls) -> bool:
        """Take a thread for further calls; return whether it shall wait for them."""
        with self._lock:
            if not self._closed:
                self._idle.append(calls)
            return not self._closed


def _serve(calls: _Calls) -> None:
    while (work := calls.get()) is not None and work():
        # what the call held must not live as long as the thread
        del work


async def in_thread(function: Callable[[], T]) -> T | Raised:
    """Run a function in a daemon thread of its own and wait for it, as `Threads` do."""
    threads = Threads()
    try:
        return await threads.run(function)
    finally:
        threads.close()


def let_go(given: object) -> None:
    """Close a coroutine that nobody awaits any more, and those that it was given to await.

    Python warns of one that was never begun, amid whichever test runs then. One that has begun ends
    by itself.
    """
    if not inspect.iscoroutine(given) or inspect.getcoroutinestate(given) != inspect.CORO_CREATED:
        return
    frame = given.cr_frame
    held = list(frame.f_locals.values()) if frame is not None else []
    with suppress(RuntimeError, ValueError):
        # its loop may begin it just now
        given.close()
    for one in held:
        let_go(one)


class UserLoop:
    """An event loop in a daemon thread for the coroutines of an application.

    One that blocks it holds up those that run beside it, each until its own time is over; later
    ones have another loop. Whose call was held up, or cancelled by another one, may make it once
    more, alone on a loop: which of them it was that held up the others is seen then.
    """

    def __init__(self) -> None:
        self._loop: BeatingLoop | None = None
        self._blocked: list[LoopThread] = []
        self._given_up_at: float | None = None
        """When a wait was cancelled, after which the loop has shown no sign of life yet."""
        self._disturbed: set[int] = set()
        """Whose next call is made alone."""

    async def run(self, coroutine: Coroutine[Any, Any, T], caller: object = None) -> T | Raised:
        """Run a coroutine on the loop and wait for it; cancelling the wait cancels it there.

        A cancellation that `is_of_held_up` knows and what is raised as `disturbed` say that the
        same caller may call again.
        """
        if id(caller) in self._disturbed:
            self._disturbed.remove(id(caller))
            return await self._run_alone(coroutine)
        self._leave_blocked()
        if self._loop is None:
            self._loop = BeatingLoop("arena-system-loop")
        on, began = self._loop, real_time.monotonic()
        try:
            found = await _run_on(on, coroutine)
        except asyncio.CancelledError as error:
            if caller is not None and on.held_up_since(began):
                error.__dict__[_HELD_UP] = True
                self._disturbed.add(id(caller))
            if on is self._loop and self._given_up_at is None:
                self._given_up_at = real_time.monotonic()
            self._leave_blocked()
            raise
        if caller is None or not isinstance(found, Raised):
            return found
        # its own doing or another's: that is seen when it is called again
        disturbed = isinstance(found.error, asyncio.CancelledError)
        if disturbed:
            self._disturbed.add(id(caller))
        return Raised(found.error, disturbed=disturbed)

    async def _run_alone(self, coroutine: Coroutine[Any, Any, T]) -> T | Raised:
        on = LoopThread("arena-system-loop")
        try:
            return await _run_on(on, coroutine)
        finally:
            on.loop.call_soon_threadsafe(_end_with_all, on)

    async def stop(self) -> None:
        """Cancel what still runs, and end the thread."""
        on, self._loop, self._given_up_at = self._loop, None, None
        for blocked in self._blocked:
            blocked.end()
        if on is None:
            return
        ending = asyncio.run_coroutine_threadsafe(end_all(), on.loop)
        with suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(ending), _LAST_WAIT_S)
        on.end()

    def _leave_blocked(self) -> None:
        """Leave a loop that has shown no sign of life for a while, since a wait was cancelled."""
        on = self._loop
        if self._given_up_at is None or on is None:
            return
        if on.beat_at > self._given_up_at:
            self._given_up_at = None
        elif real_time.monotonic() - on.beat_at >= _SIGN_OF_LIFE_S:
            self._blocked.append(on)
            self._loop = self._given_up_at = None


class LoopThread:
    """An event loop in a daemon thread that runs until it is ended here: an exit that a task of the
    user's raises does not end it, nor does one that stops the loop, on which others run, too."""

    def __init__(self, name: str) -> None:
        self.loop = go_by_real_time(asyncio.new_event_loop())
        self.ending: asyncio.Task[None] | None = None
        """Held here, since its loop holds no task that waits."""
        self._ends = threading.Event()
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def end(self) -> None:
        """Let it end, as soon as what it runs gives way."""
        self._ends.set()
        self.loop.call_soon_threadsafe(self.loop.stop)

    def _run(self) -> None:
        loop = self.loop
        asyncio.set_event_loop(loop)
        while not self._ends.is_set():
            with suppress(SystemExit, KeyboardInterrupt):
                loop.run_forever()
        # `end_all` may come as late as this, where the loop was held until it was stopped
        with suppress(Exception, asyncio.CancelledError):
            loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


class BeatingLoop(LoopThread):
    """One that shows for how long coroutines hold it."""

    def __init__(self, name: str) -> None:
        self.beat_at = real_time.monotonic()
        self._held: list[tuple[float, float]] = []
        """From when to when somebody held it."""
        super().__init__(name)
        self.loop.call_soon_threadsafe(self._beat)

    def held_up_since(self, began: float) -> bool:
        """Return whether somebody had it for most of the time since then, or for long."""
        now = real_time.monotonic()
        held = [*self._held, (self.beat_at, now)]
        times = (end - max(start, began) for start, end in held if end - start > _HELD_S)
        held_s = sum(each for each in times if each > 0)
        return held_s > min(_SIGN_OF_LIFE_S, (now - began) / 2)

    def _beat(self) -> None:
        before, self.beat_at = self.beat_at, real_time.monotonic()
        if self.beat_at - before > _HELD_S:
            self._held.append((before, self.beat_at))
        self.loop.call_later(_BEAT_S, self._beat)


def is_of_held_up(error: BaseException | None) -> bool:
    """Return whether a cancellation gave up a call that waited for one beside it."""
    return error is not None and _HELD_UP in error.__dict__


async def _run_on(on: LoopThread, coroutine: Coroutine[Any, Any, T]) -> T | Raised:
    watched = caught(coroutine)
    work = asyncio.run_coroutine_threadsafe(watched, on.loop)
    try:
        return await asyncio.wrap_future(work)
    except asyncio.CancelledError as error:
        let_go(watched)
        task = asyncio.current_task()
        if task is not None and not task.cancelling():
            # nobody gave it up: another task of the user's cancelled it before it had begun
            let_go(coroutine)
            return Raised(error)
        raise


def _end_with_all(on: LoopThread) -> None:
    """End a loop, of which this is called, with what still runs on it."""

    async def ending() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WAIT_S):
                await end_all()
        on.end()

    on.ending = on.loop.create_task(ending())


async def end_all() -> None:
    """Cancel all tasks of the running loop, and wait for them."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def caught(coroutine: Coroutine[Any, Any, T]) -> T | Raised:
    """Return what a coroutine gives or raises, an exit and a cancellation among it.

    Whoever gave it up does not wait for that: who does is told what the coroutine did to itself.
    """
    try:
        return await coroutine
    except BaseException as error:  # noqa: BLE001 - told to whoever waits
        return Raised(error)


def _end_with_parent() -> None:
    """Let a process that a function forked end when the run's process has ended, however."""
    if not threading.current_thread().name.startswith("arena-system"):
        return
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            threading.Event().wait(0.5)
        os._exit(1)

    threading.Thread(target=watch, name="arena-fork-watch", daemon=True).start()


if hasattr(os, "register_at_fork"):
    # Windows has no fork
    os.register_at_fork(after_in_child=_end_with_parent)
