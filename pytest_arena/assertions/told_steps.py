"""What was said and done in a trial, as numbered steps that a judge reads and quotes."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_arena.assertions.exchanges import exchanges
from pytest_arena.results.request_response import Response, call_in_words
from pytest_arena.results.trial import Trial

LONGEST_STEP = 2_000
FIRST_STEPS = 60
LAST_STEPS = 120


def told_steps(trial: Trial) -> str:
    """Return the whole conversation with the calls of each answer, numbered through.

    A text that is longer than 2,000 characters is cut, and of more than 180 lines those in the
    middle are left out; both are said. Lines after the first of a text are indented, so that no
    text can begin a step of its own.
    """
    lines = list(_lines(trial))
    left = len(lines) - FIRST_STEPS - LAST_STEPS
    if left > 0:
        note = f"(… {left} lines left out here …)"
        lines = [*lines[:FIRST_STEPS], note, *lines[-LAST_STEPS:]]
    return "\n".join(lines)


def stated_plan(trial: Trial) -> str | None:
    """Return what the agent said, or thought, before its first call; None where that is nothing."""
    for response in trial.responses:
        spoken = next((step.text for step in response.steps if step.kind == "model"), "")
        said = spoken or (response.output if not response.tool_calls else "")
        if text := said.strip() or (response.reasoning or "").strip():
            return text
        if response.tool_calls:
            return None
    return None


def _lines(trial: Trial) -> Iterator[str]:
    number = 0
    for exchange in exchanges(trial):
        if exchange.user:
            yield _cut(f"user: {exchange.user}")
        for text in _steps_of(exchange.response) if exchange.response else ():
            number += 1
            yield _cut(f"{number}. {text}")
        yield _cut(f"assistant: {exchange.answer or '(no text)'}")


def _steps_of(response: Response) -> Iterator[str]:
    """Yield what an agent said before its calls, and the calls, in their order."""
    calls = iter(response.tool_calls)
    for step in response.steps:
        if step.kind == "model" and step.text:
            yield f"says: {step.text}"
        elif step.kind == "tool" and (call := next(calls, None)) is not None:
            yield call_in_words(call)
    for call in calls:
        yield call_in_words(call)


def _cut(text: str) -> str:
    if len(text) > LONGEST_STEP:
        text = f"{text[:LONGEST_STEP]} (… {len(text) - LONGEST_STEP} more characters)"
    return "\n    ".join(text.splitlines())
