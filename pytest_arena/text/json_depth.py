"""How deep values from strangers may be nested, so that whatever walks through them comes back,
and of how many objects and lists they may be, each of which takes far more memory than its text."""

from __future__ import annotations

from typing import Any

MOST_DEPTH = 200
"""Of objects and lists within each other: far less than Python's own limit, of which pytest, its
plug-ins and the walk itself take their part."""

MOST_CONTAINERS = 500_000
"""Objects and lists of one text of JSON: the log probabilities of 20 tokens each at 10,000 places
are fewer."""
_AT_ONCE = 1 << 18
"""Characters that are counted before other threads get their turn."""


class JsonBoundError(ValueError):
    """JSON that is not read for what reading it would cost."""


class TooManyError(JsonBoundError):
    """A text of JSON with more objects and lists than anyone writes."""

    def __init__(self) -> None:
        super().__init__(f"its JSON has more than {MOST_CONTAINERS:,} objects and lists")


class TooDeepError(JsonBoundError):
    """A value that is nested too deeply to be read."""

    def __init__(self) -> None:
        super().__init__(f"its JSON is nested more than {MOST_DEPTH} deep")


def check_containers(text: bytes | str) -> None:
    """Raise `TooManyError` of a text of JSON with too many objects and lists, before it is read.

    Brackets within its texts count, too, since only reading it would tell.
    """
    # each has two ends
    if len(text) > 2 * MOST_CONTAINERS and _containers(text, 0, len(text)) > MOST_CONTAINERS:
        raise TooManyError


class Containers:
    """The objects and lists of a body that comes in pieces, or of each of its lines."""

    def __init__(self, *, in_lines: bool) -> None:
        self._in_lines = in_lines
        self._open = 0
        """Of the body, or of the line that has no end yet."""

    def add(self, piece: bytes) -> None:
        """Take the next bytes; raises `TooManyError`."""
        first = piece.find(b"\n") if self._in_lines else -1
        self._open += _containers(piece, 0, len(piece) if first < 0 else first)
        if self._open > MOST_CONTAINERS:
            raise TooManyError
        if first >= 0:
            # a line that is whole within a piece is shorter than the bound
            self._open = _containers(piece, piece.rfind(b"\n"), len(piece))


def _containers(text: bytes | str, start: int, end: int) -> int:
    """Return how many objects and lists may begin in a part of a text of JSON."""
    steps = [(at, min(at + _AT_ONCE, end)) for at in range(start, end, _AT_ONCE)]
    if isinstance(text, bytes):
        return sum(text.count(b"{", *step) + text.count(b"[", *step) for step in steps)
    return sum(text.count("{", *step) + text.count("[", *step) for step in steps)


def may_be_too_deep(text: bytes | str) -> bool:
    """Return whether there are enough brackets in a text of JSON; quickly, since hardly any has."""
    if isinstance(text, bytes):
        return text.count(b"[") + text.count(b"{") > MOST_DEPTH
    return text.count("[") + text.count("{") > MOST_DEPTH


def is_too_deep(value: Any) -> bool:
    """Return whether objects and lists are nested more than `MOST_DEPTH` deep."""
    level = [value]
    for _ in range(MOST_DEPTH + 1):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(one.values())
            elif isinstance(one, (list, tuple)):
                inner.extend(one)
        if not inner:
            return False
        level = inner
    return any(isinstance(one, (dict, list, tuple)) for one in level)
