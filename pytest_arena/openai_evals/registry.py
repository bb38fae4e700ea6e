"""The basic classes of the repository openai/evals, as functions for `type: python`.

Each looks at the answer and at `ideal` of the sample, which is a variable of the case: a text, or
several of which one is enough.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Mapping
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.schema import Outcome

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_TOO_DEEP = "the answer's JSON is nested too deeply to be read"


def match(output: str, variables: Mapping[str, Any]) -> Outcome:
    """Hold where the answer begins with the ideal one, letter by letter."""
    return _any(output, variables, output.startswith, "begins with")


def includes(output: str, variables: Mapping[str, Any]) -> Outcome:
    """Hold where the ideal answer stands somewhere in the answer, letter by letter."""
    return _any(output, variables, lambda ideal: ideal in output, "contains")


def includes_in_any_case(output: str, variables: Mapping[str, Any]) -> Outcome:
    """Hold where the ideal answer stands somewhere in the answer, in small or capital letters."""
    low = output.lower()
    return _any(output, variables, lambda ideal: ideal.lower() in low, "contains, in any case,")


def fuzzy_match(output: str, variables: Mapping[str, Any]) -> Outcome:
    """Hold where one of both is in the other, without punctuation, articles and capitals."""
    said = _normal(output)

    def alike(ideal: str) -> bool:
        wanted = _normal(ideal)
        if not said or not wanted:
            return said == wanted
        return said in wanted or wanted in said

    return _any(output, variables, alike, "is a part of, or contains,")


def json_match(output: str, variables: Mapping[str, Any]) -> Outcome:
    """Hold where the answer is JSON of the same values as an ideal one; null is like nothing."""
    ideals = _ideals(variables)
    if isinstance(ideals, Outcome):
        return ideals
    try:
        wanted = [json.loads(ideal) for ideal in ideals]
    except (ValueError, RecursionError) as error:
        return Outcome.error(f"ideal is no JSON: {error}")
    expected = f"JSON that equals {_shown(ideals)}"
    try:
        said = json.loads(output)
    except ValueError as error:
        return Outcome.unseen(f"the answer is no JSON: {error}", expected=expected)
    except RecursionError:
        return Outcome.error(_TOO_DEEP)
    try:
        holds = any(_same(said, one) for one in wanted)
    except RecursionError:
        return Outcome.error(_TOO_DEEP)
    return Outcome.of(holds, f"is {shorten(output)}", expected=expected)


def _any(
    output: str, variables: Mapping[str, Any], fits: Callable[[str], bool], verb: str
) -> Outcome:
    ideals = _ideals(variables)
    if isinstance(ideals, Outcome):
        return ideals
    found = next((ideal for ideal in ideals if fits(ideal)), None)
    told = f"{shorten(repr(output))}"
    if found is not None:
        told = f"{told} {verb} {shorten(repr(found))}"
    return Outcome.of(found is not None, told, expected=f"{verb} {_shown(ideals)}")


def _ideals(variables: Mapping[str, Any]) -> list[str] | Outcome:
    if "ideal" not in variables:
        return Outcome.error("the case has no variable `ideal`")
    given = variables["ideal"]
    ideals = list(given) if isinstance(given, (list, tuple)) else [given]
    if not all(isinstance(ideal, str) for ideal in ideals):
        return Outcome.error(f"ideal is {shorten(repr(given))}, neither a text nor texts")
    return ideals


def _normal(text: str) -> str:
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def _same(said: Any, wanted: Any) -> bool:
    if said is None or wanted is None:
        return False
    if isinstance(said, dict):
        keys = {*said, *wanted} if isinstance(wanted, dict) else ()
        return isinstance(wanted, dict) and all(
            _same(said.get(key), wanted.get(key)) for key in keys
        )
    if isinstance(said, list):
        return (
            isinstance(wanted, list) and len(said) == len(wanted) and all(map(_same, said, wanted))
        )
    return bool(said == wanted)


def _shown(ideals: list[str]) -> str:
    return " or ".join(shorten(repr(ideal)) for ideal in ideals[:5]) or "nothing: ideal is empty"
