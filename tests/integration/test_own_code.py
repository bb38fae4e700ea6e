"""What a run says of exceptions in code of the user's own: one readable block, told once."""

from __future__ import annotations

import pytest
from conftest import Project

CONFTEST = """\
from pytest_arena import Provider, Report, Reporter, Response


class Boom(Provider):
    type = "boom"
    offline = True

    async def complete(self, request):
        return self.look_up(request)

    def look_up(self, request):
        {how}


class Broken(Reporter):
    format = "broken"

    def write(self, run, directory):
        return run.no_such_thing


def pytest_arena_register(registry):
    registry.provider(Boom)
    registry.reporter(Broken)
"""

ARENA = """\
providers: [{name: m, provider: boom}]
tests:
  - name: Case {{ i }}
    matrix: {i: [1, 2, 3]}
    prompt: hi
    assertions: [{type: contains, value: x}]
"""


def write(project: Project, how: str = 'raise KeyError("nope")', more: str = "") -> None:
    project.pytester.makeconftest(CONFTEST.format(how=how) + more)
    project.write(arena=ARENA)


@pytest.mark.real_workers
def test_an_exception_in_a_provider_is_one_block_with_its_own_frames(
    project: Project, spread: tuple[str, ...]
) -> None:
    write(project)
    result = project.run(*spread)
    result.assert_outcomes(errors=3)
    said = result.stdout.str()
    block = said[said.index("= ERRORS =") : said.index("= arena =")].splitlines()
    shown = [line.strip() for line in block if line.startswith("  error")]
    assert shown == ["error (provider) KeyError in conftest.py:12: 'nope'"]
    result.stdout.fnmatch_lines(
        [
            "*ERROR at call of Case ?[[]m[]]*",
            "error: provider: KeyError in conftest.py:12: 'nope'",
            "*conftest.py:9 in complete: return self.look_up(request)",
            '*conftest.py:12 in look_up: raise KeyError("nope")',
            "*the same error in 2 more cells*",
            "arena.yaml::Case ?[[]m[]]",
            "arena.yaml::Case ?[[]m[]]",
        ]
    )
    assert said.count("ERROR at call of") == 1
    assert said.count("- error: provider: KeyError in conftest.py:12") == 3
    assert len(block) < 30
    errors = {cell["trials"][0]["error"]["kind"] for cell in project.cells().values()}
    assert errors == {"provider"}


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("raise SystemExit(3)", "provider: SystemExit in conftest.py:12: 3"),
        ('import pytest; pytest.fail("no")', "provider: Failed in conftest.py:12: no"),
        ("return 'text'", "provider: Boom.complete returned 'text', not a Response"),
        (
            "raise TimeoutError('slow')",
            "timeout: TimeoutError in conftest.py:12: slow (after 3 attempts)",
        ),
        (
            "import json; json.loads('{')",
            "provider: JSONDecodeError in conftest.py:12: Expecting property name enclosed",
        ),
    ],
)
def test_whatever_a_provider_raises_or_returns_is_an_error_of_its_cell(
    project: Project, monkeypatch: pytest.MonkeyPatch, how: str, said: str
) -> None:
    monkeypatch.setattr("pytest_arena.engine.calling.retries.FIRST_PAUSE_S", 0.0)
    write(project, how)
    result = project.run("-k", "1")
    result.assert_outcomes(errors=1, deselected=2)
    result.stdout.fnmatch_lines([f"ERROR arena.yaml::Case 1?m? - error: {said[:40]}*"])


def test_what_made_an_exception_is_told_with_it(project: Project) -> None:
    write(project, "try:\n            {}['a']\n        except KeyError as e:\n"
          "            raise ValueError('bad\\nreally') from e")  # fmt: skip
    result = project.run("-k", "1")
    result.stdout.fnmatch_lines(
        [
            "  error (provider) ValueError in conftest.py:15: bad",
            "*  really",
            "*conftest.py:15 in look_up: raise ValueError('bad\\nreally') from e",
            "*caused by KeyError in conftest.py:13: 'a'",
            "*conftest.py:13 in look_up: {}[[]'a']",
        ]
    )


def test_a_reporter_that_raises_is_told_with_its_own_frames(project: Project) -> None:
    write(project)
    result = project.pytester.runpytest("--arena", "--arena-report=broken,markdown", "-k", "1")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(
        [
            "markdown: *",
            "the broken report could not be written: AttributeError in conftest.py:19: *",
            "  conftest.py:19 in write: return run.no_such_thing",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize(
    ("hook", "times"),
    [("pytest_arena_cell_finished(cell)", 3), ("pytest_arena_run_summary(run)", 1)],
)
def test_a_hook_of_the_controller_that_raises_costs_no_cell(
    project: Project, spread: tuple[str, ...], hook: str, times: int
) -> None:
    more = f"\n\ndef {hook}:\n    raise ValueError('no')\n"
    write(project, 'return Response("x", latency_ms=1.0)', more)
    result = project.run(*spread)
    result.assert_outcomes(passed=3)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    name = hook.partition("(")[0]
    result.stdout.fnmatch_lines([f"{name} raised ValueError in conftest.py:28: no"])
    assert ("  (3 times)" in result.outlines) == (times == 3)
    assert set(project.verdicts().values()) == {"passed"}


@pytest.mark.parametrize("hook", ["before_request(request)", "after_response(response)"])
def test_a_hook_around_calls_that_raises_is_told_with_its_own_frames(
    project: Project, hook: str
) -> None:
    more = f"\n\ndef pytest_arena_{hook}:\n    raise ValueError('no')\n"
    write(project, 'return Response("x", latency_ms=1.0)', more)
    result = project.run()
    result.assert_outcomes(errors=3)
    name = hook.partition("(")[0]
    result.stdout.fnmatch_lines(
        [
            "  error (hook) a hook raised ValueError in conftest.py:28: no",
            f"*conftest.py:28 in pytest_arena_{name}: raise ValueError('no')",
            "*the same error in 2 more cells*",
        ]
    )


def test_a_provider_that_cannot_be_closed_costs_no_cell(
    project: Project, spread: tuple[str, ...]
) -> None:
    write(project, 'return Response("x", latency_ms=1.0)')
    with (project.path / "conftest.py").open("a") as stream:
        stream.write("\n\nasync def close(self): raise OSError('stuck')\n\nBoom.close = close\n")
    result = project.run(*spread)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["provider 'm' was not closed: OSError in conftest.py:26: stuck*"])


@pytest.mark.parametrize(
    ("method", "line"), [("def __init__(self, *given)", 26), ("async def start(self)", 26)]
)
def test_a_provider_that_cannot_begin_is_an_error_of_its_cells(
    project: Project, method: str, line: int
) -> None:
    write(project, 'return Response("x", latency_ms=1.0)')
    name = method.partition("def ")[2].partition("(")[0]
    with (project.path / "conftest.py").open("a") as stream:
        stream.write(f"\n\n{method}: raise OSError('stuck')\n\nBoom.{name} = {name}\n")
    result = project.run()
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines([f"  error (provider) OSError in conftest.py:{line}: stuck"])


def test_a_missing_key_is_told_once_for_all_cells(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    project.write(arena=ARENA.replace("provider: boom", "provider: openai, model: gpt-5-mini"))
    result = project.run()
    result.assert_outcomes(errors=3)
    assert result.stdout.str().count("ERROR at call of") == 1
    result.stdout.fnmatch_lines(["*the same error in 2 more cells*"])
