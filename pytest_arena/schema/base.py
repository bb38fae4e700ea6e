"""What all models of an arena file share."""

import re
from inspect import unwrap
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    PrivateAttr,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from pytest_arena.errors import Location
from pytest_arena.schema.describing import field_docs
from pytest_arena.text.folding import without_only_final_break

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?")


class ArenaModel(BaseModel):
    """One mapping of an arena file: its keys are the fields, unknown ones are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        # no limit, price or weight of a file is .inf or .nan
        allow_inf_nan=False,
        populate_by_name=True,
        defer_build=True,
    )

    _place: Location | None = PrivateAttr(default=None)
    _elsewhere: str | None = PrivateAttr(default=None)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Set private attributes once: pydantic does so anew for each class that one inherits from.

        A class with a `model_post_init` of its own keeps it.
        """
        super().__pydantic_init_subclass__(**kwargs)
        if unwrap(cls.model_post_init) is ArenaModel.model_post_init:
            cls.model_post_init = ArenaModel.model_post_init  # type: ignore[method-assign]

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in field_docs(cls).items():
            field = cls.model_fields.get(name)
            if field is not None:
                properties[field.alias or name]["description"] = text
        return schema

    @property
    def place(self) -> Location | None:
        """Where the mapping stands in its file."""
        # read without pydantic's `__getattr__`: every finding of a run asks for its line
        found: Location | None = (self.__pydantic_private__ or {}).get("_place")
        return found

    @property
    def line(self) -> int | None:
        place = self.place
        return place.line if place else None

    @property
    def elsewhere(self) -> str | None:
        """The file that its line is one of, where that is not the arena file."""
        found: str | None = (self.__pydantic_private__ or {}).get("_elsewhere")
        return found


def parse_duration(value: Any) -> float:
    """Return the seconds of `30s`, `5m`, `250ms`, `1h`, or of a plain number of seconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(value)
    else:
        match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            raise PydanticCustomError(
                "duration",
                "bad duration {given}",
                {"given": repr(value), "expected": "a number with a unit: 250ms, 30s, 5m, 1h"},
            )
        seconds = float(match[1]) * _UNITS[match[2] or "s"]
    if not 0 < seconds < float("inf"):
        raise PydanticCustomError(
            "duration",
            "bad duration {given}",
            {"given": repr(value), "expected": "more than no time: 250ms, 30s, 5m, 1h"},
        )
    return seconds


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One text, or a list of them."""


def _none_empty(texts: tuple[str, ...]) -> tuple[str, ...]:
    if not texts or not all(text.strip() for text in texts):
        raise PydanticCustomError(
            "empty_texts",
            "no text" if not any(texts) else "an empty text",
            {"expected": "a text, or a list of texts, none of them empty"},
        )
    return texts


SomeTexts = Annotated[Texts, AfterValidator(_none_empty)]
"""One text or a list of one or more, none of them empty."""
PromptText = Annotated[str, AfterValidator(without_only_final_break)]
"""A text that is sent to a model: without the line break that YAML's `|` and `>` add at its end;
one that ends in several keeps them, since somebody wanted them."""

NOTHING_GIVEN = "nothing_given"
"""The kind of mistake of a null in the place of what is checked."""


def _refuse_null(given: Any) -> Any:
    if given is None:
        raise PydanticCustomError(
            NOTHING_GIVEN,
            "nothing is given",
            {"expected": "a value", "fix": "write one, or leave the key out"},
        )
    return given


NotNull = BeforeValidator(_refuse_null)
"""Of what an assertion checks, and may leave out: a null that a row gave is not left out."""

Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h|d)?$"},
            ],
            "description": "a time with its unit: 250ms, 30s, 5m, 1h; a plain number is seconds",
        }
    ),
]
"""Seconds, written as `250ms`, `30s`, `5m`, `1h` or as a number of seconds."""
