"""Assertions of PromptArena's scenarios, and what an arena checks for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_arena.builtins import register
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.check_base import Around
from pytest_arena.loading.dialects.promptarena.check_kinds import KINDS
from pytest_arena.loading.dialects.promptarena.checks import Checks
from pytest_arena.loading.dialects.promptarena.go_regex import UnreadableError, from_go
from pytest_arena.loading.dialects.promptarena.judged_kinds import JUDGED, NEEDS
from pytest_arena.loading.tree import plain
from pytest_arena.loading.yaml_reader import read_yaml
from pytest_arena.registry import Registry
from pytest_arena.text.regex import search

AROUND = Around(
    {"strict": "gpt"},
    ({"type": "banned_words", "params": {"words": ["x"], "case_sensitive": True}},),
    in_workflow=True,
    servers=("kb",),
)


def read(
    kind: str, params: dict[str, Any] | None = None, *, of_all: bool = False, **entry: Any
) -> tuple[list[dict[str, Any]], Checks, LoadContext]:
    """Return what an assertion becomes, and what is found meanwhile."""
    context = LoadContext(Path(), Registry(), files=["s.yaml"])
    written = {"type": kind, **({} if params is None else {"params": params}), **entry}
    text = yaml.safe_dump({"assertions": [written]}, sort_keys=False)
    tree = read_yaml(text.encode(), context.files, context.problems)
    checks = Checks(AROUND, (), context)
    read_them = checks.of_conversation if of_all else checks.of
    return [plain(one) for one in read_them(tree, "assertions", "turn 1")], checks, context


def made(kind: str, params: dict[str, Any] | None = None, **entry: Any) -> list[dict[str, Any]]:
    found, _, context = read(kind, params, **entry)
    assert not list(context.problems)
    return found


HAS_A = {"path": '{"a": contains(keys(@), `"a"`)}', "equals": {"a": True}}
BY_TEXT = {
    "path": '{"b": to_string("b"), "a": contains(keys(@), `"a"`)}',
    "equals": {"b": "1", "a": True},
}
IS_1 = {"path": '{"a": to_string("a")}', "equals": {"a": "1"}}
LIMITS = {"type": "token_count", "kind": "total", "max": 9}


@pytest.mark.parametrize(
    ("kind", "params", "expected"),
    [
        (
            "contains",
            {"patterns": "a", "case_sensitive": True},
            [{"type": "contains_all", "values": ["a"], "case_sensitive": True}],
        ),
        (
            "content_includes_any",
            {"patterns": ["a", 2]},
            [{"type": "content_excludes", "values": ["a", "2"], "look_at": "text", "not": True}],
        ),
        (
            "content_not_includes",
            {"patterns": ["a"]},
            [{"type": "content_excludes", "values": ["a"], "look_at": "text"}],
        ),
        (
            "content_excludes",
            {"patterns": ["a"], "match_mode": "word_boundary"},
            [{"type": "banned_words", "words": ["a"], "look_at": "text"}],
        ),
        (
            "banned_words",
            {"words": ["a.b"], "case_sensitive": True},
            [{"type": "not_matches", "pattern": r"\b(?:a\.b)\b", "look_at": "text"}],
        ),
        ("content_matches", {"pattern": r"^\d$"}, [{"type": "matches", "pattern": r"^[0-9]\Z"}]),
        ("min_length", {"min_characters": 3}, [{"type": "min_length", "value": 3}]),
        (
            "length",
            {"max_characters": 9, "max_tokens": 2},
            [{"type": "max_length", "value": 9}, {"type": "max_length", "value": 8}],
        ),
        ("sentence_count", {"max": 2}, [{"type": "max_sentences", "value": 2}]),
        (
            "field_presence",
            {"fields": ["id"]},
            [{"type": "contains_all", "values": ["id"], "case_sensitive": True}],
        ),
        ("is_valid_json", None, [{"type": "is_json", "extract": False}]),
        ("is_valid_json", {"allow_wrapped": True}, [{"type": "is_json", "extract": True}]),
        (
            "json_path",
            {"jmespath_expression": "$.a", "expected": 1, "contains": ["x"], "min_results": 2},
            [
                {"type": "json_path", "path": "a", "extract": False, "equals": 1},
                {"type": "json_path", "path": "a", "extract": False, "contains": "x"},
                {"type": "json_path", "path": "length(a)", "extract": False, "min": 2},
            ],
        ),
        (
            "tools_called",
            {"tools": ["t"], "min_calls": 2},
            [{"type": "tools_called", "tools": ["t"], "min_calls": 2}],
        ),
        (
            "tool_args",
            {"tool_name": "t", "expected_args": {"b": 1, "a": None}},
            [{"type": "tool_args", "tool": "t", "call": "any", **BY_TEXT}],
        ),
        (
            "tool_args_session",
            {"tool_name": "t", "expected_args": {"a": "x"}},
            [{"type": "tool_args", "tool": "t", "call": "any", "contains": {"a": "x"}}],
        ),
        (
            "tool_calls_with_args",
            {"tool": "t", "required_args": ["a"], "args_match": {"b": r"^\d$"}},
            [
                {"type": "tool_args", "tool": "t", "call": "all", **HAS_A},
                {
                    "type": "tool_args",
                    "tool": "t",
                    "call": "all",
                    "path": '"b"',
                    "matches": r"^[0-9]\Z",
                },
            ],
        ),
        (
            "tools_not_called_with_args",
            {"tool_name": "t", "excluded_args": {"a": 1}},
            [
                {
                    "type": "any_of",
                    "assertions": [
                        {"type": "tools_not_called", "tools": "t"},
                        {"type": "tool_args", "tool": "t", **IS_1, "not": True},
                    ],
                }
            ],
        ),
        (
            "tool_call_count",
            {"tool": "t", "min": 0, "max": 2},
            [{"type": "tool_call_count", "tool": "t", "max": 2}],
        ),
        ("tool_call_count", {"count": 2}, [{"type": "tool_call_count", "min": 2, "max": 2}]),
        (
            "tool_call_chain",
            {"steps": [{"tool": "a", "result_includes": "x"}, "b"]},
            [
                {"type": "tool_call_sequence", "sequence": ["a", "b"]},
                {"type": "tool_result_includes", "tool": "a", "patterns": ["x"]},
            ],
        ),
        (
            "tool_anti_pattern",
            {"patterns": [{"sequence": ["a", "b"], "message": "m"}]},
            [{"type": "tool_call_sequence", "sequence": ["a", "b"], "not": True}],
        ),
        (
            "tool_no_repeat",
            {"max_repeats": 2},
            [{"type": "tool_no_repeat", "max_repeats": 2, "compare": "tool", "consecutive": True}],
        ),
        ("no_tool_errors", None, [{"type": "no_tool_errors"}]),
        (
            "tool_call_sequence",
            {"sequence": ["mcp__kb__find", "mcp__other__find"]},
            [{"type": "tool_call_sequence", "sequence": ["find", "mcp__other__find"]}],
        ),
        (
            "tool_result_matches",
            {"tool": "t", "pattern": "a$", "occurrence": 2},
            [{"type": "tool_result_matches", "tool": "t", "pattern": r"a\Z", "occurrence": 2}],
        ),
        ("state_is", {"state": "s"}, [{"type": "state_is", "state": "s"}]),
        (
            "workflow_transition_order",
            {"sequence": ["a", "b"]},
            [{"type": "transition_order", "states": ["a", "b"]}],
        ),
        ("latency_budget", {"max_ms": 5}, [{"type": "response_time", "max_ms": 5}]),
        (
            "cost_budget",
            {"max_cost_usd": 0.1, "max_total_tokens": 9},
            [{"type": "cost", "max_usd": 0.1}, LIMITS],
        ),
        (
            "guardrail_triggered",
            {"validator_type": "banned_words", "should_trigger": False},
            [{"type": "validation_error", "validator": "forbidden_pattern", "expected": False}],
        ),
        (
            "llm_judge",
            {"criteria": "Kind?", "rubric": "Be strict.", "judge": "strict", "min_score": 0.7},
            [
                {
                    "type": "llm_judge",
                    "criteria": "Kind?\nBe strict.",
                    "judge": "gpt",
                    "min_score": 0.7,
                }
            ],
        ),
        (
            "llm_judge_session",
            {"criteria": "Kind?"},
            [{"type": "judge_conversation", "criteria": "Kind?", "min_score": 1.0}],
        ),
        (
            "faithfulness",
            {"context": "a text", "min_score": 0.5},
            [{"type": "faithfulness", "context": ["a text"], "min_score": 0.5}],
        ),
        ("pii_leakage", None, [{"type": "pii_leakage", "look_at": "text"}]),
    ],
)
def test_each_assertion_is_checked_as_it_is_meant(
    kind: str, params: dict[str, Any] | None, expected: list[dict[str, Any]]
) -> None:
    assert made(kind, params) == expected


@pytest.mark.parametrize(
    ("kind", "params", "expected"),
    [
        ("contains", {"patterns": ["a"], "max_score": 0}, {"type": "contains_all", "not": True}),
        ("contains", {"patterns": ["a"], "min_score": 1}, {"type": "contains_all"}),
        ("contains", {"patterns": ["a"], "min_score": 0}, {"type": "contains_all", "weight": 0}),
        ("json_path", {"path": "a", "contains": ["x", "y"], "max_score": 0}, {"type": "all_of"}),
        (
            "llm_judge",
            {"criteria": "Rude?", "max_score": 0.4},
            {"type": "llm_judge", "min_score": 0.4, "not": True},
        ),
        ("llm_judge", {"criteria": "Rude?", "min_score": 0}, {"type": "llm_judge", "weight": 0}),
    ],
)
def test_bounds_on_a_score_hold_with_and_without_the_wrapper(
    kind: str, params: dict[str, Any], expected: dict[str, Any]
) -> None:
    bounds = {key: params[key] for key in params if key.endswith("_score")}
    own = {key: value for key, value in params.items() if key not in bounds}
    wrapped = made("assertion", {"eval_type": kind, "eval_params": own, **bounds})
    assert wrapped == made(kind, params)
    (check,) = wrapped
    assert expected.items() <= check.items()


def test_conditions_and_shares_of_trials_stay() -> None:
    when = {"tool_called": "t", "any_tool_called": True}
    (check,) = made("contains", {"patterns": ["a"]}, when=when, pass_threshold=0.5)
    assert (check["when"], check["pass_threshold"]) == (when, 0.5)


def test_words_of_a_whole_conversation_are_looked_for_in_each_answer() -> None:
    found, checks, _ = read("banned_words", {"words": ["a"]}, of_all=True)
    assert found == []
    assert [one["type"] for one in checks.of_each_turn] == ["banned_words"]


@pytest.mark.parametrize("kind", sorted(NEEDS))
def test_what_an_arena_cannot_judge_is_kept_with_its_place(kind: str) -> None:
    found, checks, context = read(kind, {})
    assert (found, list(context.problems)) == ([], [])
    (reason,) = checks.needs
    assert reason.endswith(f"for its assertion {kind!r} at s.yaml:2:9")


@pytest.mark.parametrize("kind", ["llm_judge", "faithfulness", "answer_relevancy"])
def test_a_judge_that_is_not_there_is_refused(kind: str) -> None:
    _, _, context = read(kind, {"criteria": "x", "context": "y", "judge": "stricter"})
    (problem,) = context.problems
    assert problem.expected == "judge: one of the suite's judges (strict)"


@pytest.mark.parametrize(
    ("kind", "params", "expected"),
    [
        ("contains", None, "patterns: a list of texts"),
        ("contains", {"patterns": []}, "patterns: a list of texts"),
        ("max_length", {"max": 0}, "max: a number from 1 on"),
        ("max_length", {"max": True}, "max: a number from 1 on"),
        ("regex", {"pattern": "(?=a)"}, "pattern: a regular expression without '(?=', which"),
        ("assertion", {"eval_params": {}}, "eval_type: the type that it is about"),
        ("llm_judge", {"criteria": "x", "min_score": "much"}, "numbers from 0 to 1"),
        ("llm_judge", {"criteria": "x", "min_score": 0.2, "max_score": 0.5}, "not both"),
        ("cost_budget", {}, "max_cost_usd, or max_total_tokens"),
        ("tool_call_count", {"min": 0}, "min: a number from 1 on, or max"),
    ],
)
def test_params_that_cannot_be_used_are_refused(
    kind: str, params: dict[str, Any] | None, expected: str
) -> None:
    found, _, context = read(kind, params)
    (problem,) = context.problems
    assert expected in (problem.expected or "")
    assert found == []


def test_params_without_an_effect_are_told_or_refused() -> None:
    _, _, context = read("contains", {"patterns": ["a"], "fuzzy": True})
    assert "'fuzzy' of assertion 'contains' has no effect here" in context.warnings[0]
    _, _, mistaken = read("contains", {"patterns": ["a"], "case_sensitiv": True})
    (problem,) = mistaken.problems
    assert "case_sensitive" in (problem.fix or "")


def test_every_translation_names_assertions_that_there_are() -> None:
    registry = Registry()
    register(registry)
    listed = ("patterns", "words", "fields", "sequence", "chain", "tools")
    params: dict[str, Any] = {
        **{key: ["a"] for key in listed},
        **dict.fromkeys(("pattern", "path", "tool", "state", "criteria", "context"), "a"),
        **dict.fromkeys(("min", "max", "max_ms", "max_cost_usd"), 1),
        "schema": {"type": "object"},
        "excluded_args": {"a": 1},
        "validator": "length",
        "reference": "a",
    }
    for kind in {*KINDS, *JUDGED}:
        found, _, _ = read(kind, params)
        assert found, kind
        for check in found:
            assert check["type"] in registry.assertions, kind


@pytest.mark.parametrize(
    ("pattern", "text", "holds"),
    [
        (r"\d", "٣", False),
        (r"\w+$", "é", False),
        (r"[^\d]", "٣", True),
        ("a$", "a\n", False),
        ("(?m)a$", "a\nb", True),
        (r"a\z", "a\n", False),
        (r"\pL", "é", True),
        (r"\p{Greek}", "α", True),
        (r"\QC++\E!", "C++!", True),
        (r"\Q[a", "[a", True),
        (r"[[:alpha:]]-[]]", "b-]", True),
        ("[[]", "[", True),
        (r"\x{1F600}+", "😀", True),
        ("[$]", "$", True),
        (r"a\++", "a+", True),
        (r"(?P<n>a)(?i)b", "aB", True),
    ],
)
def test_patterns_match_as_they_do_in_go(pattern: str, text: str, holds: bool) -> None:
    assert (search(from_go(pattern), text) is not None) is holds


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", "(?!a)", "(?<=a)b", "a++", "(?>a)", r"[\D]", r"\C", "(?U)a+", "a{2}+"]
)
def test_patterns_that_differ_are_refused(pattern: str) -> None:
    with pytest.raises(UnreadableError):
        from_go(pattern)


@pytest.mark.parametrize("pattern", ["[[:x", r"\p{Greek", "\\", r"\p", r"\Q", "[", r"\x{"])
def test_broken_patterns_come_to_an_end(pattern: str) -> None:
    from_go(pattern)
