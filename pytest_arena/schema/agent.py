"""An agent that the arena runs on a column's model, as a target."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.anomalies import HealthSpec
from pytest_arena.schema.base import ArenaModel, PromptText
from pytest_arena.schema.chaos import Chaos
from pytest_arena.schema.tool_limits import ToolLimits


class AgentTargetSpec(ArenaModel):
    """An agent: the column's model calls tools, which are run, until it answers."""

    type: Literal["agent"]
    """What kind of target this is."""
    instructions: PromptText | None = None
    """The system prompt; `{{ name }}` stands for a variable."""
    prompt: str | None = None
    """The name of an entry of `prompts:`, instead of `instructions`."""
    tools: tuple[Any, ...] | dict[str, Any] | None = None
    """What the agent may call: names of the file's tools, and tools as the file has them (default:
    all of the file's). Each must say how it is run: by `mock`, `python` or `exec`; `mcp:<id>`
    stands for those of a server."""
    max_llm_turns: int = Field(default=10, gt=0)
    """The most calls of the model in one turn of the user's. An agent that has not answered then is
    an `error`, unless `limits:` say what becomes of it under `on_exceeded`."""
    limits: ToolLimits = Field(default_factory=ToolLimits)
    """What the agent may do in one trial."""
    health: HealthSpec | None = None
    """Signs that it does not get on, at which it is stopped; `{}` looks for all of them."""
    chaos: Chaos = ()
    """Faults that are planted in its tools."""

    @model_validator(mode="after")
    def _has_one_prompt(self) -> AgentTargetSpec:
        if self.instructions is not None and self.prompt is not None:
            raise PydanticCustomError(
                "agent_prompt",
                "an agent has both 'instructions' and 'prompt'",
                {
                    "expected": "one of the two, since both are its system prompt",
                    "fix": "remove 'instructions' or 'prompt'",
                },
            )
        return self
