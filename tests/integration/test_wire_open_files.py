"""More calls in flight than the process may have files open."""

from __future__ import annotations

import sys

import pytest
from conftest import Project
from servers.wire import WireServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")

LIMITED = """
import os, resource

HELD = []


def pytest_configure():
    resource.setrlimit(resource.RLIMIT_NOFILE, (120, 120))


def pytest_arena_before_request(request):
    if FILLS and not HELD:
        while len(os.listdir("/proc/self/fd")) < 112:
            HELD.append(os.open(os.devnull, os.O_RDONLY))
"""
CASES = 90


def arena(provider: str) -> str:
    cases = [
        f"  - {{name: C{number}, prompt: Hi {number}, assertions: [{{type: contains, value: ok}}]}}"
        for number in range(CASES)
    ]
    return "\n".join(["providers:", f"  - {{name: m, {provider}}}", "tests:", *cases])


def notes(project: Project) -> list[str]:
    found: list[str] = project.records()[-1]["notes"]
    return found


def test_a_run_says_what_it_needs_and_goes_on_with_fewer(
    project: Project, spread: tuple[str, ...]
) -> None:
    with WireServer(latency_s=0.2) as server:
        spec = f"provider: openai, model: any, api_base: '{server.url}/v1'"
        project.write(arena=arena(spec))
        project.pytester.makeconftest(f"FILLS = False\n{LIMITED}")
        result = project.run_apart("--arena-concurrency=180", *spread)
    result.assert_outcomes(passed=CASES)
    assert server.calls == CASES
    told = [note for note in notes(project) if "calls in flight need about" in note]
    assert len(told) == 1, notes(project)
    assert "this process may have 120: at most " in told[0]
    assert server.peak <= 60 * (len(spread) + 1)


@pytest.mark.skipif(sys.platform != "linux", reason="files are counted in /proc")
@pytest.mark.parametrize("kind", ["openai", "exec"])
def test_files_that_something_else_took_are_no_provider_s_fault(
    project: Project, kind: str
) -> None:
    with WireServer(latency_s=0.05) as server:
        spec = {
            "openai": f"provider: openai, model: any, api_base: '{server.url}/v1', retries: 0",
            "exec": "provider: exec, command: [echo, ok], retries: 0",
        }[kind]
        project.write(arena=arena(spec))
        project.pytester.makeconftest(f"FILLS = True\n{LIMITED}")
        result = project.run_apart("--arena-concurrency=180")
    result.assert_outcomes(passed=CASES)
    assert "INTERNALERROR" not in result.stdout.str()


TOOLS = """\
providers: [{name: m, provider: mock, model: any}]
tools:
  find:
    parameters: {properties: {number: {type: string}}, required: [number]}
    exec: {command: [python, -c, "print('found')"]}
targets:
  desk: {type: agent, tools: [find]}
tests:
"""


@pytest.mark.skipif(sys.platform != "linux", reason="files are counted in /proc")
def test_a_tool_that_no_file_is_left_for_waits_and_is_not_told_to_have_failed(
    project: Project, spread: tuple[str, ...]
) -> None:
    cases = [
        f"  - name: C{number}\n"
        "    target: desk\n"
        f"    prompt: Hi {number}\n"
        "    mock: {m: {steps: [{tool_calls: [{name: find, arguments: {number: x}}]}, ok]}}\n"
        "    assertions: [{type: tool_result_includes, tool: find, patterns: [found]}]\n"
        for number in range(20)
    ]
    project.write(arena=TOOLS + "".join(cases))
    # room for the guard of programs and a few of these
    project.pytester.makeconftest(f"FILLS = True\n{LIMITED.replace('112', '96')}")
    result = project.run_apart("--arena-concurrency=90", *spread)
    result.assert_outcomes(passed=20)
    assert [note for note in notes(project) if "since not all had room" in note]
