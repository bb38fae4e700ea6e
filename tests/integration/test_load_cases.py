"""Load cases over a real wire: the peak, who waits, several workers, and how a run is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from conftest import INTERRUPTIBLE, Project
from servers.formats import Format, Reply
from servers.wire import WireRequest, WireServer


class Meeting(WireServer):
    """Hold the load's answers, and one of the other provider's, until both are asked for at once.

    `mixed` counts the calls of other cases that met the load on its own provider.
    """

    def __init__(self, users: int) -> None:
        super().__init__()
        self.users = users
        self.under_load = self.beside = self.peak_load = self.peak_beside = self.mixed = 0
        self.met = asyncio.Event()
        self.other_waits = False

    async def _reply(
        self, request: WireRequest, form: Format, streams: bool, reader: Any, writer: Any
    ) -> bool:
        load, busy = request.prompt == "load", request.body["model"] == "busy"
        self.under_load += load
        self.beside += busy and not load
        self.peak_load = max(self.peak_load, self.under_load)
        self.peak_beside = max(self.peak_beside, self.beside)
        self.mixed += bool(self.under_load and self.beside)
        held = load or (not busy and request.prompt == "before 0")
        self.other_waits |= held and not load
        if self.under_load == self.users and self.other_waits:
            self.met.set()
        try:
            if held:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.met.wait(), 60)
            await asyncio.sleep(0.01)
            return await super()._reply(request, form, streams, reader, writer)
        finally:
            self.under_load -= load
            self.beside -= busy and not load


def arena(server: WireServer) -> str:
    lines = [
        "providers:",
        f"  - {{name: busy, provider: openai, model: busy, api_base: {server.url}/v1, "
        "concurrency: 2}",
        f"  - {{name: other, provider: openai, model: other, api_base: {server.url}/v1}}",
        "tests:",
    ]
    for number in range(4):
        lines += [f"  - name: Before {number}", f"    prompt: before {number}", CHECK]
    lines += ["  - name: Load", "    prompt: load", "    providers: [busy]"]
    lines += ["    concurrent_users: 6", "    messages_per_user: 3", CHECK]
    for number in range(4):
        lines += [f"  - name: After {number}", f"    prompt: after {number}", CHECK]
    return "\n".join(lines) + "\n"


CHECK = "    assertions: [{type: contains, value: ok}]"


def test_a_load_runs_alone_on_its_provider_while_others_go_on(
    project: Project, spread: tuple[str, ...]
) -> None:
    with Meeting(users=6) as server:
        project.write(arena=arena(server))
        result = project.run("--arena-concurrency=4", *spread)
        assert server.met.is_set()
    result.assert_outcomes(passed=17)
    # more than the provider's 2 and the run's 4: the load itself says how many
    assert (server.peak_load, server.mixed, server.calls) == (6, 0, 34)
    load = project.cells()["arena.yaml::Load[busy]"]["load"]
    assert (load["users"], load["answered"], load["errors"]) == (6, 18, {})


ENDLESS = """\
providers: [{name: m, provider: mock, model: m}, {name: n, provider: mock, model: n}]
tests:
  - name: Wrong
    prompt: hi
    providers: [m]
    mock: bad
    assertions: [{type: contains, value: good}]
  - name: Endless
    concurrent: 3
    duration: 1h
    mock: {text: good, latency: 20ms}
    assertions: [{type: contains, value: good}]
"""


def test_a_failure_under_x_ends_a_load_that_was_started_ahead(project: Project) -> None:
    project.write(arena=ENDLESS)
    result = project.run("-x")
    result.assert_outcomes(failed=1)
    assert project.verdicts() == {"Wrong[m]": "failed"}


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_ends_a_load_at_once(project: Project, spread: tuple[str, ...]) -> None:
    with WireServer(latency_s=0.02) as server:
        project.write(
            arena=f"""\
providers:
  - {{name: m, provider: openai, model: m, api_base: {server.url}/v1}}
tests:
  - name: Endless
    concurrent: 3
    duration: 1h
    assertions: [{{type: contains, value: ok}}]
"""
        )
        process = subprocess.Popen(
            [sys.executable, "-c", INTERRUPTIBLE, "--arena", "-p", "no:randomly", *spread],
            cwd=project.path,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            assert server.wait_until(lambda record: record.calls > 10, 60)
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output


class Apart(Meeting):
    """Count calls that meet the load; answer judges as they must."""

    def __init__(self) -> None:
        super().__init__(users=3)
        self.met.set()
        judgement = json.dumps({"evidence": [], "reasoning": "so", "level": "fully"})
        self.script = lambda request: Reply(text=judgement if "JSON" in request.prompt else "ok")


LOAD_AND_JUDGED = """\
providers:
  - {{name: busy, provider: openai, model: busy, api_base: {url}/v1, concurrency: 2}}
  - {{name: other, provider: openai, model: other, api_base: {url}/v1}}
judge: busy
tests:
  - name: Load
    prompt: load
    providers: [busy]
    concurrent_users: 3
    messages_per_user: 15
    assertions: [{{type: contains, value: ok}}]
  - name: Judged
    matrix: {{number: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}}
    prompt: number {{{{ number }}}}
    providers: [other]
    assertions: [{{type: llm_judge, criteria: anything}}]
"""


def test_judges_of_other_workers_are_held_back_while_their_provider_is_under_load(
    project: Project,
) -> None:
    with Apart() as server:
        project.write(arena=LOAD_AND_JUDGED.format(url=server.url))
        result = project.run("-n2")
    result.assert_outcomes(passed=13)
    assert (server.peak_load, server.mixed, server.calls) == (3, 0, 45 + 24)
    assert server.peak_beside <= 2, "the limit of a judge holds over all workers"


@pytest.mark.parametrize("dist", ["loadfile", "worksteal", "loadscope", "loadgroup"])
def test_a_load_runs_alone_however_xdist_deals_the_cells(project: Project, dist: str) -> None:
    with Apart() as server:
        text = LOAD_AND_JUDGED.format(url=server.url).replace("providers: [other]", "")
        project.pytester.makefile(".arena.yaml", a=text)
        project.pytester.makefile(".arena.yaml", b=text.replace("Judged", "Others"))
        result = project.run("-n2", f"--dist={dist}")
    result.assert_outcomes(passed=50)
    assert (server.peak_load, server.mixed) == (3, 0)
    assert server.peak_beside <= 2


@pytest.mark.real_workers
def test_each_is_refused_and_no_runs_in_one_process(project: Project) -> None:
    project.write(arena=ENDLESS.replace("duration: 1h", "duration: 50ms"))
    result = project.run("-n2", "--dist=each")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--dist each would run every cell once on each worker"])
    result = project.run("--tx=2*popen", "--dist=no")
    result.assert_outcomes(passed=2, failed=1)


@pytest.mark.real_workers
def test_workers_on_several_machines_cannot_keep_a_load_alone_unless_it_is_dealt(
    project: Project,
) -> None:
    project.write(arena=ENDLESS.replace("duration: 1h", "duration: 50ms"))
    machines = ("--px=popen//id=elsewhere", "--tx=popen", "--tx=popen//via=elsewhere")
    result = project.run(*machines, "--dist=loadfile")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*a load case runs alone on provider 'm', which workers on several machines cannot "
            "arrange under this --dist",
            "*fix: use --dist load (the default), or workers on one machine",
        ]
    )
    project.run(*machines, "--dist=load").assert_outcomes(passed=2, failed=1)
