"""Where coroutines of a user run that must end: on their own loop, each within its own time."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from pytest_arena.real_time import real_time
from pytest_arena.running.time_limit import TimeLimitError, break_off
from pytest_arena.running.user_code import LoopThread, Raised, caught, end_all, let_go

T = TypeVar("T")

_SIGN_OF_LIFE_S = 1.0
"""For a loop to do the least that it can do."""
_LEAST_WAIT_S = 0.05
_LAST_WAIT_S = 2.0
"""For cancelled coroutines to end; one that never gives way is left to end with the process."""


class HeldUpError(TimeLimitError):
    """Another coroutine never gave way, so that the loop of both was left."""


@dataclass(eq=False, slots=True)
class _Loop:
    """A loop in a thread, and for how long coroutines that are timed have had it."""

    left: asyncio.Future[None]
    """Done, on the loop of those who wait, when nobody waits for this one any more."""
    runs: LoopThread = field(default_factory=lambda: LoopThread("arena-system-checks"))
    busy_s: float = 0.0
    step: tuple[Stopwatch, float] | None = None
    """Whose step runs now, and since when."""
    is_looked_at: bool = False

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self.runs.loop

    @property
    def is_held(self) -> bool:
        """Whether a coroutine has it for longer than one that gives way to others would."""
        step = self.step
        return step is not None and real_time.monotonic() - step[1] > _SIGN_OF_LIFE_S

    def used_by_others(self, watch: Stopwatch) -> float:
        """Return for how long steps of all coroutines but one have run."""
        step, now = self.step, real_time.monotonic()
        running_s = now - step[1] if step is not None and step[0] is not watch else 0.0
        return self.busy_s - watch.own_s + running_s


class Stopwatch:
    """The time that one coroutine has taken: neither that in which others had the loop, nor that in
    which it waited for what the run does for it."""

    def __init__(self, on: _Loop) -> None:
        self.own_s = 0.0
        self._on = on
        self._began = real_time.monotonic()
        self._others_before = on.used_by_others(self)
        self._paused_s = 0.0
        self._lock = threading.Lock()
        self._has_begun = self._is_withdrawn = False
        self._pauses = 0
        self._paused: tuple[float, float] | None = None
        """When it was stopped, and for how long others had had the loop by then."""

    @property
    def seconds(self) -> float:
        """How long it has taken until now."""
        now, others = self._paused or (real_time.monotonic(), self._on.used_by_others(self))
        return now - self._began - (others - self._others_before) - self._paused_s

    def begin(self) -> None:
        """Let the coroutine begin, unless it is to begin elsewhere."""
        with self._lock:
            if self._is_withdrawn:
                raise asyncio.CancelledError
            self._has_begun = True

    def withdraw(self) -> bool:
        """Keep the coroutine from beginning here; return whether it had not yet."""
        with self._lock:
            self._is_withdrawn = not self._has_begun
            return self._is_withdrawn

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stand still while the run does something for the coroutine."""
        self._pauses += 1
        if self._paused is None:
            self._paused = (real_time.monotonic(), self._on.used_by_others(self))
        try:
            yield
        finally:
            self._pauses -= 1
            if not self._pauses and self._paused is not None:
                (began, others), self._paused = self._paused, None
                others_s = self._on.used_by_others(self) - others
                self._paused_s += real_time.monotonic() - began - others_s

    @contextmanager
    def step(self) -> Iterator[None]:
        """Count what is run within as this coroutine's own."""
        began = real_time.monotonic()
        self._on.step = (self, began)
        try:
            yield
        finally:
            took_s = real_time.monotonic() - began
            self._on.step = None
            self._on.busy_s += took_s
            self.own_s += took_s


