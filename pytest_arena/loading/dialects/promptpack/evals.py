"""A pack's evals as assertions of the cases under its prompts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from pytest_arena.errors import shorten
from pytest_arena.loading.assertions import build_named
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptpack.described import LeftOut
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import ArenaModel, Assertion

_TYPES = {
    "contains": "contains_all",
    "content_includes": "contains_all",
    "content_includes_any": "contains_any",
    "content_matches": "matches",
    "content_not_includes": "not_contains",
    "cost_budget": "cost",
    "is_valid_json": "is_json",
    "json_valid": "is_json",
    "latency_budget": "response_time",
    "regex": "matches",
    "regex_match": "matches",
    "valid_json": "is_json",
}
"""What our assertion is called where it has another name, or another meaning under this one."""
_KEYS = {
    "contains_all": {"value": "values", "text": "values"},
    "contains_any": {"value": "values"},
    "not_contains": {"value": "values"},
    "matches": {"regex": "pattern"},
    "is_json": {"allow_wrapped": "extract"},
    "max_length": {
        **dict.fromkeys(("max", "max_characters", "max_chars", "max_length"), "value"),
    },
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
    "llm_judge": {
        "judge_prompt": "criteria",
        "prompt": "criteria",
        "passing_score": "min_score",
        "model": "",
    },
}
"""Params that are called otherwise here; those with an empty name are the arena file's to say."""
_LOWER_BOUNDS = ("gte", "gt", ">=", ">")


class _Eval(ArenaModel):
    """One eval as a pack says it."""

    id: str = ""
    type: str
    description: Any = None
    trigger: Any = None
    sample_percentage: Any = None
    enabled: bool = True
    params: dict[str, Any] = Field(default_factory=dict)
    metric: Any = None
    threshold: dict[str, Any] | None = None
    message: Any = None
    when: Any = None
    groups: Any = None


@dataclass(frozen=True, slots=True)
class PackEvals:
    """The evals of a prompt: what each of its answers is held to, and the last one alone."""

    of_each: tuple[Assertion, ...] = ()
    of_last: tuple[Assertion, ...] = ()

    @property
    def all(self) -> tuple[Assertion, ...]:
        """What the last answer is held to."""
        return (*self.of_each, *self.of_last)


def build_evals(
    lists: Iterable[tuple[Any, str]], left_out: LeftOut, context: LoadContext
) -> PackEvals:
    """Return the assertions that lists of evals mean, each list with whose it is.

    Of two with the same id the later one holds. What an arena has no assertion for is left out.
    """
    found: dict[str, tuple[YamlMap, _Eval, str]] = {}
    for written, owner in lists:
        for number, entry in enumerate(written if isinstance(written, YamlList) else ()):
            if not isinstance(entry, YamlMap):
                context.problems.add(
                    f"an eval of {owner} is not a mapping",
                    written.value_place(number),
                    expected="a mapping with id, type and params",
                    fix="write it like {id: polite, type: contains, params: {patterns: [please]}}",
                )
                continue
            spec = build_model(_Eval, entry, context.problems, f"an eval of {owner}")
            if spec is not None:
                found[spec.id or f"{owner} {number}"] = (entry, spec, owner)
    of_each: list[Assertion] = []
    of_last: list[Assertion] = []
    for entry, spec, _ in found.values():
        assertion = _assertion(entry, spec, left_out, context) if spec.enabled else None
        if assertion is not None:
            (of_last if "complete" in str(spec.trigger) else of_each).append(assertion)
    return PackEvals(tuple(of_each), tuple(of_last))


def _assertion(
    entry: YamlMap, spec: _Eval, left_out: LeftOut, context: LoadContext
) -> Assertion | None:
    kind = _TYPES.get(spec.type, spec.type)
    named = f"eval {shorten(spec.id or spec.type)!r}"
    cls = context.registry.assertions.get(kind)
    if spec.when is not None:
        left_out.add(f"{named}, which has a condition ('when')")
        return None
    if cls is None:
        left_out.add(f"{named}, whose type {spec.type!r} is no assertion here")
        return None
    tree = _settings(entry, kind)
    if kind == "llm_judge" and "min_score" in tree:
        tree["min_score"] = _of_range(tree["min_score"], spec.metric)
    if spec.threshold is not None:
        value, operator = spec.threshold.get("value"), spec.threshold.get("operator", "gte")
        if operator not in _LOWER_BOUNDS or not isinstance(value, (int, float)):
            left_out.add(f"{named}, whose threshold is no lower bound")
            return None
        key = "min_score" if "min_score" in cls.model_fields else "threshold"
        if cls.graded or key == "min_score":
            tree.put(key, _of_range(value, spec.metric), entry.marks["threshold"])
    built = build_named(kind, tree, context)
    if built is not None:
        built._place = None  # findings tell lines of the arena file
    return built


def _settings(entry: YamlMap, kind: str) -> YamlMap:
    """Return an eval's params under the names that they have here."""
    tree = YamlMap(entry.files, entry.mark)
    params = entry.get("params")
    names = _KEYS.get(kind, {})
    tree.key_marks["type"] = tree.marks["type"] = entry.marks["type"]
    if not isinstance(params, YamlMap):
        return tree
    for key, value in params.items():
        name = names.get(key, key)
        if name == "values":
            value = listed(value, params, key)
        if name:
            tree.put(name, value, params.marks[key], params.key_marks[key])
    return tree


def listed(value: Any, tree: YamlMap, key: str) -> Any:
    """Return a value of a tree as a list; a single one as a list of it."""
    if isinstance(value, YamlList):
        return value
    alone = YamlList(tree.files, tree.marks[key])
    alone.put(value, alone.mark)
    return alone


def _of_range(score: Any, metric: Any) -> Any:
    """Return a score as a share of the range that its metric names: 4 of 1 to 5 is 0.75."""
    bounds = metric.get("range") if isinstance(metric, dict) else None
    if not isinstance(bounds, dict) or not isinstance(score, (int, float)):
        return score
    low, high = bounds.get("min", 0), bounds.get("max", 1)
    numbers = isinstance(low, (int, float)) and isinstance(high, (int, float))
    return (score - low) / (high - low) if numbers and high > low else score
