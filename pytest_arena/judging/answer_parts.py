"""What of an answer is looked at: its text, and the texts in the tool calls that it makes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import LookAt
from pytest_arena.text.folding import bare_ends

Path = tuple[str | int, ...]

_ESCAPES = re.compile(r'(?:\\u[0-9a-fA-F]{4})+|\\["\\/bfnrt]')
_JSON_STARTS = ("{", "[", '"')


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """One text of an answer: what it says, or a tool's name, a key, or a value of a tool call.

    `call` names the tool. `key` is the nearest key above a value; of a pair of `name` (or `key`)
    and `value`, it is the name. `path` leads to the value from the call's arguments, or from its
    result (`in_result`); it is None for all other texts.
    """

    text: str
    call: str | None = None
    key: str | None = None
    path: Path | None = None
    in_result: bool = False

    @property
    def labelled(self) -> str:
        """The text with its key before it, by which some values are known for what they are."""
        return f"{self.key}: {self.text}" if self.key is not None else self.text

    @property
    def without_escapes(self) -> AnswerPart | None:
        """A value that is JSON in a text, broken or not, with its escapes read; None for others."""
        if "\\" not in self.text or not self.text.lstrip().startswith(_JSON_STARTS):
            return None
        text = _ESCAPES.sub(_escaped, self.text)
        return replace(self, text=text, path=None) if text != self.text else None

    @property
    def where(self) -> str:
        """Where it stands, as a reason adds it; empty for the answer's text."""
        if self.call is None:
            return ""
        return f" in the {'result' if self.in_result else 'call'} of {self.call}"


def parts_of(response: Response, look_at: LookAt = "both") -> list[AnswerPart]:
    """Return the texts of an answer: what it says first, then those of its tool calls."""
    said = [AnswerPart(response.output)] if look_at != "tool_calls" else []
    if look_at == "text":
        return said
    called = list(parts_of_calls(response.tool_calls))
    read = (part.without_escapes for part in called)
    return [*said, *called, *(part for part in read if part is not None)]


def last_parts(trial: Trial, look_at: LookAt) -> list[AnswerPart]:
    """Return the texts of a trial's last answer."""
    return parts_of(trial.last, look_at) if trial.last is not None else []


def parts_of_calls(calls: Iterable[ToolCall]) -> Iterator[AnswerPart]:
    """Yield the texts of tool calls: names, keys, and values, numbers among them."""
    for call in calls:
        yield AnswerPart(call.name, call.name)
        yield from _inside(call.arguments, call.name, None, ())


def parts_of_result(call: ToolCall) -> Iterator[AnswerPart]:
    """Yield the texts of what a tool gave back, or of why it failed."""
    for part in _inside(call.result, call.name, None, ()):
        yield replace(part, in_result=True)
    if call.error is not None:
        yield AnswerPart(call.error, call.name, in_result=True)


def with_value(call: ToolCall, part: AnswerPart, value: str) -> ToolCall:
    """Return a tool call with another value at a part's place in its arguments or its result."""
    path = part.path or ()
    if part.in_result:
        return replace(call, result=_put(call.result, path, value))
    return replace(call, arguments=_put(call.arguments, path, value))


def only_called(response: Response | None) -> str | None:
    """Return that the model called tools and gave no text, or None where that is not so."""
    if response is None or not response.tool_calls or bare_ends(response.output):
        return None
    names = ", ".join(dict.fromkeys(call.name for call in response.tool_calls))
    return f"the model called tools and gave no text ({names})"


def _escaped(match: re.Match[str]) -> str:
    text: str = json.loads(f'"{match[0]}"')
    # half of a pair is no character
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _inside(value: Any, call: str, key: str | None, path: Path) -> Iterator[AnswerPart]:
    if isinstance(value, dict):
        called = value.get("name", value.get("key"))
        for name, inner in value.items():
            yield AnswerPart(str(name), call)
            is_named = name == "value" and isinstance(called, str)
            yield from _inside(inner, call, called if is_named else str(name), (*path, name))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _inside(inner, call, key, (*path, number))
    elif isinstance(value, str):
        yield AnswerPart(value, call, key, path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield AnswerPart(json.dumps(value), call, key, path)


def _put(inside: Any, path: Path, value: str) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(inside, dict):
        return {**inside, step: _put(inside[step], rest, value)}
    return [_put(one, rest, value) if n == step else one for n, one in enumerate(inside)]
