"""The base of every tool: one method that takes arguments and gives a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pytest_arena.providers.base import ProviderEnvironment


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What one run of a tool gave: a value of JSON, or why it failed."""

    value: Any = None
    error: str | None = None
    planted: str = ""
    """The mode of the fault that was planted in it."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """In which conversation a tool is called.

    `call` counts the calls of this tool in the trial, from 0. `state` is what the tools of the
    trial share; it is empty when the trial begins.
    """

    case: str = ""
    trial: int = 0
    session: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    state: MutableMapping[str, Any] = field(default_factory=dict)
    call: int = 0


@dataclass(frozen=True, slots=True)
class ToolEnvironment:
    """What tools may need from outside: what providers need, and what takes secrets out of a text.

    With `mocked`, as under `--arena-mock`, nothing is done that leaves a trace.
    """

    outside: ProviderEnvironment = field(default_factory=ProviderEnvironment)
    mocked: bool = False
    hide: Callable[[str], str] = str


class RunsTool(Protocol):
    """What runs one tool, many calls at once."""

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolResult:
        """Run the tool; what went wrong within it is the result's error."""

    async def close(self) -> None:
        """Let go of what the tool holds; called once, when the run ends."""
