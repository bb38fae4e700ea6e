"""Agents that work with the tools of MCP servers: chosen among several, gone wrong, and ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import pytest
from conftest import Project
from servers import mcp_raw
from servers.mcp_raw import pids_in
from servers.wire import WireServer
from survival import is_alive

import pytest_arena.providers.mcp

RAW = ", ".join(mcp_raw.COMMAND)


@pytest.fixture(scope="module", autouse=True)
def _package() -> None:
    """What servers need, imported here so that no run of pytest inside pytest does it anew."""
    pytest_arena.providers.mcp.McpProvider.warm_up()
    import_module("jsonschema")


def arena(
    servers: dict[str, str],
    answers: dict[str, Sequence[Any]],
    *,
    head: str = "",
    target: str = "",
    case: str = "",
    checks: str = "{type: contains, value: done}, {type: no_tool_errors}",
) -> str:
    """Return an arena with one agent, and mock columns that call these tools in turn."""
    columns = "\n".join(f"  - {{name: {name}, provider: mock, model: m}}" for name in answers)
    named = "\n".join(
        f"  - {{id: {name}, command: [{RAW}, {mode}]{further}}}"
        for name, (mode, _, further) in ((n, s.partition(",")) for n, s in servers.items())
        for further in [f", {further}" if further else ""]
    )
    mock = {name: {"steps": [*steps, "done"]} for name, steps in answers.items()}
    return f"""
mcp_servers:
{named}
{head}
targets:
  agent: {{type: agent, instructions: Use the tools.{target}}}
providers:
{columns}
tests:
  - name: Works
    target: agent
    prompt: hello
    mock: {json.dumps(mock)}
{case}
    assertions: [{checks}]
"""


def calls(*names: str, **arguments: Any) -> dict[str, Any]:
    return {"tool_calls": [{"name": name, "arguments": arguments} for name in names]}


def made(project: Project, column: str) -> list[dict[str, Any]]:
    trial = project.columns()[column]["trials"][0]
    found: list[dict[str, Any]] = list(trial["tool_calls"])
    return found


def test_an_agent_chooses_among_servers_and_decoys(
    project: Project, spread: tuple[str, ...]
) -> None:
    answers = {
        "right": [calls("kb__echo", text="vpn")],
        "claude": [calls("mcp__kb__echo", text="vpn")],
        "promptise": [calls("mcp_kb_echo", text="vpn")],
        "misled": [calls("decoy__echo", text="vpn")],
        "careless": [calls("kb__echo", txt="vpn")],
    }
    # three spellings of one tool
    names = ("kb.echo", "mcp__kb__echo", "mcp_kb_echo")
    checks = ", ".join(f"{{type: tools_called, tools: [{name}]}}" for name in names)
    checks += ", {type: no_tool_errors}"
    project.write(arena=arena({"kb": "plain", "decoy": "plain"}, answers, checks=checks))
    project.run_apart(*spread).assert_outcomes(passed=3, failed=2)
    called = {name: made(project, name)[0]["name"] for name in answers}
    assert called == {**dict.fromkeys(answers, "kb.echo"), "misled": "decoy.echo"}
    assert made(project, "right")[0]["result"].startswith("vpn ")
    error = made(project, "careless")[0]["error"]
    assert error == ("not run: the arguments do not fit the schema: 'text' is a required property")
    assert not any(map(is_alive, pids_in(project.path)))


def test_a_tool_that_one_server_alone_has_keeps_its_name(project: Project) -> None:
    answers = {"x": [calls("echo", text="a"), calls("wipe")]}
    servers = {"kb": "plain,tools: ['e*']", "crm": "plain,tools: [wipe]"}
    project.write(arena=arena(servers, answers))
    project.run().assert_outcomes(failed=1)
    echo, wipe = made(project, "x")
    assert (echo["name"], echo["error"]) == ("echo", None)
    # a server's refusal is the tool's error, which the model is told
    assert (wipe["name"], wipe["error"]) == ("wipe", "not on a Friday")


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("dies", "ended with status 7\n  out of memory"),
        ("hangs,timeout: 300ms", "has not answered within 0.3 s"),
        ("floods", "lines in a row that answer nothing"),
        ("lies", "breaks its word"),
        ("fails", "no a"),
        ("no-content", "is not as the protocol has it"),
    ],
)
def test_a_server_that_fails_amid_a_call_is_the_tools_error(
    project: Project, mode: str, said: str
) -> None:
    answers = {"x": [calls("echo", text="a")]}
    project.write(arena=arena({"kb": mode}, answers))
    project.run().assert_outcomes(failed=1)
    (call,) = made(project, "x")
    assert said in call["error"]
    # the model has heard of it, and gone on
    assert project.columns()["x"]["trials"][0]["output"] == "done"


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("does-not-start", "MCP server 'kb' ended with status 3\n  no database"),
        ("never-answers,startup_timeout: 500ms", "has not answered within 0.5 s"),
        ("no-schema", "describes its tool 'echo' by an inputSchema that is none"),
        ("pages", "lists tools without end"),
    ],
)
def test_a_server_whose_tools_nobody_knows_is_an_error(
    project: Project, mode: str, said: str
) -> None:
    project.write(arena=arena({"kb": mode}, {"x": []}))
    project.run().assert_outcomes(errors=1)
    error = project.columns()["x"]["trials"][0]["error"]
    assert error["kind"] == "system"
    assert said in error["message"]
    assert not any(map(is_alive, pids_in(project.path)))


def test_a_tool_that_a_server_gets_amid_a_turn_is_called(project: Project) -> None:
    answers = {"x": [calls("echo", text="a"), calls("late")]}
    project.write(arena=arena({"kb": "grows"}, answers))
    project.run().assert_outcomes(passed=1)


def test_a_servers_calls_are_never_held_against_the_files_tools(project: Project) -> None:
    answers = {"x": [calls("echo", text="a")], "y": [calls("refund")]}
    head = "tools: {refund: {description: Refund., mock: done}}"
    project.write(
        arena=arena({"kb": "plain"}, answers, head=head, checks="{type: valid_tool_calls}")
    )
    project.run().assert_outcomes(passed=1, errors=1)
    (finding,) = project.columns()["x"]["trials"][0]["assertions"]
    assert finding["reason"].endswith("is not known here, and no_tool_errors looks at those")


FALLS_BACK = """
from pytest_arena import ErrorKind, Provider, ProviderError, Response, ToolCall

