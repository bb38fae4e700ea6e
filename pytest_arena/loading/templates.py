"""Templates filled in over a whole tree, before models are built from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.prompts import TemplateError, render_text

_AS_WRITTEN = frozenset({"variables", "matrix", "data", "attacks"})


def render_case(case: YamlMap, variables: Mapping[str, Any], problems: ProblemList) -> YamlMap:
    """Return a case with its texts filled in; what defines variables or attacks stays as it is
    written.

    Parts without templates are the same objects as before, so that what was built of them holds.
    """
    rendered = case.like()
    for key, value in case.items():
        rendered[key] = (
            value
            if key in _AS_WRITTEN
            else _render(value, case.value_place, key, variables, problems)
        )
    return rendered


def fill(
    template: str, variables: Mapping[str, Any], place: Location, problems: ProblemList
) -> str:
    """Return a text with its templates filled in; a problem stands at `place`."""
    try:
        return render_text(template, variables)
    except TemplateError as error:
        problems.add(error.what, place, expected=error.expected, fix=error.fix)
        return template


def _render(
    value: Any, place_of: Any, key: Any, variables: Mapping[str, Any], problems: ProblemList
) -> Any:
    if type(value) is str:
        return fill(value, variables, place_of(key), problems) if "{{" in value else value
    if isinstance(value, YamlMap):
        return _render_entries(value, value.items(), variables, problems)
    if isinstance(value, YamlList):
        return _render_entries(value, enumerate(value), variables, problems)
    return value


def _render_entries(
    tree: YamlMap | YamlList, entries: Any, variables: Mapping[str, Any], problems: ProblemList
) -> YamlMap | YamlList:
    changed: dict[Any, Any] = {}
    for key, value in entries:
        rendered = _render(value, tree.value_place, key, variables, problems)
        if rendered is not value:
            changed[key] = rendered
    if not changed:
        return tree
    if isinstance(tree, YamlMap):
        twin = tree.like()
        twin.update(tree)
        twin.update(changed)
        return twin
    listed = tree.like()
    listed.extend(changed.get(index, value) for index, value in enumerate(tree))
    return listed
