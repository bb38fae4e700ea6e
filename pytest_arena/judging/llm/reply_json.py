"""The JSON values of a judge's reply, in whatever it wraps them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from pytest_arena.errors import ArenaError, shorten
from pytest_arena.judging.llm.loose_json import tightened
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.text.folding import bare_ends, fold
from pytest_arena.text.json_text import (
    NotJsonError,
    UnreadableJsonError,
    find_json,
)
from pytest_arena.text.thoughts import without_thoughts

_LONGEST_REPLY = 200_000
_MOST_VALUES = 50
_FENCE = re.compile(r"^[ \t]*```[\w-]*[ \t]*\n(.*?)\n[ \t]*```", re.DOTALL | re.MULTILINE)
_QUOTES = re.compile(r"""[\s"'`*_\\,]+""")
MARKS = " .,;:!*_`\"'"
"""What may stand around a key or a level without being a part of it."""


class BadReplyError(ArenaError):
    """Why a judge's reply cannot be used, in words that the judge can mend it by."""


class NoJsonError(BadReplyError):
    """There is no JSON in a judge's reply."""


def json_of_reply(text: str, material: Sequence[Material] = ()) -> list[Any]:
    """Return the objects and lists that stand in a reply, in its order; at least one.

    Keys are in one case, without marks around them. A value beside other words that stands in the
    material as well is none of the reply's own: the judged answer may have put it there.
    """
    if len(text) > _LONGEST_REPLY:
        refuse(f"it has {len(text):,} characters")
    bare = bare_ends(text)
    whole = _whole(bare)
    if whole is not None:
        return [whole]
    bare = bare_ends(without_thoughts(text))
    try:
        found = list(_found(bare))
    except UnreadableJsonError:
        refuse("its JSON is nested too deep")
    if not found:
        raise NoJsonError(f"it is not a JSON object{_why_not(bare)}")
    if len(found) > _MOST_VALUES:
        refuse(f"it has {len(found)} JSON objects")
    planted = Planted(material)
    own = [value for piece, value in found if not planted.in_any(piece)]
    if not own:
        refuse(f"its JSON object stands in the {planted.in_any(found[0][0])} that it judges")
    return own


def unlisted(value: Any) -> Any:
    """Return the one thing in a list, or what is given where it is no such list."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def refuse(problem: str) -> NoReturn:
    """Raise why a reply cannot be used."""
    raise BadReplyError(problem)


class Planted:
    """What stands in the material, blanks and all kinds of quotes aside: a judge may have copied
    it in its own way."""

    def __init__(self, material: Sequence[Material]) -> None:
        self._texts = [(one.name, _QUOTES.sub("", fold(one.text))) for one in material]

    def in_any(self, piece: str) -> str | None:
        """Return the name of the material in which a piece of a reply stands, or None."""
        wanted = _QUOTES.sub("", fold(piece))
        return next((name for name, text in self._texts if wanted in text), None)


def _whole(bare: str) -> Any:
    """Return the value of a reply that is JSON and nothing else, alone in a fence or as a text of
    JSON's; None where it is not."""
    fence = _FENCE.fullmatch(bare)
    try:
        value = _read(fence[1] if fence else bare)
        if isinstance(value, str):
            value = _read(value)
    except UnreadableJsonError:
        refuse("its JSON is nested too deep")
    except NotJsonError:
        return None
    return value if isinstance(value, (dict, list)) else None


def _found(bare: str) -> Iterator[tuple[str, Any]]:
    """Yield what stands in a reply, in json fences and beside other words; else what stands in its
    only fence, of whatever language that says it is."""
    found = find_json(bare, _read)
    # where none of the fences can be read, what it means is not known
    written = [*found.fenced, *found.loose] if found.fenced or not found.has_fences else []
    fences = _FENCE.findall(bare)
    if not written and len(fences) == 1:
        written = find_json(fences[0], _read).loose
    yield from ((piece, value) for piece, value in written if _holds_an_object(value))


def _holds_an_object(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(one, dict) for one in value)
    )


def _read(text: str) -> Any:
    """Return the value of a reply's JSON, in which texts may have line breaks as they are."""
    text = bare_ends(text)
    try:
        return _load(text)
    except RecursionError as error:
        raise UnreadableJsonError("too deep") from error
    except ValueError as error:
        problem = NotJsonError(str(error))
    tight = tightened(text)
    if tight is None:
        raise problem
    try:
        return _load(tight)
    except RecursionError as error:
        raise UnreadableJsonError("too deep") from error
    except ValueError:
        raise problem from None


def _load(text: str) -> Any:
    return json.loads(text, strict=False, object_pairs_hook=_once)


def _why_not(text: str) -> str:
    try:
        _read(text)
    except NotJsonError as error:
        return f" ({error})"
    return ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = [(fold(key).strip(MARKS), value) for key, value in pairs]
    keys = [key for key, _ in named]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        refuse(f"the key {shorten(twice, 40)!r} stands twice")
    return dict(named)
