"""What is left of a run that is interrupted or killed: every cell that had finished, once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from textwrap import dedent
from typing import Any

import pytest
from conftest import INTERRUPTIBLE, Project
from servers.formats import Format, Reply
from servers.wire import WireRequest, WireServer
from survival import is_alive, process_group, wait_until

CONFTEST = """\
import os
import pytest

@pytest.hookimpl(trylast=True)
def pytest_runtest_logstart(nodeid, location):
    with open("started", "a") as file:
        file.write(nodeid + "\\n")

def pytest_arena_before_request(request):
    request.params["extra_headers"] = {"x-pid": str(os.getpid())}

def pytest_arena_after_response(request, config):
    with open(config.rootpath / "answered", "a") as file:
        file.write(request.case + "\\n")
"""
CHECKS = """\
import os, signal

def dies(output):
    if output == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if output == "exit":
        os._exit(3)
    if output == "press":
        signal.raise_signal(signal.SIGINT)
    return output != "fail"
"""


def hangs_on(*hanging: str, **others: str) -> Callable[[WireRequest], Reply]:
    """Answer at once, but for the prompts that hang and those that get another answer."""

    def script(request: WireRequest) -> Reply:
        if request.prompt in hanging:
            return Reply(fault="hang")
        return Reply(text=others.get(request.prompt, "ok"))

    return script


def write(project: Project, server: WireServer, cases: int) -> list[str]:
    names = [f"c{number}" for number in range(cases)]
    lines = [
        "providers:",
        f"  - {{name: m, provider: openai, model: m, api_base: {server.url}/v1}}",
        "tests:",
    ]
    for name in names:
        lines += [
            f"  - name: {name}",
            f"    prompt: {name}",
            "    assertions: [{type: python, call: 'checks:dies'}]",
        ]
    project.write(arena="\n".join(lines))
    project.pytester.makepyfile(conftest=CONFTEST, checks=CHECKS)
    return names


@contextmanager
def running(project: Project, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run pytest in a process group of its own; nothing of it is left at the end."""
    command = [sys.executable, "-c", INTERRUPTIBLE, "--arena", "--arena-report=markdown", "-v"]
    command += ["-p", "no:randomly", "-p", "no:cacheprovider", *arguments]
    with process_group(command, project.path) as process:
        yield process


def answered(project: Project) -> set[str]:
    file = project.path / "answered"
    return set(file.read_text().split()) if file.exists() else set()


def passed_items(project: Project) -> set[str]:
    """Return the cases that pytest has called passed so far."""
    lines = (project.path / "output").read_text().splitlines()
    return {line.partition("::")[2].partition("[")[0] for line in lines if "PASSED" in line}


def kept(project: Project) -> dict[str, dict[str, Any]]:
    """Return the cells of the results file and of the shards; each stands once in its file."""
    folder = project.path / "arena-report"
    found: dict[str, dict[str, Any]] = {}
    for file in [*folder.glob("results.jsonl"), *folder.glob(".shards/*/*.jsonl")]:
        cells = [json.loads(line) for line in file.read_text().splitlines()]
        cells = [cell for cell in cells if cell.get("kind") == "cell"]
        assert max(Counter(cell["id"] for cell in cells).values(), default=1) == 1, file
        found |= {cell["case"]: cell for cell in cells}
    return found


AMID_AN_IMPORT = """
import _imp, sys, threading
locked, answers = threading.Event(), threading.Event()

def pytest_runtest_teardown(item):
    answers.wait(30)
    _imp.acquire_lock()  # as `import` leaves it where Ctrl-C comes right behind this
    locked.set()
    raise KeyboardInterrupt

def pytest_arena_after_response(request):
    if request.case == "c1":
        answers.set()
        locked.wait(30)
        sys.modules.pop("colorsys", None)
        import colorsys
"""


def test_ctrl_c_amid_an_import_ends_a_run_whose_calls_import_something(project: Project) -> None:
    with WireServer(hangs_on()) as server:
        write(project, server, 3)
        project.pytester.makepyfile(conftest=AMID_AN_IMPORT)
        with running(project) as process:
            assert process.wait(60) == pytest.ExitCode.INTERRUPTED
    assert project.verdicts()["c0[m]"] == "passed"


