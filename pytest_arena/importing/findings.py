"""What an import kept, changed, and left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pytest_arena.errors import Location
from pytest_arena.light_dataclass import dataclass

Fidelity = Literal["exact", "alike", "left out"]
EXACT: Fidelity = "exact"
"""The same verdict on the same answer."""
ALIKE: Fidelity = "alike"
"""The same intent by a method of our own, or a verdict that differs in a way that is told."""
LEFT_OUT: Fidelity = "left out"
"""Not in the arena file."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing of a source, and what became of it."""

    fidelity: Fidelity
    place: Location | None
    what: str
    instead: str = ""
    """What to write, or what to know."""

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        told = f"{where}{self.fidelity}: {self.what}"
        return f"{told}\n  {self.instead}" if self.instead else told


class Findings:
    """All findings of one import; assertions are counted one by one."""

    def __init__(self) -> None:
        self._found: dict[Finding, None] = {}
        self._assertions: dict[tuple[str, str], Fidelity] = {}

    def __iter__(self) -> Iterator[Finding]:
        """Give what is worth a line, by its place: all that is not exact."""
        return iter(sorted(self._found, key=_by_place))

    def alike(self, place: Location | None, what: str, instead: str = "") -> None:
        """Tell of something that may come to another verdict."""
        self._found[Finding(ALIKE, place, what, instead)] = None

    def left_out(self, place: Location | None, what: str, instead: str = "") -> None:
        """Tell of something that is not in the arena file."""
        self._found[Finding(LEFT_OUT, place, what, instead)] = None

    def count_assertion(self, fidelity: Fidelity, place: Location, kind: str) -> None:
        """Count an assertion of the source, once however many cases it is in."""
        self._assertions[str(place), kind] = fidelity

    @property
    def is_whole(self) -> bool:
        """Whether everything was kept as it is."""
        return not self._found

    @property
    def summary(self) -> str:
        """`14 of 17 assertions kept (12 exact, 2 alike), 3 left out`."""
        counts = Counter(self._assertions.values())
        total, lost = counts.total(), counts[LEFT_OUT]
        exact, alike = counts[EXACT], counts[ALIKE]
        text = f"{exact + alike} of {total} assertion{'' if total == 1 else 's'} kept"
        return f"{text} ({exact} exact, {alike} alike), {lost} left out"


def _by_place(finding: Finding) -> tuple[str, int, int]:
    place = finding.place
    return (place.file, place.line, place.column) if place else ("", 0, 0)
