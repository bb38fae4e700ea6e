"""Profanity in a text: whole words with their endings, disguised spellings, spaced letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import ClassVar, Literal

from pydantic import field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.judging.detectors.base import Detector, Look, seen
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.detectors.spans import DisjointSpans
from pytest_arena.judging.words import refuse_empty
from pytest_arena.light_dataclass import dataclass
from pytest_arena.schema.guardrail import Said
from pytest_arena.text.folding import fold, fold_in_place

Severity = Literal["mild", "strong", "severe"]
_RANK: dict[str, int] = {"mild": 0, "strong": 1, "severe": 2}
_ENDINGS = (
    "s", "es", "ed", "er", "ers", "ing", "in", "y", "ies", "ier", "iest", "head", "heads", "face",
    "tard", "wit", "boy", "hole", "holes", "ty", "ting", "ted", "ter", "ly", "ish", "able", "fest",
)  # fmt: skip
_LEET = {
    "@": "a", "4": "a", "8": "b", "3": "e", "€": "e", "6": "g", "9": "g", "1": "il",
    "!": "il", "|"
    "": "il", "¡": "il", "0": "o", "5": "s", "$": "s", "7": "t", "+": "t", "µ": "u", "v": "vu",
    "2": "z",
}  # fmt: skip
_TOKEN = re.compile(r"[\w@$€!¡|+*#%µ'’]+(?:-[\w@$!*]+)*")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W_][ ._*\-]{1,2}){2,}[^\W_](?![^\W_])")
_HIDDEN = re.compile(r"[*#%]")
_CONTEXT = 60
"""Within so many characters stand the words by which a word means no harm."""
_MOST_SPELLINGS = 32
_KNOWN = ("f***",)
_COMMONEST = frozenset({"fuck", "fucking", "shit", "bitch"})


@dataclass(frozen=True, slots=True)
class Profane:
    """Where a profane word stands, and how strong it is."""

    severity: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Words:
    """The list ready for use: forms by severity, stems that may stand inside a word, hidden
    letters by length, and harmless phrases."""

    whole: dict[str, str]
    inside: dict[str, str]
    inside_pattern: re.Pattern[str]
    plain: Mapping[tuple[str, int], list[tuple[str, str]]]
    """Forms that hidden letters are filled in from, by first letter and length."""
    phrases: re.Pattern[str]
    harmless: re.Pattern[str]
    disguised: frozenset[str]
    lower_case: frozenset[str]
    in_context: Mapping[str, re.Pattern[str]]
    """Words that mean no harm beside some others, and these."""


class ProfanityRules(Detector):
    """Settings of what looks for profanity."""

    nothing: ClassVar[str] = "no profanity"

    min_severity: Severity = "strong"
    """From which strength on: `mild` (damn, crap), `strong` (shit), or `severe` (slurs)."""
    allow: tuple[str, ...] = ()
    """Words that may occur, in any case; their endings and disguised spellings included."""
    words: tuple[str, ...] = ()
    """Further words that count, whatever their strength; English only in its endings."""

    @field_validator("words")
    @classmethod
    def _are_words(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        return _refuse_unfindable(refuse_empty(words)) if words else words

    def look(self, text: str, said: Said) -> Look:
        found = find_profanity(
            text, min_severity=self.min_severity, allow=self.allow, words=self.words
        )
        if not found:
            return Look(False, "found no profanity")
        shown = [text[one.start : one.end] for one in found]
        return seen("profanity", shown, [(one.start, one.end) for one in found])


def _refuse_unfindable(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return words that are found where they stand alone; refuse any other."""
    idle = next((word for word in words if not any(c.isalnum() for c in word)), None)
    idle = idle or next((word for word in words if not find_profanity(word, words=words)), None)
    if idle is not None:
        raise PydanticCustomError(
            "cannot_fail",
            "{word} is found in no text, so that it checks nothing",
            {
                "word": quoted(idle),
                "expected": "words and phrases of letters and digits",
                "fix": "write the whole word; signs are what `not_contains` looks for",
            },
        )
    return words


