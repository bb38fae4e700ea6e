"""Cells whose setup and teardown do nothing and are seen by nobody: their call alone is run.

pytest goes through a dozen hooks for each item, most of them with wrappers of many plug-ins. Most
cells need few of them, and in a run of thousands this is a good part of the time that is not spent
waiting.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import pytest
from _pytest.runner import check_interactive_exception, pytest_runtest_call

from pytest_arena.collection.items import ArenaFile, CellItem

if TYPE_CHECKING:
    import pluggy

    from pytest_arena.collection.collected_arenas import CollectedArenas

_IDLE = frozenset(
    f"_pytest.{name}"
    for name in (
        "cacheprovider",
        "capture",
        "faulthandler",
        "logging",
        "main",
        "runner",
        "skipping",
        "stepwise",
        "subtests",
        "terminal",
        "threadexception",
        "tmpdir",
        "unittest",
        "unraisableexception",
    )
) | frozenset(
    f"pytest_arena.collection.{name}"
    for name in (
        "held_reports",
        "progress",
        "python_tests.plugin",
        "redaction",
        "results_collector",
        "session",
        "short_protocol",
        "shown_answers",
    )
)
"""What has a part in the hooks that are left out, and does nothing there for cells without marks
and fixtures, or is called in another way here. Others, of which a later pytest may bring some, are
let look."""
_LOOKED_AT = (
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "pytest_runtest_call",
    "pytest_runtest_teardown",
    "pytest_runtest_makereport",
    "pytest_runtest_logreport",
    "pytest_report_teststatus",
    "pytest_arena_before_request",
    "pytest_arena_after_response",
)
_OPTIONS = (
    "debug",
    "durations",
    "log_cli_level",
    "setuponly",
    "setupplan",
    "setupshow",
    "usepdb",
)
"""What shows setups and teardowns, or stops within them, where it is given: `--durations=0` is."""
PRINTING = frozenset(
    (
        "autoevals",
        "deepeval",
        "litellm",
        "model2vec",
        "presidio_analyzer",
        "pydantic_evals",
        "wordllama",
    )
)
"""Libraries that may print, once they are imported."""
_MARKS = frozenset({"skip", "skipif", "xfail", "usefixtures"})


class ShortProtocol:
    """Runs a cell by its call alone, with one report, where nobody could tell.

    All others are left to pytest: a cell with marks or fixtures, the first and the last of a file,
    and each of a run in which a plug-in, a conftest file or an option looks at setups, teardowns
    or reports, or in which code of the project's own may print.
    """

    def __init__(
        self,
        config: pytest.Config,
        arenas: CollectedArenas,
        complete: Callable[[CellItem, pytest.TestReport], object],
    ) -> None:
        """`arenas` are those of the run; all are known once the first cell runs. `complete` puts
        into the report of a cell that has passed what hooks do else."""
        self._config = config
        self._arenas = arenas
        self._complete = complete
        self._is_short: dict[ArenaFile, bool] = {}

    def pytest_plugin_registered(self) -> None:
        self._is_short.clear()

    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> bool | None:
        if not isinstance(item, CellItem) or nextitem is None:
            return None
        file = item.parent
        if nextitem.parent is not file or not _is_set_up(file) or _has_part(item.own_markers):
            return None
        if file not in self._is_short:
            self._is_short[file] = not self._is_watched and _is_unseen(file)
        if not (self._is_short[file] and sys.modules.keys().isdisjoint(PRINTING)):
            return None
        self._run(item, file.hooks_of_run)
        return True

    @cached_property
    def _is_watched(self) -> bool:
        """Whether an option shows what happens around calls, or code prints while they are made."""
        option = self._config.option
        return (
            any(_is_given(getattr(option, name, None)) for name in _OPTIONS)
            or bool(self._config.getini("log_cli"))
            or self._arenas.go_by_own_code()
        )

    def _run(self, item: CellItem, hooks: pluggy.HookRelay) -> None:
        hooks.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        call = pytest.CallInfo.from_call(
            lambda: pytest_runtest_call(item),
            when="call",
            reraise=(pytest.exit.Exception, KeyboardInterrupt),
        )
        os.environ.pop("PYTEST_CURRENT_TEST", None)
        if call.excinfo is None:
            report = pytest.TestReport.from_item_and_call(item, call)
            self._complete(item, report)
        else:
            report = hooks.pytest_runtest_makereport(item=item, call=call)
        hooks.pytest_runtest_logreport(report=report)
        if check_interactive_exception(call, report):
            hooks.pytest_exception_interact(node=item, call=call, report=report)
        hooks.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _is_given(value: object) -> bool:
    return value is not None and value is not False


def _is_set_up(file: ArenaFile) -> bool:
    """Return whether a file is set up, and nothing but nodes, which do nothing, is torn down when
    the run ends here."""
    stack = file.session._setupstate.stack
    return file in stack and all(
        error is None and len(finalizers) == 1 for finalizers, error in stack.values()
    )


def _has_part(marks: Iterable[pytest.Mark]) -> bool:
    """Return whether one of these has a part in how an item is set up or fails."""
    return any(mark.name in _MARKS for mark in marks)


def _is_unseen(file: ArenaFile) -> bool:
    """Return whether nobody sees a file's cells set up and torn down, and nothing is for them."""
    if file.fixture_info.name2fixturedefs or _has_part(file.iter_markers()):
        return False
    return all(
        impl.function.__module__ in _IDLE
        for name in _LOOKED_AT
        for impl in getattr(file.hooks_of_run, name).get_hookimpls()
        # a wrapper of the protocol is around this one, too
        if name != "pytest_runtest_protocol" or not (impl.wrapper or impl.hookwrapper)
    )
