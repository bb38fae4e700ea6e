"""Reports of workers: the same for all who read them, and equal parts held once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_arena.collection.shared_reports import SharedReports


def sent(case: str, when: str, worker: str = "gw0", **more: Any) -> pytest.TestReport:
    """Return a report as it comes out of a channel, with all texts anew."""
    facts = {
        "nodeid": f"arena.yaml::{case}[m]",
        "location": ["arena.yaml", 3, f"{case}[m]"],
        "keywords": {f"{case}[m]": 1, "arena.yaml": 1},
        "outcome": "passed",
        "longrepr": None,
        "when": when,
        "worker_id": worker,
        "testrun_uid": "0123456789",
        **more,
    }
    read = json.loads(json.dumps(facts))
    properties = [tuple(pair) for pair in read.pop("user_properties", [])]
    read["location"] = tuple(read["location"])
    return pytest.TestReport(**read, user_properties=properties)


def shown(report: pytest.TestReport) -> dict[str, Any]:
    return {**vars(report), "nodeid": report.nodeid}


PROPERTIES = [["arena_case", "A"], ["arena_latency_ms", 0.5], ["note", "x" * 5_000]]


def test_a_report_stays_what_it_was() -> None:
    shared = SharedReports()
    for case in ("A", "B", "A"):
        for when in ("setup", "call", "teardown"):
            more = {} if when == "setup" else {"user_properties": PROPERTIES}
            report, as_sent = (sent(case, when, **more, kept=[1]) for _ in range(2))
            shared.share(report)
            assert shown(report) == shown(as_sent)
            report.node = "set by xdist"


def test_reports_of_a_test_hold_its_facts_once() -> None:
    shared = SharedReports()
    reports = [sent("A", when, user_properties=PROPERTIES) for when in ("call", "teardown")]
    # what another worker sends meanwhile is in nobody's way
    for report in (reports[0], sent("B", "call", "gw1"), reports[1]):
        shared.share(report)
    first, last = reports
    assert first.keywords is last.keywords
    assert first.location is last.location
    assert first.user_properties[2] is last.user_properties[2]
    first.user_properties.append(("more", 1))
    assert len(last.user_properties) == len(PROPERTIES)


def test_all_reports_hold_the_names_of_attributes_and_a_runs_words_once() -> None:
    shared = SharedReports()
    reports = [sent("A", "call", "gw0", extra=1), sent("B", "call", "gw1", extra=2)]
    for report in reports:
        shared.share(report)
    first, last = (vars(report) for report in reports)
    assert [name for name, other in zip(first, last, strict=True) if name is not other] == []
    assert first["testrun_uid"] is last["testrun_uid"]
    assert first["location"][0] is last["location"][0]
