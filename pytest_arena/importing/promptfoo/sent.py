"""What is sent: prompts as an arena has them, as templates or filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.data_sets.asked import read_message
from pytest_arena.importing.promptfoo import templates
from pytest_arena.importing.promptfoo.prompts import Prompt, chat_of

_ROLES = ("system", "developer", "user", "assistant")
_NO_PART_OF_A_NAME = ("/", "[", "]", "::", ",", "\n", "{", "}")


def parts_of(text: str) -> dict[str, Any] | None:
    """Return a prompt whose template stays one: its system prompt and its text; None elsewhere."""
    if not templates.is_simple(text):
        return None
    chat = chat_of(text)
    if chat is None:
        # what is filled into JSON is quoted there
        return {"prompt": templates.as_ours(text)} if templates.parsed(text) is None else None
    made = as_case(chat, keep=True)
    return made if "prompt" in made and chat[-1]["role"] == "user" and not unsent(chat) else None


def as_case(chat: Sequence[Mapping[str, Any]], *, keep: bool = False) -> dict[str, Any]:
    """Return what a case has for a chat: a system prompt and a text, or all messages."""
    write = templates.as_ours if keep else escaped
    said = [{"role": str(one["role"]), "content": write(content_of(one))} for one in chat]
    roles = [one["role"] for one in said]
    if roles in (["system", "user"], ["developer", "user"]):
        return {"system": said[0]["content"], "prompt": said[1]["content"]}
    if len(roles) == 1:
        return {"prompt": said[0]["content"]}
    return {"messages": said}


def content_of(message: Mapping[str, Any]) -> str:
    """Return the text of a message, whose content may be in parts."""
    return read_message(message)[1]


def unsent(chat: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what of the messages of a chat an arena cannot send."""
    lost = []
    for message in chat:
        if message["role"] not in _ROLES:
            lost.append(f"messages of role {message['role']}")
        lost += read_message(message)[2]
    if len(chat) > 1 and chat[-1]["role"] != "user":
        lost.append("a last message that is the user's")
    return list(dict.fromkeys(lost))


def variants_of(prompts: Sequence[Prompt], names: Sequence[str]) -> dict[str, Any]:
    """Return the prompts as variants, which make a column of each provider."""
    made: dict[str, Any] = {"prompts": {}, "targets": {}, "variants": []}
    for name, prompt in zip(names, prompts, strict=True):
        parts = parts_of(prompt.text) or {}
        around = {"user": parts.get("prompt", "")}
        if "system" in parts:
            around = {"system": parts["system"], **around}
        made["prompts"][name] = around
        made["targets"][name] = {"type": "prompt", "prompt": name}
        made["variants"].append({"name": name, "target": name})
    return made


def variant_names(prompts: Sequence[Prompt], taken_by_columns: Iterable[str]) -> Iterator[str]:
    """Yield a name for each prompt that no provider and no other variant has."""
    taken = {"default", "by-name", *taken_by_columns}
    for number, prompt in enumerate(prompts, 1):
        name = prompt.label
        for sign in _NO_PART_OF_A_NAME:
            name = name.replace(sign, "-")
        name = name.strip()
        if not name or name in taken:
            name = f"prompt {number}"
        taken.add(name)
        yield name


def tag(text: str) -> str:
    """Return a text as a mark of pytest's may be called."""
    found = re.sub(r"\W+", "_", text).strip("_")[:80]
    return found if found[:1].isalpha() else f"tag_{found}"
