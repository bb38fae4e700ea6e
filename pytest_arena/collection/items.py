"""Arena files as pytest collectors, and their cells as pytest items."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from inspect import getsourcefile
from typing import TYPE_CHECKING, Any, Protocol

import pluggy
import pytest
from _pytest.fixtures import FixtureDef, TopRequest
from _pytest.pathlib import absolutepath
from _pytest.skipping import xfailed_key

from pytest_arena._garbage import no_collection
from pytest_arena.collection.failure_repr import CellErrored, CellFailed, failure_repr
from pytest_arena.collection.shown_answers import ANSWER, shows_answers
from pytest_arena.errors import UserError
from pytest_arena.results.cell import MARKED, Cell
from pytest_arena.results.cleaning import clean_text
from pytest_arena.results.failure_text import passed_text, report_text
from pytest_arena.text.exception_text import exception_text

if TYPE_CHECKING:
    from pathlib import Path

    from _pytest._code.code import TerminalRepr

    from pytest_arena.gating.gatekeeper import Excuse
    from pytest_arena.loading.plans import Arena, CellPlan
    from pytest_arena.schema import ProviderSpec


class ArenaWarning(pytest.PytestWarning):
    """A warning of something in an arena file that is allowed but looks wrong."""


class Arenas(Protocol):
    """What collectors need: something that loads arena files."""

    def load(self, path: Path) -> Arena: ...


class CellRunner(Protocol):
    """What items need: something that runs their cells."""

    warns: bool
    """Whether warnings on files are this process's to give: every worker collects them all."""

    def run(self, item: CellItem) -> Cell: ...

    def excuse(self, cell: Cell) -> Excuse | None: ...


