"""The way on from a task: what its branches wait for, and what it gave."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pytest_arena.schema.task_chain import BranchSpec
from pytest_arena.targets.task_chain.answers import number_in
from pytest_arena.targets.task_chain.values import TaskFailed

_RANGE = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*-\s*(-?\d+(?:\.\d+)?)\s*")


def chosen(
    branches: Sequence[BranchSpec], given: str, edges: Mapping[str, int]
) -> BranchSpec | None:
    """Return the first branch that holds, in the order in which they are written; `default` where
    none does, wherever it stands; None without that."""
    others = (one for one in branches if one.operator != "default" and _holds(one, given, edges))
    default = (one for one in branches if one.operator == "default")
    return next(others, None) or next(default, None)


def _holds(branch: BranchSpec, given: str, edges: Mapping[str, int]) -> bool:
    when = branch.when
    if branch.operator == "edge_traversed_at_least":
        return edges.get(branch.edge, 0) >= int(when)
    if branch.operator == "equals":
        return given == when
    if branch.operator == "contains":
        return when in given
    if branch.operator == "starts_with":
        return given.startswith(when)
    if branch.operator == "ends_with":
        return given.endswith(when)
    try:
        lower, upper = _bounds(given)
    except TaskFailed:
        return False  # a text is in no range, and neither more nor less than a number
    if branch.operator in (">", "gt"):
        return lower > float(when)
    if branch.operator in ("<", "lt"):
        return upper < float(when)
    least, most = _bounds(when)
    return least <= lower and upper <= most


def _bounds(text: str) -> tuple[float, float]:
    """Return the numbers that a range goes from and to; a number is a range of itself."""
    found = _RANGE.fullmatch(text)
    if found is not None:
        return float(found[1]), float(found[2])
    number = number_in(text)
    return number, number
