"""A pack's validators as guardrails."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.left_out import LeftOut
from pytest_arena.loading.dialects.promptpack.eval_types import unwrapped
from pytest_arena.loading.dialects.promptpack.validator_types import (
    ASK_A_MODEL,
    KINDS,
    NO_GUARDRAIL,
    UnusableParamsError,
    ValidatorParams,
)
from pytest_arena.loading.guardrails import build_guardrail
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import ArenaModel, Guardrail


class _Validator(ArenaModel):
    """One validator as a pack says it."""

    type: str
    enabled: bool = True
    fail_on_violation: bool | None = None
    message: str | None = None
    description: Any = None
    params: dict[str, Any] | None = Field(default_factory=dict)


def build_validators(
    written: Any, place: Location, owner: str, left_out: LeftOut, context: LoadContext
) -> tuple[Guardrail, ...]:
    """Return the guardrails that a list of validators at `place` means.

    `fail_on_violation: true` blocks an answer, false marks it, and without it an answer is replaced
    by `message`, or cut where it is too long, as PromptKit's runtime does. What cannot be run is a
    problem at its place; `enabled: false` is left out.
    """
    if written is None:
        return ()
    if not isinstance(written, YamlList):
        context.problems.add(
            f"'validators' of {owner} is not a list",
            place,
            expected="a list of validators, each with a type",
            fix="write it like [{type: banned_words, params: {words: [damn]}}]",
        )
        return ()
    return tuple(
        guardrail
        for index in range(len(written))
        for guardrail in _built(written, index, owner, left_out, context)
    )


def _built(
    written: YamlList, index: int, owner: str, left_out: LeftOut, context: LoadContext
) -> list[Guardrail]:
    entry = written[index]
    if not isinstance(entry, YamlMap):
        context.problems.add(
            f"a validator of {owner} is not a mapping",
            written.value_place(index),
            expected="a mapping with a type",
            fix="write it like {type: banned_words, params: {words: [damn]}}",
        )
        return []
    before = len(context.problems)
    named = f"validator {shorten(str(entry.get('type', index + 1)))!r} of {owner}"
    known = left_out.known(entry, _Validator.model_fields, named)
    spec = build_model(_Validator, known, context.problems, f"a validator of {owner}")
    if spec is None or not spec.enabled or len(context.problems) > before:
        return []
    given = known["params"] if isinstance(known.get("params"), YamlMap) else None
    kind, given = unwrapped(spec.type, given or YamlMap(entry.files, entry.mark))
    read = KINDS.get(kind)
    if read is None:
        what, fix = _why_not(kind)
        context.problems.add(
            f"validator {shorten(kind)!r} of {owner} {what}",
            entry.value_place("type"),
            expected=one_of(kind, KINDS, ""),
            fix=fix,
        )
        return []
    params = ValidatorParams(dict(given))
    try:
        direction = params.text("direction", ("input", "output", "both")) or "output"
        rules = list(read(params))
    except UnusableParamsError as error:
        context.problems.add(
            f"validator {kind!r} of {owner} cannot be run with these params",
            entry.value_place("params"),
            expected=str(error),
            fix="add what is missing to params, or write enabled: false",
        )
        return []
    message = spec.message or given.get("message")
    params.asked.add("message")
    for key in given:
        if key not in params.asked:
            left_out.add(f"{key!r} of {named}", given.key_place(key))
    made = []
    for rule, settings in rules:
        action = _action(rule, spec.fail_on_violation, direction, message)
        tree = YamlMap(entry.files, entry.mark)
        shared = {"direction": direction, "on_violation": action, "message": message}
        for key, value in {**settings, **shared}.items():
            if value is not None:
                tree.put(key, value, entry.marks.get("params", entry.mark))
        guardrail = build_guardrail(rule, tree, entry.value_place("type"), context)
        if guardrail is not None:
            guardrail._elsewhere = entry.place.file
            made.append(guardrail)
    return made


def _why_not(kind: str) -> tuple[str, str]:
    """Return why a type is no guardrail here, and what to do about it."""
    if kind in ASK_A_MODEL:
        return "asks a model", "judge answers by an assertion, and write enabled: false here"
    if kind in NO_GUARDRAIL:
        fix = "make it an eval of the prompt, or an assertion, and write enabled: false here"
        return "is an assertion here, and no guardrail", fix
    fix = suggest(kind, KINDS) or "write enabled: false, and add a guardrail to the arena file"
    return "is of an unknown type", fix


def _action(kind: str, fails: bool | None, direction: str, message: object) -> str:
    """Return what becomes of an answer that a validator objects to."""
    if fails is not None:
        return "block" if fails else "flag"
    can_replace = direction == "output" and (kind != "required_pattern" or message is not None)
    return "replace" if can_replace else "block"
