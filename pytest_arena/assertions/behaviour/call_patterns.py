"""Patterns of tool calls: a tool by name or wildcard, with what its arguments must be like."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.messages import json_or_text, shown_json
from pytest_arena.assertions.tool_calls.base import Calls, ToolName
from pytest_arena.results.request_response import ToolCall
from pytest_arena.schema.base import ArenaModel, NotNull
from pytest_arena.text.json_text import one_for_each, same_json
from pytest_arena.text.regex import Pattern, search
from pytest_arena.text.tool_names import means_tool
from pytest_arena.text.wildcards import fits


class CallPattern(ArenaModel):
    """One call of a path: the tool, and what of its arguments matters."""

    tool: ToolName = Field(validation_alias=AliasChoices("tool", "name", "tool_name", "pattern"))
    """The tool; `*` stands for any text, `*` alone for any tool."""
    arguments: Annotated[dict[str, Any] | None, NotNull] = Field(
        default=None,
        validation_alias=AliasChoices("arguments", "args", "expected_args", "required_args"),
    )
    """Arguments that the call must have, others aside; in a text `*` stands for any text, and
    `"*"` alone for any value."""
    matches: Annotated[dict[str, Pattern] | None, NotNull] = Field(
        default=None, validation_alias=AliasChoices("matches", "args_match")
    )
    """Regular expressions by argument, each searched in its value."""
    equals: Any = None
    """All the arguments, and no others."""

    def fits(self, call: ToolCall) -> bool:
        """Return whether a call is like this."""
        if not means_tool(self.tool, call.name):
            return False
        given = call.arguments
        if "equals" in self.model_fields_set and not same_json(given, self.equals):
            return False
        if self.arguments is not None and not _holds(given, self.arguments):
            return False
        return self.matches is None or all(
            isinstance(given, Mapping)
            and name in given
            and search(pattern, json_or_text(given[name])) is not None
            for name, pattern in self.matches.items()
        )

    def __str__(self) -> str:
        wanted = {
            "": self.arguments,
            "matching ": self.matches,
            "exactly ": self.equals if "equals" in self.model_fields_set else None,
        }
        shown = [word + shown_json(value) for word, value in wanted.items() if value is not None]
        return f"{self.tool}({' and '.join(shown)})" if shown else self.tool


def _listed(value: object) -> object:
    """Return a list of patterns as mappings; a name alone is a pattern, too."""
    if isinstance(value, (str, Mapping)):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return value
    if not value:
        raise PydanticCustomError(
            "call_patterns",
            "a path without a step",
            {"expected": "names of tools, or mappings", "fix": "name a tool"},
        )
    for one in value:
        if not isinstance(one, (str, Mapping, CallPattern)):
            raise PydanticCustomError(
                "call_pattern",
                "{given} is neither a tool's name nor a mapping",
                {
                    "given": repr(one),
                    "expected": "names of tools, or mappings with tool and arguments",
                    "fix": "write it like {tool: find_order, arguments: {number: '7'}}",
                },
            )
    return tuple({"tool": one} if isinstance(one, str) else one for one in value)


_STEP = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "object"}]}
CallPatterns = Annotated[
    tuple[CallPattern, ...],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [_STEP, {"type": "array", "items": _STEP, "minItems": 1}]}),
]
"""Calls in their order, each a tool's name or a mapping."""


def in_order(patterns: Sequence[CallPattern], calls: Calls) -> int:
    """Return how many of the patterns are found one after another at most: the length of the
    longest common subsequence."""
    lengths = [0] * (len(calls) + 1)
    for pattern in patterns:
        before = 0
        for place, call in enumerate(calls, start=1):
            above = lengths[place]
            longest = max(above, lengths[place - 1])
            lengths[place] = before + 1 if pattern.fits(call) else longest
            before = above
    return lengths[-1]


def in_any_order(patterns: Sequence[CallPattern], calls: Calls) -> list[CallPattern]:
    """Return the patterns for which no call is left, when each call stands for one pattern.

    A call goes to the pattern that can have no other (augmenting paths), so that `*` takes nothing
    away from a name.
    """
    taken: dict[int, int] = {}

    @cache
    def candidates(number: int) -> tuple[int, ...]:
        return tuple(n for n, call in enumerate(calls) if patterns[number].fits(call))

    return [
        pattern
        for number, pattern in enumerate(patterns)
        if not _place(number, candidates, taken, set())
    ]


def _place(
    number: int,
    candidates: Callable[[int], tuple[int, ...]],
    taken: dict[int, int],
    tried: set[int],
) -> bool:
    """Give a pattern a call, moving others to further ones where that helps."""
    for call in candidates(number):
        if call in tried:
            continue
        tried.add(call)
        if call not in taken or _place(taken[call], candidates, taken, tried):
            taken[call] = number
            return True
    return False


def _holds(value: Any, wanted: Any) -> bool:
    """Return whether a JSON value holds what is wanted, with `*` for any text in its texts."""
    if wanted == "*":
        return True
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(
            key in value and _holds(value[key], inner) for key, inner in wanted.items()
        )
    if isinstance(wanted, (list, tuple)):
        return isinstance(value, (list, tuple)) and one_for_each(wanted, value, _holds)
    if isinstance(wanted, str) and "*" in wanted:
        return fits(wanted, json_or_text(value))
    return same_json(value, wanted)
