"""What a translation of one type of assertion is given, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Any

from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.dialects.promptarena.params import Params

Check = dict[str, Any]
"""An assertion of an arena: its `type` and its keys, as values or with their places."""

OF_EACH_TURN = "of each turn"
"""The key of a check that looks at one answer, where PromptArena looks at all that came."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a scenario has around its assertions."""

    judges: dict[str, Any] = field(default_factory=dict)
    """The providers that play judges, by the judges' names: their names, or providers."""
    validators: tuple[dict[str, Any], ...] = ()
    """The validators of its prompts."""
    in_workflow: bool = False
    servers: tuple[str, ...] = ()
    """The ids of MCP servers, whose tools may be called `mcp__<id>__<tool>`."""


Read = Callable[[Params, Around], Iterator[Check]]
