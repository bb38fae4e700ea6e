"""The base of every tool: one method that takes arguments and gives a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import field
from typing import Any, Protocol

from pytest_arena.light_dataclass import dataclass
from pytest_arena.providers.base import ProviderEnvironment
from pytest_arena.running.user_code import Threads, UserLoop, in_thread
from pytest_arena.tools.room import Room


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What one run of a tool gave: a value of JSON, or why it failed."""

    value: Any = None
    error: str | None = None
    planted: str = ""
    """The mode of the fault that was planted in it."""
    is_whole: bool = True
    """Whether `value` is all that the tool gave, and not the beginning of a flood."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """In which conversation a tool is called.

    `call` counts the calls of this tool in the trial, from 0. `state` is what the tools of the
    trial share; it is empty when the trial begins. `traceparent` is W3C's header by which the tool
    takes part in the trial's trace. `secrets` are those of the agent, of which nothing may
    come back.
    """

    case: str = ""
    trial: int = 0
    session: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    state: MutableMapping[str, Any] = field(default_factory=dict)
    call: int = 0
    traceparent: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ToolEnvironment:
    """What tools may need from outside: what providers need, and what takes secrets out of a text.

    With `mocked`, as under `--arena-mock`, nothing is done that leaves a trace. `user_loop` and
    `threads` are those of all tools of a process: a client that one call has opened on the loop,
    another one may use, whichever case it is of. `room` is what the machine has for them.
    """

    outside: ProviderEnvironment = field(default_factory=ProviderEnvironment)
    mocked: bool = False
    hide: Callable[[str], str] = str
    user_loop: UserLoop = field(default_factory=UserLoop, repr=False)
    threads: Threads = field(default_factory=Threads, repr=False)
    room: Room = field(default_factory=Room, repr=False)

    async def close(self) -> None:
        """End what tools ran on; called once, when the run ends."""
        if self.room.lacked is not None:
            note = f"fewer tools ran at once, since not all had room: {self.room.lacked}"
            self.outside.add_note("tools without room", note)
        self.threads.close()
        await self.user_loop.stop()
        await in_thread(self.outside.process_guard.stop_if_idle)


class RunsTool(Protocol):
    """What runs one tool, many calls at once."""

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolResult:
        """Run the tool; what went wrong within it is the result's error."""
