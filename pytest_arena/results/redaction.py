"""Keep secrets out of everything that is written."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote, quote_plus

REDACTED = "[REDACTED]"
SHORTEST = 6
"""Shorter values are no secrets, and would tear ordinary text apart."""


class Redactor:
    """Replace known secret values, plain, JSON-escaped, URL-escaped and in base64."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, secret: str) -> None:
        """Learn a secret value."""
        if len(secret) < SHORTEST or secret in self._forms:
            return
        self._forms |= {
            secret,
            json.dumps(secret)[1:-1],
            quote(secret, safe=""),
            quote_plus(secret),
            base64.b64encode(secret.encode()).decode().rstrip("="),
            base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
        }
        # longest first, so that no secret is left in part by another one inside it
        ordered = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(form) for form in ordered))

    def clean(self, text: str) -> str:
        """Return the text without any known secret."""
        return text if self._pattern is None else self._pattern.sub(REDACTED, text)
