"""The graders of the hosted product, as functions for `type: python`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pytest_arena.errors import shorten
from pytest_arena.judging.similarity.lexical import TooLongError
from pytest_arena.judging.similarity.text_scores import TEXT_SCORES
from pytest_arena.openai_evals.formula import BadFormulaError, Formula
from pytest_arena.openai_evals.sample import NothingToGradeError, filled, item_of, sample_of
from pytest_arena.promptfoo import function_in
from pytest_arena.references import UnresolvedError
from pytest_arena.results import Trial
from pytest_arena.schema import CheckContext, Outcome
from pytest_arena.text.numbers import number, reaches

Operation = Literal["eq", "ne", "like", "ilike"]
Check = Callable[[Trial, CheckContext], Outcome]
_SAYS: Mapping[Operation, str] = {
    "eq": "is",
    "ne": "is not",
    "like": "contains",
    "ilike": "contains, in any case,",
}


def string_check(operation: Operation, input: str, reference: str) -> Check:
    """Return a check that holds where one text is, or has in it, another, letter by letter."""

    def check(trial: Trial, context: CheckContext) -> Outcome:
        try:
            got, wanted = _texts(trial, context, input, reference)
        except NothingToGradeError as error:
            return error.outcome
        if operation in ("eq", "ne"):
            holds = (got == wanted) is (operation == "eq")
        elif operation == "like":
            holds = wanted in got
        else:
            holds = wanted.lower() in got.lower()
        told = f"{shorten(repr(got))}"
        return Outcome.of(holds, told, expected=f"{_SAYS[operation]} {shorten(repr(wanted))}")

    return check


def text_similarity(
    metric: str,
    input: str,
    reference: str,
    *,
    pass_threshold: float,
) -> Check:
    """Return a check that holds where two texts are alike enough by a measure."""
    measure = TEXT_SCORES[metric]

    def check(trial: Trial, context: CheckContext) -> Outcome:
        try:
            got, wanted = _texts(trial, context, input, reference)
            score = measure(got, wanted)
        except NothingToGradeError as error:
            return error.outcome
        except TooLongError as error:
            return Outcome.error(str(error))
        return _scored(score, pass_threshold, f"{metric} {number(score)}")

    return check


def python_grader(module: str, file: str, *, pass_threshold: float) -> Check:
    """Return a check that holds where `grade(sample, item)` of a file gives enough.

    What is no number, and an exception, is a grade of 0 there, and fails here. Where the file or
    what it imports cannot be found, it is an error.
    """
    grade = function_in(module, file, "grade")

    def check(trial: Trial, context: CheckContext) -> Outcome:
        try:
            given = grade(sample_of(trial, context), item_of(context))
        except UnresolvedError as error:
            return Outcome.error(str(error))
        except ImportError as error:
            return Outcome.error(f"{file}: {_headline(error)}")
        except Exception as error:  # noqa: BLE001 - a grade of 0 there, whatever it is
            return Outcome.unseen(f"grade raised {_headline(error)}")
        score = _number(given)
        if score is None:
            return Outcome.unseen(f"grade gave {shorten(repr(given))}, which is no number")
        return _scored(score, pass_threshold, f"grade gave {number(score)}")

    return check


def multi(formula: str, graders: Mapping[str, Check], *, pass_threshold: float) -> Check:
    """Return a check that holds where a formula over the scores of others comes to enough."""
    read = Formula(formula)

    def check(trial: Trial, context: CheckContext) -> Outcome:
        found = {name: grader(trial, context) for name, grader in graders.items()}
        for name, outcome in found.items():
            if outcome.verdict == "error":
                return Outcome.error(f"{name}: {outcome.reason}")
        scores = {name: outcome.score or 0.0 for name, outcome in found.items()}
        try:
            score = read.value(scores)
        except BadFormulaError as error:
            return Outcome.error(str(error))
        told = ", ".join(f"{name} {number(scores[name])}" for name in scores)
        return _scored(score, pass_threshold, f"{formula} is {number(score)}, with {told}")

    return check


def _texts(trial: Trial, context: CheckContext, *templates: str) -> list[str]:
    item, sample = item_of(context), sample_of(trial, context)
    return [filled(template, item, sample) for template in templates]


def _scored(score: float, least: float, told: str) -> Outcome:
    share = min(max(score, 0.0), 1.0)
    return Outcome.of(
        reaches(score, least), told, score=share, expected=f"at least {number(least)}"
    )


def _headline(error: Exception) -> str:
    """Return what another interpreter raised: the place where it is raised again tells nothing."""
    said = str(error.args[0]) if error.args else ""
    return f"{type(error).__name__}: {shorten(said)}".rstrip(": ")


def _number(given: Any) -> float | None:
    """Return a grade, also one of numpy's; a text is none."""
    if isinstance(given, (str, bytes)) or not hasattr(given, "__float__"):
        return None
    try:
        found = float(given)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None
