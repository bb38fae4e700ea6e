"""What every assertion that ships must be: documented, buildable, strict, and round-trip safe."""

from __future__ import annotations

import inspect
import pickle
import re
import textwrap
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from pytest_arena.assertions import BUILTINS
from pytest_arena.assertions.evaluate import evaluate, evaluate_cell
from pytest_arena.assertions.text import Contains
from pytest_arena.registry import Registry, Shipped
from pytest_arena.schema import Assertion, CellAssertion, CheckContext
from pytest_arena.schema.describing import described_fields

CLASSES: list[type[Assertion]] = [shipped.load() for shipped in BUILTINS]
every = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.type)

BAD = {
    "any_of": [{"assertions": []}, {}],
    "all_of": [{"assertions": []}, {}],
    "asked_before": [
        {"tools": 3},
        {"covers": "ever"},
        {"question": "("},
        {"agreement": "*"},
        {"mentions": "amount"},
    ],
    "avg_response_time": [{"max_ms": 0}, {"max_ms": "fast"}, {}],
    "banned_words": [{"words": []}, {"words": "hack"}, {}],
    "bleu": [{"value": "x", "min_score": 2}, {"value": ""}, {}],
    "chrf": [{"value": "x", "min_score": 0}, {}],
    "consistency": [{"min_similarity": 1.5}, {}],
    "contains": [{}, {"value": ""}, {"value": 42}, {"values": []}, {"values": "x"}],
    "contains_all": [{}, {"values": []}, {"values": [""]}],
    "contains_any": [{}, {"values": "x"}],
    "content_filter": [{"expected": "perhaps"}],
    "contains_json": [{"schema": {"type": "objekt"}}, {"schema": 3}],
    "content_excludes": [{}, {"patterns": []}],
    "context_aware": [{"expected": "perhaps"}],
    "cost": [{}, {"max_usd": -1}],
    "ends_with": [{}, {"value": ""}],
    "equals": [{}, {"value": 3}, {"value": "x", "exact": True, "fold": True}],
    "error_rate": [{}, {"max": 2}],
    "finish_reason": [{}, {"value": ""}],
    "first_token": [{}, {"max_ms": -5}],
    "handoff": [{"to": 3}, {"mode": "any"}, {"from": ""}, {"turn": 0}],
    "is_json": [{"extract": "perhaps"}],
    "is_sql": [{"dialect": "postgress"}],
    "is_xml": [{"extract": "perhaps"}],
    "javascript": [{}, {"code": ""}, {"code": "return 1"}, {"code": "1", "function": "f"}],
    "json_path": [{}, {"path": "a["}, {"path": "a", "min": "x"}],
    "json_schema": [{}, {"schema": {"type": "objekt"}}, {"schema": "x"}],
    "label": [{}, {"value": ""}, {"value": ["a"]}, {"value": "a", "predicted": {}}],
    "language": [{}, {"value": "english"}, {"value": []}],
    "length": [{}, {"min": 5, "max": 2}],
    "levenshtein": [{}, {"value": "x"}, {"value": "x", "max_distance": -1}],
    "matches": [{}, {"pattern": "(a"}, {"pattern": "*"}],
    "max_length": [{}, {"value": -1}, {"value": "long"}],
    "max_sentences": [{}, {"value": -1}],
    "max_words": [{}, {"value": 1.5}],
    "min_length": [{}, {"value": 0}],
    "min_sentences": [{}, {"value": 0}],
    "min_words": [{}, {"value": 0}],
    "not_contains": [{}, {"value": ""}],
    "not_matches": [{}, {"pattern": "[a"}],
    "p50_latency": [{}, {"max_ms": 0}],
    "p95_latency": [{}, {"max_ms": 0}],
    "p99_latency": [{}, {"max_ms": 0}],
    "pii_leakage": [{"entities": []}, {"entities": ["name"]}],
    "profanity": [{"min_severity": "rude"}, {"words": ["*"]}],
    "prompt_injection": [{"sensitivity": 0}],
    "prompt_leak": [{"canary": ["abc"]}, {"min_words": 1}],
    "python": [{}, {"call": "module"}, {"call": "../evil:f"}, {"call": "a:b()"}],
    "refusal": [{"expected": "perhaps"}],
    "relevance": [{"min_score": 3}],
    "response_time": [{}, {"max_ms": "3s"}],
    "rouge": [{}, {"value": "你好"}, {"value": "x", "variant": "rouge9"}],
    "secrets": [{"assigned": "perhaps"}],
    "semantic_equals": [{}, {"value": ""}, {"value": "x", "min_similarity": 2}],
    "similar": [{}, {"value": "x", "values": ["y"]}, {"value": "x", "min_similarity": 0}],
    "sentiment": [{}, {"range": [1]}, {"range": "cheerful"}],
    "starts_with": [{}, {"value": ""}],
    "state_equals": [{}, {"path": "a["}, {"schema": {"type": "objekt"}}, {"value": 1, "turn": 0}],
    "success": [{"expected": "perhaps"}],
    "success_rate": [{}, {"min": 2}],
    "token_count": [{}, {"max": 3, "min": 9}, {"max": 3, "kind": "both"}],
    "tokens_used": [{}, {"max": -1}],
    "tone": [
        {},
        {"value": ""},
        {"value": "witty", "relative_to": "baseline"},
        {"value": "polite", "relative_to": "baseline", "not": True},
        {"value": "polite", "relative_to": "baseline", "threshold": 0.5},
        {"value": "polite", "on_unsure": "ignore"},
    ],
    "no_tool_errors": [{"turn": 0}, {"tools": [""]}],
    "no_error_spans": [{"turn": 0}, {"name": ""}],
    "span_count": [{}, {"max": -1}, {"min": 3, "max": 2}],
    "span_duration": [{}, {"max_ms": 0}],
    "tool_args": [
        {"contains": {}},
        {"tool": "a"},
        {"tool": "a", "path": "b", "call": "first"},
        {"tool": "a", "path": "b["},
        {"tool": "a", "schema": {"type": "objekt"}},
        {"tool": "a", "matches": "(a"},
    ],
    "tool_call_count": [{}, {"min": 3, "max": 2}, {"max": -1}, {"tool": "", "max": 1}],
    "tool_call_f1": [{}, {"tools": []}],
    "tool_call_sequence": [{}, {"sequence": []}],
    "tool_efficiency": [{}, {"max_error_rate": 2}],
    "tool_no_repeat": [{"max_repeats": 0}, {"compare": "name"}],
    "tool_result_includes": [{}, {"patterns": []}, {"patterns": ["a"], "occurrence": 0}],
    "tool_result_matches": [{}, {"pattern": "(a"}],
    "tools_called": [{}, {"tools": []}, {"tools": "a", "min_calls": 3, "max_calls": 2}],
    "tools_not_called": [{}, {"tools": []}],
    "valid_tool_calls": [{"tools": ["a"]}],
    "no_anomaly": [
        {"anomalies": []},
        {"anomalies": ["bored"]},
        {"stuck_threshold": 1},
        {"loop_window": 6, "loop_min_repeats": 4},
        {"error_rate_threshold": 0},
        {"within": "case"},
    ],
    "trajectory": [
        {},
        {"steps": []},
        {"steps": [3]},
        {"steps": ["a"], "mode": "roughly"},
        {"steps": [{"arguments": {}}]},
        {"steps": [{"tool": "a", "matches": {"b": "(c"}}]},
        {"steps": [{"tool": "a", "surprise": 1}]},
    ],
    "step_efficiency": [{}, {"reference": []}, {"reference": ["a"], "min_score": 2}],
    "llm_turns": [{}, {"min": 3, "max": 2}, {"max": 1.5}],
    "step_output": [
        {"step": 1},
        {"step": 1, "assertions": []},
        *(
            {"step": step, "assertions": [Contains(value="a")]}
            for step in (0, -1, True, 1.5, "", "  ", [1], None)
        ),
    ],
    "state_is": [{}, {"state": ""}],
    "transitioned_to": [{}, {"state": 3}],
    "workflow_complete": [{"turn": 0}],
    "workflow_path": [{}, {"path": []}, {"path": ["a"], "match": "roughly"}],
    "transition_order": [{}, {"states": []}],
    "turn_count": [{}, {"min": 3, "max": 2}, {"max": -1}],
    "topics": [{}, {"forbidden": {"medicine": []}}],
    "total_cost": [{}, {"max_usd": -1}],
    "validation_error": [{"direction": "sideways"}, {"validator": ""}],
    "answer_relevance": [{"min_score": 2}],
    "bias": [{"min_score": -1}],
    "context_precision": [{"min_score": 2}, {"context": 3}, {"reference": ""}],
    "context_recall": [{}, {"reference": ""}],
    "context_relevance": [{"context": 3}],
    "factuality": [{}, {"reference": ""}, {"reference": "x", "min_score": 2}],
    "faithfulness": [{"min_score": 2}, {"context": 3}],
    "hallucination": [{"min_score": 2}],
    "judge_conversation": [{}, {"criteria": ""}],
    "llm_judge": [
        {},
        {"criteria": ""},
        {"criteria": "x", "rubric": [{"level": "a", "score": 1}]},
        {"criteria": "x", "rubric": [{"level": "a", "score": 2}]},
        {"criteria": "x", "judge": "grader"},
    ],
    "role_violation": [{"role": ""}],
    "mission": [
        {},
        {"objective": ""},
        {"objective": "x", "success_check": "no function"},
        {"objective": "x", "success_criteria": [""]},
        {"objective": "x", "confidence_threshold": 70},
    ],
    "goal_reached": [{}, {"goal": ""}, {"goal": []}, {"goal": "x", "min_score": 2}],
    "trajectory_judge": [{"criteria": ""}, {"min_score": "high"}],
    "persona_kept": [{"persona": ""}, {"min_score": -1}],
    "plan_adherence": [{"plan": ""}, {"plan": []}, {"plan": ["a", 3]}],
    "toxicity": [{"min_score": 2}],
    "deepeval": [
        {},
        {"metric": "AnswerRelevancy"},
        {"metric": "GEval", "params": {"criterion": "x"}},
        {"metric": "ExactMatchMetric", "threshold": 2},
        {"metric": "DAGMetric"},
    ],
    "pydantic_evals": [
        {},
        {"evaluator": "Contians"},
        {"evaluator": "Contains"},
        {"evaluator": "Equals", "params": {"value": 1, "valeu": 2}},
        {"evaluator": "HasMatchingSpan", "params": {"query": {}}},
    ],
    "autoevals": [
        {},
        {"scorer": "Levenstein"},
        {"scorer": "Levenshtein"},
        {"scorer": "ClosedQA", "params": {"criterion": "x"}},
        {"scorer": "Moderation"},
    ],
    "preferred_over": [{}, {"provider": ""}, {"provider": "a", "baseline": True}],
}


