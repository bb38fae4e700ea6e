"""From an answer to what assertions look at, by a `transform:`."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from pytest_arena.errors import TransformError, shorten
from pytest_arena.javascript import Given, NotRunError, Source, Thrown, run
from pytest_arena.light_dataclass import dataclass
from pytest_arena.references import UnresolvedError, resolve
from pytest_arena.results.cleaning import clean_text, clean_value
from pytest_arena.results.request_response import Response
from pytest_arena.running.time_limit import TimeLimitError, within
from pytest_arena.schema.transform import TransformSpec
from pytest_arena.text.exception_text import exception_headline
from pytest_arena.text.json_depth import MOST_DEPTH, is_too_deep
from pytest_arena.text.json_query import look_up
from pytest_arena.text.json_text import NotJsonError, UnreadableJsonError, parse_json

LONGEST_S = 30.0
"""The most that a transform may take."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a transform may know beside the answer."""

    root: Path
    folders: tuple[Path, ...] = ()
    """Where modules are looked for first."""
    prompt: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    case: str = ""
    provider: str = ""

    @property
    def as_context(self) -> dict[str, Any]:
        """The `context` of JavaScript and Python, by promptfoo's names."""
        variables = dict(self.variables)
        return {
            "prompt": self.prompt,
            "vars": variables,
            "test": {"description": self.case, "vars": variables},
            "provider": {"id": self.provider, "label": self.provider},
        }


def transformed_in_time(response: Response, how: TransformSpec, around: Surroundings) -> Response:
    """Return what `transformed` does, which is given up after a while."""
    try:
        return within(LONGEST_S, lambda: transformed(response, how, around))
    except TimeLimitError:
        said = f"took longer than {LONGEST_S:g} s, and was given up"
        raise TransformError(f"{_named(how)} {said}") from None


def transformed(response: Response, how: TransformSpec, around: Surroundings) -> Response:
    """Return an answer with what a transform makes of it, after what others made.

    It may take a while: it is nothing for the event loop.
    """
    given = response.output if response.transformed is None else response.transformed
    found = _made(given, how, around)
    if isinstance(found, (dict, list, tuple)) and is_too_deep(found):
        raise TransformError(f"{_named(how)} gave a value nested more than {MOST_DEPTH} deep")
    made = clean_value(found)
    if made is None:
        raise TransformError(f"{_named(how)} gave nothing")
    return replace(response, transformed=made)


def _named(how: TransformSpec) -> str:
    if how.python is not None:
        return f"transform {how.python}"
    return f"transform {shorten(how.jmespath or how.javascript or '', 60)!r}"


def _made(given: Any, how: TransformSpec, around: Surroundings) -> Any:
    if how.jmespath is not None:
        return _by_path(given, how)
    if how.javascript is not None:
        return _by_javascript(given, how, around)
    return _by_python(given, how, around)


def _by_path(given: Any, how: TransformSpec) -> Any:
    from jmespath.exceptions import JMESPathError

    try:
        value = parse_json(given, extract=True) if isinstance(given, str) else given
        return look_up(how.jmespath or "", value)
    except (NotJsonError, UnreadableJsonError, JMESPathError) as error:
        raise TransformError(f"{_named(how)}: {error}") from None


def _by_javascript(given: Any, how: TransformSpec, around: Surroundings) -> Any:
    try:
        found = run(Source(how.javascript or ""), [given, around.as_context])
    except NotRunError as error:
        raise TransformError(f"{_named(how)} {error}") from None
    if isinstance(found, Thrown):
        raise TransformError(f"{_named(how)} threw {shorten(clean_text(found.text), 300)}")
    return _number(found) if found.kind == "number" else found.value


def _number(found: Given) -> float | int:
    """Return a whole number without the `.0` that JavaScript does not write either."""
    value: float = found.value
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _by_python(given: Any, how: TransformSpec, around: Surroundings) -> Any:
    call = how.python or ""
    try:
        function = resolve(call, around.root, around.folders)
        offered = {
            "output": given,
            "prompt": around.prompt,
            "variables": dict(around.variables),
            "context": around.as_context,
        }
        given_all = inspect.signature(function).parameters
        further = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        names = {name: one for name, one in given_all.items() if one.kind not in further}
        wrong = [n for n, p in names.items() if n not in offered and p.default is p.empty]
        if wrong:
            raise UnresolvedError(
                f"{call} wants a parameter {wrong[0]!r} that there is not\n"
                f"  expected: parameters named {', '.join(offered)}"
            )
        result = function(**{name: offered[name] for name in names if name in offered})
        if inspect.isawaitable(result):
            result = asyncio.run(_awaited(result))
        json.dumps(result, allow_nan=False)
    except UnresolvedError as error:
        raise TransformError(str(error)) from None
    except Exception as error:
        told = exception_headline(error, around.root)
        raise TransformError(f"{_named(how)}: {told}") from error
    return result


async def _awaited(result: Any) -> Any:
    return await result
