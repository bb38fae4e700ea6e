"""The language of a text, told by py3langid from its runs of letters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.errors import suggest
from pytest_arena.judging.detectors.base import Detector, Look
from pytest_arena.judging.detectors.language_names import COMMON, NAMES, VARIETIES
from pytest_arena.light_dataclass import dataclass
from pytest_arena.schema.guardrail import Said

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_CODE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|(?<!\S)\S{1,100}@\S{1,200}|<[^>\n]{1,200}>", re.DOTALL
)
_NO_LANGUAGE = "zxx"
"""ISO 639's code for what is in no language, such as numbers and random letters."""
_LEAST_SHARE = 0.15
"""Where all languages are less likely than this, none can be told."""
_CERTAIN_SHARE = 0.3
_LEAD = 1.5
_LEAD_OVER_WANTED = 3.0
"""What it takes to tell a language that is not wanted: how likely it is, and how many times as
likely as the next, and as all that are wanted: short texts are often of a sister language, too."""
_LEAD_OF_SISTERS = 10.0
"""How many times as likely as all that are wanted two that are not wanted must be."""
_MOST_CHARACTERS = 20_000
_loading = Lock()


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
        for code in given:
            if code not in NAMES:
                raise PydanticCustomError(
                    "language",
                    "unknown language {given}",
                    {
                        "given": repr(code),
                        "expected": f"one of {', '.join(sorted(NAMES))}",
                        "fix": suggest(code, NAMES),
                    },
                )
        if not given:
            raise PydanticCustomError(
                "language", "no language is named", {"expected": "a code such as en"}
            )
        return given

    @property
    def is_slow(self) -> bool:
        """Reading the model takes half a second: it must not hold up the event loop."""
        return True

    def look(self, text: str, said: Said) -> Look:
        guess = guess_language(text, self.value)
        if guess.language is None:
            return Look(None, guess.reason)
        name = NAMES[guess.language]
        return Look(guess.language not in self.value, f"the text is {name}", (name,))


def guess_language(text: str, wanted: Collection[str] = ()) -> Guess:
    """Return the language of a text's prose; code, links and addresses are left out.

    One that is `wanted` need only be the likeliest. Any other one must be likely, and clearly more
    so than the next and than those that are wanted.
    """
    prose = _CODE.sub(" ", text[:_MOST_CHARACTERS])
    if not any(letter.isalpha() for letter in prose):
        return Guess(None, "the language cannot be told: there is no prose")
    shares = _shares(prose, {*COMMON, *wanted, _NO_LANGUAGE})
    (first, best), (second, next_best) = shares.most_common(2)
    if first == _NO_LANGUAGE or best < _LEAST_SHARE:
        return Guess(None, "the language cannot be told: the text is too short, or is no language")
    if first in wanted:
        return Guess(first, f"{best:.0%} likely")
    hoped_for = sum(shares[code] for code in wanted)
    # which of two sister languages it is does not matter where neither is wanted
    is_sister = wanted and second not in wanted and hoped_for * _LEAD_OF_SISTERS <= best
    rival = 0.0 if is_sister else next_best
    if best < max(_CERTAIN_SHARE, _LEAD * rival, _LEAD_OVER_WANTED * hoped_for):
        names = " or ".join(NAMES.get(code, "no language") for code in (first, second))
        return Guess(None, f"the language cannot be told: {names}, {best:.0%} or {next_best:.0%}")
    return Guess(first, f"{best:.0%} likely")


def _shares(prose: str, languages: Collection[str]) -> Counter[str]:
    """Return how likely each of these languages is, as shares of 1."""
    shares: Counter[str] = Counter()
    for code, share in _identifier().rank(prose):
        language = VARIETIES.get(code, code)
        if language in languages:
            shares[language] += share
    total = sum(shares.values())
    return Counter({language: share / total for language, share in shares.items()})


def _identifier() -> LanguageIdentifier:
    # Checks run in several threads: the model is read once, by the first that needs it.
    with _loading:
        return _read_model()


@cache
def _read_model() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
