"""Whether a text names a value, however its numbers are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from pytest_arena.assertions.messages import json_or_text
from pytest_arena.text.looking import SearchedText

_NUMBER = re.compile(r"\d+(?:[.,'\u00a0\u202f]\d+)*")


def names_value(text: str, value: Any) -> bool:
    """Return whether a text names a value; of a list or an object, all that is in it."""
    if isinstance(value, Mapping):
        return all(names_value(text, one) for one in value.values())
    if isinstance(value, (list, tuple)):
        return all(names_value(text, one) for one in value)
    number = _decimal(value)
    if number is not None and any(number in _values(one[0]) for one in _NUMBER.finditer(text)):
        return True
    said = json_or_text(value).strip()
    return not said or SearchedText(text).holds(f" {said} ")


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _values(written: str) -> set[Decimal]:
    """Return what a number may mean: `12,50` is 12.5, `1.250` is 1250 or 1.25."""
    plain = re.sub(r"['\u00a0\u202f]", "", written)
    *_, last = re.split(r"[.,]", plain)
    whole = re.sub(r"[.,]", "", plain)
    fraction = plain[: -len(last)].rstrip(".,")
    as_fraction = re.sub(r"[.,]", "", fraction) + "." + last if fraction else whole
    return {Decimal(as_fraction), *([Decimal(whole)] if len(last) == 3 else [])}
