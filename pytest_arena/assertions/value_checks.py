"""What a JSON value must be like: whole or in a part, equal, holding, matching, fitting."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.messages import json_or_text, shown_json
from pytest_arena.errors import ArenaError
from pytest_arena.json_schema import SchemaUnusableError, check_schema, mismatches
from pytest_arena.judging.idle_patterns import refuse_empty_text
from pytest_arena.schema.assertion import Assertion
from pytest_arena.schema.base import NotNull
from pytest_arena.text.json_query import JmesPath, finds_something, look_up
from pytest_arena.text.json_text import holds_json, json_in_nfc, same_json
from pytest_arena.text.looking import SearchedText
from pytest_arena.text.regex import Pattern, PatternTimeoutError, search

_CHECKS = {
    "equals": "equal to",
    "contains": "holding",
    "matches": "matching",
    "schema_": "fitting",
}
"""The fields that look at the value, each with the word for it."""
_OF_NULL = frozenset(
    ("type", "enum", "const", "not", "if", "allOf", "anyOf", "oneOf", "$ref", "$dynamicRef")
)
"""A schema's keywords that say something of null, too."""


class PathUnusableError(ArenaError):
    """A path that calls a function which there is not."""


UNUSABLE = (SchemaUnusableError, PatternTimeoutError, PathUnusableError)
"""What `problem_of` raises where nothing can be said of a value."""


class ChecksValue(Assertion):
    """An assertion on a JSON value; every key that is given must hold of it."""

    checked: ClassVar[str]
    """What is looked at, as messages name it."""

    path: JmesPath | None = None
    """A JMESPath expression that finds the part to look at."""
    equals: Any = None
    """The value itself; true is not 1."""
    contains: Any = None
    """A part of the value: keys of an object with their values, an element of its own for each of a
    list's, or a part of a text, as `contains` finds it."""
    matches: Annotated[Pattern | None, NotNull] = None
    """A regular expression that is searched in a text, and in any other value's JSON."""
    schema_: Annotated[Any, NotNull] = Field(default=None, alias="schema")
    """A JSON Schema that the value must fit."""

    @field_validator("schema_")
    @classmethod
    def _is_a_schema(cls, schema: Any) -> Any:
        return check_schema(schema)

    @field_validator("equals", "contains")
    @classmethod
    def _is_in_nfc(cls, wanted: Any) -> Any:
        return json_in_nfc(wanted)

    @field_validator("contains")
    @classmethod
    def _holds_something(cls, contains: Any) -> Any:
        return refuse_empty_text(contains)

    @model_validator(mode="after")
    def _looks_for_something(self) -> Self:
        if self.path is None and not self._looks_at_it:
            raise PydanticCustomError(
                "checks_value",
                "{type} says nothing of {checked}",
                {
                    "type": self.type,
                    "checked": self.checked,
                    "expected": "equals, contains, matches, schema or path",
                    "fix": "add contains: {…}",
                },
            )
        return self

    @property
    def _looks_at_it(self) -> bool:
        return bool(_CHECKS.keys() & self.model_fields_set)

    @property
    def _may_be_null(self) -> bool:
        """Whether a key says of null that it holds or not; a pattern and most of a schema's
        keywords are of other values."""
        schema = self.schema_ if isinstance(self.schema_, Mapping) else {}
        return bool({"equals", "contains"} & self.model_fields_set or _OF_NULL & schema.keys())

    def problem_of(self, value: Any) -> str | None:
        """Return what does not hold of a value, or None; one of `UNUSABLE` where nobody can say."""
        value = json_in_nfc(value)
        if self.path is not None:
            value = _found(self.path, value)
            there = value is not None if self._looks_at_it else finds_something(self.path, value)
            if not there and not self._may_be_null:
                return f"{self.path} finds nothing"
        shown = shown_json(value)
        given = self.model_fields_set
        if "equals" in given and not same_json(value, self.equals):
            return f"{shown} is not {shown_json(self.equals)}"
        if "contains" in given and not _holds(value, self.contains):
            return f"{shown} does not hold {shown_json(self.contains)}"
        if self.matches is not None and search(self.matches, json_or_text(value)) is None:
            return f"{shown} does not match {self.matches!r}"
        return mismatches(value, self.schema_) if self.schema_ is not None else None

    def wanted(self, whole: str) -> str:
        """Return what a value must be like, in a few words; `whole` names all of it."""
        given = self.model_fields_set
        words = [
            f"{word} {shown_json(getattr(self, key), 40)}"
            for key, word in _CHECKS.items()
            if key in given
        ]
        return f"{self.path or whole} " + (" and ".join(words) or "there")


def _found(path: str, value: Any) -> Any:
    from jmespath.exceptions import JMESPathError, UnknownFunctionError

    try:
        return look_up(path, value)
    except UnknownFunctionError as error:
        raise PathUnusableError(f"the path {path!r} cannot be used: {error}") from error
    except JMESPathError:
        # it does not fit this value, which then has nothing there
        return None


def _holds(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return SearchedText(value).holds(wanted)
    return holds_json(value, wanted)
