"""Tools that models are offered: what they are for, what they are called with, and what runs them
where an agent of ours calls them."""

from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BeforeValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.references import checked_reference
from pytest_arena.schema.base import ArenaModel, Duration
from pytest_arena.schema.tool_exec import ToolExecSpec
from pytest_arena.schema.tool_http import ToolHttpSpec

_RUN_BY = ("python", "exec", "http")


def _url_alone(written: object) -> object:
    return {"url": written} if isinstance(written, str) else written


class ToolSpec(ArenaModel):
    """A tool that models are offered; an application has its own.

    It is run where the target is an agent (`type: agent`); a bare model is offered it alone.
    """

    type: Literal["function"] = "function"
    """What OpenAI's form says of every tool; it may be left out."""
    description: str | None = None
    """What the tool is for, as the model reads it."""
    parameters: Any = Field(
        default=None, validation_alias=AliasChoices("parameters", "input_schema", "inputSchema")
    )
    """A JSON Schema of the arguments, an object; without it, there are none."""
    python: str | None = None
    """A function, as `package.module:function`, whose parameters, types and docstring say what the
    tool takes and what it is for. An agent calls it; a parameter `state` is given what the tools of
    the trial share."""
    exec: ToolExecSpec | None = None
    """A program that an agent's call runs."""
    http: Annotated[ToolHttpSpec | None, BeforeValidator(_url_alone)] = None
    """A service that an agent's call asks: a URL alone, or a mapping."""
    mock: Any = None
    """What the tool gives to an agent instead of being run: a value, a list with one for each call,
    or a mapping with `result`, `error`, `delay`, `when` and `otherwise`. Beside `python`, `exec`
    or `http` it stands in for that under `--arena-mock`."""
    strict: bool | None = None
    """Whether OpenAI shall hold the model to the schema; other vendors are not told."""
    irreversible: bool = False
    """Whether it does what nobody can undo. Such calls are made one at a time, are counted by
    `limits:`, and never made under `--arena-mock`."""
    cost_weight: float = Field(default=1.0, ge=0)
    """What a call counts for `cost_weight` of `limits:`."""
    timeout: Duration = 30.0
    """The most that one run of the tool may take."""
    retries: int = Field(default=0, ge=0, le=20)
    """Further runs after one that failed or took too long."""

    @field_validator("python")
    @classmethod
    def _names_a_function(cls, call: str | None) -> str | None:
        return None if call is None else checked_reference(call, "shop.tools:find_order")

    @field_validator("parameters")
    @classmethod
    def _is_a_schema_of_an_object(cls, schema: Any) -> Any:
        if schema is None:
            return None
        if not isinstance(schema, dict) or schema.get("type", "object") != "object":
            raise PydanticCustomError(
                "tool_parameters",
                "no JSON Schema of an object",
                {
                    "expected": "a mapping with properties, since arguments have names",
                    "fix": "write {type: object, properties: {number: {type: string}}}",
                },
            )
        from pytest_arena.json_schema import check_schema

        check_schema(schema)
        return {"type": "object", "properties": {}, **schema}

    @property
    def runs_by(self) -> tuple[str, ...]:
        """The keys that say what runs it."""
        return tuple(key for key in _RUN_BY if getattr(self, key) is not None)

    @property
    def is_mocked(self) -> bool:
        """Whether it has answers that stand in for it; null is one."""
        return "mock" in self.model_fields_set

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if len(self.runs_by) > 1:
            raise PydanticCustomError(
                "tool_source",
                f"a tool has {' and '.join(map(repr, self.runs_by))}",
                {"expected": "one of them, which is what runs it", "fix": "keep one of them"},
            )
        if self.python is not None and self.parameters is not None:
            raise PydanticCustomError(
                "tool_source",
                "a tool has both 'python' and 'parameters'",
                {
                    "expected": "one of the two, since both say what the tool takes",
                    "fix": "remove 'parameters'",
                },
            )
        return self
