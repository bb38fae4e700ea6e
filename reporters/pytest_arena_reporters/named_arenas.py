"""What arena files say of themselves, for the tops of reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import RunResult


@dataclass(frozen=True, slots=True)
class NamedArena:
    """An arena file that has a name or a description; each is empty where it has none."""

    file: str
    name: str
    description: str


def named_arenas(run: RunResult) -> Iterator[NamedArena]:
    """Give the arena files of a run that have a name or a description, in their order."""
    given = run.info.options.get("arenas")
    for arena in given if isinstance(given, (list, tuple)) else ():
        if isinstance(arena, Mapping):
            texts = (arena.get(key) for key in ("file", "name", "description"))
            found = NamedArena(*(one if isinstance(one, str) else "" for one in texts))
            if found.name or found.description:
                yield found
