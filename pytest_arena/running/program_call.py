"""One process that makes one call: given a text, asked for all that it writes until it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pytest_arena.running.program import Program
from pytest_arena.running.user_code import Raised, Threads


async def program_output(
    launch: Callable[[], Program], given: bytes, threads: Threads
) -> bytes | Raised:
    """Return what a program wrote when it was given a text; it is killed where the wait is
    cancelled."""
    call = _ProgramCall()
    try:
        return await threads.run(lambda: call.output_of(launch, given))
    finally:
        call.give_up()


class _ProgramCall:
    """One process that makes one call, and can be given up by another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._program: Program | None = None
        self._given_up = False

    def output_of(self, launch: Callable[[], Program], given: bytes) -> bytes:
        program = launch()
        try:
            with self._lock:
                self._program = program
                if self._given_up:
                    program.kill()
            return program.output_of(given)
        finally:
            program.finish()

    def give_up(self) -> None:
        with self._lock:
            self._given_up = True
            if self._program is not None:
                self._program.kill()
