"""What of the project reaches arena items: fixtures, hooks, python assertions, other tests."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from conftest import Project
from servers.wire import WireServer

from pytest_arena import arun_arena, run_arena
from pytest_arena.providers.openai import OpenAIProvider


@pytest.fixture(scope="module", autouse=True)
def _client() -> None:
    # imported here, so that no run of pytest inside pytest has to do it anew
    OpenAIProvider.warm_up()


def arena(api_base: str, *checks: str, cases: int = 1, **settings: str) -> str:
    more = "".join(f", {name}: {value}" for name, value in settings.items())
    lines = [f"providers: [{{name: m, provider: openai, model: m, api_base: '{api_base}'{more}}}]"]
    lines.append("tests:")
    for number in range(cases):
        lines += [f"  - name: c{number}", f"    prompt: p{number}", "    assertions:"]
        lines += [f"      - {check}" for check in checks or ["{type: contains, value: ok}"]]
    return "\n".join(lines) + "\n"


# --- fixtures


def test_calls_happen_under_the_autouse_fixtures_of_their_item(project: Project) -> None:
    with WireServer() as server:
        project.write(arena=arena("${BASE}/v1", cases=3, api_key_env="ITEM_KEY"))
        project.pytester.makeconftest(
            f"""
            import pytest

            @pytest.fixture(autouse=True)
            def surroundings(monkeypatch, request):
                monkeypatch.setenv("ITEM_KEY", "key-of-" + request.node.name)
                monkeypatch.setenv("BASE", "{server.url}")
            """
        )
        refused = project.run("-W", "error")
        result = project.run("-W", "default")
    result.assert_outcomes(passed=3, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "*ArenaWarning: arena calls cannot start ahead of their items: the autouse fixture "
            "surroundings is made anew for each item; give it a wider scope to have many calls "
            "in flight"
        ]
    )
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    refused.stderr.fnmatch_lines(
        [
            "ERROR: arena calls cannot start ahead of their items: the autouse fixture "
            "surroundings is made anew for each item",
            "  fix: give it a wider scope to have many calls in flight, or allow it with "
            "-W ignore::pytest_arena.collection.items.ArenaWarning",
        ]
    )
    assert (server.peak, server.calls) == (1, 3)
    # one provider object serves the whole file, with the key that it found first
    assert {request.key for request in server.requests} == {"key-of-c0[m]"}


def test_a_session_fixture_may_start_the_server_under_test(
    project: Project, spread: tuple[str, ...]
) -> None:
    project.write(arena=arena("${BASE}/v1", cases=6))
    project.pytester.makeconftest(
        """
        import os
        import pytest
        from servers.wire import WireServer

        @pytest.fixture(scope="session", autouse=True)
        def server():
            with WireServer(latency_s=0.2) as running:
                os.environ["BASE"] = running.url
                yield running
            if "PYTEST_XDIST_WORKER" not in os.environ:
                assert running.peak == 6
            assert running.calls > 0
        """
    )
    result = project.run(*spread)
    result.assert_outcomes(passed=6)
    result.stdout.no_fnmatch_line("*cannot start ahead*")


def test_a_fixture_that_breaks_is_an_error_of_its_cells(project: Project) -> None:
    with WireServer() as server:
        project.write(arena=arena(f"{server.url}/v1", cases=2))
        project.pytester.makeconftest(
            """
            import pytest

            @pytest.fixture(scope="session", autouse=True)
            def broken():
                raise RuntimeError("no database")
            """
        )
        project.run().assert_outcomes(errors=2)
    assert server.calls == 0
    for cell in project.cells().values():
        assert cell["verdict"] == "error"
        assert cell["trials"][0]["error"] == {
            "kind": "setup",
            "message": "RuntimeError: no database",
            "attempts": 0,
        }


# --- hooks


HOOKS = """\
import os
from pathlib import Path
from pytest_arena import Assertion, Outcome

HERE = Path(__file__).parent

def note(text):
    with open(HERE / "heard", "a") as file:
        file.write(text + "\\n")

class Shouts(Assertion):
    '''Hold when the answer is in capitals.'''
    type = "shouts"

    def check(self, trial, context):
        return Outcome.of(trial.output.isupper(), f"the answer is {trial.output!r}")

def pytest_arena_register(registry):
    registry.assertion(Shouts)

def pytest_arena_before_request(request, config):
    request.messages[-1]["content"] += "!"
    request.params["seed"] = 7

def pytest_arena_after_response(request, response, config):
    response.output = response.output.upper()

def pytest_arena_cell_finished(cell, config):
    note(f"cell {cell.case} {cell.verdict} {'workerinput' in dir(config)}")

def pytest_arena_run_summary(run, config):
    return [f"{len(run.cells)} cells were heard of", "goodbye"]
