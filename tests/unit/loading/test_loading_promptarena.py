"""Suites of PromptArena: what of their manifests becomes cases, columns and assertions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from promptarena_suites import HELLO, Load, check, manifest, suites_in, turn

from pytest_arena.loading import Arena


@pytest.fixture
def load(tmp_path: Path) -> Load:
    return suites_in(tmp_path)


def of_turn(arena: Arena, number: int = 0) -> list[Any]:
    return list(arena.cells[0].case.dialogues[0][number].assertions)


def test_a_suite_is_its_scenarios_on_its_providers(load: Load) -> None:
    arena = load()
    assert arena.name == "Suite"
    assert [cell.name for cell in arena.cells] == ["greeting[mock]"]
    (cell,) = arena.cells
    assert (cell.case.system, cell.case.description) == ("Help.", "A chat.")
    assert [said.user for said in cell.case.dialogues[0]] == ["Hi"]
    assert (cell.case.source, cell.case.line) == ("s.yaml", 6)
    (assertion,) = of_turn(arena)
    assert (assertion.type, assertion.values) == ("contains_all", ("hello",))
    assert (assertion.place.file, assertion.place.line) == ("s.yaml", 12)


def test_the_suites_parameters_go_before_a_providers_own(load: Load) -> None:
    arena = load(
        provider={
            "type": "openai",
            "model": "gpt-4o",
            "base_url": "http://127.0.0.1:9/v1",
            "defaults": {"temperature": 0.9, "top_p": 0.5, "max_tokens": 10},
            "rate_limit": {"rps": 2, "burst": 4},
            "pricing": {"input_cost_per_1k": 0.01, "output_cost_per_1k": 0.02},
            "credential": {"credential_env": "SHOP_KEY", "api_key": "not copied"},
        },
        defaults={"temperature": 0.1, "seed": 7, "concurrency": 2},
    )
    spec = arena.providers[0]
    assert (spec.provider, spec.model, spec.api_key_env) == ("openai", "gpt-4o", "SHOP_KEY")
    assert spec.params == {"temperature": 0.1, "top_p": 0.5, "max_tokens": 10, "seed": 7}
    assert spec.rate_limit is not None
    assert spec.rate_limit.requests_per_minute == 120
    assert (spec.input_cost_per_million, spec.concurrency) == (10, 2)
    assert not any("not copied" in text for text in arena.warnings)
    assert any("'api_key' of provider 'mock' is not read" in text for text in arena.warnings)


@pytest.mark.parametrize(
    ("kind", "vendor"),
    [("claude", "anthropic"), ("gemini", "gemini"), ("ollama", "ollama_chat"), ("mock", "mock")],
)
def test_a_type_is_the_vendor_that_it_means(load: Load, kind: str, vendor: str) -> None:
    assert load(provider={"type": kind}).providers[0].provider == vendor


def test_a_provider_that_answers_no_chat_is_no_column(load: Load) -> None:
    voice = manifest("Provider", "voice", {"id": "voice", "type": "openai", "role": "tts"})
    arena = load(providers=[{"file": "p.yaml"}, {"file": "v.yaml"}], files={"v.yaml": voice})
    assert [spec.name for spec in arena.providers] == ["mock"]
    assert any("'voice' is no column: it is of tts" in text for text in arena.warnings)


def test_scenarios_run_on_their_providers_or_their_group(load: Load) -> None:
    other = manifest("Provider", "other", {"id": "other", "type": "mock", "model": "m"})
    both: Any = {
        "providers": [{"file": "p.yaml"}, {"file": "o.yaml", "group": "slow, late"}],
        "files": {"o.yaml": other},
    }
    assert [cell.column for cell in load(**both).cells] == ["mock"]
    assert [cell.column for cell in load({"provider_group": "late"}, **both).cells] == ["other"]
    named = load({"providers": ["other", "mock"]}, **both)
    assert [cell.column for cell in named.cells] == ["mock", "other"]


def test_a_capability_that_a_provider_does_not_name_skips_it(load: Load) -> None:
    arena = load({"required_capabilities": ["vision"]}, provider={"capabilities": ["text"]})
    assert arena.cells[0].skip == "it needs vision (required_capabilities)"
    able = load({"required_capabilities": ["text"]}, provider={"capabilities": ["text"]})
    assert able.cells[0].skip is None


@pytest.mark.parametrize(
    ("scenario", "needs"),
    [
        ({"duplex": {"timeout": "1m"}}, "a conversation by voice (duplex)"),
        (
            {"turns": [{"role": "user", "parts": [{"type": "video", "media": {"url": "x"}}]}]},
            "video in what the user says",
        ),
        (
            {"turns": [{"role": "assistant", "content": "Hello"}]},
            "an answer that is scripted (role: assistant)",
        ),
        ({"turns": [turn("a", check("tool_exec", tool="run_tests"))]}, "(tool_exec)"),
        ({"turns": [turn("a", check("skill_activated", skill_names=["x"]))]}, "skills"),
        ({"seed_memories": [{"content": "x"}]}, "a memory of the runtime"),
        ({"context_policy": {"token_budget": 500}}, "a context that is cut"),
        ({"steps": [{"type": "event", "event": "Go"}], "turns": []}, "events that the scenario"),
    ],
)
def test_what_an_arena_has_not_skips_the_scenario_with_the_reason(
    load: Load, scenario: dict[str, Any], needs: str
) -> None:
    (cell,) = load(scenario).cells
    assert needs in (cell.skip or "")
    assert "at s.yaml:" in (cell.skip or "")


def test_what_a_prompt_says_is_around_the_scenario(load: Load) -> None:
    arena = load(
        prompt={
            "system_template": "You help {{name}}. {{tone}}",
            "variables": [{"name": "name", "type": "string", "required": True}],
            "fragments": [{"name": "tone", "path": "tone.yaml", "required": True}],
            "validators": [{"type": "banned_words", "params": {"words": ["damn"]}}],
            "parameters": {"temperature": 0.3},
        },
        prompt_configs=[{"id": "chat", "file": "c.yaml", "vars": {"name": "Ada"}}],
        files={"tone.yaml": "fragment_type: tone\ncontent: Be kind.\n"},
    )
    case = arena.cells[0].case
    assert case.system == "You help Ada. Be kind."
    assert [rule.type for rule in case.guardrails] == ["banned_words"]
    assert case.params["temperature"] == 0.3


def test_braces_are_templates_where_a_variable_is_meant(load: Load) -> None:
    said = [turn("{{who}} and {{other}} and {{", check("content_includes", patterns=["{{x}}"]))]
    arena = load({"variables": {"who": "Ada"}, "turns": said})
    assert arena.cells[0].case.dialogues[0][0].user == "Ada and {{other}} and {{"
    assert of_turn(arena)[0].values == ("{{x}}",)


def test_tools_that_a_prompt_allows_are_run_by_an_agent(load: Load) -> None:
    tool = {
        "description": "Adds.",
        "mode": "mock",
        "input_schema": {"type": "object", "properties": {"a": {"type": "number"}}},
        "output_schema": {},
        "mock_result": [1, {"text": "{{a}}"}],
    }
    live = {**tool, "mode": "live", "http": {"url": "http://127.0.0.1:9/x", "method": "GET"}}
    arena = load(
        {"tool_policy": {"max_tool_calls_per_turn": 2, "max_total_tool_calls": 3, "max_rounds": 4}},
        prompt={"allowed_tools": ["add", "ask"]},
        tools=[{"file": "t.yaml"}, {"file": "l.yaml"}],
        files={"t.yaml": manifest("Tool", "add", tool), "l.yaml": manifest("Tool", "ask", live)},
    )
    agent = arena.cells[0].case.agent
    assert agent is not None
    assert list(agent.tools) == ["add", "ask"]
    assert agent.tools["add"].spec.mock[0].result == [1, {"text": "\\{{a}}"}]
    assert agent.tools["ask"].spec.http is not None
    assert (agent.limits.tool_calls, agent.limits.tool_calls_per_turn) == (3, 2)
    assert agent.max_llm_turns == 5


def test_a_blocked_tool_is_not_offered(load: Load) -> None:
    tool = {"description": "d", "mode": "mock", "mock_result": 1, "input_schema": {}}
    arena = load(
        {"tool_policy": {"tool_choice": "auto", "blocklist": ["add"]}},
        prompt={"allowed_tools": ["add"]},
        tools=[{"file": "t.yaml"}],
        files={"t.yaml": manifest("Tool", "add", tool)},
    )
    assert arena.cells[0].case.agent is None
    assert arena.cells[0].case.tools == ()


def test_templates_of_mocked_tools_take_arguments(load: Load) -> None:
    tool = {"description": "d", "mode": "mock", "mock_template": "Weather in {{.city}}"}
    arena = load(
        prompt={"allowed_tools": ["weather"]},
        tools=[{"file": "t.yaml"}],
        files={"t.yaml": manifest("Tool", "weather", tool)},
    )
    agent = arena.cells[0].case.agent
    assert agent is not None
    assert agent.tools["weather"].spec.mock[0].result == "Weather in {{ arguments.city }}"


def test_programs_and_servers_of_a_suite_are_an_agents_tools(load: Load) -> None:
    program = {"description": "d", "mode": "exec", "exec": {"command": "./bin/add.sh"}}
    arena = load(
        prompt={"allowed_tools": ["add", "find"]},
        tools=[{"file": "tools/t.yaml"}],
        mcp_servers=[{"name": "kb", "command": "kb-server", "tool_filter": {"allowlist": ["x"]}}],
        files={"tools/t.yaml": manifest("Tool", "add", program), "bin/add.sh": "cat"},
    )
    agent = arena.cells[0].case.agent
    assert agent is not None
    assert agent.tools["add"].spec.exec.command == ("./../bin/add.sh",)
    assert list(agent.servers) == ["kb"]
    told = "\n".join(arena.warnings)
    assert "'tool_filter' of an MCP server has no effect here" in told
    assert "prompt 'chat' is offered all tools of kb, beside those that it allows" in told


def test_personas_play_the_user(load: Load) -> None:
    persona = {
        "description": "A customer.",
        "system_template": "You want {{persona_goals}}. {{verbosity}}",
        "goals": ["a refund"],
        "constraints": ["One question."],
        "style": {"verbosity": "short", "challenge_level": "", "friction_tags": ["curt"]},
        "defaults": {"temperature": 0.5, "seed": 3},
    }
    arena = load(
        {"turns": [{"role": "user-llm", "persona": "buyer", "turns": 2, "max_turns": 4}]},
        provider={"type": "openai", "model": "gpt-4o"},
        self_play={
            "personas": [{"file": "b.yaml"}],
            "roles": [{"id": "user-llm", "provider": "mock"}],
        },
        files={"b.yaml": manifest("Persona", "buyer", persona)},
    )
    (talk,) = arena.cells[0].case.dialogues[0]
    assert talk.persona is not None
    assert (talk.persona.name, talk.persona.least, talk.persona.most) == ("buyer", 2, 4)
    assert talk.persona.provider.params["temperature"] == 0.5
    assert "You want a refund. short" in talk.persona.instructions
    assert "You are curt." in talk.persona.instructions


def test_perturbations_are_a_case_each(load: Load) -> None:
    said = [
        turn("In {city} on {{day}}?", HELLO, perturbations={"city": ["Rome", "Bonn"], "day": ["1"]})
    ]
    arena = load({"turns": said, "trials": 3})
    assert [cell.case.name for cell in arena.cells] == ["greeting (Rome, 1)", "greeting (Bonn, 1)"]
    assert arena.cells[1].case.dialogues[0][0].user == "In Bonn on 1?"
    assert arena.cells[0].case.trials == 3


def test_the_states_of_a_workflow_answer_the_scenarios(load: Load) -> None:
    states = {
        "first": {"prompt_task": "chat", "on_event": {"Done": "last"}},
        "last": {"prompt_task": "chat", "terminal": True},
    }
    arena = load(
        {"turns": [turn("Hi", check("state_is", state="last"))]},
        workflow={"version": 1, "entry": "first", "states": states},
    )
    workflow = arena.cells[0].case.workflow
    assert workflow is not None
    assert list(workflow.states) == ["first", "last"]
    assert of_turn(arena)[0].type == "state_is"


def test_an_agent_controlled_state_is_not_run(load: Load) -> None:
    states = {"first": {"prompt_task": "chat", "control": "agent", "terminal": True}}
    arena = load(workflow={"version": 1, "entry": "first", "states": states})
    assert "control: agent" in (arena.cells[0].skip or "")


def test_a_state_that_is_a_composition_is_not_run(load: Load) -> None:
    states = {"first": {"orchestration": "composition", "composition": "c", "terminal": True}}
    arena = load(workflow={"version": 1, "entry": "first", "states": states})
    assert "compositions, for state 'first' at suite.arena.yaml:" in (arena.cells[0].skip or "")


@pytest.mark.parametrize(
    ("tool", "needs"),
    [("memory__remember", "a memory of the runtime"), ("a2a__echo__say", "agents over A2A")],
)
def test_tools_of_promptkits_runtime_are_not_there(load: Load, tool: str, needs: str) -> None:
    asserted = load({"turns": [turn("Hi", check("tools_called", tool_names=[tool]))]})
    assert f"{needs}, for its assertion 'tools_called' on {tool!r}" in (
        asserted.cells[0].skip or ""
    )
    allowed = load(prompt={"allowed_tools": [tool]})
    assert f"{needs}, for the tool {tool!r}" in (allowed.cells[0].skip or "")


def test_inline_specs_are_read_and_a_mistake_in_one_is_its_own(load: Load) -> None:
    arena = load(
        scenarios=[],
        provider_specs={"inline": {"type": "mock", "model": "m", "capabilities": ["text"]}},
        scenario_specs={
            "good": {"task_type": "chat", "turns": [turn("Hi", HELLO)]},
            "bad": {"task_type": "chat", "turns": [turn("Hi", check("contians", patterns=["x"]))]},
        },
    )
    found = {cell.name: cell.case.refused for cell in arena.cells}
    assert found["good[mock]"] is None
    assert found["good[inline]"] is None
    assert "unknown type of assertion 'contians'" in (found["bad[mock]"] or "")


def test_evals_judge_what_was_recorded(load: Load) -> None:
    events = [
        {"type": "message.created", "data": {"Role": "user", "Content": "Hi"}},
        {
            "type": "message.created",
            "data": {
                "Role": "assistant",
                "Content": "",
                "ToolCalls": [{"name": "look", "args": '{"a": 1}'}],
            },
        },
        {
            "type": "message.created",
            "data": {"Role": "tool", "ToolResult": {"name": "look", "content": "7"}},
        },
        {"type": "message.created", "data": {"Role": "assistant", "Content": "Seven."}},
    ]
    judged = {
        "description": "d",
        "recording": {"path": "r.recording.json", "type": "session"},
        "turns": [{"all_turns": {"assertions": [check("content_includes", patterns=["seven"])]}}],
        "conversation_assertions": [check("tools_called", tools=["look"])],
    }
    arena = load(
        evals=[{"file": "e.yaml"}],
        scenarios=[],
        files={
            "e.yaml": manifest("Eval", "saved", judged),
            "r.recording.json": yaml.safe_dump({"events": events}),
        },
    )
    (cell,) = arena.cells
    assert cell.name == "saved[recorded]"
    assert [one.type for one in of_turn(arena)] == ["contains_all"]
    answer = cell.provider.options.responses.scenarios["saved"].turns[1]
    assert (answer.text, answer.tool_calls[0].name, answer.tool_calls[0].result) == (
        "Seven.",
        "look",
        "7",
    )


def test_a_recording_is_replayed(load: Load) -> None:
    said = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello!"},
        {"role": "assistant", "content": "More."},
    ]
    arena = load(
        provider={"type": "replay", "additional_config": {"recording": "r.json", "timing": "x"}},
        files={"r.json": yaml.safe_dump({"messages": said})},
    )
    answers = arena.cells[0].provider.options.responses
    assert answers.counted == "answers"
    assert [answers.scenarios["greeting"].turns[n].text for n in (1, 2)] == ["Hello!", "More."]


def test_a_mock_that_names_no_file_says_what_promptarenas_says(load: Load, tmp_path: Path) -> None:
    arena = load(files={"mock-responses.yaml": "scenarios: {}\n"})
    answers = arena.cells[0].provider.options.responses
    assert answers.default[0].text == "Mock response for provider mock model m"
    assert any("takes those of mock-responses.yaml" in text for text in arena.warnings)


MOCK = """\
scenarios:
  greeting:
    turns:
      1: {tool_calls: [{name: add, arguments: {a: 1}}]}
      2: {response: A text.}
      3: {type: text, text: Another.}
      4: {type: multimodal, parts: [{type: text, text: Seen.}, {type: image, image_url: {url: x}}]}
      5: 7
