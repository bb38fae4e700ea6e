"""Tools that models are offered: what they are for, and what they are called with."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AliasChoices, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.json_schema import check_schema
from pytest_arena.references import checked_reference
from pytest_arena.schema.base import ArenaModel


class ToolSpec(ArenaModel):
    """A tool that models are offered; an application has its own."""

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
    tool takes and what it is for. It is not called."""
    strict: bool | None = None
    """Whether OpenAI shall hold the model to the schema; other vendors are not told."""

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
        check_schema(schema)
        return {"type": "object", "properties": {}, **schema}

    @model_validator(mode="after")
    def _has_one_source(self) -> ToolSpec:
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
