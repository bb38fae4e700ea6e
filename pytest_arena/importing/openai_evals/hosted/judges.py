"""Graders that ask a model: `label_model` and `score_model`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pytest_arena.importing.made import LeftOutError, Made
from pytest_arena.importing.openai_evals.hosted.grader import Grader, ours
from pytest_arena.importing.openai_evals.hosted.templates import ANSWER, read_template
from pytest_arena.importing.openai_evals.messages import read_messages
from pytest_arena.loading.tree import plain

_STEPS = 10
"""Into how many a range is divided that is no small one of whole numbers."""
_PARAMS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "reasoning_effort": "reasoning_effort",
    "max_completions_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_completion_tokens",
}


def label_model(grader: Grader) -> Made:
    """Return a judge's choice among the labels."""
    labels, passing = _texts(grader, "labels"), _texts(grader, "passing_labels")
    unknown = [label for label in passing if label not in labels]
    if not labels or unknown:
        raise LeftOutError(
            f"passing_labels names {unknown[0]!r}, which is no label" if unknown else "no labels"
        )
    if not passing:
        raise LeftOutError("no passing_labels, so that it never passes")
    rubric = [
        {"level": label, "score": 1.0 if label in passing else 0.0}
        for label in dict.fromkeys(labels)
    ]
    if len(set(passing)) == len(rubric):
        grader.alike("every label passes, so that nobody need be asked", "weight: 0 keeps it so")
        return {"type": "success", "weight": 0}
    return _judged(grader, rubric, 1.0)


def score_model(grader: Grader) -> Made:
    """Return a judge's choice among the scores of the range."""
    low, high = range_of(grader)
    least = grader.threshold((low + high) / 2)
    if least > high:
        raise LeftOutError(f"a pass_threshold of {least:g} beyond its range, which nothing reaches")
    levels = {_share(value, low, high): value for value in [*_levels(low, high), max(least, low)]}
    rubric = [{"level": f"{levels[share]:g}", "score": share} for share in sorted(levels)]
    if least > low:
        return _judged(grader, rubric, _share(least, low, high))
    grader.alike("its pass_threshold is its least score", "weight: 0 keeps it so")
    return {**_judged(grader, rubric, 1.0), "weight": 0}


def range_of(grader: Grader) -> tuple[float, float]:
    """Return the least and the largest score of a grader."""
    given = plain(grader.tree.get("range"))
    if given is None:
        return 0.0, 1.0
    sound = (
        isinstance(given, list)
        and len(given) == 2
        and all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in given)
    )
    if not sound or not given[0] < given[1]:
        raise LeftOutError(f"its range is {given!r}", "two numbers, the smaller one first")
    return float(given[0]), float(given[1])


def _levels(low: float, high: float) -> list[float]:
    if low.is_integer() and high.is_integer() and 1 < high - low <= _STEPS:
        return [low + step for step in range(int(high - low) + 1)]
    return [low + (high - low) * step / _STEPS for step in range(_STEPS + 1)]


def _share(value: float, low: float, high: float) -> float:
    return round((value - low) / (high - low), 6)


def _judged(grader: Grader, rubric: list[dict[str, Any]], least: float) -> Made:
    model = grader.tree.get("model")
    if not isinstance(model, str) or not model:
        raise LeftOutError("no model is named")
    made: Made = {"type": "llm_judge", "criteria": _criteria(grader), "rubric": rubric}
    grader.alike(
        "a judge of an arena is asked, in its own words around these",
        "see docs/judging.md for how answers are judged here",
    )
    judge: dict[str, Any] = {"provider": "openai", "model": model}
    params = _params(grader)
    if params:
        judge["params"] = params
    return {**made, "min_score": least, "judge": judge}


def _criteria(grader: Grader) -> str:
    """Return all that the model is told, where the answer stands by its name."""
    said = read_messages(plain(grader.tree.get("input")))
    whole = read_template("\n\n".join(one.text for one in said if one.text.strip()))
    if not whole.text.strip():
        raise LeftOutError("no input, so that its model is told nothing")
    others = [path for path in whole.of("sample") if path != ANSWER]
    if any(path.startswith("sample.output_tools") for path in others):
        grader.alike("it looks at tool calls", "a judge of an arena reads the answer's text")
    named = {ANSWER: "[the answer]", grader.answer: "[the answer]"}
    text = whole.replaced(
        lambda path: (
            named.get(path)
            or (f"[{path} of the answer]" if path in others else f"{{{{ {path} }}}}")
        )
    )
    # a text that is one path alone would keep the value's type, and be no text
    return ours(read_template(text)) + ("\n" if whole.only is not None else "")


def _texts(grader: Grader, key: str) -> list[str]:
    given = plain(grader.tree.get(key))
    if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
        raise LeftOutError(f"its {key} is no list of texts")
    return given


def _params(grader: Grader) -> dict[str, Any]:
    given = plain(grader.tree.get("sampling_params"))
    if not isinstance(given, dict):
        return {}
    for key in given:
        if key not in _PARAMS:
            grader.alike(f"{key!r} of its sampling_params is not used")
    return {
        _PARAMS[key]: value for key, value in given.items() if key in _PARAMS and value is not None
    }


def shared_judge(cases: list[dict[str, Any]]) -> Made | None:
    """Return the judge that most assertions name, and take it out of them: it is the arena's."""
    named = [made for case in cases for made in _all_of(case["assertions"]) if "judge" in made]
    if not named:
        return None
    counts = Counter(json.dumps(made["judge"], sort_keys=True) for made in named)
    most = counts.most_common(1)[0][0]
    judges = [made.pop("judge") for made in named if _is(made["judge"], most)]
    return dict(judges[0])


def _is(judge: Made, text: str) -> bool:
    return json.dumps(judge, sort_keys=True) == text


def _all_of(assertions: list[Made]) -> Iterator[Made]:
    for made in assertions:
        yield made
        yield from _all_of(made.get("assertions", []))
