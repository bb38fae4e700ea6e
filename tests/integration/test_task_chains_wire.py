"""The same chain of tasks on the wire formats of vendors, its loop ended by a counted edge."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from conftest import Project
from servers.formats import Reply
from servers.histories import problem_of
from servers.wire import WireRequest, WireServer

pytestmark = pytest.mark.usefixtures("clients")

THOUGHTS = "They want order 7."
REFUSED: list[str] = []
END = {"operator": "default", "goto": "end"}
CHAIN = {
    "id": "desk",
    "tasks": [
        {
            "id": "sort",
            "handler": "route",
            "system_instruction": "Sort it.",
            "transition": {
                "branches": [{"operator": "equals", "when": "order", "goto": "look"}, END]
            },
        },
        {
            "id": "look",
            "handler": "chat_completion",
            "execute_config": {"tools": ["find"], "max_tokens": 2000},
            "transition": {
                "branches": [
                    {
                        "operator": "edge_traversed_at_least",
                        "edge": "look->run",
                        "when": "1",
                        "goto": "say",
                    },
                    {"operator": "equals", "when": "tool_call", "goto": "run"},
                    END,
                ]
            },
        },
        {
            "id": "run",
            "handler": "execute_tool_calls",
            "transition": {"branches": [{"operator": "default", "goto": "look"}]},
        },
        {
            "id": "say",
            "handler": "chat_completion",
            "input_var": "look",
            "system_instruction": "Give up.",
            "execute_config": {"tools": []},
        },
    ],
}


def model(request: WireRequest) -> Reply:
    """Sort the message, call the tool whenever it is there, and give up without it."""
    body = str(request.body)
    if "Sort it." in body:
        return Reply("Order") if not request.body.get("tools") else Reply(error="bad_request")
    if problem := problem_of(request.path, request.body, THOUGHTS):
        REFUSED.append(problem)
        return Reply(error="bad_request")
    if "Give up." in body:
        return Reply("I could not find it.")
    return Reply("", thoughts=THOUGHTS, tools=(("find", {"number": "7"}),))


@pytest.fixture
def server() -> Iterator[WireServer]:
    REFUSED.clear()
    with WireServer(model) as running:
        yield running


def test_a_chain_of_tasks_takes_the_same_way_on_every_vendors_format(
    project: Project, server: WireServer
) -> None:
    (project.path / "desk.json").write_text(json.dumps(CHAIN))
    project.write(
        arena=f"""\
providers:
  - {{name: openai, provider: openai, model: m, api_base: "{server.url}/v1"}}
  - {{name: anthropic, provider: anthropic, model: claude-sonnet-4-5, api_base: "{server.url}"}}
  - {{name: gemini, provider: gemini, model: gemini-3-pro-preview, api_base: "{server.url}"}}
  - {{name: ollama, provider: ollama_chat, model: llama3, api_base: "{server.url}"}}
tools:
  find:
    parameters: {{properties: {{number: {{type: string}}}}, required: [number]}}
    mock: {{status: shipped}}
targets: {{desk: {{type: task_chain, file: desk.json}}}}
tests:
  - name: Order
    target: desk
    prompt: Where is it?
    assertions:
      - {{type: workflow_path, path: [sort, look, run, look, say]}}
      - {{type: contains, value: could not find}}
"""
    )
    result = project.run()
    assert not REFUSED
    result.assert_outcomes(passed=4)
    for trial in project.first_trials().values():
        (response,) = trial["responses"]
        assert [call["result"] for call in response["tool_calls"]] == [{"status": "shipped"}] * 2
