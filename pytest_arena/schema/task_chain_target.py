"""A chain of tasks that the arena runs on a column's model, as a target."""

from typing import Any, Literal

from pydantic import Field

from pytest_arena.schema.base import ArenaModel


class TaskChainTargetSpec(ArenaModel):
    """A chain of tasks, as contenox runs it: a state machine whose branches say which task comes
    next."""

    type: Literal["task_chain"]
    """What kind of target this is."""
    file: str
    """The file of the chain, JSON or YAML."""
    max_steps: int = Field(default=200, gt=0)
    """The most tasks that are run in one turn of the user's; a chain that goes on is an `error`
    that names the edge which loops."""
    models: dict[str, str] = Field(default_factory=dict)
    """Tasks by name, each with the entry of `providers:` that is asked in it in place of the
    column's model; `$provider` stands for the column's."""
    tools: tuple[Any, ...] | dict[str, Any] | None = None
    """What the tasks may call, of which each has what its `execute_config` says: names of the
    file's tools, and tools as the file has them, `mcp:<id>` for those of a server (default: all of
    the file's)."""
