"""What tools and servers do to an agent: each fault is a tool error, or the trial's error, with its
reason; no run hangs, and nothing is left running."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import INTERRUPTIBLE, Project
from servers import mcp_raw
from servers.mcp_raw import pids_in
from survival import is_alive, process_group, wait_until

TOOLS = """
import asyncio, itertools, threading

def hangs(): threading.Event().wait()
async def hangs_async(): await asyncio.Event().wait()
async def blocks_async(): threading.Event().wait()
def big(): return "x" * 100_000_000
def many(): return list(range(5_000_000))
def endless(): return itertools.count()
def endless_text(): return itertools.repeat("x" * 1_000_000)
def circular():
    found = []
    found.append(found)
    return found
def deep():
    found = []
    for _ in range(100_000):
        found = [found]
    return found
def recursive(): return recursive()
def interrupts(): raise KeyboardInterrupt
def exits(): raise SystemExit
class Untold:
    def __str__(self): raise ValueError("no text")
    __repr__ = __str__
def untold(): return Untold()
def keeps_itself(state): state["all"] = state
def keeps_deep(state):
    value = 1
    for _ in range(10_000):
        value = [value]
    state["deep"] = value
def raises_untold(): raise Exception(Untold())
"""
PROGRAM = """\
import os, sys, threading
with open("pids", "a") as file:
    file.write(f"{os.getpid()}\\n")
mode = sys.argv[1]
if mode == "forks" and os.fork() == 0:
    with open("pids", "a") as file:
        file.write(f"{os.getpid()}\\n")
if mode in ("hangs", "forks"):
    threading.Event().wait()
while True:
    (sys.stderr if mode == "errors" else sys.stdout).write("x" * 1_000_000)