def example(cls: type[Assertion]) -> dict[str, Any]:
    blocks = re.findall(r"(?:^ {4}.*\n?)+", inspect.getdoc(cls) or "", re.MULTILINE)
    assert len(blocks) == 1, "one YAML example"
    entries = yaml.safe_load(textwrap.dedent(blocks[0]))
    assert isinstance(entries, list)
    assert len(entries) == 1
    return dict(entries[0])


@pytest.fixture
def example_of(cls: type[Assertion], build: Any) -> Assertion:
    built = build(yaml.safe_dump(example(cls)))
    assert type(built) is cls
    return built  # type: ignore[no-any-return]


@every
def test_the_docstring_is_a_reference_page(cls: type[Assertion]) -> None:
    doc = inspect.getdoc(cls) or ""
    first, *rest = doc.split("\n\n")
    assert first.endswith(".")
    assert first.startswith("Holds when ")
    assert rest[-1].startswith("Error: ")
    assert example(cls)["type"] == cls.type


@every
def test_its_bad_parameters_have_a_row(cls: type[Assertion]) -> None:
    assert cls.type in BAD, f"give {cls.type!r} a row in BAD of this file: what it must refuse"


@every
def test_every_field_is_described(cls: type[Assertion]) -> None:
    assert all(field.description for field in described_fields(cls).values())


