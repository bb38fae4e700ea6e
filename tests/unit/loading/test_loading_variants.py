"""`variants:` multiply providers to columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import load_arena
from pytest_arena.loading.plans import Arena
from pytest_arena.registry import Registry

HEAD = """
providers:
  - {name: small, provider: mock, model: a, params: {temperature: 0.1, seed: 1}}
  - {name: large, provider: mock, model: b, fallbacks: [small]}
defaults: {params: {top_p: 0.5}}
prompts:
  short: {system: "Be short, {{ tone }}."}
  wrapped: {user: "<{{ prompt }}>"}
targets: {bot: {type: prompt, prompt: short}}
variables: {tone: plain}
"""
CASE = "tests: [{name: A, prompt: Hi, assertions: [{type: contains, value: x}]}]"


def load(folder: Path, variants: str, tests: str = CASE) -> Arena:
    registry = Registry()
    register(registry)
    path = folder / "arena.yaml"
    path.write_text(f"{HEAD}\nvariants: {variants}\n{tests}\n", encoding="utf-8")
    return load_arena(path, root=folder, registry=registry)


def refused(folder: Path, variants: str, tests: str = CASE) -> str:
    with pytest.raises(ArenaFileError) as caught:
        load(folder, variants, tests)
    return str(caught.value)


def test_each_provider_has_a_column_for_each_variant(tmp_path: Path) -> None:
    arena = load(tmp_path, "[{name: v1}, {name: v2}]")
    names = [plan.name for plan in arena.cells]
    assert names == ["A[small/v1]", "A[small/v2]", "A[large/v1]", "A[large/v2]"]


def test_a_prompt_a_target_and_a_system_prompt_stand_in_place_of_the_cases(tmp_path: Path) -> None:
    variants = "[{name: p, prompt: short}, {name: t, target: bot}, {name: s, system: Own.}]"
    tests = CASE.replace("prompt: Hi", "prompt: Hi, system: The case's")
    systems = {plan.variant: plan.case.system for plan in load(tmp_path, variants, tests).cells}
    assert systems == {"p": "Be short, plain.", "t": "Be short, plain.", "s": "Own."}


def test_a_prompt_without_a_system_prompt_leaves_the_cases(tmp_path: Path) -> None:
    tests = CASE.replace("prompt: Hi", "prompt: Hi, system: The case's")
    plan = load(tmp_path, "[{name: w, prompt: wrapped}]", tests).cells[0]
    assert plan.case.system == "The case's"
    assert plan.case.dialogues[0][0].user == "<Hi>"


def test_params_go_before_those_of_the_provider_and_of_its_fallbacks(tmp_path: Path) -> None:
    arena = load(tmp_path, "[{name: v1}, {name: hot, params: {temperature: 1, top_p: 0.9}}]")
    plans = {plan.column: plan for plan in arena.cells}
    assert plans["small/v1"].provider is arena.providers[0]
    hot = plans["small/hot"].provider
    assert hot.params == {"temperature": 1, "seed": 1, "top_p": 0.9}
    assert hot.params_from_defaults == frozenset()
    assert hot.entry is arena.providers[0]
    assert plans["large/hot"].fallbacks[0].params["temperature"] == 1
    assert plans["small/v1"].hashes["provider"] != plans["small/hot"].hashes["provider"]


def test_variables_go_before_those_of_the_case(tmp_path: Path) -> None:
    tests = CASE.replace("prompt: Hi", 'prompt: "{{ tone }}", variables: {tone: own}')
    arena = load(tmp_path, "[{name: v1}, {name: v2, variables: {tone: warm}}]", tests)
    asked = {plan.variant: plan.case.dialogues[0][0].user for plan in arena.cells}
    assert asked == {"v1": "own", "v2": "warm"}


def test_a_case_runs_under_the_variants_that_it_names(tmp_path: Path) -> None:
    tests = CASE.replace("prompt: Hi", "prompt: Hi, variants: [v2]")
    arena = load(tmp_path, "[{name: v1}, {name: v2}]", tests)
    assert {plan.variant for plan in arena.cells} == {"v2"}
    (text,) = arena.warnings
    assert text.endswith(": no case runs under variant 'v1'")


def test_only_some_variants_are_kept(tmp_path: Path) -> None:
    arena = load(tmp_path, "[{name: v1}, {name: v2}]").only(["small"], ["v2"])
    assert [plan.column for plan in arena.cells] == ["small/v2"]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ("{small/v1: column, small: provider, v1: variant}", "column"),
        ("{small: provider, v1: variant}", "provider"),
        ("{v1: variant, default: group}", "variant"),
        ("{default: group}", "group"),
    ],
)
def test_reasons_go_by_the_nearest_name(tmp_path: Path, names: str, reason: str) -> None:
    tests = CASE.replace("prompt: Hi", f"prompt: Hi, xfail: {names}")
    assert load(tmp_path, "[{name: v1}]", tests).cells[0].xfail == reason


def test_attacks_are_made_under_every_variant(tmp_path: Path) -> None:
    tests = CASE.replace("prompt: Hi", "prompt: Hi, attacks: [base64]")
    names = [plan.name for plan in load(tmp_path, "[{name: v1}, {name: v2}]", tests).cells]
    assert names[4:6] == ["A [base64][small/v1]", "A [base64][small/v2]"]
    assert len(names) == 8


@pytest.mark.parametrize(
    ("variants", "said"),
    [
        ("[{name: v1, prompt: shrt}]", "unknown prompt 'shrt'"),
        ("[{name: v1, prompt: Be kind.}]", "fix: write system: for the text itself"),
        ("[{name: v1, target: bt}]", "unknown target 'bt'"),
        ("[{name: v1, prompt: short, target: bot}]", "variant 'v1' has both a target and a prompt"),
        ("[{name: v1}, {name: v1}]", "duplicate variant 'v1'"),
        ("[{name: small}]", "variant 'small' is called as a provider is"),
        ("[{name: a/b}]", "bad name 'a/b'"),
        ("[{name: default}]", "bad name 'default'"),
        ("[{name: v1, parms: {}}]", "unknown key 'parms'"),
    ],
)
def test_a_mistake_in_a_variant_is_told_with_its_place(
    tmp_path: Path, variants: str, said: str
) -> None:
    told = refused(tmp_path, variants)
    assert said in told
    assert "arena.yaml:12:" in told


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("variants: [v3]", "unknown variant 'v3' in case 'A'"),
        ("variants: []", "case 'A' names no variants"),
        ("matrix: {tone: [a, b]}", "variant 'v2' sets 'tone', which case 'A' takes"),
        ("xfail: {v3: why}", "unknown provider or variant 'v3' in 'xfail'"),
        ("mock: {small/v3: x}", "unknown provider 'small/v3'"),
    ],
)
def test_what_a_case_cannot_say_of_variants_is_told(tmp_path: Path, case: str, said: str) -> None:
    tests = CASE.replace("prompt: Hi", f"prompt: Hi, {case}")
    assert said in refused(tmp_path, "[{name: v1}, {name: v2, variables: {tone: warm}}]", tests)


def test_a_name_that_variants_make_differ_is_refused(tmp_path: Path) -> None:
    tests = CASE.replace("name: A", 'name: "Be {{ tone }}"')
    told = refused(tmp_path, "[{name: v1}, {name: v2, variables: {tone: warm}}]", tests)
    assert "a case is called 'Be plain' and, under another variant, 'Be warm'" in told


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("providers: [smal]", "unknown provider 'smal' in gate 'case_verdict'"),
        ("providers: [small/v3]", "unknown provider 'small/v3' in gate 'case_verdict'"),
        ("variants: [v3]", "unknown variant 'v3' in gate 'case_verdict'"),
    ],
)
def test_a_gate_names_what_the_file_has(tmp_path: Path, gate: str, said: str) -> None:
    gates = f"gates: [{{metric: case_verdict, min: 1, {gate}}}]\n"
    told = refused(tmp_path, "[{name: v1}, {name: v2}]", gates + CASE)
    name = gate.partition("[")[2].rstrip("]")
    assert told.startswith(f"arena.yaml:13:{gates.index(name) + 1}: {said}\n")


def test_a_gate_may_name_providers_columns_and_variants(tmp_path: Path) -> None:
    gates = (
        "gates: [{metric: case_verdict, min: 1, providers: [small, large/v1], variants: [v1]}]\n"
    )
    assert len(load(tmp_path, "[{name: v1}]", gates + CASE).gates) == 1


def test_a_name_that_a_row_makes_bad_is_told_at_its_row(tmp_path: Path) -> None:
    tmp_path.joinpath("rows.csv").write_text("id\nfine\n2::3\n", encoding="utf-8")
    tests = CASE.replace("name: A", 'name: "Row {{ id }}", data: rows.csv')
    told = refused(tmp_path, "[{name: v1}, {name: v2}]", tests)
    assert told.startswith("rows.csv:3:1: bad case name 'Row 2::3'")


def test_a_variable_that_rows_set_too_is_told_once(tmp_path: Path) -> None:
    tests = CASE.replace("prompt: Hi", "prompt: Hi, matrix: {tone: [a, b, c]}")
    told = refused(tmp_path, "[{name: v1, variables: {tone: warm}}]", tests)
    assert told.count("sets 'tone'") == 1


def test_params_mean_nothing_to_who_is_no_model_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "arena.yaml"
    path.write_text(
        "providers: [{name: parrot, provider: echo}, {name: m, provider: mock, model: a}]\n"
        "variants: [{name: hot, params: {temperature: 1}}, {name: cold}]\n" + CASE,
        encoding="utf-8",
    )
    registry = Registry()
    register(registry)
    arena = load_arena(path, root=tmp_path, registry=registry)
    assert arena.warnings == (
        "arena.yaml:2:19: the params of variant 'hot' are for models: they change nothing of "
        "parrot",
    )
    plans = {plan.column: plan.provider for plan in arena.cells}
    assert plans["parrot/hot"] is plans["parrot/cold"]
    assert plans["m/hot"].params == {"temperature": 1}


def test_a_prompt_that_is_a_text_is_told_alone(tmp_path: Path) -> None:
    registry = Registry()
    register(registry)
    path = tmp_path / "arena.yaml"
    path.write_text(
        "providers: [{name: small, provider: mock, model: a}]\n"
        'prompts: {short: "Briefly: {{ prompt }}", kind: Be kind.}\n'
        "variants: [{name: v1, prompt: short}]\n"
        f"{CASE.replace('prompt: Hi', 'prompt: Hi, variants: [v1]')}\n"
    )
    with pytest.raises(ArenaFileError) as caught:
        load_arena(path, root=tmp_path, registry=registry)
    expected = "  expected: system: a system prompt, user: a template around the case's prompt\n"
    assert str(caught.value) == (
        "arena.yaml:2:18: a prompt that is a text alone: 'Briefly: {{ prompt }}' for 'short' of "
        f"'prompts'\n{expected}  fix: write it like {{user: …}}\n"
        "arena.yaml:2:49: a prompt that is a text alone: 'Be kind.' for 'kind' of 'prompts'\n"
        f"{expected}  fix: write it like {{system: …}}"
    )
