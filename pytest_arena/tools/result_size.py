"""How much of a tool's result is kept and sent: a flood of text helps nobody."""

from __future__ import annotations

import json
from typing import Any

MOST_CHARACTERS = 100_000
"""Of one result; about 25,000 tokens."""


def bounded(value: Any) -> Any:
    """Return a value that is not too long; of a longer one, the beginning of its JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return value if len(text) <= MOST_CHARACTERS else bounded_text(text)


def bounded_text(text: str) -> str:
    """Return a text that is not too long, with a word on what was left out."""
    left_out = len(text) - MOST_CHARACTERS
    if left_out <= 0:
        return text
    return f"{text[:MOST_CHARACTERS]}… ({left_out:,} more characters were left out)"
