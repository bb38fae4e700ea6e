"""A fixture that stops the clocks of tests, as freezegun's do, stops none of a run."""

from __future__ import annotations

from conftest import Project

STOPS = """
import time
import pytest

@pytest.fixture(autouse=True, scope="session")
def stopped():
    with pytest.MonkeyPatch.context() as patch:
        for name in ("monotonic", "perf_counter", "time"):
            patch.setattr(time, name, lambda: 7.0)
        yield
"""
BOT = """
import asyncio

async def answer(prompt):
    await asyncio.sleep(0.05)
    return "well"

async def stream(prompt):
    await asyncio.sleep(0.05)
    yield "well"

async def waits(prompt):
    await asyncio.Event().wait()
"""
ARENA = """
providers:
  - {name: mocked, provider: mock, latency: 50ms, responses: {default: well}}
  - {name: own, provider: python, call: "bot:answer"}
  - {name: streamed, provider: python, call: "bot:stream"}
tests:
  - {name: In time, prompt: hi, assertions: [{type: latency, max_ms: 30000}]}
  - {name: Too late, prompt: hi, assertions: [{type: latency, max_ms: 20}]}
  - name: Late to begin
    providers: [streamed]
    prompt: hi
    assertions: [{type: first_token, max_ms: 20}]
"""
ERRORS = """
providers:
  - {name: tried, provider: mock, retries: 2, responses: {default: {error: server}}}
  - {name: silent, provider: python, call: "bot:waits", timeout: 0.2s, retries: 0}
tests:
  - {name: Ends, prompt: hi, assertions: [{type: contains, value: well}]}
"""


def test_latencies_are_those_of_the_world(project: Project, spread: tuple[str, ...]) -> None:
    project.pytester.makepyfile(conftest=STOPS, bot=BOT)
    project.write(arena=ARENA)
    project.run(*spread)
    late = {f"Too late[{name}]": "failed" for name in ("mocked", "own", "streamed")}
    in_time = {f"In time[{name}]": "passed" for name in ("mocked", "own", "streamed")}
    assert project.verdicts() == {**in_time, **late, "Late to begin[streamed]": "failed"}


def test_what_is_waited_for_has_an_end(project: Project, spread: tuple[str, ...]) -> None:
    project.pytester.makepyfile(conftest=STOPS, bot=BOT)
    project.write(arena=ERRORS)
    project.run(*spread)
    assert project.verdicts() == {"Ends[tried]": "error", "Ends[silent]": "error"}
