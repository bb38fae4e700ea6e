"""What the lines of `results.jsonl` must look like: they may come from a stranger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, get_args

from pytest_arena.results.request_response import Source
from pytest_arena.results.trial import FindingVerdict, Verdict

Rule = Callable[[Any, str], None]
"""Look at a value, and raise `ShapeError` with the value's path if it is not as it must be."""


class ShapeError(Exception):
    """Which value of a record is wrong, and what was expected there."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(path, expected)
        self.path = path
        self.expected = expected


def _is(expected: str, holds: Callable[[Any], bool]) -> Rule:
    def check(value: Any, path: str) -> None:
        if not holds(value):
            raise ShapeError(path, expected)

    return check


def one_of(*words: str) -> Rule:
    """Return the rule of a value that is one of some words."""
    return _is("one of " + ", ".join(words), lambda value: value in words)


def each(rule: Rule) -> Rule:
    """Return the rule of a list, every entry of which keeps to a rule."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise ShapeError(path, "a list")
        for place, item in enumerate(value):
            rule(item, f"{path}[{place}]")

    return check


def or_null(rule: Rule) -> Rule:
    """Return a rule that lets null be."""

    def check(value: Any, path: str) -> None:
        if value is not None:
            rule(value, path)

    return check


def record_of(required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> Rule:
    """Return the rule of an object with these keys; further ones are let be."""

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


text = _is("a text", lambda value: isinstance(value, str))
number = _is("a number", _number_holds)
amount = _is("a number of at least 0", lambda value: _number_holds(value) and value >= 0)
count = _is("a whole number of at least 0", _count_holds)
flag = _is("true or false", lambda value: isinstance(value, bool))
json_object = _is("an object", lambda value: isinstance(value, dict))
texts = _is(
    "an object of texts",
    lambda value: isinstance(value, dict) and all(isinstance(v, str) for v in value.values()),
)
amounts = _is(
    "an object of numbers of at least 0",
    lambda value: (
        isinstance(value, dict) and all(_number_holds(v) and v >= 0 for v in value.values())
    ),
)
counts = _is(
    "an object of whole numbers of at least 0",
    lambda value: isinstance(value, dict) and all(map(_count_holds, value.values())),
)
above_zero = _is("a number above 0", lambda value: _number_holds(value) and value > 0)


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


_verdict = one_of(*get_args(Verdict))
_source = one_of(*get_args(Source))


def _findings(value: Any, path: str) -> None:
    each(_finding)(value, path)


_vote = record_of(
    {"judge": text, "verdict": one_of("passed", "failed", "error"), "reason": text},
    {
        "score": or_null(number),
        "quotes": each(text),
        "model": or_null(text),
        "calls": count,
        "latency_ms": or_null(amount),
        "input_tokens": or_null(count),
        "output_tokens": or_null(count),
        "cost_usd": or_null(amount),
        "source": or_null(_source),
    },
)
_calibration = record_of(
    {
        "labels": count,
        "accuracy": or_null(amount),
        "kappa": or_null(number),
        "kappa_low": or_null(number),
        "kappa_high": or_null(number),
        "false_passes": count,
        "false_fails": count,
    },
    {"undecided": count, "date": or_null(text)},
)
_judging = record_of(
    {"prompt": text, "key": text, "votes": each(_vote)},
    {
        "calibration": or_null(_calibration),
        "rival": or_null(text),
        "rival_output": or_null(text),
        "preferred": or_null(amount),
    },
)
_finding = record_of(
    {"type": text, "verdict": one_of(*get_args(FindingVerdict))},
    {
        "score": or_null(number),
        "reason": text,
        "line": or_null(count),
        "turn": or_null(count),
        "expected": or_null(text),
        "measure": or_null(text),
        "weight": amount,
        "group": _findings,
        "judge": or_null(_judging),
    },
)
_guardrail = record_of(
    {
        "type": text,
        "direction": one_of("input", "output"),
        "action": one_of("block", "replace", "flag"),
        "reason": text,
    },
    {
        "matched": each(text),
        "turn": count,
        "line": or_null(count),
        "original": or_null(text),
    },
)
_ANSWER: Mapping[str, Rule] = {
    "finish_reason": or_null(text),
    "tool_calls": each(record_of({"name": text, "arguments": json_object}, {"id": text})),
    "latency_ms": or_null(amount),
    "first_token_ms": or_null(amount),
    "input_tokens": or_null(count),
    "output_tokens": or_null(count),
    "cost_usd": or_null(amount),
    "attempts": count,
    "model": or_null(text),
    "answered_by": or_null(text),
    "filtered": or_null(flag),
}
_turn = record_of({"output": text, "source": _source}, _ANSWER)
_answer = record_of({"output": text}, _ANSWER)
_recorded = record_of(
    {"key": text, "request": json_object},
    {
        "response": _answer,
        "error": record_of(
            {"kind": text, "message": text}, {"status": or_null(count), "attempts": count}
        ),
    },
)
_trial = record_of(
    {
        "verdict": _verdict,
        "messages": each(record_of({}, {"role": text})),
        "output": or_null(text),
        "source": or_null(_source),
        "assertions": _findings,
    },
    {
        **_ANSWER,
        "guardrail": or_null(_guardrail),
        "guardrails": each(_guardrail),
        "error": or_null(record_of({"kind": text, "message": text}, {"attempts": count})),
        "score": or_null(number),
        "index": count,
        "variant": count,
        "turns": each(_turn),
    },
)
_tally = or_null(record_of({"passed": count, "judged": count}, {}))
_standing = record_of(
    {"status": text, "reason": text},
    {
        "before": _tally,
        "now": _tally,
        "fresh": _tally,
        "p_value": or_null(amount),
        "changed": each(text),
        "dropped": each(text),
        "prompt_diff": each(text),
        "output_before": or_null(text),
        "renamed_from": or_null(text),
    },
)
_load = record_of(
    {"users": count, "elapsed_s": amount, "trials": count, "answered": count},
    {
        "duration_s": or_null(amount),
        "messages_per_user": or_null(count),
        "errors": counts,
        "judged": count,
        "passed": count,
        "latency_ms": amounts,
        "first_token_ms": amounts,
        "spread_ms": each(amount),
        "input_tokens": or_null(count),
        "output_tokens": or_null(count),
        "cost_usd": or_null(amount),
        "source": or_null(_source),
        "span_s": above_zero,
        "spans": each(
            record_of(
                {"answered": count, "errors": count},
                {"p50_ms": or_null(amount), "p95_ms": or_null(amount)},
            )
        ),
    },
)
_gate = record_of(
    {"baseline": text, "failed": flag},
    {
        "counts": json_object,
        "suite": or_null(text),
        "suite_failed": flag,
        "removed": each(text),
    },
)
_limit = record_of(
    {
        "file": text,
        "name": text,
        "metric": text,
        "verdict": one_of("passed", "failed", "error"),
        "action": one_of("fail", "warn"),
        "reason": text,
    },
    {"value": or_null(number), "before": or_null(number), "n": count},
)
_KINDS: Mapping[Any, Rule] = {
    "run": record_of(
        {"run_id": text, "started_at": text, "plugin_version": text},
        {"git": json_object, "options": json_object, "versions": texts},
    ),
    "cell": record_of(
        {
            "id": text,
            "file": text,
            "case": text,
            "provider": text,
            "model": or_null(text),
            "verdict": _verdict,
            "trials": each(_trial),
        },
        {
            "tags": each(text),
            "hashes": texts,
            "description": or_null(text),
            "line": or_null(count),
            "defined_in": or_null(text),
            "reason": or_null(text),
            "over_budget": or_null(text),
            "assertions": _findings,
            "trials_not_run": count,
            "load": _load,
            "confirmation": each(_trial),
            "standing": _standing,
        },
    ),
    "end": record_of(
        {"finished_at": or_null(text)},
        {
            "totals": json_object,
            "interrupted": flag,
            "exit_code": count,
            "notes": each(text),
            "gate": _gate,
            "limits": each(_limit),
        },
    ),
}
