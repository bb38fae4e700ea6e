"""Reports of workers that hold in common what is equal in them, as those of one process do."""

from __future__ import annotations

from sys import intern
from typing import Any

import pytest

_WORDS = ("outcome", "when", "worker_id", "testrun_uid")
"""Attributes with the same few texts in all reports."""
_OF_TEST = ("nodeid", "_id", "location", "keywords")
"""Attributes that all reports of one test have alike; which of the first two depends on pytest."""
_LONGEST = 100
"""Characters of a value that may be that of other tests, too."""


class SharedReports:
    """What came through a channel has all texts anew, the names of its attributes among them, and
    pytest's terminal keeps each report to the end: those of 50,000 cells had 400 MB."""

    def __init__(self) -> None:
        self._last: dict[object, dict[str, Any]] = {}
        """The attributes of the last report of each worker."""

    def share(self, report: pytest.TestReport) -> None:
        """Have a report hold what other reports hold, where that is equal."""
        facts = {intern(name): value for name, value in vars(report).items()}
        facts.update((name, _text(facts.get(name))) for name in _WORDS if name in facts)
        worker = facts.get("worker_id")
        before = self._last.get(worker, {})
        if all(facts.get(name) == before.get(name) for name in _OF_TEST):
            facts.update((name, before[name]) for name in _OF_TEST if name in facts)
        else:
            facts["location"] = tuple(map(_text, report.location))
            facts["keywords"] = {_text(name): value for name, value in report.keywords.items()}
        properties, known = report.user_properties, before.get("user_properties", [])
        facts["user_properties"] = [*(known if properties == known else map(_property, properties))]
        report.__dict__ = self._last[worker] = facts


def _property(pair: Any) -> Any:
    return tuple(map(_text, pair)) if type(pair) is tuple else pair


def _text(value: Any) -> Any:
    """Return a text that is held once, and all else as it is."""
    return intern(value) if type(value) is str and len(value) <= _LONGEST else value
