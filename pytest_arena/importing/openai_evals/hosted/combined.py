"""A grader that combines others by a formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_arena.importing.made import LeftOutError, Made
from pytest_arena.importing.openai_evals.hosted.grader import Grader
from pytest_arena.importing.openai_evals.hosted.judges import range_of
from pytest_arena.openai_evals.formula import BadFormulaError, Formula

_HALF = 0.5


def combined(
    grader: Grader, convert: Callable[[Grader], Made], as_function: Callable[[Grader], str]
) -> Made:
    """Return a group for a weighted sum; another formula needs graders that ask no model."""
    try:
        formula = Formula(grader.text("calculate_output"))
    except BadFormulaError as error:
        raise LeftOutError(f"its calculate_output: {error}") from None
    members = _members(grader)
    named = {name: _called(name, members) for name in sorted(formula.names)}
    if not named:
        raise LeftOutError("its calculate_output names no grader")
    least = grader.threshold(_HALF)
    weights = formula.weights()
    if weights is not None and all(weight > 0 for weight in weights.values()):
        made = _group(named, weights, least, convert)
    else:
        functions = {name: as_function(one) for name, one in named.items()}
        function = grader.module.add_formula(grader.name, formula.text, functions, least)
        made = grader.module.call(function)
    _take_notes(grader, named.values())
    return made


def _group(
    named: Mapping[str, Grader],
    weights: Mapping[str, float],
    least: float,
    convert: Callable[[Grader], Made],
) -> Made:
    """Return an `all_of` whose weighted score stands for the sum: its members score from 0 to 1."""
    made, reachable = [], 0.0
    for name, one in named.items():
        low, high = range_of(one) if one.kind == "score_model" else (0.0, 1.0)
        weight = weights[name] * (high - low)
        least -= weights[name] * low
        reachable += weight
        made.append({**convert(one), "weight": round(weight, 9)})
    if not 0 < least <= reachable:
        raise LeftOutError("a pass_threshold that every score reaches, or none")
    return {"type": "all_of", "threshold": round(least / reachable, 9), "assertions": made}


def _take_notes(grader: Grader, members: Iterable[Grader]) -> None:
    """Take over what members are told of, but for what alone they would pass with."""
    for one in members:
        grader.notes += [note for note in one.notes if "pass_threshold" not in note[0]]


def _members(grader: Grader) -> dict[str, Grader]:
    """Return the graders by their keys, or in a list by their names."""
    written = grader.tree.get("graders")
    if isinstance(written, Mapping) and "type" not in written:
        entries: list[tuple[str, Any]] = [(str(key), one) for key, one in written.items()]
    else:
        listed = written if isinstance(written, list) else [written]
        entries = [(str(one.get("name")), one) for one in listed if isinstance(one, Mapping)]
    if not entries or not all(isinstance(tree, Mapping) for _, tree in entries):
        raise LeftOutError("it has no graders")
    return {
        key: replace(grader, tree={**tree, "name": tree.get("name") or key}, notes=[])
        for key, tree in entries
    }


def _called(name: str, members: Mapping[str, Grader]) -> Grader:
    """Return the grader that a formula means by a name: its key, or its type with `_score`."""
    kinds = [one.kind for one in members.values()]
    by_slug = {"_".join(key.lower().replace("-", " ").split()): one for key, one in members.items()}
    by_kind = {f"{one.kind}_score": one for one in members.values() if kinds.count(one.kind) == 1}
    for found in (
        members.get(name),
        by_slug.get(name),
        by_slug.get(name.removesuffix("_score")),
        by_kind.get(name),
    ):
        if found is not None:
            return found
    raise LeftOutError(
        f"calculate_output names {name!r}, and no grader is called so",
        f"its graders are {', '.join(members)}",
    )
