"""What Ctrl-C leaves of a run: one that can end, and in order where it is at its end already."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from pytest_arena.running.interrupts import given_in, held, let_others_import


class OrderlyEnd:
    """The writing of results and reports, which the first Ctrl-C lets come to its end; of a run
    that was interrupted, the next one breaks it off."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        let_others_import()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int
    ) -> Generator[None, object, object]:
        if exitstatus == pytest.ExitCode.INTERRUPTED:
            return (yield)
        with held():
            result = yield
            if given_in():
                session.exitstatus = pytest.ExitCode.INTERRUPTED
                reporter = session.config.pluginmanager.get_plugin("terminalreporter")
                if reporter is not None and not session.shouldstop:
                    reporter.write_sep("!", "Ctrl-C, when all results were there", red=True)
        return result
