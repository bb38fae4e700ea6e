"""Where tests stand: in the configuration, in files of many kinds, and in what code makes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_arena.errors import ArenaFileError, Location
from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.code_runner import CodeRunner, is_code, told
from pytest_arena.importing.promptfoo.rows import from_row
from pytest_arena.importing.promptfoo.scripts import UnusableScriptError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.files import display_name
from pytest_arena.loading.tree import YamlList, YamlMap, pack_mark, plain, planted


@dataclass(frozen=True, slots=True)
class Entry:
    """One test as it is written, where it stands, and in which folder."""

    tree: YamlMap
    place: Location
    folder: Path
    from_csv: bool = False


class EntryReader:
    """What `tests:` names, read in its order; what cannot be read is listed."""

    def __init__(self, source: Source, code: CodeRunner) -> None:
        self._source = source
        self._findings = source.findings
        self._code = code

    def entries(self, written: Any, place: Location) -> Iterator[Entry]:
        """Yield the tests of a text, a mapping or a list."""
        if isinstance(written, str):
            yield from self._named(written, None, place)
        elif isinstance(written, YamlMap):
            if "path" in written and "vars" not in written:
                config = plain(written.get("config"))
                yield from self._named(str(written["path"]), config, place)
            else:
                yield Entry(written, place, self._source.path.parent)
        elif isinstance(written, YamlList):
            for index, entry in enumerate(written):
                at = written.value_place(index)
                if isinstance(entry, (str, YamlMap)):
                    yield from self.entries(entry, at)
                else:
                    self._findings.left_out(at, "a test that is no mapping")

    def _named(self, name: str, config: Any, place: Location) -> Iterator[Entry]:
        if is_code(name):
            yield from self._made_by_code(name, config, place)
            return
        bare = name.removeprefix("file://").split("#")[0]
        if "://" in bare or bare.endswith((".xlsx", ".xls")):
            self._findings.left_out(place, f"tests that are elsewhere: {name}", "save them as CSV")
            return
        paths = self._paths(bare)
        if not paths:
            self._findings.left_out(place, f"there is no file {name}")
        for path in paths:
            try:
                yield from self._in_file(path)
            except (ArenaFileError, ValueError, csv.Error) as error:
                self._findings.left_out(place, f"{path.name} cannot be read: {error}")

    def _paths(self, name: str) -> list[Path]:
        if "*" not in name:
            path = self._source.neighbour(name)
            return [path] if path else []
        root = self._source.root.resolve()
        found = [path for path in sorted(self._source.path.parent.glob(name)) if path.is_file()]
        return [path for path in found if path.resolve().is_relative_to(root)]

    def _made_by_code(self, name: str, config: Any, place: Location) -> Iterator[Entry]:
        args = [] if config is None else [config]
        try:
            made = self._code.call(name, "generate_tests", args, how="value")
        except UnusableScriptError as error:
            told(self._source, place, f"tests made by code: {name}", error)
            return
        if not isinstance(made, list):
            self._findings.left_out(place, f"tests made by code: {name} gave no list")
            return
        yield from self.entries(planted_at(made, place), place)

    def _in_file(self, path: Path) -> Iterator[Entry]:
        folder, shown = path.parent, display_name(path, self._source.root)
        if path.suffix == ".csv":
            rows = csv.DictReader(io.StringIO(self._source.text_of(path)))
            for number, row in enumerate(rows, 2):
                at = Location(shown, number, 1)
                tree = planted_at(from_row(row, at, self._source), at)
                yield Entry(tree, at, folder, from_csv=True)
            return
        if path.suffix == ".jsonl":
            for number, line in enumerate(self._source.text_of(path).splitlines(), 1):
                if line.strip():
                    at = Location(shown, number, 1)
                    for entry in self.entries(planted_at([json.loads(line)], at), at):
                        yield Entry(entry.tree, at, folder)
            return
        tree = self._source.tree_of(path)
        for entry in self.entries(tree, Location(shown, 1, 1)):
            yield Entry(entry.tree, entry.place, folder)


def planted_at(value: Any, place: Location) -> Any:
    """Return plain values as a tree whose every part stands at one place."""
    return planted(value, [place.file], pack_mark(0, place.line, place.column))