@pytest.mark.parametrize(
    ("arguments", "whole_group"),
    [((), False), (("-n2",), True), (("-n2",), False)],
    ids=["one-process", "n2-terminal", "n2-controller"],
)
def test_ctrl_c_keeps_what_was_answered_and_cancels_the_rest(
    project: Project, arguments: tuple[str, ...], whole_group: bool
) -> None:
    with WireServer(hangs_on("c0", "c1", "c6", "c7")) as server:
        write(project, server, 8)
        with running(project, *arguments) as process:
            wait_until(lambda: len(answered(project)) == 4, project.path)
            assert server.wait_until(lambda record: record.in_flight == 4)
            (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
            assert process.wait(60) == pytest.ExitCode.INTERRUPTED
        assert server.wait_until_idle()
        assert server.calls == 8
    *_, end = project.records()
    assert (end["kind"], end["interrupted"]) == ("end", True)
    assert project.verdicts() == {f"c{number}[m]": "passed" for number in (2, 3, 4, 5)}
    assert "A part: 4 of 8 cells ran." in (project.path / "arena-report" / "report.md").read_text()
    assert not (project.path / "arena-report" / ".shards").exists()


class Held(WireServer):
    """Answers calls up to a number at once, and all others when it is told to."""

    def __init__(self, at_once: int) -> None:
        super().__init__()
        self.at_once = at_once
        self._told = asyncio.Event()

    def tell(self) -> None:
        self._loop.call_soon_threadsafe(self._told.set)

    async def _reply(
        self, request: WireRequest, form: Format, streams: bool, reader: Any, writer: Any
    ) -> bool:
        if self.calls > self.at_once:
            await self._told.wait()
        return await super()._reply(request, form, streams, reader, writer)


def test_ctrl_c_in_the_controller_alone_stops_the_calls_of_the_workers(project: Project) -> None:
    with Held(at_once=40) as server:
        write(project, server, 300)
        with running(project, "-n2", "--arena-concurrency=8") as process:
            wait_until(lambda: server.calls == 48 and passed_items(project), project.path)
            os.kill(process.pid, signal.SIGINT)
            # what tells the workers, which would hear of it seconds later; until then all places
            # are taken
            shards = project.path / "arena-report" / ".shards"
            wait_until(lambda: list(shards.glob("*/stopped")), project.path)
            server.tell()
            assert process.wait(60) == pytest.ExitCode.INTERRUPTED
        assert server.wait_until_idle()
        assert server.calls == 48
    cells = project.verdicts()
    assert set(cells.values()) == {"passed"}


AMID_TRIALS = {
    "cells": "",
    "ask": """
        @pytest.mark.parametrize("number", range(4))
        @pytest.mark.arena(trials=3)
        def test_asks(arena, number):
            arena.check(arena.ask("m", "hi"), contains="ok")
        """,
    "aask": """
        @pytest.mark.parametrize("number", range(4))
        @pytest.mark.arena(trials=3)
        def test_asks(arena, number):
            asyncio.run(asks(arena))

        async def asks(arena):
            await arena.acheck(await arena.aask("m", "hi"), contains="ok")
        """,
    "judge": """
        @pytest.mark.parametrize("number", range(4))
        @pytest.mark.arena(trials=3)
        def test_asks(arena, number):
            arena.check("hi", llm_judge="Says hello.")
        """,
    "ajudge": """
        @pytest.mark.parametrize("number", range(4))
        @pytest.mark.arena(trials=3)
        def test_asks(arena, number):
            asyncio.run(asks(arena))

        async def asks(arena):
            await arena.acheck("hi", llm_judge="Says hello.")
        """,
}


@pytest.mark.parametrize("what", AMID_TRIALS)
def test_what_the_controllers_ctrl_c_meets_amid_its_trials_has_not_finished(
    project: Project, what: str
) -> None:
    with Held(at_once=0) as server:
        entry = f"provider: openai, model: m, api_base: {server.url}/v1"
        arena = f"providers: [{{name: m, {entry}}}]\njudge: {{name: j, {entry}}}\n"
        if what == "cells":
            arena += "tests:\n" + "".join(
                f"  - {{name: c{number}, prompt: hi, trials: 3, "
                "assertions: [{type: contains, value: ok}]}\n"
                for number in range(4)
            )
        else:
            head = """
                import asyncio
                import pytest

                def test_first(arena):
                    arena.check("ok", contains="ok")
                """
            project.pytester.makepyfile(test_it=dedent(head) + dedent(AMID_TRIALS[what]))
        project.write(arena=arena)
        with running(project, "-n2", "--arena-concurrency=2") as process:
            wait_until(lambda: server.calls == 2, project.path)
            os.kill(process.pid, signal.SIGINT)
            shards = project.path / "arena-report" / ".shards"
            wait_until(lambda: list(shards.glob("*/stopped")), project.path)
            server.tell()
            assert process.wait(60) == pytest.ExitCode.INTERRUPTED
        assert server.calls == 2
    assert "INTERNALERROR" not in (project.path / "output").read_text()
    results = project.path / "arena-report" / "results.jsonl"
    found = project.verdicts() if results.exists() else {}
    assert found == ({} if what == "cells" else {"test_first[application]": "passed"})


def test_a_killed_only_process_leaves_what_had_finished(project: Project) -> None:
    with WireServer(hangs_on("c3")) as server:
        write(project, server, 6)
        with running(project) as process:
            wait_until(lambda: len(passed_items(project)) == 3, project.path)
            process.kill()
            process.wait(60)
    run, *cells = project.records()
    assert run["kind"] == "run"
    assert [(cell["case"], cell["verdict"]) for cell in cells] == [
        (f"c{number}", "passed") for number in range(3)
    ]


def test_an_assertion_that_ends_the_only_process_leaves_what_had_finished(
    project: Project,
) -> None:
    with WireServer(hangs_on(c3="exit")) as server:
        write(project, server, 6)
        with running(project) as process:
            assert process.wait(60) == 3
    assert set(kept(project)) == {"c0", "c1", "c2"}


def test_a_killed_worker_costs_its_running_cell_alone(project: Project) -> None:
    with WireServer(hangs_on("c4", c9="die")) as server:
        names = write(project, server, 14)
        with running(project, "-n2") as process:
            wait_until(lambda: len(answered(project)) == 13, project.path)
            (client,) = (r.headers["x-pid"] for r in server.requests if r.prompt == "c4")
            # its worker has told the controller that it runs the cell that hangs
            wait_until(lambda: "::c4[m]" in (project.path / "started").read_text(), project.path)
            os.kill(int(client), signal.SIGKILL)
            assert process.wait(60) == pytest.ExitCode.TESTS_FAILED
    cells = kept(project)
    assert list(cells) == names
    for name, cell in cells.items():
        assert cell["verdict"] == ("error" if name in ("c4", "c9") else "passed"), name
    for name in ("c4", "c9"):
        (trial,) = cells[name]["trials"]
        assert trial["error"]["kind"] == "internal"
        assert "crashed" in trial["error"]["message"]
    assert project.records()[-1]["totals"]["cells"] == 14
    assert not (project.path / "arena-report" / ".shards").exists()


def test_a_cell_that_was_reported_has_not_crashed_with_its_worker(project: Project) -> None:
    killed = """
def pytest_configure(config):
    # the controller may itself run in a worker of the tests
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(Killed())

class Killed:
    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report):
        if report.when == "teardown" and "::c3[" in report.nodeid:
            os.kill(os.getpid(), 9)
"""
    with WireServer() as server:
        write(project, server, 14)
        project.pytester.makeconftest(CONFTEST + killed)
        project.run("-n2").assert_outcomes(passed=14)
    assert set(project.verdicts().values()) == {"passed"}


def test_a_killed_controller_leaves_what_had_finished(project: Project) -> None:
    with WireServer(hangs_on("c6", "c7")) as server:
        write(project, server, 8)
        with running(project, "-n2") as process:
            wait_until(lambda: len(passed_items(project)) == 6, project.path)
            process.kill()
            process.wait(60)
            workers = {int(request.headers["x-pid"]) for request in server.requests}
            wait_until(lambda: not any(map(is_alive, workers)), project.path)
    assert {name: cell["verdict"] for name, cell in kept(project).items()} == {
        f"c{number}": "passed" for number in range(6)
    }


@pytest.mark.parametrize("spread", [(), ("-n2",)], ids=["one-process", "n2"])
def test_ctrl_c_while_the_gate_asks_again_ends_the_run_in_order(
    project: Project, spread: tuple[str, ...]
) -> None:
    answers: dict[str, str] = {}
    again: list[str] = []

    def script(request: WireRequest) -> Reply:
        text = answers.get(request.prompt, "ok")
        if text == "hang":
            again.append(request.prompt)
            return Reply(fault="hang")
        if text == "fail":
            answers["c1"] = "hang"
        return Reply(text=text)

    with WireServer(script) as server:
        write(project, server, 4)
        with running(project, "--arena-update-baseline") as process:
            assert process.wait(60) == pytest.ExitCode.OK
        answers["c1"] = "fail"
        gate = ("--arena-baseline=.arena/baseline.jsonl", "--arena-fail-on=regression")
        with running(project, *gate, *spread) as process:
            # all workers are done: the process that controls the run asks
            wait_until(lambda: again, project.path)
            os.kill(process.pid, signal.SIGINT)
            assert process.wait(60) == pytest.ExitCode.INTERRUPTED
        assert server.wait_until_idle()
    output = (project.path / "output").read_text()
    assert "INTERNALERROR" not in output
    assert "Traceback" not in output
    *cells, end = project.records()[1:]
    assert (end["kind"], end["interrupted"]) == ("end", True)
    assert [cell["verdict"] for cell in cells] == ["passed", "failed", "passed", "passed"]
    assert (project.path / "arena-report" / "report.md").exists()


def test_ctrl_c_while_reports_are_written_leaves_them_whole(project: Project) -> None:
    late = """
def pytest_terminal_summary():
    signal.raise_signal(signal.SIGINT)
"""
    with WireServer() as server:
        write(project, server, 3)
        project.pytester.makeconftest(f"import signal\n{CONFTEST}{late}")
        with running(project) as process:
            assert process.wait(60) == pytest.ExitCode.INTERRUPTED
    output = (project.path / "output").read_text()
    assert "!!! Ctrl-C, when all results were there !!!" in output
    assert "Traceback" not in output
    end = project.records()[-1]
    assert (end["kind"], end.get("interrupted"), end["exit_code"]) == ("end", None, 0)
    assert (project.path / "arena-report" / "report.md").exists()


LEAVES_SLOWLY = """\
import asyncio
import signal
import threading

from pytest_arena import Provider, Response

class Slow(Provider):
    type = "slow"
    offline = True

    async def complete(self, request):
        return Response("ok", latency_ms=1.0)

    async def close(self):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        await asyncio.sleep(0)
        print("closed", flush=True)

def pytest_arena_register(registry):
    registry.provider(Slow)
"""


@pytest.mark.parametrize("fails", [False, True], ids=["passed", "failed"])
def test_ctrl_c_while_the_engine_closes_ends_the_run_in_order(
    project: Project, fails: bool
) -> None:
    value = "never" if fails else "ok"
    project.write(
        arena="providers: [{name: m, provider: slow}]\n"
        "tests:\n"
        f"  - {{name: c0, prompt: hi, assertions: [{{type: contains, value: {value}}}]}}\n"
        "  - {name: c1, prompt: hi, assertions: [{type: contains, value: ok}]}\n"
    )
    project.pytester.makeconftest(LEAVES_SLOWLY)
    with running(project, "-s") as process:
        assert process.wait(60) == pytest.ExitCode.INTERRUPTED
    output = (project.path / "output").read_text()
    assert "closed" in output
    assert "Traceback" not in output
    assert project.records()[-1]["interrupted"]
    assert project.verdicts() == {"c0[m]": "failed" if fails else "passed", "c1[m]": "passed"}
    assert (project.path / "arena-report" / "report.md").exists()


ALL_ANSWERED = """
import time

import pytest_arena.collection.session

@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    arena = item.config.pluginmanager.get_plugin("arena-session")
    try:
        return (yield)
    finally:
        while not item.config.option.arena_resume and len(arena._lookahead.leftovers()) < 3:
            time.sleep(0.01)
"""
NO_PATIENCE = "pytest_arena.collection.session.LEFTOVERS_S = 0.0"


@pytest.mark.parametrize(
    ("more", "answers", "code", "judged"),
    [
        ("", {}, 1, ["c0", "c1", "c2", "c3"]),
        (NO_PATIENCE, {}, 1, ["c0"]),
        ("", {"c1": "press"}, 2, ["c0", "c1"]),
    ],
    ids=["quick", "slow", "ctrl-c"],
)
def test_what_was_answered_is_judged_after_the_end_as_far_as_that_is_quick(
    project: Project, more: str, answers: dict[str, str], code: int, judged: list[str]
) -> None:
    with WireServer(hangs_on(c0="fail", **answers)) as server:
        names = write(project, server, 4)
        project.pytester.makeconftest(f"{CONFTEST}{ALL_ANSWERED}{more}")
        with running(project, "-x") as process:
            assert process.wait(60) == code
        cells = kept(project)
        assert {name: cell["verdict"] for name, cell in cells.items()} == {
            name: "failed" if name == "c0" else "passed" for name in judged
        }
        left = [f"arena.yaml::{name}[m]" for name in names[len(judged) :]]
        said = (
            f"{len(left)} cells had their answers when the run was stopped, and were not judged "
            f"any more: {', '.join(left)} (--arena-resume runs them)"
        )
        assert project.records()[-1].get("notes", []) == ([said] if left else [])
        assert "Traceback" not in (project.path / "output").read_text()
        assert server.calls == 4
        if left:
            with running(project, "--arena-resume") as process:
                assert process.wait(60) == pytest.ExitCode.TESTS_FAILED
            assert server.calls == 4 + len(left)
