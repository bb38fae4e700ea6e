"""Cells that need neither setup nor teardown run by their call alone, and nobody can tell."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import pytest
from conftest import Project

from pytest_arena.collection import short_protocol

PRINTING = short_protocol.PRINTING
SIX = """\
providers: [{name: m, provider: mock}]
tests:
  - {name: A, prompt: "1", mock: one, assertions: [{type: contains, value: one}]}
  - {name: B, prompt: "2", mock: one, assertions: [{type: contains, value: one}]}
  - {name: C, prompt: "3", mock: one, assertions: [{type: contains, value: one}]}
  - {name: D, prompt: "4", mock: one, assertions: [{type: contains, value: one}]}
  - {name: E, prompt: "5", mock: one, assertions: [{type: contains, value: one}]}
  - {name: F, prompt: "6", mock: one, assertions: [{type: contains, value: one}]}
"""
ALL_ENDS = """\
providers: [{name: m, provider: mock}, {name: n, provider: mock}]
tests:
  - {name: A, prompt: "1", mock: one, assertions: [{type: contains, value: one}]}
  - {name: Fails, prompt: "2", mock: one, assertions: [{type: contains, value: two}]}
  - {name: Errs, prompt: "3", mock: {error: server}, assertions: [{type: contains, value: one}]}
  - {name: Gap, prompt: "4", xfail: known, mock: one, assertions: [{type: contains, value: two}]}
  - {name: Out, prompt: "5", skip: later, mock: one, assertions: [{type: contains, value: two}]}
  - {name: In turns, tags: [late], mock: {n: one, m: two},
     conversation: [{user: a}, {user: b, assertions: [{type: contains, value: one}]}]}
  - {name: Z, prompt: "7", mock: one, assertions: [{type: contains, value: one}]}
"""
WATCHES = "def pytest_runtest_setup(): pass\n"
"""Makes pytest run each item from its setup to its teardown."""


@pytest.fixture(autouse=True)
def without_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be as if no library that prints were there: other tests import some into this process,
    and threads of theirs may still do it."""
    monkeypatch.setattr(short_protocol, "PRINTING", frozenset())


class Seen:
    """How many reports pytest was told of that say nothing but that setup or teardown passed."""

    def __init__(self) -> None:
        self.around_calls = 0

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        self.around_calls = len(terminalreporter.stats.get("", ()))


def around_calls(project: Project, *options: str) -> int:
    seen = Seen()
    result = project.pytester.inline_run(
        "--arena", "--arena-report=markdown", *options, plugins=[seen]
    )
    assert result.ret in (0, 1)
    return seen.around_calls


def test_first_and_last_cells_alone_are_set_up_and_torn_down(project: Project) -> None:
    project.write(arena=SIX)
    assert around_calls(project) == 4
    assert set(project.verdicts().values()) == {"passed"}


WATCHERS = {
    "protocol": "def pytest_runtest_protocol(): pass",
    "setup": "def pytest_runtest_setup(): pass",
    "call": "def pytest_runtest_call(): pass",
    "teardown": "def pytest_runtest_teardown(): pass",
    "report": "def pytest_runtest_makereport(): pass",
    "log": "def pytest_runtest_logreport(): pass",
    "status": "def pytest_report_teststatus(): pass",
    "request": "def pytest_arena_before_request(): pass",
    "response": "def pytest_arena_after_response(): pass",
    "fixture": "import pytest\n@pytest.fixture(autouse=True)\ndef mine(): yield",
    "session-fixture": "import pytest\n@pytest.fixture(autouse=True, scope='session')\n"
    "def mine(): yield",
    "mark": "import pytest\ndef pytest_collection_modifyitems(items):\n"
    "    for item in items: item.add_marker(pytest.mark.xfail(strict=False))",
    "mark-of-all": "import pytest\ndef pytest_collection_modifyitems(session):\n"
    "    session.items[0].parent.add_marker(pytest.mark.usefixtures('tmp_path'))",
}


@pytest.mark.parametrize("code", WATCHERS.values(), ids=WATCHERS)
def test_cells_are_set_up_where_a_conftest_file_looks(project: Project, code: str) -> None:
    project.write(arena=SIX)
    project.pytester.makeconftest(code)
    allowed = "ignore::pytest_arena.collection.items.ArenaWarning"
    assert around_calls(project, "-W", allowed) == 12


def test_who_is_around_the_whole_of_an_item_stays_there(project: Project) -> None:
    project.write(arena=SIX)
    project.pytester.makeconftest(
        "import pytest\n"
        "@pytest.hookimpl(wrapper=True)\n"
        "def pytest_runtest_protocol(item):\n"
        "    done = yield\n"
        "    item.config.stash.setdefault(KEY, []).append(item.name)\n"
        "    return done\n"
        "KEY = pytest.StashKey()\n"
        "def pytest_terminal_summary(terminalreporter):\n"
        "    terminalreporter.write_line(f'around {terminalreporter.config.stash[KEY]}')\n"
    )
    assert around_calls(project) == 4
    project.run().stdout.fnmatch_lines(
        ["around [[]'A[[]m]', 'B[[]m]', 'C[[]m]', 'D[[]m]', 'E[[]m]', 'F[[]m]'[]]"]
    )


def test_a_conftest_file_beside_looks_at_its_own_folder(project: Project) -> None:
    for folder in ("one", "two"):
        (project.path / folder).mkdir()
        (project.path / folder / "arena.yaml").write_text(SIX)
    (project.path / "one" / "conftest.py").write_text(WATCHES)
    assert around_calls(project) == 12 + 4


