"""What a tool gives that is not there: values, by call or by argument, delays and failures."""

from typing import Any

from pydantic import AliasChoices, Field

from pytest_arena.schema.base import ArenaModel, Duration


class ToolAnswer(ArenaModel):
    """One answer of a mocked tool: a value, or why it fails.

    Several are given one a call, the last one repeating; where one of them has a `when`, the first
    that fits the arguments is given.
    """

    when: dict[str, Any] | None = None
    """The arguments that it is for: each must have the value given here, a mapping the values in
    it; without it, any."""
    result: Any = None
    """What the tool gives. In its texts `{{ arguments.number }}` stands for an argument, `{{ call
    }}` for how often the tool was called in the trial, and variables for themselves."""
    error: str | None = Field(default=None, validation_alias=AliasChoices("error", "fail"))
    """Why the tool fails."""
    delay: Duration | None = None
    """How long it takes; the tool really waits."""
    otherwise: "ToolAnswer | None" = None
    """The answer for all other arguments."""
