"""What `tools:` of a file and of its cases come to, and what is refused of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from pytest_arena.loading import Arena, CasePlan
from pytest_arena.loading.hashing import Hasher
from pytest_arena.registry import Registry
from pytest_arena.results.request_response import tool_name
from pytest_arena.schema import Assertion, ProviderSpec

FIND = "{description: Finds an order., parameters: {properties: {number: {type: string}}}}"
CASE = "prompt: Hi, mock: x, assertions: [{type: contains, value: x}]"
SHOP = '''\
from __future__ import annotations
import functools
from typing import Literal

def refund(number: str, amount: float, currency: Literal["EUR", "USD"] = "EUR"):
    """Pays an order back.

    Args:
        number: The order's number,
            five digits.
        amount (float): How much.
    """
    raise AssertionError("a tool is not called")

class Desk:
    def close(self, reason: str) -> None:
        """Close it."""

class RunContext: ...

def agent(ctx: RunContext, reason: str) -> None:
    """Close it."""

class Closer:
    def __call__(self, reason: str) -> None:
        """Close it."""

closer = Closer()
cached = functools.lru_cache(agent)

bound = functools.partial(agent, None)

def odd(*args): ...
'''


class Named(Assertion):
    """Speak of tools."""

    type: ClassVar[str] = "named"
    tools: tuple[str, ...]

    @property
    def tool_names(self) -> tuple[str, ...]:
        return (*super().tool_names, *self.tools)


@pytest.fixture
def tools(load: Callable[..., Arena]) -> Callable[..., list[dict[str, Any]]]:
    """Return the functions that the first case of a file offers."""

    def offered(written: str, of_case: str = "") -> list[dict[str, Any]]:
        own = f"tools: {of_case}, " if of_case else ""
        text = f"{written}\ntests: [{{name: A, {own}{CASE}}}]\n"
        arena = load(text, {"shop.py": SHOP})
        return [tool["function"] for tool in arena.cells[0].case.tools]

    return offered


@pytest.mark.parametrize(
    "written",
    [
        f"tools: {{find: {FIND}}}",
        f"tools: [{{name: find, {FIND[1:]}]",
        f"tools: [{{type: function, function: {{name: find, {FIND[1:]}}}]",
        f"tools: {{find: {{type: function, function: {FIND}}}}}",
        "tools: [{name: find, description: Finds an order., input_schema: {type: object, "
        "properties: {number: {type: string}}}}]",
    ],
)
def test_a_tool_reads_the_same_however_it_is_written(
    tools: Callable[..., Any], written: str
) -> None:
    assert tools(written) == [
        {
            "name": "find",
            "description": "Finds an order.",
            "parameters": {"type": "object", "properties": {"number": {"type": "string"}}},
        }
    ]


def test_a_tool_without_parameters_takes_none(tools: Callable[..., Any]) -> None:
    assert tools("tools: {now: {description: The time., strict: true}}") == [
        {
            "name": "now",
            "description": "The time.",
            "parameters": {"type": "object", "properties": {}},
            "strict": True,
        }
    ]


@pytest.mark.parametrize(
    "written", ["{refund: shop:refund}", "[shop:refund]", "[{python: shop:refund}]"]
)
def test_a_function_says_what_it_takes_and_what_it_is_for(
    tools: Callable[..., Any], written: str
) -> None:
    (tool,) = tools(f"tools: {written}")
    assert (tool["name"], tool["description"]) == ("refund", "Pays an order back.")
    assert tool["parameters"] == {
        "type": "object",
        "properties": {
            "number": {"type": "string", "description": "The order's number, five digits."},
            "amount": {"type": "number", "description": "How much."},
            "currency": {"type": "string", "enum": ["EUR", "USD"], "default": "EUR"},
        },
        "required": ["number", "amount"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize("name", ["Desk.close", "agent", "closer", "cached", "bound"])
def test_a_function_is_described_by_what_a_model_gives_it(
    tools: Callable[..., Any], name: str
) -> None:
    (tool,) = tools(f"tools: [{{name: close, python: shop:{name}}}]")
    assert (tool["description"], tool["parameters"]["required"]) == ("Close it.", ["reason"])


@pytest.mark.parametrize("written", ["[{file: app/tools.json}]", "{file: app/tools.json}"])
def test_a_file_of_an_application_gives_its_tools(load: Callable[..., Arena], written: str) -> None:
    text = f"tools: {written}\ntests: [{{name: A, {CASE}}}]\n"
    shared = '[{"type": "function", "function": {"name": "find"}}, {"name": "refund"}]'
    arena = load(text, {"app/tools.json": shared})
    assert [tool_name(tool) for tool in arena.cells[0].case.tools] == ["find", "refund"]


@pytest.mark.parametrize(
    ("of_case", "names"),
    [
        ("[refund]", ["refund"]),
        ("refund", ["refund"]),
        ("[]", []),
        ("[find, {name: now}]", ["find", "now"]),
        ("{now: {}}", ["now"]),
    ],
)
def test_a_case_offers_what_it_says_itself(
    tools: Callable[..., Any], of_case: str, names: list[str]
) -> None:
    found = tools(f"tools: {{find: {FIND}, refund: shop:refund}}", of_case)
    assert [tool["name"] for tool in found] == names


def test_templates_in_tools_are_filled_in_by_each_case(load: Callable[..., Arena]) -> None:
    arena = load(
        'tools: {find: {description: "Orders of {{ shop }}."}}\n'
        f"tests: [{{name: '{{{{ shop }}}}', matrix: {{shop: [A, B]}}, {CASE}}}]\n"
    )
    said = {plan.case.tools[0]["function"]["description"] for plan in arena.cells}
    assert said == {"Orders of A.", "Orders of B."}


def test_a_row_may_bring_its_tools(load: Callable[..., Arena]) -> None:
    row = '{"id": "1", "tools": [{"name": "find", "parameters": {"type": "object"}}]}\n'
    own = "data: rows.jsonl, tools: '{{ tools }}'"
    text = f"tests: [{{name: 'A {{{{ id }}}}', {own}, {CASE}}}]"
    arena = load(text, {"rows.jsonl": row})
    assert [tool_name(tool) for tool in arena.cells[0].case.tools] == ["find"]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            "tools: {find: {parameter: {}}}",
            "arena.yaml:4:16: unknown key 'parameter' in tool 'find'\n"
            "  expected: one of type, description, parameters, python, exec, http, mock, strict, "
            "irreversible, cost_weight, timeout, retries\n"
            "  fix: did you mean 'parameters'?",
        ),
        (
            "tools: {find: {result: shipped}}",
            "arena.yaml:4:16: unknown key 'result' in tool 'find'\n"
            "  expected: one of type, description, parameters, python, exec, http, mock, strict, "
            "irreversible, cost_weight, timeout, retries\n"
            "  fix: write mock: for what the tool gives to an agent",
        ),
        (
            "tools: {find: {parameters: {properties: {n: {typ: string}}}}}",
            "arena.yaml:4:28: bad JSON Schema: at properties.n: unknown keyword 'typ' for "
            "'parameters' of tool 'find'\n"
            "  expected: a JSON Schema (draft 2020-12 unless $schema says so)\n"
            "  fix: did you mean 'type'?",
        ),
        (
            "tools: {find: {parameters: {type: string}}}",
            "arena.yaml:4:28: no JSON Schema of an object for 'parameters' of tool 'find'\n"
            "  expected: a mapping with properties, since arguments have names\n"
            "  fix: write {type: object, properties: {number: {type: string}}}",
        ),
        (
            "tools: [shop:refnd]",
            "arena.yaml:4:9: tool 'refnd': shop:refnd: the module 'shop' has no 'refnd'\n"
            "  fix: did you mean 'refund'?",
        ),
        (
            "tools: [shop:odd]",
            "arena.yaml:4:9: tool 'odd': the parameters of shop:odd have no names to be called by",
        ),
        (
            "tools: [{description: x}]",
            "arena.yaml:4:9: a tool in 'tools' has no name\n"
            "  expected: a mapping with description and parameters, or a function as "
            "module:function\n"
            "  fix: add name: …",
        ),
        (
            "tools: [{name: a}, {name: a}]",
            "arena.yaml:4:20: duplicate tool 'a'\n"
            "  expected: a name of its own for each tool\n"
            "  fix: rename one of them, or remove it",
        ),
        (
            "tools: {find order: {}}",
            "arena.yaml:4:9: bad tool name 'find order'\n"
            "  expected: letters, digits, '_' and '-', as vendors take it\n"
            "  fix: rename the tool",
        ),
        (
            "tools: {find: {python: shop:refund, parameters: {}}}",
            "arena.yaml:4:15: a tool has both 'python' and 'parameters'\n"
            "  expected: one of the two, since both say what the tool takes\n"
            "  fix: remove 'parameters'",
        ),
        (
            "tools: {find: {mcp: shop}}",
            "arena.yaml:4:16: unknown key 'mcp' in tool 'find'\n"
            "  expected: one of type, description, parameters, python, exec, http, mock, strict, "
            "irreversible, cost_weight, timeout, retries\n"
            "  fix: write tools: [mcp:id], with mcp_servers: at the top",
        ),
        (
            "tools: [{mcp: shop}]",
            "arena.yaml:4:9: a tool in 'tools' has no name\n"
            "  expected: a mapping with description and parameters, or a function as "
            "module:function\n"
            "  fix: write mcp:shop",
        ),
    ],
)
def test_a_tool_that_is_none_is_refused(
    refused: Callable[..., str], written: str, problem: str
) -> None:
    text = f"{written}\ntests: [{{name: A, {CASE}}}]\n"
    assert problem in refused(text, {"shop.py": SHOP})


def test_a_tool_that_a_case_misspells_is_refused(refused: Callable[..., str]) -> None:
    text = f"tools: {{find: {FIND}}}\ntests: [{{name: A, tools: [fnd], {CASE}}}]\n"
    assert refused(text) == (
        "arena.yaml:5:27: unknown tool 'fnd' in 'tools' of case 'A'\n"
        "  expected: one of find\n"
        "  fix: did you mean 'find'?"
    )


NAMES = "tests: [{name: A, prompt: Hi, mock: x, assertions: [{type: named, tools: [fnd]}]}]\n"
WHEN = (
    "tests: [{name: A, prompt: Hi, mock: x, "
    "assertions: [{type: contains, value: x, when: {tool_called: fnd}}]}]\n"
)


@pytest.mark.parametrize(("tests", "kind"), [(NAMES, "named"), (WHEN, "contains")])
def test_an_assertion_on_a_tool_that_is_not_offered_is_refused(
    refused: Callable[..., str], registry: Registry, tests: str, kind: str
) -> None:
    registry.assertion(Named)
    assert refused(f"tools: {{find: {FIND}}}\n{tests}") == (
        f"arena.yaml:5:53: unknown tool 'fnd' in assertion {kind!r} of case 'A'\n"
        "  expected: one of find\n"
        "  fix: did you mean 'find'?"
    )


def test_a_wildcard_must_mean_a_tool_that_is_offered(
    refused: Callable[..., str], load: Callable[..., Arena], registry: Registry
) -> None:
    registry.assertion(Named)
    assert load(f"tools: {{find: {FIND}}}\n{NAMES.replace('fnd', 'f*')}").cells
    assert "unknown tool 'x*'" in refused(f"tools: {{find: {FIND}}}\n{NAMES.replace('fnd', 'x*')}")


def test_a_mistake_in_a_tool_makes_no_second_one_where_it_is_named(
    refused: Callable[..., str], registry: Registry
) -> None:
    registry.assertion(Named)
    assert "unknown tool" not in refused(f"tools: {{fnd: {{typ: x}}}}\n{NAMES}")


def test_where_nothing_says_which_tools_there_are_any_may_be_named(
    load: Callable[..., Arena], registry: Registry
) -> None:
    registry.assertion(Named)
    assert load(NAMES).cells


PARAMS = """\
providers:
  - {name: a, provider: mock, params: {tools: [{type: function, function: {name: fnd}}]}}
