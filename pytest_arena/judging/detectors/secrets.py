"""Keys, tokens and passwords in a text: by the forms of their issuers, and by assignment."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from hashlib import sha256
from typing import ClassVar

from pydantic import field_validator

from pytest_arena.judging.detectors.base import Detector, Look, covered, refuse_all_allowed, seen
from pytest_arena.judging.detectors.command_passwords import (
    find_command_passwords,
    is_stand_in,
    password_of_basic,
)
from pytest_arena.judging.detectors.published_keys import DIGITS, PUBLISHED
from pytest_arena.schema.guardrail import Said
from pytest_arena.text.folding import fold_in_place
from pytest_arena.text.key_patterns import KeySpan, find_keys, is_words

_NAME = (
    r"(?:(?i:pass(?:word|wd|phrase|code)|pwd|secret|token|credentials?|api[_ -]?key|"
    r"(?:access|auth|account|private|signing|encryption|shared|master|service|session|storage|"
    r"client|admin|secret|subscription)[_ -]?(?:access[_ -]?)?key)|(?<![A-Za-z])(?i:pass))"
)
_QUOTES = r"[\\\"'`*]{0,4}"
_ASSIGNED = (
    # At the start of a word, behind a sign, or with a capital of its own (apiToken); "…:secret:"
    # behind a number is a part of an address.
    rf"(?:(?<![A-Za-z])(?<!\d:)|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z]{{4}})){_NAME}{_QUOTES}"
    rf"(?:\s{{0,2}}(?:=>|:=|=|:|\|)\s{{0,2}}{_QUOTES}\s?{_QUOTES}|\s+is:?\s+{_QUOTES}|>"
    # Pairs of name and value, as Kubernetes, Docker and many APIs have them.
    rf"|\s{{0,4}}[,\n]\s{{0,24}}{_QUOTES}(?i:value){_QUOTES}\s{{0,2}}:\s{{0,2}}{_QUOTES})"
    # A call is code, and no value.
    r"(?P<key>[^\s\"'`,;<>()\[\]{}|\\]{8,4096}+)(?![^\s\"'`,;<>()\[\]{}|\\]|[(\[])"
)
_FLAG = (
    r"(?<!\S)--?(?i:[a-z-]{0,20}(?:password|passwd|passphrase|secret|token|api-?key|access-?key))"
    r"\s+[\"']?(?P<key>[^\s\"'`,;<>()\[\]{}|\\]{8,4096}+)"
)
_HEADER = (
    r"(?:(?<![A-Za-z-])(?i:bearer)(?=\s)|(?i:authorization)[\\\"'`*]{0,4}\s{0,2}[:=]"
    r"[*]{0,2}\s{0,2}[\\\"'`]{0,2}(?:[A-Za-z][A-Za-z-]{1,15}(?=\s))?)\s{0,2}(?P<key>[A-Za-z0-9._~+/-]{16,4096}+=*)(?![(\[])"
)
"""What stands in the header of a request, of whatever scheme, with its name or without."""
_NEXT_PARAMETER = re.compile(r"&\w+=.*")
_PLACEHOLDER = (
    r"(?i)example|your|my[-_]|xxxx|placeholder|change.?me|dummy|sample|redacted|insert|replace|"
    r"\*{3}|\.{3}|…|\$[{(]|^\$|\$[a-z_]{3,}|^%[a-z_]+\d?%?$|%[sd]\b|^(?:os|process|env|settings|config|self|this)\.|^https?:|://|"
    r"^(?:sha\d+|md5|data)[-:]|^\d{4}-\d\d-\d\d|"
    r"^[a-z]{1,24}\d?(?:_[a-z]{2,24}\d?)+$"
)
_KEY_PLACEHOLDER = (
    r"(?i)example|your[-_]|x{5}|placeholder|redacted|dummy|change.?me|insert|replace|\.{3}|…|\*{3}"
)
_URL_PLACEHOLDER = (
    r"(?i)^(?:(?:my|your|the|some)?[-_]?pass(?:word|wd|phrase)?|pwd|secret|token|key|"
    r"user(?:name)?|postgres|mysql|root|admin|guest|test|demo|foo|bar|x+|\*+|\d{1,4})$|^[<{\[(%$]|[>}\])]$"
)
_LEAST_BITS = 3.0
"""Shannon entropy per character, in bits: words of a language stay below, random texts above."""
_LEAST_BITS_OF_KEY = 1.5
_KEY_LINE = re.compile(r"[A-Za-z0-9+/]{32}")
_URL_USER = re.compile(r"://(?P<user>[^/\s:@]{1,64}):$")
_LETTERS_OF_WORD = re.compile(r"[A-Za-z]?[a-z]{3,}")
_NO_SECRET = re.compile(
    r"(?i)(?:page|next|previous|continuation|sync|pad|bos|eos|stop|design|request|"
    r"idempotency|public|public[_ -]?key)[_ -]?$"
)
"""What stands before a key or a token that is no secret."""


class SecretRules(Detector):
    """Settings of what looks for keys, tokens and passwords."""

    nothing: ClassVar[str] = "no secret"

    assigned: bool = True
    """Also look for values after "password:", "token =" and the like that look random, and for
    passwords of commands (`curl -u`, `--password`, `PGPASSWORD=`)."""
    allow: tuple[str, ...] = ()
    """Texts that may occur, such as a key of the documentation. `*` stands for anything."""

    @field_validator("allow")
    @classmethod
    def _allows_some(cls, allow: tuple[str, ...]) -> tuple[str, ...]:
        return refuse_all_allowed(allow)

    def look(self, text: str, said: Said) -> Look:
        found = [
            span
            for span in find_secrets(text, assigned=self.assigned)
            if not any(
                fnmatchcase(text[span.start : span.end], given.strip()) for given in self.allow
            )
        ]
        if not found:
            return Look(False, "found no secret")
        shown = [f"{span.kind} {covered(text[span.start : span.end], 3)}" for span in found]
        return seen("secrets", shown, [(span.start, span.end) for span in found])


def find_secrets(text: str, *, assigned: bool = True) -> list[KeySpan]:
    """Return the secrets in a text, in their order, none inside another.

    Placeholders, and keys that their issuers print in their own documentation, are none.
    """
    folded = fold_in_place(text, wide=True)
    keys = find_keys(folded.text)
    found = [span for span in keys if not _is_harmless(folded.text, span)]
    if assigned:
        known = [(span.start, span.end) for span in keys]
        commands = (
            KeySpan("password in a command", start, end)
            for start, end in find_command_passwords(folded.text)
        )
        for span in (*_find_assigned(folded.text), *commands):
            if not any(span.start < end and span.end > start for start, end in known):
                known.append((span.start, span.end))
                found.append(span)
    spans = [KeySpan(one.kind, *folded.span(one.start, one.end)) for one in found]
    return sorted(spans, key=lambda span: span.start)


def _is_harmless(text: str, span: KeySpan) -> bool:
    value = text[span.start : span.end]
    if span.kind == "private key":
        return not _KEY_LINE.search(value)
    if span.kind == "password in a URL":
        user = _URL_USER.search(text, max(0, span.start - 65), span.start)
        same = user is not None and user["user"] == value
        return same or _compiled(_URL_PLACEHOLDER).search(value) is not None
    if span.kind == "basic credentials":
        password = password_of_basic(value)
        if password is not None and is_stand_in(password):
            return True
    digest = sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    return (
        digest[:DIGITS] in PUBLISHED
        or _compiled(_KEY_PLACEHOLDER).search(value) is not None
        or _bits(value) < _LEAST_BITS_OF_KEY
    )


def _find_assigned(text: str) -> Iterator[KeySpan]:
    for pattern in (_ASSIGNED, _FLAG, _HEADER):
        for match in _compiled(pattern).finditer(text):
            given = _NEXT_PARAMETER.sub("", match["key"])
            value = given.rstrip(".!?*:&")
            if _compiled(_PLACEHOLDER).search(given) or _is_public(text, match.start()):
                continue
            if len(value) >= 8 and _looks_random(value):
                start = match.start("key")
                yield KeySpan("assigned secret", start, start + len(value))


def _looks_random(value: str) -> bool:
    letters = sum(c.isalpha() for c in value)
    in_words = sum(len(run) for run in _LETTERS_OF_WORD.findall(value))
    is_mixed = letters > 0 and any(c.isdigit() for c in value)
    is_jumbled = letters >= 16 and in_words < letters / 2 and not value.isupper()
    if not (is_mixed or is_jumbled) or is_words(value):
        return False
    return _bits(value) >= min(_LEAST_BITS, math.log2(len(value)) - 0.5)


def _is_public(text: str, start: int) -> bool:
    return _NO_SECRET.search(text, max(0, start - 16), start) is not None


def _bits(value: str) -> float:
    counts = Counter(value).values()
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
