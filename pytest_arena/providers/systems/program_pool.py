"""Programs that answer line by line: one for each call in flight, started again where it dies."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pytest_arena.errors import ErrorKind, ProviderError, shorten
from pytest_arena.providers.json_body import read_json
from pytest_arena.providers.systems.answers import not_started, system_failure
from pytest_arena.providers.systems.portable.pieces import Timing
from pytest_arena.real_time import real_time
from pytest_arena.running.program import Program, ProgramFailed
from pytest_arena.running.user_code import Raised, Threads, in_thread

T = TypeVar("T")

READY = "ready"
"""What the first line of a program may say: that it has imported what it needs."""
START_S = 120.0
"""The most that a program may take until it says so, where it has to."""
_LAUNCHES = 2
"""Processes that are made at once: Python holds its lock meanwhile, and with it the loop."""
_CLOSING_S = 1.0
"""For programs to end by themselves, all together, when no more calls will come."""


class ProgramPool:
    """Processes of one command, each of which gets a JSON line and answers with one.

    A process answers one call at a time, and all turns of a conversation, since it may remember
    them. One whose call was given up, or that broke the protocol, is killed. With `says_ready`, a
    process is waited for until its first line says that it is ready, outside the time of any call;
    without, that line may come or not.
    """

    def __init__(self, name: str, start: Callable[[], Program], *, says_ready: bool) -> None:
        self._name = name
        self._start_program = start
        self._says_ready = says_ready
        self._idle: list[Program] = []
        self._all: set[Program] = set()
        self._homes: dict[str, Program] = {}
        """Where the turns of a conversation go that is not at its end."""
        self._wanted: Counter[Program] = Counter()
        """Processes that a turn waits for, so that no other call takes them."""
        self._changed = asyncio.Condition()
        self._launching = asyncio.Semaphore(_LAUNCHES)
        self._starting: set[asyncio.Task[Program]] = set()
        self._first = asyncio.Lock()
        self._has_started = False
        self.greeting: Mapping[str, Any] = {}
        """The first line of a process that had to say that it is ready."""
        self._failure: ProviderError | None = None
        self._lock = threading.Lock()
        self._threads = Threads()
        self._closed = False

    async def start(self) -> None:
        """Have a first process ready. What keeps it from that would keep all others, too: it is
        met once, and told to every call."""
        if self._has_started:
            return
        async with self._first:
            if self._failure is not None:
                raise self._failure
            if not self._has_started:
                try:
                    self._idle.append(await self._started())
                except ProviderError as error:
                    if error.kind is not ErrorKind.OPEN_FILES:
                        self._failure = error
                    raise
                self._has_started = True

    async def ask(
        self, number: str, given: Mapping[str, Any], timing: Timing, *, is_last: bool = True
    ) -> dict[str, Any]:
        """Return the answer to one line; the time begins when the process has it.

        `is_last` says that no further turn of its `session` will come.
        """
        session = str(given.get("session", ""))
        program = await self._next(session)
        if not is_last:
            self._homes[session] = program
        line = json.dumps({"id": number, **given}, default=str).encode() + b"\n"
        try:
            answer = await self._in_thread(program, lambda: self._answer(program, line, timing))
            if answer.pop("id", None) != number:
                await self._retire(program)
                said = json.dumps(answer)
                raise _unusable(self._name, f"no answer with the id {number!r}", said)
            self._idle.append(program)
            return answer
        except asyncio.CancelledError:
            program.kill()
            self._forget(program)
            raise
        finally:
            async with self._changed:
                self._changed.notify_all()

    async def close(self) -> None:
        """Let the processes end, and kill those that do not."""
        idle, self._idle = self._idle, []
        with self._lock:
            self._closed = True
            busy = self._all.difference(idle)
        for program in busy:
            # whoever waits for it finishes it
            program.kill()
        await in_thread(lambda: _end_all(idle))
        self._threads.close()

    async def _next(self, session: str) -> Program:
        home = self._homes.pop(session, None)
        if home is not None:
            return await self._home(home)
        for program in reversed(self._idle):
            if not self._wanted[program]:
                self._idle.remove(program)
                if not program.has_ended:
                    return program
                await self._retire(program)
                return await self._next(session)
        return await self._started()

    async def _home(self, program: Program) -> Program:
        """Wait for the process that has answered a conversation's turns so far."""
        self._wanted[program] += 1
        try:
            async with self._changed:
                await self._changed.wait_for(
                    lambda: program in self._idle or program not in self._all
                )
                if program in self._idle:
                    self._idle.remove(program)
                    if not program.has_ended:
                        return program
        finally:
            self._wanted[program] -= 1
        await self._retire(program)
        raise system_failure(
            f"{self._name}: the process that answered the turns before has ended, and what it "
            "remembered with it"
        )

    async def _retire(self, program: Program) -> None:
        await in_thread(program.finish)
        self._forget(program)

    def _forget(self, program: Program) -> None:
        with self._lock:
            self._all.discard(program)

    async def _started(self) -> Program:
        """Start a process; one that nobody waits for any more serves the next call."""
        task = asyncio.get_running_loop().create_task(self._start_one())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._keep)
            raise

    def _keep(self, task: asyncio.Task[Program]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._idle.append(task.result())

    async def _start_one(self) -> Program:
        try:
            async with self._launching:
                program = self._unless_raised(await in_thread(self._launch))
        except (OSError, ValueError) as error:
            raise not_started(self._name, error) from None
        if self._says_ready:
            await self._in_thread(program, lambda: self._until_ready(program))
        return program

    def _launch(self) -> Program:
        program = self._start_program()
        with self._lock:
            self._all.add(program)
            closed = self._closed
        if closed:
            program.finish()
        return program

    def _until_ready(self, program: Program) -> None:
        said = greeting_of(self._name, program)
        if "fault" in said:
            raise system_failure(str(said["fault"]))
        self.greeting = said

    def _answer(self, program: Program, line: bytes, timing: Timing) -> dict[str, Any]:
        timing.began = real_time.perf_counter()
        answer = _object_in(self._name, program.line_after(line))
        if answer.get(READY) is True and "id" not in answer:
            # until now it imported what it needs
            timing.began = real_time.perf_counter()
            answer = _object_in(self._name, program.line_after(b""))
        return answer

    async def _in_thread(self, program: Program, work: Callable[[], T]) -> T:
        """Do something with a program; one with which it fails is finished, and not used again."""

        def done() -> T:
            try:
                return work()
            except BaseException:
                program.finish()
                self._forget(program)
                raise

        try:
            return self._unless_raised(await self._threads.run(done))
        except ProgramFailed as error:
            raise system_failure(f"{self._name} {error}") from None

    @staticmethod
    def _unless_raised(found: T | Raised) -> T:
        if isinstance(found, Raised):
            raise found.error
        return found


def greeting_of(name: str, program: Program) -> dict[str, Any]:
    """Wait until a program says that it is ready, and return that line; what keeps it from being
    so stands in it as `fault`."""
    try:
        return _object_in(name, program.line_after(b"", START_S))
    except TimeoutError:
        return {"fault": f"{name} is not ready within {START_S:g} s"}
    except ProgramFailed as error:
        return {"fault": f"{name} {error}"}
    except ProviderError as error:
        return {"fault": error.message}


def _object_in(name: str, line: bytes) -> dict[str, Any]:
    text = line.decode("utf-8-sig", "replace").strip()
    try:
        answer = read_json(text)
    except ValueError:
        raise _unusable(name, "a line that is not JSON", text) from None
    if not isinstance(answer, dict):
        raise _unusable(name, "a line that is no JSON object", text)
    return answer


def _unusable(name: str, what: str, line: str) -> ProviderError:
    return system_failure(
        f"{name} wrote {what}: {shorten(line, 200)!r}\n"
        "  expected: one line for each call, a JSON object with the call's id and its output\n"
        "  fix: write all else to standard error"
    )


def _end_all(programs: Sequence[Program]) -> None:
    for program in programs:
        program.close_input()
    end = real_time.monotonic() + _CLOSING_S
    for program in programs:
        program.wait(max(end - real_time.monotonic(), 0.0))
        program.finish()
