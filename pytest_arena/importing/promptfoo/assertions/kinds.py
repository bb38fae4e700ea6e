"""Every type of promptfoo's, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_arena.importing.made import LeftOutError, Made
from pytest_arena.importing.promptfoo.assertions.judged import (
    factuality,
    g_eval,
    rag,
    rubric,
    scored,
    similar,
)
from pytest_arena.importing.promptfoo.assertions.structures import (
    contains_json,
    equals,
    is_json,
    sql,
    xml,
)
from pytest_arena.importing.promptfoo.assertions.texts import (
    contains,
    contains_all,
    contains_any,
    finish_reason,
    levenshtein,
    refusal,
    regex,
    starts_with,
    word_count,
)
from pytest_arena.importing.promptfoo.assertions.written import (
    Written,
    negatable,
)
from pytest_arena.importing.promptfoo.javascript_values import as_in_javascript
from pytest_arena.loading.tree import plain

CSV_THRESHOLD = 0.75
"""Of what has a threshold and is written in a column without one."""


def _latency(written: Written) -> list[Made]:
    return negatable(written, {"type": "response_time", "max_ms": _limit(written)})


def _cost(written: Written) -> list[Made]:
    return negatable(written, {"type": "cost", "max_usd": _limit(written)})


def _limit(written: Written) -> float:
    if written.threshold is None:
        raise LeftOutError("no threshold", "there it is an error")
    if written.scope.from_csv and written.threshold == CSV_THRESHOLD:
        written.alike(f"a column without a threshold means {CSV_THRESHOLD:g}", "as it does there")
    if written.threshold <= 0:
        raise LeftOutError(f"nothing is within {written.threshold:g}")
    return int(written.threshold) if written.threshold.is_integer() else written.threshold


def _python(written: Written) -> list[Made]:
    if written.value is None or written.value == "":
        raise LeftOutError("no value", "there it is an error")
    config = as_in_javascript(plain(written.tree.get("config")))
    module = written.scope.module
    return negatable(written, module.assertion(written.value, written.threshold, config))


def _javascript(written: Written) -> list[Made]:
    if written.value is None or written.value == "":
        raise LeftOutError("no value", "there it is an error")
    config = as_in_javascript(plain(written.tree.get("config")))
    module = written.scope.module
    return negatable(written, module.script(written.value, written.threshold, config))


def _valid_calls(written: Written) -> list[Made]:
    return negatable(written, {"type": "valid_tool_calls"})


def _call_f1(written: Written) -> list[Made]:
    made: Made = {"type": "tool_call_f1", "tools": written.texts}
    made["threshold"] = 1.0 if written.threshold is None else written.threshold
    return negatable(written, made)


KINDS: Mapping[str, Callable[[Written], list[Made]]] = {
    "contains": lambda one: contains(one, case=True),
    "icontains": lambda one: contains(one, case=False),
    "contains-any": lambda one: contains_any(one, case=True),
    "contains-all": lambda one: contains_all(one, case=True),
    "icontains-any": lambda one: contains_any(one, case=False),
    "icontains-all": lambda one: contains_all(one, case=False),
    "equals": equals,
    "starts-with": starts_with,
    "regex": regex,
    "is-json": is_json,
    "contains-json": contains_json,
    "is-xml": lambda one: xml(one, extract=False),
    "contains-xml": lambda one: xml(one, extract=True),
    "is-sql": lambda one: sql(one, extract=False),
    "contains-sql": lambda one: sql(one, extract=True),
    "levenshtein": levenshtein,
    "word-count": word_count,
    "latency": _latency,
    "cost": _cost,
    "finish-reason": finish_reason,
    "is-refusal": refusal,
    "similar": similar,
    "similar:cosine": similar,
    "rouge-n": lambda one: scored(one, "rouge", 0.75, variant="rouge1"),
    "bleu": lambda one: scored(one, "bleu", 0.5),
    "llm-rubric": rubric,
    "g-eval": g_eval,
    "model-graded-closedqa": rubric,
    "factuality": factuality,
    "model-graded-factuality": factuality,
    "answer-relevance": lambda one: rag(one, "answer_relevance"),
    "context-faithfulness": lambda one: rag(one, "faithfulness"),
    "context-relevance": lambda one: rag(one, "context_relevance"),
    "context-recall": lambda one: rag(one, "context_recall"),
    "python": _python,
    "javascript": _javascript,
    "is-valid-openai-tools-call": _valid_calls,
    "is-valid-openai-function-call": _valid_calls,
    "is-valid-function-call": _valid_calls,
    "tool-call-f1": _call_f1,
}


_REMOTE = "it asks a service that an arena does not"


ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(("similar:dot", "similar:euclidean"), "only the cosine is measured here"),
    **dict.fromkeys(("is-html", "contains-html"), "HTML is not looked at here"),
    **dict.fromkeys(("gleu", "meteor"), "this measure is not here"),
    **dict.fromkeys(("perplexity", "perplexity-score"), "it needs the model's log probabilities"),
    **dict.fromkeys(("classifier", "moderation", "pi", "webhook", "ruby"), _REMOTE),
    **dict.fromkeys(
        ("select-best", "max-score"), "it compares prompts; preferred_over compares columns"
    ),
    "conversation-relevance": "windows of a conversation are not judged here",
    "guardrails": "guardrails of a vendor's answer are not kept",
    "human": "people label answers in the report",
}
