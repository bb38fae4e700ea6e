"""The language of a text, told by its script, its function words and its letters."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, ClassVar

from pydantic import WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.errors import suggest
from pytest_arena.judging.detectors.base import Detector, Look
from pytest_arena.schema.guardrail import Said

Table = dict[str, tuple[str, ...]]
"""Languages by word or by letter."""
_CODE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|(?<!\S)\S{1,100}@\S{1,200}|<[^>\n]{1,200}>", re.DOTALL
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LEAST_EVIDENCE = 1.2
_LEAST_LEAD = 1.15
_MOST_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Guess:
    """Which language a text is in, as an ISO 639-1 code, or why that cannot be told."""

    language: str | None
    reason: str


class LanguageRules(Detector):
    """Settings of what looks at the language."""

    nothing: ClassVar[str] = "the right language"

    value: Annotated[
        tuple[str, ...],
        WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
    ]
    """The languages that are right, as codes (`en`, `de`, `fr`, …); one may be a plain text."""

    @field_validator("value", mode="before")
    @classmethod
    def _one_is_enough(cls, given: object) -> object:
        return (given,) if isinstance(given, str) else given

    @field_validator("value")
    @classmethod
    def _is_known(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        names = _names()
        for code in given:
            if code not in names:
                raise PydanticCustomError(
                    "language",
                    "unknown language {given}",
                    {
                        "given": repr(code),
                        "expected": f"one of {', '.join(sorted(names))}",
                        "fix": suggest(code, names),
                    },
                )
        if not given:
            raise PydanticCustomError(
                "language", "no language is named", {"expected": "a code such as en"}
            )
        return given

    def look(self, text: str, said: Said) -> Look:
        guess = guess_language(text)
        if guess.language is None:
            return Look(None, guess.reason)
        name = _names()[guess.language]
        return Look(guess.language not in self.value, f"the text is {name}", (name,))


def guess_language(text: str) -> Guess:
    """Return the language of a text's prose; code, links and addresses are left out."""
    prose = _CODE.sub(" ", text[:_MOST_CHARACTERS])
    by_script = _by_script(prose)
    if by_script is not None:
        return by_script
    words = [word.casefold().replace("’", "'") for word in _WORD.findall(prose)]
    if not words:
        return Guess(None, "the language cannot be told: there is no prose")
    scores = _scores(words)
    ranked = sorted(scores.items(), key=lambda each: -each[1])[:2]
    if not ranked or ranked[0][1] < max(_LEAST_EVIDENCE, 0.08 * len(words)):
        return Guess(
            None,
            f"the language cannot be told from {len(words)} "
            f"word{'' if len(words) == 1 else 's'}: too few are known",
        )
    (first, best), (second, next_best) = (*ranked, ("", 0.0))[:2]
    if best < _LEAST_LEAD * next_best:
        names = _names()
        return Guess(
            None, f"the language cannot be told: {names[first]} or {names[second]} are as likely"
        )
    return Guess(first, f"{best:.1f} points, next {next_best:.1f}")


def _scores(words: list[str]) -> dict[str, float]:
    """Count the function words of each language; one that many share counts less for each."""
    table, letters, foreign = _tables()
    scores: dict[str, float] = defaultdict(float)
    for word in words:
        languages = table.get(word, ())
        for language in languages:
            scores[language] += (1 / len(languages) + 0.25) * (0.3 if len(word) == 1 else 1.0)
        for language, ending in _endings().items():
            if len(word) > 4 and ending.search(word):
                scores[language] += 0.4
        if not word.isascii():
            for letter in set(word):
                for language in letters.get(letter, ()):
                    scores[language] += 0.5 / len(letters[letter])
                for language in foreign.get(letter, ()):
                    scores[language] -= 1.0
    return scores


def _by_script(text: str) -> Guess | None:
    """Return the language of a text that is not written in Latin letters for the most part."""
    counts = {name: len(pattern.findall(text)) for name, pattern in _scripts().items()}
    latin = counts.pop("Latin")
    # A sign of a syllable or a word says as much as two or three letters.
    counts["Han"] *= 3
    counts["Kana"] *= 3
    counts["Hangul"] *= 2
    total = sum(counts.values())
    if total <= latin or total < 3:
        return None
    if counts["Kana"] and counts["Kana"] * 8 > counts["Han"]:
        return Guess("ja", "kana")
    script = max(counts, key=lambda name: counts[name])
    if script == "Cyrillic":
        return _cyrillic(text)
    if script == "Arabic":
        persian, arabic = len(re.findall("[پچژگکی]", text)), len(re.findall("[ةيىكأإ]", text))
        return Guess("fa" if persian > arabic else "ar", "Arabic letters")
    from pytest_arena.judging.language_words import SCRIPTS

    codes = {name: code for name, _, code in SCRIPTS} | {"Han": "zh", "Kana": "ja"}
    return Guess(codes[script], f"{script} letters")


def _cyrillic(text: str) -> Guess:
    from pytest_arena.judging.language_words import WORDS

    folded = text.casefold()
    if re.search("[іїєґ]", folded):
        return Guess("uk", "letters of Ukrainian")
    if re.search("[ыэё]", folded):
        return Guess("ru", "letters of Russian")
    words = set(_WORD.findall(folded))
    bulgarian = len(words & set(WORDS["bg"].split()))
    russian = len(words & set(WORDS["ru"].split()))
    # The hard sign inside a word is a vowel of Bulgarian.
    bulgarian += 2 * len(re.findall(r"\w[бвгджзклмнпрстфхцчшщ]ъ[бвгджзклмнпрстфхцчшщ]", folded))
    if bulgarian == russian:
        return Guess(None, "the language cannot be told: Russian or Bulgarian are as likely")
    return Guess("bg" if bulgarian > russian else "ru", "words")


@cache
def _tables() -> tuple[Table, Table, Table]:
    from pytest_arena.judging.language_words import FOREIGN, LETTERS, WORDS

    words = _inverted({language: listed.split() for language, listed in WORDS.items()})
    return words, _inverted(LETTERS), _inverted(FOREIGN)


def _inverted(listed: Mapping[str, Iterable[str]]) -> Table:
    table: Table = {}
    for language, entries in listed.items():
        for entry in dict.fromkeys(entries):
            table[entry] = (*table.get(entry, ()), language)
    return table


@cache
def _endings() -> dict[str, re.Pattern[str]]:
    from pytest_arena.judging.language_words import ENDINGS

    return {language: re.compile(pattern) for language, pattern in ENDINGS.items()}


@cache
def _scripts() -> dict[str, re.Pattern[str]]:
    from pytest_arena.judging.language_words import SCRIPTS

    ranges = {name: letters for name, letters, _ in SCRIPTS} | {
        "Latin": r"A-Za-z\u00c0-\u024f\u1e00-\u1eff",
        "Cyrillic": r"\u0400-\u04ff",
        "Arabic": r"\u0600-\u06ff\u0750-\u077f",
        "Han": r"\u4e00-\u9fff\u3400-\u4dbf",
        "Kana": r"\u3040-\u30ff",
    }
    return {name: re.compile(f"[{letters}]") for name, letters in ranges.items()}


def _names() -> dict[str, str]:
    from pytest_arena.judging.language_words import NAMES

    return NAMES
