"""Python tests that ask agents, chains and prompts of the arena file."""

from __future__ import annotations

import pytest
from conftest import Project

ARENA = """
variables: {company: Acme}
providers:
  - name: careful
    provider: mock
    model: any
    responses:
      default:
        steps:
          - {tool_calls: [{name: find_order, arguments: {number: "48213"}}]}
          - {tool_calls: [{name: refund, arguments: {number: "48213"}}]}
          - I have paid you back.
  - {name: echo, provider: echo}
tools:
  find_order:
    description: Find an order by its number.
    parameters: {properties: {number: {type: string}}, required: [number]}
    mock: {status: lost, owner: "{{ user }}"}
  refund:
    description: Pay an order back.
    parameters: {properties: {number: {type: string}}, required: [number]}
    mock: paid back
    irreversible: true
prompts:
  polite: {system: "You speak for {{ company }}.", user: "Please: {{ prompt }}"}
targets:
  support: {type: agent, instructions: "You support {{ company }}.", tools: [find_order, refund]}
  strict: {type: agent, instructions: Be strict., tools: [find_order], limits: LIMITS}
  polite: {type: prompt, prompt: polite}
  steps: {type: chain, instructions: ["Say more of {input} in {{ tongue }}.", "Sum up {input}."]}
"""
FAIL = "{tool_calls: 0, on_exceeded: fail}"
ASKS = """
def test_refund(arena):
    answer = arena.ask(
        "careful", "Send my money back.", target="support", variables={"user": "Ada"}
    )
    assert [call.name for call in answer.tool_calls] == ["find_order", "refund"]
    assert answer.tool_calls[0].result == {"status": "lost", "owner": "Ada"}
    arena.check(answer, contains="paid you back", llm_turns={"max": 3},
                tool_call_sequence=["find_order", "refund"], no_anomaly=True)
"""


@pytest.fixture
def asks(project: Project) -> Project:
    project.write(arena=ARENA.replace("LIMITS", "{tool_calls: 3}"))
    return project


def test_an_agent_of_the_file_works_at_what_a_test_asks(
    asks: Project, spread: tuple[str, ...]
) -> None:
    asks.pytester.makepyfile(test_app=ASKS)
    asks.run(*spread).assert_outcomes(passed=1)
    (cell,) = asks.cells().values()
    (trial,) = cell["trials"]
    assert [one["content"] for one in trial["messages"]] == [
        "You support Acme.",
        "Send my money back.",
    ]
    assert [step.kind for step in trial["steps"]] == ["model", "tool", "model", "tool", "model"]


def test_an_agent_works_for_a_coroutine_and_where_no_results_are_kept(asks: Project) -> None:
    asks.pytester.makepyfile(
        test_app="""
import asyncio

def test_refund(arena):
    async def both():
        asking = (arena.aask("careful", text, target="support", variables={"user": "Ada"})
                  for text in ("Refund 1!", "Refund 2!"))
        return await asyncio.gather(*asking)
    for answer in asyncio.run(both()):
        assert len(answer.tool_calls) == 2
"""
    )
    asks.pytester.runpytest().assert_outcomes(passed=1)


def test_another_tool_of_the_agent_makes_it_another_question(asks: Project) -> None:
    asks.pytester.makepyfile(test_app=ASKS)
    asks.run().assert_outcomes(passed=1)
    (before,) = asks.cells().values()
    text = ARENA.replace("LIMITS", "{tool_calls: 3}").replace("tool_calls: 3}", "tool_calls: 4}")
    asks.write(arena=text)
    asks.run()
    (other_agent,) = asks.cells().values()
    # the limits of an agent that is not asked
    assert other_agent["hashes"]["prompt"] == before["hashes"]["prompt"]
    asks.write(arena=text.replace("mock: paid back", "mock: paid back in full"))
    asks.run()
    (after,) = asks.cells().values()
    assert after["hashes"]["prompt"] != before["hashes"]["prompt"]


def test_a_limit_that_fails_an_agent_fails_the_test(project: Project) -> None:
    project.write(arena=ARENA.replace("LIMITS", FAIL))
    project.pytester.makepyfile(
        test_app="""
def test_refund(arena):
    arena.ask("careful", "Refund!", target="strict", variables={"user": "Ada"})
"""
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    (cell,) = project.cells().values()
    assert cell["verdict"] == "failed"
    assert [one["type"] for one in cell["trials"][0]["assertions"]] == ["limits"]


def test_a_prompt_and_a_chain_are_targets_as_well(asks: Project) -> None:
    asks.pytester.makepyfile(
        test_app="""
def test_prompt(arena):
    arena.check(arena.ask("echo", "hello", target="polite"), equals="Please: hello")

def test_system_of_its_own(arena):
    arena.ask("echo", "hello", target="polite", system="Be brief.")

def test_chain(arena):
    model = {"provider": "mock", "model": "any", "responses": {"default": "a herb"}}
    asked = {"tongue": "Welsh", "user": "Ada"}
    answer = arena.ask(model, "tea", target="steps", variables=asked)
    arena.check(answer, equals="a herb")
    assert [step.kind for step in answer.steps].count("instruction") == 2
"""
    )
    asks.run().assert_outcomes(passed=3)
    said = [cell["trials"][0]["messages"] for cell in asks.cells().values()]
    assert said[0][0]["content"] == "You speak for Acme."
    assert said[1][0]["content"] == "Be brief."


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            '"careful", "Hi", target="suport"',
            [
                "test_app.py:2:5: unknown target 'suport'",
                "expected: one of polite, steps, strict, support",
                "fix: did you mean 'support'?",
            ],
        ),
        (
            '"careful", "Hi", target="support"',
            ["'mock' of tool 'find_order': undefined variable 'user'"],
        ),
        (
            '"careful", "Hi", variables={"user": "Ada"}',
            ["test_app.py:2:5: variables are given, and nothing is filled with them"],
        ),
        (
            '{"provider": "python", "call": "test_app:bot", "name": "bot"}, "Hi", '
            'target="support", variables={"user": "Ada"}',
            ["has the target 'support', an agent, and runs on 'bot', which is an application"],
        ),
    ],
    ids=["unknown", "variable", "nothing to fill", "application"],
)
def test_a_target_that_cannot_be_asked_is_refused_each_time(
    asks: Project, call: str, told: list[str]
) -> None:
    asks.pytester.makepyfile(
        test_app=f"def test_asks(arena):\n    arena.ask({call})\n"
        f"def test_again(arena):\n    arena.ask({call})\n\n"
        "def bot(prompt): return prompt\n"
    )
    result = asks.run()
    result.assert_outcomes(failed=2)
    for line in told:
        assert line in result.stdout.str()


def test_without_an_arena_file_there_is_no_target(project: Project) -> None:
    project.pytester.makepyfile(
        test_app="def test_asks(arena):\n"
        '    arena.ask({"provider": "echo"}, "Hi", target="support")\n'
    )
    result = project.pytester.runpytest()
    result.assert_outcomes(failed=1)
    assert "fix: define it under targets: of the nearest arena.yaml" in result.stdout.str()


def test_an_application_is_handed_the_variables_beside_the_file_s(asks: Project) -> None:
    asks.pytester.makepyfile(
        test_app="""
def bot(prompt, variables):
    return f"{variables['company']}: {variables['user']}"

def test_bot(arena):
    entry = {"provider": "python", "call": "test_app:bot", "name": "bot"}
    arena.check(arena.ask(entry, "Who?", variables={"user": "Ada"}), equals="Acme: Ada")
"""
    )
    asks.run().assert_outcomes(passed=1)
