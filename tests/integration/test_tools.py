"""Tools of an arena file: offered over both routes, checked against, and a part of the version."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from conftest import Project
from servers.wire import WireServer

TOOLS = """\
tools:
  find_order:
    description: Finds an order.
    parameters: {properties: {number: {type: string}}, required: [number]}
  refund: shop:refund
"""
SHOP = '''
def refund(number: str, amount: float = 0.0) -> str:
    """Pays an order back."""
'''


pytestmark = pytest.mark.usefixtures("clients")


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running


def asks(server: WireServer, prompt: str, tools: str = TOOLS) -> str:
    return f"""\
providers:
  - {{name: direct, provider: openai, model: m, api_base: "{server.url}/v1"}}
  - {{name: claude, provider: anthropic, model: claude-haiku-4-5, api_base: "{server.url}",
     params: {{tools: [{{type: function, function: {{name: own}}}}]}}}}
{tools}tests:
  - name: Late
    prompt: {json.dumps(prompt)}
    assertions: [{{type: valid_tool_calls}}, {{type: tools_not_called, tools: [refund]}}]
"""


def test_models_are_offered_the_tools_of_the_file_in_each_form(
    project: Project, server: WireServer
) -> None:
    project.pytester.makepyfile(shop=SHOP)
    project.write(arena=asks(server, """<<tool='find_order:{"number": "7"}'>>"""))
    project.run().assert_outcomes(passed=2)
    bodies = {"input_schema" in str(request.body): request.body for request in server.requests}
    offered = [tool["function"] for tool in bodies[False]["tools"]]
    assert [tool["name"] for tool in offered] == ["find_order", "refund"]
    assert offered[0]["description"] == "Finds an order."
    assert offered[1]["parameters"]["properties"]["number"] == {"type": "string"}
    assert [tool["name"] for tool in bodies[True]["tools"]] == ["find_order", "refund", "own"]


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("""<<tool='find_order:{"number": 7}'>>""", "at number: 7 is not of type 'string'"),
        ("""<<tool='find:{"number": "7"}'>>""", "find was not offered"),
    ],
)
def test_a_call_that_does_not_fit_what_was_offered_fails(
    project: Project, server: WireServer, prompt: str, reason: str
) -> None:
    project.pytester.makepyfile(shop=SHOP)
    project.write(arena=asks(server, prompt))
    project.run("--arena-provider=direct").assert_outcomes(failed=1)
    (cell,) = project.cells().values()
    assert reason in cell["trials"][0]["assertions"][0]["reason"]


def test_without_tools_no_call_can_be_told_to_be_valid(
    project: Project, server: WireServer
) -> None:
    project.write(arena=asks(server, """<<tool='find_order:{"number": "7"}'>>""", tools=""))
    result = project.run("--arena-provider=direct")
    result.stdout.fnmatch_lines(["*which tools there are is not known: the file has no tools:*"])


MOCKED = """\
providers: [{{name: m, provider: mock}}]
tools: {{find: {{description: {0}}}}}
tests:
  - {{name: A, prompt: Hi, mock: {1}, assertions: [{{type: contains, value: yes}}]}}
"""


def test_another_description_of_a_tool_is_told_beside_the_baseline(project: Project) -> None:
    project.write(arena=MOCKED.format("one", "'yes'"))
    project.run("--arena-update-baseline").assert_outcomes(passed=1)
    project.write(arena=MOCKED.format("two", "'no'"))
    project.run("--arena-baseline=.arena/baseline.jsonl")
    (cell,) = project.cells().values()
    assert cell["standing"]["changed"] == ["prompt"]
    assert cell["standing"]["differences"] == ["tools: find changed"]


def test_an_application_is_judged_by_the_tools_of_the_file(project: Project) -> None:
    project.pytester.makepyfile(
        bot="""
        def answer(prompt):
            return {"output": "ok", "tool_calls": [{"name": "find", "arguments": {"n": 7}}]}
        """
    )
    project.write(
        arena="""\
providers: [{name: bot, provider: python, call: "bot:answer"}]
tools: {find: {parameters: {properties: {n: {type: integer}}}}}
tests:
  - {name: Fits, prompt: Hi, assertions: [{type: valid_tool_calls}]}
  - {name: Own, prompt: Hi, assertions: [{type: tools_not_called, tools: [of_the_bot]}]}
  - name: Does not fit
    prompt: Hi
    tools: {find: {parameters: {properties: {n: {type: string}}}}}
    assertions: [{type: valid_tool_calls}]
"""
    )
    project.run().assert_outcomes(passed=2, failed=1)


def test_a_python_test_asks_with_the_tools_of_the_file(
    project: Project, server: WireServer
) -> None:
    project.pytester.makepyfile(shop=SHOP)
    asked = """<<tool='find_order:{"number": "7"}'>>"""
    project.pytester.makepyfile(
        test_it=f"""
        def test_it(arena):
            answer = arena.ask("direct", {asked!r})
            arena.check(answer, valid_tool_calls=True, tools_called=["find_order"])
        """
    )
    project.write(arena=asks(server, asked))
    project.run("test_it.py").assert_outcomes(passed=1)
    assert [tool["function"]["name"] for tool in server.requests[0].body["tools"]] == [
        "find_order",
        "refund",
    ]
