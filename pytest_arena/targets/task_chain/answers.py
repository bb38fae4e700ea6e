"""What a model's answer says where a task wants a number, a range, a condition or the like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pytest_arena.errors import shorten, suggest
from pytest_arena.targets.task_chain.values import TaskFailed

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|(?<![\w.])[-+]?\.\d+")
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\s*[-\u2013]\s*(-?\d+(?:\.\d+)?)")
_FENCE = re.compile(r"\s*```[\w-]*\n(.*?)\n?```\s*", re.DOTALL)


def number_in(answer: str) -> float:
    """Return the first number of an answer."""
    found = _NUMBER.search(answer)
    if found is None:
        raise TaskFailed(f"no number in the answer {shorten(answer, 80)!r}")
    return float(found[0].replace(",", ""))


def whole_number_in(answer: str) -> int:
    """Return the first number of an answer, which must be a whole one."""
    number = number_in(answer)
    if not number.is_integer():
        raise TaskFailed(f"{number:g} in the answer {shorten(answer, 80)!r} is no whole number")
    return int(number)


def range_in(answer: str) -> str:
    """Return a range as `6-8`; a single number is a range of itself."""
    text = answer.strip().strip("\"'")
    found = _RANGE.fullmatch(text)
    if found is not None:
        return f"{found[1]}-{found[2]}"
    if "-" in text.lstrip("-") or (number := _NUMBER.search(text)) is None:
        raise TaskFailed(f"no range in the answer {shorten(answer, 80)!r}")
    single = number[0].replace(",", "")
    return f"{single}-{single}"


def condition_in(answer: str, conditions: Sequence[str]) -> str:
    """Return the condition that an answer names, which is that alone."""
    said = answer.strip()
    if said not in conditions:
        near = suggest(said, conditions)
        listed = ", ".join(conditions)
        raise TaskFailed(
            f"the answer {shorten(said, 80)!r} is none of the valid conditions {listed}"
            + (f"; {near}" if near else "")
        )
    return said


def route_in(answer: str, labels: Sequence[str]) -> str:
    """Return the label that an answer means: alike but for case, or held by it; else the answer."""
    said = answer.strip()
    alike = (label for label in labels if label.casefold() == said.casefold())
    held = (label for label in labels if label.casefold() in said.casefold())
    return next(alike, None) or next(held, None) or said


def command_in(text: str) -> str:
    """Return the command that a text begins with, as `/help`; `pass` of a text without one."""
    said = text.strip()
    if not text:
        return ""
    if not said.startswith("/"):
        return "pass"
    command = said.split(" ", 1)[0].removeprefix("/")
    if not command:
        raise TaskFailed("the command behind '/' is empty")
    return command


def pairs_in(text: str) -> dict[str, Any]:
    """Return the `key=value` pairs of a text, parted by `;`, line breaks or commas."""
    mark = ";" if ";" in text else "\n" if "\n" in text else ","
    found: dict[str, Any] = {}
    for pair in filter(None, (one.strip() for one in text.split(mark))):
        key, equals, value = pair.partition("=")
        if not equals:
            key, equals, value = pair.partition(":")
        if not equals:
            raise TaskFailed(f"{shorten(pair, 60)!r} is no pair of a key and a value")
        found[key.strip()] = _plain(value.strip())
    return found


def code_in(answer: str) -> str:
    """Return the code of an answer, without a fence around it."""
    found = _FENCE.fullmatch(answer)
    return (found[1] if found else answer).strip()


def _plain(value: str) -> Any:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    if value in ("true", "false"):
        return value == "true"
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else number
