"""What all steps of loading one arena share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path

from pytest_arena.errors import ArenaFileError, Location, Problem
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.files import display_name, find_file, read_limited
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.yaml_reader import MAX_BYTES, read_yaml
from pytest_arena.registry import Registry
from pytest_arena.results.attached_file import AttachedFile
from pytest_arena.schema import Assertion, Defaults, McpServerSpec, ProviderSpec


@dataclass(frozen=True, slots=True)
class Region:
    """Lines of a file, and the names of the cases and columns that rest on them: a mistake there is
    theirs."""

    file: str
    first: int
    last: int
    cases: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset()

    def holds(self, place: Location) -> bool:
        """Return whether a place is in these lines."""
        return place.file == self.file and self.first <= place.line <= self.last


@dataclass(slots=True)
class LoadContext:
    """What loading one file goes by: the root, the registry, and what was found so far.

    `built` keeps assertions by the identity of their mapping, so that one which 10,000 rows or
    aliases share is validated once. `providers` and `defaults` are the file's, once they are built.
    """

    root: Path
    registry: Registry
    problems: ProblemList = field(default_factory=ProblemList)
    files: list[str] = field(default_factory=list)
    built: dict[int, tuple[object, Assertion | None]] = field(default_factory=dict)
    providers: dict[str, ProviderSpec] = field(default_factory=dict)
    broken_providers: set[str] = field(default_factory=set)
    """The names of entries of `providers:` that have problems of their own; empty for one without a
    name."""
    servers: dict[str, McpServerSpec] = field(default_factory=dict)
    """The file's MCP servers by their ids."""
    broken_servers: set[str] = field(default_factory=set)
    """The ids of MCP servers that have problems of their own; empty for one without an id."""
    defaults: Defaults = field(default_factory=Defaults)
    personas: frozenset[str] = frozenset()
    """The names of simulated users: the file's, and those that ship."""
    attached: dict[Path, AttachedFile | str] = field(default_factory=dict)
    """Files that messages send, and the texts of text files: each is read once."""
    judges: dict[int, ProviderSpec] = field(default_factory=dict)
    """Whoever is asked beside a cell's own provider, judges, embedding models, simulated users
    and rivals, by identity."""
    packs: dict[Path, object] = field(default_factory=dict)
    """PromptPacks that were read, so that each is read once, and what it lacks told once."""
    made_packs: dict[str, YamlMap] = field(default_factory=dict)
    """PromptPacks that are in no file of their own, by the names that stand for one."""
    regions: list[Region] = field(default_factory=list)
    """Where parts of the file stand on which some of its cases rest, and which those are."""
    refused: dict[str, tuple[Problem, ...]] = field(default_factory=dict)
    """What is wrong with cases that are an `error` for it, by their names; under no name, what
    is wrong with parts that no case rests on."""
    refused_columns: dict[str, tuple[Problem, ...]] = field(default_factory=dict)
    """What is wrong with columns whose cells are an `error` for it, by their names."""
    warnings: list[str] = field(default_factory=list)
    """What people are told of the file, each with its place in front."""

    def warn(self, place: Location, text: str) -> None:
        """Keep what people are told of a place; the same is told once."""
        if (told := f"{place}: {text}") not in self.warnings:
            self.warnings.append(told)

    def read_tree(
        self, path: Path, place: Location | None = None, kind: str = "arena file"
    ) -> object:
        """Return a YAML file's tree; `place` is where it is named, if another file names it."""
        name = display_name(path, self.root)
        self.files.append(name)
        data = read_limited(path, MAX_BYTES, place or Location(name, 1, 1), kind)
        return read_yaml(data, self.files, self.problems)

    def find(self, written: str, place: Location, kind: str) -> Path:
        """Return a file that is named at `place`, relative to the file that names it."""
        beside = (self.root / place.file).parent
        allowed = self.root if beside.resolve().is_relative_to(self.root.resolve()) else beside
        return find_file(written, beside, allowed, place, kind)

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Turn an `ArenaFileError` raised inside into problems, so that loading goes on."""
        try:
            yield
        except ArenaFileError as error:
            for problem in error.problems:
                place = problem.place or Location(self.files[0], 1, 1)
                self.problems.add(problem.what, place, expected=problem.expected, fix=problem.fix)
