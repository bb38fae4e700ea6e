"""No secret leaves this process by pytest's own ways: reports, logs, warnings, internal errors."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator
from pathlib import Path
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
        self._clean = ""
        """The properties that were looked through last: all reports of a test have the same."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        self._clean_debug_file()
        logs = self._config.pluginmanager.get_plugin("logging-plugin")
        for name in _HANDLERS:
            handler = getattr(logs, name, None)
            if isinstance(handler, logging.Handler):
                handler.addFilter(self._clean_record)

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_parametrize_id(self, val: object) -> str | None:
        """Name a parametrized test without the secret that it is given."""
        if not isinstance(val, (str, bytes)):
            return None
        text = val if isinstance(val, str) else val.decode("utf-8", "replace")
        clean = self._redactor.clean(text)
        return clean if clean != text else None

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self) -> Generator[None, None, None]:
        yield
        path = getattr(self._config.option, "xmlpath", None)
        if path and not hasattr(self._config, "workerinput"):
            clean_junit(Path(path), self._redactor)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, Any]:
        return self.clean_report((yield))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        # pytest makes the report of a subtest of another one, and adds to it what was captured
        context = getattr(report, "context", None)
        if context is None:
            return
        self.clean_report(report)
        for name in ("msg", "kwargs"):
            held = getattr(context, name, None)
            clean = self._redactor.clean_value(held)
            if clean != held:
                # frozen, and what makes it would quote its values once more
                object.__setattr__(context, name, clean)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        # conftest files may have set further variables by now
        self._redactor.learn(os.environ)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self) -> Generator[None, Any, Any]:
        return self.clean_report((yield))

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

    def clean_report(self, report: Any, without: tuple[str, ...] = ()) -> Any:
        """Take secrets out of a report, and return it; properties whose names begin as one of
        `without` have none."""
        if report.longrepr is not None:
            # a test may have set what it fails with
            self._redactor.learn(os.environ)
        if report.sections:
            report.sections = [(name, self._redactor.clean(text)) for name, text in report.sections]
        if reason := getattr(report, "wasxfail", None):
            report.wasxfail = self._redactor.clean(str(reason))
        properties = getattr(report, "user_properties", None)
        if properties and not all(name.startswith(without) for name, _ in properties):
            # quickly, all in one: hardly any holds a secret
            every = "\n".join([str(part) for pair in properties for part in pair])
            if every == self._clean or self._redactor.clean(every) == every:
                self._clean = every
            else:
                report.user_properties = [
                    (self._redactor.clean(str(name)), self._cleaned(value))
                    for name, value in properties
                ]
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

    def _cleaned(self, value: Any) -> Any:
        """Return a value without secrets; as a text, where there are some."""
        text = value if isinstance(value, str) else str(value)
        clean = self._redactor.clean(text)
        return value if clean == text else clean

    def _clean_debug_file(self) -> None:
        """Keep secrets out of what `--debug` writes from here on: the arguments of all hooks."""
        root = self._config.trace.root
        write = root._writer
        if getattr(self._config.option, "debug", None) and write is not None:
            root.setwriter(lambda text: write(self._redactor.clean(text)))

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


def clean_junit(path: Path, redactor: Redactor) -> None:
    """Take secrets out of a JUnit file, wherever tests and plug-ins have put them."""
    from xml.etree import ElementTree

    # as pytest's own plug-in finds it
    path = Path(os.path.expandvars(path.expanduser()))
    if not path.is_file():
        # whoever was to write it has told why it could not
        return
    tree = ElementTree.parse(path)  # noqa: S314 - pytest has just written it
    changed = False
    for element in tree.iter():
        for name, text in element.attrib.items():
            clean = redactor.clean(text)
            changed = changed or clean != text
            element.set(name, clean)
        for place in ("text", "tail"):
            said = getattr(element, place)
            if said and (clean := redactor.clean(said)) != said:
                setattr(element, place, clean)
                changed = True
    if changed:
        tree.write(path, encoding="utf-8", xml_declaration=True)