"""


def test_tools_of_a_provider_may_be_named_and_are_offered_beside_those_of_the_file(
    load: Callable[..., Arena], registry: Registry
) -> None:
    registry.assertion(Named)
    (plan,) = load(f"{PARAMS}tools: {{find: {FIND}}}\n{NAMES}").cells
    offered = plan.case.tools_for(plan.provider)
    assert [tool_name(tool) for tool in offered or ()] == ["find", "fnd"]
    assert "tools" not in plan.case.params_for(plan.provider)


def test_params_alone_are_sent_as_they_are(load: Callable[..., Arena], registry: Registry) -> None:
    registry.assertion(Named)
    (plan,) = load(f"{PARAMS}{NAMES}").cells
    assert plan.case.tools_for(plan.provider) is None
    assert plan.case.params_for(plan.provider) == plan.provider.params


def test_a_tool_that_is_offered_twice_is_refused(refused: Callable[..., str]) -> None:
    text = f"{PARAMS}tools: {{fnd: {{}}}}\ntests: [{{name: A, {CASE}}}]\n"
    assert refused(text) == (
        "arena.yaml:2:5: tool 'fnd' is offered twice to provider 'a'\n"
        "  expected: a tool under tools:, or in params of the provider\n"
        "  fix: remove it from params"
    )


def test_an_application_is_offered_none() -> None:
    from pytest_arena.schema import SystemOptions

    spec = ProviderSpec(name="bot", provider="python", options=SystemOptions())
    case = CasePlan("A", 1, (), tools=({"type": "function", "function": {"name": "find"}},))
    assert case.tools_for(spec) is None


def test_other_tools_are_another_prompt_and_say_which_they_are() -> None:
    case = CasePlan("A", 1, ())
    more = replace(case, tools=({"type": "function", "function": {"name": "find"}},))
    hasher = Hasher()
    assert hasher.prompt(case) != hasher.prompt(more)
    assert hasher.tools(more).startswith("find:")
