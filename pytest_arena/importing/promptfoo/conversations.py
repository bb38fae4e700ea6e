"""Tests that are turns of one conversation: those whose prompt repeats what was said before.

Such a prompt is filled in with marks for what came before. Where the messages that come of it are a
system prompt, all of these in turn, and one message of the user's, a conversation of an arena sends
the very same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.importing.promptfoo import templates
from pytest_arena.importing.promptfoo.prompts import Prompt, chat_of
from pytest_arena.importing.promptfoo.sent import content_of, unsent
from pytest_arena.importing.promptfoo.tests import Test
from pytest_arena.light_dataclass import dataclass

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: what the user says, and the case that it is a further turn of, where there is
    one. Without `user` it cannot be a turn."""

    key: Key
    user: str | None = None
    system: str | None = None
    case: dict[str, Any] | None = None
    is_first: bool = False
    """Whether nothing was said before."""


class Conversations:
    """What has been said so far, by conversation and prompt."""

    def __init__(self) -> None:
        self._said: dict[Key, list[str]] = {}
        self._cases: dict[Key, dict[str, Any]] = {}
        self._systems: dict[Key, str | None] = {}
        self._broken: set[Key] = set()

    def turn(self, test: Test, prompt: Prompt, text: str) -> Turn:
        """Return a test as the next turn of its conversation."""
        columns = ",".join(sorted(str(one) for one in test.providers))
        key = (prompt.label, str(test.metadata.get("conversationId", "")), columns)
        is_first = key not in self._said
        said = self._said.setdefault(key, [])
        found = _sent(text, test.variables, said)
        if found is None or key in self._broken:
            self._broken.add(key)
            return Turn(key, is_first=is_first)
        system, user = found
        if key in self._cases and system != self._systems[key]:
            # the system prompt of a conversation stays
            self._broken.add(key)
            return Turn(key)
        said.append(user)
        self._systems.setdefault(key, system)
        return Turn(key, user, system, self._cases.get(key))

    def begun(self, turn: Turn, case: dict[str, Any]) -> None:
        """Have further turns stand in a case."""
        self._cases[turn.key] = case


def _sent(
    text: str, variables: Mapping[str, Any], said: list[str]
) -> tuple[str | None, str] | None:
    """Return the system prompt and the user's message of a turn; None where other messages than
    these and what was said before are sent."""
    answers = [f"answer-{number}-of-the-model" for number in range(len(said))]
    before = [
        {"prompt": user, "input": user, "output": answer}
        for user, answer in zip(said, answers, strict=True)
    ]
    try:
        filled, _ = templates.fill(text, {**variables, "_conversation": before})
    except templates.BadTemplateError:
        return None
    chat = chat_of(filled)
    if chat is None or unsent(chat):
        return None
    messages = [(str(one["role"]), content_of(one)) for one in chat]
    system = messages.pop(0)[1] if messages[0][0] in ("system", "developer") else None
    wanted = [
        message
        for user, answer in zip(said, answers, strict=True)
        for message in (("user", user), ("assistant", answer))
    ]
    if messages[:-1] != wanted or not messages or messages[-1][0] != "user":
        return None
    return system, messages[-1][1]