def find_profanity(
    text: str,
    *,
    min_severity: Severity = "strong",
    allow: tuple[str, ...] = (),
    words: tuple[str, ...] = (),
) -> list[Profane]:
    """Return the profane words of a text, in their order, none inside another.

    Whole words count ("Scunthorpe", "assassin" and "cockpit" are harmless) with the endings of
    English, repeated letters, digits and signs in place of letters, letters hidden by asterisks,
    and single letters set apart.
    """
    folded = fold_in_place(text, wide=True)
    known = _words(words, allow)
    least = _RANK[min_severity]
    harmless, taken = DisjointSpans(), DisjointSpans()
    for match in known.harmless.finditer(folded.text):
        harmless.add(*match.span())
    found = [
        Profane(severity, *folded.span(start, end))
        for severity, start, end in _candidates(folded.text, known)
        if _RANK[severity] >= least
        and not harmless.meets(start, end)
        and not _is_meant_well(folded.text, start, end, known)
        and taken.add(start, end)
    ]
    return sorted(found, key=lambda one: one.start)


def _is_meant_well(text: str, start: int, end: int, known: _Words) -> bool:
    """Return whether a word stands beside what tells its harmless meaning."""
    around = known.in_context.get(_folded(text[start:end]))
    if around is None:
        return False
    return any(
        around.search(part)
        for part in (text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT])
    )


def _candidates(text: str, known: _Words) -> Iterator[tuple[str, int, int]]:
    for match in known.phrases.finditer(text):
        yield known.whole[re.sub(r"\W+", "-", match[0].casefold())], *match.span()
    for match in _TOKEN.finditer(text):
        severity = _of_token(_undressed(match[0]), known)
        if severity:
            yield severity, *match.span()
    for match in _SPACED.finditer(text):
        joined = _folded(re.sub(r"[^\w]|_", "", match[0]))
        severity = known.whole.get(joined) or ("strong" if joined in known.disguised else None)
        if severity:
            yield severity, *match.span()


def _undressed(token: str) -> str:
    """Return a token without the marks around it: `**word**`, `_word_`, `word!`."""
    if token[0] in "*#_'’":
        return token.strip("*#_!'’")
    return token.rstrip("!_'’+")


def _of_token(token: str, known: _Words) -> str | None:
    """Return how strong a token is, or None where it is harmless."""
    folded = _folded(token)
    if folded.isalpha() and folded.isascii():
        if folded in known.lower_case:
            return "strong" if token == folded else None
        return _of_word(folded, known)
    if _HIDDEN.search(folded):
        return _of_hidden(folded, known)
    if _is_commonest(folded):
        return "strong"
    for part in re.split(r"[-'’_]", folded):
        # A digit for a letter in a short text is a model's name (A55), no disguise.
        letters = sum(c.isalpha() for c in part)
        if part.isalpha():
            severity = _of_word(part, known)
        elif letters and (len(part) > 3 or not any(c.isdigit() for c in part)):
            severity = next(
                filter(None, (_of_disguise(word, known) for word in _spellings(part))), None
            )
        else:
            severity = None
        if severity:
            return severity
    return known.whole.get(folded) or _of_word(re.sub(r"[-'’]", "", folded), known)


def _of_word(word: str, known: _Words) -> str | None:
    severity = known.whole.get(word)
    if severity is None and word[-1:] == word[-2:-1] and word[:-1] in _COMMONEST:
        return "strong"
    if severity is None and len(word) > 3:
        severity = known.whole.get(_squeezed(word))
        match = known.inside_pattern.search(word) or known.inside_pattern.search(_squeezed(word))
        severity = severity or (known.inside[match[0]] if match else None)
    return severity


def _of_disguise(word: str, known: _Words) -> str | None:
    return "strong" if word in known.disguised else _of_word(word, known)


