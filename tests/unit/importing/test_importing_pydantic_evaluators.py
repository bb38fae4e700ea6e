"""Evaluators of pydantic_evals: the same verdict as there, in all forms of writing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_arena import run_arena
from pytest_arena.importing import Imported, read_source
from pytest_arena.importing.arena_writer import arena_text
from pytest_arena.importing.known import importer_of


def convert(folder: Path, evaluators: list[Any], **case: Any) -> Imported:
    case = {"name": "one", "inputs": "x", **case}
    return converted(folder, {"cases": [case], "evaluators": evaluators})


def converted(folder: Path, content: Any) -> Imported:
    path = folder / "set.json"
    path.write_text(json.dumps(content))
    source = read_source(path, folder)
    return importer_of(source).convert(source)


# evaluator, the task's output (as JSON where it is no text), what pydantic_evals 2.62 says of it
VERDICTS: list[tuple[Any, str, bool]] = [
    ({"Equals": "Paris"}, "Paris", True),
    ({"Equals": "Paris"}, "paris", False),
    ({"Equals": {"value": "Paris"}}, "Paris\n", False),
    ({"Equals": "It's"}, "It’s", False),
    ({"Equals": "a b"}, "a\u00a0b", False),
    ({"Equals": "a.b"}, "acb", False),
    ({"Equals": "{{ x }}"}, "{{ x }}", True),
    ({"Equals": 42}, "42", True),
    ({"Equals": {"value": {"a": [1]}}}, '{"a": [1]}', True),
    ({"Equals": {"value": [1, 2]}}, "[2, 1]", False),
    ({"name": "Equals", "arguments": ["Paris"]}, "Paris", True),
    ({"name": "Equals", "arguments": {"value": "Paris"}}, "Rome", False),
    ({"Contains": "Paris"}, "It is Paris.", True),
    ({"Contains": "paris"}, "It is Paris.", False),
    ({"Contains": {"value": "paris", "case_sensitive": False}}, "It is Paris.", True),
    ({"Contains": {"value": "x-y"}}, "x–y", False),
    ({"Contains": {"value": "a*b"}}, "so a*b is", True),
    ({"Contains": {"value": 42, "as_strings": True}}, "it is 42", True),
    ({"Contains": {"value": 2}}, "[1, 2]", True),
    ({"Contains": {"value": {"a": 1}}}, '{"a": 1, "b": 2}', True),
    ({"Contains": {"value": {"a": 1}}}, '{"a": 2}', False),
    ({"IsInstance": "str"}, "text", True),
    ({"IsInstance": {"type_name": "dict"}}, '{"a": 1}', True),
    ({"IsInstance": {"type_name": "list"}}, '{"a": 1}', False),
    ({"MaxDuration": 60}, "text", True),
    ({"MaxDuration": {"seconds": "PT1M"}}, "text", True),
]


def test_the_verdicts_are_those_of_pydantic_evals(tmp_path: Path) -> None:
    cases = [
        {"name": f"case {number}", "inputs": "x", "evaluators": [evaluator]}
        for number, (evaluator, _, _) in enumerate(VERDICTS)
    ]
    imported = converted(tmp_path, {"cases": cases})
    rows = [
        {"case": f"case {number}", "output": output, "latency_ms": 5}
        for number, (_, output, _) in enumerate(VERDICTS)
    ]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    answers = [{"name": "a", "provider": "outputs", "path": "rows.json"}]
    arena = {**imported.arena, "providers": answers}
    (tmp_path / "set.arena.yaml").write_text(arena_text(arena, "made"))
    run = run_arena(tmp_path / "set.arena.yaml")
    assert [cell.verdict for cell in run.cells] == [
        "passed" if held else "failed" for _, _, held in VERDICTS
    ]


def test_what_is_expected_is_compared_where_there_is_something(tmp_path: Path) -> None:
    made = convert(tmp_path, ["EqualsExpected"], expected_output="Paris")
    assert made.arena["tests"][0]["assertions"] == [{"type": "matches", "pattern": r"\AParis\Z"}]
    nothing = convert(tmp_path, ["EqualsExpected"])
    assert nothing.arena["tests"][0]["assertions"] == [{"type": "success"}]
    assert "cases that nothing judges" in "\n".join(map(str, nothing.findings))


def test_a_judge_is_asked_by_the_rubric_and_the_model_that_is_named(tmp_path: Path) -> None:
    evaluator = {
        "LLMJudge": {
            "rubric": "Is kind",
            "include_expected_output": True,
            "model": "google-gla:gemini-3-flash",
            "model_settings": {"temperature": 0.2, "extra_headers": {"x-api-key": "k"}},
        }
    }
    made = convert(tmp_path, [evaluator, {"LLMJudge": "Is short"}], expected_output="Hi")
    first, second = made.arena["tests"][0]["assertions"]
    assert first["criteria"] == "Is kind\nThe expected output is: Hi"
    assert first["judge"] == {
        "provider": "gemini",
        "model": "gemini-3-flash",
        "params": {"temperature": 0.2},
    }
    assert second == {"type": "llm_judge", "criteria": "Is short"}
    assert made.arena["judge"] == {"provider": "openai", "model": "gpt-5.2"}


def test_a_score_without_a_verdict_cannot_fail_here_either(tmp_path: Path) -> None:
    evaluator = {"LLMJudge": {"rubric": "Is kind", "score": {}, "assertion": False}}
    made = convert(tmp_path, [evaluator])
    assert made.arena["tests"][0]["assertions"] == [
        {"type": "llm_judge", "criteria": "Is kind", "weight": 0},
        {"type": "success"},
    ]


@pytest.mark.parametrize(
    ("evaluator", "made"),
    [
        (
            {"HasMatchingSpan": {"query": {"name_contains": "find"}}},
            [{"type": "span_count", "name": "*find*", "min": 1}],
        ),
        (
            {"ToolCorrectness": {"expected_tools": ["a", "b"]}},
            [
                {"type": "tools_called", "tools": ["a", "b"]},
                {"type": "tool_call_count", "max": 2},
            ],
        ),
        (
            {"ArgumentCorrectness": {"tool_name": "a", "expected_arguments": {"x": 1}}},
            [{"type": "tool_args", "tool": "a", "call": 1, "contains": {"x": 1}}],
        ),
        ({"MaxToolCalls": 3}, [{"type": "tool_call_count", "max": 3}]),
        ({"MaxModelRequests": {"max_requests": 2}}, [{"type": "llm_turns", "max": 2}]),
    ],
)
def test_what_agents_do_is_looked_at(tmp_path: Path, evaluator: Any, made: list[Any]) -> None:
    assert convert(tmp_path, [evaluator]).arena["tests"][0]["assertions"] == made


@pytest.mark.parametrize(
    ("evaluator", "why"),
    [
        ("OurOwn", "OurOwn: no evaluator of pydantic_evals's own"),
        ({"Contians": "x"}, "did you mean 'Contains'?"),
        ({"Equals": {"valeu": 1}}, "it takes no 'valeu'"),
        ("Equals", "it has no 'value', which it needs"),
        ({"IsInstance": "Ticket"}, "Ticket is a class of the task's code"),
        ({"HasMatchingSpan": {"query": {"has_status": "error"}}}, "not by has_status"),
        ({"MaxDuration": 0}, "nothing is within 0 seconds"),
        ({"Equals": 1, "Contains": 2}, "a mapping of several keys"),
        (7, "neither a name nor a mapping"),
    ],
)
def test_what_cannot_be_kept_is_told_and_its_case_not_run(
    tmp_path: Path, evaluator: Any, why: str
) -> None:
    made = convert(tmp_path, [evaluator])
    assert why in "\n".join(map(str, made.findings))
    assert "imported without" in made.arena["tests"][0]["skip"]


def test_all_cases_have_the_evaluators_of_the_set_before_their_own(tmp_path: Path) -> None:
    case = {"inputs": "x", "evaluators": [{"Contains": "b"}]}
    made = converted(tmp_path, {"cases": [case], "evaluators": [{"Contains": "a"}]})
    values = [one["value"] for one in made.arena["tests"][0]["assertions"]]
    assert values == ["a", "b"]
    assert made.findings.summary == "2 of 2 assertions kept (2 exact, 0 alike), 0 left out"
