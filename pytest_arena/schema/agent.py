"""An agent that the arena runs on a column's model, as a target."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.anomalies import HealthSpec
from pytest_arena.schema.base import ArenaModel, PromptText
from pytest_arena.schema.chaos import Chaos
from pytest_arena.schema.http import VARIABLE
from pytest_arena.schema.tool_limits import ToolLimits


class AgentTargetSpec(ArenaModel):
    """An agent: the column's model calls tools, which are run, until it answers."""

    type: Literal["agent"]
    """What kind of target this is."""
    manifest: str | None = None
    """A `.agent` or `.superagent` file of Promptise that says what the agent is; what stands beside
    it goes before it."""
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
    secrets: dict[str, str] = Field(default_factory=dict)
    """What its tools may use and nobody may read, by the name under which they get it, each as
    `${NAME}` of the environment: `{{ secrets.name }}` in the texts of `exec` and `http`, and a
    parameter `secrets` of a Python function."""
    health: HealthSpec | None = None
    """Signs that it does not get on, at which it is stopped; `{}` looks for all of them."""
    chaos: Chaos = ()
    """Faults that are planted in its tools."""

    @field_validator("secrets")
    @classmethod
    def _are_variables(cls, secrets: dict[str, str]) -> dict[str, str]:
        for name, text in secrets.items():
            what = None
            if not VARIABLE.search(text):
                what, fix = "a secret that stands in the file", f"write {name}: ${{{name.upper()}}}"
                expected = "the name of an environment variable, as in ${SHOP_TOKEN}"
            elif not name.isidentifier():
                what, expected = f"a secret with the name {name!r}", "letters, digits and '_'"
                fix = "write another name"
            if what is not None:
                raise PydanticCustomError(
                    "agent_secret", "{what}", {"what": what, "expected": expected, "fix": fix}
                )
        return secrets

    @model_validator(mode="after")
    def _has_one_prompt(self) -> Self:
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
