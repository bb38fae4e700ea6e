"""Targets that are chains: their steps, what is refused of them, and PromptChain's files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import Arena

CASE = "target: c, prompt: Hi, mock: x, assertions: [{type: contains, value: x}]"
TESTS = f"tests: [{{name: A, {CASE}}}]\n"
FILE = """\
agents:
  writer:
    model: openai/gpt-4o
    instruction_chain:
      - "Summarise: {input}"
      - {type: agentic_step, objective: Write., max_internal_steps: 8, enable_cove: true}
    tools: [find]
    history_config: {enabled: true}
  plain: {model: openai/gpt-4o}
orchestration: {execution_mode: router}
"""


def test_a_chain_has_its_steps_with_the_cases_variables(
    load: Callable[..., Arena], tmp_path: Path
) -> None:
    (tmp_path / "chain_steps.py").write_text("def clean(text): return text\n")
    arena = load(
        "tools: {find: {mock: 1}, pay: {mock: 2}}\n"
        "variables: {who: Ann}\n"
        "targets: {c: {type: chain, max_tool_rounds: 4, tools: [pay], instructions: ["
        '"For {{ who }}: {input}", {python: "chain_steps:clean", timeout: 3s}, '
        "{name: last, agentic: Go., tools: [find], max_internal_steps: 2}]}}\n" + TESTS
    )
    chain = arena.cells[0].case.chain
    assert chain is not None
    assert [step.name for step in chain.steps] == ["1", "2", "last"]
    first, second, last = chain.steps
    assert first.text == "For Ann: {input}"
    assert (list(first.agent.tools), first.agent.max_llm_turns) == (["pay"], 5)
    assert second.function is not None
    assert second.function.timeout_s == 3
    assert (list(last.agent.tools), last.agent.max_llm_turns) == (["find"], 2)
    offered = [tool["function"]["name"] for tool in arena.cells[0].case.tools]
    assert offered == ["pay", "find"]
    assert chain.most_calls == 7


def test_models_are_one_for_all_steps_or_one_for_each_that_asks(load: Callable[..., Arena]) -> None:
    def asked(models: str) -> list[str | None]:
        arena = load(
            f"targets: {{c: {{type: chain, models: {models}, instructions: "
            f'["a {{input}}", {{text: "{{input}}", name: b}}]}}}}\n{TESTS}'
        )
        chain = arena.cells[0].case.chain
        assert chain is not None
        return [step.provider and step.provider.name for step in chain.steps]

    assert asked("good") == ["good", "good"]
    assert asked("[good]") == ["good", "good"]
    assert asked("[$provider, good]") == [None, "good"]


def test_what_a_chain_does_is_in_the_hash_of_the_prompt(load: Callable[..., Arena]) -> None:
    def hashed(chain: str) -> str:
        arena = load(f"targets: {{c: {{type: chain, {chain}}}}}\n{TESTS}")
        return arena.cells[0].hashes["prompt"]

    one = hashed('instructions: ["a {input}"]')
    assert one == hashed('instructions: ["a {input}"], store_steps: false')
    others = {
        one,
        hashed('instructions: ["b {input}"]'),
        hashed('instructions: ["a {input}"], full_history: true'),
        hashed('instructions: ["a {input}"], models: good'),
        hashed('instructions: [{agentic: "a {input}"}]'),
    }
    assert len(others) == 5


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (
            '[{name: a, text: "x {input}"}, {name: a, text: "y {input}"}]',
            "step 2 of chain 'c' is called 'a', as step 1 is",
        ),
        (
            '[{name: "2", text: "x {input}"}, "y {input}"]',
            "step 2 of chain 'c' is called '2', as step 1 is",
        ),
    ],
)
def test_steps_of_one_name_are_refused(load: Callable[..., Arena], steps: str, told: str) -> None:
    with pytest.raises(ArenaFileError) as raised:
        load(f"targets: {{c: {{type: chain, instructions: {steps}}}}}\n{TESTS}")
    assert told in str(raised.value)
    assert str(raised.value).endswith("fix: rename one of them")


def test_a_text_that_never_sees_what_came_before_is_warned_of(load: Callable[..., Arena]) -> None:
    chain = 'instructions: ["a", "b {input}", "c"]'
    arena = load(f"targets: {{c: {{type: chain, {chain}}}}}\n{TESTS}")
    first, second = arena.warnings
    assert "step 1 of the chain 'c' has no {input}, so that the case's prompt" in first
    assert "step 3 of the chain 'c' has no {input}, so that what step 2 gave" in second
    told = load(f"targets: {{c: {{type: chain, full_history: true, {chain}}}}}\n{TESTS}")
    assert told.warnings == ()
    told = load('targets: {c: {type: chain, instructions: ["{{ input }} a"]}}\n' + TESTS)
    assert told.warnings == ()


def test_what_a_variable_holds_is_no_place_for_what_came_before(load: Callable[..., Arena]) -> None:
    arena = load(
        'variables: {said: "{input}"}\n'
        'targets: {c: {type: chain, instructions: ["{{ said }}: {input}, {{input}}"]}}\n' + TESTS
    )
    chain = arena.cells[0].case.chain
    assert chain is not None
    assert chain.steps[0].parts == ("{input}: ", ", ", "")


def test_a_file_of_promptchains_is_run_and_what_does_nothing_is_listed(
    load: Callable[..., Arena], tmp_path: Path
) -> None:
    (tmp_path / "team.yml").write_text(FILE)
    arena = load(
        "tools: {find: {mock: 1}}\n"
        f"targets: {{c: {{type: chain, file: team.yml, agent: writer}}}}\n{TESTS}"
    )
    chain = arena.cells[0].case.chain
    assert chain is not None
    assert [(step.kind, step.text) for step in chain.steps] == [
        ("text", "Summarise: {input}"),
        ("agentic", "Write."),
    ]
    assert chain.steps[1].agent.max_llm_turns == 8
    assert list(chain.steps[0].agent.tools) == ["find"]
    (warning,) = arena.warnings
    assert warning.endswith(
        "chain 'c' does nothing with orchestration, model, history_config, enable_cove of its file"
    )


def test_an_agent_of_a_file_without_a_chain_is_asked_what_the_user_says(
    load: Callable[..., Arena], tmp_path: Path
) -> None:
    (tmp_path / "team.yml").write_text("agents: [{name: plain, model: openai/gpt-4o}]\n")
    arena = load(f"targets: {{c: {{type: chain, file: team.yml}}}}\n{TESTS}")
    chain = arena.cells[0].case.chain
    assert chain is not None
    assert [step.text for step in chain.steps] == ["{input}"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (FILE, "the file of the chain has several agents"),
        (FILE.replace("  plain", "  other"), "the file of the chain has several agents"),
        ("agents: {a: {modell: x}}", "unknown key 'modell' in an agent of the chain's file"),
        ("agents: {a: {model: x}}\nsesion: {}", "unknown key 'sesion' in the file of a chain"),
        ("agents: {a: {instruction_chain: [{type: function}]}}", "neither a text nor an agentic"),
        (
            "agents: {a: {instruction_chain: [{type: agentic_step, objektive: x}]}}",
            "unknown key 'objektive' in an agentic step of the chain's file",
        ),
        ("- 1", "the file of the chain has no agents"),
        ("agents: {}", "the file of the chain has no agents"),
        ("agents: {a: {instruction_chain: []}}", "a chain has no steps"),
    ],
)
def test_a_file_that_cannot_be_run_is_refused(
    refused: Callable[..., str], tmp_path: Path, text: str, problem: str
) -> None:
    (tmp_path / "team.yml").write_text(text)
    assert problem in refused(f"targets: {{c: {{type: chain, file: team.yml}}}}\n{TESTS}")


@pytest.mark.parametrize(
    ("chain", "problem"),
    [
        ("instructions: []", "a chain has no steps"),
        ('instructions: ["{input}"], file: x.yml', "both 'instructions' and 'file'"),
        ('instructions: ["{input}"], agent: x', "'agent' names an agent of a file"),
        ("instructions: [{text: a, agentic: b}]", "has 'text' and 'agentic'"),
        ('instructions: ["{input}", " "]', "'text' of a step of a chain is empty"),
        ("instructions: [3]", "a step of a chain that is 3"),
        ('steps: ["{input}"]', "fix: write instructions: …"),
        ("instructions: [{objective: x}]", "fix: write agentic: with the objective itself"),
        ("instructions: [{name: a}]", "neither a text nor a function nor an objective"),
        ("instructions: [{agentic: x, timeout: 1s}]", "'timeout' stands in a step"),
        ('instructions: [{text: "{input}", max_internal_steps: 2}]', "'max_internal_steps' stands"),
        ('instructions: [{python: "nowhere:f"}]', "chain 'c': there is no module 'nowhere'"),
        ("instructions: [{python: f}]", "bad function name 'f'"),
        ('instructions: ["{{ nobody }} {input}"]', "undefined variable 'nobody'"),
        ('instructions: ["{input}"], models: [good, fast]', "names 2, and 1 of its steps ask one"),
        ('instructions: ["{input}"], models: bad', "unknown provider 'bad' in the chain 'c'"),
        (
            'instructions: [{text: "{input}", model: bad}]',
            "unknown provider 'bad' in the chain 'c'",
        ),
        ("instructions: [{agentic: x, tools: [nowhere]}]", "unknown tool 'nowhere'"),
        ('instructions: ["{input}"], tools: [bare]', "nothing of how the chain 'c' runs it"),
        ('instructions: ["{input}"], chainbreakers: "nowhere:f"', "there is no module 'nowhere'"),
        ('instruction: ["{input}"]', "unknown key 'instruction' in target 'c'"),
    ],
)
def test_a_chain_that_cannot_be_run_is_refused(
    refused: Callable[..., str], chain: str, problem: str
) -> None:
    found = refused(f"tools: {{bare: {{}}}}\ntargets: {{c: {{type: chain, {chain}}}}}\n{TESTS}")
    assert problem in found


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        ("concurrent_users: 2, messages_per_user: 2, prompt: Hi", "which is a chain"),
        ("chaos: [{tool: x, mode: error}], prompt: Hi", "which has no agent"),
    ],
)
def test_a_case_that_no_chain_can_answer_is_refused(
    refused: Callable[..., str], case: str, problem: str
) -> None:
    found = refused(
        'targets: {c: {type: chain, instructions: ["{input}"]}}\n'
        f"tests: [{{name: A, target: c, {case}, mock: x, "
        "assertions: [{type: contains, value: x}]}]\n"
    )
    assert problem in found
