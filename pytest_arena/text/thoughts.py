"""What a model thought before it answered, taken out of its text."""

from __future__ import annotations

import re

_NAMES = r"think|thinking|thought|thoughts|reasoning"
_OPEN = re.compile(rf"\s*<({_NAMES})>", re.IGNORECASE)
_ANYWHERE = re.compile(rf"<({_NAMES})>.*?(?:</\1>|\Z)", re.IGNORECASE | re.DOTALL)
_UP_TO_END = re.compile(rf"\A.*?</(?:{_NAMES})>", re.IGNORECASE | re.DOTALL)
_END_ALONE = re.compile(r"\s*</think(?:ing)?>[ \t]*(?:\r?\n|$)", re.IGNORECASE)
"""The end of thoughts whose beginning stood in the prompt, as some chat templates have it."""


def split_thoughts(text: str) -> tuple[str, str]:
    """Return the thoughts at the beginning of an answer, and the answer.

    `<think>…</think>` (and its like) at the very start are thoughts; without an end, all of the
    text is. Tags further on belong to the answer.
    """
    if "<" not in text:
        return "", text
    thoughts = []
    while opened := _OPEN.match(text):
        end = re.compile(rf"</{opened[1]}>\s*", re.IGNORECASE).search(text, opened.end())
        inside = text[opened.end() : end.start() if end else None].strip()
        thoughts.append(inside)
        text = text[end.end() :] if end else ""
    if not thoughts and (end := _END_ALONE.search(text)) and _is_end_of_thoughts(text, end):
        thoughts.append(text[: end.start()].strip())
        text = text[end.end() :].lstrip()
    return "\n\n".join(filter(None, thoughts)), text


def without_thoughts(text: str) -> str:
    """Return an answer without all thoughts in it, wherever they stand, for who looks for JSON or
    code: what is tried out in a thought is no answer."""
    return _UP_TO_END.sub("", _ANYWHERE.sub("", text), count=1)


def answer_has_begun(text: str) -> bool:
    """Return whether a text that still grows holds more than thoughts."""
    start = text.lstrip()
    if not start:
        return False
    if start.startswith("<") and ">" not in start and len(start) < len("<reasoning>"):
        return False
    return bool(split_thoughts(text)[1].strip())


def _is_end_of_thoughts(text: str, end: re.Match[str]) -> bool:
    before = text[: end.start()]
    return before.count("```") % 2 == 0 and not re.search(rf"<(?:{_NAMES})>", before, re.IGNORECASE)
