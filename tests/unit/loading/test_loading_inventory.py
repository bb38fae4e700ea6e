"""What an arena file has to exercise, as its results keep it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import Arena, load_arena
from pytest_arena.registry import Registry

HEAD = "providers: [{name: m, provider: mock, model: any}]\n"
CASE = "  - {name: A, prompt: Hi, mock: hi, assertions: [{type: success}]}\n"
PACK = {
    "prompts": {"in": {"system_template": "Hi."}, "out": {"system_template": "Bye."}},
    "workflow": {
        "entry": "in",
        "states": {
            "in": {"prompt_task": "in", "on_event": {"Done": "out"}},
            "out": {"prompt_task": "out", "terminal": True},
        },
    },
}


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Arena]:
    registry = Registry()
    register(registry)
    (tmp_path / "desk.json").write_text(json.dumps(PACK))

    def load_text(text: str) -> Arena:
        (tmp_path / "arena.yaml").write_text(text)
        return load_arena(tmp_path / "arena.yaml", root=tmp_path, registry=registry)

    return load_text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (HEAD + "tests:\n" + CASE, {}),
        (HEAD + "prompts: {p: {system: x}, q: {system: y}}\ntests:\n" + CASE,
         {"prompts": ["p", "q"]}),
        (HEAD + "tools: {find: {description: F}, pay: {description: P}}\ntests:\n" + CASE,
         {"tools": ["find", "pay"]}),
        ("providers: [{name: m, provider: mock, model: any, params: {tools: "
         "[{type: function, function: {name: own}}]}}]\ntests:\n" + CASE, {"tools": ["own"]}),
        ("providers: [{name: m, provider: echo}]\ntools: {find: {description: F}}\n"
         "variables: {n: 1}\ntests:\n" + CASE, {"tools": ["find"]}),
        (HEAD + "targets: {c: {type: chain, instructions: [{name: one, text: 'x {input}'}, "
         "{name: two, text: 'y {input}'}]}}\ndefaults: {target: c}\ntests:\n" + CASE,
         {"steps": ["c/one", "c/two"]}),
        (HEAD + "targets: {w: {type: workflow, pack: desk.json}}\ndefaults: {target: w}\ntests:\n"
         + CASE, {"states": ["w/in", "w/out"], "transitions": ["w/in → out (Done)"]}),
        (HEAD + "variables: {a: 1, b: 2, c: 3}\nprompts: {p: {system: '{{ a }} {{ b }}'}}\n"
         "variants: [{name: v, variables: {b: 3}}]\ntests:\n" + CASE,
         {"prompts": ["p"], "variables": ["a"]}),
        (HEAD + "variables: {x: 9}\ntests:\n  - {name: A, prompt: '{{ t }}', mock: hi, "
         "matrix: {t: [1, true, '{{ x }}', no]}, assertions: [{type: success}]}\n",
         {"values": ["t=1", "t=true", "t=no"]}),
    ],
    ids=["nothing", "prompts", "tools", "params", "echo", "chain", "workflow", "variables",
         "matrix"],
)  # fmt: skip
def test_what_a_file_has_is_named_by_kind(
    load: Callable[[str], Arena], text: str, wanted: dict[str, Any]
) -> None:
    arena = load(text)
    columns = Counter(cell.column for cell in arena.cells)
    assert arena.inventory == {"cells": len(arena.cells), "columns": columns, **wanted}


def test_it_is_the_whole_file_whatever_columns_are_selected(load: Callable[[str], Arena]) -> None:
    both = "providers: [{name: m, provider: mock}, {name: n, provider: mock}]\ntests:\n" + CASE
    found = load(both).only(["m"]).inventory
    assert found == {"cells": 2, "columns": {"m": 1, "n": 1}}


@pytest.mark.parametrize(
    ("keys", "prompt"),
    [
        ("target: t", "p"),
        ("target: t, system: Own", None),
        ("target: around, system: Own", "u"),
        ("system: Own", None),
    ],
)
def test_a_case_names_the_prompt_that_it_is_asked_under(
    load: Callable[[str], Arena], keys: str, prompt: str | None
) -> None:
    arena = load(
        HEAD
        + "prompts: {p: {system: x}, u: {user: 'Say: {{ prompt }}'}}\n"
        + "targets: {t: {type: prompt, prompt: p}, around: {type: prompt, prompt: u}}\n"
        + "tests:\n"
        + CASE.replace("prompt: Hi", f"prompt: Hi, {keys}")
    )
    assert [cell.case.prompt for cell in arena.cells] == [prompt]


def test_a_gate_on_what_the_file_has_not_is_refused_with_its_place(
    load: Callable[[str], Arena],
) -> None:
    gate = "gates:\n  - {metric: state_coverage, min: 1}\n"
    with pytest.raises(ArenaFileError) as caught:
        load(HEAD + "tools: {find: {description: F}}\n" + gate + "tests:\n" + CASE)
    (problem,) = caught.value.problems
    assert problem.place is not None
    assert (problem.place.line, problem.place.column) == (4, 14)
    assert "tool_coverage" in (problem.expected or "")


def test_a_gate_on_coverage_cannot_be_held_against_a_baseline(load: Callable[[str], Arena]) -> None:
    gate = "gates:\n  - {metric: tool_coverage, max_degradation: 0.1}\n"
    with pytest.raises(ArenaFileError, match="baseline"):
        load(HEAD + "tools: {find: {description: F}}\n" + gate + "tests:\n" + CASE)
