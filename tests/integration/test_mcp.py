"""MCP servers as columns: what they give is judged, what they do to a run is told."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import INTERRUPTIBLE, Project
from servers import mcp_library, mcp_raw
from servers.mcp_raw import pids_in
from survival import is_alive, parent_of, process_group, wait_until

import pytest_arena.providers.mcp
from pytest_arena.mcp_servers import http

RAW = ", ".join(mcp_raw.COMMAND)
TESTS = str(Path(mcp_raw.__file__).parent.parent)


@pytest.fixture(scope="module", autouse=True)
def _package() -> None:
    """The package, imported here so that no run of pytest inside pytest does it anew."""
    pytest_arena.providers.mcp.McpProvider.warm_up()


@pytest.fixture(scope="module")
def library() -> Iterator[mcp_library.Library]:
    with mcp_library.Library() as server:
        yield server


def raw(mode: str, **keys: Any) -> str:
    return f"server: {{command: [{RAW}, {mode}]{''.join(f', {k}: {v}' for k, v in keys.items())}}}"


def arena(entries: dict[str, str], *, case: str = "", head: str = "") -> str:
    lines = [f"  - {{name: {name}, provider: mcp, {keys}}}" for name, keys in entries.items()]
    return "\n".join(
        [
            head,
            "providers:",
            *lines,
            "tests:",
            f"  - name: Hi\n    prompt: hello\n{case}",
            "    assertions: [{type: contains, value: hello}]",
        ]
    )


ECHO = "tool: echo, arguments: {text: '{{ prompt }}'}"
LIBRARY = """
mcp_servers:
  over_stdio:
    command: python
    args: [-m, servers.mcp_library, stdio]
    env: {PYTHONPATH: '%(tests)s'}
  over_http: {url: '%(url)s/mcp', headers: {Authorization: 'Bearer ${TOKEN}'}}
providers:
  - {name: stdio, provider: mcp, server: over_stdio, tool: author, arguments: '{{ prompt }}'}
  - {name: http, provider: mcp, server: over_http, tool: author,
     arguments: {title: '{{ variables.title }}'}}
  - {name: book, provider: mcp, server: over_http, resource: 'library://books/{{ prompt }}'}
  - {name: ask, provider: mcp, server: over_http, prompt: recommend,
     arguments: {reader: '{{ prompt }}'}}
tests:
  - name: Known
    prompt: '{"title": "Emma"}'
    variables: {title: Emma}
    providers: [stdio, http]
    assertions:
      - {type: contains, value: Jane Austen}
      - {type: no_tool_errors}
      - {type: tool_args, tool: author, path: title, equals: Emma}
      - {type: tool_result_includes, tool: author, patterns: ['"author": "Jane Austen"']}
  - name: Unknown
    prompt: '{"title": "Faust"}'
    variables: {title: Faust}
    providers: [stdio, http]
    assertions:
      - {type: contains, value: there is no book}
      - {type: no_tool_errors, not: true}
  - name: Emma
    prompt: emma
    providers: [book, ask]
    assertions: [{type: contains, value: emma}]
