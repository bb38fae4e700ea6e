"""Prompts of PromptPacks: their variables, fragments, validators, evals, tools and tests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import Arena, load_arena
from pytest_arena.loading.plans import CellPlan
from pytest_arena.registry import Registry

HEAD = """\
providers: [{name: small, provider: mock}, {name: big, model: openai/gpt-4o}]
prompts: {p: {pack: a.pack.json}}
targets: {p: {type: prompt, prompt: p}}
defaults: {target: p}
"""
CASE = "tests: [{name: A, prompt: Hi, assertions: [{type: contains, value: x}]}]\n"


def pack(prompt: dict[str, Any] | None = None, **further: Any) -> str:
    prompts = {"support": {"system_template": "You help.", **(prompt or {})}}
    return json.dumps({"id": "a", "name": "A", "version": "1.0.0", "prompts": prompts, **further})


@pytest.fixture(scope="module")
def builtins() -> Registry:
    registry = Registry()
    register(registry)
    return registry


@pytest.fixture
def load(tmp_path: Path, builtins: Registry) -> Callable[..., Arena]:
    def load_text(text: str, of_pack: str, name: str = "a.pack.json") -> Arena:
        (tmp_path / "arena.yaml").write_text(text if "providers:" in text else HEAD + text)
        (tmp_path / name).write_text(of_pack)
        return load_arena(tmp_path / "arena.yaml", root=tmp_path, registry=builtins)

    return load_text


@pytest.fixture
def first(load: Callable[..., Arena]) -> Callable[..., CellPlan]:
    return lambda *given: load(*given).cells[0]


@pytest.fixture
def refused(load: Callable[..., Arena]) -> Callable[..., str]:
    def refuse(*given: str) -> str:
        with pytest.raises(ArenaFileError) as caught:
            load(*given)
        return str(caught.value)

    return refuse


@pytest.mark.parametrize(
    ("template", "syntax", "system"),
    [
        ("For {{who}} ({{ who }}).", "{{variable}}", "For {{fragment:f}} ({{fragment:f}})."),
        ("{{fragment:f}}", "{{variable}}", 'Be true and , [1, "a"].'),
        (
            "{{fragments.f}} {{f}}",
            "{{variable}}",
            'Be true and , [1, "a"]. Be true and , [1, "a"].',
        ),
        ("For ${who} {{who}}", "${variable}", "For {{fragment:f}} {{who}}"),
        ('For {who}: {"a": 1}', "{variable}", 'For {{fragment:f}}: {"a": 1}'),
        ("For {{who}}.", "handlebars", "For {{fragment:f}}."),
    ],
)
def test_a_template_has_variables_and_fragments_and_no_value_is_expanded_again(
    first: Callable[..., CellPlan], template: str, syntax: str, system: str
) -> None:
    fragments = {"f": "Be {{yes}} and {{none}}, {{list}}.", "unused": "{{nobody}}"}
    variables = 'variables: {who: "\\\\{{fragment:f}}", yes: true, list: [1, a], none: null}\n'
    variables = variables.replace("\\\\", "")
    found = first(
        variables + CASE,
        pack(
            {"system_template": template}, fragments=fragments, template_engine={"syntax": syntax}
        ),
    )
    assert found.case.system == system


@pytest.mark.parametrize(
    ("variable", "given", "told"),
    [
        ({"required": True}, "", "requires the variable 'v', which nobody gives"),
        ({"required": True}, "v: ''", "requires the variable 'v', which nobody gives"),
        ({"validation": {"enum": ["a", "b"]}}, "v: c", "expected: one of a, b"),
        ({"validation": {"pattern": "^a+$"}}, "v: ab", "expected: a text that matches ^a+$"),
        ({"type": "number", "validation": {"minimum": 2}}, "v: 1", "expected: a number from 2 on"),
        ({"type": "number", "validation": {"max": 2}}, "v: '3'", "expected: a number up to 2"),
        ({"type": "number"}, "v: many", "expected: a number"),
        ({"type": "integer"}, "v: 1.5", "expected: an integer"),
        ({"type": "boolean"}, "v: maybe", "expected: true or false"),
        ({"type": "array"}, "v: {a: 1}", "expected: a list"),
        ({"type": "object"}, "v: [1]", "expected: a mapping"),
        ({"validation": {"min_length": 3}}, "v: ab", "at least 3 characters, and it has 2"),
        ({"validation": {"max_length": 1}}, "v: ab", "at most 1 characters, and it has 2"),
        ({"default": "zz", "validation": {"enum": ["a"]}}, "", "cannot be 'zz'"),
    ],
)
def test_a_value_that_its_declaration_forbids_is_refused_where_the_case_stands(
    refused: Callable[..., str], variable: dict[str, Any], given: str, told: str
) -> None:
    declared = [{"name": "v", "type": "string", **variable}]
    said = refused(
        f"variables: {{{given}}}\n{CASE}",
        pack({"system_template": "{{v}}", "variables": declared}),
    )
    assert said.startswith("arena.yaml:6:9: ")
    assert told in said
    assert "prompt 'support' of pack a.pack.json" in said


def test_values_are_by_default_and_of_the_kind_that_a_table_has(
    first: Callable[..., CellPlan],
) -> None:
    variables = [
        {"name": "n", "type": "number", "default": 3, "validation": {"minimum": 1}},
        {"name": "m", "type": "integer", "required": True},
        {"name": "left", "type": "string", "required": False},
        {"name": "b", "type": "boolean"},
        {"name": "l", "type": "array"},
    ]
    found = first(
        "variables: {m: '7', b: 'TRUE', l: '[1, 2]'}\n" + CASE,
        pack({"system_template": "{{n}} {{m}} {{left}} {{b}} {{l}}", "variables": variables}),
    )
    assert found.case.system == "3 7  TRUE [1, 2]"


@pytest.mark.parametrize(
    ("validator", "rules"),
    [
        ({"type": "banned_words", "params": {"words": ["a"]}}, [("banned_words", "replace")]),
        (
            {"type": "banned_words", "fail_on_violation": True, "params": {"words": ["a"]}},
            [("banned_words", "block")],
        ),
        (
            {"type": "max_length", "fail_on_violation": False, "params": {"max_characters": 9}},
            [("max_length", "flag")],
        ),
        ({"type": "length", "params": {"max_characters": 9, "max_tokens": 2}}, ["max_length"] * 2),
        ({"type": "max_sentences", "params": {"max_sentences": 2}}, ["max_sentences"]),
        ({"type": "regex_match", "params": {"pattern": "a"}}, [("required_pattern", "block")]),
        (
            {"type": "regex_match", "message": "No.", "params": {"pattern": "a"}},
            [("required_pattern", "replace")],
        ),
        (
            {"type": "regex", "params": {"pattern": "a", "should_match": False}},
            ["forbidden_pattern"],
        ),
        ({"type": "pii_detection"}, ["pii_leakage"]),
        (
            {"type": "required_fields", "params": {"required_fields": ["a", "b"]}},
            ["required_pattern"] * 2,
        ),
        ({"type": "toxicity", "enabled": False}, []),
        (
            {"type": "content_excludes", "params": {"patterns": ["x"], "direction": "input"}},
            [("forbidden_pattern", "block")],
        ),
        (
            {"type": "regex", "params": {"pattern": "a", "expect_match": False}},
            [("forbidden_pattern", "replace")],
        ),
        (
            {
                "type": "content_excludes",
                "params": {"patterns": ["x"], "match_mode": "word_boundary"},
            },
            ["banned_words"],
        ),
        (
            {"type": "banned_words", "params": {"words": ["x"], "match_mode": "substring"}},
            ["forbidden_pattern"],
        ),
        ({"type": "contains", "params": {"patterns": ["a", "b"]}}, ["required_pattern"] * 2),
        (
            {"type": "content_includes_any", "params": {"patterns": ["a", "b"]}},
            ["required_pattern"],
        ),
        (
            {
                "type": "guardrail",
                "params": {"eval_type": "regex", "eval_params": {"pattern": "a"}},
            },
            ["required_pattern"],
        ),
    ],
)
def test_a_validator_is_a_guardrail(
    first: Callable[..., CellPlan], validator: dict[str, Any], rules: list[Any]
) -> None:
    found = first(CASE, pack({"validators": [validator]})).case.guardrails
    told = [(one.type, one.on_violation) for one in found]
    assert [
        one if isinstance(rule, tuple) else one[0] for one, rule in zip(told, rules, strict=True)
    ] == rules


@pytest.mark.parametrize(
    ("validator", "told"),
    [
        (
            {"type": "lenght"},
            "validator 'lenght' of prompt 'support' of pack a.pack.json is of an unknown type",
        ),
        ({"type": "length", "params": {"direction": "output"}}, "cannot be run with these params"),
        ({"type": "banned_words", "params": {}}, "expected: words: a list of texts"),
        ({"type": "toxicity", "params": {}}, "asks a model"),
        (
            {"type": "max_length", "params": {"max": "many"}},
            "expected: max_characters: a number from 1 on",
        ),
        (
            {"type": "max_length", "params": {"max": 3, "direction": "up"}},
            "direction: input or output or both",
        ),
        ({"params": {}}, "a validator of prompt 'support' of pack a.pack.json"),
        ("length", "is not a mapping"),
        ({"type": "json_valid"}, "is an assertion here, and no guardrail"),
        (
            {"type": "regex", "params": {"pattern": "a", "expect_match": "false"}},
            "expect_match: true or false",
        ),
        ({"type": "length", "enabeld": False, "params": {"max": 3}}, "did you mean 'enabled'?"),
    ],
)
def test_a_validator_that_cannot_be_run_is_refused_at_its_place(
    refused: Callable[..., str], validator: Any, told: str
) -> None:
    said = refused(CASE, pack({"validators": [validator]}))
    assert said.startswith("a.pack.json:1:")
    assert told in said


@pytest.mark.parametrize(
    ("given", "kind", "fields"),
    [
        (
            {"type": "contains", "params": {"patterns": ["a", "b"]}},
            "contains_all",
            {"values": ("a", "b"), "exact": True, "case_sensitive": False},
        ),
        ({"type": "regex", "params": {"pattern": "a+"}}, "matches", {"pattern": "a+"}),
        ({"type": "json_valid", "params": {}}, "is_json", {}),
        ({"type": "max_length", "params": {"max_characters": 5}}, "max_length", {"value": 5}),
        ({"type": "latency_budget", "params": {"max_ms": 5}}, "response_time", {"max_ms": 5}),
        (
            {
                "type": "llm_judge",
                "params": {"judge_prompt": "Kind?", "model": "gpt-4o", "passing_score": 4},
                "metric": {"name": "m", "type": "gauge", "range": {"min": 1, "max": 5}},
            },
            "llm_judge",
            {"criteria": "Kind?", "min_score": 0.75},
        ),
        (
            {
                "type": "contains_any",
                "params": {"patterns": ["a"]},
                "threshold": {"operator": "gte", "value": 1},
            },
            "contains_any",
            {"values": ("a",)},
        ),
        (
            {"type": "regex", "params": {"pattern": "sorry", "expect_match": False}},
            "not_matches",
            {"pattern": "sorry", "look_at": "text"},
        ),
        (
            {
                "type": "content_excludes",
                "params": {"patterns": ["a"], "match_mode": "word_boundary"},
            },
            "banned_words",
            {"words": ("a",)},
        ),
        (
            {"type": "required_fields", "params": {"fields": "a"}},
            "contains_all",
            {"values": ("a",)},
        ),
        (
            {
                "type": "assertion",
                "params": {
                    "eval_type": "contains",
                    "eval_params": {"patterns": ["a"]},
                    "min_score": 0.5,
                },
            },
            "contains_all",
            {"values": ("a",), "threshold": 0.5},
        ),
        ({"type": "tool_called", "params": {"tool": "find"}}, "tools_called", {}),
        (
            {
                "type": "contains_any",
                "trigger": "on_session_complete",
                "params": {"patterns": ["a"]},
            },
            "content_excludes",
            {"values": ("a",), "negate": True, "look_at": "text"},
        ),
        ({"type": "json_valid", "params": None, "priority": 1, "message": "m"}, "is_json", {}),
        (
            {
                "type": "contains",
                "params": {"patterns": ["a", "b"]},
                "threshold": {"operator": "gt", "value": 0.5},
            },
            "contains_all",
            {"values": ("a", "b"), "threshold": 0.5000000000000001},
        ),
    ],
)
def test_an_eval_is_an_assertion_of_each_case_and_a_prompts_own_goes_first(
    first: Callable[..., CellPlan], given: dict[str, Any], kind: str, fields: dict[str, Any]
) -> None:
    other = {
        "id": "e",
        "type": "contains",
        "trigger": "every_turn",
        "params": {"patterns": ["old"]},
    }
    made = pack({"evals": [{"id": "e", "trigger": "every_turn", **given}]}, evals=[other])
    judge = "judge: small\n" if kind == "llm_judge" else ""
    own, eval_ = first(judge + CASE, made).case.assertions
    assert (own.type, eval_.type) == ("contains", kind)
    assert {name: getattr(eval_, name) for name in fields} == fields


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            {"type": "max_length", "params": {"max": "many"}},
            "'value' of assertion 'max_length' cannot be 'many'",
        ),
        ({"type": "regex", "params": {"pattern": "("}}, "bad regular expression '('"),
        ({"type": "contains", "params": {"paterns": ["a"]}}, "'contains_all' has no 'values'"),
        ({"type": "contains", "params": {"patterns": ["a"], "value": "b"}}, "'value' says again"),
        ({"type": "contains", "params": {"patterns": ["a"], "max_score": 0}}, "a max_score"),
        (
            {"type": "content_excludes", "params": {"patterns": ["a"], "match_mode": "x"}},
            "match_mode",
        ),
        ({"type": "contains", "threshold": {"operator": "lt", "value": 1}}, "no lower bound"),
        (
            {
                "type": "contains",
                "params": {"patterns": ["a"]},
                "threshold": {"operator": "gt", "value": 1},
            },
            "above every score",
        ),
        ({"type": "equals", "params": {"value": "a", "min_score": 0}}, "a score of 0 is asked for"),
        ({"type": "contains", "enabeld": False, "params": {"patterns": ["a"]}}, "'enabeld'"),
        ({"type": "contains", "when": {"turn": 1}, "params": {"patterns": ["a"]}}, "a condition"),
        ({"params": {}}, "it has no 'type'"),
        ({"type": "regex", "params": {"pattern": "a", "expect_match": "no"}}, "expect_match is"),
        ({"type": 3}, "its type '3' is no assertion here"),
        ("contains", "an eval of prompt 'support' that is not a mapping"),
    ],
)
def test_an_eval_that_cannot_be_asked_is_left_out_and_told_with_its_place(
    load: Callable[..., Arena], given: Any, why: str
) -> None:
    entry = {"id": "e", **given} if isinstance(given, dict) else given
    good = {"id": "f", "type": "contains", "params": {"patterns": ["b"]}}
    arena = load(CASE, pack({"evals": [entry, good]}))
    assert [one.type for one in arena.cells[0].case.assertions] == ["contains", "contains_all"]
    (warning,) = arena.warnings
    assert why in warning
    assert re.search(r"\(a\.pack\.json:1:\d+\)$", warning)


def test_what_an_eval_says_beside_is_told_and_its_findings_have_its_line(
    load: Callable[..., Arena],
) -> None:
    entry = {
        "id": "e",
        "type": "contains",
        "trigger": "sample_turns",
        "sample_percentage": 5,
        "priority": "high",
        "params": {"patterns": ["a"]},
    }
    made = json.dumps(json.loads(pack({"evals": [entry]})), indent=1)
    arena = load(CASE, made)
    own, eval_ = arena.cells[0].case.assertions
    assert (own.elsewhere, own.line) == (None, 5)
    assert (eval_.elsewhere, eval_.line) == ("a.pack.json", 15)
    (warning,) = arena.warnings
    assert "'priority' of eval 'e' of prompt 'support' (a.pack.json:14:" in warning
    assert "the sampling of eval 'e' of prompt 'support', which is asked every time" in warning


def test_a_prompts_own_eval_takes_the_place_of_the_packs_even_where_it_is_left_out(
    load: Callable[..., Arena],
) -> None:
    old = {"id": "e", "type": "contains", "params": {"patterns": ["old"]}}
    arena = load(CASE, pack({"evals": [{"id": "e", "type": "unheard_of"}]}, evals=[old]))
    assert [one.type for one in arena.cells[0].case.assertions] == ["contains"]
    arena = load(CASE, pack({"evals": [{"id": "e", "type": "x", "enabled": False}]}, evals=[old]))
    assert [one.type for one in arena.cells[0].case.assertions] == ["contains"]
    assert arena.warnings == ()


def test_a_validator_with_further_keys_holds_and_they_are_told(load: Callable[..., Arena]) -> None:
    entry = {
        "id": "v",
        "type": "length",
        "priority": 1,
        "params": {"max_characters": 9, "mood": "kind"},
    }
    arena = load(CASE, pack({"validators": [entry]}))
    (rule,) = arena.cells[0].case.guardrails
    assert (rule.type, rule.elsewhere) == ("max_length", "a.pack.json")
    (warning,) = arena.warnings
    for key in ("id", "priority", "mood"):
        assert f"{key!r} of validator 'length' of prompt 'support' (a.pack.json:1:" in warning


@pytest.mark.parametrize(
    "schema",
    [
        *(f"https://promptpack.org/schema/v1.{n}/promptpack.schema.json" for n in range(5)),
        "https://promptpack.org/schema/latest/promptpack.schema.json",
        "https://promptpack.org/schema/v1/promptpack.schema.json",
        "https://promptpack.org/schema/v1.9.0/promptpack.schema.json",
    ],
)
def test_packs_of_every_version_of_the_schema_are_read(
    load: Callable[..., Arena], schema: str
) -> None:
    arena = load(CASE, pack(**{"$schema": schema}, description="d", tools={}, fragments={}))
    assert arena.cells[0].case.system == "You help."
    assert arena.warnings == ()


@pytest.mark.parametrize(
    ("pipeline", "told"),
    [
        ({"stages": ["template", "provider", "validator"]}, []),
        ({"stages": ["template"], "middleware": [{"type": "template", "config": {}}]}, []),
        ({"stages": ["template", "cache"]}, ["'stages' of the pipeline of prompt 'support'"]),
        (
            {"stages": [], "middleware": [{"type": "provider", "config": {"retries": 3}}]},
            ["'middleware' of the pipeline of prompt 'support'"],
        ),
        ({"stages": 3}, ["'stages' of the pipeline of prompt 'support'"]),
    ],
)
def test_a_pipeline_is_told_where_it_is_more_than_what_a_case_goes_through(
    load: Callable[..., Arena], pipeline: dict[str, Any], told: list[str]
) -> None:
    warnings = load(CASE, pack({"pipeline": pipeline})).warnings
    assert [one.split(" is run without ")[1].rsplit(" (", 1)[0] for one in warnings] == told


def test_a_pack_that_several_prompts_are_of_is_told_once(load: Callable[..., Arena]) -> None:
    prompts = {name: {"system_template": name} for name in ("a", "b")}
    made = json.dumps({"id": "a", "prompts": prompts, "metadata": {"domain": "d"}})
    text = (
        "providers: [{name: m, provider: mock}]\n"
        "prompts: {a: {pack: a.pack.json, prompt: a}, b: {pack: a.pack.json, prompt: b}}\n"
        "targets: {a: {type: prompt, prompt: a}, b: {type: prompt, prompt: b}}\n"
        "tests: [{name: A, target: b, prompt: Hi, assertions: [{type: success}]}]\n"
    )
    arena = load(text, made)
    assert arena.warnings == (
        "arena.yaml:2:21: pack a.pack.json is run without 'metadata' (a.pack.json:1:88)",
    )
    assert arena.cells[0].case.system == "b"


def test_evals_of_each_turn_hold_in_a_conversation_and_others_at_its_end(
    first: Callable[..., CellPlan],
) -> None:
    evals = [
        {"id": "a", "type": "contains", "trigger": "every_turn", "params": {"patterns": ["a"]}},
        {
            "id": "b",
            "type": "contains",
            "trigger": "on_session_complete",
            "params": {"patterns": ["b"]},
        },
        {"id": "c", "type": "contains", "enabled": False, "params": {"patterns": ["c"]}},
        {
            "id": "d",
            "type": "banned_words",
            "trigger": "on_session_complete",
            "params": {"words": ["d"]},
        },
    ]
    talk = "tests: [{name: A, conversation: [{user: 1}, {user: 2}]}]\n"
    case = first(talk, pack({"evals": evals})).case
    found = [[one.model_dump() for one in turn.assertions] for turn in case.dialogues[0]]
    assert [(one["values"], two["words"]) for one, two in found] == [(("a",), ("d",))] * 2
    assert [one.values for one in case.assertions] == [("b",)]  # type: ignore[attr-defined]


def test_evals_ask_nothing_of_an_answer_that_is_to_be_blocked(
    first: Callable[..., CellPlan],
) -> None:
    made = pack(
        {
            "validators": [
                {"type": "banned_words", "fail_on_violation": True, "params": {"words": ["x"]}}
            ]
        },
        evals=[{"id": "e", "type": "contains", "params": {"patterns": ["a"]}}],
    )
    case = first(
        "tests: [{name: A, prompt: Hi, assertions: [{type: validation_error}]}]\n", made
    ).case
    assert [one.type for one in case.assertions] == ["validation_error"]


def test_params_and_texts_are_those_of_the_columns_model(load: Callable[..., Arena]) -> None:
    overrides = {
        "gpt-4o": {"system_template_prefix": "Big. ", "parameters": {"temperature": 0.9}},
        "other": {"system_template": "No."},
    }
    made = pack(
        {
            "parameters": {"temperature": 0.2, "max_tokens": 50, "top_k": None},
            "model_overrides": overrides,
        }
    )
    small, big = load("guardrails: {max_tokens: 9}\n" + CASE, made).cells
    assert (small.case.system, big.case.system) == ("You help.", "Big. You help.")
    assert small.case.params == {"temperature": 0.2, "max_tokens": 9}
    assert big.case.params == {"temperature": 0.9, "max_tokens": 9}
    assert small.hashes["prompt"] != big.hashes["prompt"]


def test_a_system_prompt_of_the_case_stands_and_the_rest_of_the_pack_holds(
    first: Callable[..., CellPlan],
) -> None:
    made = pack(
        {
            "validators": [{"type": "length", "params": {"max": 3}}],
            "variables": [{"name": "v", "required": True}],
        }
    )
    case = first(CASE.replace("prompt: Hi", "prompt: Hi, system: Mine"), made).case
    assert (case.system, [one.type for one in case.guardrails]) == ("Mine", ["max_length"])


def test_tools_are_those_that_the_prompt_may_use_run_as_the_arena_file_says(
    first: Callable[..., CellPlan],
) -> None:
    tools = {
        name: {
            "name": name,
            "description": f"Do {name}",
            "parameters": {"type": "object", "properties": {}},
        }
        for name in ("find", "pay", "drop")
    }
    prompt = {
        "tools": ["find", "drop"],
        "tool_policy": {"blocklist": ["drop"], "max_rounds": 2, "max_tool_calls_per_turn": 3},
    }
    agent = "targets: {p: {type: agent, prompt: p}}\ntools: {find: {mock: 1}, other: {mock: 2}}\n"
    case = first(
        HEAD.replace("targets: {p: {type: prompt, prompt: p}}\n", agent) + CASE,
        pack(prompt, tools=tools),
    ).case
    assert case.agent is not None
    assert list(case.agent.tools) == ["find"]
    assert case.agent.tools["find"].offered["function"]["description"] == "Do find"
    assert (case.agent.max_llm_turns, case.agent.limits.tool_calls_per_turn) == (3, 3)
    bare = first(
        CASE, pack({**prompt, "tool_policy": {"tool_choice": "required"}}, tools=tools)
    ).case
    assert [tool["function"]["name"] for tool in bare.tools] == ["find", "drop"]
    assert bare.params == {"tool_choice": "required"}


def test_what_a_pack_says_without_effect_is_told_once(load: Callable[..., Arena]) -> None:
    made = pack(
        {"pipeline": {"stages": []}, "tools": ["gone"], "media": {"enabled": True}},
        evals=[{"id": "e", "type": "cosine_similarity"}],
        agents={"entry": "support"},
        novelty=1,
    )
    (warning,) = load(CASE, made).warnings
    where, _, told = warning.partition(" is run without ")
    assert where == "arena.yaml:2:21: pack a.pack.json"
    kept, places = zip(*(one.rstrip(")").rsplit(" (", 1) for one in told.split("; ")), strict=True)
    assert all(re.fullmatch(r"a\.pack\.json:1:\d+", place) for place in places)
    assert list(kept) == [
        "'agents'",
        "'novelty'",
        "'media' of prompt 'support'",
        "eval 'e': its type 'cosine_similarity' is no assertion here",
        "tool 'gone' of prompt 'support', which it does not describe",
    ]


@pytest.mark.parametrize(
    ("text", "made", "told"),
    [
        ("{pack: a.pack.json, prompt: suport}", pack(), "pack a.pack.json has no prompt 'suport'"),
        ("{pack: a.pack.json, system: Hi}", pack(), "has both 'pack' and 'system'"),
        ("{prompt: support, system: Hi}", pack(), "there is no 'pack'"),
        ("{pack: a.pack.json}", "[]", "pack a.pack.json is not a mapping"),
        ("{pack: a.pack.json}", "{}", "pack a.pack.json has no prompts"),
        (
            "{pack: a.pack.json}",
            '{"prompts": [1]}',
            "'prompts' of pack a.pack.json is not a mapping",
        ),
        ("{pack: a.pack.json}", pack(fragmets={}), "did you mean 'fragments'?"),
        ("{pack: a.pack.json}", pack({"validatorss": []}), "did you mean 'validators'?"),
        ("{pack: a.pack.json}", pack({"system_template": "{{x}}"}), "undefined variable 'x'"),
        (
            "{pack: a.pack.json}",
            pack({"system_template": "{{a}}"}, fragments={"a": "{{b}}", "b": "{{fragment:a}}"}),
            "the fragments go round in a circle: a → b → a",
        ),
        (
            "{pack: a.pack.json}",
            pack({"system_template": "{{fragment:nope}}"}),
            "unknown fragment 'nope'\n  expected: no fragments, since the pack has none\n"
            "  fix: define it under fragments:, or remove it",
        ),
        (
            "{pack: a.pack.json}",
            pack({"system_template": "{{fragments.sing}}"}, fragments={"sign": "x"}),
            "unknown fragment 'sing'\n  expected: one of sign\n  fix: did you mean 'sign'?",
        ),
        (
            "{pack: a.pack.json}",
            pack({"system_template": "{{a}}"}, fragments={"a": {"text": "b"}}),
            "fragment 'a' is not a text",
        ),
        (
            "{pack: a.pack.json}",
            pack({"parameters": {"temperature": "hot"}}),
            "'temperature' cannot be",
        ),
        ("{pack: a.pack.json}", "kind: Arena\napiVersion: v1\nspec: {}", "is a Arena, and no pack"),
        (
            "{pack: a.pack.json}",
            '{"prompts": {"a": {"system_template": 1}, "b": {}}}',
            "none is named",
        ),
    ],
)
def test_a_pack_that_cannot_be_used_says_why(
    refused: Callable[..., str], text: str, made: str, told: str
) -> None:
    said = refused(HEAD.replace("{pack: a.pack.json}", text) + CASE, made)
    assert told in said
    assert all(line.startswith(("arena.yaml:", "a.pack.json:", "  ")) for line in said.splitlines())
    assert "has no prompts" not in said or "is not a mapping" not in said


MANIFEST = """\
apiVersion: v1
kind: PromptPack
metadata: {name: greet, version: 1.0.0}
spec:
  fragments: [{name: sign, content: "— {{by}}"}]
  prompts:
    - name: greeting
      template: "Greet {{who}}. {{fragment:sign}}"
      variables: [{name: who, type: string, required: true}, {name: by, default: Us}]
      tests:
        - name: formal
          variables: {who: "Dr Yes {{by}}"}
          expected: {contains: [Dr, Yes], not_contains: hey}
        - name: asked
          input: Hello?
          variables: {who: Ann}
          expected: {matches: [A, nn], equals: Ann}
