"""How many calls are in flight, counted by the server: limits, look-ahead, -k and -x."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import Any

import pytest
from conftest import Project
from servers.formats import Format, Reply
from servers.wire import WireRequest, WireServer

from pytest_arena.providers.openai import OpenAIProvider


class Gate(WireServer):
    """Hold all answers until `hold` calls are in flight at once, and then linger on each, so that
    one call too many would be seen; counts the peak of each model apart."""

    def __init__(self, hold: int, script: Any = None) -> None:
        super().__init__(script)
        self.hold = hold
        self.open = asyncio.Event()
        self.now: Counter[str] = Counter()
        self.peaks: Counter[str] = Counter()

    async def _reply(
        self,
        request: WireRequest,
        form: Format,
        streams: bool,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        model = request.body["model"]
        self.now[model] += 1
        self.peaks[model] = max(self.peaks[model], self.now[model])
        if self.record.in_flight >= self.hold:
            self.open.set()
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.open.wait(), 60)
            await asyncio.sleep(0.02)
            return await super()._reply(request, form, streams, reader, writer)
        finally:
            self.now[model] -= 1


@pytest.fixture(scope="module", autouse=True)
def _client() -> None:
    # imported here, so that no run of pytest inside pytest has to do it anew
    OpenAIProvider.warm_up()


def arena(server: WireServer, cases: int, **concurrency: int | None) -> str:
    lines = ["providers:"]
    for name, limit in concurrency.items():
        more = f", concurrency: {limit}" if limit else ""
        lines.append(
            f"  - {{name: {name}, provider: openai, model: {name}, "
            f"api_base: {server.url}/v1{more}}}"
        )
    lines.append("tests:")
    for number in range(cases):
        lines += [
            f"  - name: Case {number:03}",
            f"    prompt: number {number:03}",
            "    assertions: [{type: contains, value: ok}]",
        ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("workers", [0, 2, 3])
def test_the_peak_equals_the_limit_over_all_and_each_providers_own(
    project: Project, workers: int
) -> None:
    with Gate(hold=7) as server:
        project.write(arena=arena(server, 14, slow=2, fast=None))
        arguments = [f"-n{workers}"] if workers else []
        project.run("--arena-concurrency=7", *arguments).assert_outcomes(passed=28)
    assert (server.peak, server.peaks["slow"], server.calls) == (7, 2, 28)


@pytest.mark.parametrize("workers", [0, 3])
def test_entries_of_one_endpoint_share_its_places_over_files(
    project: Project, workers: int
) -> None:
    def renamed(text: str, model: str, name: str) -> str:
        return text.replace(f"name: {model},", f"name: {name},")

    # of `one` no more than two calls come at once; of `two`, another model, four
    with Gate(hold=6) as server:
        project.write(arena=arena(server, 6, one=5))
        other = renamed(arena(server, 6, one=2), "one", "mini")
        third = renamed(arena(server, 6, two=4), "two", "one")
        project.pytester.makefile(".arena.yaml", other=other, third=third)
        result = project.run("--arena-concurrency=12", *([f"-n{workers}"] if workers else []))
        result.assert_outcomes(passed=18)
        assert server.peaks == {"one": 2, "two": 4}


def test_calls_are_in_flight_far_ahead_of_their_items(project: Project) -> None:
    # no answer comes before all 16 calls of the default limit are in flight
    with Gate(hold=16) as server:
        project.write(arena=arena(server, 16, m=None))
        project.run().assert_outcomes(passed=16)
        assert server.open.is_set()
    assert server.peak == 16


def test_deselected_items_are_not_called(project: Project, spread: tuple[str, ...]) -> None:
    with Gate(hold=1) as server:
        project.write(arena=arena(server, 12, m=None, other=None))
        result = project.run("-k", "(003 or 007) and not other", *spread)
    result.assert_outcomes(passed=2, deselected=0 if spread else 22)
    assert sorted(request.prompt for request in server.requests) == ["number 003", "number 007"]


def fails_first(request: WireRequest) -> Reply:
    return Reply(text="no" if request.prompt in ("number 000", "number 001") else "ok")


@pytest.mark.real_workers
def test_the_first_failure_stops_new_calls_under_x(
    project: Project, spread: tuple[str, ...]
) -> None:
    with Gate(hold=1, script=fails_first) as server:
        project.write(arena=arena(server, 200, m=None))
        result = project.run("-x", "--arena-concurrency=4", *spread)
    assert result.ret in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
    if not spread:
        result.assert_outcomes(failed=1)
    # the failing cell, and those that were started ahead: twice the limit (xdist lets a worker
    # end what it was sent before the failure was known)
    assert server.calls <= (9 if not spread else 30)
    kept = project.cells()
    assert kept["arena.yaml::Case 000[m]"]["verdict"] == "failed"
    assert len(kept) <= server.calls
