"""Exports of OpenAI's hosted Evals: what an arena makes of them, and what it says of the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_arena import run_arena
from pytest_arena.cli import main
from pytest_arena.errors import ArenaFileError
from pytest_arena.importing import Imported, read_source
from pytest_arena.importing.arena_writer import arena_text, write_files
from pytest_arena.importing.known import importer_of

ANSWER = "{{ sample.output_text }}"
LABEL = "{{ item.label }}"


def an_eval(*criteria: Any, **changes: Any) -> dict[str, Any]:
    return {
        "object": "eval",
        "id": "eval_1",
        "name": "Tickets",
        "data_source_config": {
            "type": "custom",
            "schema": {"type": "object", "properties": {"item": SCHEMA, "sample": {}}},
        },
        "testing_criteria": list(criteria),
        **changes,
    }


SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "label": {"type": "string"}},
    "required": ["text", "label"],
}
ASKED = {
    "type": "template",
    "template": [
        {"role": "developer", "content": {"type": "input_text", "text": "Sort it."}},
        {"role": "user", "content": "{{item.text}}"},
    ],
}


def a_run(*rows: Any, name: str = "First", **source: Any) -> dict[str, Any]:
    return {
        "object": "eval.run",
        "id": f"run_{name}",
        "eval_id": "eval_1",
        "name": name,
        "data_source": {
            "type": "completions",
            "model": "gpt-4.1",
            "input_messages": ASKED,
            "sampling_params": {"temperature": 0, "max_completions_tokens": 9, "seed": None},
            "source": {"type": "file_content", "content": list(rows)},
            **source,
        },
    }


def row(text: str = "Hi", label: str = "other", **more: Any) -> dict[str, Any]:
    return {"item": {"text": text, "label": label}, **more}


def output_item(
    item: dict[str, Any], said: str | None, number: int = 0, run: str = "First", **sample: Any
) -> dict[str, Any]:
    return {
        "object": "eval.run.output_item",
        "run_id": f"run_{run}",
        "eval_id": "eval_1",
        "datasource_item_id": number,
        "datasource_item": item,
        "results": [],
        "sample": {
            "input": [],
            "output": [] if said is None else [{"role": "assistant", "content": said}],
            "finish_reason": "stop",
            "model": "gpt-4.1-2025-04-14",
            "error": None,
            "usage": {"prompt_tokens": 7, "completion_tokens": 2},
            **sample,
        },
    }


def convert(folder: Path, export: Any, name: str = "tickets.json", **given: Any) -> Imported:
    path = folder / name
    path.write_text(json.dumps(export, indent=1))
    source = read_source(path, folder, **given)
    return importer_of(source).convert(source)


def told(imported: Imported) -> list[str]:
    return [str(finding) for finding in imported.findings]


def rows_of(imported: Imported, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in imported.files[name].splitlines()]


def verdicts(folder: Path, imported: Imported) -> dict[str, str]:
    """Run what was imported, and return the verdict of each cell by its case."""
    made = folder / "made"
    made.mkdir()
    files = {**imported.files, "it.arena.yaml": arena_text(imported.arena, "")}
    write_files(made, files)
    run = run_arena(made / "it.arena.yaml")
    return {cell.case: cell.verdict for cell in run.cells}


def check(operation: str, input: str = ANSWER, reference: str = LABEL) -> dict[str, Any]:
    given = {"operation": operation, "input": input, "reference": reference}
    return {"type": "string_check", "name": f"by {operation}", **given}


def similarity(metric: str, reference: str = LABEL, **changes: Any) -> dict[str, Any]:
    given = {"evaluation_metric": metric, "input": ANSWER, "reference": reference}
    return {"type": "text_similarity", "name": metric, "pass_threshold": 0.5, **given, **changes}


def python(source: str, **changes: Any) -> dict[str, Any]:
    return {"type": "python", "name": "code", "source": source, "pass_threshold": 0.5, **changes}


# criterion, answer, verdict of a row whose label is "other"
VERDICTS: list[tuple[dict[str, Any], str, str]] = [
    (check("eq"), "other", "passed"),
    (check("eq"), "other ", "failed"),
    (check("eq"), "Other", "failed"),
    (check("eq", LABEL, ANSWER), "other", "passed"),
    (check("ne"), "Other", "passed"),
    (check("ne"), "other", "failed"),
    (check("neq"), "other", "failed"),
    (check("like"), "an other one", "passed"),
    (check("like"), "an Other one", "failed"),
    (check("like", LABEL, ANSWER), "the", "passed"),
    (check("like", reference="“{{ item.label }}”"), '"other"', "failed"),
    (check("ilike"), "an OTHER one", "passed"),
    (check("ilike", reference="Köln"), "KÖLN!", "passed"),
    (check("ilike"), "refund", "failed"),
    (check("eq", "[{{ sample.output_text }}]", "[{{item.label}}]"), "other", "passed"),
    (check("eq", "{{ sample.output_json.kind }}"), '{"kind": "other"}', "passed"),
    (check("eq", "{{ sample.output_json.kind }}"), '{"kind": "refund"}', "failed"),
    (check("ne", "{{ sample.output_json.kind }}"), "no JSON", "failed"),
    (similarity("fuzzy_match"), "Other!", "passed"),
    (similarity("fuzzy_match"), "refund", "failed"),
    (similarity("bleu", "one of the other ones"), "one of the other ones", "passed"),
    (similarity("gleu"), "other", "passed"),
    (similarity("meteor"), "others other", "failed"),
    (similarity("meteor", pass_threshold=0.4), "others other", "passed"),
    (similarity("rouge_1"), "other", "passed"),
    (similarity("rouge_5"), "other", "failed"),
    (similarity("rouge_l", "***"), "other", "failed"),
    (python("def grade(sample, item):\n    return item['label'] in sample['output_text']"), "other",
     "passed"),
    (python("def grade(sample, item):\n    return 0.4"), "other", "failed"),
    (python("def grade(sample, item):\n    raise ValueError"), "other", "failed"),
    (python("import no_such\ndef grade(sample, item):\n    return 1"), "other", "error"),
    (
        {
            "type": "multi",
            "name": "sum",
            "graders": {"a": check("eq"), "b": similarity("gleu")},
            "calculate_output": "0.8 * a + 0.2 * b",
            "pass_threshold": 0.5,
        },
        "other",
        "passed",
    ),
    (
        {
            "type": "multi",
            "name": "least",
            "graders": [{**check("ilike"), "name": "has it"}, python("def grade(s, i): return .2")],
            "calculate_output": "min(has_it, python_score * 5)",
            "pass_threshold": 0.9,
        },
        "OTHER",
        "passed",
    ),
    (
        {
            "type": "multi",
            "name": "none",
            "graders": {"a": check("eq"), "b": similarity("gleu")},
            "calculate_output": "a * b",
            "pass_threshold": 0.5,
        },
        "refund",
        "failed",
    ),
]  # fmt: skip


def test_graders_have_the_verdicts_that_they_have_there(tmp_path: Path) -> None:
    evals, runs = [], []
    for number, (criterion, said, _) in enumerate(VERDICTS):
        name = f"n{number}"
        evals.append(an_eval(criterion, id=name, name=name))
        item = output_item(row()["item"], said, run=name)
        run = a_run(row(), name=name)
        runs.append({**run, "eval_id": name, "output_items": [{**item, "eval_id": name}]})
    imported = convert(tmp_path, {"evals": evals, "runs": runs})
    found = verdicts(tmp_path, imported)
    assert [found[f"n{n} {n + 1}"] for n in range(len(VERDICTS))] == [v for _, _, v in VERDICTS]


def test_an_eval_with_a_run_and_its_answers_is_one_case_over_its_rows(tmp_path: Path) -> None:
    rows = [row("I {{ want }} it", "refund"), row("Hi", "other")]
    items = [
        output_item(rows[1]["item"], "Other", 1),
        output_item(rows[0]["item"], "refund", 0),
    ]
    imported = convert(tmp_path, [an_eval(check("eq")), a_run(*rows), {"data": items}])
    assert imported.arena == {
        "name": "Tickets",
        "providers": [
            {
                "name": "First",
                "group": "runs",
                "provider": "outputs",
                "path": "tickets.arena.answers.jsonl",
                "case": "row",
            },
            {
                "name": "gpt-4.1",
                "group": "models",
                "provider": "openai",
                "model": "gpt-4.1",
                "params": {"temperature": 0, "max_completion_tokens": 9},
            },
        ],
        "defaults": {"providers": ["runs"]},
        "tests": [
            {
                "name": "Tickets {{ row }}",
                "data": "tickets.arena.items.jsonl",
                "system": "Sort it.",
                "prompt": "{{ item.text }}",
                "assertions": [{"type": "equals", "value": "{{ item.label }}", "exact": True}],
            }
        ],
    }
    assert rows_of(imported, "tickets.arena.items.jsonl")[0] == {"row": 1, **rows[0]}
    assert rows_of(imported, "tickets.arena.answers.jsonl")[1] == {
        "row": 2, "output": "Other", "finish_reason": "stop", "model": "gpt-4.1-2025-04-14",
        "input_tokens": 7, "output_tokens": 2,
    }  # fmt: skip
    assert imported.findings.is_whole
    assert verdicts(tmp_path, imported) == {"Tickets 1": "passed", "Tickets 2": "failed"}


def test_errors_tool_calls_and_missing_answers_of_a_run_stay_what_they_are(tmp_path: Path) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    rows = [row(str(number)) for number in range(4)]
    items = [
        output_item(rows[0]["item"], "x", 0, error={"code": "x", "message": "rate limit"}),
        output_item(rows[1]["item"], None, 1, output=[{"role": "assistant", "content": None,
                                                       "tool_calls": [call]}]),
        output_item(rows[2]["item"], "", 2),
    ]  # fmt: skip
    tool = check("eq", "{{sample.output_tools[0].function.name}}", "find")
    imported = convert(tmp_path, {"e": an_eval(tool), "r": a_run(*rows), "items": items})
    assert list(verdicts(tmp_path, imported).values()) == ["error", "passed", "failed", "error"]


def test_rows_with_samples_are_answers_and_python_sees_the_rest_of_them(tmp_path: Path) -> None:
    code = python("def grade(sample, item):\n    return sample['source'] == 'web'")
    rows = [
        row(sample={"output_text": "other", "source": "web"}),
        row("Bye", sample={"output_text": "other", "source": "book"}),
        row("Yes", sample={"output_json": {"a": 1}, "source": "web"}),
    ]
    run = a_run(*rows, type="jsonl", model=None, input_messages=None, sampling_params=None)
    imported = convert(tmp_path, [an_eval(check("eq"), code), run])
    assert [one["provider"] for one in imported.arena["providers"]] == ["outputs"]
    assert imported.arena["tests"][0]["prompt"] == "{{ item.text }}"
    assert list(verdicts(tmp_path, imported).values()) == ["passed", "failed", "failed"]


def test_an_eval_of_answers_among_the_items_judges_these(tmp_path: Path) -> None:
    rows = [{"item": {"question": "2+2", "response": said, "label": "4"}} for said in ("4", "5")]
    run = a_run(*rows, type="jsonl", model=None, input_messages=None, sampling_params=None)
    imported = convert(tmp_path, [an_eval(check("eq", "{{ item.response }}")), run])
    assert told(imported) == [
        "tickets.json:30:3: alike: no grader names the sample: item.response is taken for the "
        "answer"
    ]
    assert imported.arena["tests"][0]["prompt"] == "{{ item.question }}"
    assert list(verdicts(tmp_path, imported).values()) == ["passed", "failed"]


def test_files_beside_the_eval_hold_its_runs_their_items_and_rows(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    source = {"type": "file_id", "id": "file-1"}
    (tmp_path / "runs" / "run.json").write_text(json.dumps(a_run(source=source)))
    (tmp_path / "file-1.jsonl").write_text(f"{json.dumps(row())}\n{json.dumps(row('Bye'))}\n")
    items = [output_item(row()["item"], "other")]
    (tmp_path / "runs" / "items.jsonl").write_text("".join(f"{json.dumps(i)}\n" for i in items))
    (tmp_path / "runs" / "other.json").write_text(json.dumps({**a_run(), "eval_id": "eval_2"}))
    imported = convert(tmp_path, an_eval(check("eq")))
    assert imported.findings.is_whole
    assert list(verdicts(tmp_path, imported).values()) == ["passed", "error"]


def test_objects_that_are_there_twice_count_once(tmp_path: Path) -> None:
    item = {"id": "outputitem_1", **output_item(row()["item"], "other")}
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "items.json").write_text(json.dumps({"data": [item, item]}))
    export = [an_eval(check("eq")), an_eval(check("eq")), a_run(row())]
    imported = convert(tmp_path, export)
    assert verdicts(tmp_path, imported) == {"Tickets 1": "passed"}


def test_a_run_alone_finds_its_eval_beside_it(tmp_path: Path) -> None:
    (tmp_path / "eval.json").write_text(json.dumps(an_eval(check("eq"))))
    imported = convert(tmp_path, a_run(row()), "run.json")
    assert [one["name"] for one in imported.arena["providers"]] == ["gpt-4.1"]
    (tmp_path / "eval.json").unlink()
    with pytest.raises(ArenaFileError) as caught:
        convert(tmp_path, a_run(row()), "run.json")
    assert str(caught.value) == (
        "run.json:1:1: runs or output items without their eval\n"
        "  expected: an object with testing_criteria in this file or in one beside it\n"
        "  fix: put the export of the eval eval_1 into the same folder"
    )


def test_an_eval_without_runs_takes_the_rows_beside_it(tmp_path: Path) -> None:
    (tmp_path / "data.jsonl").write_text(f"{json.dumps(row(sample={'output_text': 'other'}))}\n")
    (tmp_path / "else.jsonl").write_text('{"item": {"question": "x"}}\n')
    imported = convert(tmp_path, an_eval(check("eq")))
    assert told(imported) == [
        "tickets.json:5:2: alike: the rows are taken from data.jsonl, which lies beside it"
    ]
    assert verdicts(tmp_path, imported) == {"Tickets 1": "passed"}


def test_an_eval_without_any_rows_is_kept_as_a_case_that_is_skipped(tmp_path: Path) -> None:
    imported = convert(tmp_path, an_eval(check("eq")))
    case = imported.arena["tests"][0]
    assert case["skip"] == "imported without its rows"
    assert rows_of(imported, case["data"]) == [{"row": 1, "item": {"text": "", "label": ""}}]
    assert "left out: the rows, which are nowhere here" in told(imported)[1]
    assert set(verdicts(tmp_path, imported).values()) == {"skipped"}


def test_runs_with_other_prompts_have_cases_of_their_own(tmp_path: Path) -> None:
    other = {"type": "template", "template": [{"role": "user", "content": "What: {{item.text}}"}]}
    runs = [a_run(row()), a_run(row(), name="Second", input_messages=other),
            a_run(row(), name="Third", model="o3")]  # fmt: skip
    items = [output_item(row()["item"], said, run=run) for said, run in
             (("other", "First"), ("Other", "Second"), ("other", "Third"))]  # fmt: skip
    imported = convert(tmp_path, {"eval": an_eval(check("eq")), "runs": runs, "items": items})
    cases = imported.arena["tests"]
    assert [(one["prompt"], one["providers"]) for one in cases] == [
        ("{{ item.text }}", ["First", "Third"]),
        ("What: {{ item.text }}", ["Second"]),
    ]
    assert verdicts(tmp_path, imported) == {"Tickets 1": "passed", "Tickets 2 2": "failed"}


def test_what_a_row_lacks_is_told_and_its_case_is_skipped(tmp_path: Path) -> None:
    rows = [row(), {"item": {"text": "Bye"}}, {"item": {"label": "other"}}]
    items = [output_item(one["item"], "other", n) for n, one in enumerate(rows)]
    imported = convert(tmp_path, [an_eval(check("eq")), a_run(*rows), items])
    assert [one.get("skip") for one in imported.arena["tests"]] == [
        None, "imported without by eq", "imported without all of its prompt",
    ]  # fmt: skip
    assert [line.split(": ", 1)[1] for line in told(imported)] == [
        "left out: by eq: the row has no item.label",
        "left out: the prompt: the row has no item.text",
    ]
    assert imported.findings.summary == "1 of 1 assertion kept (1 exact, 0 alike), 0 left out"
    found = verdicts(tmp_path, imported)
    assert list(found.values()) == ["passed", "skipped", "skipped"]


# criterion, what is told of it, and of what is left out
LEFT_OUT: list[tuple[dict[str, Any], str]] = [
    ({"type": "endpoint", "name": "x"}, "x: a grader of the type 'endpoint'"),
    ({"type": "string_chek", "name": "x"}, "x: a grader of the type 'string_chek'\n  did you mean"),
    (check("equals"), "by equals: the operation 'equals'"),
    (check("eq", "{{ sample.output_audio.transcript }}"),
     "by eq: it looks at sample.output_audio.transcript, which no answer has here"),
    (check("eq", "{{ output }}"), "by eq: a template that names neither item nor sample: {{"),
    (check("eq", "{{ item.a | upper }}"), "by eq: a template that names neither item nor sample"),
    ({"type": "string_check", "name": "x", "operation": "eq"}, "x: its input is no text"),
    (similarity("levenshtein"), "levenshtein: the metric 'levenshtein'"),
    (similarity("bleu", pass_threshold="high"), "bleu: its pass_threshold is no number"),
    (similarity("cosine", pass_threshold=2), "cosine: the cosine with a pass_threshold of 2"),
    (python("def grade(sample, item: return 1"), "code: its Python does not compile: "),
    (python("def score(sample, item): return 1"), "code: its Python has no function `grade`"),
    ({"type": "label_model", "name": "x", "labels": ["a"], "passing_labels": ["b"]},
     "x: passing_labels names 'b', which is no label"),
    ({"type": "label_model", "name": "x", "labels": ["a"], "passing_labels": []},
     "x: no passing_labels, so that it never passes"),
    ({"type": "score_model", "name": "x", "range": [5, 1], "model": "o3"},
     "x: its range is [5, 1]"),
    ({"type": "score_model", "name": "x", "pass_threshold": 3, "model": "o3"},
     "x: a pass_threshold of 3 beyond its range, which nothing reaches"),
    ({"type": "score_model", "name": "x", "pass_threshold": 1, "model": "o3",
      "input": [{"role": "user", "content": {"type": "input_image", "image_url": "https://x/y"}}]},
     "x: a message with a part of the type 'input_image'"),
    ({"type": "multi", "name": "x", "graders": {"a": check("eq")}, "calculate_output": "a + c"},
     "x: calculate_output names 'c', and no grader is called so\n  its graders are a"),
    ({"type": "multi", "name": "x", "graders": {"a": check("eq")}, "calculate_output": "a +"},
     "x: its calculate_output: 'a +' cannot be read"),
    ({"type": "multi", "name": "x", "graders": {"a": similarity("cosine")},
      "calculate_output": "max(a, 0.5)"}, "x: the cosine in a formula that is no weighted sum"),
]  # fmt: skip


@pytest.mark.parametrize(("criterion", "why"), LEFT_OUT)
def test_graders_that_cannot_be_kept_are_told_and_the_others_stay(
    tmp_path: Path, criterion: dict[str, Any], why: str
) -> None:
    export = [an_eval(check("ne"), criterion), a_run(row())]
    imported = convert(tmp_path, export)
    lost = [line for line in told(imported) if "left out" in line]
    assert len(lost) == 1
    assert f"left out: {why}" in lost[0]
    assert lost[0].startswith("tickets.json:")
    case = imported.arena["tests"][0]
    assert case["skip"] == f"imported without {criterion['name']}"
    assert [one["type"] for one in case["assertions"]] == ["equals"]
    assert "1 of 2 assertions kept" in imported.findings.summary
    partly = convert(tmp_path, export, partial=True)
    assert "skip" not in partly.arena["tests"][0]


def test_models_that_grade_become_judges_with_their_labels_and_scores(tmp_path: Path) -> None:
    asked = [
        {"role": "developer", "content": "Is it kind?"},
        {"role": "user", "content": [{"type": "input_text", "text": "{{item.text}}: " + ANSWER}]},
    ]
    labels = {"type": "label_model", "name": "kind", "model": "o3", "input": asked}
    score = {"type": "score_model", "name": "score", "model": "o3", "input": asked, "range": [1, 5]}
    imported = convert(
        tmp_path,
        [
            an_eval(
                {**labels, "labels": ["yes", "no"], "passing_labels": ["yes"]},
                {**score, "pass_threshold": 4},
                {**score, "range": None, "pass_threshold": 0.75, "model": "gpt-4.1",
                 "sampling_params": {"temperature": 0.5, "max_completions_tokens": 40}},
            ),
            a_run(row()),
        ],
    )  # fmt: skip
    kind, five, tenth = imported.arena["tests"][0]["assertions"]
    assert kind == {
        "type": "llm_judge",
        "criteria": "Is it kind?\n\n{{ item.text }}: [the answer]",
        "rubric": [{"level": "yes", "score": 1.0}, {"level": "no", "score": 0.0}],
        "min_score": 1.0,
    }
    assert [one["level"] for one in five["rubric"]] == ["1", "2", "3", "4", "5"]
    assert five["min_score"] == five["rubric"][3]["score"] == 0.75
    assert [one["level"] for one in tenth["rubric"]][7:10] == ["0.7", "0.75", "0.8"]
    assert imported.arena["judge"] == {"provider": "openai", "model": "o3"}
    assert tenth["judge"] == {
        "provider": "openai",
        "model": "gpt-4.1",
        "params": {"temperature": 0.5, "max_completion_tokens": 40},
    }
    assert "3 of 3 assertions kept (0 exact, 3 alike)" in imported.findings.summary


def test_thresholds_that_are_nowhere_told_are_the_middle_and_are_told(tmp_path: Path) -> None:
    code = python("def grade(sample, item): return 1", pass_threshold=None)
    imported = convert(tmp_path, [an_eval(code), a_run(row())])
    assert told(imported) == [
        "tickets.json:31:4: alike: code: no pass_threshold, and what passes then is nowhere told\n"
        "  0.5 passes here"
    ]


def test_values_that_are_no_texts_are_told(tmp_path: Path) -> None:
    rows = [{"item": {"text": "x", "label": True}}, {"item": {"text": "y", "label": 3}}]
    imported = convert(tmp_path, [an_eval(check("eq")), a_run(*rows)])
    assert told(imported) == [
        "tickets.json:31:4: alike: by eq: item.label is no text in every row (True)\n"
        "  it reads as JSON here: true, lists with their brackets, null as nothing"
    ]


def test_tools_formats_and_unknown_parameters_of_a_run(tmp_path: Path) -> None:
    flat = {"type": "function", "name": "find", "parameters": {"type": "object"}}
    params = {
        "tools": [flat, {"type": "mcp", "headers": {"Authorization": "Bearer s3cret"}}],
        "text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}},
        "magic": "s3cret",
    }
    run = a_run(row(), type="responses", sampling_params=params)
    imported = convert(tmp_path, [an_eval(check("eq")), run])
    assert imported.arena["providers"][0]["params"] == {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "a", "schema": {"type": "object"}},
        }
    }
    tools = imported.arena["tests"][0]["tools"]
    assert [tool["function"]["name"] for tool in tools] == ["find"]
    assert [line.split(": ", 1)[1].partition("\n")[0] for line in told(imported)] == [
        "left out: a tool of the type 'mcp', which OpenAI runs",
        "left out: 'magic' of sampling_params",
    ]
    assert "s3cret" not in "".join([*told(imported), *imported.files.values()])
    assert "s3cret" not in json.dumps(imported.arena)


@pytest.mark.parametrize(
    ("asked", "item", "case"),
    [
        (
            {"type": "item_reference", "item_reference": "item.input"},
            {"input": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]},
            {"system": "{{ item.input[0].content }}", "prompt": "{{ item.input[1].content }}"},
        ),
        (
            {"type": "item_reference", "item_reference": "input"},
            {"input": [{"role": "user", "content": [{"type": "input_text", "text": "a"}]}]},
            {"prompt": "{{ item.input[0].content[0].text }}"},
        ),
        (
            {"type": "template", "template": [{"role": "user", "content": "{{item['a b'][0].c}}"}]},
            {"a b": [{"c": "x"}]},
            {"prompt": "{{ item['a b'][0].c }}"},
        ),
        (
            {
                "type": "template",
                "template": [
                    {"role": "user", "content": "Hi"},
                    {"role": "assistant", "content": "Yes?"},
                    {"role": "user", "content": "{{item.q}}"},
                ],
            },
            {"q": "Why?"},
            {
                "messages": [
                    {"role": "user", "content": "Hi"},
                    {"role": "assistant", "content": "Yes?"},
                    {"role": "user", "content": "{{ item.q }}"},
                ]
            },
        ),
        (None, {"messages": [{"role": "user", "content": "x"}]},
         {"prompt": "{{ item.messages[0].content }}"}),
        (None, {"what": {"a": 1}}, {"prompt": "{{ item }}"}),
    ],
)  # fmt: skip
def test_what_is_sent(tmp_path: Path, asked: Any, item: Any, case: dict[str, Any]) -> None:
    run = a_run({"item": item}, input_messages=asked)
    imported = convert(tmp_path, [an_eval(check("ne", reference="x")), run])
    made = imported.arena["tests"][0]
    assert {key: made[key] for key in ("system", "prompt", "messages") if key in made} == case


def test_messages_that_a_run_of_stored_completions_sent_are_sent(tmp_path: Path) -> None:
    sent = [{"role": "system", "content": "Be {{ brief }}"}, {"role": "user", "content": "Hi"}]
    item = output_item({"id": "chat-1"}, "Hello", input=sent)
    config = {"type": "stored_completions", "schema": {}, "metadata": {"use": "bot"}}
    stored = {"type": "stored_completions", "metadata": {"use": "bot"}}
    run = a_run(source=stored, input_messages=None, model=None)
    grader = check("like", reference="Hello")
    imported = convert(tmp_path, [an_eval(grader, data_source_config=config), run, item])
    case = imported.arena["tests"][0]
    assert case["system"] == "{{ sent[0].content }}"
    assert rows_of(imported, case["data"])[0]["sent"] == sent
    assert verdicts(tmp_path, imported) == {"Tickets 1": "passed"}


def test_the_command_writes_checks_and_says_how_it_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("whole.json").write_text(json.dumps([an_eval(check("eq")), a_run(row())]))
    Path("rows.jsonl").write_text(json.dumps(row()) + "\n")
    assert main(["import", "whole.json", "--check"]) == 0
    assert not Path("whole.arena.yaml").exists()
    assert main(["import", "whole.json"]) == 0
    assert yaml.safe_load(Path("whole.arena.yaml").read_text())["name"] == "Tickets"
    assert main(["validate", "whole.arena.yaml"]) == 0
    capsys.readouterr()
    assert main(["import", "rows.jsonl"]) == 2
    assert capsys.readouterr().out == (
        "rows.jsonl:1:1: rows of an eval without the eval\n"
        "  expected: an object with testing_criteria\n"
        "  fix: import the eval's own file: rows that lie beside it are found\n"
        "nothing was imported from rows.jsonl\n"
    )


def test_unknown_keys_and_targets_that_are_no_model_are_told(tmp_path: Path) -> None:
    target = {"type": "azure_ai_agent", "name": "desk"}
    run = a_run(row(), type="azure_ai_target_completions", model=None, target=target)
    flat = {**row()["item"], "sample.output_text": "other"}
    grader = {**check("eq"), "pass_treshold": 1}
    imported = convert(tmp_path, [an_eval(grader), run, output_item(flat, None)])
    assert [line.split(": ", 1)[1] for line in told(imported)] == [
        "alike: by eq: unknown key 'pass_treshold', which is not looked at",
        "left out: 'target' of a run's data_source\n"
        "  where it is what was asked: docs/your-application.md",
    ]
    assert verdicts(tmp_path, imported) == {"Tickets 1": "passed"}


def test_a_file_with_a_data_source_of_another_tool_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(ArenaFileError, match="this is no file of a known format"):
        convert(tmp_path, {"data_source": {"type": "postgres"}, "queries": []})


@pytest.mark.parametrize(
    ("criterion", "verdict"),
    [
        (check("eq", reference="{{ sample.output_json.kind }}"), "failed"),
        (check("eq", reference="{{ item.list }}"), "failed"),
        (check("eq", reference="{{ item.nothing }}"), "failed"),
        (check("like", reference="{{ item.map }}"), "failed"),
        (check("like", reference="{{ item.number }}"), "passed"),
        (similarity("bleu", "{{ item.list }}"), "failed"),
    ],
)
def test_values_of_every_kind_make_an_arena_that_loads(
    tmp_path: Path, criterion: dict[str, Any], verdict: str
) -> None:
    item = {"list": ["a", {"b": 1}], "map": {"k": [1]}, "nothing": None, "number": 42}
    template = [
        {"role": "system", "content": "{{item.map}}"},
        {"role": "user", "content": "{{item.list}}"},
    ]
    asked = {"type": "template", "template": template}
    said = [{"role": "user", "content": "{{item.map}}"}]
    labels = {"labels": ["a", "b"], "passing_labels": ["a"]}
    judged = {"type": "label_model", "name": "j", "model": "o3", "input": said, **labels}
    run = a_run({"item": item}, input_messages=asked)
    export = [an_eval(criterion), run, output_item(item, "it is 42")]
    assert list(verdicts(tmp_path, convert(tmp_path, export)).values()) == [verdict]
    made = convert(tmp_path, [an_eval(judged), run], "judged.json").arena["tests"][0]
    assert made["assertions"][0]["criteria"] == "{{ item.map }}\n"
    assert (made["system"], made["prompt"]) == ("{{ item.map }}\n", "{{ item.list }}\n")


def test_what_looks_like_a_key_is_not_copied(tmp_path: Path) -> None:
    key = "sk-proj-" + "aB3dE5gH7jK9mN1pQ3sT5vW7" * 2
    code = f"import os\nKEY = '{key}'\n\ndef grade(sample, item):\n    return 1.0\n"
    asked = {
        "type": "template",
        "template": [{"role": "user", "content": f"{{{{item.text}}}} {key}"}],
    }
    export = [an_eval(check("eq"), python(code)), a_run(row(), input_messages=asked)]
    imported = convert(tmp_path, export)
    assert [line.split(": ", 1)[1] for line in told(imported)] == [
        "left out: code: it holds what looks like a key\n  take it from os.environ",
        "left out: the prompt: it holds what looks like a key\n  write it without",
    ]
    assert key not in json.dumps(imported.arena) + "".join(imported.files.values())
    assert imported.arena["tests"][0]["skip"] == "imported without its prompt, code"


def test_answers_in_the_form_of_the_responses_api_and_beside_their_items(tmp_path: Path) -> None:
    rows = [row("a", sample={"output_text": "from the row"}), row("b"), row("c")]
    output = [
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "call_id": "c1", "name": "find", "arguments": '{"id": 7}'},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hi"}],
        },
    ]
    items = [
        output_item(rows[0]["item"], None, 0),
        output_item(rows[1]["item"], None, 1, output=output),
    ]
    imported = convert(tmp_path, [an_eval(check("ne")), a_run(*rows), items])
    answers = rows_of(imported, "tickets.arena.answers.jsonl")
    assert [one["output"] for one in answers] == ["from the row", "Hi"]
    assert answers[1]["tool_calls"] == [
        {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"id": 7}'}}
    ]
    assert list(verdicts(tmp_path, imported).values()) == ["passed", "passed", "error"]


def test_code_takes_the_place_of_no_file_that_is_there(tmp_path: Path) -> None:
    source = "def grade(sample, item):\n    return 1.0\n"
    (tmp_path / "tickets_graders.py").write_text("MINE = 1\n")
    (tmp_path / "tickets_grade_code.py").write_text("MINE = 2\n")
    imported = convert(tmp_path, [an_eval(python(source)), a_run(row())])
    assert {name for name in imported.files if name.endswith(".py")} == {
        "tickets_graders_imported.py", "tickets_grade_code_2.py",
    }  # fmt: skip
    write_files(tmp_path, imported.files)
    again = convert(tmp_path, [an_eval(python(source)), a_run(row())])
    assert again.files == imported.files


def test_graders_in_jsonl_are_counted_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    named = [{**check("eq"), "name": name} for name in ("a", "b")]
    path.write_text("".join(f"{json.dumps(one)}\n" for one in (an_eval(*named), a_run(row()))))
    source = read_source(path, tmp_path)
    imported = importer_of(source).convert(source)
    assert imported.findings.summary == "2 of 2 assertions kept (2 exact, 0 alike), 0 left out"


def test_tools_stay_with_the_runs_that_had_them(tmp_path: Path) -> None:
    def tools(name: str) -> dict[str, Any]:
        return {"tools": [{"type": "function", "function": {"name": name}}]}

    runs = [a_run(row(), name=name, sampling_params=tools(name)) for name in ("a", "b")]
    plain = [an_eval(check("eq"), id="e2"), {**a_run(row(), name="c"), "eval_id": "e2"}]
    imported = convert(tmp_path, [an_eval(check("eq")), *runs, *plain])
    first, second = imported.arena["tests"]
    assert [tool["function"]["name"] for tool in first["tools"]] == ["a"]
    assert "tools" not in second
    assert [line.split(": ", 1)[1] for line in told(imported)] == [
        "alike: its runs were offered different tools\n  those of the first are kept"
    ]


def test_a_grader_that_is_no_mapping_is_lost(tmp_path: Path) -> None:
    imported = convert(tmp_path, [an_eval(check("eq"), "x"), a_run(row())])
    assert imported.arena["tests"][0]["skip"] == "imported without a grader"
    assert imported.findings.summary == "1 of 2 assertions kept (1 exact, 0 alike), 1 left out"


def test_what_stands_beside_an_eval_or_a_run_is_of_it(tmp_path: Path) -> None:
    bare = ("eval_id", "run_id", "id")
    run, item = a_run(row()), output_item(row()["item"], "other")
    run = {key: value for key, value in run.items() if key not in ("eval_id", "id")}
    item = {key: value for key, value in item.items() if key not in bare}
    whole = [
        {"eval": an_eval(check("eq"), id=name, name=name),
         "runs": [{"run": run | {"name": name}, "items": {"object": "list", "data": [item]}}]}
        for name in ("one", "two")
    ]  # fmt: skip
    stray = {**a_run(row(), name="Stray"), "eval_id": "gone"}
    imported = convert(tmp_path, {"evals": {"all": whole}, "more": [stray]})
    assert [line.split(": ", 1)[1] for line in told(imported)] == [
        "left out: the run run_Stray, whose eval is not here\n  put the eval's export beside it"
    ]
    assert verdicts(tmp_path, imported) == {"one 1": "passed", "two 2": "passed"}


def test_judged_graders_hold_fail_and_err_by_what_the_judge_says(tmp_path: Path) -> None:
    said = [{"role": "user", "content": f"Is {ANSWER} kind to {{{{ item.text }}}}?"}]
    tone = [{"role": "system", "content": "By its tone."}, *said]
    label = {"type": "label_model", "name": "kind", "model": "o3", "input": tone,
             "labels": ["warm", "cold"], "passing_labels": ["warm"]}  # fmt: skip
    score = {"type": "score_model", "name": "how", "model": "o3", "input": said,
             "range": [1, 5], "pass_threshold": 4}  # fmt: skip
    rows = [row(text) for text in ("four", "three", "neither")]
    items = [output_item(one["item"], f"Hi {one['item']['text']}", n) for n, one in enumerate(rows)]
    evals, runs = [], []
    for name, grader in (("label", label), ("score", score)):
        evals.append(an_eval(grader, id=name, name=name))
        own = [{**item, "eval_id": name, "run_id": f"run_{name}"} for item in items]
        runs.append({**a_run(*rows, name=name), "eval_id": name, "output_items": own})
    imported = convert(tmp_path, [evals, runs])
    reply = {"evidence": ["Hi"], "reasoning": "So it is."}
    levels = {"label": {"four": "warm", "three": "cold"}, "score": {"four": "4", "three": "3"}}
    patterns = [
        {
            "match": f"(?=[\\s\\S]*{named})(?=[\\s\\S]*Hi {text})",
            "answer": json.dumps({**reply, "level": level}),
        }
        for named, kind in (("By its tone", "label"), ("", "score"))
        for text, level in levels[kind].items()
    ]
    imported.arena["judge"] = {
        "provider": "mock",
        "responses": {"patterns": patterns, "default": "I cannot say."},
    }
    assert verdicts(tmp_path, imported) == {
        "label 1": "passed", "label 2": "failed", "label 3": "error",
        "score 4": "passed", "score 5": "failed", "score 6": "error",
    }  # fmt: skip
