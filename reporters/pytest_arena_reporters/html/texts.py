"""The texts of a report, each stored once: in its chunk, or for all chunks together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pytest_arena.results import Cell
from pytest_arena.results.content import shown
from pytest_arena_reporters.html.description import text_fields

_WORTH_SHARING = 120


def shared_texts(chunks: Iterable[Sequence[Cell]]) -> dict[str, int]:
    """Return the longer texts that several chunks hold, each with its number."""
    home: dict[int, int] = {}
    shared: dict[str, int] = {}
    for number, cells in enumerate(chunks):
        for cell in cells:
            for text in _texts(cell):
                # by their hashes, since the texts themselves may be more than memory holds
                if len(text) >= _WORTH_SHARING and home.setdefault(hash(text), number) != number:
                    shared.setdefault(text, len(shared))
    return shared


class Texts:
    """The texts of one chunk with their numbers; a shared text n is numbered −1 − n.

    With a `limit`, a longer text is cut and says how much of it is missing.
    """

    def __init__(self, shared: dict[str, int]) -> None:
        self.list: list[str] = []
        self._numbers: dict[str, int] = {}
        self._shared = shared

    def number(self, text: str, limit: int | None = None) -> int:
        if limit is not None and len(text) > limit + 60:
            text = f"{text[:limit]}… [cut: {len(text) - limit:,} more characters]"
        elif text in self._shared:
            return -1 - self._shared[text]
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.list)
            self.list.append(text)
        return number


def answers_of(value: Any) -> Iterator[str]:
    """Return the texts of a result that may be cut: what models said, and no prompt."""
    for one in text_fields(type(value).__name__):
        held = getattr(value, one.name)
        if held is None:
            continue
        if one.written_as == "text":
            yield held
        else:
            for inner in held if isinstance(held, tuple) else (held,):
                yield from answers_of(inner)


def _texts(cell: Cell) -> Iterator[str]:
    for trial in (*cell.trials, *cell.confirmation):
        for message in trial.messages:
            yield shown(message.get("content"))
    yield from answers_of(cell)
