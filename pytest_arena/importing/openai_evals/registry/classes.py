"""What becomes of the registry's classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.importing.made import LeftOutError
from pytest_arena.importing.openai_evals.registry.specs import EvalSpec
from pytest_arena.light_dataclass import dataclass

_BASIC = "evals.elsuite.basic."
GRADED = "evals.elsuite.modelgraded.classify:ModelBasedClassify"
_SHARED = {"samples_jsonl"}


@dataclass(frozen=True, slots=True)
class Class:
    """A class that an arena has as well: its check, and what it asks its model with."""

    check: str
    params: Mapping[str, Any]
    args: frozenset[str] = frozenset()
    """What it takes beside its samples."""


_FEW_SHOT = frozenset({"num_few_shot", "few_shot_jsonl", "max_tokens"})
CLASSES: Mapping[str, Class] = {
    f"{_BASIC}match:Match": Class("match", {"temperature": 0}, _FEW_SHOT),
    f"{_BASIC}includes:Includes": Class("includes", {}, frozenset({"ignore_case"})),
    f"{_BASIC}fuzzy_match:FuzzyMatch": Class(
        "fuzzy_match", {"temperature": 0, "max_tokens": 100}, frozenset({"max_tokens"})
    ),
    f"{_BASIC}json_match:JsonMatch": Class(
        "json_match", {"temperature": 0, "max_tokens": 512}, frozenset({"max_tokens"})
    ),
}
_GRADED_ARGS = {
    "modelgraded_spec", "modelgraded_spec_args", "eval_type", "sample_kwargs", "eval_kwargs",
    "multicomp_n", "match_fn", "metaeval",
}  # fmt: skip


def class_of(spec: EvalSpec) -> Class:
    """Return what a class is here; one that is not is a `LeftOutError`."""
    found = CLASSES.get(spec.kind)
    if found is None:
        raise LeftOutError(
            f"the class {spec.kind}, which is code of its own",
            "write a function, and type: python",
        )
    return found


def params_of(spec: EvalSpec) -> dict[str, Any]:
    """Return the parameters that an eval asks its model with."""
    if spec.kind == GRADED:
        given = spec.arg("sample_kwargs")
        return {"max_tokens": 1024, **(given if isinstance(given, dict) else {})}
    params = dict(class_of(spec).params)
    most = spec.arg("max_tokens")
    if "max_tokens" in params and isinstance(most, int):
        params["max_tokens"] = most
    return params


def unknown_args(spec: EvalSpec) -> list[str]:
    """Return what a class is given and does not take."""
    own = _GRADED_ARGS if spec.kind == GRADED else class_of(spec).args
    return [str(key) for key in spec.args if key not in {*_SHARED, *own}]


def check_of(spec: EvalSpec) -> dict[str, Any]:
    """Return the assertion that a class is."""
    check = class_of(spec).check
    if check == "includes" and spec.arg("ignore_case") in (True, "True", "true", 1):
        check = "includes_in_any_case"
    return {"type": "python", "call": f"pytest_arena.openai_evals:{check}"}
