"""JSON in an answer: parsed strictly, found in fences and prose, compared as JSON compares."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any, NoReturn

from pytest_arena.errors import ArenaError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.text.folding import as_written, bare_ends, in_nfc, without_final_break
from pytest_arena.text.json_depth import TooManyError, check_containers
from pytest_arena.text.thoughts import without_thoughts

_FENCE = re.compile(
    r"^[ \t]*```[ \t]*(?P<name>\w*)[^\n`]*\n(?P<inside>.*?)^[ \t]*```", re.DOTALL | re.MULTILINE
)
_OPENING = re.compile(
    r"(?:^[ \t>*+-]*(?:\d+[.)][ \t]*)?(?P<mark>`{3,}|~{3,})"
    r"|(?<!`)(?P<inline>`{3,})(?=[ \t]*json\b))"
    r"[ \t]*(?P<name>[\w.+/-]*)(?:[^\n\[{`]*\n)?",
    re.MULTILINE,
)
_JSON_NAMES = frozenset(("json", "jsonc", "json5", "application/json"))
_START = re.compile(r"[\[{](?!`(?![^`\n]*`\s*:)|\s*[^\W\d_][\w'’-]*(?:\s+[^\W\d]|\s*\}|[.;!?)]))")
"""What begins like an object or a list, whether or not it parses; "{ to open a block" does not."""
_INTERVAL = re.compile(r"\[\s*[-+]?[\w.∞]+\s*[,;]\s*[-+]?[\w.∞]+\s*\)")
"""A half-open interval, such as [0, 1)."""
_REMARK = re.compile(r"\[\s*[^\W\d]\w*:")
"""What may be the beginning of a remark, such as [sic: where nothing closes it."""
_MOST_REMARKS = 8
_BRACKETS = re.compile(r"""["'{}\[\]]""")
_CONTENT = re.compile(r"""[\[{"':]""")
_QUOTE_MARK = re.compile(r"^[ \t]*>", re.MULTILINE)
_SINGLE_QUOTED = re.compile(r"[\[{]\s*'")
_PAIRS = {"{": "}", "[": "]"}


class NotJsonError(ArenaError):
    """An answer is not JSON; the text says where and why."""


class UnreadableJsonError(ArenaError):
    """Nobody can say whether an answer is JSON: it is nested too deeply, or of too many parts."""


@dataclass(slots=True)
class FoundJson:
    """The JSON values that stand in a text, each with how it is written, in the text's order.

    `broken` says what is wrong with the first of those that begin like JSON and are none; nothing
    inside of such a one is ever a value.
    """

    fenced: list[tuple[str, Any]] = field(default_factory=list)
    loose: list[tuple[str, Any]] = field(default_factory=list)
    has_fences: bool = False
    broken: str | None = None

    @property
    def values(self) -> list[Any]:
        """All of them, those of ```json fences first."""
        return [value for _, value in (*self.fenced, *self.loose)]

    @property
    def choices(self) -> list[Any]:
        """Those that may be the answer, the likeliest first: of a ```json fence, else the largest.

        Where there is such a fence, what is outside of it is no answer.
        """
        if self.has_fences:
            return [value for _, value in self.fenced]
        return [value for _, value in sorted(self.loose, key=lambda found: -len(found[0]))]


def parse_json(text: str, *, extract: bool = False) -> Any:
    """Return the answer's JSON value; with `extract`, the object or list that stands in a fence or
    in prose.

    Strict: `NaN` and `Infinity` are not JSON. Raises `NotJsonError` and `UnreadableJsonError`.
    """
    return json_choices(text, extract=extract)[0]


def json_choices(text: str, *, extract: bool = False) -> list[Any]:
    """Return what an answer's JSON value may be, the likeliest first; at least one.

    Raises as `parse_json` does.
    """
    if not extract:
        return [read_answer(text)]
    found = find_json(text)
    if not found.choices:
        raise NotJsonError(found.broken or "there is no JSON object or list in the answer")
    return found.choices


def read_json(text: str) -> Any:
    """Return the value of a text that is JSON, invisible characters around it aside.

    Raises as `parse_json` does.
    """
    try:
        check_containers(text)
        return json.loads(bare_ends(text), parse_constant=_refuse_constant)
    except TooManyError as error:
        raise UnreadableJsonError(f"the JSON is too large to be read: {error}") from error
    except RecursionError as error:
        raise UnreadableJsonError("the JSON is nested too deeply to be read") from error
    except ValueError as error:
        raise NotJsonError(f"not JSON: {_said(error)}") from error


def read_answer(text: str) -> Any:
    """Return the value of an answer that is JSON, its texts and keys in NFC; raises as `read_json`
    does."""
    value = read_json(text)
    return value if text.isascii() and "\\u" not in text else json_in_nfc(value)


def json_in_nfc(value: Any) -> Any:
    """Return a JSON value with every text in NFC, keys as well."""
    if isinstance(value, str):
        return in_nfc(value)
    if isinstance(value, dict):
        return {json_in_nfc(key): json_in_nfc(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [json_in_nfc(inner) for inner in value]
    return value


def find_json(text: str, read: Callable[[str], Any] = read_answer) -> FoundJson:
    """Return the JSON that stands in an answer: the whole of it, else objects and lists in it.

    Thoughts (`<think>`) and fences of other languages are left out. `read` returns the value of a
    text, or raises `NotJsonError`.
    """
    found = FoundJson()
    try:
        found.loose.append((text, read(text)))
        return found
    except NotJsonError:
        pass
    text = without_thoughts(text)
    position = 0
    while opening := _OPENING.search(text, position):
        _search_prose(text[position : opening.start()], found, read)
        inside, position = _fence_from(text, opening)
        name = opening["name"].lower()
        if name in _JSON_NAMES:
            found.has_fences = True
            _read_fence(inside, found, read)
        elif not name:
            _search_prose(inside, found, read)
    _search_prose(text[position:], found, read)
    return found


def fenced(text: str, *names: str) -> str:
    """Return the inside of the first code fence of one of these languages, else of the first one,
    or the whole text where there is none; thoughts are left out."""
    text = without_thoughts(text)
    fences = list(_FENCE.finditer(text))
    named = [one for one in fences if one["name"].lower() in names]
    return next((one["inside"] for one in (*named, *fences)), text)


def same_json(first: Any, second: Any) -> bool:
    """Return whether two JSON values are equal; unlike Python's, true is not 1.

    Texts are compared as written, a final line break (of a YAML block) aside.
    """
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, str) and isinstance(second, str):
        return _same_text(first, second)
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(
            same_json(value, second[key]) for key, value in first.items()
        )
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        return len(first) == len(second) and all(map(same_json, first, second))
    return bool(first == second)


def holds_json(whole: Any, part: Any) -> bool:
    """Return whether a JSON value holds a part of itself.

    An object holds the part's keys with values that hold the part's; a list holds, in any order,
    an element of its own for each of the part's; anything else is equal.
    """
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and holds_json(whole[key], value) for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, (list, tuple)):
        return one_for_each(part, whole, holds_json)
    return same_json(whole, part)


def one_for_each(
    wanted: Sequence[Any], offered: Sequence[Any], fits: Callable[[Any, Any], bool]
) -> bool:
    """Return whether there is an element of its own for each that is wanted; `fits` takes one that
    is offered and one that is wanted.

    A matching, not the first that fits: one that fits several is left to whom nothing else fits.
    """
    taker: dict[int, int] = {}
    fitting: list[list[int]] = []

    def takes(want: int, seen: set[int]) -> bool:
        free = next((place for place in fitting[want] if place not in taker), None)
        if free is not None:
            taker[free] = want
            return True
        for place in fitting[want]:
            if place not in seen:
                seen.add(place)
                if takes(taker[place], seen):
                    taker[place] = want
                    return True
        return False

    for want, one in enumerate(wanted):
        fitting.append([place for place, other in enumerate(offered) if fits(other, one)])
        if not takes(want, set()):
            return False
    return True


def _same_text(first: str, second: str) -> bool:
    return first == second or as_written(without_final_break(first)) == as_written(
        without_final_break(second)
    )


def _fence_from(text: str, opening: re.Match[str]) -> tuple[str, int]:
    """Return what is inside a fence, and where the text goes on; one that is never closed ends
    with the text."""
    mark = opening["mark"] or opening["inline"]
    closing = re.compile(rf"^[ \t>]*{mark}+(?!\w)|(?<=[}}\]])[ \t]*{mark}", re.MULTILINE)
    end = closing.search(text, opening.end())
    inside = text[opening.end() : end.start() if end else len(text)]
    if ">" in opening[0]:
        inside = _QUOTE_MARK.sub("", inside)
    return inside, end.end() if end else len(text)


def _read_fence(inside: str, found: FoundJson, read: Callable[[str], Any]) -> None:
    try:
        found.fenced.append((inside, read(inside)))
    except NotJsonError as error:
        found.broken = found.broken or f"in the json fence: {error}"


def _search_prose(text: str, found: FoundJson, read: Callable[[str], Any]) -> None:
    position = remarks = 0
    while match := _START.search(text, position):
        start = match.start()
        if interval := _INTERVAL.match(text, start):
            position = interval.end()
            continue
        end = _end_of_value(text, start)
        if end is None and remarks < _MOST_REMARKS and _REMARK.match(text, start):
            # each of them was read to the end of the text
            remarks += 1
            position = match.end()
            continue
        position = len(text) if end is None else end
        piece = text[start:position]
        try:
            found.loose.append((piece, read(piece)))
        except NotJsonError as error:
            # a link's text or a placeholder has nothing in it that could have been a value
            if _CONTENT.search(piece, 1):
                found.broken = found.broken or f"what begins like JSON is {error}"


def _end_of_value(text: str, start: int) -> int | None:
    """Return where something ends that begins like JSON, whether or not it parses: behind the
    bracket that closes it, or None where nothing does."""
    single = _SINGLE_QUOTED.match(text, start) is not None
    closers: list[str] = []
    counts = Counter[str]()
    position = start
    while match := _BRACKETS.search(text, position):
        sign, position = match[0], match.end()
        if sign in _PAIRS:
            closers.append(_PAIRS[sign])
            counts[_PAIRS[sign]] += 1
        elif counts[sign]:
            # a bracket that was left open inside ends with the one around it
            while (closed := closers.pop()) != sign:
                counts[closed] -= 1
            counts[sign] -= 1
            if not closers:
                return position
        elif sign == '"' or (sign == "'" and single):
            closing = re.compile(rf"(?:[^{sign}\\]|\\.)*{sign}", re.DOTALL).match(text, position)
            if closing is None:
                return None
            position = closing.end()
    return None


def _said(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return str(error)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
