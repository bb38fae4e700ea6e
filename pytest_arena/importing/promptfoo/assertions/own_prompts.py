"""`rubricPrompt`: a judge's prompt of one's own, filled in but for the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.data_sets.asked import read_message
from pytest_arena.importing.made import LeftOutError
from pytest_arena.importing.promptfoo import templates
from pytest_arena.importing.promptfoo.assertions.written import Written
from pytest_arena.importing.promptfoo.prompts import chat_of

_ANSWER = re.compile(r"\{\{-?\s*output\s*-?\}\}")
_MARK = "\ue000answer\ue000"
"""Stands for the answer while the rest is filled in; such signs stand in no text."""


def own_prompt(written_prompt: Any, written: Written) -> str | list[dict[str, str]]:
    """Return the `judge_prompt` for one of promptfoo's: a text, a chat, or a file with either."""
    text = _text(written_prompt, written)
    known = {**written.scope.variables, "rubric": written.text, "output": _MARK}
    try:
        filled, _ = templates.fill_prompt(text, known)
    except templates.BadTemplateError as error:
        raise LeftOutError(f"its rubricPrompt cannot be filled in: {error}") from error
    if filled.count(_MARK) < len(_ANSWER.findall(text)) or _uses_answer_otherwise(text):
        raise LeftOutError(
            "its rubricPrompt does more with the answer than show it",
            "write judge_prompt: with {{ output }}",
        )
    if _MARK not in filled:
        raise LeftOutError("its rubricPrompt does not show the answer", "add {{ output }} to it")
    chat = chat_of(filled)
    if chat is None:
        return _with_answer(filled)
    return [{"role": _role(one), "content": _with_answer(_content(one))} for one in chat]


def _uses_answer_otherwise(text: str) -> bool:
    rest = _ANSWER.sub("", text)
    inside = re.findall(r"\{[{%](.*?)[%}]\}", rest, re.DOTALL)
    return any(re.search(r"\boutput\b", code) for code in inside)


def _text(prompt: Any, written: Written) -> str:
    source = written.scope.source
    if isinstance(prompt, str) and prompt.startswith("file://"):
        path = source.neighbour(prompt)
        if path is None:
            raise LeftOutError(f"its rubricPrompt: there is no file {prompt}")
        if path.suffix in (".js", ".mjs", ".cjs", ".ts", ".py"):
            raise LeftOutError("its rubricPrompt is code", "write judge_prompt:")
        if path.suffix in (".yaml", ".yml"):
            prompt = json.loads(json.dumps(source.tree_of(path)))
        else:
            return source.text_of(path).strip()
    return prompt if isinstance(prompt, str) else json.dumps(prompt, ensure_ascii=False)


def _content(message: Mapping[str, Any]) -> str:
    _, text, lost = read_message(message)
    if lost:
        raise LeftOutError(f"its rubricPrompt has {', '.join(lost)}")
    return text


def _role(message: Mapping[str, Any]) -> str:
    role = str(message["role"])
    if role not in ("system", "developer", "user", "assistant"):
        raise LeftOutError(f"its rubricPrompt has a message of the role {role!r}")
    return role


def _with_answer(text: str) -> str:
    return escaped(text).replace(_MARK, "{{ output }}")