"""


def test_a_server_answers_over_stdio_and_over_http(
    project: Project, library: mcp_library.Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "canary-token")
    library.headers.clear()
    project.write(arena=LIBRARY % {"tests": TESTS, "url": library.url})
    project.run().assert_outcomes(passed=6)
    assert {headers["authorization"] for headers in library.headers} == {"Bearer canary-token"}
    assert "canary-token" not in (project.path / "arena-report" / "results.jsonl").read_text()


@pytest.mark.parametrize(("status", "kind"), [(401, "system"), (503, "connection")])
def test_a_status_of_an_endpoint_is_the_error(
    project: Project,
    library: mcp_library.Library,
    status: int,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(library, "status", status)
    entry = f"server: {{url: '{library.url}/mcp'}}, retries: 0, {ECHO}"
    project.write(arena=arena({"x": entry}))
    project.run().assert_outcomes(errors=1)
    (error,) = (trial["error"] for trial in project.first_trials().values())
    assert error["kind"] == kind
    assert f"the MCP server at a URL HTTP {status}" in error["message"]
    assert "come back later" in error["message"]


def test_an_endpoint_that_floods_its_error_is_the_error(
    project: Project, library: mcp_library.Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "status", 503)
    monkeypatch.setattr(http, "_MOST_STREAMED", 10)
    entry = f"server: {{url: '{library.url}/mcp'}}, retries: 0, {ECHO}"
    project.write(arena=arena({"x": entry}))
    project.run().assert_outcomes(errors=1)
    (error,) = (trial["error"] for trial in project.first_trials().values())
    assert error["kind"] == "connection"
    assert "sent more than" in error["message"]


def test_an_endpoint_that_is_not_there_is_the_error(project: Project) -> None:
    entry = f"server: {{url: 'http://127.0.0.1:9/mcp'}}, retries: 0, {ECHO}"
    project.write(arena=arena({"x": entry}))
    project.run().assert_outcomes(errors=1)
    (error,) = (trial["error"] for trial in project.first_trials().values())
    assert error["kind"] == "connection"


FAULTS = {
    "does-not-start": "ended with status 3\n  no database",
    "dies": "ended with status 7\n  out of memory",
    "floods": "lines in a row that answer nothing",
    "no-content": "gave an answer that is not as the protocol has it",
    "pages": "lists tools without end",
    "hangs": "no answer within 0.8 s",
}


def test_each_fault_is_an_error_with_its_message(project: Project) -> None:
    entries = {
        mode: f"{raw(mode)}, {ECHO}, retries: 0" + (", timeout: 800ms" if mode == "hangs" else "")
        for mode in FAULTS
    }
    project.write(arena=arena({**entries, "well": f"{raw('plain')}, {ECHO}"}))
    project.run_apart().assert_outcomes(errors=len(FAULTS), passed=1)
    trials = project.first_trials()
    for name, said in FAULTS.items():
        assert said in trials[name]["error"]["message"], (name, trials[name]["error"])


def test_trials_share_a_server_or_have_one_each(project: Project) -> None:
    entries = {scope: f"{raw('plain', scope=scope)}, {ECHO}" for scope in ("worker", "trial")}
    project.write(arena=arena(entries, case="    trials: 3\n"))
    project.run().assert_outcomes(passed=2)
    seen = {
        name: len({trial["output"] for trial in cell["trials"]})
        for name, cell in project.columns().items()
    }
    assert seen == {"worker": 1, "trial": 3}
    assert not any(map(is_alive, pids_in(project.path)))


def test_a_mock_stands_in_for_a_server(project: Project) -> None:
    project.write(arena=arena({"x": f"{raw('does-not-start')}, {ECHO}"}, case="    mock: hello\n"))
    project.run("--arena-mock").assert_outcomes(passed=1)
    assert not pids_in(project.path)


@pytest.mark.parametrize(
    ("head", "keys", "said"),
    [
        (
            "mcp_servers: {kb: {command: python}}",
            f"server: kbb, {ECHO}",
            "unknown MCP server 'kbb' in provider 'x'\n  expected: one of kb\n  fix: did you mean",
        ),
        ("mcp_servers: {kb: {comand: python}}", f"server: kb, {ECHO}", "did you mean 'command'?"),
        ("mcp_servers: [{command: python}]", f"server: kb, {ECHO}", "an MCP server has no 'id'"),
        (
            "mcp_servers: [{id: kb, command: a}, {id: kb, command: b}]",
            f"server: kb, {ECHO}",
            "duplicate MCP server 'kb'",
        ),
        ("mcp_servers: 5", f"server: {{command: python}}, {ECHO}", "neither a list nor a mapping"),
        (
            "",
            f"server: {{command: python, url: 'http://x/mcp'}}, {ECHO}",
            "an MCP server has 'command' and 'url'",
        ),
        ("", f"server: {{tools: [a]}}, {ECHO}", "an MCP server has neither 'command' nor 'url'"),
        (
            "",
            f"server: {{type: sse, url: 'http://x/mcp'}}, {ECHO}",
            "the transport 'sse' is not spoken",
        ),
        (
            "",
            f"server: {{url: 'http://x/mcp', env: {{A: b}}}}, {ECHO}",
            "'env', which says nothing of a server over http",
        ),
        ("", "server: {command: python}", "a column of an MCP server has neither tool, resource"),
        (
            "",
            "server: {command: python}, tool: a, resource: b",
            "a column of an MCP server asks for two things",
        ),
        ("", "server: {command: python}, tool: '{{ promt }}'", "did you mean 'prompt'?"),
        ("", "tool: echo", "provider 'x' has no 'server'"),
        ("", f"server: {{command: python}}, {ECHO}, model: m", "'model' of provider 'x' is for"),
    ],
)
def test_what_no_server_could_be_asked_with_is_refused(
    project: Project, head: str, keys: str, said: str
) -> None:
    project.write(arena=arena({"x": keys}, head=head))
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert said in result.stdout.str()


def test_a_program_that_is_not_there_is_told_before_the_run(project: Project) -> None:
    project.write(arena=arena({"x": f"server: {{command: no-such kb.py}}, {ECHO}"}))
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert (
        "arena.yaml:2:5: provider 'x': there is no program 'no-such kb.py'\n"
        "  expected: a program that can be run, its path from the arena file's folder, or its "
        "name\n  fix: write it like command: [no-such, kb.py]"
    ) in result.stderr.str()


def test_a_tool_that_the_server_has_not_is_an_error_that_names_those_it_has(
    project: Project,
) -> None:
    given = "tool: echo, arguments: '{{ prompt }}'"
    project.write(
        arena=arena({"x": f"{raw('plain')}, tool: ecko", "y": f"{raw('plain')}, {given}"})
    )
    project.run().assert_outcomes(errors=2)
    messages = {name: trial["error"]["message"] for name, trial in project.first_trials().items()}
    assert messages["x"].endswith(
        "has no tool 'ecko'\n  expected: echo, wipe\n  fix: did you mean 'echo'?"
    )
    assert "arguments of provider 'y' are 'hello', which is no JSON object" in messages["y"]


def test_arenas_without_a_server_never_import_the_package(project: Project) -> None:
    project.write(
        arena="providers: [{name: m, provider: mock, model: m}]\n"
        "mcp_servers: {kb: {command: python}}\n"
        "tests: [{name: Hi, prompt: hi, mock: hi, assertions: [{type: contains, value: hi}]}]\n"
    )
    project.pytester.makeconftest(
        "import sys\ndef pytest_unconfigure(config):\n    print('imported', 'mcp' in sys.modules)\n"
    )
    result = project.run_apart("-s")
    result.assert_outcomes(passed=1)
    assert "imported False" in result.stdout.str()


@pytest.mark.parametrize(
    ("arguments", "victim"),
    [((), "run"), ((), "ctrl-c"), (("-n2",), "worker")],
    ids=["killed", "ctrl-c", "n2-worker"],
)
def test_nothing_is_left_running_however_a_run_ends(
    project: Project, arguments: tuple[str, ...], victim: str
) -> None:
    entries = {f"x{number}": f"{raw('forks')}, {ECHO}" for number in range(2)}
    hangs = {f"h{number}": f"{raw('hangs')}, {ECHO}" for number in range(2)}
    project.write(arena=arena({**entries, **hangs}))
    command = [sys.executable, "-c", INTERRUPTIBLE, "--arena", "--arena-report=", *arguments]
    with process_group(command, project.path) as process:
        wait_until(lambda: len(pids_in(project.path)) == 6, project.path)
        if victim == "ctrl-c":
            os.kill(process.pid, signal.SIGINT)
        elif victim == "worker":
            pids = pids_in(project.path)
            parents = {parent for pid in pids if (parent := parent_of(pid))} - {1}
            for pid in parents - set(pids_in(project.path)):
                os.kill(pid, signal.SIGKILL)
            os.kill(process.pid, signal.SIGINT)
        else:
            os.kill(process.pid, signal.SIGKILL)
        process.wait(60)
        wait_until(lambda: not any(map(is_alive, pids_in(project.path))), project.path)


def test_a_servers_texts_are_inert_where_they_are_shown(project: Project) -> None:
    hostile = json.dumps("hello </script><script>alert(1)</script> \x1b[2J")
    project.write(arena=arena({"x": f"{raw('plain')}, tool: echo, arguments: {{text: {hostile}}}"}))
    result = project.run("--arena-report=html,markdown", "--arena-answers")
    result.assert_outcomes(passed=1)
    assert "\x1b[2J" not in result.stdout.str()
    page = (project.path / "arena-report" / "report.html").read_text()
    assert "<script>alert(1)" not in page
