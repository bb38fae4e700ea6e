"""Rates in a run: servers that refuse what comes too fast, and files that say what is allowed."""

from __future__ import annotations

import time

import pytest
from conftest import Project
from servers.formats import Reply
from servers.wire import WireRequest, WireServer


def arena(cases: int, **providers: str) -> str:
    lines = ["providers:"]
    for name, settings in providers.items():
        lines.append(f"  - {{name: {name}, provider: openai, model: {name}, {settings}}}")
    lines.append("tests:")
    for number in range(cases):
        lines += [
            f"  - name: Case {number:03}",
            f"    prompt: number {number:03}",
            "    assertions: [{type: contains, value: ok}]",
        ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("workers", "limit"),
    [
        ((), ""),
        (("-n2",), ""),
        (("-n2",), ", rate_limit: {requests_per_minute: 1200}"),
    ],
)
def test_a_server_that_takes_twenty_a_second_gets_all_calls_in(
    project: Project, workers: tuple[str, ...], limit: str
) -> None:
    with WireServer(per_second=20, latency_s=0.02, keep=False) as server:
        project.write(arena=arena(50, m=f"api_base: {server.url}/v1{limit}"))
        project.run(*workers).assert_outcomes(passed=50)
    record = server.record
    assert record.calls - record.refused == 50
    # Without a limit in the file, the first burst tells. How evenly calls come to the server, the
    # machine says: how few are refused where they come as they were started is a unit test's.
    assert record.refused <= (25 if limit else 50)


def test_one_that_is_always_refused_ends_and_holds_up_nobody(
    project: Project, spread: tuple[str, ...]
) -> None:
    def script(request: WireRequest) -> Reply:
        if request.body["model"] == "busy":
            return Reply(error="rate_limit", retry_after="600")
        return Reply(text="ok")

    with WireServer(script) as server:
        base = f"api_base: {server.url}/v1"
        project.write(arena=arena(12, busy=f"{base}, retry_for: 2s", free=base))
        result = project.run("--arena-concurrency=2", *spread)
    verdicts = project.verdicts()
    assert [verdicts[f"Case {n:03}[free]"] for n in range(12)] == ["passed"] * 12
    assert [verdicts[f"Case {n:03}[busy]"] for n in range(12)] == ["error"] * 12
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    busy = [request for request in server.requests if request.body["model"] == "busy"]
    # The third refusal in a row, whichever worker it comes to, ends it for all. While one is on
    # its way, a call more may start in each second: on a busy machine a few do, never all twelve.
    assert 3 <= len(busy) <= 6


def test_a_call_that_waits_for_the_rate_holds_no_place(project: Project) -> None:
    with WireServer() as server:
        base = f"api_base: {server.url}/v1"
        slow = f"{base}, rate_limit: {{requests_per_minute: 15}}"
        project.write(arena=arena(2, slow=slow, free=base))
        project.run("--arena-concurrency=1").assert_outcomes(passed=4)
    models = [request.body["model"] for request in server.requests]
    # with one place in all, the others went by in the four seconds that the second slow one waited
    assert models.index("free") <= 1
    assert models[-1] == "slow"


def test_tokens_are_limited_as_well(project: Project) -> None:
    # 18 tokens an answer: before the last of 20 there are 342, which take 0.95 seconds
    came: list[float] = []

    def script(request: WireRequest) -> Reply:
        came.append(time.monotonic())
        return Reply()

    with WireServer(script, keep=False) as server:
        limit = "rate_limit: {tokens_per_minute: 21600}"
        project.write(arena=arena(20, m=f"api_base: {server.url}/v1, {limit}"))
        project.run().assert_outcomes(passed=20)
    # never faster; how much slower, the machine says
    assert came[-1] - came[0] > 0.85


def test_headers_that_leave_nothing_are_waited_for(project: Project) -> None:
    def script(request: WireRequest) -> Reply:
        headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "300ms"}
        return Reply(headers=headers if request.prompt == "number 000" else {})

    with WireServer(script) as server:
        project.write(arena=arena(3, m=f"api_base: {server.url}/v1"))
        project.run("--arena-concurrency=1").assert_outcomes(passed=3)
    assert server.calls == 3


def test_a_mock_that_stands_for_a_provider_is_not_paced(project: Project) -> None:
    text = arena(4, m="rate_limit: {requests_per_minute: 0.01}").replace(
        "tests:", "mock: {default: ok}\ntests:"
    )
    project.write(arena=text)
    # paced, the second call would start in a hundred minutes
    project.run("--arena-mock").assert_outcomes(passed=4)
