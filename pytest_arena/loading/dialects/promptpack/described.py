"""Keys of a pack that an arena does nothing with, told in one warning."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_arena.errors import Location, nearest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.unknown_keys import unknown_key


class LeftOut:
    """What of a pack has no effect here, in the order in which it was found."""

    def __init__(self, pack: str, context: LoadContext) -> None:
        self._pack = pack
        self._context = context
        self._found: dict[str, None] = {}

    def add(self, what: str) -> None:
        """Keep what has no effect."""
        self._found[what.replace(f" of pack {self._pack}", "")] = None

    def known(
        self,
        tree: YamlMap,
        keys: Iterable[str],
        owner: str,
        inert: Iterable[str] = (),
        described: Iterable[str] = (),
    ) -> YamlMap:
        """Return a mapping with those of its keys that an arena knows.

        Of others `described` mean nothing for a run, `inert` and those that no schema up to 1.4 has
        are kept as left out, and what is like a known one is a mistake.
        """
        wanted, passive, silent = set(keys), set(inert), set(described)
        for key, value in tree.items():
            if key in wanted or key in silent or (key in passive and value in (None, [], {})):
                continue
            near = nearest(str(key), wanted) if key not in passive else None
            if near is None:
                self.add(f"{key!r} of {owner}")
                continue
            problem = unknown_key(str(key), tree.key_place(key), owner, sorted(wanted))
            place = tree.key_place(key)
            problems = self._context.problems
            problems.add(problem.what, place, expected=problem.expected, fix=problem.fix)
        return tree.only(wanted)

    def tell(self, place: Location) -> None:
        """Warn of all that was found."""
        if self._found:
            listed = "; ".join(self._found)
            self._context.warn(place, f"pack {self._pack} is run without {listed}")
