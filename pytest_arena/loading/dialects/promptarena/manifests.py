"""Manifests of PromptArena: of which kind one is, what it is called, and its `spec`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.made import list_under, map_under
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.unknown_keys import unknown_key

_ENVELOPE = ("apiVersion", "kind", "metadata", "spec")
_ENDINGS = (".scenario", ".provider", ".prompt", ".tool", ".persona", ".eval")
_ALIKE = 0.75
"""How like a known key one must be to be a mistake, and not one of another version."""
_SHAPES: dict[str, type[YamlMap | YamlList]] = {
    **dict.fromkeys(("tool_policy", "context_policy", "perturbations", "when"), YamlMap),
    **dict.fromkeys(("defaults", "pricing", "credential", "platform", "rate_limit"), YamlMap),
    **dict.fromkeys(("additional_config", "http", "self_play", "workflow", "style"), YamlMap),
    **dict.fromkeys(("parts", "allowed_tools", "validators", "capabilities"), YamlList),
    **dict.fromkeys(("required_capabilities", "roles", "judges"), YamlList),
}
"""What stands under keys that mean the same everywhere."""
LAST_LINE = 1 << 27


@dataclass(frozen=True, slots=True)
class Manifest:
    """One thing that a suite is made of, from a file of its own or from the suite itself."""

    name: str
    spec: YamlMap
    entry: YamlMap
    """What the suite says where it names it."""
    place: Location
    first: int
    last: int
    """The lines that it stands in."""

    @property
    def lines(self) -> tuple[str, int, int]:
        """The file and the lines that it stands in."""
        return self.place.file, self.first, self.last

    @property
    def mark(self) -> int:
        """Where it begins."""
        return self.spec.mark


class Manifests:
    """The files that a suite names, each read once, from the folder that it starts them from."""

    def __init__(self, suite: YamlMap, context: LoadContext) -> None:
        self._suite = suite
        self._context = context
        defaults = suite.get("defaults")
        folder = defaults.get("config_dir") if isinstance(defaults, YamlMap) else None
        self._folder = PurePosixPath(folder if isinstance(folder, str) else ".")

    @property
    def folder(self) -> Path:
        """The folder that files are named from."""
        return (self._context.root / self._suite.place.file).parent / self._folder

    def find(self, written: str, place: Location, kind: str) -> Path:
        """Return a file that is named from the suite's folder, whichever file names it."""
        at = Location(self._suite.place.file, place.line, place.column)
        try:
            return self._context.find(str(self._folder / written), at, kind)
        except ArenaFileError as error:
            problems = (Problem(one.what, place, one.expected, one.fix) for one in error.problems)
            raise ArenaFileError(problems) from None

    def named(
        self, key: str, kind: str, parent: YamlMap | None = None
    ) -> Iterator[Manifest | tuple[str, ArenaFileError]]:
        """Yield what a list of the suite names, or the name and what is wrong with it; then what
        `<kind>_specs` of the suite itself holds."""
        holder = self._suite if parent is None else parent
        written = holder.get(key)
        if written is not None and not isinstance(written, YamlList):
            raise ArenaFileError(
                Problem(
                    f"{key!r} of a PromptArena suite is not a list",
                    holder.value_place(key),
                    f"a list of files, each a {kind}",
                    f"write it like {key}: [{{file: {key}/first.yaml}}]",
                )
            )
        for index, entry in enumerate(list_under(holder, key)):
            place = list_under(holder, key).value_place(index)
            try:
                yield self._read(entry, place, kind)
            except ArenaFileError as error:
                yield _stem(entry) or f"{kind} {index + 1}", error
        inline = map_under(holder, f"{_singular(key)}_specs")
        for name, spec in inline.items():
            place = inline.key_place(name)
            if isinstance(spec, YamlMap):
                nothing = YamlMap(inline.files, inline.key_marks[name])
                last = max(place.line, _last_line(spec))
                yield Manifest(str(name), spec, nothing, place, place.line, last)
            else:
                what = f"{kind} {shorten(str(name))!r} is not a mapping"
                yield str(name), ArenaFileError(Problem(what, place, "its spec", "write a mapping"))

    def _read(self, entry: Any, place: Location, kind: str) -> Manifest:
        if isinstance(entry, str):
            file, at = entry, place
            entry = YamlMap(list(self._suite.files), self._suite.mark)
        elif isinstance(entry, YamlMap) and isinstance(entry.get("file"), str):
            file, at = entry["file"], entry.value_place("file")
        else:
            raise ArenaFileError(
                Problem(
                    f"a {kind} that names no file",
                    place,
                    "a mapping with file",
                    f"write it like {{file: {kind.lower()}s/first.yaml}}",
                )
            )
        path = self.find(file, at, f"{kind} file")
        tree = self._context.read_tree(path, at, f"{kind} file")
        name = self._context.files[-1]
        spec = tree.get("spec") if isinstance(tree, YamlMap) else None
        if not isinstance(tree, YamlMap) or not isinstance(spec, YamlMap):
            raise ArenaFileError(
                Problem(
                    f"{name} is no manifest of PromptArena",
                    Location(name, 1, 1),
                    f"apiVersion, kind: {kind}, metadata and spec",
                    "put what it says under spec:, and kind: above it",
                )
            )
        found = tree.get("kind")
        if found not in (kind, f"{kind}Config"):
            raise ArenaFileError(
                Problem(
                    f"{name} is of kind {shorten(str(found))!r}",
                    tree.value_place("kind"),
                    f"kind: {kind}, since it is named as one",
                    f"name a {kind}, or name it under another key of the suite",
                )
            )
        known_keys(tree, _ENVELOPE, f"{kind} {name}", self._context, described=("$schema",))
        return Manifest(_name(tree, spec) or _stem(file), spec, entry, spec.place, 1, LAST_LINE)


