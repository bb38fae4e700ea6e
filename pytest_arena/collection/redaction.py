"""No secret leaves this process by pytest's own ways: reports, logs, warnings, internal errors."""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from warnings import WarningMessage

    from pytest_arena.text.redaction import Redactor

_HANDLERS = ("caplog_handler", "report_handler", "log_cli_handler", "log_file_handler")


class RunRedaction:
    """What keeps secrets out of all that pytest shows of any test while arena files are run.

    A traceback under `-l` shows local variables, a log at DEBUG the headers of a request, and a
    captured output whatever was printed.
    """

    def __init__(self, config: pytest.Config, redactor: Redactor) -> None:
        self._config = config
        self._redactor = redactor

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        logs = self._config.pluginmanager.get_plugin("logging-plugin")
        for name in _HANDLERS:
            handler = getattr(logs, name, None)
            if isinstance(handler, logging.Handler):
                handler.addFilter(self._clean_record)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, Any]:
        return self._clean_report((yield))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self) -> Generator[None, Any, Any]:
        return self._clean_report((yield))

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: WarningMessage) -> None:
        text = str(warning_message.message)
        clean = self._redactor.clean(text)
        if clean != text:
            warning_message.message = UserWarning(clean)

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any) -> None:
        text = str(excrepr)
        clean = self._redactor.clean(text)
        if clean != text:
            # pytest and its plug-ins print this object, each in its own way
            excrepr.toterminal = lambda writer: writer.line(clean)

    def _clean_report(self, report: Any) -> Any:
        report.sections = [(name, self._redactor.clean(text)) for name, text in report.sections]
        shown = report.longrepr
        if isinstance(shown, tuple):
            path, line, reason = shown
            report.longrepr = (path, line, self._redactor.clean(reason))
        elif shown is not None:
            text = str(shown)
            clean = self._redactor.clean(text)
            if clean != text:
                report.longrepr = clean
        return report

    def _clean_record(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        clean = self._redactor.clean(text)
        if clean != text:
            record.msg, record.args = clean, None
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
            record.exc_text = self._redactor.clean(trace)
            if record.exc_text != trace:
                record.exc_info = None
        return True
