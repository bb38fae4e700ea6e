"""What a set expects of an answer, where it does not say how the two are compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.importing.data_sets.asked import is_chat, read_message
from pytest_arena.importing.data_sets.cases import Judged

_ANSWERS = (
    "output", "answer", "response", "completion", "text", "content", "result", "expected",
    "expected_output", "generated", "final_answer", "message", "reference",
)  # fmt: skip
_ELSEWHERE = (
    "what compares stands in your code; here a judge compares the facts: write another assertion "
    "where you mean another"
)


def expect(judged: Judged, value: Any, place: Location) -> None:
    """Take an expected answer: a judge compares texts, other values are compared as JSON."""
    text = text_of(value)
    if text is None:
        made = {"type": "json_path", "path": "@", "equals": bare(value)}
        told = "what compares stands in your code; here the answer's JSON must be the same"
        judged.keep(
            [made], place, "expected", ("an expected answer that is no text", told), of_all=True
        )
    elif text.strip():
        made = {"type": "factuality", "reference": text}
        judged.keep([made], place, "expected", ("an expected answer", _ELSEWHERE), of_all=True)
        judged.asks_judge = True


def bare(value: Any) -> Any:
    """Return the one value of a mapping that says by its name that it is the answer, or all."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, inner),) = value.items()
        if name in _ANSWERS:
            return inner
    return value


def text_of(value: Any) -> str | None:
    """Return the text of an answer in anybody's form; None where it is another value."""
    if isinstance(value, str):
        return value
    if is_chat(value):
        return _last(value)
    if not isinstance(value, Mapping):
        return None
    if is_chat(value.get("messages")):
        return _last(value["messages"])
    if "role" in value and "content" in value:
        return read_message(value)[1]
    choices = value.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], Mapping):
        return text_of(choices[0].get("message") or choices[0].get("text"))
    generations = value.get("generations")
    if isinstance(generations, list) and generations:
        first = generations[0]
        return text_of(first[0] if isinstance(first, list) and first else first)
    if len(value) == 1:
        (inner,) = value.values()
        return inner if isinstance(inner, str) else None
    named = [value[name] for name in _ANSWERS if isinstance(value.get(name), str)]
    return named[0] if len(named) == 1 else None


def answer_text(value: Any) -> str:
    """Return an answer as the text that assertions look at; values are JSON."""
    text = text_of(value)
    return json.dumps(bare(value), ensure_ascii=False) if text is None else text


def _last(messages: Any) -> str:
    return read_message(messages[-1])[1]