@every
def test_the_example_survives_json_and_pickle(cls: type[Assertion], example_of: Assertion) -> None:
    dumped = example_of.model_dump_json(by_alias=True, exclude_unset=True)
    if example_of.members:
        assert '"value":"' in dumped  # the members' own keys are there, too
    else:
        assert cls.model_validate_json(dumped) == example_of
    assert pickle.loads(pickle.dumps(example_of)) == example_of


@every
def test_an_unknown_key_is_refused(cls: type[Assertion], example_of: Assertion) -> None:
    given = {name: getattr(example_of, name) for name in example_of.model_fields_set}
    with pytest.raises(ValidationError) as caught:
        cls.model_validate({**given, "surprise": 1})
    assert [(e["loc"], e["type"]) for e in caught.value.errors()] == [
        (("surprise",), "extra_forbidden")
    ]


@pytest.mark.parametrize(
    ("cls", "bad"), [(cls, bad) for cls in CLASSES for bad in BAD.get(cls.type, ())], ids=str
)
def test_a_bad_parameter_is_refused(cls: type[Assertion], bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        cls.model_validate(bad)
    assert len(caught.value.errors()) == 1


@every
@pytest.mark.parametrize("answer", ["", "x" * 200_000, "\x00\x1b]0;x\x07\u202e", "['" * 5_000])
def test_any_answer_gets_a_finding(
    cls: type[Assertion], example_of: Assertion, answer: str, trial: Any
) -> None:
    given = trial(answer)
    context = CheckContext()
    if isinstance(example_of, CellAssertion):
        finding = evaluate_cell(example_of, (given, given), context)
    else:
        finding = evaluate(example_of, given, context)
    assert finding.type == cls.type
    assert finding.reason
    assert len(finding.reason) < 1_000
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", finding.reason)
    assert finding.score is None or 0 <= finding.score <= 1


def test_all_names_and_aliases_register_side_by_side() -> None:
    registry = Registry()
    registry.assertions.ship(BUILTINS)
    assert set(BAD) == set(registry.assertions)
    known = {
        "content_includes": "contains",
        "content_includes_any": "contains_any",
        "content_matches": "matches",
        "content_not_includes": "not_contains",
        "is_valid_json": "is_json",
        "answer_relevancy": "answer_relevance",
        "context_faithfulness": "faithfulness",
        "context_relevancy": "context_relevance",
        "groundedness": "faithfulness",
        "latency": "response_time",
        "llm_judge_conversation": "judge_conversation",
        "llm_rubric": "llm_judge",
        "guardrail_triggered": "validation_error",
        "is-valid-function-call": "valid_tool_calls",
        "is-valid-openai-function-call": "valid_tool_calls",
        "is-valid-openai-tools-call": "valid_tool_calls",
        "tool-call-f1": "tool_call_f1",
        "tool_called": "tools_called",
        "tool_calls_with_args": "tool_args",
    }
    for alias, name in known.items():
        found = registry.assertions.get(alias)
        assert found is not None
        assert found.type == name


@pytest.mark.parametrize("shipped", BUILTINS, ids=lambda shipped: shipped.name)
def test_what_ships_is_named_as_its_class_names_itself(shipped: Shipped) -> None:
    cls = shipped.load()
    assert (shipped.name, shipped.aliases) == (cls.type, cls.aliases)


def test_importing_the_assertions_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    heavy = "regex jsonschema sqlglot rapidfuzz jmespath litellm pandas jinja2"
    code = (
        "import sys, pytest_arena.assertions.evaluate, pytest_arena.guardrails\n"
        f"print([m for m in {heavy!r}.split() if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
