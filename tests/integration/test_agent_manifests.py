"""An agent that a manifest describes, at work with its server, in one process and over two."""

from __future__ import annotations

import json
from importlib import import_module

import pytest
from conftest import Project
from servers import mcp_raw

import pytest_arena.providers.mcp

ARGUMENTS = json.dumps([*mcp_raw.COMMAND[1:], "plain"])
MANIFEST = f"""
version: "1.0"
name: clerk
instructions: Do as you are told.
servers:
  desk: {{type: stdio, command: {mcp_raw.COMMAND[0]}, args: {ARGUMENTS}}}
triggers: [{{type: cron, cron_expression: "* * * * *"}}]
budget:
  enabled: true
  max_irreversible_per_run: 1
  tool_costs: {{echo: {{cost_weight: 5, irreversible: true}}}}
health: {{enabled: true, stuck_threshold: 2, on_anomaly: log}}
"""
ARENA = """
providers:
  - {name: twice, provider: mock, model: m}
  - {name: once, provider: mock, model: m}
targets: {clerk: {type: agent, manifest: clerk.agent}}
tests:
  - name: Echo
    target: clerk
    prompt: Say it once.
    mock:
      once: {steps: [{tool_calls: [{name: echo, arguments: {text: a}}]}, done]}
      twice:
        steps:
          - {tool_calls: [{name: echo, arguments: {text: a}}, {name: echo, arguments: {text: a}}]}
          - done
    assertions: [{type: contains, value: done}]
"""


@pytest.fixture(scope="module", autouse=True)
def _package() -> None:
    """What servers need, imported here so that no run of pytest inside pytest does it anew."""
    pytest_arena.providers.mcp.McpProvider.warm_up()
    import_module("jsonschema")


@pytest.mark.parametrize("processes", [[], ["-n2"]], ids=["one", "two"])
def test_the_agent_of_a_manifest_works_within_its_budget(
    project: Project, processes: list[str]
) -> None:
    project.write(arena=ARENA)
    (project.path / "clerk.agent").write_text(MANIFEST)
    result = project.run("-Wdefault", *processes)
    result.assert_outcomes(passed=1, failed=1)
    told = "*clerk.agent:1:1: 1 key of the manifest without effect here"
    result.stdout.fnmatch_lines([told, "*7:1: triggers: a case says what the agent is told*"])
    trials = project.first_trials()
    assert [call["error"] for call in trials["once"]["tool_calls"]] == [None]
    assert trials["once"]["tool_calls"][0]["irreversible"]
    ran, refused = trials["twice"]["tool_calls"]
    assert ran["error"] is None
    assert refused["error"] == "not run: limit irreversible: at most 1 irreversible call"