class ArenaFile(pytest.File):
    """An arena file: its cells are its items; collecting makes no call."""

    arenas: Arenas
    runner: CellRunner
    fixture_info: Any = None
    """What pytest knows of the fixtures that all items of the file use."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shown: dict[str, str] = {}

    def source_of(self, name: str) -> Path:
        """Return where a file lies that a case stands in; this one where it has no name."""
        return self.config.rootpath / name if name else self.path

    def shown_source_of(self, name: str) -> str:
        """Return the file that a case stands in as pytest shows it: it is one for many items."""
        if name not in self._shown:
            path = absolutepath(self.source_of(name))
            self._shown[name] = self.session._node_location_to_relpath(path)
        return self._shown[name]

    @cached_property
    def conftest_fixtures(self) -> tuple[FixtureDef[Any], ...]:
        """The autouse fixtures of conftest files that the file's items get."""
        known = self.fixture_info.name2fixturedefs
        last = [known[name][-1] for name in self.fixture_info.names_closure if known.get(name)]
        return tuple(f for f in last if (getsourcefile(f.func) or "").endswith("conftest.py"))

    @cached_property
    def hooks_of_run(self) -> pluggy.HookRelay:
        """The hooks of the conftest files that go for the file's items, once all are loaded."""
        return self.ihook

    def collect(self) -> list[CellItem]:
        with no_collection():
            arena = self.arenas.load(self.path)
            for text in arena.warnings if self.runner.warns else ():
                self.warn(ArenaWarning(text))
            self._register_tags(arena)
            items = [self._item(plan) for plan in arena.cells]
            # they stay: looking through them for cycles, again and again, frees nothing
            gc.freeze()
        return items

    def _item(self, plan: CellPlan) -> CellItem:
        item: CellItem = CellItem.from_parent(
            self,
            name=plan.name,
            # pytest 9 keeps "[…]" apart as parameters only when it parses the whole string:
            # without it --lf, --ff, --sw and --nf never match an item with a bracket
            nodeid=f"{self.nodeid}::{plan.name}",
            plan=plan,
        )
        return item

    def repr_failure(  # type: ignore[override]
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> str | TerminalRepr:
        # pytest's own Collector overrides it with this signature, too
        if isinstance(excinfo.value, UserError):
            first = excinfo.value.problems[0].place
            path = clean_text(str(self.path))
            return failure_repr(path, first.line if first else 1, str(excinfo.value))
        return super().repr_failure(excinfo)

    def _register_tags(self, arena: Arena) -> None:
        for tag in dict.fromkeys(tag for plan in arena.cells for tag in plan.case.tags):
            self.config.addinivalue_line("markers", f"{tag}: a tag of arena cases")


def providers_under_load(items: Iterable[pytest.Item]) -> list[ProviderSpec]:
    """Return the providers that a load case among these items has to itself for a while."""
    found = {
        id(item.plan.provider): item.plan.provider
        for item in items
        if isinstance(item, CellItem) and item.plan.case.load is not None
    }
    return list(found.values())


class CellItem(pytest.Item):
    """One case against one provider: an item of pytest."""

    parent: ArenaFile
    _request: Any = None
    """What sets up fixtures; between its runs an item has none, and pytest makes it anew."""
    funcargs: Any = None

    def __init__(self, *, plan: CellPlan, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan
        case = plan.case
        self._source, self._line = case.source, case.line
        self.extra_keyword_matches.update((case.name, plan.column, plan.provider.name, *case.tags))
        for tag in case.tags:
            self.add_marker(tag)
        if plan.skip is not None:
            self.add_marker(pytest.mark.skip(reason=plan.skip))
        if plan.xfail is not None:
            # an error is no failure: it is never expected
            self.add_marker(pytest.mark.xfail(reason=plan.xfail, raises=CellFailed))
        self._use_fixtures()

    def _use_fixtures(self) -> None:
        # the way in which pytest's own doctest items get the autouse fixtures of conftest files
        if self.parent.fixture_info is None:
            manager = self.session._fixturemanager
            self.parent.fixture_info = manager.getfixtureinfo(node=self, func=None, cls=None)
        self._fixtureinfo = self.parent.fixture_info
        self.fixturenames = self._fixtureinfo.names_closure

    def _initrequest(self) -> None:
        """Begin with no fixture set up; pytest calls it before each setup of the item."""
        self.funcargs = {}
        self._request = TopRequest(self, _ispytest=True)  # type: ignore[arg-type]

    @property
    def ihook(self) -> pluggy.HookRelay:
        # pytest finds them anew for each of an item's many hook calls; while it collects, further
        # conftest files may come
        return self.parent.hooks_of_run if self.session.testscollected else super().ihook

    def setup(self) -> None:
        self._request._fillfixtures()

    def runtest(self) -> None:
        cell = self.parent.runner.run(self)
        excuse = None if self._is_expected(cell) else self.parent.runner.excuse(cell)
        _note(self, PENDING, value=excuse is not None and excuse.pending)
        _note(self, EXCUSED, value=excuse is not None)
        if excuse is not None:
            pytest.xfail(excuse.reason)
        if cell.verdict == "skipped":
            pytest.skip(cell.reason or "")
        if cell.verdict == "failed":
            raise CellFailed(cell)
        if cell.verdict == "error":
            raise CellErrored(cell)

    def _is_expected(self, cell: Cell) -> bool:
        """Return whether a mark, the case's own or a conftest's, expects that the cell failed."""
        mark = self.stash.get(xfailed_key, None)
        if mark is None or cell.verdict != "failed" or self.config.getoption("runxfail", False):
            return False
        raises = mark.raises
        if raises is None or isinstance(raises, (type, tuple)):
            return raises is None or issubclass(CellFailed, raises)
        return raises.matches(CellFailed(cell))

    def repr_failure(  # type: ignore[override]
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> str | TerminalRepr:
        cell = self._cell_of(excinfo.value)
        path, line, _ = self.reportinfo()
        if cell is not None:
            return failure_repr(str(path), line + 1, report_text(cell))
        try:
            return super().repr_failure(excinfo)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it must not end the run
            said = exception_text(excinfo.value, self.config.rootpath)
            undrawn = f"pytest cannot draw its traceback: {type(error).__name__}"
            return failure_repr(str(path), line + 1, f"{said}\n{undrawn}")

    def _cell_of(self, raised: BaseException) -> Cell | None:
        """Return the cell that an outcome of the item tells of."""
        if isinstance(raised, (CellFailed, CellErrored)):
            return raised.cell
        if isinstance(raised, pytest.xfail.Exception) and has_cell(self):
            return self.stash[CELL][0]
        return None

    def reportinfo(self) -> tuple[Any, int, str]:
        return self.parent.source_of(self._source), self._line - 1, self.name

    @cached_property
    def location(self) -> tuple[str, int | None, str]:
        return self.parent.shown_source_of(self._source), self._line - 1, self.name

    def let_go(self) -> None:
        """Let go of what the item was to run, when the run has ended: reports go by cells, and take
        memory of their own. An item that a hook has put into the run twice is told so twice."""
        with suppress(AttributeError):
            del self.plan


CELL = pytest.StashKey[tuple[Cell, str]]()
"""The cell that an item has finished and its report has not taken along yet."""
EXCUSED = pytest.StashKey[bool]()
"""Whether `--arena-fail-on` excuses an item's cell, for now or for good."""
PENDING = pytest.StashKey[bool]()
"""Whether the gate has not decided on an item's cell yet."""
RESUMED = pytest.StashKey[bool]()
"""Whether an item's cell was finished by an interrupted run."""


def leave(item: pytest.Item, cell: Cell, line: str) -> None:
    """Leave a cell and its line with the item, for the next report."""
    item.stash[CELL] = (cell, line)


def has_cell(item: pytest.Item) -> bool:
    """Return whether a cell waits for the item's report."""
    return CELL in item.stash


def held_to_mark(item: pytest.Item, report: Any) -> Cell | None:
    """Hold the item's cell to an xfail mark that is not its case's own, as a conftest adds one.

    Returns the cell with the mark's reason where it failed. An error was expected by nobody: the
    mark covers none, and pytest is told that it failed.
    """
    reason = getattr(report, "wasxfail", None)
    if reason is None or not report.skipped or not has_cell(item):
        return None
    cell = item.stash[CELL][0]
    if cell.verdict == "error" and not item.stash.get(EXCUSED, False):
        report.outcome = "failed"
        del report.wasxfail
    elif cell.verdict == "failed" and cell.xfail is None and not item.stash.get(EXCUSED, False):
        return replace(cell, xfail=reason or MARKED)
    return None


def _note(item: pytest.Item, key: pytest.StashKey[bool], *, value: bool) -> None:
    """Note something of an item that holds of few: what is false needs no place in each."""
    if value or key in item.stash:
        item.stash[key] = value


def mark_resumed(item: pytest.Item) -> None:
    """Note that the item's cell comes from an interrupted run."""
    item.stash[RESUMED] = True


def take_along(item: pytest.Item, report: Any) -> None:
    """Put the item's cell into a report, which then lasts as long as the calls."""
    cell, line = item.stash[CELL]
    report.arena_cells = [[cell.id, line]]
    report.arena_verdict = cell.verdict
    if item.stash.get(RESUMED, False):
        report.arena_resumed = True
    latencies = [took for trial in cell.trials if (took := trial.latency_ms)]
    if cell.load is not None:
        report.duration = cell.load.elapsed_s
    elif latencies:
        # the wait for a call that was started ahead says nothing
        report.duration = sum(latencies) / 1000
    if cell.verdict == "passed" and shows_answers(item.config):
        # shown as pytest shows what a passed test printed
        report.sections.append((ANSWER, passed_text(cell)))
    del item.stash[CELL]
    # a re-run of the item runs its cell
    _note(item, RESUMED, value=False)
