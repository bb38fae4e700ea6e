"""Templates filled in over a whole tree, before models are built from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pytest_arena.errors import Location, shorten
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.tree import Filled, YamlList, YamlMap, planted
from pytest_arena.prompts import TemplateError, fill_template, render_text
from pytest_arena.prompts.templates import as_text, names_in

_AS_WRITTEN = frozenset({"variables", "matrix", "data", "attacks"})
FILLED_WHEN_CALLED = frozenset({"mock", "exec", "http"})
"""Keys of a tool whose texts are filled in when an agent calls it, with its arguments."""
FILLED_WHEN_ASKED = "judge_prompt"
"""The key of an assertion whose texts are filled in with the answer when a judge is asked."""
_Tree = YamlMap | YamlList
_Inside = Literal["", "tools", "tool"]
"""Where a tree stands: among tools by name, in a tool, or elsewhere."""


def render_case(case: YamlMap, variables: Mapping[str, Any], problems: ProblemList) -> YamlMap:
    """Return a case with its texts filled in; what defines variables or attacks stays as it is
    written.

    A value that is exactly one `{{ name }}` keeps the variable's type. Parts without templates are
    the same objects as before, so that what was built of them holds.
    """
    wanted = [(key, value) for key, value in case.items() if key not in _AS_WRITTEN]
    rendered: YamlMap = _render_entries(case, wanted, variables, problems, nulls=False)
    return rendered


def render_value(tree: _Tree, key: Any, variables: Mapping[str, Any], problems: ProblemList) -> Any:
    """Return one value of a tree with its templates filled in."""
    return _render(tree, key, variables, problems, nulls=False, inside=_begun(key, tree[key]))


def refuse_templates(holder: YamlMap, names: Mapping[str, Any], problems: ProblemList) -> None:
    """Refuse texts of a mapping's `variables` that name one of these variables: they are put in
    as they are, so that a check for one would look for its braces.

    Braces around anything else may be what is asked about.
    """
    written = holder.get("variables")
    if isinstance(written, YamlMap):
        for name in written:
            _refuse_in(written, name, name, names, problems)


def _refuse_in(
    tree: _Tree, key: Any, variable: Any, names: Mapping[str, Any], problems: ProblemList
) -> None:
    value: Any = tree[key]
    if type(value) is str:
        named = [one for one in names_in(value, names) if one in names] if "{{" in value else []
        if named:
            problems.add(
                f"{{{{ {shorten(named[0], 60)} }}}} is not filled in inside the variable "
                f"{shorten(str(variable), 60)!r}",
                tree.value_place(key),
                expected="a text that is put in as it is written",
                fix=f"write {shorten(named[0], 60)!r} out, or name both where they are used "
                "(braces that are meant may come from a row of data:)",
            )
    elif isinstance(value, (YamlMap, YamlList)):
        for inner in value if isinstance(value, YamlMap) else range(len(value)):
            _refuse_in(value, inner, variable, names, problems)


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
    tree: _Tree,
    key: Any,
    variables: Mapping[str, Any],
    problems: ProblemList,
    *,
    nulls: bool,
    inside: _Inside = "",
) -> Any:
    """Return a value of a tree, filled in.

    Null in a template is an empty text, but in assertions (`nulls`), where it may be what is
    compared with. There a block's final line break is no part of a text to look for, either.
    """
    value = tree[key]
    if type(value) is str:
        if "{{" not in value:
            return value
        try:
            filled = fill_template(value, variables, inline=nulls)
        except TemplateError as error:
            problems.add(error.what, tree.value_place(key), expected=error.expected, fix=error.fix)
            return value
        if filled is None and not nulls:
            return ""
        return planted(filled, tree.files, tree.marks[key])
    if isinstance(value, (YamlMap, YamlList)):
        entries = value.items() if isinstance(value, YamlMap) else enumerate(value)
        return _render_entries(value, entries, variables, problems, nulls=nulls, inside=inside)
    return value


def _begun(key: Any, value: Any) -> _Inside:
    """Return where a tree stands below a key: a mapping of tools has names as its keys."""
    if key != "tools":
        return ""
    return "tools" if isinstance(value, YamlMap) else "tool"


def _render_entries(
    tree: Any,
    entries: Iterable[tuple[Any, Any]],
    variables: Mapping[str, Any],
    problems: ProblemList,
    *,
    nulls: bool,
    inside: _Inside = "",
) -> Any:
    changed: dict[Any, Any] = {}
    for key, value in entries:
        if key == FILLED_WHEN_ASKED or (inside == "tool" and key in FILLED_WHEN_CALLED):
            continue
        further: _Inside = "tool" if inside and key != "parameters" else _begun(key, value)
        rendered = _render(
            tree, key, variables, problems, nulls=nulls or key == "assertions", inside=further
        )
        if rendered is not value:
            changed[key] = rendered
    if not changed:
        return tree
    twin = tree.like()
    if isinstance(tree, YamlMap):
        twin.update(tree)
        twin.update(changed)
    else:
        twin.extend(changed.get(index, value) for index, value in enumerate(tree))
    typed = {
        key: Filled(as_text(value))
        for key, value in changed.items()
        if type(value) is not str and type(tree[key]) is str
    }
    if typed:
        twin.spellings = {**(tree.spellings or {}), **typed}
    return twin
