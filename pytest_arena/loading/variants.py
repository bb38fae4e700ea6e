"""Entries of `variants:` to what they change: the prompt, the variables, the providers' params."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.problems import ProblemList, one_of
from pytest_arena.loading.targets import Prompt, Target, Template, find_prompt, find_target
from pytest_arena.loading.templates import refuse_templates
from pytest_arena.loading.tree import YamlList, YamlMap, plain
from pytest_arena.results.cell import column_name
from pytest_arena.schema import ArenaSpec, ChaosSpec, ProviderSpec


@dataclass(frozen=True, slots=True)
class Variant:
    """A named version of prompt, variables and parameters; what is None stays the case's."""

    name: str
    place: Location
    prompt: Prompt | None = None
    """That of its target or of its own."""
    target: Target | None = None
    system: Template | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    chaos: tuple[ChaosSpec, ...] = ()

    def of(self, spec: ProviderSpec) -> ProviderSpec:
        """Return a provider with the variant's parameters; the very same where that is no other."""
        if not self.params or not spec.takes_params:
            return spec
        return spec.under({**spec.params, **self.params}, wanted=self.params)


def build_variants(
    spec: ArenaSpec,
    tree: YamlMap,
    targets: Mapping[str, Target],
    prompts: Mapping[str, Prompt],
    providers: Sequence[ProviderSpec],
    context: LoadContext,
) -> tuple[Variant, ...]:
    """Return the file's variants; what they name and nobody has is a problem."""
    taken = {one.name: "provider" for one in providers}
    taken |= {one.group: "group" for one in providers if one.group not in taken}
    seen: dict[str, Location] = {}
    found = []
    for index, one in enumerate(spec.variants):
        written = tree["variants"][index]
        place = written.value_place("name")
        first = seen.setdefault(one.name, place)
        if first is not place:
            context.problems.add(
                f"duplicate variant {shorten(one.name)!r}",
                place,
                expected=f"a name of its own; the other stands at {first}",
                fix="rename one of them",
            )
        elif one.name in taken:
            context.problems.add(
                f"variant {shorten(one.name)!r} is called as a {taken[one.name]} is",
                place,
                expected="a name that is no provider's and no group's",
                fix="rename the variant",
            )
        prompt = target = None
        if one.target is not None:
            target = find_target(one.target, targets, written.value_place("target"), context)
            prompt = target.prompt
        elif one.prompt is not None:
            prompt = find_prompt(one.prompt, prompts, written.value_place("prompt"), context)
        system = None
        if one.system is not None:
            system = Template(one.system, written.value_place("system"))
        variables = plain(written["variables"]) if one.variables else {}
        refuse_templates(written, {**spec.variables, **variables}, context.problems)
        params = plain(written["params"]) if one.params else {}
        found.append(Variant(one.name, place, prompt, target, system, params, variables, one.chaos))
    _check_columns(found, providers, context)
    return tuple(found)


def _check_columns(
    variants: Iterable[Variant], providers: Sequence[ProviderSpec], context: LoadContext
) -> None:
    names = {one.name for one in providers}
    for variant in variants:
        for name in names:
            column = column_name(name, variant.name)
            if column in names:
                context.problems.add(
                    f"variant {shorten(variant.name)!r} of provider {shorten(name)!r} makes the "
                    f"column {shorten(column)!r}, which is a provider",
                    variant.place,
                    expected="columns with names of their own",
                    fix="rename the variant or the provider",
                )


def wanted_variants(
    written: YamlMap, owner: str, variants: tuple[Variant, ...], context: LoadContext
) -> tuple[Variant, ...]:
    """Return the variants that a case runs under: those that it names, else all."""
    names = written.get("variants")
    if not isinstance(names, YamlList):
        return variants
    known = {one.name: one for one in variants}
    if not names:
        context.problems.add(
            f"{owner} names no variants, so that it would never run",
            written.value_place("variants"),
            expected=one_of("", known, "an entry of variants:"),
            fix="name one, or remove 'variants'",
        )
    # where the file was refused before, its variants may be among what was
    is_known = bool(known) or not len(context.problems)
    for index, name in enumerate(names):
        if isinstance(name, str) and name not in known and is_known:
            context.problems.add(
                f"unknown variant {shorten(name)!r} in {owner}",
                names.value_place(index),
                expected=one_of(name, known, "an entry of variants:"),
                fix=suggest(name, known) or "name one of these, or add it to variants:",
            )
    return tuple(one for one in variants if one.name in names)


def variables_under(
    variant: Variant | None,
    shared: Mapping[str, Any],
    row: Mapping[str, Any],
    owner: str,
    context: LoadContext,
) -> Mapping[str, Any]:
    """Return the variables of a case: a variant's go before the file's and the case's own, and
    what a row or a matrix varies too is refused."""
    if variant is None or not variant.variables:
        return {**shared, **row} if row else shared
    for name in variant.variables.keys() & row.keys():
        context.problems.add(
            f"variant {shorten(variant.name)!r} sets {shorten(name)!r}, which {owner} takes from "
            "its matrix or its data",
            variant.place,
            expected="a variable that either a variant or the case varies",
            fix="rename one of the two, or leave the case out with variants:",
        )
    return {**shared, **variant.variables, **row}


def check_one_name(names: Sequence[str], written: YamlMap, problems: ProblemList) -> None:
    """Refuse a case that has another name under another variant."""
    different = list(dict.fromkeys(names))
    if len(different) > 1:
        first, second = different[:2]
        problems.add(
            f"a case is called {shorten(first)!r} and, under another variant, {shorten(second)!r}",
            written.value_place("name"),
            expected="one name under all variants, since they are compared on the same case",
            fix="leave what variants set out of the name",
        )
