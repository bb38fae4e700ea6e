"""The key `transform:`: what is made of an answer before assertions look at it."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.references import checked_reference
from pytest_arena.schema.base import ArenaModel
from pytest_arena.text.json_query import JmesPath

_WAYS = ("javascript", "jmespath", "python")
_EXPECTED = "one of javascript:, jmespath: and python:"


class TransformSpec(ArenaModel):
    """How an answer is made into what assertions look at: one of three ways."""

    javascript: str | None = Field(default=None, min_length=1)
    """An expression in one line or the body of a function in several, over `output` and
    `context`."""
    jmespath: JmesPath | None = None
    """A JMESPath expression into the answer's JSON, which may stand in a fence or in prose."""
    python: str | None = None
    """A function, as `module:function`, that takes by name what it needs of `output`, `prompt`,
    `variables` and `context`."""

    @field_validator("javascript")
    @classmethod
    def _compiles(cls, code: str | None) -> str | None:
        if code is not None:
            from pytest_arena.javascript import Source
            from pytest_arena.schema.javascript import check_javascript

            check_javascript(Source(code))
        return code

    @field_validator("python")
    @classmethod
    def _names_a_function(cls, call: str | None) -> str | None:
        return None if call is None else checked_reference(call, "answers.orders:total")

    @model_validator(mode="after")
    def _goes_one_way(self) -> Self:
        given = [way for way in _WAYS if getattr(self, way) is not None]
        if len(given) != 1:
            raise PydanticCustomError(
                "transform",
                "{what}",
                {
                    "what": f"a transform by {' and '.join(given)}" if given else "no transform",
                    "expected": _EXPECTED,
                    "fix": f"leave out {given[1]}:" if given else "write jmespath: order.total",
                },
            )
        return self


def _from_text(written: Any) -> Any:
    """Return `way: text` as a mapping; any other text is refused, as nobody can tell its way."""
    if not isinstance(written, str):
        return written
    way, colon, text = written.partition(":")
    if colon and way.strip() in _WAYS:
        return {way.strip(): text.strip()}
    raise PydanticCustomError(
        "transform",
        "{given} does not say how it is to be read",
        {
            "given": repr(written if len(written) <= 60 else f"{written[:59]}…"),
            "expected": _EXPECTED,
            "fix": 'write {javascript: …}, or "javascript: …"',
        },
    )


Transform = Annotated[TransformSpec, BeforeValidator(_from_text)]
"""A transform, as a mapping or in one text."""
