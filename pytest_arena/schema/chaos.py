"""Faults that are planted in an agent's tools, to see what the agent makes of them."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, PydanticCustomError

from pytest_arena.schema.base import ArenaModel, Duration

_SAYS_NOTHING = ("timeout", "slow")


class ChaosSpec(ArenaModel):
    """One kind of fault that is planted in calls of a tool.

    Whether a call meets it depends on seed, case, trial, tool and the call's number alone, so that
    all columns and all processes meet the same.
    """

    tool: str = "*"
    """The tool; `*` stands for any text, alone for every tool."""
    mode: Literal["error", "timeout", "slow", "garbage", "inject"]
    """`error` and `timeout` fail without running the tool, `slow` runs it later, `garbage` gives
    something else instead of its result, `inject` puts a hostile text into it."""
    probability: float = Field(default=1.0, gt=0, le=1)
    """The share of calls that meet it."""
    seed: int = 0
    """Another number draws other calls."""
    text: str | None = None
    """The error, the garbage or the hostile text, instead of the usual one."""
    delay: Duration | None = None
    """How much later a `slow` tool runs; 1s unless given. Others wait so long, too."""

    @model_validator(mode="after")
    def _says_what_is_told(self) -> Self:
        if self.text is not None and self.mode in _SAYS_NOTHING:
            raise PydanticCustomError(
                "chaos_text",
                "chaos of mode {mode} has a 'text'",
                {
                    "mode": repr(self.mode),
                    "expected": "a text for error, garbage and inject alone",
                    "fix": "remove 'text', or write mode: error",
                },
            )
        return self


def _listed(value: object) -> Any:
    return (value,) if isinstance(value, dict) else value


class _AloneOrListed:
    """The JSON Schema of a list of which one item may stand alone.

    Its parts are pydantic's: it drops the definition of what only a text that we wrote refers to.
    """

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        listed = handler(core_schema)
        return {"anyOf": [listed["items"], {"type": "array", "items": listed["items"]}]}


Chaos = Annotated[
    tuple[ChaosSpec, ...],
    BeforeValidator(_listed),
    _AloneOrListed(),
]
"""One fault, or a list of them; a call meets the first that is drawn for it."""
