"""Spans that applications send while they are asked, as what the span assertions look at."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession, web
from conftest import Project
from servers.service import BotService
from servers.web_server import WebServer

SENDS = """
import json, os, sys
from urllib.request import Request, urlopen


def export(url, traceparent, *, root="handle", broken=""):
    _, trace, parent, _ = traceparent.split("-")
    begin = 1_800_000_000_000_000_000
    spans = [
        {"traceId": trace, "spanId": "22" * 8, "parentSpanId": "11" * 8, "name": "search",
         "startTimeUnixNano": str(begin), "endTimeUnixNano": str(begin + 30_000_000)},
        {"traceId": trace, "spanId": "11" * 8, "parentSpanId": parent, "name": root,
         "startTimeUnixNano": str(begin), "endTimeUnixNano": str(begin + 40_000_000)},
    ]
    if broken:
        spans[0]["status"] = {"code": 2, "message": broken}
    if root is None:
        del spans[1]
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
    headers = {"Content-Type": "application/json"}
    urlopen(Request(url + "/v1/traces", body, headers)).read()


def answer(prompt, traceparent, otel_endpoint):
    export(otel_endpoint, traceparent)
    return "done"


def by_variable(traceparent):
    export(os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"], traceparent)
    return "done"


if __name__ == "__main__":
    how = sys.argv[1]
    url = os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].removesuffix("/v1/traces")
    if how == "lines":
        for line in sys.stdin:
            given = json.loads(line)
            export(url, given["traceparent"])
            print(json.dumps({"id": given["id"], "output": "done"}), flush=True)
    elif how == "part":
        export(url, os.environ["TRACEPARENT"], root=None)
    elif how != "silent":
        export(url, os.environ["TRACEPARENT"], broken="down" if how == "broken" else "")
    print("done")
"""
CASE = """
tests:
  - name: Works
    trials: 2
    conversation: [{user: one}, {user: two}]
    assertions:
      - {type: span_count, name: search, min: 2, max: 2}
      - {type: span_duration, name: handle, max_ms: 41}
      - {type: no_error_spans}
"""
PYTHON = "provider: python, without: [history], otel_receiver: true"
EXEC = "provider: exec, without: [history]"


@pytest.fixture
def sends(project: Project) -> Project:
    (project.path / "sends.py").write_text(SENDS)
    return project


def providers(*entries: str) -> str:
    lines = "\n".join(f"  - {{{one.replace('PYTHON', sys.executable)}}}" for one in entries)
    return f"providers:\n{lines}\n{CASE}"


def test_whoever_is_asked_can_send_its_spans(sends: Project, spread: tuple[str, ...]) -> None:
    sends.write(
        arena=providers(
            f'name: function, {PYTHON}, call: "sends:answer"',
            f'name: venv, {PYTHON}, call: "sends:by_variable", venv: "PYTHON"',
            f"name: once, {EXEC}, otel_receiver: true, command: [PYTHON, sends.py, once]",
            f"name: lines, {EXEC}, otel_receiver: {{wait: 9s}}, persistent: true, "
            "command: [PYTHON, sends.py, lines]",
        )
    )
    sends.run(*spread).assert_outcomes(passed=4)
    (cell,) = [one for one in sends.cells().values() if one["provider"] == "once"]
    (first, _) = cell["trials"][0]["responses"]
    assert [one["name"] for one in first["trace"]["spans"]] == ["search", "handle"]
    assert first["trace"]["problem"] == ""


@pytest.mark.parametrize(
    ("how", "verdict", "reason"),
    [
        ("broken", "failed", "search failed: down, and 1 more"),
        ("silent", "error", "no span of this call came within 0.05 s of the answer"),
        ("part", "error", "the span that was begun with the call's traceparent has not come "
                          "within 0.05 s of the answer; 1 below it have"),
    ],
)  # fmt: skip
def test_what_did_not_come_whole_is_judged_by_nobody(
    how: str, verdict: str, reason: str, sends: Project
) -> None:
    entry = f"name: one, {EXEC}, otel_receiver: {{wait: 50ms}}, command: [PYTHON, sends.py, {how}]"
    text = providers(entry).replace("trials: 2", "trials: 1")
    sends.write(
        arena=text[: text.index("      - {type: span_count")] + "      - {type: no_error_spans}\n"
    )
    sends.run()
    ((trial,),) = (cell["trials"] for cell in sends.cells().values())
    (finding,) = trial["assertions"]
    assert (trial["verdict"], finding["verdict"]) == (verdict, verdict)
    assert finding["reason"] == reason


class TracedService(WebServer):
    """A service that has been told once and for all where its spans go."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._collector = f"http://127.0.0.1:{port}/v1/traces"

    async def handle(self, request: web.Request) -> web.Response:
        _, trace, parent, _ = request.headers["traceparent"].split("-")
        begin = 1_800_000_000_000_000_000
        span: dict[str, Any] = {"traceId": trace, "name": "handle", "parentSpanId": parent}
        span |= {"spanId": "11" * 8, "startTimeUnixNano": begin, "endTimeUnixNano": begin + 1000}
        search = {**span, "spanId": "22" * 8, "parentSpanId": "11" * 8, "name": "search"}
        scoped = {"resourceSpans": [{"scopeSpans": [{"spans": [search, span]}]}]}
        await self._export(scoped)
        return web.json_response({"text": "done"})

    async def _export(self, spans: dict[str, Any]) -> None:
        """Send spans as exporters do: again, where nobody takes them just now."""
        async with ClientSession() as session:
            while True:
                with suppress(ClientError):
                    async with session.post(self._collector, json=spans) as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(0.01)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


