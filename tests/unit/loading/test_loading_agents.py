"""Targets that are agents: what they come to, and what is refused of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_arena.loading import Arena

CASE = "prompt: Hi, mock: x, assertions: [{type: contains, value: x}]"
TOOLS = "tools: {find: {mock: here}, pay: {mock: ok, irreversible: true}, bare: {}}\n"


def test_an_agent_has_its_instructions_and_the_tools_that_it_names(
    load: Callable[..., Arena],
) -> None:
    arena = load(
        f"{TOOLS}variables: {{shop: Acme}}\n"
        'targets: {a: {type: agent, instructions: "Help {{ shop }}.", tools: [find, {name: own, '
        "mock: 1}], max_llm_turns: 3, limits: {tool_calls: 2}}}\n"
        f"tests: [{{name: A, target: a, {CASE}}}, {{name: B, {CASE}}}]\n"
    )
    case = arena.cells[0].case
    assert case.system == "Help Acme."
    assert case.agent is not None
    assert list(case.agent.tools) == ["find", "own"]
    assert (case.agent.max_llm_turns, case.agent.limits.tool_calls) == (3, 2)
    assert [tool["function"]["name"] for tool in case.tools] == ["find", "own"]
    assert arena.cells[-1].case.agent is None


def test_a_case_goes_before_its_agent_and_a_variant_before_both(load: Callable[..., Arena]) -> None:
    arena = load(
        f"{TOOLS}prompts: {{kind: {{system: Be kind.}}}}\n"
        "targets: {a: {type: agent, prompt: kind, tools: [find]}, "
        "b: {type: agent, tools: [pay]}, p: {type: prompt}}\n"
        "variants: [{name: one, target: a}, {name: two, target: b}, {name: none, target: p}, "
        "{name: said, system: Be brief.}]\n"
        f"tests: [{{name: A, target: a, {CASE}}}, {{name: B, target: a, tools: [pay], {CASE}}}]\n"
    )
    found = {
        (plan.case.name, plan.variant): plan.case
        for plan in arena.cells
        if plan.provider.name == "fast"
    }
    tools = {key: list(case.agent.tools) if case.agent else None for key, case in found.items()}
    assert tools["A", "one"] == ["find"]
    assert tools["A", "two"] == ["pay"]
    assert tools["A", "none"] is None
    assert tools["A", "said"] == ["find"]
    assert tools["B", "one"] == ["pay"]
    assert found["A", "one"].system == "Be kind."
    assert found["A", "said"].system == "Be brief."


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        (
            "{type: agnet}",
            "arena.yaml:5:21: target 'a': unknown type 'agnet'\n"
            "  expected: one of prompt, agent, chain, workflow, task_chain\n"
            "  fix: did you mean 'agent'?",
        ),
        (
            "{instructions: Hi}",
            "arena.yaml:5:14: target 'a' has no type\n"
            "  expected: one of prompt, agent, chain, workflow, task_chain\n"
            "  fix: add type: prompt",
        ),
        (
            "{type: agent, tools: [find], max_turns: 3}",
            "  fix: write max_llm_turns: …, as it is called here",
        ),
        (
            "{type: agent, tools: [find], limits: {max_tool_calls: 3}}",
            "  fix: write tool_calls: …, as it is called here",
        ),
        (
            "{type: agent, tools: [find], system: Help.}",
            "  fix: write instructions: …, as it is called here",
        ),
        (
            "{type: agent, tools: [find], limits: {tool_call: 3}}",
            "arena.yaml:5:52: unknown key 'tool_call' in 'limits' of target 'a'",
        ),
        (
            "{type: agent, tools: [find], instructions: A, prompt: p}",
            "arena.yaml:5:14: an agent has both 'instructions' and 'prompt'",
        ),
        (
            "{type: agent, tools: [fnd]}",
            "arena.yaml:5:36: unknown tool 'fnd' in 'tools' of the agent",
        ),
        (
            "{type: agent, tools: [bare]}",
            "arena.yaml:4:72: tool 'bare' says nothing of how the agent 'a' runs it\n"
            "  expected: mock: what it gives, python: module:function, exec: {command: […]}, or "
            "http: {url: …}\n"
            "  fix: add mock: …, or leave the tool out of tools: of the agent 'a'",
        ),
        (
            '{type: agent, tools: [{name: t, mock: "{{ argument.n }}"}]}',
            "arena.yaml:5:36: 'mock' of tool 't': undefined variable 'argument'\n"
            "  expected: one of arguments, call, secrets\n"
            "  fix: did you mean 'arguments'?",
        ),
        (
            "{type: agent, tools: [{name: t, mock: {when: {a: 1}, resutl: 2}}]}",
            "arena.yaml:5:67: unknown key 'resutl' in 'mock' of tool 't'",
        ),
        (
            "{type: agent, tools: [{name: t, mock: {result: 1, error: 2}}]}",
            "arena.yaml:5:64: 'mock' of tool 't' has both 'result' and 'error'",
        ),
        ("{type: agent, tools: [{name: t, mock: []}]}", "'mock' of tool 't' is an empty list"),
        ("{type: agent, secrets: {key: sk-123456}}", "a secret that stands in the file"),
        ("{type: agent, secrets: {a key: '${KEY}'}}", "a secret with the name 'a key'"),
        (
            "{type: agent, secrets: {key: '${KEY}'}, tools: [{name: t, exec: {command: "
            "[x, '{{ secrets.kee }}']}}]}",
            "'exec' of tool 't'",
        ),
    ],
)
def test_an_agent_that_cannot_work_is_refused(
    refused: Callable[..., str], target: str, problem: str
) -> None:
    text = f"{TOOLS}targets: {{a: {target}}}\ntests: [{{name: A, target: a, {CASE}}}]\n"
    assert problem in refused(text)


def test_no_load_is_put_on_an_agent(refused: Callable[..., str]) -> None:
    text = (
        f"{TOOLS}targets: {{a: {{type: agent, tools: [find]}}}}\n"
        "tests: [{name: A, target: a, prompt: Hi, mock: x, concurrent: 2, duration: 1s, "
        "assertions: [{type: contains, value: x}]}]\n"
    )
    assert "arena.yaml:6:27: load case 'A' has the target 'a', which is an agent" in refused(text)


def test_chaos_of_case_variant_and_target_meet_in_the_agent(load: Callable[..., Arena]) -> None:
    arena = load(
        f"{TOOLS}targets: {{a: {{type: agent, tools: [find], chaos: {{mode: slow}}}}}}\n"
        "variants: [{name: calm, system: A}, {name: storm, chaos: [{tool: find, mode: error}]}]\n"
        f"tests: [{{name: A, target: a, chaos: {{mode: garbage}}, {CASE}}}]\n"
    )
    modes = {
        plan.variant: [fault.mode for fault in plan.case.agent.chaos] if plan.case.agent else None
        for plan in arena.cells
    }
    assert modes == {"calm": ["garbage", "slow"], "storm": ["garbage", "error", "slow"]}
    assert len({plan.hashes["prompt"] for plan in arena.cells}) == 2


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        (
            "target: a, chaos: {tool: fnd, mode: error}",
            "arena.yaml:6:30: 'chaos' names an unknown tool 'fnd'\n"
            "  expected: one of *, find\n"
            "  fix: did you mean 'find'?",
        ),
        ("target: a, chaos: {tool: 'x*', mode: error}", "'chaos' names an unknown tool 'x*'"),
        (
            "chaos: {tool: find, mode: error}",
            "arena.yaml:6:19: 'chaos' is planted in case 'A', which has no agent\n"
            "  expected: a target of type agent, whose tools are run\n"
            "  fix: name such a target, or remove 'chaos'",
        ),
        ("target: a, chaos: {tool: find}", "'chaos' of case 'A' has no 'mode'"),
        ("target: a, chaos: {mode: eror}", "did you mean 'error'?"),
    ],
)
def test_chaos_that_nothing_would_meet_is_refused(
    refused: Callable[..., str], case: str, problem: str
) -> None:
    text = (
        f"{TOOLS}targets: {{a: {{type: agent, tools: [find]}}}}\n"
        f"tests: [{{name: A, {case}, {CASE}}}]\n"
    )
    assert problem in refused(text)
