"""Keep secrets out of everything that is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pytest_arena.text.encodings import ENCODINGS, forms_of, may_be_encoded
from pytest_arena.text.key_patterns import (
    REDACTED,
    find_keys,
    hide_keys,
    long_words,
    possible_forms,
)
from pytest_arena.text.shortened_keys import ShortenedKeys

SHORTEST = 6
"""Shorter values are no secrets, and would tear ordinary text apart."""
_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS)$", re.IGNORECASE)
_LEAST_NAMED = 12
"""A name alone is a guess: `SORT_KEY=name` shall not be taken out of every text."""


def is_secret(name: str, value: object) -> bool:
    """Return whether a value is taken for a secret, by its name and because it may be one."""
    return (
        isinstance(value, str)
        and len(value) >= _LEAST_NAMED
        and _SECRET_NAME.search(name) is not None
    )


class Redactor:
    """What replaces secrets in texts: known values, and whatever has the form of a well-known key.

    Both are found plain, JSON-escaped, URL-escaped, in base64 (wrapped, too), in hexadecimal, as
    HTML entities and as `\\u` and `\\x` escapes, there also as a part of what was encoded; and
    what is left of them where a text was cut in their middle.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        """Begin with the values of the environment variables that are named like secrets."""
        self._values: set[str] = set()
        self._forms: set[str] = set()
        self._shortened = ShortenedKeys()
        self._pattern: re.Pattern[str] | None = None
        self.learn(variables or {})

    def learn(self, variables: Mapping[str, str]) -> None:
        """Learn the values of variables that are named like secrets."""
        for name, value in variables.items():
            if is_secret(name, value):
                self.add(value)

    def add(self, secret: str) -> None:
        """Learn a secret value."""
        if len(secret) < SHORTEST or secret in self._values:
            return
        self._values.add(secret)
        for form in forms_of(secret):
            self._forms.add(form)
            self._shortened.add(form)
        # longest first, so that no secret is left in part by another one inside it
        ordered = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(form) for form in ordered))

    def hide_known(self, text: str) -> str:
        """Return the text without the values that were added."""
        if self._pattern is None or not any(form in text for form in self._forms):
            return text
        return self._pattern.sub(REDACTED, text)

    def clean(self, text: str) -> str:
        """Return the text without any secret."""
        if not self._may_hold_one(text):
            return self._shortened.hide(text)
        text = hide_keys(self.hide_known(text))
        for encoding in ENCODINGS:
            if encoding.sign in text:
                hide = partial(self._unless_hidden, encoding.decoded)
                text = encoding.pattern.sub(hide, text)
        return self._shortened.hide(text)

    def _may_hold_one(self, text: str) -> bool:
        """Look quickly, since every cell comes by here and hardly any holds a secret."""
        if any(form in text for form in self._forms):
            return True
        words = long_words(text)
        if possible_forms(text, words):
            return True
        return bool(words) and may_be_encoded(words)

    def clean_value(self, value: Any) -> Any:
        """Return a value as JSON has it, with all its texts cleaned, keys of objects included."""
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, list):
            return [self.clean_value(item) for item in value]
        if isinstance(value, dict):
            return {self.clean(name): self.clean_value(inner) for name, inner in value.items()}
        return value

    def _unless_hidden(self, decode: Callable[[str], str], found: re.Match[str]) -> str:
        run = found[0]
        plain = decode(run)
        if not plain or plain == run:
            return run
        known = any(value in plain for value in self._values)
        return REDACTED if known or find_keys(plain) else run
