"""What the model is told that plays a simulated user."""

from __future__ import annotations

import re
from collections.abc import Sequence

COMPLETE = "[CONVERSATION_COMPLETE]"
"""By this a persona says that it is done."""
OPENING = "(You are connected with the assistant. Write your first message to it.)"
WORDLESS = "(The assistant answered nothing in words.)"
_COMPLETE = re.compile(r"[*_`]*\[\s*conversation[_ ]complete\s*\][*_`]*", re.IGNORECASE)
_ROLE = (
    "You play a person who talks with an assistant. The messages that you get are the assistant's. "
    "Write what this person says next: the words of the message alone, in the first person, "
    "without a name in front, without quotation marks and without directions. Never help, never "
    "speak as the assistant, and never say that you are a model or that this is a test."
)


def instructions(
    system: str | None,
    description: str | None,
    goals: Sequence[str],
    constraints: Sequence[str],
    style: str | None,
) -> str:
    """Return the system prompt of a persona; `system` says how a person is played, where the usual
    words are not wanted."""
    parts = [system or _ROLE]
    if description:
        parts.append(f"Who you are: {description}")
    parts += _listed("What you want, in this order:", goals)
    parts += _listed("Keep to this:", constraints)
    if style:
        parts.append(f"How you talk: {style}")
    return "\n\n".join(parts)


def ending(least: int, patience: int | None) -> str:
    """Return how a persona is told to end the conversation."""
    said = (
        f"When you have what you want, or it is clear that you will not get it, answer with "
        f"{COMPLETE} alone."
    )
    if least > 1:
        said += f" Do not do so before you have sent {least} messages."
    if patience is not None:
        said += f" You give up after {patience} messages."
    return said


def without_end(text: str) -> tuple[str, bool]:
    """Return what a persona says without the sign that it is done, and whether that was there."""
    left, found = _COMPLETE.subn(" ", text)
    return (re.sub(r"[ \t]{2,}", " ", left).strip() if found else text.strip()), found > 0


def _listed(head: str, entries: Sequence[str]) -> list[str]:
    return ["\n".join([head, *(f"- {entry}" for entry in entries)])] if entries else []
