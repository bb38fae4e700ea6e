"""JSON in an answer: parsed strictly, found in prose and fences, compared as JSON compares."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from pytest_arena.errors import ArenaError

_FENCE = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)^[ \t]*```", re.DOTALL | re.MULTILINE)
_START = re.compile(r"[\[{]")
_MOST_STARTS = 2_000


class NotJsonError(ArenaError):
    """Report that an answer is not JSON; the text says where and why."""


class UnreadableJsonError(ArenaError):
    """Report that nobody can say whether an answer is JSON: too deep, or too much of it."""


def parse_json(text: str, *, extract: bool = False) -> Any:
    """Return the answer's JSON value; `extract` takes the first object or list in prose or a fence.

    Strict: `NaN` and `Infinity` are not JSON. Raises `NotJsonError` and `UnreadableJsonError`.
    """
    try:
        return _whole(text)
    except NotJsonError:
        if not extract:
            raise
    for value in json_values(text):
        return value
    raise NotJsonError("there is no JSON object or list in the answer")


def json_values(text: str) -> Iterator[Any]:
    """Yield each JSON value in a text: the whole of it, else objects and lists in it, in order."""
    try:
        yield _whole(text)
        return
    except NotJsonError:
        pass
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    # Each failed start may read on to the end: bound the reading, or a hostile answer costs n².
    budget = 8 * len(text) + 200_000
    starts = position = 0
    while match := _START.search(text, position):
        start = match.start()
        try:
            value, position = decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            budget -= error.pos - start + 1
            position = start + 1
        except RecursionError as error:
            raise UnreadableJsonError("the JSON is nested too deeply to be read") from error
        except ValueError:
            # A constant that JSON does not know, or a number of thousands of digits.
            position = start + 1
        else:
            yield value
        starts += 1
        if budget < 0 or starts > _MOST_STARTS:
            raise UnreadableJsonError("the answer has too many broken pieces of JSON to be read")


def fenced(text: str) -> str:
    """Return the inside of the first code fence, or the whole text where there is none."""
    match = _FENCE.search(text)
    return match[1] if match else text


def same_json(first: Any, second: Any) -> bool:
    """Return whether two JSON values are equal; unlike Python's, true is not 1."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(
            same_json(value, second[key]) for key, value in first.items()
        )
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        return len(first) == len(second) and all(map(same_json, first, second))
    return bool(first == second)


def holds_json(whole: Any, part: Any) -> bool:
    """Return whether a JSON value holds a part of itself.

    An object holds the part's keys with values that hold the part's; a list holds, in any order,
    an element for each of the part's; anything else is equal.
    """
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and holds_json(whole[key], value) for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, (list, tuple)):
        return all(any(holds_json(element, wanted) for element in whole) for wanted in part)
    return same_json(whole, part)


def _whole(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise NotJsonError(f"not JSON: {error.msg} at {place}") from error
    except RecursionError as error:
        raise UnreadableJsonError("the JSON is nested too deeply to be read") from error
    except ValueError as error:
        raise NotJsonError(f"not JSON: {error}") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
