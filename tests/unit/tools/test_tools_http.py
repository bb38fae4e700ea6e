"""A service as a tool: what it is asked, what it gives, and what is told the model of a failure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.service import BotService

from pytest_arena.builtins import register
from pytest_arena.errors import ProviderError, UserError
from pytest_arena.loading import load_arena
from pytest_arena.providers.base import ProviderEnvironment
from pytest_arena.registry import Registry
from pytest_arena.tools import ToolContext, ToolEnvironment, ToolResult
from pytest_arena.tools.mcp import ConversationTools
from pytest_arena.tools.toolbox import Toolbox

ORDER = {
    "type": "object",
    "properties": {"number": {"type": "string"}, "amount": {"type": "number"}},
}


@pytest.fixture(scope="module")
def service() -> Iterator[BotService]:
    with BotService() as found:
        yield found


@pytest.fixture
def call(tmp_path: Path, service: BotService) -> Callable[..., ToolResult]:
    """Call the one tool of an arena, with `URL` in its keys standing for the service."""

    def call(keys: Any, arguments: dict[str, Any], *, mocked: bool = False, **more: Any) -> Any:
        registry = Registry()
        register(registry)
        tool = {"parameters": ORDER, "http": keys, **more}
        text = json.dumps(
            {
                "providers": [{"name": "m", "provider": "mock", "model": "any"}],
                "variables": {"shop": "Acme"},
                "tools": {"t": tool},
                "targets": {"agent": {"type": "agent"}},
                "tests": [
                    {
                        "name": "A",
                        "target": "agent",
                        "prompt": "Hi",
                        "assertions": [{"type": "contains", "value": "x"}],
                    }
                ],
            }
        )
        (tmp_path / "arena.yaml").write_text(text.replace("URL", service.url))
        case = load_arena(tmp_path / "arena.yaml", root=tmp_path, registry=registry).cells[0].case
        assert case.agent is not None
        outside = ProviderEnvironment({"TOKEN": "secret-token-7", "BASE": service.url})
        environment = ToolEnvironment(outside, mocked)

        async def run() -> ToolResult:
            box = Toolbox(case.agent.tools if case.agent else {}, environment)
            tools = ConversationTools(box, "")
            try:
                return await tools.run("t", arguments, ToolContext("A", variables=case.variables))
            finally:
                await box.close()
                await environment.close()

        return asyncio.run(run())

    return call


def test_a_url_alone_is_sent_the_arguments_as_json(
    call: Callable[..., ToolResult], service: BotService
) -> None:
    found = call("URL/mirror", {"number": "7", "amount": 2.5})
    assert found == ToolResult({"number": "7", "amount": 2.5})
    method, _, headers, _ = service.asked("/mirror")[-1]
    assert (method, headers["content-type"]) == ("POST", "application/json")


def test_a_get_is_sent_them_as_parameters(call: Callable[..., ToolResult]) -> None:
    found = call({"url": "URL/echo?a=1", "method": "get"}, {"number": "7 & 8"})
    assert found.value == "hello GET /echo?a=1&number=7+%26+8 "


def test_texts_are_filled_in_with_arguments_and_variables(call: Callable[..., ToolResult]) -> None:
    keys = {
        "url": "URL/mirror/{{ arguments.number }}",
        "body": {"of": "{{ shop }}", "paid": "{{ arguments.amount }}", "left": "{{ arguments.x }}"},
    }
    found = call(keys, {"number": "7/../8", "amount": 2.5, "x": None})
    assert found.value == {"of": "Acme", "paid": 2.5, "left": None}


def test_an_argument_ends_no_part_of_the_path(call: Callable[..., ToolResult]) -> None:
    keys = {"url": "URL/echo/{{ arguments.number }}", "method": "DELETE"}
    assert call(keys, {"number": "../a?b#c"}).value == "hello DELETE /echo/..%2Fa%3Fb%23c "


def test_what_the_model_says_is_no_template(call: Callable[..., ToolResult]) -> None:
    assert call("URL/mirror", {"number": "{{ shop }}"}).value == {"number": "{{ shop }}"}
    found = call({"url": "URL/echo", "method": "GET"}, {"number": "{{ shop }}"})
    assert "Acme" not in str(found.value)


def test_a_form(call: Callable[..., ToolResult]) -> None:
    keys = {"url": "URL/echo", "form": {"n": "{{ arguments.number }}"}}
    assert call(keys, {"number": "7"}).value == "hello POST /echo n=7"


def test_a_path_into_the_answer(call: Callable[..., ToolResult]) -> None:
    keys = {"url": "URL/chat", "body": {"prompt": "{{ arguments.number }}"}, "output": "usage.in"}
    assert call(keys, {"number": "7"}) == ToolResult(3)


def test_variables_of_the_environment_are_filled_in(
    call: Callable[..., ToolResult], service: BotService
) -> None:
    keys = {"url": "${BASE}/mirror", "headers": {"Authorization": "Bearer ${TOKEN}"}}
    assert call(keys, {"number": "7"}).error is None
    assert service.asked("/mirror")[-1][2]["authorization"] == "Bearer secret-token-7"


def test_a_variable_that_is_not_set_is_no_error_of_the_tool(
    call: Callable[..., ToolResult],
) -> None:
    with pytest.raises(ProviderError, match="GONE"):
        call({"url": "URL/mirror", "headers": {"X": "${GONE}"}}, {})


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/nowhere", "404: "),
        ("/says?status=500", "500: status 500"),
        ("/says?status=429", "429"),
        ("/moved?to=http%3A%2F%2Fexample.com%2Fx", "redirects to another host"),
        ("/round", "redirects more than"),
        ("/endless", "more than 16 MiB"),
    ],
)
def test_what_goes_wrong_is_told_the_model(
    call: Callable[..., ToolResult], path: str, told: str
) -> None:
    found = call(f"URL{path}", {"number": "7"})
    assert found.value is None
    assert told in str(found.error)


def test_no_service_and_no_json_are_told(call: Callable[..., ToolResult]) -> None:
    assert call("http://127.0.0.1:9/x", {}).error
    found = call({"url": "URL/text", "output": "a.b"}, {})
    assert "not JSON" in str(found.error)


def test_a_service_that_does_not_answer_takes_its_time(call: Callable[..., ToolResult]) -> None:
    found = call("URL/slow?seconds=600", {}, timeout="50ms")
    assert "no result within 0.05 s" in str(found.error)


def test_a_service_is_not_asked_where_nothing_is_to_be_done(
    call: Callable[..., ToolResult],
) -> None:
    with pytest.raises(ProviderError, match="asks a service and has no mock"):
        call("URL/mirror", {}, mocked=True)
    assert call("URL/mirror", {}, mocked=True, mock="paid").value == "paid"


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("shop/x", "bad URL"),
        ("http://a:b@shop/x", "a user and a password in a URL"),
        ("http://{{ arguments.host }}/x", "a host that a template fills in"),
        ({"url": "http://shop", "method": "GET", "body": {}}, "a GET with a body"),
        ({"url": "http://shop", "form": {}, "body": {}}, "'body' and 'form' beside each other"),
        ({"url": "http://shop", "output": "a["}, "bad JMESPath expression"),
        ({"url": "http://shop", "bodi": 1}, "unknown key 'bodi'"),
        ({"url": "http://shop/{{ shopp }}"}, "shopp"),
        ({"method": "GET"}, "url"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    call: Callable[..., ToolResult], keys: Any, told: str
) -> None:
    with pytest.raises(UserError) as caught:
        call(keys, {})
    assert told in str(caught.value)


def test_one_thing_runs_a_tool(call: Callable[..., ToolResult]) -> None:
    with pytest.raises(UserError, match="'exec' and 'http'"):
        call("URL/x", {}, exec={"command": ["x"]})
