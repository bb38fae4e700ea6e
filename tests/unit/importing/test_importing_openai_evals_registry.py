"""Evals of the repository openai/evals: what an arena makes of them, and of their samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_arena import run_arena
from pytest_arena.cli import plugins
from pytest_arena.errors import ArenaFileError
from pytest_arena.importing import Imported, read_source
from pytest_arena.importing.arena_writer import arena_text, write_files
from pytest_arena.importing.known import importer_of
from pytest_arena.loading import load_arena

BASIC = "evals.elsuite.basic."
GRADED = "evals.elsuite.modelgraded.classify:ModelBasedClassify"
SPEC = {
    "prompt": "Is {completion} a good answer to {input}? {{ yes or no }}",
    "choice_strings": ["Yes", "Almost", "No"],
    "choice_scores": {"Yes": 1.0, "Almost": 0.5, "No": 0.0},
    "input_outputs": {"input": "completion"},
}


def asked(*said: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": text} for role, text in said]


CHAT = {"input": asked(("system", "Be {brief}."), ("user", "Hi {{ x }}")), "ideal": "Hello"}
TEXT = {"input": "The capital of France is", "ideal": ["Paris", "Paname"]}


def registry(
    folder: Path, kind: str, *samples: Any, specs: dict[str, Any] | None = None, **args: Any
) -> Path:
    """Write a registry with one eval, and return its YAML."""
    for name in ("evals", "data/x", "modelgraded"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{json.dumps(sample)}\n" for sample in samples)
    (folder / "data" / "x" / "samples.jsonl").write_text(lines)
    (folder / "modelgraded" / "all.yaml").write_text(yaml.safe_dump(specs or {}))
    given = {"samples_jsonl": "x/samples.jsonl", **args}
    tree = {
        "x": {"id": "x.dev.v0", "description": "Small talk", "metrics": ["accuracy"]},
        "x.dev.v0": {"class": kind, "args": given},
    }
    path = folder / "evals" / "x.yaml"
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    return path


def convert(path: Path) -> Imported:
    source = read_source(path, path.parent)
    imported = importer_of(source).convert(source)
    folder = path.parent / "made"
    text = arena_text(imported.arena, "")
    write_files(folder, {**imported.files, "x.arena.yaml": text})
    load_arena(folder / "x.arena.yaml", root=folder, registry=plugins.make_registry(()))
    return imported


def told(imported: Imported) -> list[str]:
    """Return what is told beside that no model is named."""
    found = [str(finding).partition("\n")[0] for finding in imported.findings]
    return [line for line in found if "command line" not in line]


@pytest.mark.parametrize(
    ("kind", "args", "check", "params"),
    [
        ("match:Match", {}, "match", {"temperature": 0}),
        ("includes:Includes", {}, "includes", None),
        ("includes:Includes", {"ignore_case": True}, "includes_in_any_case", None),
        ("fuzzy_match:FuzzyMatch", {}, "fuzzy_match", {"temperature": 0, "max_tokens": 100}),
        ("json_match:JsonMatch", {"max_tokens": 9}, "json_match",
         {"temperature": 0, "max_tokens": 9}),
    ],
)  # fmt: skip
def test_basic_classes_become_checks_of_their_own_kind(
    tmp_path: Path, kind: str, args: dict[str, Any], check: str, params: dict[str, Any] | None
) -> None:
    imported = convert(registry(tmp_path, BASIC + kind, CHAT, TEXT, CHAT, **args))
    chat, text = imported.arena["tests"]
    assert chat == {
        "name": "x.dev.v0 {{ row }}",
        "description": "Small talk",
        "data": "x.arena.samples.jsonl",
        "system": "{{ input[0].content }}",
        "prompt": "{{ input[1].content }}",
        "assertions": [{"type": "python", "call": f"pytest_arena.openai_evals:{check}"}],
    }
    assert text["prompt"] == "{{ input }}"
    assert imported.arena["providers"] == [{"name": "model", "provider": "mock"}]
    assert imported.arena.get("defaults", {}).get("params") == params
    rows = [json.loads(line) for line in imported.files["x.arena.samples.jsonl"].splitlines()]
    assert rows == [{"row": 1, **CHAT}, {"row": 3, **CHAT}]
    assert told(imported) == []
    assert "1 of 1 assertion kept (1 exact, 0 alike)" in imported.findings.summary


def test_examples_stand_before_the_last_message(tmp_path: Path) -> None:
    path = registry(
        tmp_path,
        f"{BASIC}match:Match",
        CHAT,
        num_few_shot=1,
        few_shot_jsonl="x/few.jsonl",
    )
    shots = [
        {"sample": asked(("system", "Q {{ q }}"), ("assistant", "A"))},
        {"sample": asked(("user", "x"))},
    ]
    few = "".join(f"{json.dumps(shot)}\n" for shot in shots)
    (tmp_path / "data" / "x" / "few.jsonl").write_text(few)
    imported = convert(path)
    assert imported.arena["tests"][0]["messages"] == asked(
        ("system", "{{ input[0].content }}"),
        ("system", "Q \\{{ q }}"),
        ("assistant", "A"),
        ("user", "{{ input[1].content }}"),
    )


def test_a_chat_that_no_user_ends_is_asked_as_a_users(tmp_path: Path) -> None:
    sample = {"input": asked(("system", "a"), ("user", "b"), ("system", "c")), "ideal": "x"}
    imported = convert(registry(tmp_path, f"{BASIC}match:Match", sample))
    roles = [message["role"] for message in imported.arena["tests"][0]["messages"]]
    assert roles == ["system", "user", "user"]


def test_a_grading_model_becomes_a_judge_with_its_choices(tmp_path: Path) -> None:
    path = registry(
        tmp_path, GRADED, CHAT, specs={"good": SPEC}, modelgraded_spec="good",
        eval_type="cot_classify",
    )  # fmt: skip
    imported = convert(path)
    (case,) = imported.arena["tests"]
    assert case["assertions"] == [
        {
            "type": "llm_judge",
            "criteria": "Is [the answer] a good answer to {{ texts.input }}? { yes or no }",
            "rubric": [
                {"level": "Yes", "score": 1.0},
                {"level": "Almost", "score": 0.5},
                {"level": "No", "score": 0.0},
            ],
            "min_score": 0.5,
        }
    ]
    (line,) = imported.files["x.arena.samples.jsonl"].splitlines()
    assert json.loads(line)["texts"] == {"input": "Be {brief}.\nUser: Hi {{ x }}\n"}
    assert imported.arena["judge"] == {"provider": "openai", "model": "gpt-5.5"}
    assert [line.split(": ", 2)[2] for line in told(imported)] == [
        "so is the model that grades",
        "x.dev.v0: a judge of an arena is asked, in its own words around these",
        "x.dev.v0: its scores are averaged there, and no sample passes or fails",
    ]


@pytest.mark.parametrize(
    ("changes", "args", "shape"),
    [
        ({"choice_strings": "YN", "choice_scores": {"Y": 1.0, "N": 0.0}}, {}, "Y=1 N=0 >=0.5"),
        ({"choice_strings": "12345", "choice_scores": "from_strings"}, {},
         "1=0 2=0.25 3=0.5 4=0.75 5=1 >=0.5"),
        ({"choice_strings": 123, "choice_scores": {1: 3, 2: 2, 3: 1}}, {}, "1=1 2=0.5 3=0 >=0.5"),
        ({"choice_strings": "AB", "choice_scores": None}, {}, "A=1 B=0 weight 0"),
        ({"prompt": [{"role": "user", "content": "By {criteria}: {completion}"}]},
         {"modelgraded_spec_args": {"criteria": "tone {{"}}, "Yes=1 Almost=0.5 No=0 >=0.5"),
    ],
)  # fmt: skip
def test_choices_and_their_scores(
    tmp_path: Path, changes: dict[str, Any], args: dict[str, Any], shape: str
) -> None:
    spec = {key: value for key, value in {**SPEC, **changes}.items() if value is not None}
    path = registry(tmp_path, GRADED, TEXT, specs={"a": spec}, modelgraded_spec="a", **args)
    made = convert(path).arena["tests"][0]["assertions"][0]
    levels = [f"{one['level']}={one['score']:g}" for one in made["rubric"]]
    weight = ["weight 0"] if made.get("weight") == 0 else []
    least = [f">={made['min_score']:g}"] if "min_score" in made else []
    assert " ".join([*levels, *least, *weight]) == shape
    if args:
        assert made["criteria"] == "By tone \\{{: [the answer]"


def test_facts_are_judged_by_factuality(tmp_path: Path) -> None:
    spec = {**SPEC, "prompt": "{input} {ideal} {completion}", "choice_strings": "ABCDE"}
    del spec["choice_scores"]
    path = registry(tmp_path, GRADED, CHAT, specs={"fact": spec}, modelgraded_spec="fact")
    (made,) = convert(path).arena["tests"][0]["assertions"]
    assert made == {"type": "factuality", "reference": "{{ texts.ideal }}"}


def test_of_two_completions_one_may_be_given(tmp_path: Path) -> None:
    spec = {**SPEC, "prompt": "{completion1} or {completion2}?",
            "input_outputs": {"input1": "completion1", "input2": "completion2"}}  # fmt: skip
    sample = {"input1": "Joke?", "completion1": "Ha.", "input2": "Another?"}
    both = {"input1": "a", "input2": "b"}
    path = registry(tmp_path, GRADED, sample, both, specs={"b": spec}, modelgraded_spec="b")
    imported = convert(path)
    (case,) = imported.arena["tests"]
    assert case["assertions"][0]["criteria"] == "{{ texts.completion1 }} or [the answer]?"
    assert json.loads(imported.files[case["data"]])["input"] == "Another?"
    assert "data/x/samples.jsonl:2:1: left out: a sample: 2 answers of one sample are graded " in (
        "".join(told(imported))
    )


@pytest.mark.parametrize(
    ("kind", "args", "why"),
    [
        ("my_evals:Own", {}, "the class my_evals:Own, which is code of its own"),
        (f"{BASIC}match:Match", {"samples_jsonl": "gone.jsonl"}, "there is no file gone.jsonl"),
        (f"{BASIC}match:Match", {"samples_jsonl": None}, "no samples_jsonl"),
        (f"{BASIC}match:Match", {"magic": 1}, "its class does not take magic"),
        (f"{BASIC}match:Match", {"samples_jsonl": "../../../etc/passwd"}, "there is no file"),
        (f"{BASIC}match:Match", {"samples_jsonl": "x/lfs.jsonl"}, "a pointer of Git LFS"),
        (
            f"{BASIC}match:Match",
            {"samples_jsonl": "x/bad.jsonl"},
            "none of its samples can be a case",
        ),
        (GRADED, {"modelgraded_spec": "gone"}, "there is no modelgraded spec 'gone'"),
        (GRADED, {"modelgraded_spec": "good", "multicomp_n": 4}, "multicomp_n: 4"),
        (GRADED, {"modelgraded_spec": "good", "metaeval": True}, "(metaeval)"),
        (GRADED, {"modelgraded_spec": "n"}, "choice_strings: from_n"),
        (GRADED, {"modelgraded_spec": "flat"}, "all of its choices score the same"),
        (GRADED, {"modelgraded_spec": "open"}, "its prompt is no template of Python's"),
    ],
)
def test_what_an_arena_has_not_is_told_with_its_place(
    tmp_path: Path, kind: str, args: dict[str, Any], why: str
) -> None:
    specs = {
        "good": SPEC,
        "n": {**SPEC, "choice_strings": "from_n"},
        "flat": {**SPEC, "choice_scores": {"Yes": 1, "No": 1, "Almost": 1}},
        "open": {**SPEC, "prompt": "{completion"},
    }
    path = registry(tmp_path, kind, CHAT, specs=specs, **args)
    (tmp_path / "data/x/lfs.jsonl").write_text("version https://git-lfs.github.com/spec/v1\n")
    (tmp_path / "data/x/bad.jsonl").write_text('{"input": \n')
    with pytest.raises(ArenaFileError) as caught:
        convert(path)
    assert str(caught.value).startswith("x.yaml:1:1: no eval can be imported\n  fix: x.dev.v0: ")
    assert why in str(caught.value)


def test_an_eval_that_is_left_out_leaves_the_others_in(tmp_path: Path) -> None:
    path = registry(tmp_path, f"{BASIC}match:Match", CHAT)
    path.write_text(
        path.read_text()
        + "own:\n  id: own.v1\nown.v1:\n  class: my:Own\nelse:\n  id: gone.v0\nodd: 3\n"
    )
    imported = convert(path)
    assert told(imported) == [
        "x.yaml:12:1: left out: own.v1: the class my:Own, which is code of its own",
        "x.yaml:15:7: left out: 'gone.v0', which is no eval of this file",
        "x.yaml:16:1: left out: 'odd', which is no eval",
    ]
    assert imported.findings.summary == "1 of 2 assertions kept (1 exact, 0 alike), 1 left out"


@pytest.mark.parametrize(
    ("sample", "why"),
    [
        ({"ideal": "x"}, "it has no 'input'"),
        ({"input": "x"}, "it has no 'ideal'"),
        ({"input": 3, "ideal": "x"}, "no messages: neither a text nor a list of role and content"),
        ({"input": ["a"], "ideal": "x"}, "a message without role and content"),
        ({"input": " ", "ideal": "x"}, "its last message is empty"),
        ({"input": asked(("tool", "x")), "ideal": "x"}, "a message of the role 'tool'"),
    ],
)
def test_samples_that_cannot_be_cases_are_told_by_their_line(
    tmp_path: Path, sample: Any, why: str
) -> None:
    imported = convert(registry(tmp_path, f"{BASIC}match:Match", CHAT, sample))
    assert told(imported) == [f"data/x/samples.jsonl:2:1: left out: a sample: {why}"]
    assert len(imported.arena["tests"]) == 1


def a_log(name: str, *said: str, model: str = "gpt-4") -> str:
    spec = {"completion_fns": [model], "eval_name": name, "base_eval": "x", "run_id": "1"}
    events: list[Any] = [{"spec": spec}]
    for number, text in enumerate(said):
        common = {"run_id": "1", "sample_id": f"x.dev.{number}"}
        events += [
            {**common, "type": "sampling", "data": {"prompt": "?", "sampled": [text]}},
            {**common, "type": "sampling", "data": {"prompt": "?", "sampled": ["graded"]}},
            {**common, "type": "match", "data": {"correct": True, "sampled": text}},
        ]
    return "".join(f"{json.dumps(event)}\n" for event in events) + '{"run_id": "cut'


def test_logs_beside_the_eval_are_its_answers(tmp_path: Path) -> None:
    path = registry(tmp_path, f"{BASIC}match:Match", CHAT, TEXT, CHAT)
    (path.parent / "log.jsonl").write_text(a_log("x.dev.v0", "Hello!", "Lyon"))
    (path.parent / "other.jsonl").write_text(a_log("y.dev.v0", "Hello!"))
    imported = convert(path)
    assert imported.findings.is_whole
    answers = "x.arena.answers.jsonl"
    outputs = {"name": "gpt-4", "provider": "outputs", "path": answers, "case": "row"}
    assert imported.arena["providers"] == [outputs]
    run = run_arena(path.parent / "made" / "x.arena.yaml")
    assert [cell.verdict for cell in run.cells] == ["passed", "error", "failed"]


def test_evals_with_and_without_logs_have_columns_of_their_own(tmp_path: Path) -> None:
    path = registry(tmp_path, f"{BASIC}match:Match", CHAT)
    more = {
        "z.v1": {"class": f"{BASIC}includes:Includes", "args": {"samples_jsonl": "x/samples.jsonl"}}
    }
    path.write_text(path.read_text() + yaml.safe_dump(more))
    for number, model in enumerate(("gpt-4", "gpt-4", "o3/mini")):
        (path.parent / f"{number}.jsonl").write_text(a_log("x.dev.v0", "Hello", model=model))
    imported = convert(path)
    assert [one["name"] for one in imported.arena["providers"]] == [
        "gpt-4", "gpt-4 2", "o3-mini", "model",
    ]  # fmt: skip
    assert [case["providers"] for case in imported.arena["tests"]] == [
        ["gpt-4", "gpt-4 2", "o3-mini"], ["model"],
    ]  # fmt: skip


def test_samples_alone_name_no_check(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_text(f"{json.dumps(CHAT)}\n{json.dumps(TEXT)}\n")
    with pytest.raises(ArenaFileError) as caught:
        convert(path)
    assert str(caught.value) == (
        "samples.jsonl:1:1: samples of openai/evals without their eval\n"
        "  expected: YAML of its registry, with the class that checks answers\n"
        "  fix: import the YAML that names this file as samples_jsonl"
    )
