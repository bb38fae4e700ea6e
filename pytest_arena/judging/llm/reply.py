"""What a judge replied: JSON of one of two shapes, read strictly, its quotes looked up."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from pytest_arena.errors import ArenaError, shorten
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.text.printable import printable

MOST_ITEMS = 100
_LONGEST_REPLY = 200_000
_LONGEST_REASON = 500
_FENCED = re.compile(r"\A```[\w-]*[ \t]*\n(.*)\n[ \t]*```\Z", re.DOTALL)
_THOUGHT = re.compile(r"\A<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)


class BadReplyError(ArenaError):
    """Report why a judge's reply cannot be used, in words that the judge can mend it by."""


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
    """Read a reply that chooses one level. `quoted_from` names the material that quotes are of;
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
        folded = {name.casefold(): level for name, level in zip(names, self.levels, strict=True)}
        level = folded.get(given.casefold())
        if level is None:
            _refuse(f"'level' is {quoted(given)}, not one of {', '.join(names)}")
        evidence = reply.get("evidence")
        if not isinstance(evidence, list) or not all(isinstance(e, str) for e in evidence):
            _refuse("'evidence' is not a list of texts")
        quotes = tuple(text for text in evidence if text.strip())
        if level.needs_quote and not quotes:
            _refuse(f"the level {level.name!r} needs a quote in 'evidence'")
        texts = [p for p in material if not self.quoted_from or p.name in self.quoted_from]
        check_quotes(quotes, texts)
        reason = in_one_line(_text(reply, "reasoning")) or f"judged as {level.name!r}"
        return Read(level.score, reason, quotes, level.name)


@dataclass(frozen=True, slots=True)
class Items:
    """Read a reply that lists items with a verdict each.

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
            _refuse("'items' is not a list of objects")
        if len(items) > MOST_ITEMS:
            _refuse(f"there are {len(items)} items, more than {MOST_ITEMS}")
        if self.count is not None:
            numbers = [item.get("number") for item in items]
            if numbers != list(range(1, self.count + 1)):
                _refuse(f"'items' does not have the numbers 1 to {self.count}, each once")
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
            _refuse(f"'verdict' is {quoted(verdict)}, not one of {', '.join(self.worth)}")
        return verdict

    def _quotes(
        self, item: Mapping[str, Any], verdict: str, material: Sequence[Material]
    ) -> list[str]:
        found = []
        for key, (names, needed) in self.quotes.items():
            text = item.get(key, "")
            if not isinstance(text, str):
                _refuse(f"{key!r} is not a text")
            if text.strip():
                number = item.get("number")
                own = [f"{name} {number}" for name in names] if self.count else list(names)
                check_quotes([text], [piece for piece in material if piece.name in own])
                found.append(text)
            elif verdict in needed:
                _refuse(f"an item with the verdict {verdict!r} has no {key!r}")
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


def parse_reply(text: str) -> Mapping[str, Any]:
    """Return the JSON object of a reply: the whole text, or the inside of the one fence around it.

    An object in the middle of prose is refused: it may be one that the judged answer put there.
    """
    if len(text) > _LONGEST_REPLY:
        _refuse(f"it has {len(text):,} characters")
    bare = _THOUGHT.sub("", text.strip(), count=1).strip()
    fenced = _FENCED.match(bare)
    try:
        value = json.loads(
            fenced[1] if fenced else bare,
            object_pairs_hook=_once,
            parse_constant=lambda name: _refuse(f"{name} is no JSON number"),
        )
    except RecursionError:
        _refuse("its JSON is nested too deep")
    except ValueError as error:
        _refuse(f"it is not a JSON object ({error})")
    if not isinstance(value, dict):
        _refuse("it is not a JSON object")
    return value


def check_quotes(quotes: Sequence[str], material: Sequence[Material]) -> None:
    """Refuse a quote that stands in none of these texts, runs of blanks aside."""
    texts = [_folded(piece.text) for piece in material]
    for quote in quotes:
        wanted = _folded(quote)
        if not any(wanted in text for text in texts):
            names = ", ".join(dict.fromkeys(piece.name for piece in material)) or "no material"
            _refuse(f"the quote {quoted(quote, 100)} does not occur in the {names}")


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        _refuse(f"the key {shorten(twice, 40)!r} stands twice")
    return dict(pairs)


def in_one_line(text: str) -> str:
    """Return a judge's words as a reason: one line of fair length, fit for a terminal."""
    return shorten(" ".join(printable(text, ci=False).split()), _LONGEST_REASON)


def _text(reply: Mapping[str, Any], key: str) -> str:
    value = reply.get(key)
    if not isinstance(value, str):
        _refuse(f"{key!r} is not a text" if key in reply else f"there is no {key!r}")
    return value


def _refuse(problem: str) -> NoReturn:
    raise BadReplyError(problem)