def _of_hidden(token: str, known: _Words) -> str | None:
    """Match `f**k` and `sh*t`: as many letters, those shown alike, at least two of them shown.

    A hidden end is filled in for the commonest words only: "go**" may be anything.
    """
    shown = sum(c.isalpha() for c in token)
    if len(token) < 4 or not token[0].isalpha() or (shown < 2 and token not in _KNOWN):
        return None
    pattern = re.compile("".join("[a-z]" if c in "*#%" else re.escape(c) for c in token))
    open_end = token[-1] in "*#%"
    found = [
        severity
        for word, severity in known.plain.get((token[0], len(token)), ())
        if pattern.fullmatch(word) and (word in _COMMONEST or not open_end)
    ]
    return max(found, key=_RANK.__getitem__, default=None)


def _is_commonest(token: str) -> bool:
    """Return whether signs, whatever they are, stand for letters of one of the commonest words."""
    shown = sum(c.isalpha() for c in token)
    if shown < 2 or not token[0].isalpha() or any(c.isdigit() for c in token):
        return False
    pattern = re.compile("".join(c if c.isalpha() else "[a-z]" for c in token))
    return any(pattern.fullmatch(word) for word in _COMMONEST)


def _spellings(part: str) -> Iterator[str]:
    choices = [_LEET.get(letter, letter) for letter in part]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count <= _MOST_SPELLINGS and all(c.isalpha() for choice in choices for c in choice):
        yield from ("".join(letters) for letters in product(*choices))


def _folded(token: str) -> str:
    if token.isascii():
        return token.lower()
    apart = unicodedata.normalize("NFKD", token.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))


def _squeezed(word: str) -> str:
    """Return a word in which a letter that stands three times or more stands once."""
    return re.sub(r"(.)\1{2,}", r"\1", word)


@cache
def _words(further: tuple[str, ...], allow: tuple[str, ...]) -> _Words:
    from pytest_arena.judging.detectors import profanity_words

    allowed = {_folded(fold(word, wide=True)) for word in allow}
    whole: dict[str, str] = {}
    inside: dict[str, str] = {}
    plain: list[tuple[str, str]] = []
    listed = (
        *(("mild", line) for line in profanity_words.MILD.split("\n")),
        *(("strong", line) for line in profanity_words.STRONG.split("\n")),
        *(("severe", line) for line in profanity_words.SEVERE.split("\n")),
        *(("severe", _folded(fold(word, wide=True)).replace(" ", "-")) for word in further),
    )
    for severity, line in listed:
        if allowed & {word.lstrip("*=") for word in line.split()}:
            # one word of a line allows them all: they are forms of it
            continue
        for word in line.split():
            stem = word.lstrip("*=")
            if word.startswith("*"):
                inside[stem] = severity
            whole.setdefault(stem, severity)
            whole.setdefault(stem.replace("-", ""), severity)
            if "-" not in stem:
                plain.append((stem, severity))
            if "-" not in stem and not word.startswith("="):
                plain += [(stem + ending, severity) for ending in ("s", "ed", "er", "ing")]
                for ending in _ENDINGS:
                    whole.setdefault(stem + ending, severity)
    disguised = frozenset(profanity_words.DISGUISED.split()) - allowed
    plain += [(word, "strong") for word in sorted(disguised)]
    by_start: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for word, severity in plain:
        by_start.setdefault((word[0], len(word)), []).append((word, severity))
    phrases = [word for word in whole if "-" in word]
    return _Words(
        whole,
        inside,
        re.compile("|".join(inside) or r"(?!)"),
        by_start,
        _phrase_pattern(phrases),
        _phrase_pattern(
            [*profanity_words.HARMLESS.split(), *(a.replace(" ", "-") for a in allowed)]
        ),
        disguised,
        frozenset(profanity_words.LOWER_CASE.split()) - allowed,
        {
            word: re.compile(rf"(?i)\b(?:{around})\b")
            for written, around in profanity_words.IN_CONTEXT.items()
            for word in written.split()
            if word not in further
        },
    )


def _phrase_pattern(phrases: list[str]) -> re.Pattern[str]:
    if not phrases:
        return re.compile(r"(?!)")
    ordered = sorted(phrases, key=len, reverse=True)
    bodies = (
        r"(?:[\s-]+|, )".join(re.escape(part) for part in word.split("-")) for word in ordered
    )
    return re.compile(rf"(?i)(?<!\w)(?:{'|'.join(bodies)})(?!\w)")
