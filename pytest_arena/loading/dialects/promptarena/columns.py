"""Which columns scenarios run on."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_arena.errors import shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.made import list_under
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlMap


def columns_of(scenario: YamlMap, groups: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the providers that a scenario runs on: those that it names, else those of its group,
    or all of them where the group has none."""
    named = [str(name) for name in list_under(scenario, "providers") if str(name) in groups]
    group = str(scenario.get("provider_group") or "default")
    return named or [name for name, those in groups.items() if group in those] or list(groups)


def check_columns(
    scenario: YamlMap, owner: str, groups: Mapping[str, tuple[str, ...]], context: LoadContext
) -> None:
    """Refuse providers and groups that the suite does not have."""
    named = list_under(scenario, "providers")
    for index, name in enumerate(named):
        if name not in groups:
            context.problems.add(
                f"unknown provider {shorten(str(name))!r} in {owner}",
                named.value_place(index),
                expected=one_of(str(name), sorted(groups), "a provider of the suite"),
                fix=suggest(str(name), groups) or "name one of these",
            )
    known = sorted({name for those in groups.values() for name in those})
    group = scenario.get("provider_group")
    if not named and group and group not in known:
        context.problems.add(
            f"{owner} runs on an unknown group of providers {shorten(str(group))!r}",
            scenario.value_place("provider_group"),
            expected=one_of(str(group), known, "the group of a provider of the suite"),
            fix=suggest(str(group), known) or "add group: to providers of the suite",
        )
