"""What every importer is given and what it gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, ClassVar

from pytest_arena.errors import ArenaFileError, Location, Problem
from pytest_arena.importing.code_files import ENDINGS, code_tree
from pytest_arena.importing.findings import Findings
from pytest_arena.importing.rows import LINES, TABLES, lines_tree, table_tree
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.files import display_name, read_limited
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.yaml_reader import read_yaml

LARGEST = 50_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """One file of another tool, read: its tree has the places of its entries."""

    path: Path
    root: Path
    """What is named relative to, and what nothing outside of is read."""
    tree: Any
    findings: Findings = field(default_factory=Findings)
    partial: bool = False
    """Whether a case that lost an assertion is run with the others."""
    run_code: bool = False
    """Whether code of the source may be run for what it makes."""
    files: dict[str, str] = field(default_factory=dict)
    """Texts of files of its own that the arena names, by their path beside it."""

    @property
    def place(self) -> Location:
        return Location(display_name(self.path, self.root), 1, 1)

    def neighbour(self, name: str, folder: Path | None = None) -> Path | None:
        """Return the file of that name beside the source (or in `folder`), None where there is none
        inside the root directory."""
        try:
            path = ((folder or self.path.parent) / name.removeprefix("file://")).resolve()
            found = path.is_file() and path.is_relative_to(self.root.resolve())
        except (OSError, ValueError, RuntimeError):
            # no name of a file: a text
            return None
        return path if found else None

    def text_of(self, path: Path) -> str:
        """Return what a file holds; one that is no text is an `ArenaFileError`."""
        place = Location(display_name(path, self.root), 1, 1)
        try:
            return read_limited(path, LARGEST, place, "file").decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ArenaFileError(Problem(f"no UTF-8 text ({error.reason})", place)) from None

    def tree_of(self, path: Path) -> Any:
        """Return the tree of a YAML or JSON file, with places; of JSONL and tables, their rows."""
        return _tree(path, self.root, self.findings)


@dataclass(frozen=True, slots=True)
class Imported:
    """An arena, the files that stand beside it, and what became of the source's entries."""

    arena: dict[str, Any]
    findings: Findings
    files: Mapping[str, str] = field(default_factory=dict)
    """Texts by their path from the arena file's folder."""


class Importer(ABC):
    """Turns files of one format into arenas."""

    format: ClassVar[str]
    """The format's name, as people know it."""

    @abstractmethod
    def recognises(self, source: Source) -> bool:
        """Return whether a file is of the format."""

    @abstractmethod
    def convert(self, source: Source) -> Imported:
        """Return the arena; what cannot become one is an `ArenaFileError`."""


def read_source(path: Path, root: Path, *, partial: bool = False, run_code: bool = False) -> Source:
    """Read a file: YAML, JSON, JSONL, a table or code; what is none is an `ArenaFileError`.

    JSONL and tables are read as the list of their rows.
    """
    findings = Findings()
    tree = _tree(path, root, findings, run_code=run_code)
    return Source(path, root, tree, findings, partial, run_code)


def _tree(path: Path, root: Path, findings: Findings, *, run_code: bool = False) -> Any:
    name = display_name(path, root)
    if path.suffix.lower() in ENDINGS:
        return code_tree(path, name, run_code=run_code)
    data = read_limited(path, LARGEST, Location(name, 1, 1), "file")
    ending = path.suffix.lower()
    if ending in LINES:
        return lines_tree(data, name, findings)
    if ending in TABLES:
        return table_tree(data, name, ending)
    # keys that stand twice, and tags, are mistakes that its own tool does not mind
    return read_yaml(data, [name], ProblemList())
