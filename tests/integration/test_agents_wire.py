"""The same agent on the wire formats of vendors that refuse a history which is not whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import Project
from servers.formats import Reply
from servers.histories import has_results, problem_of
from servers.wire import WireRequest, WireServer

pytestmark = pytest.mark.usefixtures("clients")

THOUGHTS = "They want two orders."
REFUSED: list[str] = []


def model(request: WireRequest) -> Reply:
    """Think, call a tool twice at once, and answer when both results are there."""
    if problem := problem_of(request.path, request.body, THOUGHTS):
        REFUSED.append(problem)
        return Reply(error="bad_request")
    if has_results(request.body):
        return Reply("Both are shipped.")
    numbers = ({"number": "7"}, {"number": "8"})
    return Reply("", thoughts=THOUGHTS, tools=tuple(("find", one) for one in numbers))


@pytest.fixture
def server() -> Iterator[WireServer]:
    REFUSED.clear()
    with WireServer(model) as running:
        yield running


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_an_agent_leaves_the_same_record_on_every_vendors_format(
    project: Project, server: WireServer, streamed: bool
) -> None:
    wait = ", {type: first_token, max_ms: 50000}" if streamed else ""
    project.write(
        arena=f"""\
providers:
  - {{name: openai, provider: openai, model: m, api_base: "{server.url}/v1"}}
  - {{name: litellm, provider: deepseek, model: deepseek-chat, api_base: "{server.url}/v1"}}
  - {{name: anthropic, provider: anthropic, model: claude-sonnet-4-5, api_base: "{server.url}",
     params: {{thinking: {{type: enabled, budget_tokens: 1024}}}}}}
  - {{name: gemini, provider: gemini, model: gemini-3-pro-preview, api_base: "{server.url}"}}
  - {{name: ollama, provider: ollama_chat, model: llama3, api_base: "{server.url}"}}
tools:
  find:
    parameters: {{properties: {{number: {{type: string}}}}, required: [number]}}
    mock: {{status: shipped, number: "{{{{ arguments.number }}}}"}}
targets: {{desk: {{type: agent, instructions: Help., limits: {{tool_calls: 2}}}}}}
tests:
  - name: Orders
    target: desk
    prompt: Where are 7 and 8?
    assertions: [{{type: contains, value: Both}}{wait}]
"""
    )
    result = project.run()
    assert not REFUSED
    result.assert_outcomes(passed=5)
    records = {
        name: (
            trial["responses"][0]["output"],
            [
                (call["name"], call["arguments"], call["result"])
                for call in trial["responses"][0]["tool_calls"]
            ],
            [step["kind"] for step in trial["responses"][0]["steps"] if step["kind"] != "note"],
            [message["role"] for message in trial["responses"][0]["transcript"]],
            (trial["responses"][0]["input_tokens"], trial["responses"][0]["attempts"]),
        )
        for name, trial in project.first_trials().items()
    }
    shipped = [
        ("find", {"number": number}, {"status": "shipped", "number": number}) for number in "78"
    ]
    expected = (
        "Both are shipped.",
        shipped,
        ["model", "tool", "tool", "model"],
        ["assistant", "tool", "tool", "assistant"],
        (22, 2),
    )
    assert records == dict.fromkeys(records, expected)


def test_a_recorded_agent_runs_again_without_its_model(
    project: Project, server: WireServer
) -> None:
    project.write(
        arena=f"""\
providers: [{{name: direct, provider: openai, model: m, api_base: "{server.url}/v1"}}]
tools: {{find: {{parameters: {{properties: {{number: {{type: string}}}}}}, mock: shipped}}}}
targets: {{desk: {{type: agent}}}}
tests:
  - {{name: Orders, target: desk, prompt: Where?, assertions: [{{type: contains, value: Both}}]}}
"""
    )
    project.run("--arena-record=once").assert_outcomes(passed=1)
    calls = server.calls
    assert calls == 2
    project.run("--arena-record=none").assert_outcomes(passed=1)
    assert server.calls == calls
    response = project.first_trials()["direct"]["responses"][0]
    assert response["source"] == "recording"
    assert [call["result"] for call in response["tool_calls"]] == ["shipped", "shipped"]
