"""What Python tests ask: limits, recordings and files, and tests that never come to an end."""

from __future__ import annotations

import base64

import pytest
from conftest import Project
from servers.wire import WireServer

RED = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGM4ISeHFTEMLQkAkL9BAbKfPiIAAAAASUVORK5CYII="
)
TESTS = """
import pytest

@pytest.mark.parametrize("number", range(4))
def test_asks(arena, number):
    arena.check(arena.ask("m", f"number {number}"), contains="ok")
"""


def arena(server: WireServer, more: str = "") -> str:
    url = f"{server.url}/v1"
    return f"providers: [{{name: m, provider: openai, model: m, api_base: '{url}'{more}}}]\n"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-no-key")


def test_what_tests_ask_is_recorded_and_replayed(project: Project, spread: tuple[str, ...]) -> None:
    project.pytester.makepyfile(test_app=TESTS)
    with WireServer() as server:
        project.write(arena=arena(server))
        project.run("--arena-record=once", *spread).assert_outcomes(passed=4)
        assert server.calls == 4
        before = {name: cell["verdict"] for name, cell in project.cells().items()}
        project.run("--arena-record=none").assert_outcomes(passed=4)
        # and where no results are kept
        project.pytester.runpytest("--arena-record=none").assert_outcomes(passed=4)
        assert server.calls == 4
    assert {name: cell["verdict"] for name, cell in project.cells().items()} == before
    sources = {t["source"] for cell in project.cells().values() for t in cell["trials"]}
    assert sources == {"recording"}


def test_budgets_hold_for_tests_in_all_workers_together(project: Project) -> None:
    project.pytester.makepyfile(test_app=TESTS)
    with WireServer() as server:
        project.write(arena="budget: {max_calls: 2}\n" + arena(server))
        result = project.run("-n2")
        assert server.calls == 2
    result.assert_outcomes(passed=2, skipped=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("options", [("--arena",), ()], ids=["arena", "plain"])
def test_a_limit_that_workers_cannot_share_is_refused(
    project: Project, options: tuple[str, ...]
) -> None:
    project.pytester.makepyfile(test_app=TESTS)
    with WireServer() as server:
        project.write(arena=arena(server, ", concurrency: 1"))
        result = project.pytester.runpytest("-n2", *options)
        assert not server.calls
    result.assert_outcomes(failed=4)
    told = result.stdout.str()
    assert "'m' allows 1 call in flight, which 2 workers cannot share" in told
    assert "fix: allow 2 or more (concurrency:), or use fewer workers" in told


@pytest.mark.parametrize("parts", [("-n2",), ("--arena-shard=1/2",)], ids=["workers", "shards"])
def test_what_is_replayed_needs_no_place(project: Project, parts: tuple[str, ...]) -> None:
    project.pytester.makepyfile(test_app=TESTS)
    with WireServer() as server:
        project.write(arena=arena(server, ", concurrency: 1"))
        project.run("--arena-record=new").assert_outcomes(passed=4)
        assert server.calls == 4
        result = project.run("--arena-record=none", *parts)
        assert server.calls == 4
    shard = {} if "-n2" in parts else {"passed": 2, "deselected": 2}
    result.assert_outcomes(**(shard or {"passed": 4}))
    assert result.ret == 0


@pytest.mark.parametrize("parts", [("-n2",), ("--arena-shard=1/2",)], ids=["workers", "shards"])
def test_what_a_mock_answers_needs_no_place(project: Project, parts: tuple[str, ...]) -> None:
    project.pytester.makepyfile(test_app=TESTS)
    with WireServer() as server:
        mock = "mock: {default: ok}\n"
        project.write(arena=mock + arena(server, ", concurrency: 1"))
        assert project.run("--arena-mock", *parts).ret == 0
        assert not server.calls


def test_what_asks_nobody_needs_no_place(project: Project) -> None:
    project.pytester.makepyfile(
        test_app="""
def test_checks(arena): arena.check("hello", contains="hello")
def test_asks(arena): arena.ask({"provider": "echo", "name": "e"}, "hello")
"""
    )
    result = project.run("-n2", "--arena-concurrency=1")
    result.assert_outcomes(passed=1, failed=1)
    told = "--arena-concurrency allows 1 call in flight, which 2 workers cannot share"
    assert told in result.stdout.str()


def test_a_prompt_may_have_parts_of_which_some_are_files(project: Project) -> None:
    (project.path / "red.png").write_bytes(RED)
    project.pytester.makepyfile(
        test_app="""
def test_sees(arena):
    answer = arena.ask("m", ["Which colour?", {"image": "red.png"}])
    arena.check(answer, contains="ok")

def test_sees_in_a_message(arena):
    said = [{"role": "user", "content": ["Which?", {"type": "image", "image": "red.png"}]}]
    arena.check("red", contains="red", prompt=said)

def test_finds_no_file(arena):
    arena.ask("m", ["Which colour?", {"image": "blue.png"}])
"""
    )
    with WireServer() as server:
        project.write(arena=arena(server))
        result = project.run()
        (asked,) = server.requests
    result.assert_outcomes(passed=2, failed=1)
    (message,) = asked.body["messages"]
    assert message["content"][1]["image_url"]["url"].startswith("data:image/png;base64,")
    assert "test_app.py:10:5: " in result.stdout.str()
    (trial,) = project.cells()["test_app.py::test_sees[m]"]["trials"]
    assert trial["messages"][0]["content"][1]["name"] == "red.png"


@pytest.mark.real_workers
def test_a_test_whose_worker_dies_is_an_error(project: Project) -> None:
    project.pytester.makepyfile(
        test_app="""
import os

def test_holds(arena):
    arena.check("hello", contains="hello")

def test_dies(arena):
    os._exit(3)

def test_of_its_own():
    os._exit(3)
"""
    )
    project.run("-n2")
    assert project.verdicts() == {
        "test_holds[application]": "passed",
        "test_dies[application]": "error",
    }


def test_junit_shows_a_test_s_cell(project: Project) -> None:
    project.pytester.makepyfile(
        test_app="""
import pytest

def test_once(arena): arena.check("hello", contains="hello")

@pytest.mark.arena(trials=2)
def test_twice(arena): arena.check("hello", contains="hello")
"""
    )
    project.run("--junitxml=junit.xml")
    shown = (project.path / "junit.xml").read_text()
    for name in ("test_once", "test_twice"):
        assert f'<property name="arena_case" value="{name}" />' in shown
    assert shown.count("arena_verdict") == 2
