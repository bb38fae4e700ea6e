"""A run whose texts stay on disk says in all its reports what one says that is held in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Project

from pytest_arena.results import finished_lines, left_texts

ARENA = """\
providers: [{name: a, provider: mock}, {name: b, provider: mock}]
tests:
  - name: Greeting
    prompt: Say hello to the customer, please.
    mock: {a: Hello dear customer!, b: Go away and come back later.}
    assertions: [{type: contains, value: Hello}]
  - name: Talk
    conversation:
      - {user: What is the capital of Australia?}
      - {user: And of New Zealand?}
    mock: [It is Canberra., It is Wellington.]
    assertions: [{type: contains, value: Wellington}]
"""
REPORTS = ("--arena-report=html,markdown,json,csv,otlp", "--arena-answers", "-v")
_OF_THE_MOMENT = {"latency_ms", "first_token_ms", "started_at", "trace_id", "started_ms"}


def texts_of(value: Any) -> Iterator[str]:
    """Yield all that a report holds and is the same in each run."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in _OF_THE_MOMENT:
                yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)
    elif isinstance(value, str):
        yield value


def told(project: Project, *arguments: str) -> dict[str, Any]:
    result = project.run(*REPORTS, *arguments)
    folder = project.path / "arena-report"
    report = json.loads((folder / "report.json").read_text())
    answers = ("Hello dear customer!", "Go away", "It is Canberra.", "It is Wellington.")
    csv = (folder / "report.csv").read_text()
    page = (folder / "report.md").read_text()
    spans = (folder / "traces.jsonl").read_text()
    return {
        "code": result.ret,
        "cells": list(texts_of(report["cells"])),
        "lines": [list(texts_of(one)) for one in project.records()[1:-1]],
        "csv": [csv.count(answer) for answer in answers],
        "markdown": [page.count(answer) for answer in answers],
        "spans": [spans.count(answer) for answer in answers],
        "terminal": [result.stdout.str().count(answer) for answer in answers],
    }


def test_texts_on_disk_are_in_every_report_and_under_the_gate(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(arena=ARENA)
    in_memory = told(project, "--arena-update-baseline")
    assert in_memory["csv"][0]
    monkeypatch.setattr(finished_lines, "MOST_IN_MEMORY", 0)
    monkeypatch.setattr(finished_lines, "SHORT_LINE", 0)
    monkeypatch.setattr(left_texts, "LONGEST_KEPT", 8)
    assert told(project, "--arena-update-baseline") == in_memory
    gated = told(
        project, "--arena-baseline=.arena/baseline.jsonl", "--arena-fail-on=regression", "-n2"
    )
    assert gated["code"] == 0
    assert [one["standing"]["status"] for one in project.records()[1:-1]]
    for name in ("csv", "spans"):
        assert gated[name] == in_memory[name]


def test_no_process_keeps_the_lines_that_it_has_passed_on(
    project: Project, spread: tuple[str, ...]
) -> None:
    project.write(arena=ARENA)
    project.pytester.makeconftest(
        """
        import pytest

        def pytest_sessionfinish(session):
            # what keeps reports in each process, though workers show nothing of them
            terminal = session.config.pluginmanager.get_plugin("terminalreporter")
            kept = [one for of_kind in terminal.stats.values() for one in of_kind]
            held = [one for one in kept if isinstance(one, pytest.TestReport)]
            assert held
            worker = getattr(session.config, "workerinput", {}).get("workerid", "main")
            with open(f"held-{worker}", "w") as file:
                file.write(str(sum("arena_cells" in vars(one) for one in held)))
        """
    )
    project.run(*spread)
    held = {file.name: file.read_text() for file in project.path.glob("held-*")}
    assert len(held) == (3 if spread else 1)
    assert set(held.values()) == {"0"}
