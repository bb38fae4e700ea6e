"""What code of promptfoo's may give, a number or an object with `pass`, as outcomes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeGuard

from pytest_arena.errors import shorten
from pytest_arena.results.trial import Finding
from pytest_arena.schema.assertion import Outcome
from pytest_arena.text.numbers import number, reaches


def outcome_of_number(name: str, score: float, least: float | None) -> Outcome:
    """Return whether a number holds: at least `least`, or above 0 without one."""
    if not math.isfinite(score):
        return Outcome.unseen(f"{name} gave {score}, which is no finite number")
    holds = score > 0 if least is None else reaches(score, least)
    expected = "a number above 0" if least is None else f"at least {number(least)}"
    return Outcome.of(holds, f"{name} gave {number(score)}", score=_share(score), expected=expected)


def outcome_of_object(
    name: str, given: Mapping[str, Any], type_name: str, least: float | None = None
) -> Outcome:
    """Return what an object says that has all of `pass`, `score` and `reason`.

    One that has not is no verdict there, and fails; so does a score below `least`.
    """
    passed, score, reason = (given.get(key) for key in ("pass", "score", "reason"))
    if not (isinstance(passed, bool) and _is_number(score) and isinstance(reason, str)):
        wanted = "not an object with pass (a boolean), score (a number) and reason (a text)"
        return Outcome.unseen(f"{name} gave {shorten(repr(dict(given)))}, {wanted}")
    told = reason or f"{name} gave pass: {str(passed).lower()}"
    if least is not None and not reaches(score, least):
        passed, told = False, f"{told}; the score {number(score)} is below {number(least)}"
    parts = given.get("componentResults", given.get("component_results"))
    group = tuple(_part(part, type_name) for part in parts) if isinstance(parts, list) else ()
    outcome = Outcome.of(passed, told, score=_share(score), expected="pass: true")
    return Outcome(outcome.verdict, told, outcome.score, outcome.expected, group)


def outcome_of_javascript(
    name: str, kind: str, value: Any, type_name: str, least: float | None
) -> Outcome:
    """Return what a value says that JavaScript gave, by its `typeof`; a text is no verdict."""
    if kind == "boolean":
        return Outcome.of(value, f"{name} gave {str(value).lower()}", expected="true")
    if kind == "number":
        return outcome_of_number(name, value, least)
    if kind == "object" and isinstance(value, Mapping):
        return outcome_of_object(name, value, type_name)
    if kind == "string":
        return Outcome.error(f"{name} gave the text {shorten(repr(value))}, no verdict")
    given = shorten(repr(value)) if value is not None else kind
    if kind == "object":
        # new Boolean(true), and all else that JSON makes a plain value of
        given = f"an object ({given})"
    return Outcome.unseen(
        f"{name} gave {given}, not a boolean, a number, or an object with pass, score and reason"
    )


def _part(part: Any, type_name: str) -> Finding:
    """Return one of `componentResults`, as far as it tells anything."""
    known: Mapping[str, Any] = part if isinstance(part, Mapping) else {}
    score = known.get("score")
    return Finding(
        type_name,
        "passed" if known.get("pass") is True else "failed",
        _share(score) if _is_number(score) else None,
        str(known.get("reason") or "(no reason)"),
    )


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _share(score: float) -> float:
    """Return a score as one from 0 to 1, which others are averaged with."""
    return min(max(float(score), 0.0), 1.0)