class Down(Provider):
    type = "down"
    async def complete(self, request):
        raise ProviderError(ErrorKind.CONNECTION, "down")

class Beside(Provider):
    type = "beside"
    async def complete(self, request):
        names = [tool["function"]["name"] for tool in request.tools]
        return Response(output=f"done {sorted(names)}")

def pytest_arena_register(registry):
    registry.provider(Down)
    registry.provider(Beside)
"""


def test_who_answers_instead_is_offered_the_servers_tools(project: Project) -> None:
    project.pytester.makeconftest(FALLS_BACK)
    text = arena({"kb": "plain"}, {"x": []})
    column = "{name: x, provider: down, model: m, retries: 0, fallbacks: [y]}"
    text = text.replace(
        "{name: x, provider: mock, model: m}",
        f"{column}\n  - {{name: y, provider: beside, model: m}}",
    )
    project.write(arena=text)
    project.run("--arena-provider=x").assert_outcomes(passed=1)
    assert project.columns()["x"]["trials"][0]["output"] == "done ['echo', 'wipe']"


def test_a_server_of_each_trial_ends_with_it(project: Project) -> None:
    answers = {"x": [calls("echo", text="a")]}
    project.write(arena=arena({"kb": "plain,scope: trial"}, answers, case="    trials: 3\n"))
    project.run().assert_outcomes(passed=1)
    assert len(set(pids_in(project.path))) == 3
    assert not any(map(is_alive, pids_in(project.path)))


def test_what_nobody_can_undo_is_counted_and_never_done_under_a_mock(project: Project) -> None:
    answers = {"x": [calls("echo", "echo", text="a")]}
    servers = {"kb": "plain,irreversible: [echo]"}
    limits = ", limits: {irreversible: 1, on_exceeded: stop}"
    checks = "{type: no_tool_errors, not: true}"
    project.write(arena=arena(servers, answers, target=limits, checks=checks))
    project.run().assert_outcomes(passed=1)
    first, second = made(project, "x")
    assert first["error"] is None
    assert first["irreversible"]
    assert second["error"].startswith("not run: ")
    project.run("--arena-mock").assert_outcomes(passed=1)
    assert "irreversible" in made(project, "x")[0]["error"]


def test_tools_of_a_server_weigh_what_it_says(project: Project) -> None:
    servers = {"kb": "plain,cost_weights: {'ec*': 3}"}
    limits = ", limits: {cost_weight: 5}"
    answers = {"x": [calls("echo", "echo", text="a")]}
    checks = "{type: no_tool_errors, not: true}"
    project.write(arena=arena(servers, answers, target=limits, checks=checks))
    project.run().assert_outcomes(passed=1)
    first, second = made(project, "x")
    assert first["error"] is None
    assert second["error"] == "not run: limit cost_weight: the calls would weigh 6 of 5"


def test_a_hostile_description_and_result_are_inert(project: Project) -> None:
    hostile = "</script><script>alert(1)</script>\x1b]0;x\x07\u202eon"
    project.write(arena=arena({"kb": "plain"}, {"x": [calls("echo", text=hostile)]}))
    result = project.run("--arena-report=html,markdown", "--arena-answers")
    result.assert_outcomes(passed=1)
    assert "\x1b]0" not in result.stdout.str()
    page = (project.path / "arena-report" / "report.html").read_text()
    assert "<script>alert(1)" not in page


def test_an_unknown_server_is_refused(project: Project) -> None:
    project.write(arena=arena({"kb": "plain"}, {"x": []}, target=", tools: ['mcp:kbb']"))
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "unknown MCP server 'kbb' in 'tools' of the agent" in result.stdout.str()


BARE = """
mcp_servers:
  - {{id: kb, command: [{raw}, {mode}]}}
  - {{id: decoy, command: [{raw}, plain], tools: [echo]}}
