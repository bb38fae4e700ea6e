"""Recorded sessions of PromptArena: what the model said in one, and what was said to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.made import mapping
from pytest_arena.loading.tree import YamlList, YamlMap, plain


def answers_in_recording(
    path: Path, place: Location, context: LoadContext, *, by_content: bool
) -> YamlMap:
    """Return the answers of a session as `responses:` of the mock, with `turns` that are for every
    case; `by_content` has them found by what the user said."""
    tree, said = _session(path, place, context)
    if by_content:
        patterns = [
            {"match": _exactly(asked), "answer": _answer(answer)} for asked, answer in _pairs(said)
        ]
        return mapping(tree, tree.mark, {"patterns": patterns})
    answers = [message for message in said if message.get("role") == "assistant"]
    turns = {number: _answer(answer) for number, answer in enumerate(answers, 1)}
    return mapping(tree, tree.mark, {"counted": "answers", "turns": turns})


def exchanges_in_recording(
    path: Path, place: Location, context: LoadContext
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what the user said in a session, each with the whole answer: what tools gave stands at
    their calls."""
    _, said = _session(path, place, context)
    asked, calls, text = "", list[dict[str, Any]](), ""
    answered = False
    for message in [*said, {"role": "user"}]:
        role = message.get("role")
        if role == "user":
            if answered:
                yield asked, {"text": text, **({"tool_calls": calls} if calls else {})}
            asked, calls, text, answered = str(message.get("content") or ""), [], "", False
        elif role == "assistant":
            one = _answer(message)
            calls += one.get("tool_calls", ())
            text, answered = one["text"], True
        elif role == "tool":
            _give(calls, message)


def _give(calls: list[dict[str, Any]], message: dict[str, Any]) -> None:
    """Put what a tool gave at the first call of it that has nothing yet."""
    result = message.get("tool_result") or message.get("toolresult") or message
    named = result.get("name") if isinstance(result, dict) else None
    for call in calls:
        if "result" not in call and named in (None, call["name"]):
            failed = result.get("error") if isinstance(result, dict) else None
            content = result.get("content", "") if isinstance(result, dict) else result
            call["error" if failed else "result"] = failed or content
            return


def _session(
    path: Path, place: Location, context: LoadContext
) -> tuple[YamlMap, list[dict[str, Any]]]:
    """Return a recording's tree, and the messages in it; one without an answer is refused."""
    tree = context.read_tree(path, place, "recording")
    name = context.files[-1]
    said = list(_messages(tree))
    if not isinstance(tree, YamlMap) or not any(one.get("role") == "assistant" for one in said):
        raise ArenaFileError(
            Problem(
                f"recording {name} holds no answers of a model",
                Location(name, 1, 1),
                "a session: JSON with events of type message.created, or with messages",
                "name the file of a recorded session",
            )
        )
    return tree, said


def _messages(tree: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(tree, YamlMap):
        return
    events, messages = tree.get("events"), tree.get("messages")
    if isinstance(messages, YamlList):
        yield from (one for one in plain(messages) if isinstance(one, dict))
    for event in plain(events) if isinstance(events, YamlList) else ():
        data = event.get("data") if isinstance(event, dict) else None
        if isinstance(data, dict) and event.get("type") == "message.created":
            yield {key.lower(): value for key, value in data.items()}


def _pairs(said: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    asked = ""
    for message in said:
        if message.get("role") == "user":
            asked = str(message.get("content") or "")
        elif message.get("role") == "assistant":
            yield asked, message


def _exactly(text: str) -> str:
    return rf"\A{re.escape(text)}\Z"


def _answer(message: dict[str, Any]) -> dict[str, Any]:
    calls = message.get("tool_calls") or message.get("toolcalls") or ()
    made: dict[str, Any] = {"text": str(message.get("content") or "")}
    named = [
        {"name": one.get("name"), "arguments": one.get("args") or one.get("arguments") or {}}
        for one in calls
        if isinstance(one, dict) and one.get("name")
    ]
    return {**made, "tool_calls": named} if named else made