"""


def test_what_lies_beside_a_suite_answers_offline_for_real_providers(load: Load) -> None:
    said = "scenarios: {greeting: {turns: {1: Hello!}}}\nselfplay: {buyer: {turns: {1: Hi}}}\n"
    arena = load(
        {"turns": [turn("Hi", HELLO), {"role": "u", "persona": "buyer", "turns": 1}]},
        provider={"type": "openai", "model": "gpt-4o"},
        self_play={"personas": [{"file": "b.yaml"}], "roles": [{"id": "u", "provider": "mock"}]},
        files={
            "b.yaml": manifest("Persona", "buyer", {"system_template": "Buy."}),
            "mock-responses.yaml": said,
        },
    )
    assert arena.cells[0].case.refused is None
    assert arena.responses is not None
    assert arena.responses.scenarios["greeting"].turns[1].text == "Hello!"


def test_answers_of_a_mock_are_read_in_all_their_forms(load: Load) -> None:
    arena = load(provider={"mock_config": {"file": "m.yaml"}}, files={"m.yaml": MOCK})
    turns = arena.cells[0].provider.options.responses.scenarios["greeting"].turns
    assert [turns[n].text for n in range(1, 6)] == ["", "A text.", "Another.", "Seen.", "7"]
    assert turns[1].tool_calls[0].arguments == {"a": 1}
    assert any("gives the texts of its answers, and no media" in text for text in arena.warnings)


def test_a_mocked_judge_is_read_as_a_level(load: Load) -> None:
    arena = load(
        {"turns": [turn("Hi", check("llm_judge", criteria="Kind.", judge="j", min_score=0.8))]},
        judges=[{"name": "j", "provider": "mock"}],
        files={"mock-responses.yaml": 'defaultResponse: \'{"passed": true, "score": 0.9}\'\n'},
    )
    (cell,) = arena.cells
    assert '"level": "fully"' in cell.provider.options.responses.default[0].text
    assertion = of_turn(arena)[0]
    assert (assertion.type, assertion.min_score) == ("llm_judge", 0.8)
    assert assertion.judge.panel[0].name == "mock"


def test_what_a_mock_has_beside_its_file_is_told(load: Load) -> None:
    arena = load(
        provider={"additional_config": {"auto_respond": True, "mock_config": "m.yaml"}},
        files={"m.yaml": "defaultResponse: Hello!"},
    )
    told = "'auto_respond' of 'additional_config' of provider 'mock' has no effect here"
    assert any(told in text for text in arena.warnings)


def test_what_has_no_effect_is_told_with_its_place(load: Load) -> None:
    arena = load(
        {"temperature": 0.7, "expected_behaviors": ["x"]},
        prompt={"output_format": "x"},
        memory={"enabled": True},
    )
    told = "\n".join(arena.warnings)
    assert "'temperature' of scenario 'greeting' has no effect here" in told
    assert "'expected_behaviors' of scenario 'greeting' has no effect here" in told
    assert "'output_format' of prompt 'chat' has no effect here" in told
    assert "the suite is run without a memory of the runtime ('memory')" in told
    assert all(text.partition(": ")[0].count(":") == 2 for text in arena.warnings)


def test_a_scenario_without_assertions_holds_where_it_is_answered(load: Load) -> None:
    arena = load({"turns": [turn("Hi")]})
    assert [one.type for one in arena.cells[0].case.assertions] == ["success"]
    assert any("scenario 'greeting' asserts nothing" in text for text in arena.warnings)


def test_all_scenarios_have_what_globals_assert(load: Load) -> None:
    arena = load(globals={"conversation_assertions": [check("no_tool_errors")]})
    assert [one.type for one in arena.cells[0].case.assertions] == ["no_tool_errors"]


def test_evals_of_the_pack_are_assertions(load: Load) -> None:
    one = {"id": "short", "type": "max_length", "trigger": "every_turn", "params": {"max": 50}}
    arena = load(pack_evals=[one])
    found = [*of_turn(arena), *arena.cells[0].case.assertions]
    assert [each.type for each in found] == ["contains_all", "max_length"]
