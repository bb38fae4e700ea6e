"""What an arena would refuse of an assertion or a provider, so that this alone is left out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.providers import build_provider
from pytest_arena.loading.tree import pack_mark, planted
from pytest_arena.registry import Registry
from pytest_arena.schema import Assertion

_OF_LOADING = ("judge", "embedding")
"""What loading reads in a form of its own, and what is ours."""
_OF_FILES = ("javascript", "python")
"""Their code is looked at by itself."""


def why_refused(made: Mapping[str, Any]) -> str | None:
    """Return why an arena would not take an assertion; None where it would."""
    try:
        _built(made)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        return f"{key}: {first['msg']}" if key else first["msg"]
    return None


def _built(made: Mapping[str, Any]) -> Assertion | None:
    given = {key: value for key, value in made.items() if key not in _OF_LOADING}
    kind = given.pop("type")
    members = given.get("assertions")
    if members is not None:
        built = [one for one in map(_built, members) if one is not None]
        if members and not built:
            return None
        given["assertions"] = built
    if kind in _OF_FILES:
        return None
    found = _known().assertions.get(kind)
    return found.model_validate(given) if found is not None else None


def why_provider_refused(made: Mapping[str, Any], root: Path) -> str | None:
    """Return why an arena would not take a provider; None where it would."""
    context = LoadContext(root=root, registry=_known())
    build_provider(planted(dict(made), ["?"], pack_mark(0, 1, 1)), context)
    try:
        context.problems.raise_if_any()
    except ArenaFileError as error:
        # its place is in no file that anybody has
        return str(error).splitlines()[0].partition(": ")[2]
    return None


@cache
def _known() -> Registry:
    registry = Registry()
    register(registry)
    return registry
