"""What the types and params of a pack's evals are called as assertions of an arena."""

from __future__ import annotations

from typing import Any

from pytest_arena.loading.tree import YamlList, YamlMap

_TYPES = {
    "answer_relevancy": "answer_relevance",
    "contains": "contains_all",
    "content_includes": "contains_all",
    "content_includes_any": "contains_any",
    "content_matches": "matches",
    "content_not_includes": "content_excludes",
    "contextual_precision": "context_precision",
    "contextual_recall": "context_recall",
    "contextual_relevancy": "context_relevance",
    "cost_budget": "cost",
    "field_presence": "contains_all",
    "guardrail_triggered": "validation_error",
    "is_valid_json": "is_json",
    "json_valid": "is_json",
    "latency_budget": "response_time",
    "length": "max_length",
    "llm_judge_conversation": "judge_conversation",
    "llm_judge_session": "judge_conversation",
    "regex": "matches",
    "regex_match": "matches",
    "required_fields": "contains_all",
    "sentence_count": "max_sentences",
    "text_toxicity": "toxicity",
    "tool_called": "tools_called",
    "valid_json": "is_json",
    "workflow_transition_order": "transition_order",
}
"""What our assertion is called where it has another name, or another meaning under this one."""
_JUDGE = {
    "judge_prompt": "criteria",
    "prompt": "criteria",
    "passing_score": "min_score",
    "model": "",
    "judge": "",
    "provider": "",
}
_KEYS = {
    "banned_words": {"patterns": "words", "banned_words": "words"},
    "contains_all": {
        **dict.fromkeys(("value", "text", "patterns", "fields", "required_fields"), "values"),
    },
    "contains_any": {"value": "values", "patterns": "values"},
    "content_excludes": {"value": "values", "patterns": "values"},
    "matches": {"regex": "pattern"},
    "not_matches": {"regex": "pattern"},
    "is_json": {"allow_wrapped": "extract"},
    "max_length": {
        **dict.fromkeys(("max", "max_characters", "max_chars", "max_length"), "value"),
    },
    "max_sentences": {"max": "value", "max_sentences": "value"},
    "min_length": {
        **dict.fromkeys(("min", "min_characters", "min_chars", "min_length"), "value"),
    },
    "cost": {"max_cost_usd": "max_usd", "max_cost": "max_usd", "max": "max_usd"},
    "response_time": {"max": "max_ms", "max_latency_ms": "max_ms"},
    "json_path": {
        "jmespath_expression": "path",
        "expression": "path",
        "expected": "equals",
    },
    "equals": {"expected": "value"},
    "judge_conversation": _JUDGE,
    "llm_judge": _JUDGE,
    "tools_called": {"tool": "tools", "tool_name": "tools", "tool_names": "tools"},
    "tools_not_called": {"tool": "tools", "tool_name": "tools", "tool_names": "tools"},
    "validation_error": {
        "validator_type": "validator",
        "guardrail": "validator",
        "should_trigger": "expected",
    },
}
"""Params that are called otherwise here; those with an empty name are the arena file's to say."""
_LISTS = ("tools", "values", "words")
_OF_TEXTS = ("banned_words", "content_excludes", "not_matches")
"""What looks at the calls of an answer as well, unless it is told not to; PromptKit does not."""
_AS_WRITTEN = ("contains_all", "contains_any", "content_excludes")
"""What takes quotes and dashes for their plain twins, unless it is told not to; PromptKit does not.
"""
_MODES = {"substring": "content_excludes", "word_boundary": "banned_words"}


class UnusableError(Exception):
    """Why an eval cannot be an assertion."""


def unwrapped(kind: str, params: YamlMap) -> tuple[str, YamlMap]:
    """Return the type and the params of what a wrapper wraps: `assertion {eval_type,
    eval_params}`."""
    if kind not in ("assertion", "guardrail") or not isinstance(params.get("eval_type"), str):
        return kind, params
    inner = params.get("eval_params")
    found = inner.only(inner) if isinstance(inner, YamlMap) else YamlMap(params.files, params.mark)
    for key in params:
        if key not in ("eval_type", "eval_params") and key not in found:
            found.adopt(key, params)
    return params["eval_type"], found


def renamed(
    kind: str, params: YamlMap, *, of_session: bool = False
) -> tuple[str, YamlMap, list[str]]:
    """Return the assertion that a type means, its keys, and the params that the arena file says;
    `of_session` says that it is asked at the end of a conversation.

    Raises `UnusableError` where a param turns it into what no assertion does.
    """
    ours = _TYPES.get(kind, kind)
    params = params.only(params)
    if ours == "matches" and "expect_match" in params:
        expected = params.pop("expect_match")
        if not isinstance(expected, bool):
            raise UnusableError("expect_match is true or false")
        ours = "matches" if expected else "not_matches"
    if ours == "content_excludes" and "match_mode" in params:
        mode = params.pop("match_mode")
        if mode not in _MODES:
            raise UnusableError(f"match_mode is {' or '.join(_MODES)}")
        ours = _MODES[mode]
    if ours == "banned_words":
        params.pop("match_mode", None)
    if "max_score" in params:
        raise UnusableError("a max_score is asked for, and assertions bound scores from below")
    names, tree, elsewhere = _KEYS.get(ours, {}), YamlMap(params.files, params.mark), []
    if ours == "contains_any" and of_session:
        # any answer of the conversation may hold one: the opposite of none holding any
        ours = "content_excludes"
        tree.put("not", True, params.mark)
    if ours in _OF_TEXTS and "look_at" not in params:
        tree.put("look_at", "text", params.mark)
    if ours in _AS_WRITTEN and "exact" not in params:
        tree.put("exact", True, params.mark)
    for key, value in params.items():
        name = names.get(key, key)
        if not name:
            elsewhere.append(key)
            continue
        if name in tree:
            raise UnusableError(f"{key!r} says again what another param does")
        if name in _LISTS:
            value = listed(value, params, key)
        tree.put(name, value, params.marks[key], params.key_marks[key])
        if params.spellings and key in params.spellings:
            tree.spellings = {**(tree.spellings or {}), name: params.spellings[key]}
    return ours, tree, elsewhere


def listed(value: Any, tree: YamlMap, key: str) -> Any:
    """Return a value of a tree as a list; a single one as a list of it."""
    if isinstance(value, YamlList):
        return value
    alone = YamlList(tree.files, tree.marks[key])
    alone.put(value, alone.mark)
    return alone
