"""A judge's reply that chooses one level, by its name or by what can only mean it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.llm.beside_level import goes_with
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.judging.llm.quotes import check_quotes, given_quotes, is_evidence
from pytest_arena.judging.llm.reply import Read, in_one_line
from pytest_arena.judging.llm.reply_json import MARKS, refuse, unlisted
from pytest_arena.judging.llm.verdict_words import stand_for
from pytest_arena.light_dataclass import dataclass
from pytest_arena.text.folding import fold

LEVEL_KEYS = (
    "level",
    "verdict",
    "rating",
    "score",
    "grade",
    "label",
    "judgement",
    "judgment",
    "choice",
    "decision",
    "result",
    "pass",
    "passed",
)
"""Under which a judge says what it chose: as it was asked to, else as other tools ask it."""
_AGAIN = ("final", "overall", "draft")
EVIDENCE_KEYS = ("evidence", "quotes", "quote", "citations")
REASON_KEYS = ("reasoning", "reason", "explanation", "rationale", "justification")
_SCORE = re.compile(r"(?:level|score|rating|grade)?\s*:?\s*(-?\d+(?:\.\d+)?)(?:\s+stars?)?")
_NOUN = re.compile(r" (?:answer|level|option|one)$")
"""What a level may be called besides its name, as in "the first answer"."""
_OUT_OF = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/|out of|of)\s*(\d+)")

_BEHIND_A_MARK = re.compile(r"\s*[:,(=-]+\s*(.*?)\)?")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a rubric: its name, what it is worth, what it means.

    `needs_quote` demands a passage of the material for it.
    """

    name: str
    score: float
    means: str = ""
    needs_quote: bool = False

    def is_called(self, said: str) -> bool:
        """Return whether a folded text is its name, also with what it means behind it."""
        name, means = fold(self.name), fold(self.means)
        if not means or not said.startswith(name):
            return said == name
        behind = said[len(name) :]
        marked = _BEHIND_A_MARK.fullmatch(behind)
        return not behind or (marked is not None and marked[1] == means)


