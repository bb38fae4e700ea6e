"""What a set expects of an answer, where it does not say how the two are compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.importing.data_sets.asked import is_chat, read_message
from pytest_arena.importing.data_sets.cases import Judged
from pytest_arena.importing.importer import Source
from pytest_arena.importing.made import LeftOutError

_ANSWERS = (
    "output", "answer", "response", "completion", "text", "content", "result", "expected",
    "expected_output", "generated", "final_answer", "message", "reference",
)  # fmt: skip
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_ELSEWHERE = (
    "what compares stands in your code; here a judge compares the facts: write another assertion "
    "where you mean another"
)


def expect(judged: Judged, value: Any, place: Location) -> None:
    """Take an expected answer: a judge compares texts, other values are compared as JSON."""
    text, beside = read_answer(value)
    if text is not None and beside:
        why = LeftOutError(
            "beside the text that a judge compares", "write an assertion on it, or remove it"
        )
        judged.lose(place, f"expected {', '.join(beside)}", why)
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


def read_answer(value: Any) -> tuple[str | None, list[str]]:
    """Return the text of an answer in anybody's form (None where it is another value), and what of
    the answer stands beside its text."""
    if isinstance(value, str):
        return value, []
    if is_chat(value):
        return _said(value[-1])
    if not isinstance(value, Mapping):
        return None, []
    if is_chat(value.get("messages")):
        text, beside = _said(value["messages"][-1])
        return text, [*beside, *_further(value, "messages")]
    if "role" in value and "content" in value:
        return _said(value)
    choices = value.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], Mapping):
        return read_answer(choices[0].get("message") or choices[0].get("text"))
    generations = value.get("generations")
    if isinstance(generations, list) and generations:
        first = generations[0]
        first = first[0] if isinstance(first, list) and first else first
        # beside its text it has the same as a message, and what a provider says of it
        return read_answer(first)[0], []
    named = [name for name in _ANSWERS if isinstance(value.get(name), str)]
    if len(value) == 1:
        named = [name for name, inner in value.items() if isinstance(inner, str)]
    if len(named) != 1:
        return None, []
    return value[named[0]], _further(value, named[0])


def answer_text(value: Any, source: Source) -> str:
    """Return an answer as the text that assertions look at; values are JSON."""
    text, beside = read_answer(value)
    if text is None:
        return json.dumps(bare(value), ensure_ascii=False)
    if beside:
        told = f"of the answers, beside their text: {', '.join(beside)}"
        source.findings.left_out(source.place, told, "assertions look at the text")
    return text


def _said(message: Mapping[str, Any]) -> tuple[str, list[str]]:
    _, text, lost = read_message(message)
    return text, lost


def _further(value: Mapping[str, Any], name: str) -> list[str]:
    """Return the names of what stands beside a value."""
    return [str(key) for key, one in value.items() if key != name and one not in _NOTHING]
