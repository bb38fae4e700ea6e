"""Personas on the wire formats of vendors: what each side is sent, and what is recorded of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Project
from servers.formats import Reply
from servers.wire import WireRequest, WireServer

pytestmark = pytest.mark.usefixtures("clients")

SAYS = ["My money back!", "Order 7.", "[CONVERSATION_COMPLETE]"]
ANSWERS = ["Which order?", "It is refunded."]
ASKED: list[Any] = []


def model(request: WireRequest) -> Reply:
    """Play both sides, each by what it has been told so far."""
    whole = json.dumps(request.body)
    ASKED.append(request.body)
    if "assistant that you are" in whole:
        return Reply(ANSWERS[sum(answer in whole for answer in ANSWERS)])
    return Reply(SAYS[sum(text in whole for text in SAYS[:2])])


@pytest.fixture
def server() -> Iterator[WireServer]:
    ASKED.clear()
    with WireServer(model) as running:
        yield running


def arena(player: str) -> str:
    return f"""\
providers: [{{name: bot, provider: mock, model: m}}]
personas:
  buyer: {{goals: a refund, provider: {player}}}
tests:
  - name: Refund
    conversation: [{{persona: buyer, assertions: [{{type: contains, value: refunded}}]}}]
    mock: {{bot: [Which order?, It is refunded.]}}
"""


@pytest.mark.parametrize(
    "player",
    [
        '{{provider: openai, model: m, api_base: "{url}/v1"}}',
        '{{provider: anthropic, model: claude-sonnet-4-5, api_base: "{url}"}}',
        '{{provider: gemini, model: gemini-3-pro-preview, api_base: "{url}"}}',
    ],
    ids=["openai", "anthropic", "gemini"],
)
def test_a_persona_says_the_same_whoever_plays_it(
    project: Project, server: WireServer, player: str
) -> None:
    project.write(arena=arena(player.format(url=server.url)))
    project.run().assert_outcomes(passed=1)
    trial = project.first_trials()["bot"]
    assert [one["text"] for one in trial["personas"]] == ["My money back!", "Order 7.", ""]
    assert server.calls == 3


def test_a_recorded_persona_says_the_same_again_without_its_model(
    project: Project, server: WireServer
) -> None:
    text = arena(f'{{provider: openai, model: m, api_base: "{server.url}/v1"}}')
    column = f'{{name: bot, provider: openai, model: m, api_base: "{server.url}/v1"}}'
    text = text.replace("{name: bot, provider: mock, model: m}", column)
    text = text.replace(
        "    conversation", "    system: The assistant that you are.\n    conversation"
    )
    project.write(arena=text)
    project.run("--arena-record=once").assert_outcomes(passed=1)
    assert server.calls == 5
    # each side sees its own texts as the assistant's
    assert [[message["role"] for message in body["messages"]] for body in ASKED] == [
        ["system", "user"],
        ["system", "user"],
        ["system", "user", "assistant", "user"],
        ["system", "user", "assistant", "user"],
        ["system", "user", "assistant", "user", "assistant", "user"],
    ]
    project.run("--arena-record=none").assert_outcomes(passed=1)
    assert server.calls == 5
    said = project.first_trials()["bot"]["personas"]
    assert {one["source"] for one in said} == {"recording"}
