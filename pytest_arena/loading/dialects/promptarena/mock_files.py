"""Files with the answers of mocks: where suites name them, and where they stand beside them."""

from __future__ import annotations

from pathlib import Path

from pytest_arena.errors import ArenaFileError, Location
from pytest_arena.loading.context import LoadContext, Region
from pytest_arena.loading.dialects.promptarena.manifests import LAST_LINE, Manifests
from pytest_arena.loading.files import display_name
from pytest_arena.loading.tree import YamlMap

_FILES = ("mock-responses.yaml", "mock-responses.yml", "mock-config.yaml")
"""What `promptarena run --mock-config` is given by custom, beside the suite."""


class MockFiles:
    """The files of a suite's mocks; a mistake in one is that of the columns that it is for."""

    def __init__(self, manifests: Manifests, context: LoadContext) -> None:
        self._manifests = manifests
        self._context = context

    def of(self, tree: YamlMap, column: str, place: Location, owner: str) -> YamlMap | None:
        """Return a mock's file: the one that its provider names, else the one beside the suite, as
        it is named on PromptArena's command line."""
        named = _named(tree)
        if named is not None:
            return self._read(*named, column)
        found = self.beside(column, place)
        if found is None:
            return None
        self._context.warn(
            place,
            f"{owner} names no file of answers, and takes those of {found[0]} beside the suite",
        )
        return found[1]

    def is_bare(self, tree: YamlMap) -> bool:
        """Return whether a mock has no file at all."""
        return _named(tree) is None and not any(path.is_file() for path in self._by_custom())

    def beside(self, column: str, place: Location) -> tuple[str, YamlMap] | None:
        """Return the file that stands beside the suite by custom, and its name."""
        path = next((one for one in self._by_custom() if one.is_file()), None)
        tree = self._tree_of(path, place, column) if path is not None else None
        return (path.name, tree) if path is not None and tree is not None else None

    def _by_custom(self) -> list[Path]:
        return [self._manifests.folder / name for name in _FILES]

    def _read(self, written: str, place: Location, column: str) -> YamlMap | None:
        """Return a mock's file, named from the suite's folder or, as older suites have it, from
        the provider's or the root."""
        folders = [
            self._manifests.folder,
            (self._context.root / place.file).parent,
            self._context.root,
        ]
        for folder in folders:
            path = folder / written
            if path.is_file() and path.resolve().is_relative_to(self._context.root.resolve()):
                return self._tree_of(path.resolve(), place, column)
        try:
            self._manifests.find(written, place, "mock file")
        except ArenaFileError as error:
            for one in error.problems:
                self._context.problems.add(one.what, place, expected=one.expected, fix=one.fix)
        return None

    def _tree_of(self, path: Path, place: Location, column: str) -> YamlMap | None:
        """Return a mock's file; a mistake in it is the column's."""
        name = display_name(path, self._context.root)
        self._context.regions.append(Region(name, 1, LAST_LINE, columns=frozenset({column})))
        with self._context.gathering():
            tree = self._context.read_tree(path, place, "mock file")
            if isinstance(tree, YamlMap):
                return tree
            self._context.problems.add(
                "a mock's file is not a mapping",
                Location(self._context.files[-1], 1, 1),
                expected="defaultResponse and scenarios",
                fix="write it like scenarios: {greeting: {turns: {1: Hello!}}}",
            )
        return None


def _named(tree: YamlMap) -> tuple[str, Location] | None:
    """Return the file that a mock names, in one of three ways, and where."""
    extra, own = tree.get("additional_config"), tree.get("mock_config")
    if isinstance(extra, YamlMap) and isinstance(extra.get("mock_config"), str):
        return extra["mock_config"], extra.value_place("mock_config")
    if isinstance(own, str):
        return own, tree.value_place("mock_config")
    if isinstance(own, YamlMap) and isinstance(own.get("file"), str):
        return own["file"], own.value_place("file")
    return None
