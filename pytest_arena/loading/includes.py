"""`include:`: the entries of further files, added to those of the file that names them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.suite_kind import is_suite
from pytest_arena.loading.files import display_name
from pytest_arena.loading.tree import YamlList, YamlMap

OWN_KEY = "x-"
"""What begins a key at the top of a file that is the user's own, for parts that aliases name."""
_OWN = frozenset({"arena", "name", "description", "include", "schedule"})
_WILD = frozenset("*?[")
_MAX_FILES = 1000


def read_arena(path: Path, context: LoadContext) -> YamlMap:
    """Return an arena file's tree with the entries of its includes.

    Lists are joined, the file's own first; in mappings its own keys win. A file is taken once,
    however many name it.
    """
    return _read(path, None, context, (), set())


def _read(
    path: Path,
    named_at: Location | None,
    context: LoadContext,
    way: tuple[Path, ...],
    taken: set[Path],
) -> YamlMap:
    kind = "arena file" if named_at is None else "included file"
    tree = context.read_tree(path, named_at, kind)
    if not isinstance(tree, YamlMap):
        what = "the file is empty" if tree is None else "the file is not a mapping"
        raise ArenaFileError(
            Problem(
                what,
                Location(context.files[-1], 1, 1),
                "an arena: a mapping with providers and tests",
                "begin with providers: and tests:, or run arena init for a first arena",
            )
        )
    if is_suite(tree):
        from pytest_arena.loading.dialects.promptarena.suite import translated

        return translated(tree, context)
    real = path.resolve()
    taken.add(real)
    include = tree.get("include")
    if isinstance(include, YamlList):
        for index, written in enumerate(include):
            if isinstance(written, str):
                place = include.value_place(index)
                _take(tree, written, place, context, (*way, real), taken)
    return tree


def _take(
    tree: YamlMap,
    written: str,
    place: Location,
    context: LoadContext,
    way: tuple[Path, ...],
    taken: set[Path],
) -> None:
    with context.gathering():
        for path in _matching(written, place, context):
            if path in way:
                if _WILD & set(written):
                    continue  # A pattern that matches the file itself means the others.
                circle = [*way[way.index(path) :], path]
                shown = " → ".join(display_name(step, context.root.resolve()) for step in circle)
                context.problems.add(
                    f"the includes go round in a circle: {shown}",
                    place,
                    expected="files that do not include each other",
                    fix="remove this include, or move what both need to a third file",
                )
            elif path not in taken:
                _add(tree, _read(path, place, context, way, taken))


def _matching(written: str, place: Location, context: LoadContext) -> list[Path]:
    if not _WILD & set(written):
        return [context.find(written, place, "included file")]
    beside = (context.root / place.file).parent
    try:
        found = sorted(beside.glob(written))
    except (ValueError, NotImplementedError):
        found = []
    if not found:
        raise ArenaFileError(
            Problem(
                f"no file matches {shorten(written)!r}",
                place,
                "a pattern that fits files beside this one",
                "mend the pattern, or remove it",
            )
        )
    if len(found) > _MAX_FILES:
        raise ArenaFileError(
            Problem(
                f"{len(found):,} files match {shorten(written)!r}",
                place,
                f"at most {_MAX_FILES:,}",
                "write a narrower pattern",
            )
        )
    return [
        context.find(Path(path).relative_to(beside).as_posix(), place, "included file")
        for path in found
        if path.is_file()
    ]


def _add(tree: YamlMap, other: YamlMap) -> None:
    for key, value in other.items():
        if str(key).startswith(OWN_KEY):
            continue
        if key in _OWN:
            if key not in tree and key == "arena":
                tree.adopt(key, other)
        elif key not in tree or tree[key] is None:
            tree.adopt(key, other)
        else:
            _join(tree, key, value)


def _join(tree: YamlMap, key: Any, value: Any) -> None:
    own = tree[key]
    if isinstance(own, YamlList) and isinstance(value, YamlList):
        joined = YamlList(own.files, own.mark)
        joined.extend_from(own)
        joined.extend_from(value)
        tree[key] = joined
    elif key != "judge" and isinstance(own, YamlMap) and isinstance(value, YamlMap):
        both = own.only(own)
        for inner in value:
            if inner not in both:
                both.adopt(inner, value)
            elif key == "guardrails" and isinstance(both[inner], YamlList):
                _join(both, inner, value[inner])
        tree[key] = both
