"""The same chain on the wire formats of vendors: the same record, whole and streamed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import Project
from servers.formats import Reply
from servers.histories import has_results, problem_of
from servers.wire import WireRequest, WireServer

pytestmark = pytest.mark.usefixtures("clients")

THOUGHTS = "They want order 7."
REFUSED: list[str] = []


def model(request: WireRequest) -> Reply:
    """Sort the message, look the order up with the tool, and answer."""
    if "Sort" in str(request.body):
        return Reply("order 7") if not request.body.get("tools") else Reply(error="bad_request")
    if problem := problem_of(request.path, request.body, THOUGHTS):
        REFUSED.append(problem)
        return Reply(error="bad_request")
    if has_results(request.body):
        return Reply("It is shipped.")
    return Reply("", thoughts=THOUGHTS, tools=(("find", {"number": "7"}),))


@pytest.fixture
def server() -> Iterator[WireServer]:
    REFUSED.clear()
    with WireServer(model) as running:
        yield running


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_chain_leaves_the_same_record_on_every_vendors_format(
    project: Project, server: WireServer, streamed: bool
) -> None:
    wait = ", {type: first_token, max_ms: 50000}" if streamed else ""
    project.write(
        arena=f"""\
providers:
  - {{name: openai, provider: openai, model: m, api_base: "{server.url}/v1"}}
  - {{name: anthropic, provider: anthropic, model: claude-sonnet-4-5, api_base: "{server.url}",
     params: {{thinking: {{type: enabled, budget_tokens: 1024}}}}}}
  - {{name: gemini, provider: gemini, model: gemini-3-pro-preview, api_base: "{server.url}"}}
  - {{name: ollama, provider: ollama_chat, model: llama3, api_base: "{server.url}"}}
tools:
  find:
    parameters: {{properties: {{number: {{type: string}}}}, required: [number]}}
    mock: {{status: shipped}}
targets:
  desk:
    type: chain
    tools: []
    instructions: ["Sort: {{input}}", {{agentic: Find it., tools: [find]}}]
tests:
  - name: Order
    target: desk
    prompt: Where is it?
    assertions: [{{type: contains, value: shipped}}{wait}]
"""
    )
    result = project.run()
    assert not REFUSED
    result.assert_outcomes(passed=4)
    for name, trial in project.first_trials().items():
        (response,) = trial["responses"]
        texts = [one["text"] for one in response["steps"] if one["kind"] == "instruction"]
        assert (name, texts) == (name, ["order 7", "It is shipped."])
        assert [call["result"] for call in response["tool_calls"]] == [{"status": "shipped"}]
        assert response["attempts"] == 3
