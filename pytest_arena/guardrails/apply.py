"""Run a case's guardrails over a text on its way in, and over an answer on its way out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from pytest_arena.errors import ArenaError, GuardrailError
from pytest_arena.judging.answer_parts import (
    AnswerPart,
    parts_of_calls,
    parts_of_result,
    with_value,
)
from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.trial import GuardrailEvent
from pytest_arena.schema.guardrail import Guardrail, LookedAt, Said, Violation
from pytest_arena.text.exception_text import exception_text


def apply_guardrails(
    guardrails: Iterable[Guardrail],
    text: str,
    direction: Literal["input", "output"],
    turn: int,
    said: Said = Said(),  # noqa: B008  # it is frozen
) -> tuple[str, tuple[GuardrailEvent, ...], bool]:
    """Return a text as it may go on, what fired, and whether the text is blocked.

    Guardrails look in the order of the file, each at what those before it left. The first block
    ends it: the text then stands as the block saw it, and must not be used. An input is never
    replaced, it is blocked instead. A guardrail that fails raises `GuardrailError`.
    """
    events: list[GuardrailEvent] = []
    for guardrail in guardrails:
        if guardrail.direction not in ("both", direction):
            continue
        violation = _look(guardrail, text, said)
        if violation is None:
            continue
        action = guardrail.on_violation
        if action == "replace" and direction == "input":
            action = "block"
        events.append(
            GuardrailEvent(
                type=guardrail.type,
                direction=direction,
                action=action,
                reason=violation.reason,
                matched=violation.matched,
                turn=turn,
                line=guardrail.line,
                file=guardrail.elsewhere,
            )
        )
        if action == "block":
            return text, tuple(events), True
        if action == "replace":
            text = _replacement(guardrail, violation)
    return text, tuple(events), False


def apply_to_answer(
    guardrails: Sequence[Guardrail], response: Response, turn: int, said: Said
) -> tuple[tuple[GuardrailEvent, ...], bool]:
    """Change an answer to what may go on; return what fired, and whether the answer is blocked.

    Its text comes first, then each text in its tool calls and in what came of them, as far as a
    guardrail looks at them. Values can be replaced; names, keys and errors are blocked instead.
    """
    said = replace(said, refusal=response.refusal)
    on_text = _looking(guardrails, "text", "both", "all")
    text, events, blocked = apply_guardrails(on_text, response.output, "output", turn, said)
    response.output = text
    on_calls = _looking(guardrails, "tool_calls", "both", "all")
    # what a tool gave comes out of it and goes into the model
    on_results = [
        one.model_copy(update={"direction": "both"})
        for one in _looking(guardrails, "tool_results", "all")
    ]
    if blocked or not (on_calls or on_results):
        return events, blocked
    calls: list[ToolCall] = []
    for call in response.tool_calls:
        changed, more, blocked = _apply_to_call(on_calls, on_results, call, turn, said)
        calls.append(changed)
        events += more
        if blocked:
            return events, True
    response.tool_calls = tuple(calls)
    return events, False


def _looking(guardrails: Sequence[Guardrail], *at: LookedAt) -> list[Guardrail]:
    return [one for one in guardrails if one.look_at in at]


def _apply_to_call(
    on_calls: Sequence[Guardrail],
    on_results: Sequence[Guardrail],
    call: ToolCall,
    turn: int,
    said: Said,
) -> tuple[ToolCall, tuple[GuardrailEvent, ...], bool]:
    changed, events = call, list[GuardrailEvent]()
    looks = [(on_calls, part) for part in parts_of_calls([call])]
    looks += [(on_results, part) for part in parts_of_result(call)]
    for guardrails, part in looks:
        text, fired, blocked = _apply_to_part(guardrails, part, turn, said)
        replaced = any(event.action == "replace" for event in fired)
        for event in fired:
            if event.action == "replace" and part.path is None:
                event, blocked = replace(event, action="block"), True
            events.append(replace(event, reason=event.reason + part.where))
        if blocked:
            return call, tuple(events), True
        if replaced and part.path is not None:
            changed = with_value(changed, part, text)
    return changed, tuple(events), False


def _apply_to_part(
    guardrails: Sequence[Guardrail], part: AnswerPart, turn: int, said: Said
) -> tuple[str, tuple[GuardrailEvent, ...], bool]:
    """Look at a text as it stands, then under its key's name, then at what escapes hide in it."""
    text, fired, blocked = apply_guardrails(guardrails, part.text, "output", turn, said)
    if not fired and part.key is not None:
        text, fired, blocked = apply_guardrails(guardrails, part.labelled, "output", turn, said)
        text = text.removeprefix(f"{part.key}: ")
    hidden = replace(part, text=text).without_escapes
    if blocked or hidden is None:
        return text, fired, blocked
    _, more, blocked = apply_guardrails(guardrails, hidden.text, "output", turn, said)
    for event in more:
        # what is hidden has no place that could be replaced
        by_replacing = event.action == "replace"
        fired += (replace(event, action="block") if by_replacing else event,)
        blocked = blocked or by_replacing
    return text, fired, blocked


def _look(guardrail: Guardrail, text: str, said: Said) -> Violation | None:
    try:
        return guardrail.find_in(text, said)
    except ArenaError as error:
        raise GuardrailError(f"guardrail {guardrail.type}: {error}") from error
    except Exception as error:
        raise GuardrailError(f"guardrail {guardrail.type}: {exception_text(error)}") from error


def _replacement(guardrail: Guardrail, violation: Violation) -> str:
    for text in (violation.replacement, guardrail.message):
        if text is not None:
            return text
    return f"[removed by {guardrail.type}]"
