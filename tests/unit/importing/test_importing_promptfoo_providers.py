"""Providers of promptfoo's configurations as columns: models, programs, and what HTTP answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_arena import run_arena
from pytest_arena.cli import main
from pytest_arena.importing import Imported, read_source
from pytest_arena.importing.arena_writer import arena_text, write_files
from pytest_arena.importing.promptfoo.importer import PromptfooImporter
from pytest_arena.javascript import Given, Source, run


def convert(folder: Path, *providers: Any, **config: Any) -> Imported:
    given = {"prompts": ["hi"], "providers": list(providers), "tests": [{}], **config}
    path = folder / "promptfooconfig.yaml"
    path.write_text(yaml.safe_dump(given))
    return PromptfooImporter().convert(read_source(path, folder))


def column(folder: Path, *providers: Any, **config: Any) -> dict[str, Any]:
    made: dict[str, Any] = convert(folder, *providers, **config).arena["providers"][0]
    return made


def model(config: dict[str, Any], name: str = "openai:gpt-5") -> dict[str, Any]:
    return {"id": name, "config": config}


def test_parameters_keep_their_names_and_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "format.json").write_text(json.dumps({"type": "json_object"}))
    (tmp_path / "tools.yaml").write_text("[{type: function, function: {name: look}}]")
    config = {
        "maxOutputTokens": 9,
        "response_format": "file://format.json",
        "tools": "file://tools.yaml",
        "verbosity": "low",
        "passthrough": {"store": False},
        "apiBaseUrl": "https://{{env.REGION}}.example.com",
        "cost": 0.000002,
        "maxRetries": 2,
    }
    imported = convert(tmp_path, model(config))
    assert imported.arena["providers"][0] == {
        "name": "gpt-5",
        "provider": "openai",
        "model": "gpt-5",
        "api_base": "https://${REGION}.example.com",
        "input_cost_per_million": 2.0,
        "output_cost_per_million": 2.0,
        "retries": 2,
        "params": {
            "max_tokens": 9,
            "response_format": {"type": "json_object"},
            "tools": [{"type": "function", "function": {"name": "look"}}],
            "verbosity": "low",
            "store": False,
        },
    }
    told = "\n".join(map(str, imported.findings))
    assert told.count("it is handed on as a parameter") == 2


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"temperature": "warm"}, "'temperature' of a provider's config"),
        ({"response_format": "file://none.json"}, "there is no file file://none.json"),
        ({"organization": "org-1"}, "an account's organization"),
        ({"clientSecret": "abc"}, "which may be a secret"),
        ({"apiKey": "sk-abc"}, "a secret in a file"),
        ({"apiBaseUrl": "{{nobody}}"}, "which is a template"),
        ({"user": "{{ name }}"}, "variables of a test do not stand in parameters"),
    ],
)
def test_what_cannot_be_a_parameter_is_told(
    config: dict[str, Any], said: str, tmp_path: Path
) -> None:
    imported = convert(tmp_path, model(config))
    assert said in "".join(map(str, imported.findings))
    assert "params" not in imported.arena["providers"][0]


def test_half_a_price_is_kept_where_the_model_has_the_other(tmp_path: Path) -> None:
    known = column(tmp_path, model({"outputCost": 0.000002}, "openai:gpt-4o"))
    assert (known["output_cost_per_million"], "input_cost_per_million" in known) == (2.0, False)
    imported = convert(tmp_path, model({"outputCost": 0.000002}, "openai:nobody-knows"))
    provider = {"name": "nobody-knows", "provider": "openai", "model": "nobody-knows"}
    assert imported.arena["providers"] == [provider]
    assert "'outputCost' of a provider's config: the model's other price is not known" in "".join(
        map(str, imported.findings)
    )


@pytest.mark.parametrize("key", ["{{env.MY_KEY}}", "${MY_KEY}", "$MY_KEY"])
def test_a_key_by_its_variable_is_one(key: str, tmp_path: Path) -> None:
    made = column(tmp_path, model({"apiKey": key}, "openrouter:a/b"))
    assert made["api_key_env"] == "MY_KEY"


def test_delays_are_paces(tmp_path: Path) -> None:
    own = {"id": "openai:gpt-5", "delay": 3000}
    imported = convert(tmp_path, own, "openai:gpt-6", "echo", evaluateOptions={"delay": 1500})
    found = [one.get("rate_limit") for one in imported.arena["providers"]]
    assert found == [{"requests_per_minute": 20}, {"requests_per_minute": 40}, None]


def http(**config: Any) -> dict[str, Any]:
    return {"id": "http", "config": {"url": "http://localhost/ask", **config}}


@pytest.mark.parametrize(
    ("code", "body", "made"),
    [
        ("json.a ? 'A' + json.a : 'none'", '{"a": 1}', "A1"),
        ("(json, text) => json ? json.a : text", "plain", "plain"),
        (
            "(json, text) => {\n  return {output: json.list.join()};\n}",
            '{"list": [1]}',
            "1",
        ),
        ("function (json, text) { return text.trim(); }", " x ", "x"),
        ("text.split('\\n')[0]", "a\nb", "a"),
    ],
)
def test_what_is_made_of_a_body_is_a_transform(
    code: str, body: str, made: Any, tmp_path: Path
) -> None:
    transform = column(tmp_path, http(transformResponse=code))["transform"]
    found = run(Source(transform["javascript"]), [body, {}])
    assert isinstance(found, Given)
    assert found.value == made


def test_two_transforms_work_one_after_the_other(tmp_path: Path) -> None:
    entry = {**http(transformResponse="json.a + ''"), "transform": "output + '!'"}
    transform = column(tmp_path, entry)["transform"]
    found = run(Source(transform["javascript"]), ['{"a": 1}', {}])
    assert isinstance(found, Given)
    assert found.value == "1!"


def test_bounds_of_http_are_kept_and_the_rest_is_told(tmp_path: Path) -> None:
    imported = convert(
        tmp_path,
        http(timeout=65000, maxRetries=1, queryParams={"q": "{{prompt}}"}, tls={"ca": "x"}),
    )
    made = imported.arena["providers"][0]
    assert (made["timeout"], made["retries"], made["query"]) == (
        "65000ms",
        1,
        {"q": "{{ prompt }}"},
    )
    assert "'tls' of an http provider" in "".join(map(str, imported.findings))


def test_a_file_of_providers_is_read(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text("- openai:gpt-5\n- {id: echo, label: same}\n")
    imported = convert(tmp_path, "file://models.yaml")
    assert [one["name"] for one in imported.arena["providers"]] == ["gpt-5", "same"]


def test_texts_of_the_environment_stand_where_they_are_named(tmp_path: Path) -> None:
    imported = convert(
        tmp_path,
        "openai:{{env.MODEL}}",
        env={"MODEL": "gpt-5", "API_TOKEN": "t0ken", "N": 5.0, "ON": True},
        prompts=["In {{env.REGION}} by {{env.MODEL}}", "{{env.N}} {{env.ON}}"],
    )
    assert imported.arena["tests"][1]["prompt"] == "5 true"
    assert imported.arena["providers"][0]["model"] == "gpt-5"
    told = "\n".join(map(str, imported.findings))
    assert "env.REGION is a variable of the environment, which is not read here" in told
    assert "t0ken" not in told + json.dumps(imported.arena)


def test_parameters_of_a_prompt_are_those_of_its_variant(tmp_path: Path) -> None:
    prompts = [
        {"raw": "Say {{ word }}", "label": "warm", "config": {"temperature": 1, "max_tokens": 5}},
        {"raw": "{% if word %}Tell {{ word }}{% endif %}", "label": "gpt-5"},
    ]
    imported = convert(tmp_path, "openai:gpt-5", prompts=prompts, tests=[{"vars": {"word": "tea"}}])
    params = {"temperature": 1, "max_tokens": 5}
    assert imported.arena["variants"] == [
        {"name": "warm", "params": params},
        {"name": "prompt 2"},
    ]
    assert [case["variants"] for case in imported.arena["tests"]] == [["warm"], ["prompt 2"]]
    simple = convert(
        tmp_path, "openai:gpt-5", prompts=prompts[:1] * 2, tests=[{"vars": {"word": "tea"}}]
    )
    assert [one["params"] for one in simple.arena["variants"]] == [params, params]


CHAT = """[
  {"role": "system", "content": {{ system | dump }}},
  {% for turn in _conversation %}
  {"role": "user", "content": {{ turn.input | dump }}},
  {"role": "assistant", "content": {{ turn.output | dump }}},
  {% endfor %}
  {"role": "user", "content": {{ question | dump }}}
]"""


def test_turns_of_one_conversation_are_one_case(tmp_path: Path) -> None:
    def turn(question: str, name: str | None = None) -> dict[str, Any]:
        return {
            "vars": {"system": "Be kind", "question": question},
            "assert": [{"type": "contains", "value": question}],
            **({"metadata": {"conversationId": name}} if name else {}),
        }

    tests = [turn("a", "x"), turn("b", "y"), turn("c", "x"), turn("d"), turn("e")]
    imported = convert(tmp_path, "openai:gpt-4o", prompts=[CHAT], tests=tests)
    cases = imported.arena["tests"]
    assert [[one["user"] for one in case["conversation"]] for case in cases] == [
        ["a", "c"], ["b"], ["d", "e"],
    ]  # fmt: skip
    assert {case["system"] for case in cases} == {"Be kind"}
    assert not any("skip" in case for case in cases)


def test_a_conversation_whose_system_prompt_changes_is_told(tmp_path: Path) -> None:
    tests = [{"vars": {"system": name, "question": "q"}} for name in ("a", "b")]
    first, second = convert(tmp_path, "openai:gpt-4o", prompts=[CHAT], tests=tests).arena["tests"]
    assert "skip" not in first
    assert second["skip"] == "imported without the turns before it"


@pytest.mark.parametrize(
    ("provider", "judge"),
    [
        (
            {"id": "ollama:chat:qwen3", "config": {"apiBaseUrl": "http://localhost:1/v1"}},
            {"provider": "ollama_chat", "model": "qwen3", "api_base": "http://localhost:1/v1"},
        ),
        (
            {"text": model({"temperature": 0}), "embedding": "openai:embedding:e"},
            {"provider": "openai", "model": "gpt-5", "params": {"temperature": 0}},
        ),
        ("vllm:m", {"provider": "openai", "api_base": "http://localhost:8000/v1", "model": "m"}),
        (
            "file://judge.py",
            {
                "provider": "python",
                "call": "promptfooconfig_providers:provider_1",
                "python_path": ["imported_providers"],
            },
        ),
    ],
)
def test_judges_are_named_as_providers_are(provider: Any, judge: Any, tmp_path: Path) -> None:
    (tmp_path / "judge.py").write_text(
        "def call_api(prompt, options, context): return {'output': '{}'}"
    )
    rubric = {"type": "llm-rubric", "value": "polite"}
    tests = [
        {"options": {"provider": provider}, "assert": [rubric]},
        {"assert": [{**rubric, "provider": provider}]},
    ]
    imported = convert(tmp_path, "echo", tests=tests)
    for case in imported.arena["tests"]:
        assert case["assertions"][0]["judge"] == judge
    assert "judge" not in imported.arena
    folder = tmp_path / "made"
    write_files(folder, {**imported.files, "arena.yaml": arena_text(imported.arena, "made")})
    assert main(["validate", str(folder / "arena.yaml")]) == 0


@pytest.mark.parametrize("provider", ["file://judge.mjs", "promptfoo:special", {"isolate": True}])
def test_a_judge_that_is_no_provider_here_is_told(provider: Any, tmp_path: Path) -> None:
    (tmp_path / "judge.mjs").write_text("export default class { callApi() {} }")
    test = {
        "options": {"provider": provider},
        "assert": [{"type": "llm-rubric", "value": "polite"}],
    }
    imported = convert(tmp_path, "echo", tests=[test])
    assert imported.arena["judge"] == {"provider": "openai", "model": "gpt-4.1"}
    told = "".join(map(str, imported.findings))
    assert isinstance(provider, dict) or "is not used" in told


def test_an_id_with_a_default_for_the_environment_has_that(tmp_path: Path) -> None:
    imported = convert(tmp_path, "{{ env.MODEL or 'openai:gpt-5' }}", "{{env.A || 'echo'}}")
    assert [one["name"] for one in imported.arena["providers"]] == ["gpt-5", "echo"]
    assert "".join(map(str, imported.findings)).count("no variable of the environment is read") == 2


def test_a_prompt_that_is_the_name_of_no_file_is_told(tmp_path: Path) -> None:
    imported = convert(tmp_path, "echo", prompts=["prompt.json", "Read a.json of {{ word }}"])
    told = "".join(map(str, imported.findings))
    assert "there is no file prompt.json, so that its name is the prompt" in told
    assert "there is no file Read" not in told


def test_what_stands_at_another_place_is_told(tmp_path: Path) -> None:
    test = {"vars": {"word": "x", "assert": [{"type": "contains", "value": "x"}]}}
    config = {"delay": 3000, "maxConcurrency": 1, "showThinking": False}
    imported = convert(tmp_path, model(config), tests=[test])
    told = "".join(map(str, imported.findings))
    assert "'assert' within vars" in told
    assert "delay: stands beside config:" in told
    assert "showThinking" not in told
    assert "params" not in imported.arena["providers"][0]


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ({"id": "http", "config": {"url": "ftp:x", "body": {"q": "{{prompt}}"}}}, "bad URL"),
        (
            {"id": "http", "config": {"url": "http://x/", "body": {"q": "x"}}},
            "an arena does not take it: nothing of a case in what is sent",
        ),
    ],
)
def test_a_provider_that_an_arena_refuses_is_left_out_alone(
    provider: Any, said: str, tmp_path: Path
) -> None:
    imported = convert(tmp_path, provider, "openai:gpt-5")
    assert said in "".join(map(str, imported.findings))
    assert [one["name"] for one in imported.arena["providers"]] == ["gpt-5"]


def test_a_chat_is_a_text_for_programs_and_addresses(tmp_path: Path) -> None:
    http = {"id": "http", "config": {"url": "http://x/", "body": {"q": "{{prompt}}"}}}
    chat = json.dumps(
        [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "{{ word }}"}]
    )
    tests = [{"vars": {"word": 'say "hi"'}}]
    imported = convert(tmp_path, "openai:gpt-5", http, prompts=[chat, "x {{ word }}"], tests=tests)
    first, second, third = imported.arena["tests"]
    assert (first["system"], first["prompt"], first["providers"]) == (
        *("Be kind", "{{ word }}"),
        ["gpt-5"],
    )
    said = json.loads(second["prompt"])
    assert [one["content"] for one in said] == ["Be kind", 'say "hi"']
    assert second["providers"] == ["http"]
    assert "providers" not in third
    (tmp_path / "arena.yaml").write_text(arena_text(imported.arena, "made"))
    assert main(["validate", str(tmp_path / "arena.yaml")]) == 0


@pytest.mark.parametrize("roles", [["system", "user"], ["user"], ["user", "assistant", "user"]])
def test_an_echo_of_a_chat_is_its_json(roles: list[str], tmp_path: Path) -> None:
    chat = [{"role": role, "content": "Say {{ word }}"} for role in roles]
    tests = [{"vars": {"word": '"hi"'}, "assert": [{"type": "is-json"}]}]
    imported = convert(tmp_path, "echo", prompts=[json.dumps(chat)], tests=tests)
    (tmp_path / "arena.yaml").write_text(arena_text(imported.arena, "made"))
    (cell,) = run_arena(tmp_path / "arena.yaml").cells
    said = [{"role": role, "content": 'Say "hi"'} for role in roles]
    assert (cell.verdict, cell.trials[0].output) == ("passed", json.dumps(said, indent=2))


def test_a_chat_in_yaml_is_json_in_a_file_and_a_text_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text('- {role: user, content: "Say {{ word }}", n: 1.0}\n')
    prompts = ["file://p.yaml", '- role: user\n  content: "{{ word }}"']
    imported = convert(tmp_path, "echo", prompts=prompts, tests=[{"vars": {"word": "x: y"}}])
    said = [{"role": "user", "content": "Say x: y", "n": 1}]
    assert [case["prompt"] for case in imported.arena["tests"]] == [
        json.dumps(said, indent=2),
        '- role: user\n  content: "x: y"',
    ]


PICTURE = {"type": "image_url", "image_url": {"url": "http://x/y.png"}}


@pytest.mark.parametrize(
    ("messages", "lost"),
    [
        ([{"role": "user", "content": [{"type": "text", "text": "{{ word }}"}, PICTURE]}],
         "parts of type image_url"),
        ([{"role": "system", "content": "a"}, {"role": "user", "content": [PICTURE]}],
         "parts of type image_url"),
        ([{"role": "tool", "content": "a"}, {"role": "user", "content": "b"}],
         "messages of role tool"),
        ([{"role": "assistant", "content": None, "tool_calls": [{}]},
          {"role": "user", "content": "b"}],
         "calls of tools"),
        ([{"role": "user", "content": "a"}, {"role": "assistant", "content": "{"}],
         "a last message that is the user's"),
    ],
)  # fmt: skip
def test_a_chat_that_cannot_be_sent_whole_is_told_and_not_run(
    messages: list[Any], lost: str, tmp_path: Path
) -> None:
    tests = [{"vars": {"word": "x"}}]
    prompts = [json.dumps(messages)]
    imported = convert(tmp_path, "openai:gpt-5", "echo", prompts=prompts, tests=tests)
    sent, shown = imported.arena["tests"]
    assert (sent["skip"], sent["providers"]) == (f"imported without {lost}", ["gpt-5"])
    assert ("skip" in shown, shown["providers"]) == (False, ["echo"])
    assert f"left out: of a chat: {lost}" in "".join(map(str, imported.findings))
    (tmp_path / "arena.yaml").write_text(arena_text(imported.arena, "made"))
    assert main(["validate", str(tmp_path / "arena.yaml")]) == 0
    echoed = convert(tmp_path, "echo", prompts=prompts, tests=tests)
    assert "of a chat" not in "".join(map(str, echoed.findings))


def test_a_system_prompt_alone_is_sent_as_the_users(tmp_path: Path) -> None:
    chat = json.dumps([{"role": "system", "content": "Say {{ word }}"}])
    imported = convert(tmp_path, "openai:gpt-5", prompts=[chat], tests=[{"vars": {"word": "x"}}])
    assert imported.arena["tests"][0]["prompt"] == "Say x"
    assert "alike: a chat of one message of role system" in "".join(map(str, imported.findings))


def test_what_could_make_an_arena_a_bad_one_does_not(tmp_path: Path) -> None:
    light = {"type": "contains", "value": "a", "weight": 0}
    asserted = [{"type": "{{x}}", "value": "a"}, {"type": "assert-set", "assert": [light]}]
    tests = [{"assert": asserted}, {"provider": 1.5, "assert": [light]}]
    imported = convert(tmp_path, "echo", tests=tests)
    (tmp_path / "arena.yaml").write_text(arena_text(imported.arena, "made"))
    assert main(["validate", str(tmp_path / "arena.yaml")]) == 0
