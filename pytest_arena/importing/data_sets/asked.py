"""What is sent for a row's input: a text, a chat in anybody's form, or values with names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from pytest_arena.importing.arena_writer import escaped
from pytest_arena.light_dataclass import dataclass

_ROLES: Mapping[str, str] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "SystemMessage": "system",
    "HumanMessage": "user",
    "AIMessage": "assistant",
}
_CHATS = ("messages", "chat_history", "conversation", "input", "inputs")


@dataclass(slots=True)
class Asked:
    """What a case sends, by the keys of a case, and what of its input it cannot send."""

    keys: dict[str, Any]
    lost: list[str] = field(default_factory=list)
    is_named: bool = False
    """Whether the input is several values with names, of which the prompt is JSON."""
    summary: str = ""
    """The input in a text, to name a case by."""


def asked(value: Any, name: str) -> Asked:
    """Return what a case sends for an input; values with names become the variable `name`."""
    if isinstance(value, str) and value.strip():
        return Asked({"prompt": escaped(value)}, summary=value)
    if is_chat(value):
        return _chat(value)
    if isinstance(value, dict) and value:
        return _named(value, name)
    if value in (None, "", [], {}) or (isinstance(value, str) and not value.strip()):
        return Asked({"prompt": "(nothing)"}, ["its input, which is empty"])
    text = json.dumps(value, ensure_ascii=False)
    return Asked({"prompt": escaped(text)}, summary=text)


def _named(value: Mapping[str, Any], name: str) -> Asked:
    """Return what is sent for values with names: a chat, the only text among them, or all of it."""
    variables = {"variables": {name: dict(value)}}
    said = {key: one for key, one in value.items() if one not in (None, "", [], {})}
    texts = [one for one in said.values() if isinstance(one, str) and one.strip()]
    chats = [one for key, one in said.items() if is_chat(one) and key in _CHATS]
    if len(chats) == 1 and len(texts) == 1 and len(said) == 2:
        # what was said before, and the message that goes on
        made = _chat([*chats[0], {"role": "user", "content": texts[0]}])
    elif len(chats) == 1 and (len(said) == 1 or is_chat(value.get("messages"))):
        made = _chat(chats[0])
    elif len(said) == 1 and texts:
        made = Asked({"prompt": escaped(texts[0])}, summary=texts[0])
    else:
        summary = texts[0] if texts else json.dumps(value, ensure_ascii=False)
        prompt = f"{{{{ {name} }}}}"
        return Asked({"prompt": prompt, **variables}, is_named=True, summary=summary)
    kept = {} if len(value) == len(chats) else variables
    return Asked({**made.keys, **kept}, made.lost, summary=made.summary)


def is_chat(value: Any) -> bool:
    """Return whether a value is a list of messages."""
    return isinstance(value, list) and bool(value) and all(map(_is_message, value))


def _is_message(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    if "role" in value:
        return "content" in value or "tool_calls" in value
    return _of_langchain(value) is not None


def _of_langchain(value: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return the role and the fields of a message as LangChain writes it; None where it is none."""
    if isinstance(value.get("kwargs"), Mapping) and isinstance(value.get("id"), list):
        return str(value["id"][-1]), value["kwargs"]
    if isinstance(value.get("type"), str):
        if isinstance(value.get("data"), Mapping):
            return value["type"], value["data"]
        if "content" in value and value["type"] not in ("text", "image_url"):
            return value["type"], value
    return None


def read_message(value: Mapping[str, Any]) -> tuple[str | None, str, list[str]]:
    """Return a message's role (None where it is none that can be sent), its text, and what of it
    is no text."""
    role, fields = value.get("role"), value
    if "role" not in value and (found_there := _of_langchain(value)) is not None:
        role, fields = found_there
    found = _ROLES.get(str(role))
    text, lost = _content(fields.get("content"))
    if found is None:
        lost.append(f"messages of role {role}")
    calls = fields.get("tool_calls") or (fields.get("additional_kwargs") or {}).get("tool_calls")
    if calls:
        lost.append("calls of tools")
    return found, text, lost


def _content(content: Any) -> tuple[str, list[str]]:
    if isinstance(content, str):
        return content, []
    if content is None:
        return "", []
    if not isinstance(content, list):
        return json.dumps(content, ensure_ascii=False), []
    texts: list[str] = []
    lost: list[str] = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, Mapping) and isinstance(part.get("text"), str):
            texts.append(part["text"])
        else:
            kind = part.get("type") if isinstance(part, Mapping) else None
            lost.append(f"parts of type {kind}" if kind else "parts that are no text")
    return "\n".join(texts), lost


def _chat(messages: Sequence[Mapping[str, Any]]) -> Asked:
    said: list[dict[str, Any]] = []
    lost: list[str] = []
    for message in messages:
        role, text, missing = read_message(message)
        lost += missing
        if role is not None and text.strip():
            said.append({"role": role, "content": text})
    lost = list(dict.fromkeys(lost))
    roles = [one["role"] for one in said]
    keys: dict[str, Any]
    users = [one["content"] for one in said if one["role"] == "user"]
    summary = users[-1] if users else ""
    if roles in (["system", "user"], ["developer", "user"]):
        keys = {"system": escaped(said[0]["content"]), "prompt": escaped(said[1]["content"])}
    elif roles == ["user"]:
        keys = {"prompt": escaped(said[0]["content"])}
    elif roles and roles[-1] == "user":
        keys = {"messages": [{**one, "content": escaped(one["content"])} for one in said]}
    else:
        text = "\n".join(f"{one['role']}: {one['content']}" for one in said)
        keys = {"prompt": escaped(text) or "(nothing)"}
        lost.append("a last message that is the user's")
        summary = summary or text
    return Asked(keys, lost, summary=summary)
