"""What all tests share: how hypothesis runs them, what coverage leaves out, imports made once."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from execnet import gateway_io
from hypothesis import settings
from warm_programs import WARM

# How long an example takes says nothing on a busy machine.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


_POSIX = frozenset(
    {
        *("test_running_file_locks", "test_running_program", "test_running_time_limit"),
        *("test_survival_signals", "test_without_posix", "test_resumed_conversations"),
        *("test_systems_exec", "test_systems_venv", "test_agent_faults", "test_judging_time"),
        *("test_docs_shard_recipes", "test_github_action", "test_packaging_commands"),
    }
)
"""Modules whose tests send signals, or use shells and calls that Windows does not have."""


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Skip on Windows what has no twin there; the tests beside it look at what takes its place."""
    if os.name != "nt":
        return
    for item in items:
        if item.path.stem in _POSIX:
            item.add_marker(pytest.mark.skip(reason="needs what Windows does not have"))


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Run a test marked `untraced` without coverage's tracer.

    pytest-cov's own mark has no effect in xdist's workers.
    """
    if item.get_closest_marker("untraced") is None:
        return (yield)
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fork the workers of the runs of most tests; of each trade some keep what users have."""
    WARM.real_workers = item.get_closest_marker("real_workers") is not None


def pytest_unconfigure() -> None:
    WARM.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in the last lines that browser tests were skipped: a green run has not shown them."""
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", ())
        if report.nodeid.startswith("tests/browser/")
    ]
    if skipped:
        why = dict.fromkeys(str(report.longrepr[-1]) for report in skipped)
        text = f"{len(skipped)} browser tests were skipped: {'; '.join(why)}"
        terminalreporter.write_line(text, yellow=True)


class KeptImports:
    """What runs of pytest inside pytest have imported, which the runs after them find done.

    pytester takes the modules that a run imported out again, so that each would read, rewrite and
    execute all of pytest-arena, pandas and the clients anew: most of what a small run costs. What
    a test wrote itself goes, as before: other tests have modules of the same names.
    """

    def __init__(self) -> None:
        self._modules: dict[str, ModuleType] = {}

    def put_back(self) -> None:
        for name, module in self._modules.items():
            sys.modules.setdefault(name, module)

    def keep(self, written: Path) -> None:
        """Keep what is imported now, without what lies in the folder that tests write to."""
        # an import amid another thread would be left in halves
        for thread in threading.enumerate():
            if thread.name.startswith("arena-warm-up"):
                thread.join()
        for name in sys.modules.keys() - self._modules.keys():
            file = getattr(sys.modules[name], "__file__", None)
            if file is not None and not Path(file).is_relative_to(written):
                self._modules[name] = sys.modules[name]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        """Put back what the fixture `pytester` took out at its end, too, and let go of modules
        that the test wrote: others have the same names."""
        written = getattr(item, "funcargs", {}).get("tmp_path")
        yield
        self.put_back()
        for name, module in list(sys.modules.items()) if written is not None else ():
            if (getattr(module, "__file__", None) or "").startswith(f"{written}{os.sep}"):
                del sys.modules[name]


class EndOfRun:
    """The end of a run in this process, at which its imports are kept before it takes them out."""

    def __init__(self, imports: KeptImports, written: Path) -> None:
        self._imports = imports
        self._written = written

    def pytest_unconfigure(self) -> None:
        self._imports.keep(self._written)


@pytest.fixture(scope="session", autouse=True)
def _imported_once(request: pytest.FixtureRequest) -> Iterator[None]:
    imports = KeptImports()
    request.config.pluginmanager.register(imports)

    def inline_run(
        self: pytest.Pytester, *args: Any, plugins: Sequence[Any] = (), **given: Any
    ) -> pytest.HookRecorder:
        end = EndOfRun(imports, self.path.parent)
        try:
            return original(self, *args, plugins=[*plugins, end], **given)
        finally:
            imports.put_back()

    original = pytest.Pytester.inline_run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pytest.Pytester, "inline_run", inline_run)
        patch.setattr(gateway_io, "create_io", WARM.workers())
        yield
    request.config.pluginmanager.unregister(imports)
