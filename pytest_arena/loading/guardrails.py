"""The `guardrails:` block to guardrails and generation parameters."""

from __future__ import annotations

from typing import Any

from pytest_arena.errors import Location, shorten
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import Guardrail, GuardrailsBlock


def build_guardrails(
    written: Any, place: Location, context: LoadContext
) -> tuple[tuple[Guardrail, ...], dict[str, Any]]:
    """Return the checks of a `guardrails:` block and its generation parameters."""
    if written is None:
        return (), {}
    if not isinstance(written, YamlMap):
        context.problems.add(
            "'guardrails' is not a mapping",
            place,
            expected="a mapping with banned_words, max_length, rules, …",
            fix="write it like guardrails: {banned_words: [hack]}",
        )
        return (), {}
    values = {key: value for key, value in written.items() if key != "rules"}
    block = build_model(GuardrailsBlock, written, context.problems, "'guardrails'", values)
    rules = _rules(written, context)
    if block is None:
        return rules, {}
    return (*_simple(block, written, context), *rules), block.params


def _simple(block: GuardrailsBlock, written: YamlMap, context: LoadContext) -> list[Guardrail]:
    wanted: list[tuple[str, YamlMap]] = []
    if block.banned_words:
        words = _settings(written, "banned_words", "both")
        words.put("words", written["banned_words"], written.marks["banned_words"])
        wanted.append(("banned_words", words))
    if block.max_length is not None:
        length = _settings(written, "max_length", "output")
        length.put("value", block.max_length, written.marks["max_length"])
        wanted.append(("max_length", length))
    for key, name, direction in (
        ("required_patterns", "required_pattern", "output"),
        ("forbidden_patterns", "forbidden_pattern", "both"),
    ):
        for index, pattern in enumerate(getattr(block, key)):
            one = _settings(written, key, direction)
            one.mark = written[key].marks[index]
            one.put("pattern", pattern, one.mark)
            wanted.append((name, one))
    built = [build_guardrail(name, tree, tree.place, context) for name, tree in wanted]
    return [guardrail for guardrail in built if guardrail is not None]


def _settings(written: YamlMap, key: str, direction: str) -> YamlMap:
    mark = written.key_marks[key]
    settings = YamlMap(written.files, mark)
    settings.put("direction", direction, mark)
    return settings


def _rules(written: YamlMap, context: LoadContext) -> tuple[Guardrail, ...]:
    rules = written.get("rules")
    if rules is None:
        return ()
    if not isinstance(rules, YamlList):
        context.problems.add(
            "'rules' of 'guardrails' is not a list",
            written.value_place("rules"),
            expected="a list of guardrails, each with a type",
            fix="write it like rules: [{type: max_length, value: 500}]",
        )
        return ()
    built = [_rule(rule, rules.value_place(index), context) for index, rule in enumerate(rules)]
    return tuple(guardrail for guardrail in built if guardrail is not None)


def _rule(rule: Any, place: Location, context: LoadContext) -> Guardrail | None:
    if not isinstance(rule, YamlMap) or not isinstance(rule.get("type"), str):
        context.problems.add(
            "a guardrail without a type",
            place,
            expected="a mapping with a type",
            fix="write it like {type: max_length, value: 500}",
        )
        return None
    return build_guardrail(rule["type"], rule, rule.value_place("type"), context)


def build_guardrail(
    name: str, tree: YamlMap, place: Location, context: LoadContext
) -> Guardrail | None:
    """Return the guardrail of a type that stands at `place`; None after adding a problem."""
    cls = context.registry.guardrails.get(name)
    if cls is None:
        context.problems.add(
            f"unknown guardrail type {shorten(name)!r}",
            place,
            expected=one_of(name, context.registry.guardrails, "a registered guardrail type"),
            fix=context.registry.guardrails.suggest(name)
            or "name one of these, or register your own with pytest_arena_register",
        )
        return None
    values = {key: value for key, value in tree.items() if key != "type"}
    return build_model(cls, tree, context.problems, f"guardrail {name!r}", values)
