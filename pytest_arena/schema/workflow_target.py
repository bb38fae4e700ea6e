"""A pack's workflow that the arena runs on a column's model, as a target."""

from typing import Literal

from pydantic import Field

from pytest_arena.schema.base import ArenaModel


class WorkflowTargetSpec(ArenaModel):
    """The workflow of a PromptPack: the prompt of its state answers, and the model goes on to
    another state by a call of the tool `workflow__transition`."""

    type: Literal["workflow"]
    """What kind of target this is."""
    pack: str
    """The PromptPack (JSON or YAML) that has a `workflow`."""
    start: str | None = None
    """The state to begin in (default: the workflow's `entry`)."""
    max_llm_turns: int = Field(default=10, gt=0)
    """The most calls of the model in one turn of the user's, where the `tool_policy` of the state's
    prompt does not say `max_rounds`."""
