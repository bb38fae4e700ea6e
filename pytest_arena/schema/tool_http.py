"""A service of the user's own as a tool."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.base import ArenaModel
from pytest_arena.schema.http import checked_path, checked_url

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
WITHOUT_BODY = ("GET", "DELETE")
"""Methods that send what they have to say as parameters of the URL."""


class ToolHttpSpec(ArenaModel):
    """A request that each call of a tool makes; `${NAME}` stands for an environment variable."""

    url: str
    """Where it goes. `{{ arguments.number }}` stands for an argument of the call, behind the
    host."""
    method: Annotated[
        Literal["GET", "POST", "PUT", "PATCH", "DELETE"],
        BeforeValidator(lambda name: name.upper() if isinstance(name, str) else name),
        WithJsonSchema({"enum": [*_METHODS, *map(str.lower, _METHODS)]}),
    ] = "POST"
    """How it is asked. Where no text names an argument, all of them are sent: as JSON, or as
    parameters of the URL with GET and DELETE."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Headers of the request."""
    query: dict[str, str] = Field(default_factory=dict)
    """Parameters of the URL."""
    body: Any = None
    """What is sent as JSON; a value that is exactly one `{{ arguments.name }}` keeps its type."""
    form: dict[str, str] | None = None
    """What is sent as a form instead."""
    output: str | None = None
    """The JMESPath to what the tool gives; without it, the whole body is, as JSON where it is
    that."""

    @field_validator("url")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        return checked_url(url)

    @field_validator("output")
    @classmethod
    def _is_a_path(cls, path: str | None) -> str | None:
        return checked_path(path)

    @model_validator(mode="after")
    def _sends_one_body(self) -> Self:
        bodies = [name for name in ("body", "form") if getattr(self, name) is not None]
        what = None
        if len(bodies) > 1:
            what, expected, fix = "'body' and 'form' beside each other", "one of them", "keep one"
        elif bodies and self.method in WITHOUT_BODY:
            what, expected = f"a {self.method} with a body", "parameters of the URL"
            fix = "write query, or another method"
        if what is not None:
            raise PydanticCustomError(
                "tool_http", "{what}", {"what": what, "expected": expected, "fix": fix}
            )
        return self
