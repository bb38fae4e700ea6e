"""What is meant: keys and types as others call them, numbers with units, one mistake told once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_arena.builtins import register
from pytest_arena.errors import Location
from pytest_arena.loading.meant_values import meant_duration, meant_number
from pytest_arena.loading.other_names import meant_key, meant_type
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.unknown_keys import unknown_key
from pytest_arena.registry import Registry
from pytest_arena.schema import (
    AgentTargetSpec,
    ArenaSpec,
    CaseSpec,
    ChainStepSpec,
    DataSpec,
    PartSpec,
    PersonaSpec,
    PersonaTurnSpec,
    ProviderSpec,
    ToolLimits,
    ToolSpec,
    TurnSpec,
)
from pytest_arena.schema.params import read_number

Refused = Callable[..., str]

CHECK = "assertions: [{type: contains, value: x}]"
PLACE = Location("arena.yaml", 1, 1)
SYSTEM = "write system: in a case, or prompts: and targets:"


def fix_of(key: str, known: list[str]) -> str | None:
    return unknown_key(key, PLACE, "here", known).fix


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        ("base_url", "write api_base: …, as it is called here"),
        ("baseUrl", "write api_base: …, as it is called here"),
        ("api_key", "write api_key_env: NAME, the environment variable that holds the key"),
        ("max_retries", "write retries: …, as it is called here"),
        (
            "tools",
            "write tools: at the top of the file; params: {tools: […]} offers them to one provider "
            "alone",
        ),
        ("rpm", "write rate_limit: {requests_per_minute: …, tokens_per_minute: …}"),
        ("system_prompt", "write system: in a case, or prompts: and targets: for several"),
        ("temperature", "write params: {temperature: …}"),
        ("maxTokens", "write params: {max_tokens: …}"),
        ("label", "write name: …, as it is called here"),
        ("rate-limit", "did you mean 'rate_limit'?"),
        ("providr", "did you mean 'provider'?"),
        ("quux", "remove it"),
    ],
)
def test_a_key_of_a_provider_is_told_what_is_meant(key: str, fix: str) -> None:
    assert fix_of(key, [name for name in ProviderSpec.model_fields if name != "options"]) == fix


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        ("input", "write prompt: …, as it is called here"),
        ("vars", "write variables: …, as it is called here"),
        ("assert", "write assertions: …, as it is called here"),
        (
            "expected_output",
            "write what an answer must hold: assertions: [{type: contains, value: …}]",
        ),
        ("system_prompt", "write system: …, as it is called here"),
        ("history", "write messages: …, as it is called here"),
        ("functions", "write tools: …, as it is called here"),
        (
            "image",
            "write it as a part of the prompt: prompt: [What is this?, {image: photos/a.png}]",
        ),
        ("records", "write it into data:, as in data: {file: …, records: …}"),
        ("repeat", "write trials: …, as it is called here"),
        ("temperature", "write it in an entry of providers:, or under defaults:"),
        ("passThreshold", "did you mean 'pass_threshold'?"),
        ("asertions", "did you mean 'assertions'?"),
    ],
)
def test_a_key_of_a_case_is_told_what_is_meant(key: str, fix: str) -> None:
    assert fix_of(key, list(CaseSpec.model_fields)) == fix


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        ("cases", "write tests: …, as it is called here"),
        ("models", "write providers: …, as it is called here"),
        ("mcp", "write mcp_servers: …, as it is called here"),
        ("system", f"{SYSTEM}, with defaults: {{target: …}}"),
        ("prompt", "write prompt: in each case, or prompts: by name, for targets"),
        ("timeout", "write it under defaults:"),
        (
            "assertions",
            "write assertions: in each case; x-checks: &checks […] and assertions: *checks share "
            "them",
        ),
    ],
)
def test_a_key_of_the_file_is_told_what_is_meant(key: str, fix: str) -> None:
    assert fix_of(key, list(ArenaSpec.model_fields)) == fix


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        ("prompt", "write user: …, as it is called here"),
        ("expected", "write expected_response: …, as it is called here"),
        (
            "assistant",
            "leave it out: the model answers each turn; what it said before stands under messages:",
        ),
    ],
)
def test_a_key_of_a_turn_is_told_what_is_meant(key: str, fix: str) -> None:
    assert fix_of(key, list(TurnSpec.model_fields)) == fix


@pytest.fixture(scope="module")
def types() -> list[str]:
    registry = Registry()
    register(registry)
    return list(registry.assertions)


@pytest.mark.parametrize(
    ("word", "fix"),
    [
        ("regex", "write type: matches, with pattern: …"),
        ("icontains", "write type: contains"),
        ("icontains-any", "write type: contains_any"),
        ("is-json", "did you mean 'is_json'?"),
        ("Contains", "did you mean 'contains'?"),
        ("not-equals", "write type: equals, with not: true"),
        ("llm-rubric", None),
        ("trajectory:tool-used", "write type: tools_called"),
        ("is_valid_openai_tools_call", "write type: valid_tool_calls"),
        ("tool-calls", "write type: tool_call_count"),
        ("g-eval", "write type: llm_judge, with what must hold as criteria:"),
        ("webhook", "write a function of your own, and type: python with call: module:function"),
        (
            "trajectory_match",
            "write type: trajectory, with the calls as steps: and mode: in_order, exact or "
            "any_order",
        ),
        (
            "path-efficiency",
            "write type: step_efficiency, with the calls of the best path as reference:",
        ),
        ("final_state", "write type: state_equals"),
        ("max_turns", "write type: turn_count"),
        ("not_stuck", "write type: no_anomaly"),
        (
            "human_approval",
            "write type: asked_before, with the tools that need a yes as tools:",
        ),
        ("role-adherence", "write type: persona_kept"),
        ("trajectory_accuracy", "write type: trajectory_judge"),
        (
            "task_completion",
            "write type: mission, with what the agent was to do as objective:",
        ),
        (
            "agent_goal_accuracy",
            "write type: goal_reached, with what was to be reached as goal:",
        ),
        ("agent_handoff", "write type: handoff, with who takes over as to:"),
        ("zzz", None),
    ],
)
def test_a_type_of_another_tool_is_told_what_is_meant(
    word: str, fix: str | None, types: list[str]
) -> None:
    assert meant_type(word, types) == fix


def test_every_key_and_type_that_is_named_exists(types: list[str]) -> None:
    from pytest_arena.loading import other_names

    assert {key for key, _, _ in other_names._TYPES} <= set(types)
    registry = Registry()
    register(registry)
    classes = [cls for _, cls in registry.assertions.items()]
    models = [ArenaSpec, CaseSpec, DataSpec, PartSpec, ProviderSpec, ToolSpec, TurnSpec, *classes]
    models += [AgentTargetSpec, ChainStepSpec, PersonaSpec, PersonaTurnSpec, ToolLimits]
    models += [cls.Options for _, cls in registry.providers.items() if cls.Options is not None]
    fields = {name for model in models for name in model.model_fields} | {"not", "from"}
    assert {key for key, _, _ in other_names._KEYS} <= fields
    assert meant_key("quux", fields) is None


@pytest.mark.parametrize(
    ("name", "given", "meant"),
    [
        ("max_ms", "3s", "3000"),
        ("max_ms", "250ms", "250"),
        ("max_ms", "1.5 seconds", "1500"),
        ("max_ms", "2 min.", "120000"),
        ("max_ms", "3x", None),
        ("max", "$0.05", "0.05"),
        ("threshold", "80%", "0.8"),
        ("threshold", "80 %", "0.8"),
        ("max_tokens", "1,000", "1000"),
        ("max_tokens", "10k", "10000"),
        ("max_tokens", "many", None),
        ("value", 3.5, None),
    ],
)
def test_a_number_with_a_unit_is_told_as_it_is_meant(
    name: str, given: object, meant: str | None
) -> None:
    assert meant_number(name, given) == meant


@pytest.mark.parametrize(
    ("given", "meant"),
    [("30 sec", "30s"), ("2min", "2m"), ("1.5 hours", "1.5h"), ("100 msec", "100ms"), ("x", None)],
)
def test_a_time_in_words_is_told_as_it_is_meant(given: object, meant: str | None) -> None:
    assert meant_duration(given) == meant


MISTAKES = {
    "a type of another tool": (
        "tests: [{name: A, prompt: hi, assertions: [{type: icontains, value: x}]}]",
        "arena.yaml:4:51: unknown assertion type 'icontains'\n"
        "  expected: one of any_of, contains, contains_any, finish_reason, json_path, json_schema, "
        "max_length, response_time\n"
        "  fix: write type: contains",
    ),
    "a time for milliseconds": (
        "tests: [{name: A, prompt: hi, assertions: [{type: response_time, max_ms: 3s}]}]",
        "arena.yaml:4:74: 'max_ms' of assertion 'response_time' cannot be '3s'\n"
        "  expected: a number of milliseconds\n  fix: write it like max_ms: 3000",
    ),
    "a time in words": (
        f"tests: [{{name: A, prompt: hi, timeout: 30 sec, {CHECK}}}]",
        "arena.yaml:4:40: bad duration '30 sec' for 'timeout' of case 'A'\n"
        "  expected: a number with a unit: 250ms, 30s, 5m, 1h\n"
        "  fix: write it like timeout: 30s",
    ),
    "a percentage": (
        f"tests: [{{name: A, prompt: hi, threshold: 80%, {CHECK}}}]",
        "arena.yaml:4:42: 'threshold' of case 'A' cannot be '80%'\n"
        "  expected: a number\n  fix: write it like threshold: 0.8",
    ),
    "a conversation of messages": (
        "tests: [{name: A, conversation: [{role: user, content: hi}, {role: assistant, content: b}]"
        f", {CHECK}}}]",
        "arena.yaml:4:33: 'conversation' of case 'A' holds messages\n"
        "  expected: turns of the user's, each of which the model answers\n"
        "  fix: write messages: for what was said before, or {user: …} for each turn",
    ),
    "a turn that is misspelt": (
        f"tests: [{{name: A, conversation: [{{usr: hi}}], {CHECK}}}]",
        "arena.yaml:4:35: unknown key 'usr' in turn 1 of case 'A'\n"
        "  expected: one of user, assertions, expected_response\n  fix: did you mean 'user'?",
    ),
    "a key that is needed, misspelt": (
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, valeu: x}]}]",
        "arena.yaml:4:61: unknown key 'valeu' in assertion 'contains'\n"
        "  expected: one of not, weight, metric, threshold, pass_threshold, when, transform, "
        "value, case_sensitive\n"
        "  fix: did you mean 'value'?",
    ),
    "a text with a comma in braces": (
        f"tests:\n- {{name: A, messages: [{{role: user, content: Cancel it, please.}}], {CHECK}}}",
        "arena.yaml:5:57: unknown key 'please.' in 'messages' of case 'A'\n"
        "  expected: one of role, content\n"
        "  fix: quote the text before it, if it holds ',', or remove it",
    ),
    "a text for turns": (
        f"tests: [{{name: A, conversation: hi, {CHECK}}}]",
        "arena.yaml:4:33: 'conversation' of case 'A' cannot be 'hi'\n"
        "  expected: a list\n  fix: write it like conversation: [{user: …}]",
    ),
    "a text for messages": (
        f"tests: [{{name: A, messages: hi, {CHECK}}}]",
        "arena.yaml:4:29: 'messages' of case 'A' cannot be 'hi'\n"
        "  expected: a list\n  fix: write it like messages: [{role: …, content: …}]",
    ),
    "a path for data": (
        f"tests: [{{name: A, data: {{path: rows.csv}}, prompt: hi, {CHECK}}}]",
        "arena.yaml:4:26: unknown key 'path' in 'data'\n"
        "  expected: one of file, records, delimiter, columns, split\n"
        "  fix: write file: …, as it is called here",
    ),
    "percent for a share": (
        f"tests: [{{name: A, prompt: hi, threshold: 80, {CHECK}}}]",
        "arena.yaml:4:42: 'threshold' of case 'A' cannot be 80\n"
        "  expected: at most 1\n  fix: write it like threshold: 0.8",
    ),
    "several prompts under prompt": (
        f"tests: [{{name: A, prompt: [a, b], {CHECK}}}]",
        "arena.yaml:4:27: 'prompt' of case 'A' cannot be a list\n"
        "  expected: a text\n  fix: write prompts: for several",
    ),
    "an assertion named by its key": (
        "tests: [{name: A, prompt: hi, assertions: [{contains: x}]}]",
        "arena.yaml:4:44: an assertion without a type\n"
        "  expected: a mapping with a type\n  fix: write it like {type: contains, …}",
    ),
    "a provider in a word": (
        f"providers:\n- openai:gpt-4o\ntests: [{{name: A, prompt: hi, {CHECK}}}]",
        "arena.yaml:2:3: a provider is not a mapping\n"
        "  expected: a mapping with name, provider and model\n"
        "  fix: write it like {name: gpt-4o, model: openai/gpt-4o}",
    ),
    "true where a text is looked for": (
        "tests: [{name: A, prompt: hi, assertions: [{type: contains_any, values: [a, true]}]}]",
        "arena.yaml:4:77: 'values' of assertion 'contains_any' cannot be true\n"
        '  expected: a text\n  fix: quote it: "true"',
    ),
    "a provider as promptfoo has it": (
        "providers:\n- {id: 'openai:gpt-5.5', config: {temperature: 0}}\n"
        f"tests: [{{name: A, prompt: hi, {CHECK}}}]",
        "arena.yaml:2:4: a provider has an 'id' in place of a model\n"
        "  expected: a name, a provider and a model\n"
        "  fix: write it like {name: gpt-5.5, model: openai/gpt-5.5}",
    ),
    "a number in quotes": (
        "providers:\n- {name: a, provider: mock, params: {temperature: '0.2'}}\n"
        f"tests: [{{name: A, prompt: hi, {CHECK}}}]",
        "arena.yaml:2:37: 'temperature' cannot be '0.2' for 'params' of provider 'a'\n"
        "  expected: a number\n  fix: write temperature: 0.2",
    ),
    "a temperature without end": (
        "providers:\n- {name: a, provider: mock, params: {temperature: .inf}}\n"
        f"tests: [{{name: A, prompt: hi, {CHECK}}}]",
        "arena.yaml:2:37: 'temperature' cannot be inf for 'params' of provider 'a'\n"
        "  expected: a number\n  fix: write temperature: 0.2",
    ),
    "a number within a parameter that JSON has not": (
        "providers:\n- {name: a, provider: mock, params: {logit_bias: {'50': [1, .nan]}}}\n"
        f"tests: [{{name: A, prompt: hi, {CHECK}}}]",
        "arena.yaml:2:37: 'logit_bias' cannot hold nan for 'params' of provider 'a'\n"
        "  expected: finite numbers\n  fix: mend 'logit_bias', or leave it out",
    ),
    "several answers by a parameter": (
        f"defaults: {{params: {{n: 3}}}}\ntests: [{{name: A, prompt: hi, {CHECK}}}]",
        "arena.yaml:4:20: 'n' asks for more answers than are looked at for 'params' of "
        "'defaults'\n  expected: n: 1\n  fix: write trials: …",
    ),
    "a stream by a parameter": (
        "providers:\n- {name: a, provider: mock, params: {stream: true}}\n"
        f"tests: [{{name: A, prompt: hi, {CHECK}}}]",
        "arena.yaml:2:37: 'stream' cannot be set there for 'params' of provider 'a'\n"
        "  expected: generation parameters\n"
        "  fix: leave it out: an answer is streamed where a check needs its first token",
    ),
    "an address among the parameters": (
        "providers:\n- {name: a, provider: mock, params: {base_url: 'http://localhost'}}\n"
        f"tests: [{{name: A, prompt: hi, {CHECK}}}]",
        "arena.yaml:2:37: 'base_url' cannot be set there for 'params' of provider 'a'\n"
        "  expected: generation parameters\n  fix: write api_base: … in the entry of the provider",
    ),
    "a key among the parameters": (
        "providers:\n- {name: a, provider: mock, params: {api_key: sk-1}}\n"
        f"tests: [{{name: A, prompt: hi, {CHECK}}}]",
        "arena.yaml:2:37: 'api_key' cannot be set there for 'params' of provider 'a'\n"
        "  expected: generation parameters\n"
        "  fix: set its environment variable, or name another one in the entry: api_key_env: …",
    ),
    "retries among the parameters of all": (
        f"defaults: {{params: {{num_retries: 3}}}}\ntests: [{{name: A, prompt: hi, {CHECK}}}]",
        "arena.yaml:4:20: 'num_retries' cannot be set there for 'params' of 'defaults'\n"
        "  expected: generation parameters\n  fix: write retries: … in the entry of the provider",
    ),
    "a provider without its name": (
        "providers:\n- {nme: a, provider: mock}\n- {name: b, provider: mock}\n"
        "defaults: {providers: [a]}\n"
        "tests: [{name: A, providers: [a], prompt: hi, mock: {a: hi}, xfail: {a: b}, "
        f"{CHECK}}}]",
        "arena.yaml:2:4: unknown key 'nme' in a provider\n  expected: one of name, …\n"
        "  fix: did you mean 'name'?",
    ),
    "a provider that is broken": (
        "providers:\n- {name: a, provider: mock, retries: many}\n"
        "- {name: b, provider: mock, fallbacks: [a]}\n"
        "defaults: {providers: [a, b]}\n"
        "tests: [{name: A, providers: [a], prompt: hi, mock: {a: hi}, skip: {a: b}, "
        f"{CHECK}}}]",
        "arena.yaml:2:38: 'retries' of provider 'a' cannot be 'many'\n"
        "  expected: a whole number\n  fix: write it like retries: 3",
    ),
    "a stranger beside a broken provider": (
        "providers:\n- {name: a, provider: mock, retries: many}\n"
        f"tests: [{{name: A, providers: [c], prompt: hi, {CHECK}}}]",
        "arena.yaml:2:38: 'retries' of provider 'a' cannot be 'many'\n"
        "  expected: a whole number\n  fix: write it like retries: 3\n"
        "arena.yaml:3:31: unknown provider 'c' in case 'A'\n"
        "  expected: one of a\n  fix: name one of these, or add it to providers:",
    ),
}


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_a_mistake_is_told_whole_and_once(mistake: str, refused: Refused) -> None:
    text, said = MISTAKES[mistake]
    assert refused(text) == said


def test_a_long_list_is_told_by_the_alphabet() -> None:
    names = [f"{letter}{word}" for letter in "zyxa" for word in ("one_of_many", "another", "third")]
    names += ["contains", "contains_any", *(f"filler_{n:02}" for n in range(20))]
    assert one_of("contians", names, "") == "one of contains, contains_any, …"
    told = one_of("???", names, "").removeprefix("one of ").split(", ")
    assert told == sorted(names)


def test_a_parameter_from_a_variable_is_no_number_that_json_has_not() -> None:
    given = ("0.2", "inf", "nan", "much")
    assert [read_number("temperature", text) for text in given] == [0.2, "inf", "nan", "much"]