"""


def test_hooks_of_a_conftest_see_change_and_add(project: Project, spread: tuple[str, ...]) -> None:
    with WireServer() as server:
        project.write(arena=arena(f"{server.url}/v1", "{type: shouts}", cases=4))
        project.pytester.makeconftest(HOOKS)
        result = project.run(*spread)
    result.assert_outcomes(passed=4)
    assert sorted(request.prompt for request in server.requests) == ["p0!", "p1!", "p2!", "p3!"]
    assert {request.body["seed"] for request in server.requests} == {7}
    for cell in project.cells().values():
        (trial,) = cell["trials"]
        assert trial["output"] == "OK"
        assert trial["assertions"][0]["reason"] == "the answer is 'OK'"
        assert trial["messages"][-1]["content"] == f"p{cell['case'][1:]}!"
    heard = (project.path / "heard").read_text().splitlines()
    assert sorted(heard) == [f"cell c{number} passed False" for number in range(4)]
    result.stdout.fnmatch_lines(["*4 cells were heard of*", "*goodbye*"])


def test_the_conftest_of_a_folder_may_register_for_its_files(project: Project) -> None:
    with WireServer() as server:
        project.pytester.mkdir("deep")
        text = arena(f"{server.url}/v1", "{type: whispers}", cases=2)
        (project.path / "deep" / "arena.yaml").write_text(text)
        (project.path / "deep" / "conftest.py").write_text(
            HOOKS.replace("isupper", "islower")
            .replace("Shouts", "Whispers")
            .replace('"shouts"', '"whispers"')
            .partition("def pytest_arena_before")[0]
        )
        result = project.run()
    result.assert_outcomes(passed=2)
    assert set(project.cells()) == {"deep/arena.yaml::c0[m]", "deep/arena.yaml::c1[m]"}


# --- python assertions


def test_python_assertions_that_raise_wait_or_run_on_the_loop(project: Project) -> None:
    project.pytester.makepyfile(
        checks="""
        import asyncio

        def raises(output):
            raise KeyError("nothing")

        async def waits(output):
            await asyncio.sleep(0)
            return output == "ok"

        async def raises_later(output):
            await asyncio.sleep(0)
            raise ValueError("late")

        def ends():
            raise SystemExit(9)
        """
    )
    names = ("raises", "waits", "raises_later", "ends")
    with WireServer() as server:
        for name in names:
            text = arena(f"{server.url}/v1", f"{{type: python, call: 'checks:{name}'}}")
            project.pytester.makefile(".arena.yaml", **{name: text})
        project.run()
    found = {
        cell_id.partition(".")[0]: (cell["verdict"], cell["trials"][0])
        for cell_id, cell in project.cells().items()
    }
    assert {name: verdict for name, (verdict, _) in found.items()} == {
        "raises": "error",
        "waits": "passed",
        "raises_later": "error",
        "ends": "error",
    }
    assert found["raises"][1]["assertions"][0]["reason"] == "KeyError in checks.py:4: 'nothing'"
    assert found["raises_later"][1]["assertions"][0]["reason"] == (
        "ValueError in checks.py:12: late"
    )


# --- beside other tests


MIXED = """\
import asyncio
import json
import urllib.request

import pytest

URL = "{url}"

def in_flight():
    with urllib.request.urlopen(URL + "/_stats") as answer:
        return json.loads(answer.read())["in_flight"]

def test_before():
    assert in_flight() == 0

@pytest.mark.asyncio
async def test_beside_a_loop():
    await asyncio.sleep(0)
    assert in_flight() == 0

def test_after():
    assert in_flight() == 0
"""


def test_arena_items_run_beside_other_tests_with_no_call_in_flight(project: Project) -> None:
    with WireServer(latency_s=0.02) as server:
        for name in ("a", "b"):
            project.pytester.makefile(
                ".arena.yaml", **{f"{name}_1": arena(f"{server.url}/v1", cases=5)}
            )
            project.pytester.makepyfile(**{f"test_{name}": MIXED.format(url=server.url)})
        files = ("a_1.arena.yaml", "test_a.py", "b_1.arena.yaml", "test_b.py")
        result = project.run("-v", "-p", "asyncio", *files)
        result.assert_outcomes(passed=16)
        ran = [line.split("::")[0] for line in result.outlines if re.search("PASSED", line)]
        assert list(dict.fromkeys(ran)) == list(files)
        assert len(project.cells()) == 10
        assert server.peak == 5


def test_a_mixed_suite_gives_all_results_over_workers(project: Project) -> None:
    with WireServer() as server:
        text = arena(f"{server.url}/v1", cases=10)
        project.pytester.makefile(".arena.yaml", a=text, b=text)
        project.pytester.makepyfile(
            test_a="""
            import asyncio
            import pytest

            @pytest.mark.parametrize("number", range(12))
            def test_plain(number):
                assert number != 5

            @pytest.mark.asyncio
            async def test_loop():
                await asyncio.sleep(0)
            """
        )
        project.run("-n2", "-p", "asyncio").assert_outcomes(passed=32, failed=1)
    assert list(project.verdicts()) == [f"c{number}[m]" for number in range(10)]
    assert (len(project.cells()), server.calls) == (20, 20)


def test_run_arena_works_inside_a_running_loop(project: Project) -> None:
    with WireServer() as server:
        project.write(arena=arena(f"{server.url}/v1", cases=5))
        path = project.path / "arena.yaml"

        async def both() -> list[Any]:
            ticks = 0

            async def tick() -> None:
                nonlocal ticks
                while True:
                    ticks += 1
                    await asyncio.sleep(0)

            ticker = asyncio.create_task(tick())
            awaited = await arun_arena(path)
            ticker.cancel()
            # the loop went on while the arena ran
            assert ticks > 10
            return [awaited, run_arena(path, concurrency=2)]

        for run in asyncio.run(both()):
            assert [(cell.case, cell.verdict) for cell in run.cells] == [
                (f"c{number}", "passed") for number in range(5)
            ]
    assert server.calls == 10
