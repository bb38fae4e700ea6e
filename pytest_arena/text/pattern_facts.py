"""What is certain of a regular expression whatever the text: that it is found, or that it is not.

A pattern is read by Python's own parser. Of what that reads otherwise than the `regex` package,
or not at all, nothing is certain.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Literal, NamedTuple

Where = Literal["start", "end", "anywhere"]

_READ_OTHERWISE = re.compile(r"(?<!\\)\{[^}]*[a-z<=]|\[:")
"""Fuzzy matching and POSIX classes, which Python takes for plain characters."""
_NEW_SETS = re.compile(r"\(\?[a-zA-Z0-9]*V1")
"""The flag under which classes are nested, subtracted and the like."""
_CLASS = re.compile(r"\\.|\[(\^?)(\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*)\]", re.DOTALL)
_SHORTHAND = re.compile(
    r"\\([sSdDwW])|\\([pP])(?:\{(\^?)([^}]*)\}|([A-Z]))|\[:(\^?)(\w+):\]|\\.", re.DOTALL
)
_AHEAD = 1
_NEWLINE = 10


@lru_cache(maxsize=1024)
def is_always_found(pattern: str) -> bool:
    """Return whether a pattern is certainly found in every text, the empty one too: at its start or
    at its end, where nothing need be there."""
    tree = _parsed(pattern)
    return tree is not None and (_holds(tree, "start") or _holds(tree, "end"))


@lru_cache(maxsize=1024)
def is_never_found(pattern: str) -> bool:
    """Return whether a pattern is certainly found in no text."""
    tree = _parsed(pattern)
    return tree is not None and _never(tree, tree.state, _Around(0, 0, True))


def empty_class(pattern: str) -> str | None:
    r"""Return a class of no character, such as `[^\s\S]`; None where a pattern has none.

    The `regex` package takes one that leaves out a set and its complement for any character.
    """
    for found in () if _NEW_SETS.search(pattern) else _CLASS.finditer(pattern):
        members = set(_sets_of(found[2])) if found[1] else set()
        if any((name, not inside) in members for name, inside in members):
            return found[0]
    return None


def _sets_of(members: str) -> Iterator[tuple[str, bool]]:
    r"""Yield the sets that a class is made of by name, each with whether it is itself that is meant
    or its complement."""
    for letter, prop, turned, name, short, posix_turned, posix in _SHORTHAND.findall(members):
        if letter:
            yield letter.lower(), letter.islower()
        elif prop:
            yield f"p{name or short}", (prop == "p") is not bool(turned)
        elif posix:
            yield f":{posix}", not posix_turned


def _parsed(pattern: str) -> Any:
    if _READ_OTHERWISE.search(pattern):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        # of the `regex` package alone
        return None


def _holds(items: Any, where: Where) -> bool:
    """Return whether parts of a pattern, one after the other, certainly match nothing at a place
    of every text."""
    return all(_item_holds(str(code), argument, where) for code, argument in items)


def _item_holds(code: str, argument: Any, where: Where) -> bool:
    match code:
        case "AT":
            # without MULTILINE `$` holds before a last line break, too, and with it `^` after each
            return str(argument) in _HOLDS_AT.get(where, ())
        case "ASSERT":
            return _holds(argument[1], where)
        case "ASSERT_NOT":
            return _cannot_match(argument, where)
        case "BRANCH":
            return any(_holds(one, where) for one in argument[1])
        case "GROUPREF_EXISTS":
            either = [one for one in argument[1:] if one is not None]
            return all(_holds(one, where) for one in either)
        case "SUBPATTERN":
            return _holds(argument[-1], where)
        case "MAX_REPEAT" | "MIN_REPEAT":
            return argument[0] == 0 or _holds(argument[2], where)
        case "POSSESSIVE_REPEAT" | "ATOMIC_GROUP":
            # elsewhere it may take what the parts after it need
            inner = argument if code == "ATOMIC_GROUP" else argument[2]
            nothing = code != "ATOMIC_GROUP" and argument[0] == 0
            return where == "end" and (nothing or _holds(inner, where))
    return False


_HOLDS_AT = {
    "start": ("AT_BEGINNING", "AT_BEGINNING_STRING"),
    "end": ("AT_END", "AT_END_STRING"),
}


def _cannot_match(look: tuple[int, Any], where: Where) -> bool:
    """Return whether what a negative look is about certainly does not match at a place."""
    direction, inner = look
    at_the_border = where == ("end" if direction == _AHEAD else "start")
    return (at_the_border and inner.getwidth()[0] > 0) or _never(
        inner, inner.state, _Around(0, 0, True)
    )


class _Around(NamedTuple):
    """What a match of the rest takes for certain: the fewest characters before and after, and
    whether those after may be a line break alone."""

    before: int
    after: int
    may_be_break: bool


def _never(items: Any, state: Any, around: _Around) -> bool:
    """Return whether parts of a pattern, one after the other, certainly match nowhere."""
    parts = list(_without_empty_looks(items))
    widths = [_least(part, state) for part in parts]
    for index, (code, argument) in enumerate(parts):
        rest = [parts[later] for later in range(index + 1, len(parts)) if widths[later]]
        here = _Around(
            around.before + sum(widths[:index]),
            around.after + sum(widths[index + 1 :]),
            around.may_be_break and all(_may_be_break(*part) for part in rest),
        )
        if _item_never(str(code), argument, state, here):
            return True
    return any(
        _exclude(parts[start:end], around.before + sum(widths[:start]), state)
        for start, end in _runs(parts)
    )


def _item_never(code: str, argument: Any, state: Any, around: _Around) -> bool:
    match code:
        case "FAILURE":
            return True
        case "IN":
            return _is_empty_set(argument)
        case "AT":
            return _is_out_of_place(str(argument), around, state)
        case "ASSERT":
            direction, inner = argument
            ahead = direction == _AHEAD
            inside = _Around(around.before, 0, True) if ahead else around._replace(before=0)
            return _never(inner, state, inside)
        case "ASSERT_NOT":
            return _holds(argument[1], "anywhere")
        case "BRANCH":
            return all(_never(one, state, around) for one in argument[1])
        case "SUBPATTERN":
            return _never(argument[-1], state, around)
        case "ATOMIC_GROUP":
            return _never(argument, state, around)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return argument[0] > 0 and _never(argument[2], state, around)
    return False


def _without_empty_looks(items: Any) -> Iterator[tuple[Any, Any]]:
    """Yield parts, with what `(?=$)` and the like ask for in place of the look."""
    for code, argument in items:
        if str(code) == "ASSERT" and argument[1].getwidth()[1] == 0:
            yield from _without_empty_looks(argument[1])
        else:
            yield code, argument


def _least(part: tuple[Any, Any], state: Any) -> int:
    """Return the fewest characters that a part takes."""
    return int(parser.SubPattern(state, [part]).getwidth()[0])


def _is_out_of_place(anchor: str, around: _Around, state: Any) -> bool:
    """Return whether an anchor stands where there is certainly something before or after it."""
    if anchor == "AT_BEGINNING_STRING":
        return around.before > 0
    if anchor == "AT_END_STRING":
        return around.after > 0
    if _is_multiline(state):
        return False
    if anchor == "AT_BEGINNING":
        return around.before > 0
    # `$` stands before a last line break, too
    over = around.after > 1 or (around.after == 1 and not around.may_be_break)
    return anchor == "AT_END" and over


def _is_multiline(state: Any) -> bool:
    """Return whether `^` and `$` may mean lines, somewhere in a pattern."""
    return bool(state.flags & re.MULTILINE) or "m" in _flag_letters(state.str)


def _flag_letters(pattern: str) -> str:
    return "".join(re.findall(r"\(\?([a-zA-Z]+)[-:)]", pattern))


def _may_be_break(code: Any, argument: Any) -> bool:
    """Return whether a part may be a line break."""
    match str(code):
        case "LITERAL":
            return bool(argument == _NEWLINE)
        case "IN":
            return any(not _is_no_break(str(kind), value) for kind, value in argument)
        case "SUBPATTERN":
            return all(_may_be_break(*part) for part in argument[-1])
    return True


def _is_no_break(kind: str, value: Any) -> bool:
    """Return whether a member of a class is certainly no line break."""
    match kind:
        case "LITERAL":
            return bool(value != _NEWLINE)
        case "RANGE":
            return not value[0] <= _NEWLINE <= value[1]
        case "CATEGORY":
            return str(value) in ("CATEGORY_DIGIT", "CATEGORY_WORD")
    return False


def _is_empty_set(members: Sequence[tuple[Any, Any]]) -> bool:
    """Return whether a class leaves out every character."""
    if str(members[0][0]) != "NEGATE":
        return False
    return any(str(kind) == "RANGE" and value == (0, 0x10FFFF) for kind, value in members[1:])


def _runs(parts: Sequence[tuple[Any, Any]]) -> Iterator[tuple[int, int]]:
    """Yield the bounds of parts that stand at one place of a text: anchors and looks."""
    start = 0
    for index, (code, _) in enumerate([*parts, ("end", None)]):
        if str(code) not in ("AT", "ASSERT", "ASSERT_NOT"):
            if index - start > 1:
                yield start, index
            start = index + 1


def _exclude(run: Sequence[tuple[Any, Any]], before: int, state: Any) -> bool:
    """Return whether what is asked of one place excludes itself: `\\b\\B`, `(?=a)(?!a)`, `^(?<=a)`
    and `$(?=a)`."""
    if any(_are_opposite(one, other) for one, other in combinations(run, 2)):
        return True
    looks = [argument for code, argument in run if str(code) == "ASSERT"]
    behind = [inner.getwidth()[0] for direction, inner in looks if direction != _AHEAD]
    ahead = [inner for direction, inner in looks if direction == _AHEAD]
    around = _Around(
        max([before, *behind]),
        max([inner.getwidth()[0] for inner in ahead], default=0),
        all(_may_be_break(*part) for inner in ahead for part in inner if _least(part, state)),
    )
    anchors = [str(argument) for code, argument in run if str(code) == "AT"]
    return any(_is_out_of_place(anchor, around, state) for anchor in anchors)


def _are_opposite(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    kinds = {str(one[0]), str(other[0])}
    if kinds == {"AT"}:
        return {str(one[1]), str(other[1])} == {"AT_BOUNDARY", "AT_NON_BOUNDARY"}
    return kinds == {"ASSERT", "ASSERT_NOT"} and repr(one[1]) == repr(other[1])