class TimedLoop:
    """An event loop in a daemon thread for coroutines that are given up when their time is over.

    One that blocks the loop cannot be cancelled: those behind it that have not begun do so on
    another loop, and those that have are given up with it (`HeldUpError`). Used from one event
    loop.
    """

    def __init__(self) -> None:
        self._loops: list[_Loop] = []
        self._looking: set[asyncio.Task[None]] = set()

    async def run(self, seconds: float, work: Callable[[Stopwatch], object]) -> object:
        """Return what `work` gives there, once it is awaited where it is to be, or `Raised`.

        A `TimeLimitError` is raised when it has taken so long.
        """
        while True:
            on = next((one for one in self._loops if not one.is_held), None)
            if on is None:
                on = _Loop(asyncio.get_running_loop().create_future())
                self._loops.append(on)
            watch = Stopwatch(on)
            steps = _Steps(watch, work).all()
            begun = asyncio.run_coroutine_threadsafe(caught(steps), on.loop)
            waiting = asyncio.wrap_future(begun)
            try:
                if await self._has_ended(waiting, on, watch, seconds):
                    if not waiting.cancelled():
                        return waiting.result()
                    # another task of the user's cancelled it before it had begun
                    let_go(steps)
                    return Raised(asyncio.CancelledError())
                waiting.cancel()
            except BaseException:
                waiting.cancel()
                self._look_after(on)
                raise

    async def _has_ended(
        self, waiting: asyncio.Future[object], on: _Loop, watch: Stopwatch, seconds: float
    ) -> bool:
        """Wait for a coroutine; return false where it has not begun and shall do so elsewhere."""
        while not waiting.done():
            if (on.left.done() or on.is_held) and watch.withdraw():
                return False
            if on.left.done():
                raise HeldUpError
            left_s = seconds - watch.seconds
            if left_s <= 0:
                raise TimeLimitError
            await asyncio.wait(
                (waiting, on.left),
                timeout=min(max(left_s, _LEAST_WAIT_S), _SIGN_OF_LIFE_S),
                return_when=asyncio.FIRST_COMPLETED,
            )
        return True

    async def stop(self) -> None:
        """Cancel what still runs, and end the threads."""
        loops, self._loops = self._loops, []
        for task in self._looking:
            task.cancel()
        endings = [
            asyncio.wrap_future(asyncio.run_coroutine_threadsafe(end_all(), on.loop))
            for on in loops
        ]
        if endings:
            await asyncio.wait(endings, timeout=_LAST_WAIT_S)
        for on, ending in zip(loops, endings, strict=True):
            on.runs.end()
            if not ending.done():
                # what loops in Python would slow down whatever comes after
                break_off(on.runs.thread)

    def _look_after(self, on: _Loop) -> None:
        """Leave a loop that shows no sign of life once a coroutine was given up."""
        if on.left.done() or on.is_looked_at:
            return
        on.is_looked_at = True
        task = asyncio.get_running_loop().create_task(self._leave_if_blocked(on))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def _leave_if_blocked(self, on: _Loop) -> None:
        sign = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asyncio.sleep(0), on.loop))
        done, _ = await asyncio.wait((sign,), timeout=_SIGN_OF_LIFE_S)
        on.is_looked_at = False
        if done:
            return
        if on in self._loops:
            self._loops.remove(on)
        on.left.set_result(None)
        on.runs.end()
        # what loops in Python ends; what sleeps is left behind
        break_off(on.runs.thread)


class _Steps:
    """A coroutine that is timed step by step."""

    def __init__(self, watch: Stopwatch, work: Callable[[Stopwatch], object]) -> None:
        self._watch = watch
        self._work = work

    async def all(self) -> object:
        return await self

    def __await__(self) -> Generator[Any, Any, object]:
        steps = self._begun().__await__()
        step: Callable[[], Any] = partial(steps.send, None)
        while True:
            try:
                with self._watch.step():
                    given = step()
            except StopIteration as end:
                return end.value
            try:
                sent = yield given
            except BaseException as error:  # noqa: BLE001 - it is thrown where it was waited for
                step = partial(steps.throw, error)
            else:
                step = partial(steps.send, sent)

    async def _begun(self) -> object:
        self._watch.begin()
        found = self._work(self._watch)
        return await found if inspect.isawaitable(found) else found


def asked_from_elsewhere(
    function: Callable[..., Coroutine[Any, Any, T]],
    home: asyncio.AbstractEventLoop,
    watch: Stopwatch,
) -> Callable[..., Awaitable[T]]:
    """Return what calls a function of one loop from another one, whose time stands still then."""

    async def asked(*arguments: Any, **named: Any) -> T:
        with watch.paused():
            work = function(*arguments, **named)
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, home))

    return asked
