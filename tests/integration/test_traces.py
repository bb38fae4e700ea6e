"""Traces of whole runs: sent once, whatever the number of workers and whatever comes of it."""

from __future__ import annotations

import json

from conftest import Project
from servers.otlp_collector import OtlpCollector

ARENA = """\
providers:
  - {name: one, provider: mock}
  - {name: two, provider: mock}
tests:
  - name: Greets
    prompt: Hello
    trials: 2
    mock: {one: Hi., two: Go away.}
    assertions: [{type: contains, value: Hi}]
"""


def test_traces_are_sent_once_and_as_they_are_written(
    project: Project, spread: tuple[str, ...]
) -> None:
    project.write(arena=ARENA)
    with OtlpCollector() as collector:
        result = project.run(
            "--arena-report=otlp", f"--arena-otlp-endpoint={collector.url}", *spread
        )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"otlp: * traces sent to 127.0.0.1:{collector.port}"])
    assert len(collector.requests) == 1
    written = [
        span
        for line in (project.path / "arena-report" / "traces.jsonl").read_text().splitlines()
        for scoped in json.loads(line)["resourceSpans"][0]["scopeSpans"]
        for span in scoped["spans"]
    ]
    assert collector.spans == written
    known = {trial["trace_id"] for cell in project.cells().values() for trial in cell["trials"]}
    assert {span["traceId"] for span in written} == known


def test_a_collector_that_is_away_changes_nothing(project: Project) -> None:
    project.write(arena=ARENA.replace("Go away.", "Hi too."))
    with OtlpCollector() as collector:
        pass
    result = project.run(f"--arena-otlp-endpoint={collector.url}")
    result.assert_outcomes(passed=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["otlp: the traces could not be sent to 127.0.0.1:*"])