"""


def test_the_tests_of_a_yaml_pack_are_cases_of_the_arena(load: Callable[..., Arena]) -> None:
    head = "providers: [{name: small, provider: mock}]\nprompts: {g: {pack: g.yaml}}\n"
    one, two = load(head, MANIFEST, "g.yaml").cells
    assert one.name == "greeting: formal[small]"
    assert (one.case.system, one.case.dialogues[0][0].user) == (None, "Greet Dr Yes {{by}}. — Us")
    assert [check.type for check in one.case.assertions] == ["contains_all", "not_contains"]
    assert (one.case.source, one.case.line) == ("g.yaml", 11)
    assert (two.case.system, two.case.dialogues[0][0].user) == ("Greet Ann. — Us", "Hello?")
    assert [check.type for check in two.case.assertions] == ["matches", "matches", "equals"]


def test_an_expectation_that_nobody_knows_is_refused(refused: Callable[..., str]) -> None:
    head = "providers: [{name: small, provider: mock}]\nprompts: {g: {pack: g.yaml}}\n"
    said = refused(head, MANIFEST.replace("equals: Ann", "equal: Ann"), "g.yaml")
    assert said.startswith("g.yaml:17:")
    assert "unknown key 'equal' in 'expected' of a test of prompt 'greeting' of pack g.yaml" in said


def test_a_test_that_expects_nothing_expects_an_answer_and_what_it_says_beside_is_told(
    load: Callable[..., Arena],
) -> None:
    head = "providers: [{name: small, provider: mock}]\nprompts: {g: {pack: g.yaml}}\n"
    made = MANIFEST.replace("{contains: [Dr, Yes], not_contains: hey}", "{}\n          author: Ann")
    arena = load(head, made, "g.yaml")
    assert [check.type for check in arena.cells[0].case.assertions] == ["success"]
    assert arena.warnings == (
        "g.yaml:14:11: 'author' of a test of prompt 'greeting' of pack g.yaml has no effect here",
    )


def test_what_a_test_expects_is_a_mapping(refused: Callable[..., str]) -> None:
    head = "providers: [{name: small, provider: mock}]\nprompts: {g: {pack: g.yaml}}\n"
    made = MANIFEST.replace("{matches: [A, nn], equals: Ann}", "Ann")
    said = refused(head, made, "g.yaml")
    assert said.startswith("g.yaml:17:21: 'expected' of a test of prompt 'greeting' of pack g.yaml")


def test_what_is_null_in_a_prompt_is_not_there(first: Callable[..., CellPlan]) -> None:
    keys = ("evals", "validators", "variables", "tools", "parameters", "tool_policy", "tests")
    found = first(CASE, pack(dict.fromkeys((*keys, "model_overrides"))))
    assert (found.case.system, found.case.params, found.case.guardrails) == ("You help.", {}, ())


@pytest.mark.parametrize(
    ("prompt", "further", "told"),
    [
        ({"tool_policy": {"timeout": 3}}, {}, "'timeout' of 'tool_policy' of prompt 'support'"),
        (
            {"model_overrides": {"m": {"note": 1}}},
            {},
            "'note' of 'model_overrides.m' of prompt 'support'",
        ),
        (
            {"variables": [{"name": "v", "default": "a", "validation": {"hint": 1}}]},
            {},
            "'hint' of 'validation' of variable 'v' of prompt 'support'",
        ),
        ({"tests": {"a": 1}}, {}, "the tests of prompt 'support', which are no list"),
        ({}, {"template_engine": {"strict": True}}, "'strict' of 'template_engine'"),
        ({}, {"template_engine": "v1"}, "'template_engine', which is no mapping"),
    ],
)
def test_keys_deep_in_a_pack_are_told_as_well(
    load: Callable[..., Arena], prompt: dict[str, Any], further: dict[str, Any], told: str
) -> None:
    (warning,) = load(CASE, pack(prompt, **further)).warnings
    said = warning.split(" is run without ")[1]
    assert re.sub(r" \(a\.pack\.json:1:\d+\)$", "", said) == told
