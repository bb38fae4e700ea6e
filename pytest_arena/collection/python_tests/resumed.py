"""Tests that an interrupted run has finished: pytest is told of them, and none of them runs."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from pytest_arena.collection.failure_repr import failure_repr
from pytest_arena.results.cell import Cell
from pytest_arena.results.failure_text import report_text


def resumed_reports(
    item: pytest.Item, nextitem: pytest.Item | None, cells: list[Cell]
) -> list[Any]:
    """Return the reports of a test with these cells; fixtures that no test behind it needs are
    taken down."""
    call = _report(item, "call")
    ill = next((cell for cell in cells if cell.verdict != "passed"), None)
    if ill is not None and ill.is_xfailed:
        call.outcome, call.wasxfail = "skipped", ill.xfail
    elif ill is not None:
        path, line, _ = item.reportinfo()
        call.outcome = "failed"
        call.longrepr = failure_repr(str(path), (line or 0) + 1, report_text(ill))
    call.arena_resumed = True
    down = pytest.CallInfo.from_call(
        lambda: item.session._setupstate.teardown_exact(nextitem), "teardown"
    )
    return [
        _report(item, "setup"),
        call,
        pytest.TestReport.from_item_and_call(item, down),
    ]


def _report(item: pytest.Item, when: Literal["setup", "call"]) -> Any:
    keywords: Any = dict.fromkeys(item.keywords, 1)
    return pytest.TestReport(item.nodeid, item.location, keywords, "passed", None, when)
