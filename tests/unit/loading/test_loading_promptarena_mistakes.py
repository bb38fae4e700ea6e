"""Mistakes in suites of PromptArena: what is refused for each, and what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from promptarena_suites import Load, check, manifest, suites_in, turn

from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import Arena


@pytest.fixture
def load(tmp_path: Path) -> Load:
    return suites_in(tmp_path)


def refused(arena: Arena) -> str:
    (cell,) = arena.cells
    assert cell.case.refused is not None
    return cell.case.refused


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "an assertion that there is not": (
        {"scenario": {"turns": [turn("Hi", check("contians", patterns=["x"]))]}},
        """\
s.yaml:12:13: unknown type of assertion 'contians' in turn 1 of scenario 'greeting'
  expected: one of contains, contains_any, …
  fix: did you mean 'contains'?""",
    ),
    "params that are not there": (
        {"scenario": {"turns": [turn("Hi", check("content_includes"))]}},
        """\
s.yaml:13:15: assertion 'content_includes' cannot be judged with these params
  expected: patterns: a list of texts
  fix: add it under params:""",
    ),
    "a limit that limits nothing": (
        {"scenario": {"turns": [turn("Hi", check("max_length", max=0))]}},
        """\
s.yaml:14:14: assertion 'max_length' cannot be judged with these params
  expected: max: a number from 1 on
  fix: mend max, or leave it out""",
    ),
    "a file that is not there": (
        {"scenarios": [{"file": "scenario/s.yaml"}]},
        """\
suite.arena.yaml:12:11: Scenario file 'scenario/s.yaml' does not exist
  expected: a file in .
  fix: write the file, or mend its name""",
    ),
    "a file of another kind": (
        {"scenarios": [{"file": "p.yaml"}]},
        """\
p.yaml:2:7: p.yaml is of kind 'Provider'
  expected: kind: Scenario, since it is named as one
  fix: name a Scenario, or name it under another key of the suite""",
    ),
    "a prompt that is not there": (
        {"scenario": {"task_type": "chta"}},
        """\
s.yaml:6:14: scenario 'greeting' names an unknown prompt 'chta'
  expected: one of chat
  fix: did you mean 'chat'?""",
    ),
    "a provider that is not there": (
        {"scenario": {"providers": ["mok"]}},
        """\
s.yaml:17:5: unknown provider 'mok' in scenario 'greeting'
  expected: one of mock
  fix: did you mean 'mock'?""",
    ),
    "a group that is not there": (
        {"scenario": {"provider_group": "slow"}},
        """\
s.yaml:16:19: scenario 'greeting' runs on an unknown group of providers 'slow'
  expected: one of default
  fix: add group: to providers of the suite""",
    ),
    "a role that is not there": (
        {"scenario": {"turns": [{"role": "visitor", "persona": "x", "turns": 1}]}},
        """\
s.yaml:9:11: turn 1 of scenario 'greeting' is said by an unknown role 'visitor'
  expected: a role of self_play: roles:
  fix: add it under self_play: roles: of the suite""",
    ),
    "a persona that is not there": (
        {
            "scenario": {"turns": [{"role": "u", "persona": "x", "turns": 1}]},
            "self_play": {"roles": [{"id": "u", "provider": "mock"}]},
        },
        """\
s.yaml:10:14: turn 1 of scenario 'greeting' names an unknown persona 'x'
  expected: a persona under self_play: personas:
  fix: add it under self_play: personas: of the suite""",
    ),
    "a key that is misspelt": (
        {"prompt": {"system_tmplate": "x"}},
        """\
c.yaml:10:3: unknown key 'system_tmplate' in prompt 'chat'
  expected: one of allowed_tools, evals, fragments, model_overrides, optional_vars, parameters, \
required_vars, system_template, task_type, template_engine, tool_policy, validators, variables
  fix: did you mean 'system_template'?""",
    ),
    "a tool that gives nothing": (
        {
            "prompt": {"allowed_tools": ["add"]},
            "tools": [{"file": "t.yaml"}],
            "files": {"t.yaml": manifest("Tool", "add", {"description": "d", "mode": "mock"})},
        },
        """\
t.yaml:6:3: tool 'add' is of mode 'mock' and says nothing of what it gives
  expected: mock_result, or mock_template
  fix: add mock_result: …""",
    ),
    "a tool of an unknown mode": (
        {
            "prompt": {"allowed_tools": ["add"]},
            "tools": [{"file": "t.yaml"}],
            "files": {"t.yaml": manifest("Tool", "add", {"mode": "mcok"})},
        },
        """\
t.yaml:6:9: tool 'add' has an unknown mode 'mcok'
  expected: one of mock, live, client, exec, mcp, local, a2a
  fix: write mode: mock with mock_result:, or mode: live with http:""",
    ),
    "no turns": (
        {"scenario": {"turns": []}},
        """\
s.yaml:8:10: scenario 'greeting' has no turns
  expected: a list of turns, each with role and content
  fix: write it like turns: [{role: user, content: Hello!}]""",
    ),
    "a turn that says nothing": (
        {"scenario": {"turns": [{"role": "user"}]}},
        """\
s.yaml:9:5: turn 1 of scenario 'greeting' says nothing
  expected: content: what the user says, or parts
  fix: add content: …""",
    ),
    "a mock's file that is not there": (
        {"provider": {"additional_config": {"mock_config": "mock-resp.yaml"}}},
        """\