@pytest.mark.parametrize(
    "options",
    [
        ("--durations=3",),
        ("--durations=0",),
        ("--setup-show",),
        ("--pdb",),
        ("-o", "log_cli=true"),
        ("--log-cli-level=INFO",),
        ("--junitxml=junit.xml",),
        ("--debug",),
    ],
    ids=" ".join,
)
def test_cells_are_set_up_where_an_option_shows_it(
    project: Project, options: Sequence[str]
) -> None:
    project.write(arena=SIX)
    assert around_calls(project, *options) == 12


def test_cells_are_set_up_where_code_of_the_project_may_print(project: Project) -> None:
    project.write(
        arena=SIX.replace("{type: contains, value: one}", "{type: python, call: 'mine:check'}", 1)
    )
    project.pytester.makepyfile(mine="def check(output, context):\n    print('seen')\n    return 1")
    assert around_calls(project) == 12


def test_cells_are_set_up_where_a_judge_of_the_project_may_print(project: Project) -> None:
    project.write(
        arena="judge: {provider: mine}\n"
        + SIX.replace("{type: contains, value: one}", "{type: llm_judge, criteria: it is one}", 1)
    )
    project.pytester.makeconftest(
        "from pytest_arena import Provider, Response\n"
        "class Mine(Provider):\n"
        "    type = 'mine'\n"
        "    offline = True\n"
        "    async def complete(self, request):\n"
        "        print('seen')\n"
        '        return Response(output=\'{"score": 1, "reason": "it is"}\')\n'
        "def pytest_arena_register(registry):\n"
        "    registry.provider(Mine)\n"
    )
    assert around_calls(project) == 12


def test_cells_are_set_up_once_a_library_is_there_that_prints(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(arena=SIX)
    assert "deepeval" in PRINTING
    monkeypatch.setattr(short_protocol, "PRINTING", PRINTING)
    monkeypatch.setitem(sys.modules, "deepeval", ModuleType("deepeval"))
    assert around_calls(project) == 12


def test_cells_with_marks_of_their_own_are_set_up(project: Project) -> None:
    project.write(
        arena=SIX.replace("name: C,", "name: C, skip: later,").replace(
            "name: D,", "name: D, xfail: x,"
        )
    )
    # a skipped setup says so, and its teardown passes
    assert around_calls(project) == 4 + 1 + 2


def test_cells_are_set_up_behind_what_may_have_left_fixtures(project: Project) -> None:
    project.pytester.makepyfile(
        test_a="import pytest\n"
        "@pytest.fixture(scope='session')\ndef kept(): yield\n"
        "def test_a(kept): pass"
    )
    project.write(arena=SIX)
    assert around_calls(project, "test_a.py", "arena.yaml") == 14
    assert around_calls(project, "arena.yaml", "test_a.py") == 6


def test_a_plugin_that_comes_later_is_let_look(project: Project) -> None:
    project.write(arena=SIX)
    project.pytester.makeconftest(
        "class Watches:\n    def pytest_runtest_teardown(self, item): print(item)\n"
        "def pytest_arena_cell_finished(cell, config):\n"
        "    if cell.case == 'C': config.pluginmanager.register(Watches())"
    )
    # the first; D, E and F
    assert around_calls(project) == 2 * 4


def test_the_current_test_is_told_while_its_cell_runs(project: Project) -> None:
    project.write(arena=SIX)
    project.pytester.makeconftest(
        "import os\n"
        "told = []\n"
        "def pytest_arena_cell_finished(cell):\n"
        "    told.append(os.environ.get('PYTEST_CURRENT_TEST'))\n"
        "def pytest_runtest_logfinish():\n"
        "    told.append(os.environ.get('PYTEST_CURRENT_TEST'))\n"
        "def pytest_terminal_summary(terminalreporter):\n"
        "    terminalreporter.write_line(f'told {told[2:6]}')\n"
    )
    result = project.run("-p", "no:xdist", "-q")
    result.stdout.fnmatch_lines(
        ["told [[]'arena.yaml::B[[]m] (call)', None, 'arena.yaml::C[[]m] (call)', None[]]"]
    )


@pytest.mark.parametrize("options", [(), ("-v",), ("-q", "-rA"), ("-k", "late or A")], ids=" ".join)
def test_nobody_can_tell(project: Project, options: Sequence[str]) -> None:
    project.write(arena=ALL_ENDS)
    seen = []
    for code in ("", WATCHES):
        project.pytester.makeconftest(code)
        result = project.run("-o", "console_output_style=count", *options)
        cells = project.cells()
        for cell in cells.values():
            for trial in cell["trials"]:
                for name in ("started_at", "trace_id", "latency_ms", "started_ms", "responses"):
                    del trial[name]
        seen.append((result.ret, without_times(result.outlines), cells))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("option", ["-x", "--maxfail=3", "--sw"])
def test_nobody_can_tell_of_a_run_that_is_stopped(project: Project, option: str) -> None:
    project.write(arena=ALL_ENDS)
    seen = []
    for code in ("", WATCHES):
        project.pytester.makeconftest(code)
        result = project.run("--cache-clear", "-o", "console_output_style=count", option)
        lines = without_times(result.outlines)
        # from there on it tells of what had been answered ahead, too
        seen.append((result.ret, lines[: lines.index("arena")], lines[-1]))
    assert seen[0] == seen[1]


def without_times(lines: Sequence[str]) -> list[str]:
    """Return what pytest printed but for what two runs differ in."""
    times = re.compile(r" *~?\d+(?:\.\d+)? m?s\b|\d+\.\d+s\b")
    return [times.sub(" -", line).strip("=_ ") for line in lines]