tools: [{{name: own, parameters: {{properties: {{}}}}}}, "mcp:kb", "mcp:decoy"]
providers:
  - {{name: direct, provider: openai, model: m, api_base: "{url}/v1"}}
  - {{name: claude, provider: anthropic, model: claude-haiku-4-5, api_base: "{url}"}}
tests:
  - name: Chooses
    prompt: >-
      <<tool='kb__echo:{{"text": "vpn"}}'>>
    assertions:
      - {{type: tools_called, tools: [kb.echo]}}
      - {{type: tools_not_called, tools: [wipe]}}
"""


@pytest.mark.usefixtures("clients")
def test_a_bare_model_is_offered_the_tools_of_servers_and_none_is_run(project: Project) -> None:
    with WireServer() as server:
        project.write(arena=BARE.format(raw=RAW, mode="plain", url=server.url))
        project.run().assert_outcomes(passed=2)
        bodies = {"input_schema" in str(request.body): request.body for request in server.requests}
    names = ["own", "kb__echo", "wipe", "decoy__echo"]
    assert [tool["function"]["name"] for tool in bodies[False]["tools"]] == names
    assert [tool["name"] for tool in bodies[True]["tools"]] == names
    for column in ("direct", "claude"):
        (call,) = made(project, column)
        assert (call["name"], call.get("result")) == ("kb.echo", None)
    assert not any(map(is_alive, pids_in(project.path)))


@pytest.mark.usefixtures("clients")
def test_a_bare_model_is_not_asked_where_a_server_does_not_say_what_it_has(
    project: Project,
) -> None:
    with WireServer() as server:
        project.write(arena=BARE.format(raw=RAW, mode="does-not-start", url=server.url))
        project.run("--arena-provider=direct").assert_outcomes(errors=1)
        assert not server.requests


def test_a_chain_of_tasks_calls_the_tools_of_its_servers(project: Project) -> None:
    """A task names servers as it names providers of tools, and calls one of theirs by itself."""
    ways = [{"operator": "equals", "when": "tool_call", "goto": "run"}]
    ways.append({"operator": "default", "goto": "look"})
    system = "{{toolservice:tools kb}}"
    chat = {"id": "chat", "handler": "chat_completion", "system_instruction": system}
    chat |= {"execute_config": {"tools": ["kb"]}, "transition": {"branches": ways}}
    run = {"id": "run", "handler": "execute_tool_calls", "input_var": "chat"}
    run |= {"transition": {"branches": [{"operator": "default", "goto": "chat"}]}}
    look = {"id": "look", "handler": "tools", "tools": {"name": "kb", "tool_name": "echo"}}
    look["tools"]["args"] = {"text": "again"}
    (project.path / "chain.json").write_text(json.dumps({"tasks": [chat, run, look]}))
    text = arena({"kb": "ok", "other": "ok"}, {"m": [calls("echo", text="hi")]})
    target = "agent: {type: agent, instructions: Use the tools.}"
    text = text.replace(target, "agent: {type: task_chain, file: chain.json}")
    text = text.replace("{type: contains, value: done}", "{type: workflow_complete}")
    project.write(arena=text)
    project.run().assert_outcomes(passed=1)
    assert [(one["name"], one["result"].split()[0]) for one in made(project, "m")] == [
        ("echo", "hi"),
        ("echo", "again"),
    ]
