"""What all tests share: how hypothesis runs them, what coverage leaves out, whole imports."""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import settings

# How long an example takes says nothing on a busy machine.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


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


class WholeImports:
    """Let a run in this process end only when the imports that it began have ended.

    pytester then takes the new modules out again. Doing so amid an import in another thread would
    leave halves of packages to the tests that follow.
    """

    def pytest_unconfigure(self) -> None:
        for thread in threading.enumerate():
            if thread.name.startswith("arena-warm-up"):
                thread.join()


@pytest.fixture(scope="session", autouse=True)
def _whole_imports() -> Iterator[None]:
    def inline_run(
        self: pytest.Pytester, *args: Any, plugins: Sequence[Any] = (), **given: Any
    ) -> pytest.HookRecorder:
        return original(self, *args, plugins=[*plugins, WholeImports()], **given)

    original = pytest.Pytester.inline_run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pytest.Pytester, "inline_run", inline_run)
        yield
