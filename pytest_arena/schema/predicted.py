"""The label that a case should have, and where an answer says the one that it has."""

import json
import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.errors import ArenaError, shorten
from pytest_arena.schema.base import ArenaModel
from pytest_arena.text.json_query import JmesPath, look_up, why_no_path
from pytest_arena.text.labels import LONGEST, bare_label
from pytest_arena.text.regex import Pattern, search

_CHOICE = re.compile(r"\(?([\w\s-]+(?:\|[\w\s-]+)+)\)?")
"""Words to choose from, which would be a path into JSON as well."""


def _label(value: Any) -> Any:
    """Return a label as text; true and false are labels, too."""
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        value = bare_label(value)
        if not value:
            raise PydanticCustomError(
                "label",
                "the label is empty",
                {
                    "expected": "the label that a right answer gives",
                    "fix": "write one, as in label: billing",
                },
            )
    return value


Label = Annotated[
    str,
    BeforeValidator(_label),
    WithJsonSchema({"anyOf": [{"type": kind} for kind in ("string", "number", "boolean")]}),
]
"""One label: a text, a number, or true and false."""


class NoLabelError(Exception):
    """An answer has no label; the text says why."""


class Predicted(ArenaModel):
    """Where an answer says its label.

    A text is words to choose from (`yes|no`), of which the first whole one counts, in upper or
    lower case; else a path where it is one, else a pattern.
    """

    path: JmesPath | None = None
    """A JMESPath expression into the answer's JSON."""
    pattern: Pattern | None = None
    """A regular expression: the first group of its first match, or the whole match."""

    @model_validator(mode="before")
    @classmethod
    def _of_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        choice = _CHOICE.fullmatch(value)
        if choice is not None:
            # of two that begin alike, the longer one is meant where it stands
            words = sorted((word.strip() for word in choice[1].split("|")), key=len, reverse=True)
            return {"pattern": rf"(?i)\b({'|'.join(words)})\b"}
        return {"pattern" if why_no_path(value) else "path": value}

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if (self.path is None) is (self.pattern is None):
            both = self.path is not None
            raise PydanticCustomError(
                "predicted",
                "predicted has both a path and a pattern" if both else "predicted is empty",
                {
                    "expected": "a path or a pattern",
                    "fix": "keep one of them" if both else "write it like predicted: category",
                },
            )
        return self

    def find(self, answer: str) -> str:
        """Return the label of an answer, or raise `NoLabelError`; any other `ArenaError` means that
        nobody can tell."""
        if self.pattern is not None:
            match = search(self.pattern, answer)
            if match is None:
                raise NoLabelError(f"{shorten(self.pattern, 60)!r} matches nowhere")
            found = next((group for group in match.groups() if group is not None), match[0])
            return as_label(found)
        return as_label(self._in_json(self.path or "", answer))

    def _in_json(self, path: str, answer: str) -> Any:
        from jmespath.exceptions import JMESPathError, UnknownFunctionError

        from pytest_arena.text.json_text import NotJsonError, parse_json

        try:
            return look_up(path, parse_json(answer, extract=True))
        except NotJsonError as error:
            raise NoLabelError(f"{error} for the path {shorten(path, 60)!r}") from None
        except UnknownFunctionError as error:
            raise ArenaError(f"the path {shorten(path, 60)!r} cannot be used: {error}") from None
        except JMESPathError as error:
            raise NoLabelError(
                f"{path} does not fit the JSON: {shorten(str(error), 120)}"
            ) from None


def as_label(found: Any) -> str:
    """Return a found value as a label, or raise `NoLabelError` where it is none."""
    if found is None:
        raise NoLabelError("there is none")
    if isinstance(found, (dict, list)):
        kind = "a list" if isinstance(found, list) else "an object"
        raise NoLabelError(f"{kind} is no label: {shorten(json.dumps(found, default=str), 60)}")
    text = bare_label(found if isinstance(found, str) else json.dumps(found))
    if not text:
        raise NoLabelError("it is empty")
    if len(text) > LONGEST:
        raise NoLabelError(
            f"{len(text):,} characters are no label; say with predicted: where it stands"
        )
    return text