p.yaml:10:18: mock file 'mock-resp.yaml' does not exist
  expected: a file in .
  fix: did you mean 'mock-responses.yaml'?""",
    ),
    "a vendor that there is not": (
        {"provider": {"type": "opnai"}},
        """\
p.yaml:7:9: unknown provider 'opnai'
  expected: one of echo, exec, http, litellm, mcp, mock, openai, outputs, python, or any that \
litellm knows
  fix: did you mean 'openai'?""",
    ),
    "a provider without a type": (
        {"provider": {"type": ""}},
        """\
p.yaml:6:3: provider 'mock' has no type
  expected: type: the vendor, or mock
  fix: write it like type: openai""",
    ),
    "a workflow that is not there": (
        {"scenario": {"turns": [turn("Hi", check("state_is", state="last"))]}},
        """\
s.yaml:12:13: assertion 'state_is' cannot be judged with these params
  expected: a suite with workflow: {entry: …, states: {…}}
  fix: add the workflow to the suite, or leave this assertion out""",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_scenario_or_under_it_refuses_it(load: Load, mistake: str) -> None:
    suite, message = MISTAKES[mistake]
    assert refused(load(**suite)) == message


OF_ALL: dict[str, tuple[dict[str, Any], str]] = {
    "a state under no prompt": (
        {"workflow": {"version": 1, "entry": "a", "states": {"a": {"prompt_task": "chta"}}}},
        """\
suite.arena.yaml:18:22: state 'a' names an unknown prompt 'chta'
  expected: one of chat
  fix: did you mean 'chat'?""",
    ),
    "scenarios that are no list": (
        {"scenarios": "s.yaml"},
        """\
suite.arena.yaml:11:14: 'scenarios' of a PromptArena suite is not a list
  expected: a list of files, each a Scenario
  fix: write it like scenarios: [{file: scenarios/first.yaml}]""",
    ),
    "a key that is misspelt": (
        {"scenarois": [{"file": "s.yaml"}], "scenarios": None},
        "suite.arena.yaml:12:3: unknown key 'scenarois' in the suite",
    ),
}


@pytest.mark.parametrize("mistake", OF_ALL)
def test_a_mistake_in_the_suite_refuses_the_file(load: Load, mistake: str) -> None:
    suite, message = OF_ALL[mistake]
    with pytest.raises(ArenaFileError) as caught:
        load(**suite)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "broken",
    [
        manifest("Provider", "broken", {"type": "opnai", "model": "m"}),
        manifest("Provider", "broken", {"type": "mock", "mock_config": "no.yaml"}),
        manifest("Provider", "broken", {"type": "mock", "mock_config": "broken-answers.yaml"}),
        manifest("Provider", "broken", {"type": "openai", "model": "m", "base_ulr": "x"}),
        manifest("Provider", "broken", {"type": "replay"}),
        manifest("Prowider", "broken", {}),
        "spec: [",
        None,
    ],
)
def test_a_mistake_in_a_provider_refuses_its_column_alone(load: Load, broken: str | None) -> None:
    files = {"broken-answers.yaml": "scenarios: {greeting: {turns: [1}}"}
    if broken is not None:
        files["broken.yaml"] = broken
    arena = load(providers=[{"file": "p.yaml"}, {"file": "broken.yaml"}], files=files)
    found = {cell.column: cell.case.refused for cell in arena.cells}
    assert found["mock"] is None
    assert found["broken"] is not None
    assert arena.refused


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        ({"scenario": {"variables": ["x"]}}, "'variables' of scenario 'greeting' is not a mapping"),
        ({"scenario": {"tool_policy": 5}}, "'tool_policy' of scenario 'greeting' is not a mapping"),
        ({"scenario": {"turns": 5}}, "scenario 'greeting' has no turns"),
        (
            {
                "scenario": {
                    "turns": [turn("{a}", perturbations={"a": [*range(50)]}) for _ in range(20)]
                }
            },
            "scenario 'greeting' is perturbed in 9,536,",
        ),
        ({"prompt": {"allowed_tools": "add"}}, "'allowed_tools' of prompt 'chat' is not a list"),
        ({"provider": {"pricing": 1}}, "'pricing' of provider 'mock' is not a mapping"),
        (
            {"scenario": {"turns": [turn("Hi", {"type": "contains", "params": "x"})]}},
            "assertion 'contains' cannot be judged with these params",
        ),
    ],
)
def test_what_is_of_another_shape_is_refused(
    load: Load, suite: dict[str, Any], message: str
) -> None:
    assert message in refused(load(**suite))


def test_a_mistake_that_nothing_rests_on_is_told(load: Load) -> None:
    unused = manifest("PromptConfig", "unused", {"task_type": "unused", "system_tmplate": "x"})
    arena = load(prompt_configs=[{"file": "c.yaml"}, {"file": "u.yaml"}], files={"u.yaml": unused})
    assert arena.cells[0].case.refused is None
    assert any("unknown key 'system_tmplate'" in text for text in arena.warnings)
    assert [one.what for one in arena.refused] == [
        "unknown key 'system_tmplate' in prompt 'unused'"
    ]


def test_two_providers_of_a_name_are_refused(load: Load) -> None:
    arena = load(providers=[{"file": "p.yaml"}, {"file": "p.yaml"}])
    assert "duplicate provider 'mock'" in refused(arena)
