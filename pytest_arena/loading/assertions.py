"""Entries of `assertions:` to the classes that their `type` names."""

from __future__ import annotations

from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.other_names import meant_type
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import Assertion


def build_assertions(written: Any, place: Location, context: LoadContext) -> tuple[Assertion, ...]:
    """Return the assertions of a list; those with problems are left out and their problems kept."""
    if written is None:
        return ()
    if not isinstance(written, YamlList):
        context.problems.add(
            "'assertions' is not a list",
            place,
            expected="a list of assertions, each with a type",
            fix="write it like assertions: [{type: contains, value: hello}]",
        )
        return ()
    built = [_build(written, index, context) for index in range(len(written))]
    return tuple(assertion for assertion in built if assertion is not None)


def build_named(type_name: str, tree: YamlMap, context: LoadContext) -> Assertion | None:
    """Return an assertion whose `type` is given apart from its mapping."""
    cls = context.registry.assertions.get(type_name)
    if cls is None:
        context.problems.add(
            f"unknown assertion type {shorten(str(type_name))!r}",
            tree.value_place("type"),
            expected=one_of(
                str(type_name), context.registry.assertions, "a registered assertion type"
            ),
            fix=meant_type(str(type_name), list(context.registry.assertions))
            or context.registry.assertions.suggest(str(type_name))
            or "name one of these, or register your own with pytest_arena_register",
        )
        return None
    values = {key: value for key, value in tree.items() if key != "type"}
    owner = f"assertion {type_name!r}"
    if "assertions" in values and "assertions" in cls.model_fields:
        before = len(context.problems)
        values["assertions"] = build_assertions(
            values["assertions"], tree.value_place("assertions"), context
        )
        if len(context.problems) > before:
            return None
    if values.get("embedding") is not None and "embedding" in cls.model_fields:
        from pytest_arena.loading.embeddings import build_embedding

        before = len(context.problems)
        place = tree.value_place("embedding")
        values["embedding"] = build_embedding(values["embedding"], place, context)
        if len(context.problems) > before:
            return None
    if values.get("judge") is not None and "judge" in cls.model_fields:
        from pytest_arena.loading.judges import build_judge

        before = len(context.problems)
        values["judge"] = build_judge(values["judge"], tree.value_place("judge"), context)
        if len(context.problems) > before:
            return None
    if cls.takes_code_file and values.get("file") is not None:
        from pytest_arena.loading.code_files import with_code

        before = len(context.problems)
        values = with_code(values, tree, owner, context)
        if len(context.problems) > before:
            return None
    built = build_model(cls, tree, context.problems, owner, values)
    if built is not None and not (
        _rivals_are_known(built, tree, owner, context)
        and _guardrail_is_known(built, tree, owner, context)
    ):
        return None
    return built


def _rivals_are_known(
    assertion: Assertion, tree: YamlMap, owner: str, context: LoadContext
) -> bool:
    # where the file's providers have problems of their own, theirs are enough
    unknown = [name for name in assertion.rivals if name not in context.providers]
    if assertion.members or not unknown or context.broken_providers:
        return True
    known = sorted(context.providers)
    context.problems.add(
        f"unknown provider {shorten(unknown[0])!r} in {owner}",
        tree.value_place("provider"),
        expected=one_of(unknown[0], known, "an entry of providers:"),
        fix=suggest(unknown[0], known) or "name one of these, or add it to providers:",
    )
    return False


def _guardrail_is_known(
    assertion: Assertion, tree: YamlMap, owner: str, context: LoadContext
) -> bool:
    named, guardrails = assertion.guardrail_named, context.registry.guardrails
    # a provider's own filter blocks as a guardrail does
    if named is None or named == "content_filter" or guardrails.get(named) is not None:
        return True
    context.problems.add(
        f"unknown guardrail type {shorten(named)!r} in {owner}",
        tree.value_place("validator"),
        expected=one_of(named, guardrails, "a registered guardrail type"),
        fix=guardrails.suggest(named) or "name one of these, or leave 'validator' out",
    )
    return False


def _build(entries: YamlList, index: int, context: LoadContext) -> Assertion | None:
    entry: Any = entries[index]
    if not isinstance(entry, YamlMap) or "type" not in entry:
        _refuse_shape(entry, entries.value_place(index), context)
        return None
    if not isinstance(entry["type"], str):
        context.problems.add(
            "an assertion's type is not a text",
            entry.value_place("type"),
            expected="the name of an assertion",
            fix="write it like type: contains",
        )
        return None
    known = context.built.get(id(entry))
    if known is None:
        # The entry is kept beside its model, so that no other object gets its identity.
        known = (entry, build_named(entry["type"], entry, context))
        context.built[id(entry)] = known
    return known[1]


def _refuse_shape(entry: Any, place: Location, context: LoadContext) -> None:
    if isinstance(entry, YamlMap):
        named = [key for key in entry if context.registry.assertions.get(str(key))]
        context.problems.add(
            "an assertion without a type",
            place,
            expected="a mapping with a type",
            fix=f"write it like {{type: {named[0]}, …}}"
            if named
            else "add type: contains, or another assertion's name",
        )
        return
    shown = shorten(repr(entry)) if isinstance(entry, str) else "this entry"
    fix = "write it like {type: contains, value: hello}"
    if isinstance(entry, str) and context.registry.assertions.get(entry):
        fix = f"write it like {{type: {entry}}}"
    context.problems.add(
        f"{shown} is not an assertion", place, expected="a mapping with a type", fix=fix
    )
