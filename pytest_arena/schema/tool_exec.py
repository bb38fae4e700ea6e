"""A program of the user's own as a tool."""

from pydantic import Field

from pytest_arena.schema.base import ArenaModel


class ToolExecSpec(ArenaModel):
    """A program that runs once for each call of a tool, in the folder of its arena file."""

    command: tuple[str, ...] = Field(min_length=1)
    """The program and its arguments, without a shell; `{{ arguments.number }}` stands for an
    argument of the call. Where none does, the arguments are a JSON object on standard input."""
    env: dict[str, str] = Field(default_factory=dict)
    """Further environment variables; `${NAME}` is filled in."""
