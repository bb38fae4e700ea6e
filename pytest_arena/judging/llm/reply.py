"""What a judge replied: one of two shapes, read strictly, its quotes looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pytest_arena.errors import shorten
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.judging.llm.quotes import is_evidence, stands_in
from pytest_arena.judging.llm.reply_json import refuse, unlisted
from pytest_arena.text.folding import fold
from pytest_arena.text.printable import printable

MOST_ITEMS = 100
_LONGEST_REASON = 500
_MARKS = " .,;:!*_`\"'"


@dataclass(frozen=True, slots=True)
class Read:
    """What a reply says: a score from 0 to 1, the reason, and the passages it rests on.

    `choice` is the level that was chosen, where there are levels.
    """

    score: float
    reason: str
    quotes: tuple[str, ...] = ()
    choice: str | None = None


class ReplyForm(Protocol):
    """A reader of replies of one shape."""

    def read(self, reply: Mapping[str, Any], material: Sequence[Material]) -> Read: ...


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a rubric: its name, what it is worth, what it means.

    `needs_quote` demands a passage of the material for it.
    """

    name: str
    score: float
    means: str = ""
    needs_quote: bool = False


@dataclass(frozen=True, slots=True)
class Levels:
    """The reader of a reply that chooses one level; `quoted_from` names the material of quotes;
    none means any."""

    levels: tuple[Level, ...]
    quoted_from: tuple[str, ...] = ("answer",)

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

    def read(self, reply: Mapping[str, Any], material: Sequence[Material]) -> Read:
        """Return the level's score with the judge's reasoning; refuse what is not in the shape."""
        names = [level.name for level in self.levels]
        given = _text(reply, "level").strip()
        folded = {fold(level.name): level for level in self.levels}
        level = folded.get(fold(given)) or folded.get(fold(given).strip(_MARKS))
        if level is None:
            refuse(f"'level' is {quoted(given)}, not one of {', '.join(names)}")
        given_quotes = reply.get("evidence")
        evidence = given_quotes if isinstance(given_quotes, list) else [given_quotes]
        if not all(each is None or isinstance(each, str) for each in evidence):
            refuse("'evidence' is not a list of texts")
        quotes = tuple(each for each in evidence if each and is_evidence(each, material))
        if level.needs_quote and not quotes:
            refuse(f"the level {level.name!r} needs a quote in 'evidence'")
        texts = [p for p in material if not self.quoted_from or p.name in self.quoted_from]
        check_quotes(quotes, texts)
        reason = in_one_line(_text(reply, "reasoning")) or f"judged as {level.name!r}"
        return Read(level.score, reason, quotes, level.name)


@dataclass(frozen=True, slots=True)
class Items:
    """The reader of a reply that lists items with a verdict each.

    `worth` are the verdicts with what each is worth; `quotes` say for each key that holds a quote
    which material it is of and for which verdicts it is needed. `count` demands that many items,
    numbered by `number`. An empty list scores `empty`.
    """

    worth: Mapping[str, float]
    quotes: Mapping[str, tuple[tuple[str, ...], frozenset[str]]]
    noun: str = "claim"
    count: int | None = None
    ranked: bool = False

    def read(self, reply: Mapping[str, Any], material: Sequence[Material]) -> Read:
        """Return the mean worth (or the average precision of ranked items) with what lacks."""
        items = reply.get("items")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            refuse("'items' is not a list of objects")
        if len(items) > MOST_ITEMS:
            refuse(f"there are {len(items)} items, more than {MOST_ITEMS}")
        if self.count is not None:
            numbers = [_number(item.get("number")) for item in items]
            if numbers != list(range(1, self.count + 1)):
                refuse(f"'items' does not have the numbers 1 to {self.count}, each once")
        found: list[str] = []
        worths: list[float] = []
        lacking: list[str] = []
        for item in items:
            verdict = self._verdict(item)
            found += self._quotes(item, verdict, material)
            worths.append(self.worth[verdict])
            if self.worth[verdict] < 1:
                lacking.append(f"{self._named(item)} is {verdict}")
        if not worths:
            return Read(1.0, f"there is no {self.noun} to judge", ())
        score = average_precision(worths) if self.ranked else sum(worths) / len(worths)
        good = sum(worth == 1 for worth in worths)
        best = " or ".join(name for name, worth in self.worth.items() if worth == 1)
        reason = f"{good} of {len(worths)} {self.noun}s {best}"
        if lacking:
            reason += ": " + "; ".join(lacking[:3])
            reason += f"; and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        return Read(score, reason, tuple(dict.fromkeys(found)))

    def _verdict(self, item: Mapping[str, Any]) -> str:
        verdict = _text(item, "verdict").strip().casefold()
        if verdict not in self.worth:
            refuse(f"'verdict' is {quoted(verdict)}, not one of {', '.join(self.worth)}")
        return verdict

    def _quotes(
        self, item: Mapping[str, Any], verdict: str, material: Sequence[Material]
    ) -> list[str]:
        found = []
        for key, (names, needed) in self.quotes.items():
            text = _text_or_none(item.get(key))
            if text is None:
                refuse(f"{key!r} is not a text")
            if is_evidence(text, material):
                number = _number(item.get("number"))
                own = [f"{name} {number}" for name in names] if self.count else list(names)
                check_quotes([text], [piece for piece in material if piece.name in own])
                found.append(text)
            elif verdict in needed:
                refuse(f"an item with the verdict {verdict!r} has no {key!r}")
        return found

    def _named(self, item: Mapping[str, Any]) -> str:
        if self.count is not None:
            return f"{self.noun} {item['number']}"
        return quoted(_text(item, "claim"), 100)


def average_precision(worths: Sequence[float]) -> float:
    """Return the mean of precision at the rank of each useful item (as ragas computes context
    precision); 0 where none is useful."""
    useful = sum(worth > 0 for worth in worths)
    if not useful:
        return 0.0
    total = seen = 0.0
    for rank, worth in enumerate(worths, start=1):
        seen += worth > 0
        total += seen / rank if worth > 0 else 0.0
    return total / useful


def check_quotes(quotes: Sequence[str], material: Sequence[Material]) -> None:
    """Refuse a quote that stands in none of these texts."""
    for quote in quotes:
        if not any(stands_in(quote, piece.text) for piece in material):
            names = ", ".join(dict.fromkeys(piece.name for piece in material)) or "no material"
            refuse(f"the quote {quoted(quote, 100)} does not occur in the {names}")


def _text_or_none(value: Any) -> str | None:
    """Return the text that a judge gave alone or in a list, empty for none; None: no text."""
    value = unlisted(value)
    if value is None or value == []:
        return ""
    return value if isinstance(value, str) else None


def in_one_line(text: str) -> str:
    """Return a judge's words as a reason: one line of fair length, fit for a terminal."""
    return shorten(" ".join(printable(text, ci=False).split()), _LONGEST_REASON)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else value


def _text(reply: Mapping[str, Any], key: str) -> str:
    value = reply.get(key)
    if not isinstance(value, str):
        refuse(f"{key!r} is not a text" if key in reply else f"there is no {key!r}")
    return value
