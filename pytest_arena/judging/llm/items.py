"""A judge's reply that lists items, with a verdict on each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.judging.llm.quotes import check_quotes, given_quotes, is_evidence
from pytest_arena.judging.llm.reply import Read
from pytest_arena.judging.llm.reply_json import MARKS, refuse
from pytest_arena.judging.llm.verdict_words import says_yes
from pytest_arena.light_dataclass import dataclass
from pytest_arena.text.folding import fold

MOST_ITEMS = 100
_VERDICT_KEYS = ("verdict", "label", "judgement", "judgment", "status")
_NAME_KEYS = ("claim", "statement", "quote")


@dataclass(frozen=True, slots=True)
class Items:
    """The reader of a reply that lists items with a verdict each.

    `worth` are the verdicts with what each is worth; `quotes` say for each key that holds a quote
    which material it is of and for which verdicts it is needed. `count` demands that many items,
    numbered by `number`. An empty list scores 1.
    """

    worth: Mapping[str, float]
    quotes: Mapping[str, tuple[tuple[str, ...], frozenset[str]]]
    noun: str = "claim"
    count: int | None = None
    ranked: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        return ()

    def judgement(self, value: Any) -> Any:
        """Return the list of items: alone, under `items` or another key, or one item by itself."""
        if isinstance(value, list):
            return value if value and all(map(self._is_item, value)) else None
        if not isinstance(value, dict):
            return None
        if "items" in value:
            for key, other in value.items():
                if key != "items" and self._judges(key, other):
                    refuse(f"there are items under {key!r}, too, beside 'items'")
            return [value["items"]] if self._is_item(value["items"]) else value["items"]
        if self._is_item(value):
            return [value]
        inner = [one for one in value.values() if isinstance(one, (list, dict))]
        return self.judgement(inner[0]) if len(inner) == 1 else None

    def read(self, judgement: Any, material: Sequence[Material]) -> Read:
        """Return the mean worth (or the average precision of ranked items) with what lacks."""
        items = judgement
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            refuse("'items' is not a list of objects")
        if len(items) > MOST_ITEMS:
            refuse(f"there are {len(items)} items, more than {MOST_ITEMS}")
        if self.count is not None:
            if not any("number" in item for item in items):
                # they were asked for in order
                items = [{**item, "number": number} for number, item in enumerate(items, start=1)]
            numbers = [number_in(item.get("number")) for item in items]
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
        return Read(score, self._reason(worths, lacking), tuple(dict.fromkeys(found)))

    def _reason(self, worths: Sequence[float], lacking: Sequence[str]) -> str:
        good = sum(worth == 1 for worth in worths)
        best = " or ".join(name for name, worth in self.worth.items() if worth == 1)
        reason = f"{good} of {len(worths)} {self.noun}s {best}"
        if lacking:
            reason += ": " + "; ".join(lacking[:3])
            reason += f"; and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        return reason

    def _is_item(self, value: Any) -> bool:
        return isinstance(value, dict) and any(key in value for key in _VERDICT_KEYS)

    def _judges(self, key: str, value: Any) -> bool:
        """Return whether a value beside the items is more of them."""
        several = value if isinstance(value, list) else [value]
        return any(map(self._is_item, several)) or (
            key in self.worth and isinstance(value, list) and bool(value)
        )

    def _verdict(self, item: Mapping[str, Any]) -> str:
        """Return the one verdict that an item has, under whatever keys."""
        given = {key: item[key] for key in _VERDICT_KEYS if item.get(key) is not None}
        if not given:
            refuse("there is no 'verdict'")
        meant = {key: self._meant_by(key, value) for key, value in given.items()}
        (first, verdict), *others = meant.items()
        other = next((key for key, one in others if one != verdict), None)
        if other is not None:
            refuse(f"{first!r} and {other!r} are not the same verdict")
        return verdict

    def _meant_by(self, key: str, given: Any) -> str:
        """Return one of the verdicts; where there are but two, yes and no say which."""
        if not isinstance(given, (str, bool)):
            refuse(f"{key!r} is not a text")
        verdict = fold(str(given)).strip(MARKS)
        if verdict in self.worth:
            return verdict
        affirms = says_yes(verdict)
        if len(self.worth) > 2 or affirms is None:
            refuse(f"{key!r} is {quoted(verdict)}, not one of {', '.join(self.worth)}")
        return next(name for name, worth in self.worth.items() if (worth == 1) is affirms)

    def _quotes(
        self, item: Mapping[str, Any], verdict: str, material: Sequence[Material]
    ) -> list[str]:
        found = []
        for key, (names, needed) in self.quotes.items():
            texts = given_quotes(item.get(key))
            if texts is None:
                refuse(f"{key!r} is not a text")
            own = list(names)
            if self.count is not None:
                own = [f"{name} {number_in(item.get('number'))}" for name in names]
            evidence = [text for text in texts if is_evidence(text, material)]
            check_quotes(evidence, [piece for piece in material if piece.name in own])
            if not evidence and verdict in needed:
                refuse(f"an item with the verdict {verdict!r} has no {key!r}")
            found += evidence
        return found

    def _named(self, item: Mapping[str, Any]) -> str:
        if self.count is not None:
            return f"{self.noun} {number_in(item['number'])}"
        names = (item[key] for key in _NAME_KEYS if isinstance(item.get(key), str))
        return quoted(next(names, f"a {self.noun}"), 100)


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


def number_in(value: Any) -> Any:
    """Return the number that an item was given, also out of "document 2" or "#2"."""
    if isinstance(value, str) and (written := re.fullmatch(r"\D*(\d{1,4})\D*", value)):
        return int(written[1])
    return value
