"""Functions of the chain: one takes out what the model must not see, one ends the chain early."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\b\d{13,19}\b")


def without_card(text: str) -> str:
    """Put a word in place of a card's number."""
    return _NUMBER.sub("[card]", text)


def not_ours(step: int, output: str) -> tuple[bool, str, str | None]:
    """End the chain where the second step found that a message is not for us."""
    if step == 2 and output.strip().lower() == "other":
        return True, "not for us", "This is not for us. Please ask your bank."
    return False, "", None
