"""`limits:` of an agent: what one trial may take before the loop refuses to go on."""

from typing import Literal

from pydantic import Field

from pytest_arena.schema.base import ArenaModel, Duration


class ToolLimits(ArenaModel):
    """What an agent may do in one trial, over all its turns: exactly so many, and no more.

    What would be one too many is refused before it runs. A note in the steps says when four fifths
    are used.
    """

    tool_calls: int | None = Field(default=None, ge=0)
    """The most calls of tools."""
    tool_calls_per_turn: int | None = Field(default=None, ge=0)
    """The most calls of tools in one turn of the user's."""
    llm_turns: int | None = Field(default=None, gt=0)
    """The most calls of the model."""
    irreversible: int | None = Field(default=None, ge=0)
    """The most calls of tools that are `irreversible`."""
    cost_weight: float | None = Field(default=None, ge=0)
    """The most that the called tools may weigh together, each by its own `cost_weight`."""
    cost_usd: float | None = Field(default=None, gt=0)
    """The most that calls of the model may cost in US dollars. What a call costs is known when it
    has come, so that the one which exceeds it is the last."""
    wall_time: Duration | None = None
    """How long the agent may be at work, all turns together; what runs then is given up."""
    on_exceeded: Literal["stop", "fail"] | None = None
    """`stop` (what happens unless it is given) ends the trial with what there is, which the
    assertions judge; `fail` fails it. Where it is given it holds for `max_llm_turns` as well."""
