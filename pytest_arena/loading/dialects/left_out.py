"""What of a file of another tool has no effect in an arena, told in one warning with its places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args, get_origin

from pytest_arena.errors import Location, nearest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.unknown_keys import unknown_key
from pytest_arena.loading.validate import aliases_of
from pytest_arena.schema import ArenaModel


class LeftOut:
    """What of a file, such as `pack shop.json`, has no effect here, in the order in which it was
    found."""

    def __init__(self, file: str, context: LoadContext) -> None:
        self._file = file
        self._context = context
        self._found: dict[str, Location] = {}
        self._told: set[str] = set()

    def add(self, what: str, place: Location) -> None:
        """Keep what has no effect, and where it stands first."""
        self._found.setdefault(what.replace(f" of {self._file}", ""), place)

    def known(
        self,
        tree: YamlMap,
        keys: Iterable[str],
        owner: str,
        inert: Iterable[str] = (),
        described: Iterable[str] = (),
        problems: ProblemList | None = None,
        strict: bool = False,
    ) -> YamlMap:
        """Return a mapping with those of its keys that an arena knows.

        Of others `described` mean nothing for a run, `inert` and those that no schema up to 1.4 has
        are kept as left out, and what is like a known one is a mistake: one of `problems`, the
        file's unless they are given. `strict`: so is what nothing knows at all, but for what is
        called `x-…`.
        """
        wanted, passive, silent = set(keys), set(inert), set(described)
        for key, value in tree.items():
            if key in wanted or key in silent or (key in passive and value in (None, [], {})):
                continue
            place = tree.key_place(key)
            strange = strict and not str(key).startswith("x-")
            if key in passive or not (strange or nearest(str(key), wanted)):
                self.add(f"{key!r} of {owner}", place)
                continue
            problem = unknown_key(str(key), place, owner, sorted(wanted))
            into = self._context.problems if problems is None else problems
            into.add(problem.what, place, expected=problem.expected, fix=problem.fix)
        return tree.only(wanted)

    def fitting(self, tree: YamlMap, model: type[ArenaModel], owner: str) -> YamlMap:
        """Return a mapping as a model takes it, without keys that are null: the mappings in it
        with the keys alone that an arena knows."""
        fields = {name: field.annotation for name, field in model.model_fields.items()}
        for field in model.model_fields.values():
            fields |= {str(name): field.annotation for name in aliases_of(field) if name}
        known = self.known(tree, fields, owner)
        for key, value in [*known.items()]:
            if value is None:
                del known[key]
            elif isinstance(value, YamlMap):
                inner = _models_in(fields[str(key)])
                if inner is not None:
                    known[key] = self._inner(value, key, owner, *inner)
        return known

    def _inner(
        self, tree: YamlMap, key: str, owner: str, model: type[ArenaModel], by_name: bool
    ) -> YamlMap:
        if not by_name:
            return self.fitting(tree, model, f"{key!r} of {owner}")
        twin = tree.only(tree)
        for name, value in tree.items():
            if isinstance(value, YamlMap):
                twin[name] = self.fitting(value, model, f"'{key}.{name}' of {owner}")
        return twin

    def tell(self, place: Location) -> None:
        """Warn of all that was found and not told yet."""
        new = [what for what in self._found if what not in self._told]
        if new:
            listed = "; ".join(f"{what} ({self._found[what]})" for what in new)
            self._context.warn(place, f"{self._file} is run without {listed}")
            self._told.update(new)


def _models_in(annotation: Any) -> tuple[type[ArenaModel], bool] | None:
    """Return the model that a field's mapping is of, or each of its values by name."""
    by_name = get_origin(annotation) is dict
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, ArenaModel):
            return part, by_name
    return None
