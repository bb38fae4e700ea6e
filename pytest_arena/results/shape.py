"""What the lines of `results.jsonl` must look like: they may come from a stranger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

Rule = Callable[[Any, str], None]
"""Look at a value, and raise `ShapeError` with the value's path if it is not as it must be."""


class ShapeError(Exception):
    """Say which value of a record is wrong, and what was expected there."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(path, expected)
        self.path = path
        self.expected = expected


def check_record(record: Mapping[str, Any]) -> None:
    """Raise `ShapeError` if a record of a known `kind` cannot be read; further keys are let be."""
    rule = _KINDS.get(record["kind"])
    if rule is not None:
        rule(record, "")


def check_recorded(record: Mapping[str, Any]) -> None:
    """Raise `ShapeError` if a line of a recording cannot be read."""
    _recorded(record, "")


def check_answer(record: Any) -> None:
    """Raise `ShapeError` if a kept answer cannot be read."""
    _answer(record, "response")


def _is(expected: str, holds: Callable[[Any], bool]) -> Rule:
    def check(value: Any, path: str) -> None:
        if not holds(value):
            raise ShapeError(path, expected)

    return check


def _one_of(*words: str) -> Rule:
    return _is("one of " + ", ".join(words), lambda value: value in words)


def _each(rule: Rule) -> Rule:
    def check(value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise ShapeError(path, "a list")
        for number, item in enumerate(value):
            rule(item, f"{path}[{number}]")

    return check


def _or_null(rule: Rule) -> Rule:
    def check(value: Any, path: str) -> None:
        if value is not None:
            rule(value, path)

    return check


def _record(required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> Rule:
    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise ShapeError(path, "an object")
        for key, rule in required.items():
            if key not in value:
                raise ShapeError(_joined(path, key), "a value, but there is none")
            rule(value[key], _joined(path, key))
        for key, rule in optional.items():
            if key in value:
                rule(value[key], _joined(path, key))

    return check


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _number_holds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _count_holds(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_text = _is("a text", lambda value: isinstance(value, str))
_number = _is("a number", _number_holds)
_amount = _is("a number of at least 0", lambda value: _number_holds(value) and value >= 0)
_count = _is("a whole number of at least 0", _count_holds)
_flag = _is("true or false", lambda value: isinstance(value, bool))
_object = _is("an object", lambda value: isinstance(value, dict))
_texts = _is(
    "an object of texts",
    lambda value: isinstance(value, dict) and all(isinstance(v, str) for v in value.values()),
)
_verdict = _one_of("passed", "failed", "error", "skipped")


def _findings(value: Any, path: str) -> None:
    _each(_finding)(value, path)


_vote = _record(
    {"judge": _text, "verdict": _one_of("passed", "failed", "error"), "reason": _text},
    {
        "score": _or_null(_number),
        "quotes": _each(_text),
        "model": _or_null(_text),
        "calls": _count,
        "latency_ms": _or_null(_amount),
        "input_tokens": _or_null(_count),
        "output_tokens": _or_null(_count),
        "cost_usd": _or_null(_amount),
        "source": _or_null(_one_of("call", "recording", "cache", "mock")),
    },
)
_calibration = _record(
    {
        "labels": _count,
        "accuracy": _or_null(_amount),
        "kappa": _or_null(_number),
        "kappa_low": _or_null(_number),
        "kappa_high": _or_null(_number),
        "false_passes": _count,
        "false_fails": _count,
    },
    {"undecided": _count, "date": _or_null(_text)},
)
_judging = _record(
    {"prompt": _text, "key": _text, "votes": _each(_vote)},
    {
        "calibration": _or_null(_calibration),
        "rival": _or_null(_text),
        "rival_output": _or_null(_text),
        "preferred": _or_null(_amount),
    },
)
_finding = _record(
    {"type": _text, "verdict": _one_of("passed", "failed", "error", "skipped", "unsure")},
    {
        "score": _or_null(_number),
        "reason": _text,
        "line": _or_null(_count),
        "turn": _or_null(_count),
        "expected": _or_null(_text),
        "measure": _or_null(_text),
        "weight": _amount,
        "group": _findings,
        "judge": _or_null(_judging),
    },
)
_guardrail = _record(
    {
        "type": _text,
        "direction": _one_of("input", "output"),
        "action": _one_of("block", "replace", "flag"),
        "reason": _text,
    },
    {
        "matched": _each(_text),
        "turn": _count,
        "line": _or_null(_count),
        "original": _or_null(_text),
    },
)
_ANSWER: Mapping[str, Rule] = {
    "finish_reason": _or_null(_text),
    "tool_calls": _each(_record({"name": _text, "arguments": _object}, {"id": _text})),
    "latency_ms": _or_null(_amount),
    "first_token_ms": _or_null(_amount),
    "input_tokens": _or_null(_count),
    "output_tokens": _or_null(_count),
    "cost_usd": _or_null(_amount),
    "attempts": _count,
    "model": _or_null(_text),
    "answered_by": _or_null(_text),
    "filtered": _or_null(_flag),
}
_source = _one_of("call", "recording", "cache", "mock")
_turn = _record({"output": _text, "source": _source}, _ANSWER)
_answer = _record({"output": _text}, _ANSWER)
_recorded = _record(
    {"key": _text, "request": _object},
    {
        "response": _answer,
        "error": _record(
            {"kind": _text, "message": _text}, {"status": _or_null(_count), "attempts": _count}
        ),
    },
)
_trial = _record(
    {
        "verdict": _verdict,
        "messages": _each(_record({}, {"role": _text})),
        "output": _or_null(_text),
        "source": _or_null(_source),
        "assertions": _findings,
    },
    {
        **_ANSWER,
        "guardrail": _or_null(_guardrail),
        "guardrails": _each(_guardrail),
        "error": _or_null(_record({"kind": _text, "message": _text}, {"attempts": _count})),
        "score": _or_null(_number),
        "index": _count,
        "variant": _count,
        "turns": _each(_turn),
    },
)
_tally = _or_null(_record({"passed": _count, "judged": _count}, {}))
_standing = _record(
    {"status": _text, "reason": _text},
    {
        "before": _tally,
        "now": _tally,
        "fresh": _tally,
        "p_value": _or_null(_amount),
        "changed": _each(_text),
        "dropped": _each(_text),
        "prompt_diff": _each(_text),
        "output_before": _or_null(_text),
        "renamed_from": _or_null(_text),
    },
)
_amounts = _is(
    "an object of numbers of at least 0",
    lambda value: (
        isinstance(value, dict) and all(_number_holds(v) and v >= 0 for v in value.values())
    ),
)
_load = _record(
    {"users": _count, "elapsed_s": _amount, "trials": _count, "answered": _count},
    {
        "duration_s": _or_null(_amount),
        "messages_per_user": _or_null(_count),
        "errors": _is(
            "an object of whole numbers of at least 0",
            lambda value: isinstance(value, dict) and all(map(_count_holds, value.values())),
        ),
        "judged": _count,
        "passed": _count,
        "latency_ms": _amounts,
        "first_token_ms": _amounts,
        "spread_ms": _each(_amount),
        "input_tokens": _or_null(_count),
        "output_tokens": _or_null(_count),
        "cost_usd": _or_null(_amount),
        "source": _or_null(_source),
        "span_s": _is("a number above 0", lambda value: _number_holds(value) and value > 0),
        "spans": _each(
            _record(
                {"answered": _count, "errors": _count},
                {"p50_ms": _or_null(_amount), "p95_ms": _or_null(_amount)},
            )
        ),
    },
)
_gate = _record(
    {"baseline": _text, "failed": _flag},
    {
        "counts": _object,
        "suite": _or_null(_text),
        "suite_failed": _flag,
        "removed": _each(_text),
    },
)
_limit = _record(
    {
        "file": _text,
        "name": _text,
        "metric": _text,
        "verdict": _one_of("passed", "failed", "error"),
        "action": _one_of("fail", "warn"),
        "reason": _text,
    },
    {"value": _or_null(_number), "before": _or_null(_number), "n": _count},
)
_KINDS: Mapping[Any, Rule] = {
    "run": _record(
        {"run_id": _text, "started_at": _text, "plugin_version": _text},
        {"git": _object, "options": _object, "versions": _texts},
    ),
    "cell": _record(
        {
            "id": _text,
            "file": _text,
            "case": _text,
            "provider": _text,
            "model": _or_null(_text),
            "verdict": _verdict,
            "trials": _each(_trial),
        },
        {
            "tags": _each(_text),
            "hashes": _texts,
            "description": _or_null(_text),
            "line": _or_null(_count),
            "defined_in": _or_null(_text),
            "reason": _or_null(_text),
            "over_budget": _or_null(_text),
            "assertions": _findings,
            "trials_not_run": _count,
            "load": _load,
            "confirmation": _each(_trial),
            "standing": _standing,
        },
    ),
    "end": _record(
        {"finished_at": _or_null(_text)},
        {
            "totals": _object,
            "interrupted": _flag,
            "exit_code": _count,
            "notes": _each(_text),
            "gate": _gate,
            "limits": _each(_limit),
        },
    ),
}
