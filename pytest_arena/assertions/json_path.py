"""Assert on one value inside an answer's JSON, named by a JMESPath expression."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import field_validator, model_validator

from pytest_arena.assertions.messages import bounded
from pytest_arena.assertions.within_bounds import bad_bounds
from pytest_arena.errors import shorten
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.idle_patterns import refuse_empty_text
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome
from pytest_arena.schema.base import NotNull
from pytest_arena.text.json_query import JmesPath, finds_something, look_up
from pytest_arena.text.json_text import (
    NotJsonError,
    UnreadableJsonError,
    holds_json,
    json_in_nfc,
    parse_json,
    same_json,
)
from pytest_arena.text.looking import SearchedText
from pytest_arena.text.numbers import number


class JsonPath(Assertion):
    """Holds when a JMESPath expression finds the wanted value in the answer's JSON.

        - type: json_path
          path: order.items[0].price
          min: 1
          max: 100

    The JSON may stand in a code fence or in prose: a fence marked `json` comes first, else the
    largest value that parses; thoughts, other fences, and what is inside broken JSON are no
    answer. Every key that is given must hold; with none, the value must be there. JMESPath does
    not tell null from missing, so `equals: null` and `exists: false` hold for both. A filter or a
    projection that nothing fits (`items[?sku=='A-7']`, `items[*].sku`) finds nothing, though
    JMESPath gives an empty list; `items` that is one is there. `to_number` of a text that is no
    number, `NaN` and `Infinity` as well, is null. An answer without JSON fails, with `not`, too.

    Error: when the JSON is nested too deeply to be read, or the path calls an unknown function.
    """

    type: ClassVar[str] = "json_path"
    reads_text: ClassVar[bool] = True

    path: JmesPath
    """The JMESPath expression."""
    equals: Any = None
    """The value itself; true is not 1."""
    contains: Any = None
    """An element of a list, a key of an object, or a part of a text, as `contains` finds it; a list
    or a mapping is also a part, as in `tool_args`."""
    min: Annotated[float | None, NotNull] = None
    """The least that a number may be."""
    max: Annotated[float | None, NotNull] = None
    """The most that a number may be."""
    exists: Annotated[bool | None, NotNull] = None
    """Whether the path finds something."""
    extract: bool = True
    """Take the JSON object or list in a code fence or in prose."""

    @field_validator("equals", "contains")
    @classmethod
    def _is_in_nfc(cls, wanted: Any) -> Any:
        return json_in_nfc(wanted)

    @field_validator("contains")
    @classmethod
    def _holds_something(cls, contains: Any) -> Any:
        return refuse_empty_text(contains)

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.min is not None and self.max is not None and self.max < self.min:
            raise bad_bounds("min", "max")
        return self

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        from jmespath.exceptions import JMESPathError, UnknownFunctionError

        try:
            document = parse_json(trial.output or "", extract=self.extract)
            found = look_up(self.path, document)
        except NotJsonError as error:
            return Outcome.unseen(f"{error}: {quoted(trial.output or '')}", expected=self.path)
        except UnreadableJsonError as error:
            return Outcome.error(str(error))
        except UnknownFunctionError as error:
            return Outcome.error(f"the path {quoted(self.path)} cannot be used: {error}")
        except JMESPathError as error:
            reason = f"{self.path} does not fit the JSON: {quoted(str(error), 120)}"
            return Outcome.of(False, reason, expected=self.path)
        return self._judge(found)

    def _judge(self, found: Any) -> Outcome:
        shown = f"{self.path} is {shorten(_json(found), 60)}"
        checks = [
            outcome
            for outcome in (
                self._existence(found),
                self._equality(found, shown),
                self._content(found, shown),
                self._bounds(found, shown),
            )
            if outcome is not None
        ]
        return next((check for check in checks if check.verdict != "passed"), checks[0])

    def _existence(self, found: Any) -> Outcome | None:
        asked = self.exists
        given = {"equals", "contains", "min", "max"} & self.model_fields_set
        if asked is None and given:
            return None
        there = finds_something(self.path, found)
        wanted = asked is not False
        reason = (
            f"{self.path} is {shorten(_json(found), 60)}" if there else f"{self.path} finds nothing"
        )
        expected = f"{self.path} {'exists' if wanted else 'does not exist'}"
        return Outcome.of(there is wanted, reason, expected=expected)

    def _equality(self, found: Any, shown: str) -> Outcome | None:
        if "equals" not in self.model_fields_set:
            return None
        expected = f"{self.path} is {shorten(_json(self.equals), 60)}"
        held = same_json(found, self.equals)
        if not held and _json(found).strip('"') == _json(self.equals).strip('"'):
            # as of a table, whose values are texts
            shown += f", {_kind(found)} and not {_kind(self.equals)}"
        return Outcome.of(held, shown, expected=expected)

    def _content(self, found: Any, shown: str) -> Outcome | None:
        if "contains" not in self.model_fields_set:
            return None
        wanted = self.contains
        if isinstance(wanted, str) and isinstance(found, str):
            held = SearchedText(found).holds(wanted)
        elif isinstance(wanted, str) and isinstance(found, dict):
            held = wanted in found
        elif isinstance(found, list) and any(same_json(element, wanted) for element in found):
            held = True
        else:
            held = isinstance(wanted, (dict, list)) and holds_json(found, wanted)
        expected = f"{self.path} contains {shorten(_json(wanted), 60)}"
        return Outcome.of(held, shown, expected=expected)

    def _bounds(self, found: Any, shown: str) -> Outcome | None:
        if self.min is None and self.max is None:
            return None
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            return Outcome.of(False, f"{shown}, which is no number", expected="a number")
        return bounded(found, number, minimum=self.min, maximum=self.max, subject=f"{self.path} is")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    named = {str: "a text", bool: "a boolean", list: "a list", dict: "an object"}
    return named.get(type(value), "a number")


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, default=str)
