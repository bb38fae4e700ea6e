"""Cases of an arena from scenarios: whole ones, those that are not run, and those refused."""

from __future__ import annotations

from typing import Any

from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.made import listed, mapping
from pytest_arena.loading.dialects.promptarena.providers import Column
from pytest_arena.loading.dialects.promptarena.scenarios import ScenarioReader
from pytest_arena.loading.tree import YamlList, YamlMap

_NOTHING: dict[str, Any] = {"prompt": "-", "assertions": [{"type": "success"}]}
"""What stands in a case that nobody is asked about."""


def refused_case(name: str, like: YamlMap, mark: int, columns: list[str]) -> YamlMap:
    """Return what stands for a scenario that is refused, on the columns that it would run on."""
    return mapping(like, mark, {"name": name, **_NOTHING, "providers": columns or None})


def skipped_case(case: YamlMap, reason: str, columns: list[str]) -> YamlMap:
    """Return a case that is not run, with the reason."""
    said = mapping(case, case.mark, {**_NOTHING, "skip": reason, "providers": columns or None})
    for key in said:
        case.adopt(key, said)
    return case


def whole_case(
    case: YamlMap,
    turns: YamlList,
    of_all: YamlList,
    reader: ScenarioReader,
    variables: dict[str, Any],
    target: str | None,
    columns: list[str],
    providers: dict[str, Column],
    context: LoadContext,
) -> YamlMap:
    """Return a case that is run: `of_all` is what must hold of the whole conversation."""
    mark = reader.manifest.mark
    case.put("conversation", turns, turns.mark)
    if target is not None:
        case.put("target", target, mark)
    if variables:
        case.put("variables", mapping(case, mark, variables), mark)
    if not of_all and not any("assertions" in turn for turn in turns):
        context.warn(
            reader.place, f"{reader.owner} asserts nothing: it holds where each turn is answered"
        )
        of_all.put(mapping(case, mark, {"type": "success"}), mark)
    if of_all:
        case.put("assertions", of_all, of_all.mark)
    trials = reader.tree.get("trials")
    if isinstance(trials, int) and trials > 1:
        case.put("trials", trials, reader.tree.marks["trials"])
    if columns:
        case.put("providers", listed(case, mark, columns), mark)
    lacking = _lacking(reader, columns, providers)
    if lacking:
        every = len(lacking) == len(columns)
        skip: Any = next(iter(lacking.values())) if every else mapping(case, mark, lacking)
        case.put("skip", skip, mark)
    return case


def _lacking(
    reader: ScenarioReader, columns: list[str], providers: dict[str, Column]
) -> dict[str, str]:
    """Return why columns are not asked: what they do not say that they can."""
    wanted = reader.capabilities()
    found: dict[str, str] = {}
    for name in columns if wanted else ():
        able = providers[name].capabilities or frozenset()
        missing = [one for one in wanted if one not in able]
        if missing:
            found[name] = f"it needs {', '.join(missing)} (required_capabilities)"
    return found
