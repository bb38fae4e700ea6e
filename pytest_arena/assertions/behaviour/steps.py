"""A trial as numbered steps that a judge reads: what was said, called, given, and by whom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from pytest_arena.assertions.exchanges import answer_places
from pytest_arena.assertions.judge_base import content
from pytest_arena.judging.llm.cutting import allowance, cut
from pytest_arena.judging.llm.steps import NumberedStep
from pytest_arena.prompts.notes import is_operators
from pytest_arena.results.request_response import SYSTEM_ROLES, Message, Response, ToolCall
from pytest_arena.results.trial import Trial

USER, ASSISTANT, ONLOOKER, RUN = "the user", "the assistant", "a person who looks on", "the run"
_NOTHING = "(nothing)"


def numbered_steps(
    trial: Trial, *, results: bool = True, thoughts: bool = False
) -> tuple[NumberedStep, ...]:
    """Return all that happened in a trial as steps: with what tools and single steps of a chain
    gave, and with what the model thought, where that is asked for.

    Long steps are cut in the middle, so that all of them have room.
    """
    told = list(_told(trial, results=results, thoughts=thoughts))
    most = allowance([len(text) for _, _, text in told])
    return tuple(
        NumberedStep(f"step {number}, {what}", shown, number, whose, left_out)
        for number, (whose, what, text) in enumerate(told, start=1)
        for shown, left_out in [cut(text, most)]
    )


def _told(trial: Trial, *, results: bool, thoughts: bool) -> Iterator[tuple[str, str, str]]:
    """Yield whose each step is, what a judge is told that it is, and its text."""
    at = 0
    for (_, end), response in zip(answer_places(trial), trial.responses, strict=True):
        yield from _of_messages(trial.messages[at:end], results=results)
        if thoughts and response.reasoning:
            yield ASSISTANT, "the assistant thinks", response.reasoning
        yield from _of_answer(response, results=results)
        at = end + (len(response.transcript) or 1)
    if not trial.responses:
        yield from _of_messages(trial.messages, results=results)


def _of_answer(response: Response, *, results: bool) -> Iterator[tuple[str, str, str]]:
    if response.transcript:
        *before, last = response.transcript
        said_last = last.get("role") == "assistant" and not last.get("tool_calls")
        # a guardrail may have replaced what was said last
        yield from _of_messages(before if said_last else response.transcript, results=results)
        says = said_last
    else:
        yield from _of_steps(response, results=results)
        says = bool(response.output) or not response.tool_calls
    if says:
        yield ASSISTANT, "the assistant says", response.output or _NOTHING
    if response.stopped:
        yield RUN, "the run stops the assistant", response.stopped


def _of_steps(response: Response, *, results: bool) -> Iterator[tuple[str, str, str]]:
    """Yield what an answer tells of the way to it, in its order; calls that no step is of at the
    end."""
    left = list(response.tool_calls)
    names = {call.id: call.name for call in left if call.id}
    gave: list[tuple[str, str, str]] = []
    for step in response.steps:
        if step.kind in ("instruction", "state"):
            # it stands before what was done for it
            yield from gave
            text = step.error or step.text
            whose = "step {} of the chain" if step.kind == "instruction" else "state {}"
            told = (ASSISTANT, f"the {whose.format(_word(step.name))} gives", text)
            gave = [told] if results and text and text != response.output else []
        elif step.kind == "model" and step.text:
            yield ASSISTANT, "the assistant says", step.text
        elif step.kind == "tool" and left:
            own = next((n for n, call in enumerate(left) if step.call and call.id == step.call), 0)
            yield _called(left.pop(own), names, results=results)
    for call in left:
        yield _called(call, names, results=results)
    yield from gave


def _called(call: ToolCall, names: Mapping[str, str], *, results: bool) -> tuple[str, str, str]:
    within = names.get(call.parent) if call.parent else None
    return _call(call.name, call.arguments, _came_of(call) if results else None, within)


def _of_messages(messages: Sequence[Message], *, results: bool) -> Iterator[tuple[str, str, str]]:
    for place, message in enumerate(messages):
        role, said = message.get("role"), _said(message)
        if role == "assistant":
            calls = message.get("tool_calls") or ()
            if said or not calls:
                yield ASSISTANT, "the assistant says", said or _NOTHING
            given = _results(messages[place + 1 :]) if results else {}
            for call in calls:
                yield _asked_for(call, given)
        elif role not in ("tool", *SYSTEM_ROLES):
            whose = ONLOOKER if is_operators(said) else USER
            yield whose, f"{whose} says", said or _NOTHING


def _results(following: Sequence[Message]) -> dict[Any, Message]:
    """Return the results of the calls of one message, by the calls' ids."""
    given = takewhile(lambda one: one.get("role") == "tool", following)
    return {one.get("tool_call_id"): one for one in given}


def _said(message: Message) -> str:
    return content({key: one for key, one in message.items() if key != "tool_calls"})


def _asked_for(call: Mapping[str, Any], given: Mapping[Any, Message]) -> tuple[str, str, str]:
    """Return the step of a call as it stands in a message, with the message of its result."""
    function = call.get("function") or {}
    result = given.get(call.get("id"))
    came = None if result is None else f"which gives {_in_one_line(content(result))}"
    return _call(str(function.get("name")), function.get("arguments"), came, None)


def _call(name: str, arguments: Any, came: str | None, within: str | None) -> tuple[str, str, str]:
    text = f"calls the tool {_word(name)} with {_in_one_line(arguments)}"
    if within:
        text += f"\nwhile it runs the tool {_word(within)}"
    return ASSISTANT, "a tool call of the assistant", f"{text}\n{came}" if came else text


def _came_of(call: ToolCall) -> str | None:
    if call.error is not None:
        return f"which fails: {_in_one_line(call.error)}"
    return None if call.result is None else f"which gives {_in_one_line(call.result)}"


def _word(name: str) -> str:
    return " ".join(name.split())


def _in_one_line(value: Any) -> str:
    """Return a value as JSON, whatever a text that is none holds."""
    if isinstance(value, str):
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            read = value
        value = read if isinstance(read, (dict, list)) else value
    return json.dumps(value, ensure_ascii=False, default=str)
