"""What a case says to the model, turn by turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.loading.assertions import build_assertions, build_named
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.plans import TurnPlan
from pytest_arena.loading.targets import Prompt
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.results.request_response import Message
from pytest_arena.schema import CaseSpec, TurnSpec

SYSTEM_ROLES = ("system", "developer")
GREETING = "Hello!"
"""What a load case sends that has no prompt; every other case must have one."""


def dialogues_of(
    spec: CaseSpec, prompt: Prompt, variables: Mapping[str, Any], context: LoadContext
) -> tuple[tuple[TurnPlan, ...], ...]:
    """Return each prompt of a case, or its conversation, as the turns of a dialogue."""

    def turn(text: str) -> str:
        if prompt.user is None:
            return text
        return prompt.user.filled({**variables, "prompt": text}, context)

    if spec.messages:
        *before, last = said_by(spec)
        return ((TurnPlan(turn(last["content"]), before=tuple(before)),),)
    if spec.conversation is not None:
        return (tuple(TurnPlan(turn(each.user), each.assertions) for each in spec.conversation),)
    prompts = (spec.prompt,) if spec.prompt is not None else spec.prompts or (GREETING,)
    return tuple((TurnPlan(turn(text)),) for text in prompts)


def said_by(spec: CaseSpec) -> list[Message]:
    """Return what `messages:` of a case says, but for the system prompt that begins it."""
    said = [{"role": one.role, "content": one.content} for one in spec.messages or ()]
    return said[1:] if system_of(spec) is not None and spec.system is None else said


def system_of(spec: CaseSpec) -> str | None:
    """Return the system prompt that a case has of its own, under `system:` or as first message."""
    if spec.system is None and spec.messages and spec.messages[0].role in SYSTEM_ROLES:
        return spec.messages[0].content
    return spec.system


def build_conversation(case: YamlMap, owner: str, context: LoadContext) -> Any:
    """Build the turns under `conversation:`; what is no list is left for the model to refuse."""
    written = case["conversation"]
    if not isinstance(written, YamlList):
        return written
    if written and all(isinstance(turn, YamlMap) and "role" in turn for turn in written):
        context.problems.add(
            f"'conversation' of {owner} holds messages",
            case.value_place("conversation"),
            expected="turns of the user's, each of which the model answers",
            fix="write messages: for what was said before, or {user: …} for each turn",
        )
        return ()
    turns = []
    for index, turn in enumerate(written):
        if isinstance(turn, YamlMap):
            turns.append(_turn(turn, f"turn {index + 1} of {owner}", context))
        else:
            context.problems.add(
                f"turn {index + 1} of {owner} is not a mapping",
                written.value_place(index),
                expected="a mapping with user, and assertions where some must hold",
                fix="write it like {user: Hello!, assertions: […]}",
            )
    return tuple(turn for turn in turns if turn is not None)


def _turn(turn: YamlMap, owner: str, context: LoadContext) -> TurnSpec | None:
    values: dict[str, Any] = dict(turn)
    assertions = build_assertions(turn.get("assertions"), turn.value_place("assertions"), context)
    if turn.get("expected_response") is not None:
        mark = turn.marks["expected_response"]
        wanted = YamlMap(turn.files, turn.key_marks["expected_response"])
        wanted.put("value", turn["expected_response"], mark)
        contains = build_named("contains", wanted, context)
        assertions = (*assertions, contains) if contains else assertions
    values["assertions"] = assertions
    return build_model(TurnSpec, turn, context.problems, owner, values)
