"""The JSON Schema agrees with what loading accepts and refuses."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import TypeAdapter

from pytest_arena.builtins import register
from pytest_arena.cli.init import STARTER
from pytest_arena.loading.json_schema import arena_json_schema
from pytest_arena.registry import Registry
from pytest_arena.schema.chaos import Chaos

EXAMPLES = [
    path
    for path in sorted(Path(__file__).parents[3].glob("arenas/**/*arena.yaml"))
    # PromptArena's suites have a schema of their own
    if "kind: Arena" not in path.read_text()
]

GOOD = """\
providers:
  - name: m
    provider: mock
    latency: 20ms
    responses: {default: hi, scenarios: {A: {turns: {1: x}}}}
  - {name: r, provider: mock, responses: answers.yaml}
  - {name: f, provider: python, call: "bot:answer", venv: .venv, config: {a: 1}, version: git}
  - {name: e, provider: exec, command: [sh, bot.sh], persistent: true, env: {A: b}}
  - name: h
    provider: http
    url: "http://localhost/chat"
    method: put
    headers: {A: b}
    body: ["{{ messages }}"]
    login: {url: "http://localhost/login"}
    usage: {cost_usd: usd}
    output: text
variables: {n: 3}
x-checks: &checks [{type: contains, value: x}]
tests:
  - name: 2024
    prompt: hi
    runs: 3
    timeout: 30s
    mock: {m: [a, {text: b, latency: 2s}], default: c}
    assertions:
      - {type: contains, value: 42, not: true}
      - {type: max_length, value: "{{ n }}"}
      - {type: any_of, assertions: [{type: contains, value: x}]}
      - {type: contains_any, values: "{{ words }}"}
  - name: Goes on
    data: {file: rows.json, records: items, columns: {a: 1}, split: {words: "|"}}
    system: Be brief.
    messages: [{role: user, content: a}, {role: assistant, content: b}, {role: user, content: c}]
    xfail: {m: too small}
    skip: not yet
    context: "{{ words }}"
    assertions: *checks
  - {name: Rows, data: rows.csv, messages: "{{ input }}", assertions: *checks}
defaults: {target: bot}
targets: {bot: {type: prompt}}
"""


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    registry = Registry()
    register(registry)
    schema = arena_json_schema(registry)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_examples_are_there() -> None:
    assert EXAMPLES


@pytest.mark.parametrize(
    "text",
    [GOOD, STARTER, *(path.read_text() for path in EXAMPLES)],
    ids=["all", "starter", *(path.parent.name for path in EXAMPLES)],
)
def test_good_arenas_validate(validator: jsonschema.Draft202012Validator, text: str) -> None:
    assert [error.message for error in validator.iter_errors(yaml.safe_load(text))] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("tests:", "tsts:"),
        ("prompt: hi", "promt: hi"),
        ("type: contains, value: 42", "type: contians, value: 42"),
        ("value: 42", "valeu: 42"),
        ("timeout: 30s", "timeout: soon"),
        ("runs: 3", "runs: 0"),
        ("latency: 20ms", "latncy: 20ms"),
        ("type: contains, value: x", "type: contains, valu: x"),
        ("x-checks", "y-checks"),
        ("records: items", "record: items"),
        ("role: assistant", "role: model"),
        ("xfail: {m: too small}", "xfail: true"),
        ("{target: bot}", "{targt: bot}"),
        ("persistent: true", "persistant: true"),
        ("method: put", "method: fetch"),
        ("cost_usd: usd", "cost: usd"),
    ],
)
def test_typos_fail(validator: jsonschema.Draft202012Validator, right: str, wrong: str) -> None:
    assert right in GOOD
    assert not validator.is_valid(yaml.safe_load(GOOD.replace(right, wrong, 1)))


def test_every_type_has_a_description(validator: jsonschema.Draft202012Validator) -> None:
    definitions = validator.schema["$defs"]
    entries = [*definitions["Assertion"]["oneOf"], *definitions["Guardrail"]["oneOf"]]
    names = [entry["$ref"].rpartition("/")[2] for entry in entries]
    assert names
    assert [name for name in names if not definitions[name].get("description")] == []


def test_faults_bring_their_definition_along() -> None:
    schema = TypeAdapter(Chaos).json_schema()
    assert schema["anyOf"][0] == {"$ref": "#/$defs/ChaosSpec"}
    assert schema["anyOf"][1] == {"type": "array", "items": {"$ref": "#/$defs/ChaosSpec"}}
    assert "ChaosSpec" in schema["$defs"]
