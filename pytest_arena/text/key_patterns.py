"""Well-known keys and tokens in a text: for redaction, guardrails and assertions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from pytest_arena.light_dataclass import dataclass
from pytest_arena.text.any_of import any_of
from pytest_arena.text.key_forms import KEY_FORMS, QUOTED_KEY, KeyForm


@dataclass(frozen=True, slots=True)
class KeySpan:
    """Where a key stands in a text, and of what kind it is."""

    kind: str
    start: int
    end: int


REDACTED = "[REDACTED]"
_IN_TEXT = ("PRIVATE KEY", "earer ", "asic ", "://", "ecret", "ECRET")
"""Hints that need not stand in a word as long as a key."""
_OF_TEXT = tuple((hint, form) for form in KEY_FORMS for hint in form.hints if hint in _IN_TEXT)
_OF_WORDS = tuple((hint, form) for form in KEY_FORMS for hint in form.hints if hint not in _IN_TEXT)
LONG_WORD = 15
_SIGNS = re.compile(r"[-_./+=:@\\]")
_PLAIN_WORD = re.compile(r"(?:[A-Za-z]?[a-z]{0,24}|[A-Z]{1,12})\d{0,4}")


def find_keys(text: str, *, quoted: bool = False) -> list[KeySpan]:
    """Return the keys in a text, in their order, those that overlap as one.

    With `quoted` what a provider's message may quote of a key is one, too.
    """
    found = sorted(_matches(text, quoted), key=lambda span: (span.start, -span.end))
    kept: list[KeySpan] = []
    for span in found:
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
        elif span.end > kept[-1].end:
            kept[-1] = replace(kept[-1], end=span.end)
    return kept


def hide_keys(text: str, *, quoted: bool = False) -> str:
    """Return the text with `[REDACTED]` for each key that `find_keys` finds."""
    pieces: list[str] = []
    done = 0
    for span in find_keys(text, quoted=quoted):
        pieces += (text[done : span.start], REDACTED)
        done = span.end
    return "".join((*pieces, text[done:])) if pieces else text


def words_of(text: str) -> list[str]:
    """Return the words of a text.

    No form of a key that is looked for in words has a quotation mark, and lines of JSON are full
    of them.
    """
    return text.replace('"', " ").split()


def long_words(words: list[str]) -> str:
    """Return the words in which a key may stand, of which a text hardly ever has many."""
    return " ".join([word for word in words if len(word) >= LONG_WORD])


def possible_forms(text: str, words: str) -> tuple[KeyForm, ...]:
    """Return the forms of which a text may hold a key; quickly, since hardly any holds one."""
    found = [form for hint, form in _OF_TEXT if hint in text]
    if words and _hint_of_words().search(words):
        found += [form for hint, form in _OF_WORDS if hint in words]
    return tuple(dict.fromkeys(found)) if found else ()


def _matches(text: str, quoted: bool) -> Iterator[KeySpan]:
    forms = possible_forms(text, long_words(words_of(text)))
    for form in (*forms, QUOTED_KEY) if quoted else forms:
        pattern = _compiled(form.pattern)
        group = "key" if "key" in pattern.groupindex else 0
        for match in pattern.finditer(text):
            # A password may be words; what begins as a key does and goes on in words is a name.
            if group or form is QUOTED_KEY or not is_words(match[0]):
                yield KeySpan(form.kind, *match.span(group))


def is_words(text: str) -> bool:
    """Return whether a text is several words and numbers with signs between, as in a path or in
    the address of a page: `sk-learn-1-4-2-documentation-index`."""
    pieces = [piece for piece in _SIGNS.split(text) if piece]
    return len(pieces) > 2 and all(_PLAIN_WORD.fullmatch(piece) for piece in pieces)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def _hint_of_words() -> re.Pattern[str]:
    return re.compile(any_of(hint for hint, _ in _OF_WORDS))