@dataclass(frozen=True, slots=True)
class Levels:
    """The reader of a reply that chooses one level; `quoted_from` names the material of quotes;
    none means any.

    With `is_scale`, a judge that says `passed` or gives a score beside the level means what it is
    worth.
    """

    levels: tuple[Level, ...]
    quoted_from: tuple[str, ...] = ("answer",)
    is_scale: bool = True

    @property
    def labels(self) -> tuple[str, ...]:
        return (*LEVEL_KEYS, *EVIDENCE_KEYS, *REASON_KEYS)

    def values(self) -> dict[str, str]:
        """Return what the prompt `levels_reply` is filled with."""
        lines = [
            f"- {each.name}: {each.means}" if each.means else f"- {each.name}"
            for each in self.levels
        ]
        needing = [repr(each.name) for each in self.levels if each.needs_quote]
        quotes = (
            "Leave evidence empty only where your judgement rests on something that is missing."
        )
        if needing:
            quotes = f"Evidence may be empty for all levels but {' and '.join(needing)}."
        return {
            "levels": "\n".join(lines),
            "quotes": quotes,
            "quoted_from": " or ".join(f"the {name}" for name in self.quoted_from)
            or "the material",
        }

    def judgement(self, value: Any) -> Any:
        """Return the object that chooses a level, out of a list of one or of what wraps it."""
        value = unlisted(value)
        if not isinstance(value, dict):
            return None
        wrapped = [key for key, inside in value.items() if isinstance(inside, dict)]
        if len(wrapped) == 1 and not any(key in value for key in LEVEL_KEYS if key not in wrapped):
            inside = value[wrapped[0]]
            if wrapped[0] != "level" and any(key in inside for key in LEVEL_KEYS):
                return {key: one for key, one in value.items() if key not in wrapped} | inside
        return value if any(key in value for key in LEVEL_KEYS) else None

    def read(self, judgement: Any, material: Sequence[Material]) -> Read:
        """Return the level's score with the judge's reasoning; refuse what is not in the shape."""
        level = self._chosen(judgement)
        quotes = self.evidence(_first(judgement, EVIDENCE_KEYS), material)
        if level.needs_quote and not quotes:
            refuse(f"the level {level.name!r} needs a quote in 'evidence'")
        reason = in_one_line(_as_text(_first(judgement, REASON_KEYS)))
        return Read(level.score, reason or f"judged as {level.name!r}", quotes, level.name)

    def evidence(self, value: Any, material: Sequence[Material]) -> tuple[str, ...]:
        """Return the quotes that a judgement rests on; refuse one that is not in the material."""
        given = given_quotes(value)
        if given is None:
            refuse("'evidence' is not a list of texts")
        quotes = tuple(each for each in given if is_evidence(each, material))
        texts = [p for p in material if not self.quoted_from or p.name in self.quoted_from]
        check_quotes(quotes, texts)
        return quotes

    def _chosen(self, judgement: Mapping[str, Any]) -> Level:
        """Return the one level that a judgement names, under whatever keys."""
        given = dict(_said_of_levels(judgement))
        if not given:
            refuse("there is no 'level'")
        meant = {key: self._meant_by(_in_words(key, value)) for key, value in given.items()}
        named = {key: level for key, level in meant.items() if level is not None}
        if not named or ("level" in given and "level" not in named):
            first, names = next(iter(given)), ", ".join(level.name for level in self.levels)
            refuse(f"{first!r} is {quoted(str(given[first]))}, not one of {names}")
        (first, level), *others = named.items()
        other = next((key for key, one in others if one is not level), None)
        if other is not None:
            refuse(f"{first!r} and {other!r} are not the same level")
        for key, value in given.items() if self.is_scale else ():
            beside = key not in named and not isinstance(value, dict)
            if beside and not goes_with(_in_words(key, value), level, self.levels):
                refuse(f"{key!r} is {quoted(str(value))}, which does not go with {level.name!r}")
        return level

    def _meant_by(self, value: Any) -> Level | None:
        """Return the level that a value can only mean; None where it may mean none or several."""
        value = unlisted(value)
        if isinstance(value, dict):
            named = [value[key] for key in ("level", "name", "label") if key in value]
            return self._meant_by(named[0]) if len(named) == 1 else None
        if isinstance(value, bool):
            return stand_for(str(value), self.levels)
        if isinstance(value, (int, float)):
            return self._numbered(value)
        return self._named(value) if isinstance(value, str) else None

    def _named(self, text: str) -> Level | None:
        bare = fold(text).strip(MARKS)
        for said in (fold(text), bare, _NOUN.sub("", bare.removeprefix("the "))):
            if level := next((one for one in self.levels if one.is_called(said)), None):
                return level
        if out_of := _OUT_OF.fullmatch(bare):
            names = [number for level in self.levels if (number := _number(level.name)) is not None]
            is_the_scale = len(names) == len(self.levels) and max(names) == float(out_of[2])
            return self._numbered(float(out_of[1])) if is_the_scale else None
        if score := _SCORE.fullmatch(bare):
            return self._numbered(float(score[1]))
        return stand_for(bare, self.levels)

    def _numbered(self, number: float) -> Level | None:
        return next((level for level in self.levels if _number(level.name) == number), None)


def _said_of_levels(judgement: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what a judgement says under the keys of levels, also a second time as its final word
    or its draft."""
    for key in LEVEL_KEYS:
        if judgement.get(key) is not None:
            yield key, judgement[key]
    for key, inside in judgement.items():
        again = key.startswith(_AGAIN) or (key in LEVEL_KEYS and key != "level")
        if again and isinstance(inside, dict):
            for one in LEVEL_KEYS:
                if inside.get(one) is not None:
                    yield f"{key}.{one}", inside[one]
        elif again and key not in LEVEL_KEYS and isinstance(inside, (str, int, float)):
            yield key, inside


def _in_words(key: str, value: Any) -> Any:
    """Return `passed: true` as the word that it stands for: another one than `level: true`."""
    if isinstance(value, bool) and key.rpartition(".")[2] in ("pass", "passed"):
        return "pass" if value else "fail"
    return value


def _number(name: str) -> float | None:
    return float(name) if re.fullmatch(r"-?\d+(?:\.\d+)?", name) else None


def _first(judgement: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((judgement[key] for key in keys if judgement.get(key) is not None), None)


def _as_text(value: Any) -> str:
    """Return a reason, which may be several texts."""
    if isinstance(value, list):
        return " ".join(filter(None, map(_as_text, value)))
    return value if isinstance(value, str) else ""
