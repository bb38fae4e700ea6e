"""How findings are worded: quotes, lists, numbers with units, JSON, and bounds."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.judging.detectors.messages import listed
from pytest_arena.results.trial import GuardrailEvent
from pytest_arena.schema.assertion import Outcome
from pytest_arena.text.numbers import counted, number, reaches, stays_within
from pytest_arena.text.printable import printable

Format = Callable[[float], str]


def milliseconds(value: float) -> str:
    return f"{number(value)} ms"


def dollars(value: float) -> str:
    text = f"{value:,.10f}".rstrip("0").rstrip(".")
    return f"${text}"


def share(value: float) -> str:
    """Return a share as per cent with at most two decimals."""
    return f"{value * 100:.2f}".rstrip("0").rstrip(".") + " %"


def json_or_text(value: Any) -> str:
    """Return a value as JSON, as models write it; a text stays as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def shown_json(value: Any, longest: int = 60) -> str:
    """Return a value as short JSON; a text that is none stays as it is."""
    return printable(shorten(json_or_text(value), longest))


def counting(noun: str) -> Format:
    """Return a format that counts: `1 word`, `1,200 words`."""
    return lambda value: counted(value, noun)


def bounded(
    value: float,
    form: Format,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    subject: str = "",
) -> Outcome:
    """Return whether a value keeps its bounds, with a score that falls the further it is out.

    Within the bounds the score is 1, above them maximum / value, below them value / minimum.
    """
    expected = _bounds(form, minimum, maximum)
    shown = f"{subject} {form(value)}".lstrip()
    if maximum is not None and not stays_within(value, maximum):
        return Outcome(
            "failed",
            f"{shown}, over the {form(maximum)} allowed",
            _part(maximum, value),
            expected,
        )
    if minimum is not None and not reaches(value, minimum):
        return Outcome(
            "failed",
            f"{shown}, under the {form(minimum)} wanted",
            _part(value, minimum),
            expected,
        )
    return Outcome("passed", f"{shown} ({expected})", 1.0, expected)


def fired(event: GuardrailEvent) -> str:
    """Return what a guardrail did: `blocked on input by banned_words: 'hack'`."""
    deed = {"block": "blocked", "replace": "replaced", "flag": "flagged"}[event.action]
    why = listed(event.matched) if event.matched else shorten(event.reason)
    return f"{deed} on {event.direction} by {event.type}: {why}"


def _part(less: float, more: float) -> float:
    """Return how much a number is of a larger one; 0 where that cannot be told."""
    return less / more if 0 < less < more <= sys.float_info.max else 0.0


def _bounds(form: Format, minimum: float | None, maximum: float | None) -> str:
    if minimum is not None and maximum is not None:
        return f"{number(minimum)} to {form(maximum)}"
    if minimum is not None:
        return f"at least {form(minimum)}"
    return f"at most {form(maximum if maximum is not None else 0)}"