@pytest.mark.real_workers
def test_a_service_sends_to_a_port_that_all_workers_share(
    project: Project, spread: tuple[str, ...]
) -> None:
    port = free_port()
    with TracedService(port) as service:
        url = f'provider: http, without: [history], url: "{service.url}/chat", output: text'
        entries = [f"name: {one}, {url}, otel_receiver: {{port: {port}}}" for one in ("a", "b")]
        cases = "".join(
            CASE.replace("Works", f"Works {number}").replace("tests:\n", "") for number in range(6)
        )
        project.write(arena=providers(*entries).replace(CASE, f"\ntests:\n{cases}"))
        project.run(*spread).assert_outcomes(passed=12)


def test_a_service_that_cannot_know_the_port_is_refused(project: Project) -> None:
    entry = 'name: a, provider: http, without: [history], url: "http://x", otel_receiver: true'
    project.write(arena=providers(entry))
    result = project.run()
    result.stderr.fnmatch_lines(
        [
            "ERROR: arena.yaml:2:5: provider 'a' has otel_receiver at a port that it cannot know",
            "  expected: a port that it exports to, or {{ otel_endpoint }} in what is sent",
            "  fix: write otel_receiver: {port: 4318}",
        ]
    )


def test_a_port_that_is_taken_is_an_error_of_the_cell(
    sends: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_arena.span_receiver.relay._ASKING_S", 0.2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        taken.settimeout(0)
        entry = f"name: a, {EXEC}, otel_receiver: {{port: {port}}}, command: [echo, done]"
        sends.write(arena=providers(entry))
        sends.run().assert_outcomes(errors=1)
    ((trial, _),) = (cell["trials"] for cell in sends.cells().values())
    assert trial["error"]["kind"] == "configuration"
    assert trial["error"]["message"].startswith(f"otel_receiver: port {port} is taken by another")


def test_received_spans_stand_in_the_report_of_traces(sends: Project) -> None:
    entry = f"name: once, {EXEC}, otel_receiver: true, command: [PYTHON, sends.py, once]"
    sends.write(arena=providers(entry).replace("trials: 2", "trials: 1"))
    sends.run("--arena-report=otlp").assert_outcomes(passed=1)
    (line,) = (sends.path / "arena-report" / "traces.jsonl").read_text().splitlines()
    (scoped,) = json.loads(line)["resourceSpans"][0]["scopeSpans"]
    parents = {one["name"]: one.get("parentSpanId") for one in scoped["spans"]}
    turns = {one["spanId"] for one in scoped["spans"] if one["name"].startswith("invoke_agent")}
    assert parents["handle"] in turns


def test_a_service_may_be_told_the_port_in_what_it_is_sent(project: Project) -> None:
    with BotService() as service:
        entry = (
            f'name: a, provider: http, without: [history], url: "{service.url}/text", '
            'otel_receiver: {wait: 50ms}, headers: {x-otel: "{{ otel_endpoint }}"}'
        )
        project.write(arena=providers(entry).replace("trials: 2", "trials: 1"))
        project.run().assert_outcomes(errors=1)
        told = [headers["x-otel"] for _, _, headers, _ in service.asked("/text")]
    assert told[0].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("given", "said", "fix"),
    [
        ("yes please", "bad otel_receiver 'yes please'", "write otel_receiver: true"),
        ("4318", "bad otel_receiver 4318", "write otel_receiver: {port: 4318}"),
        ("{prot: 4318}", "unknown key 'prot' in 'otel_receiver'", "did you mean 'port'?"),
    ],
)
def test_another_word_for_it_is_refused(given: str, said: str, fix: str, project: Project) -> None:
    entry = f"name: a, {EXEC}, otel_receiver: {given}, command: [echo, done]"
    project.write(arena=providers(entry))
    result = project.run()
    result.stdout.fnmatch_lines([f"arena.yaml:2:*: {said}*", f"  fix: {fix}"])
    result.assert_outcomes(errors=1)


def test_spans_that_wait_for_a_batch_in_this_process_are_sent(project: Project) -> None:
    (project.path / "batched.py").write_text(BATCHED)
    entry = f'name: function, {PYTHON}, call: "batched:answer"'
    project.write(arena=providers(entry))
    # it takes the place of what all of a process shares
    project.run_apart().assert_outcomes(passed=1)


BATCHED = (
    SENDS.split("def answer(")[0]
    + """
from opentelemetry import trace


class Batches:
    '''A provider of tracers that sends when it is told to, as an SDK does by default.'''

    waiting = []

    def get_tracer(self, *given, **named):
        return trace.NoOpTracer()

    def force_flush(self, timeout_millis=0):
        while self.waiting:
            export(*self.waiting.pop())


trace.get_tracer_provider = lambda held=Batches(): held


def answer(prompt, traceparent, otel_endpoint):
    trace.get_tracer_provider().waiting.append((otel_endpoint, traceparent))
    return "done"
"""
)
