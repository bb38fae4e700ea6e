"""`label:` and `predicted:` of a case."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import load_arena
from pytest_arena.loading.plans import Arena
from pytest_arena.registry import Registry

HEAD = "providers: [{name: m, provider: mock, model: a}]\n"


def load(folder: Path, text: str) -> Arena:
    registry = Registry()
    register(registry)
    path = folder / "arena.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_arena(path, root=folder, registry=registry)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ArenaFileError) as caught:
        load(folder, text)
    return str(caught.value)


def test_a_label_is_short_for_an_assertion_with_its_line(tmp_path: Path) -> None:
    text = "tests:\n  - {name: A, prompt: Hi, label: billing, predicted: category}\n"
    case = load(tmp_path, text).cells[0].case
    (label,) = case.assertions
    assert case.label == "billing"
    assert (label.type, label.line) == ("label", 3)
    assert label.model_dump(exclude_defaults=True) == {
        "value": "billing",
        "predicted": {"path": "category"},
    }


@pytest.mark.parametrize(
    ("written", "label"),
    [("5", "5"), ("1.10", "1.10"), ("007", "007"), ("true", "true"), ("'Yes.'", "Yes")],
)
def test_a_label_is_what_is_written(tmp_path: Path, written: str, label: str) -> None:
    text = f"tests: [{{name: A, prompt: Hi, label: {written}}}]"
    assert load(tmp_path, text).cells[0].case.label == label


def test_rows_have_labels_and_a_row_without_one_is_told(tmp_path: Path) -> None:
    text = 'tests: [{name: "Row {{ n }}", data: rows.csv, prompt: Hi, label: "{{ label }}"}]'
    rows = tmp_path / "rows.csv"
    rows.write_text("n,label\n1,a\n2,5\n", encoding="utf-8")
    assert [plan.case.label for plan in load(tmp_path, text).cells] == ["a", "5"]
    rows.write_text("n,label\n1,a\n2,\n", encoding="utf-8")
    assert refused(tmp_path, text).startswith("rows.csv:3:3: the label is empty")


def test_defaults_say_where_answers_have_their_labels(tmp_path: Path) -> None:
    text = (
        "defaults: {predicted: {pattern: 'x: (a|b)'}}\n"
        "tests:\n  - {name: A, prompt: Hi, label: a}\n"
        "  - {name: B, prompt: Hi, label: a, predicted: kind}\n"
        "  - {name: C, prompt: Hi, assertions: [{type: contains, value: x}]}\n"
    )
    first, second, third = (plan.case for plan in load(tmp_path, text).cells)
    assert first.assertions[0].model_dump()["predicted"]["pattern"] == "x: (a|b)"
    assert second.assertions[0].model_dump()["predicted"]["path"] == "kind"
    assert third.label is None


def test_another_label_is_another_check(tmp_path: Path) -> None:
    text = "tests: [{{name: A, prompt: Hi, label: {}}}]"
    one, other = (load(tmp_path, text.format(name)).cells[0].hashes for name in "ab")
    assert one["assertions"] != other["assertions"]
    assert one["prompt"] == other["prompt"]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("label: ''", "the label is empty"),
        ("label: [a, b]", "'label'"),
        ("label: a, predicted: {path: a, pattern: b}", "predicted has both a path and a pattern"),
        ("label: a, predicted: {}", "predicted is empty"),
        ("label: a, predicted: {pth: a}", "unknown key 'pth'"),
        ("label: a, predicted: 'x('", "bad regular expression"),
        ("label: a, assertions: [{type: label, value: b}]", "case 'A' has 2 labels"),
        (
            "assertions: [{type: any_of, assertions: [{type: label, value: b}]}]",
            "a label in a group or a turn of case 'A'",
        ),
        (
            "predicted: x, assertions: [{type: contains, value: b}]",
            "case 'A' has 'predicted' and no label",
        ),
        ("concurrent: 2, duration: 1s, label: a", "is a load case and has 'label'"),
    ],
)
def test_what_is_no_label_is_told_with_its_place(tmp_path: Path, case: str, said: str) -> None:
    told = refused(tmp_path, f"tests:\n  - {{name: A, prompt: Hi, {case}}}\n")
    assert told.startswith("arena.yaml:3:")
    assert said in told
    assert told.count("arena.yaml:3:") == 1


def test_a_label_in_a_turn_is_refused(tmp_path: Path) -> None:
    turn = "{user: Hi, assertions: [{type: label, value: a}]}"
    told = refused(tmp_path, f"tests:\n  - {{name: A, conversation: [{turn}]}}\n")
    assert "a label in a group or a turn of case 'A'" in told


@pytest.mark.parametrize(
    ("gate", "case", "said"),
    [
        ("metric: accuracy, min: 0.9", "assertions: [{type: contains, value: x}]", "no case has"),
        ("metric: f1, label: c, min: 0.9", "label: a", "unknown label 'c' in gate 'f1 of c'"),
        ("metric: accuracy, label: a, min: 0.9", "label: a", "has a label"),
        ("metric: macro_f1, min: 90", "label: a", "min cannot be 90"),
    ],
)
def test_a_limit_on_labels_that_cannot_be_is_told(
    tmp_path: Path, gate: str, case: str, said: str
) -> None:
    text = f"gates: [{{{gate}}}]\ntests: [{{name: A, prompt: Hi, {case}}}]\n"
    told = refused(tmp_path, text)
    assert told.startswith("arena.yaml:2:")
    assert said in told