"""
LATE = "no result within 0.5 s"
PYTHON = {
    "hangs": LATE,
    "hangs_async": LATE,
    "blocks_async": LATE,
    "big": 100_000,
    "many": 100_000,
    "endless": 100_000,
    "endless_text": 100_000,
    "circular": "what it gave is nested too deeply",
    "deep": "what it gave is nested too deeply",
    "recursive": "RecursionError: maximum recursion depth exceeded",
    "interrupts": "KeyboardInterrupt",
    "exits": "SystemExit",
    "untold": "ValueError: no text",
    "keeps_itself": "its state 'all' cannot be kept: Circular reference detected (id repeated)",
    "keeps_deep": "its state 'deep' cannot be kept: Maximum serialization depth exceeded",
    "raises_untold": "Exception: (its text cannot be told)",
}
PROGRAMS = {
    "hangs": LATE,
    "forks": LATE,
    "errors": LATE,
    "output": "wrote more than 16 MiB on standard output",
}
SERVERS = {
    "dies": "MCP server 'dies' ended with status 7",
    "hangs": "MCP server 'hangs' has not answered within 0.5 s",
    "floods": "MCP server 'floods' wrote 10,001 lines in a row",
    "floods-errors": "MCP server 'floods-errors' has not answered within 0.5 s",
    "endless": "MCP server 'endless' wrote a message of more than 8 MiB",
    "big": "MCP server 'big' wrote a message of more than 8 MiB",
    "recursive": "the arguments do not fit the schema",
    "recursive-alone": "the arguments do not fit the schema",
}
LIARS = {
    "no-schema": "describes its tool 'echo' by an inputSchema that is none",
    "huge-schema": "describes its tool 'echo' by an inputSchema that is none: it has 200,",
    "control-name": "lists a tool whose name is none: 'echo\\x1b[2J'",
    "twice": "lists the tool 'echo' twice",
    "pages": "lists tools without end",
    "never-answers": "has not answered within 1 s",
    "does-not-start": "ended with status 3",
}


def mock(tool: str, **arguments: Any) -> str:
    call = {"name": tool, "arguments": arguments}
    return json.dumps([{"steps": [{"tool_calls": [call]}, "Done."]}])


def write(project: Project, tools: dict[str, str], servers: dict[str, str]) -> None:
    """Write an arena with one case for each tool and one for each server, whose tool is echo."""
    entries = [f"  {name}: {spec}" for name, spec in tools.items()]
    running = [f"  {name}: {spec}" for name, spec in servers.items()]
    cases = [(name, name, mock(name)) for name in tools]
    cases += [(f"mcp {name}", f"mcp:{name}", mock("echo", text="hi")) for name in servers]
    lines = [
        "providers: [{name: m, provider: mock, model: any}]",
        *(["tools:", *entries] if tools else []),
        *(["mcp_servers:", *running] if servers else []),
        "targets:",
    ]
    lines += [
        f"  {json.dumps(case)}: {{type: agent, tools: ['{tool}']}}" for case, tool, _ in cases
    ]
    lines += ["tests:"]
    for case, _, answers in cases:
        lines.append(
            f"  - {{name: {case}, target: {json.dumps(case)}, prompt: Go., mock: {answers}, "
            "assertions: [{type: contains, value: Done.}]}"
        )
    project.pytester.makepyfile(faulty=TOOLS, program=PROGRAM)
    project.write(arena="\n".join(lines))


def program(mode: str, timeout: str) -> str:
    command = json.dumps([sys.executable, "-S", "program.py", mode])
    return f"{{exec: {{command: {command}}}, timeout: {timeout}}}"


def server(mode: str, timeout: str, startup: str = "20s") -> str:
    command = json.dumps([*mcp_raw.COMMAND, mode])
    return f"{{command: {command}, timeout: {timeout}, startup_timeout: {startup}}}"


def test_what_a_tool_does_is_its_error_or_is_cut(project: Project) -> None:
    limit: dict[object, str] = {LATE: "500ms"}
    tools = {
        name: f"{{python: 'faulty:{name}', timeout: {limit.get(said, '20s')}}}"
        for name, said in PYTHON.items()
    }
    tools |= {
        f"exec_{mode}": program(mode, limit.get(said, "20s")) for mode, said in PROGRAMS.items()
    }
    write(project, tools, {})
    project.run().assert_outcomes(passed=len(tools))
    calls = {
        cell["case"]: cell["trials"][0]["responses"][0]["tool_calls"][0]
        for cell in project.cells().values()
    }
    for name, said in {
        **PYTHON,
        **{f"exec_{name}": said for name, said in PROGRAMS.items()},
    }.items():
        if isinstance(said, int):
            assert said < len(calls[name]["result"]) < said + 100, name
        else:
            assert said in calls[name]["error"], name
    wait_until(lambda: not any(map(is_alive, pids_in(project.path))), project.path)


def test_what_a_server_does_is_the_tool_s_error_or_the_trial_s(project: Project) -> None:
    servers = {
        name: server(name, "500ms" if "0.5 s" in said else "120s") for name, said in SERVERS.items()
    }
    servers |= {name: server(name, "20s") for name in LIARS}
    servers["never-answers"] = server("never-answers", "20s", "1s")
    write(project, {}, servers)
    project.run().assert_outcomes(passed=len(SERVERS), errors=len(LIARS))
    trials = {cell["case"]: cell["trials"][0] for cell in project.cells().values()}
    for name, said in SERVERS.items():
        (call,) = trials[f"mcp {name}"]["responses"][0]["tool_calls"]
        assert said in call.get("error", ""), name
    for name, said in LIARS.items():
        assert said in trials[f"mcp {name}"]["error"]["message"], name
    wait_until(lambda: not any(map(is_alive, pids_in(project.path))), project.path)


@pytest.mark.parametrize("victim", ["run", "ctrl-c", "worker"])
def test_nothing_of_an_agent_s_tools_outlives_its_run(project: Project, victim: str) -> None:
    write(project, {"forks": program("forks", "60s")}, {"hangs": server("hangs", "60s")})
    command = [sys.executable, "-c", INTERRUPTIBLE, "--arena", "--arena-report="]
    with process_group([*command, *(["-n1"] if victim == "worker" else [])], project.path) as run:
        wait_until(lambda: len(pids_in(project.path)) == 3, project.path)
        (parent,) = {_parent(pid) for pid in pids_in(project.path)} - set(pids_in(project.path))
        if victim == "worker":
            os.kill(parent, signal.SIGKILL)
            wait_until(lambda: not is_alive(parent), project.path)
        os.kill(run.pid, signal.SIGKILL if victim == "run" else signal.SIGINT)
        run.wait(60)
        wait_until(lambda: not any(map(is_alive, pids_in(project.path))), project.path)


def _parent(pid: int) -> int:
    status = Path("/proc", str(pid), "stat").read_text()
    return int(status.rpartition(")")[2].split()[1])
