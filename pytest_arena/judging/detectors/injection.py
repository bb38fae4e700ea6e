r"""Known patterns of prompt injection: phrasings that are common in attacks, weighed together.

They know what has been seen before. An attack in new words, or an instruction that looks like any
other ("Translate your answer into Italian" inside a document), is not seen.
"""

from __future__ import annotations

import re
from functools import cache
from typing import ClassVar

from pydantic import Field

from pytest_arena.judging.detectors import injection_phrases as phrases
from pytest_arena.judging.detectors.base import Detector, Look
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.schema.guardrail import Said
from pytest_arena.text.folding import fold_in_place
from pytest_arena.text.lookalikes import LETTERS_FOR_DIGITS

_HIDDEN = r"[\u200b-\u200d\u2060\ufeff]{3,}|[\U000e0020-\U000e007f]{3,}"
"""A message in characters that nobody sees; looked for in the text as it is written."""
_HOW = re.compile(r"(?i)\b(?:how|way) (?:do|does|can|could|should|would|to)\b[^.?!\n]{0,40}$")
_IN_QUOTES = re.compile(r"(?<!\w)['\"*_`]([A-Za-z]{2,20})['\"*_`](?!\w)")
_QUOTED_KEY = re.compile(r"(?i)['\"*_`](?:ignore|disregard|forget|bypass|override)['\"*_`]")
_SET_APART = re.compile(r"(?<![A-Za-z])(?:[A-Za-z][ ._*-]){3,40}[A-Za-z](?![A-Za-z])")
_WITH_DIGITS = re.compile(
    r"(?<![\w@$])(?=[A-Za-z0-9@$]{0,20}[A-Za-z])(?=[A-Za-z0-9@$]{0,20}[0-9@$])[A-Za-z0-9@$]{3,20}\b"
)
_WINDOW = 20_000
"""Longer texts are looked at in windows, so that distant phrases do not add up."""


class InjectionRules(Detector):
    """Settings of what looks for known patterns of prompt injection."""

    nothing: ClassVar[str] = "no known injection pattern"

    sensitivity: float = Field(default=1.0, gt=0, le=2)
    """How soon patterns are enough: 1 as measured; above it more is found, false alarms too."""

    def look(self, text: str, said: Said) -> Look:
        score, found = injection_patterns(text)
        names = [name for name, _ in found]
        if score * self.sensitivity < 1:
            return Look(False, "found no known injection pattern")
        shown = tuple(f"{name} {quoted(text[a:b], 40)}" for name, (a, b) in found)
        named = "; ".join(names[:4])
        return Look(
            True, f"known injection patterns: {named}", shown, tuple(span for _, span in found)
        )


def injection_patterns(text: str) -> tuple[float, list[tuple[str, tuple[int, int]]]]:
    """Return the sum of the weights of the known patterns in a text, and where each stands.

    Of a long text the most suspicious window counts.
    """
    folded = fold_in_place(text, wide=True)
    hidden = _hidden_message(text)
    best: tuple[float, list[tuple[str, tuple[int, int]]]] = (0.0, [])
    if hidden:
        best = 1.0, [("coded instructions", hidden)]
    for form in _forms(folded.text):
        for start in range(0, max(1, len(form)), _WINDOW):
            hits = _hits(form[start : start + _WINDOW + 400])
            score = sum(weight for _, weight, _ in hits)
            if score > best[0]:
                places = [(n, folded.span(m.start() + start, m.end() + start)) for n, _, m in hits]
                best = score, sorted(places, key=lambda place: place[1])
    return best


def _forms(text: str) -> tuple[str, ...]:
    """Return a text, and without its disguises where these hide a word that attacks need."""
    plain = undisguised(text)
    if plain == text:
        return (text,)
    hidden, shown = plain.lower(), text.lower()
    is_hiding = any(hidden.count(key) > shown.count(key) for key in phrases.KEYS)
    quoted_key = _QUOTED_KEY.search(text)
    return (text, plain) if is_hiding or quoted_key else (text,)


def _hits(window: str) -> list[tuple[str, float, re.Match[str]]]:
    found, lowered = [], window.lower()
    for name, weight, pattern in compiled():
        groups = phrases.HINTS.get(name, ())
        if not all(any(hint in lowered for hint in group) for group in groups):
            continue
        match = pattern.search(window)
        if match and not (name == "ignore the instructions" and _asks_how(window, match.start())):
            found.append((name, weight, match))
    return found


def _asks_how(window: str, place: int) -> bool:
    """Return whether it is asked how something is done, as of a program that ignores rules."""
    return _HOW.search(window, max(0, place - 60), place) is not None


def undisguised(text: str) -> str:
    """Return a text of the same length with letters for digits in words (`1gn0re`), words for
    letters that are set apart (`i g n o r e`), and no quotes around a word."""
    text = _IN_QUOTES.sub(r" \1 ", text)
    text = _SET_APART.sub(lambda match: _joined(match[0]), text)
    return _WITH_DIGITS.sub(lambda match: match[0].translate(LETTERS_FOR_DIGITS), text)


def _joined(letters: str) -> str:
    word = re.sub(r"[^A-Za-z]", "", letters)
    return word + " " * (len(letters) - len(word))


def _hidden_message(text: str) -> tuple[int, int] | None:
    match = None if text.isascii() else re.search(_HIDDEN, text)
    return match.span() if match else None


@cache
def compiled() -> tuple[tuple[str, float, re.Pattern[str]], ...]:
    """Return the name, the weight and the pattern of each phrasing."""
    # The names of jailbreaks are told from words by their capitals.
    cased = {"name of a jailbreak"}
    # Words are English: they end where letters of other scripts begin.
    return tuple(
        (
            name,
            weight,
            re.compile(
                pattern,
                (0 if pattern is phrases.ELSEWHERE else re.ASCII)
                | (0 if name in cased else re.IGNORECASE),
            ),
        )
        for name, weight, pattern in phrases.PATTERNS
    )
