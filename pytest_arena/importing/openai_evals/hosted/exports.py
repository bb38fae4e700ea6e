"""What a file holds, and what lies beside it: evals, their runs, output items, rows of data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

from pytest_arena.errors import ArenaFileError, Problem
from pytest_arena.importing.importer import LARGEST, Source
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.tree import YamlList, YamlMap

_DEEPEST = 12
_MOST_FILES = 1_000
_MARKS = (b'"eval.run', b'"datasource_item', b'"data_source', b'"testing_criteria')


@dataclass(slots=True)
class Run:
    """One run: how it asked, and what came of it."""

    id: str
    tree: YamlMap | None = None
    """Its object; None where only its output items are there."""
    eval_id: str = ""
    items: list[YamlMap] = field(default_factory=list)
    """Its output items."""
    tools: list[Any] = field(default_factory=list)
    """The functions that its model was offered, once its column is made."""

    @property
    def data_source(self) -> YamlMap | None:
        found = self.tree.get("data_source") if self.tree is not None else None
        return found if isinstance(found, YamlMap) else None

    @property
    def model(self) -> str | None:
        """The model that it asked; None where it took answers as they were, or did not tell."""
        data = self.data_source
        if data is None or data.get("type") == "jsonl":
            return None
        named = data.get("model") or (self.tree.get("model") if self.tree is not None else None)
        return named if isinstance(named, str) and named else None

    @property
    def asks(self) -> bool:
        return self.model is not None


@dataclass(slots=True)
class Eval:
    """One eval: its object, which has its `testing_criteria`, and its runs."""

    tree: YamlMap
    runs: list[Run] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.tree.get("id") or "")

    @property
    def name(self) -> str:
        return str(self.tree.get("name") or self.id or "Eval")


class _Found:
    """The objects of one or more files."""

    def __init__(self) -> None:
        self.evals: list[Eval] = []
        self.runs: dict[str, Run] = {}
        self._seen: set[str] = set()

    def _is_new(self, tree: YamlMap) -> bool:
        """Return whether an object is met for the first time; one without an id always is."""
        name = tree.get("id")
        new = not isinstance(name, str) or name not in self._seen
        self._seen.add(str(name))
        return new

    def run(self, name: str) -> Run:
        return self.runs.setdefault(name, Run(name))

    def look(self, tree: Any, eval_id: str = "", run_id: str = "", depth: int = 0) -> None:
        """Collect what a tree holds, whatever it is wrapped in."""
        if depth > _DEEPEST:
            return
        if isinstance(tree, YamlList):
            for entry in tree:
                self.look(entry, eval_id, run_id, depth + 1)
            return
        if not isinstance(tree, YamlMap):
            return
        if is_eval(tree):
            if self._is_new(tree):
                self.evals.append(Eval(tree))
            eval_id = str(tree.get("id") or "")
        elif is_run(tree):
            run_id = _run_id(tree, f"run {len(self.runs) + 1}")
            if "id" not in tree and run_id in self.runs:
                run_id = f"{run_id} ({len(self.runs) + 1})"
            run = self.run(run_id)
            run.tree, run.eval_id = tree, str(tree.get("eval_id") or eval_id)
        elif is_output_item(tree):
            run = self.run(str(tree.get("run_id") or run_id))
            if self._is_new(tree):
                run.items.append(tree)
            run.eval_id = run.eval_id or str(tree.get("eval_id") or eval_id)
            return
        # what stands beside an eval or a run is of it
        evals, runs = (list(filter(kind, tree.values())) for kind in (is_eval, is_run))
        eval_id = str(evals[0].get("id") or "") if len(evals) == 1 else eval_id
        run_id = _run_id(runs[0], run_id) if len(runs) == 1 else run_id
        for key, value in tree.items():
            if key not in ("testing_criteria", "data_source_config", "data_source"):
                self.look(value, eval_id, run_id, depth + 1)


def _run_id(tree: YamlMap, otherwise: str) -> str:
    return str(tree.get("id") or tree.get("name") or otherwise)


def is_eval(tree: Any) -> bool:
    return isinstance(tree, YamlMap) and isinstance(tree.get("testing_criteria"), YamlList)


def is_run(tree: Any) -> bool:
    if not isinstance(tree, YamlMap) or not isinstance(tree.get("data_source"), YamlMap):
        return False
    if tree.get("object") == "eval.run" or "eval_id" in tree:
        return True
    # what a run was made with says less of itself
    return "object" not in tree and {"type", "source"} <= tree["data_source"].keys()


def is_output_item(tree: Any) -> bool:
    return isinstance(tree, YamlMap) and isinstance(tree.get("datasource_item"), YamlMap)


def holds_any(tree: Any, depth: int = 0) -> bool:
    """Return whether an object of the hosted product is somewhere in a tree."""
    if is_eval(tree) or is_run(tree) or is_output_item(tree):
        return True
    if depth > _DEEPEST:
        return False
    inner = tree.values() if isinstance(tree, YamlMap) else tree
    return isinstance(tree, (YamlMap, YamlList)) and any(
        holds_any(one, depth + 1) for one in list(inner)[:50]
    )


def read_evals(source: Source) -> list[Eval]:
    """Return the evals of a file with their runs, of which others may lie beside it.

    A file that has runs or items alone gets its eval from beside it; without one it is an
    `ArenaFileError`.
    """
    own = _Found()
    own.look(source.tree)
    evals = {one.id for one in own.evals}
    wanted = {run.eval_id for run in own.runs.values()} - evals
    beside = _Found()
    if evals - {""} or wanted - {""}:
        for tree in _neighbours(source):
            beside.look(tree)
    missing = [one for one in beside.evals if one.id in wanted]
    if not own.evals:
        own.evals += {one.id: one for one in missing}.values()
    if not own.evals:
        named = ", ".join(sorted(wanted - {""})) or "that they are of"
        raise ArenaFileError(
            Problem(
                "runs or output items without their eval",
                source.place,
                expected="an object with testing_criteria in this file or in one beside it",
                fix=f"put the export of the eval {named} into the same folder",
            )
        )
    known = {one.id for one in own.evals}
    for name, run in beside.runs.items():
        mine = own.runs.get(name)
        if mine is not None:
            mine.tree = mine.tree or run.tree
            mine.items = mine.items or run.items
            mine.eval_id = mine.eval_id or run.eval_id
        elif run.eval_id in known - {""} and (evals or name in own.runs):
            own.runs[name] = run
    _assign(own, source)
    return own.evals


def _assign(found: _Found, source: Source) -> None:
    """Give each run to its eval; those that say nothing belong to the only one."""
    by_id = {one.id: one for one in found.evals}
    for run in found.runs.values():
        alone = found.evals[0] if len(found.evals) == 1 and not run.eval_id else None
        owner = by_id.get(run.eval_id, alone)
        if owner is not None:
            owner.runs.append(run)
        else:
            place = next((one.place for one in (run.tree, *run.items) if one is not None), None)
            what = f"the run {run.id or '(without an id)'}, whose eval is not here"
            source.findings.left_out(place, what, "put the eval's export beside it")


def _neighbours(source: Source) -> Iterator[Any]:
    """Yield the trees of other files that may hold objects of the product: those of the folder,
    of the folders in it, and of the three above it."""
    folder = source.path.parent
    paths = _json_below(folder)
    for parent in list(folder.parents)[:3]:
        if parent.is_relative_to(source.root):
            paths += [path for path in sorted(parent.glob("*.json*")) if path.is_file()]
    for path in dict.fromkeys(paths):
        if path != source.path and _is_marked(path):
            try:
                yield source.tree_of(path)
            except ArenaFileError as error:
                source.findings.left_out(source.place, f"{path.name} cannot be read: {error}")


def _json_below(folder: Path) -> list[Path]:
    found: list[Path] = []
    for pattern in ("*.json*", "*/*.json*", "*/*/*.json*", "*/*/*/*.json*"):
        found += sorted(path for path in folder.glob(pattern) if path.is_file())
        if len(found) > _MOST_FILES:
            break
    return found[:_MOST_FILES]


def _is_marked(path: Path) -> bool:
    if path.suffix not in (".json", ".jsonl") or ".arena." in path.name:
        return False
    try:
        return path.stat().st_size <= LARGEST and any(m in path.read_bytes() for m in _MARKS)
    except OSError:
        return False


def data_files(source: Source) -> Iterator[tuple[Path, YamlList]]:
    """Yield the files of JSON lines beside a source whose rows have an `item`, with the rows."""
    for path in sorted(source.path.parent.glob("*.jsonl")):
        if ".arena." in path.name or path == source.path or not path.is_file():
            continue
        try:
            if b'"item"' not in path.read_bytes()[:1_000_000]:
                continue
            tree = source.tree_of(path)
        except (ArenaFileError, OSError):
            continue
        if isinstance(tree, YamlList) and tree and all(is_row(row) for row in tree):
            yield path, tree


def is_row(tree: Any) -> bool:
    return isinstance(tree, YamlMap) and isinstance(tree.get("item"), YamlMap)