def known_keys(
    tree: YamlMap,
    keys: Iterable[str],
    owner: str,
    context: LoadContext,
    *,
    described: Iterable[str] = (),
    mappings: Iterable[str] = (),
) -> YamlMap:
    """Return a mapping with those of its keys that mean something here.

    `described` are for people. One that is like a known key is a mistake; what else stands there
    is told to have no effect. `mappings` are here what elsewhere may be a list.
    """
    wanted, silent = set(keys), set(described)
    for key, value in tree.items():
        if key in wanted or key in silent or value in (None, "", [], {}):
            continue
        place = tree.key_place(key)
        if get_close_matches(str(key), wanted, n=1, cutoff=_ALIKE):
            problem = unknown_key(str(key), place, owner, sorted(wanted))
            context.problems.add(problem.what, place, expected=problem.expected, fix=problem.fix)
        else:
            context.warn(place, f"{key!r} of {owner} has no effect here")
    shapes = {**_SHAPES, **dict.fromkeys(mappings, YamlMap)}
    for key in wanted & tree.keys() & shapes.keys():
        if not isinstance(tree[key], shapes[key]) and tree[key] not in (None, "", [], {}):
            what = "mapping" if shapes[key] is YamlMap else "list"
            context.problems.add(
                f"{key!r} of {owner} is not a {what}",
                tree.value_place(key),
                expected=f"a {what}",
                fix=f"write it like {key}: {'{…}' if what == 'mapping' else '[…]'}",
            )
            wanted.discard(key)
    return tree.only(wanted)


def _name(tree: YamlMap, spec: YamlMap) -> str:
    metadata = tree.get("metadata")
    name = metadata.get("name") if isinstance(metadata, YamlMap) else None
    return str(name or spec.get("id") or spec.get("name") or "").strip()


def _stem(entry: Any) -> str:
    """Return what a file is called after, without what says of which kind it is."""
    file = entry.get("file") if isinstance(entry, YamlMap) else entry
    if not isinstance(file, str):
        return ""
    stem = PurePosixPath(file).stem
    for ending in _ENDINGS:
        stem = stem.removesuffix(ending)
    return stem


def _singular(key: str) -> str:
    return {"prompt_configs": "prompt"}.get(key, key.removesuffix("s"))


def _last_line(tree: YamlMap | YamlList) -> int:
    """Return the last line that a part of a tree begins in."""
    inner = tree.items() if isinstance(tree, YamlMap) else enumerate(tree)
    last = tree.place.line
    for key, value in inner:
        at = tree.value_place(key).line
        deep = _last_line(value) if isinstance(value, (YamlMap, YamlList)) else at
        last = max(last, at, deep)
    return last
