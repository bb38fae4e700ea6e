"""Texts in which `*` stands for any text, none included."""

from __future__ import annotations


def fits(pattern: str, text: str) -> bool:
    """Return whether a whole text is as a pattern says; takes time in proportion to both."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    last = rest.pop()
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in rest:
        found = text.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


def stands_for(pattern: str, text: str) -> str | None:
    """Return what the only `*` of a pattern stands for in a text; None where there is none, or
    several."""
    first, *rest = pattern.split("*")
    if len(rest) != 1 or not fits(pattern, text):
        return None
    return text[len(first) : len(text) - len(rest[0])]
