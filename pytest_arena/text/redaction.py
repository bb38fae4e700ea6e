"""Keep secrets out of everything that is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from pytest_arena.environment import copied
from pytest_arena.text.encodings import (
    encoded_forms,
    encoded_runs,
    kept_parts,
    may_be_encoded,
    may_be_escaped,
    may_be_folded,
    run_together,
    written_forms,
)
from pytest_arena.text.key_patterns import (
    LONG_WORD,
    REDACTED,
    find_keys,
    long_words,
    possible_forms,
    words_of,
)
from pytest_arena.text.readings import forms_read, unescaped, unfolded, without
from pytest_arena.text.shortened_keys import ShortenedKeys

_Look: TypeAlias = Callable[[str], Iterator[tuple[int, int]]]
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

    Both are found plain, with all or some characters escaped as in JSON, programs, addresses and
    HTML, in base64 and in hexadecimal (folded into lines, too), there also as a part of what was
    encoded; and what is left of them where a text was cut in their middle.

    One thread may learn values while others look for those that are known.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        """Begin with the values of the environment variables that are named like secrets."""
        self._values: set[str] = set()
        self._patterns: dict[str, str] = {}
        """Of each form of a value what matches it."""
        self._compiled: tuple[int, re.Pattern[str]] = (0, re.compile(r"(?!)"))
        self._shortened = ShortenedKeys()
        self._hints: tuple[tuple[str, ...], ...] = ()
        """All parts of one of these stand in a text that holds a value, unless it is encoded, or
        each of its characters escaped."""
        self._encoded_hints: tuple[str, ...] = ()
        """One of these stands in a text in which a value is encoded, unless folded or short."""
        self.learn(variables or {})

    def learn(self, variables: Mapping[str, str]) -> None:
        """Learn the values of variables that are named like secrets."""
        for name, value in copied(variables).items():
            if is_secret(name, value):
                self.add(value)

    def add(self, secret: str) -> None:
        """Learn a secret value, and what is in it between blanks and line ends, as it is used."""
        for value in (secret, secret.strip()):
            if len(value) >= SHORTEST and value not in self._values:
                self._values.add(value)
                self._learn(value)

    def _learn(self, value: str) -> None:
        # looked through by other threads: put in place whole
        hints, encoded_hints = dict.fromkeys(self._hints), dict.fromkeys(self._encoded_hints)
        forms = [form for form in forms_read(value) if len(form) >= SHORTEST]
        for form in (*written_forms(value), *forms):
            self._patterns[form] = re.escape(form)
            self._shortened.add(form)
            if not kept_parts(value):
                hints[form,] = None
        for form in (value, *forms):
            if parts := kept_parts(form):
                hints[parts] = None
        for encoded in encoded_forms(value):
            self._patterns[encoded.digits] = encoded.pattern
            self._shortened.add(encoded.digits)
            hint = max(kept_parts(encoded.digits), key=len, default=encoded.digits)
            encoded_hints[hint] = None
            if len(encoded.digits) < LONG_WORD:
                hints[hint,] = None
        self._hints, self._encoded_hints = tuple(hints), tuple(encoded_hints)

    def hide_known(self, text: str) -> str:
        """Return the text without the values that were added."""
        return without(text, self._known(text), REDACTED)

    def clean(self, text: str) -> str:
        """Return the text without any secret."""
        for look in self._looks(text):
            text = without(text, look(text), REDACTED)
        return text

    def _looks(self, text: str) -> list[_Look]:
        """Return what finds secrets in a text; quickly, since every cell comes by here and hardly
        any holds one."""
        words = words_of(text)
        long = long_words(words)
        known = self._may_be_known(text)
        escaped = known or (bool(long) and may_be_escaped(long))
        encoded = bool(long) and (may_be_encoded(long) or self._may_be_encoded(long))
        folded = (encoded or self._encoded_hints) and may_be_folded(text)
        if folded and not encoded:
            folded = self._may_be_encoded(run_together(text))
        if not (escaped or encoded or folded or possible_forms(text, long)):
            return [self._shortened.spans]
        looks: list[_Look] = [self._plain]
        if escaped:
            looks.append(self._escaped)
        if escaped or folded:
            looks.append(self._folded)
        return looks

    def _may_be_known(self, text: str) -> bool:
        for parts in self._hints:
            if parts[0] in text and all(part in text for part in parts):
                return True
        return False

    def _may_be_encoded(self, text: str) -> bool:
        # a loop, since a generator takes twice the time
        for hint in self._encoded_hints:  # noqa: SIM110
            if hint in text:
                return True
        return False

    def _plain(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where secrets stand as they are, encoded, or in part."""
        yield from self._known(text)
        yield from _well_known(text)
        yield from _encoded(text)
        yield from self._shortened.spans(text)

    def _escaped(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where secrets stand escaped, or what was left of them."""
        reading = unescaped(text)
        if reading.text != text:
            for find in (self._known, _well_known, self._shortened.spans_of_halves):
                for span in find(reading.text):
                    yield reading.written(*span)

    def _folded(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where secrets stand encoded and escaped, or in several lines."""
        reading = unfolded(text)
        if reading.text != text:
            for find in (self._known, _encoded):
                for span in find(reading.text):
                    yield reading.written(*span)

    def _known(self, text: str) -> Iterator[tuple[int, int]]:
        if not (self._may_be_known(text) or self._may_be_encoded(text)):
            return
        count, pattern = self._compiled
        if count != len(self._patterns):
            # longest first, so that no secret is left in part by another one inside it
            known = sorted(self._patterns.items(), key=lambda one: len(one[0]), reverse=True)
            pattern = re.compile("|".join(found for _, found in known))
            # with how many it is of, since one may be learnt meanwhile
            self._compiled = len(known), pattern
        for match in pattern.finditer(text):
            yield match.span()

    def clean_value(self, value: Any) -> Any:
        """Return a value as JSON has it, with all its texts cleaned, keys of objects included."""
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, list):
            return [self.clean_value(item) for item in value]
        if isinstance(value, dict):
            return {self.clean(name): self.clean_value(inner) for name, inner in value.items()}
        return value


def _well_known(text: str) -> Iterator[tuple[int, int]]:
    for key in find_keys(text):
        yield key.start, key.end


def _encoded(text: str) -> Iterator[tuple[int, int]]:
    for start, end, plain in encoded_runs(text):
        if plain and find_keys(plain):
            yield start, end
