"""Values as JavaScript has them: how it reads a number, and writes one in a text."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any

from pytest_arena.loading.tree import WrittenFloat


def as_in_javascript(value: Any) -> Any:
    """Return a value whose numbers are spelled as there, so that 5.0 is 5, and 1.10 is 1.1."""
    if isinstance(value, dict):
        return {key: as_in_javascript(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_in_javascript(inner) for inner in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    text = number_text(value)
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    number = float(text)
    # what is no number of JSON's is the text that it is shown as
    return WrittenFloat(number, text) if math.isfinite(number) else text


def number_text(value: float) -> str:
    """Return a number as JavaScript writes it in a text.

    Source: https://tc39.es/ecma262/#sec-numeric-types-number-tostring
    """
    number = float(value) if isinstance(value, float) else float(str(value))
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    shortest = repr(number)
    if 1e-6 <= abs(number) < 1e21:
        return format(Decimal(shortest), "f").removesuffix(".0")
    return re.sub(r"\.0(?=e)|(?<=e[+-])0", "", shortest)


def json_text(value: Any, indent: int = 0, _break: str = "\n") -> str:
    """Return a value as `JSON.stringify` writes it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number_text(value)
    if not isinstance(value, (dict, list)) or not value:
        return json.dumps(value, ensure_ascii=False)
    inner = _break + " " * indent
    if isinstance(value, dict):
        colon = ": " if indent else ":"
        texts = [
            f"{json.dumps(_key(key), ensure_ascii=False)}{colon}{json_text(one, indent, inner)}"
            for key, one in value.items()
        ]
    else:
        texts = [json_text(one, indent, inner) for one in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if not indent:
        return f"{opening}{','.join(texts)}{closing}"
    return f"{opening}{inner}{f',{inner}'.join(texts)}{_break}{closing}"


def _key(key: Any) -> str:
    """Return a key of YAML's as the text that every key is there."""
    if isinstance(key, bool) or key is None:
        return json.dumps(key)
    return number_text(key) if isinstance(key, (int, float)) else str(key)
