"""The JSON object of a judge's reply, in whatever it wraps it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from pytest_arena.errors import ArenaError, shorten
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.text.folding import bare_ends
from pytest_arena.text.json_text import (
    NotJsonError,
    UnreadableJsonError,
    find_json,
)
from pytest_arena.text.thoughts import without_thoughts

_LONGEST_REPLY = 200_000
_FENCED = re.compile(r"\A```[\w-]*[ \t]*\n(.*)\n[ \t]*```\Z", re.DOTALL)


class BadReplyError(ArenaError):
    """Why a judge's reply cannot be used, in words that the judge can mend it by."""


def parse_reply(text: str, material: Sequence[Material] = ()) -> Mapping[str, Any]:
    """Return the JSON object of a reply: the whole of it, or the only one in a fence or in prose.

    One in prose that stands in the material as well is refused: the judged answer may have put it
    there.
    """
    if len(text) > _LONGEST_REPLY:
        refuse(f"it has {len(text):,} characters")
    bare = bare_ends(without_thoughts(text))
    fence = _FENCED.match(bare)
    inside = fence[1] if fence else bare
    try:
        found = find_json(inside, _read)
    except UnreadableJsonError:
        refuse("its JSON is nested too deep")
    written = found.fenced if found.has_fences else found.loose
    objects = [(piece, unlisted(value)) for piece, value in written]
    objects = [(piece, value) for piece, value in objects if isinstance(value, dict)]
    if not objects:
        refuse(f"it is not a JSON object{_why_not(inside)}")
    if len(objects) > 1:
        refuse(f"it has {len(objects)} JSON objects, not one")
    ((piece, value),) = objects
    if len(piece) < len(bare) and not fence:
        _refuse_planted(piece, material)
    return dict(value)


def unlisted(value: Any) -> Any:
    """Return the one thing in a list, or what is given where it is no such list."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def refuse(problem: str) -> NoReturn:
    """Raise why a reply cannot be used."""
    raise BadReplyError(problem)


def _read(text: str) -> Any:
    """Return the value of a reply's JSON, in which texts may have line breaks as they are."""
    try:
        return json.loads(
            bare_ends(text),
            strict=False,
            object_pairs_hook=_once,
            parse_constant=lambda name: refuse(f"{name} is no JSON number"),
        )
    except RecursionError as error:
        raise UnreadableJsonError("too deep") from error
    except ValueError as error:
        raise NotJsonError(str(error)) from error


def _why_not(text: str) -> str:
    try:
        _read(text)
    except NotJsonError as error:
        return f" ({error})"
    return ""


def _refuse_planted(written: str, material: Sequence[Material]) -> None:
    wanted = "".join(written.split())
    for piece in material:
        if wanted in "".join(piece.text.split()):
            refuse(f"its JSON object stands in the {piece.name} that it judges")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        refuse(f"the key {shorten(twice, 40)!r} stands twice")
    return dict(pairs)
