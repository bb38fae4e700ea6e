"""Templates of promptfoo's, which are nunjucks: kept where they are simple, filled in elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from jinja2 import ChainableUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from pytest_arena.importing.promptfoo.javascript_values import json_text, number_text

_SIMPLE = re.compile(r"\{\{-?\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\])*)\s*-?\}\}")
_MARKS = re.compile(r"\{\{|\{%|\{#")
_OF_ENVIRONMENT = re.compile(r"^env\.")


class BadTemplateError(Exception):
    """A template that cannot be filled in; the text says why."""


class _Empty(ChainableUndefined):
    """What is not defined is empty, as in nunjucks; `seen` are the names of those that were met."""

    seen: set[str] = set()  # noqa: RUF012 - each environment has a class of its own

    def __str__(self) -> str:
        self.seen.add(str(self._undefined_name))
        return ""


def is_simple(text: str) -> bool:
    """Return whether a template only names variables, as those of an arena do."""
    rest = _SIMPLE.sub("", text)
    names = [match[1] for match in _SIMPLE.finditer(text)]
    ends = any(name.endswith(".length") or _OF_ENVIRONMENT.match(name) for name in names)
    return _MARKS.search(rest) is None and not ends


def reads_alike(text: str, variables: Mapping[str, Any]) -> bool:
    """Return whether a simple template is the same text here and there: all that it names is
    defined, and is neither a list nor a mapping, which is JSON in an arena alone."""
    for match in _SIMPLE.finditer(text):
        value: Any = variables
        for step in re.findall(r"\w+", match[1]):
            if isinstance(value, list) and step.isdigit() and int(step) < len(value):
                value = value[int(step)]
            elif isinstance(value, Mapping) and step in value:
                value = value[step]
            else:
                return False
        if isinstance(value, (list, Mapping)):
            return False
    return True


def as_ours(text: str) -> str:
    """Return a simple template as an arena writes it."""
    return _SIMPLE.sub(r"{{ \1 }}", text)


def fill(text: str, variables: Mapping[str, Any]) -> tuple[str, set[str]]:
    """Return a template filled in, and the names that it uses and nobody defines.

    Raises `BadTemplateError` for what only nunjucks with filters of one's own can fill in.
    """
    if _MARKS.search(text) is None:
        return text, set()
    seen: set[str] = set()
    undefined = type("_EmptyHere", (_Empty,), {"seen": seen})
    environment = SandboxedEnvironment(
        undefined=undefined, finalize=_shown, keep_trailing_newline=True
    )
    environment.filters["dump"] = lambda value, indent=0: json_text(value, indent)
    environment.globals["env"] = _NoEnvironment()
    given = {name: _with_length(value) for name, value in variables.items()}
    try:
        return environment.from_string(text).render(given), seen
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise BadTemplateError(str(error)) from error


def fill_without_environment(text: str) -> str:
    """Return a template filled in where no variable of the environment is set."""
    empty = type("_NotSet", (_Empty,), {"seen": set()})
    environment = SandboxedEnvironment(undefined=empty, finalize=_shown)
    environment.globals["env"] = {}
    # JavaScript's way to say `or`
    given = re.sub(r"\{\{(.*?)\}\}", lambda found: found[0].replace("||", " or "), text)
    try:
        return environment.from_string(given).render()
    except (TemplateError, TypeError, ValueError) as error:
        raise BadTemplateError(str(error)) from error


def fill_prompt(text: str, variables: Mapping[str, Any]) -> tuple[str, set[str]]:
    """Return a prompt filled in as `fill` does; in one that is JSON each text by itself, so that
    quotes and line breaks of variables stay within theirs."""
    tree = parsed(text)
    if tree is None:
        return fill(text, variables)
    seen: set[str] = set()
    filled = _filled_in(tree, variables, seen)
    return json_text(filled, indent=2), seen


def parsed(text: str) -> Any:
    """Return what a prompt is as JSON; None where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _filled_in(tree: Any, variables: Mapping[str, Any], seen: set[str]) -> Any:
    if isinstance(tree, str):
        text, empty = fill(tree, variables)
        seen |= empty
        return text
    if isinstance(tree, list):
        return [_filled_in(inner, variables, seen) for inner in tree]
    if isinstance(tree, dict):
        return {key: _filled_in(inner, variables, seen) for key, inner in tree.items()}
    return tree


class _NoEnvironment:
    """The variables of the environment, of which none is read at import."""

    def __getattr__(self, name: str) -> Any:
        raise ValueError(f"env.{name} is a variable of the environment, which is not read here")


class _Text(str):
    """A text whose length has its name in JavaScript."""

    __slots__ = ()

    @property
    def length(self) -> int:
        return len(self)


class _List(list[Any]):
    """A list whose length has its name in JavaScript."""

    @property
    def length(self) -> int:
        return len(self)


def _with_length(value: Any) -> Any:
    if isinstance(value, str):
        return _Text(value.removesuffix("\n"))
    if isinstance(value, list):
        return _List(map(_with_length, value))
    return value


def _shown(value: Any) -> Any:
    """Return a value as JavaScript writes it in a text."""
    if value is True or value is False:
        return str(value).lower()
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, dict):
        return "[object Object]"
    if isinstance(value, list):
        return ",".join(str(_shown(item)) for item in value)
    return value
