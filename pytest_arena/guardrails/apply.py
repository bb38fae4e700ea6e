"""Run a case's guardrails over one text, on its way in or out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pytest_arena.errors import ArenaError, GuardrailError
from pytest_arena.results.trial import GuardrailEvent
from pytest_arena.schema.guardrail import Guardrail, Said, Violation
from pytest_arena.text.exception_text import exception_text


def apply_guardrails(
    guardrails: Iterable[Guardrail],
    text: str,
    direction: Literal["input", "output"],
    turn: int,
    said: Said = Said(),  # noqa: B008  # it is frozen
) -> tuple[str, tuple[GuardrailEvent, ...], bool]:
    """Return the text as it may go on, what fired, and whether the text is blocked.

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
            )
        )
        if action == "block":
            return text, tuple(events), True
        if action == "replace":
            text = _replacement(guardrail, violation)
    return text, tuple(events), False


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
