"""`testing_criteria` of an eval as assertions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pytest_arena.errors import suggest
from pytest_arena.importing.literal_text import is_plain
from pytest_arena.importing.made import LeftOutError, Made
from pytest_arena.importing.openai_evals.hosted.combined import combined
from pytest_arena.importing.openai_evals.hosted.grader import Grader, ours, paths_of, texts_in
from pytest_arena.importing.openai_evals.hosted.judges import label_model, score_model
from pytest_arena.importing.openai_evals.hosted.templates import ANSWER, Template
from pytest_arena.judging.detectors.secrets import find_secrets
from pytest_arena.judging.similarity.metrics import rouge_words
from pytest_arena.loading.tree import plain

_OPERATIONS = ("eq", "ne", "like", "ilike")
_NATIVE = {"bleu": "bleu"} | {f"rouge_{size}": "rouge" for size in (1, 2, 3, 4, 5, "l")}
"""Measures that an assertion of an arena has as well."""
_MEASURES = (*_NATIVE, "fuzzy_match", "gleu", "meteor")
_OF_SAMPLES = ("output_text", "output_json", "output_tools", "choices", "input", "model")
EMBEDDING = {"provider": "openai", "model": "text-embedding-3-large"}
HALF = 0.5


def convert(grader: Grader) -> Made:
    """Return the assertion for a grader; one that cannot be in an arena is a `LeftOutError`."""
    kind = grader.tree.get("type")
    made = _KINDS.get(kind) if isinstance(kind, str) else None
    if made is None:
        raise LeftOutError(f"a grader of the type {kind!r}", suggest(str(kind), list(_KINDS)) or "")
    if any(map(find_secrets, texts_in(plain(grader.tree)))):
        raise LeftOutError("it holds what looks like a key", "take it from os.environ")
    for path in paths_of(grader):
        head = re.split(r"[.\[]", path)[1] if "." in path else ""
        if path.startswith("sample.") and head not in {*_OF_SAMPLES, *grader.sample_keys}:
            raise LeftOutError(f"it looks at {path}, which no answer has here")
    known = {"type", "name", "id", *_KEYS[str(kind)].split()}
    for key in grader.tree:
        if key not in known:
            near = suggest(str(key), list(known)) or ""
            grader.alike(f"unknown key {key!r}, which is not looked at", near)
    return made(grader)


def _string_check(grader: Grader) -> Made:
    operation, got, wanted = _operation(grader), *_sides(grader)
    if operation in ("eq", "ne"):
        if wanted.only == ANSWER:
            got, wanted = wanted, got
        if got.only == ANSWER and grader.texts(wanted) is not None:
            made: Made = {"type": "equals", "value": ours(wanted), "exact": True}
            return {**made, "not": True} if operation == "ne" else made
    elif got.only == ANSWER:
        texts, case = grader.texts(wanted), operation == "like"
        if texts is not None and all(is_plain(text, case=case) for text in texts):
            made = {"type": "contains", "value": ours(wanted)}
            return {**made, "case_sensitive": True} if case else made
    return grader.module.call(_as_function(grader))


def _operation(grader: Grader) -> str:
    operation = grader.text("operation")
    operation = {"neq": "ne"}.get(operation, operation)
    if operation not in _OPERATIONS:
        near = suggest(operation, list(_OPERATIONS)) or f"one of {', '.join(_OPERATIONS)}"
        raise LeftOutError(f"the operation {operation!r}", near)
    return operation


def _sides(grader: Grader) -> tuple[Template, Template]:
    """Return what is compared with what; values that are no texts are told."""
    sides = grader.template("input"), grader.template("reference")
    for path in {path for side in sides for path in side.of("item")}:
        odd = next((one for one in grader.values(path) if not _reads_alike(one)), None)
        if odd is not None or None in grader.values(path):
            grader.alike(
                f"{path} is no text in every row ({odd!r})",
                "it reads as JSON here: true, lists with their brackets, null as nothing",
            )
    return sides


def _reads_alike(value: Any) -> bool:
    """Return whether a value reads the same in whatever language fills it into a text."""
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def _text_similarity(grader: Grader) -> Made:
    metric, (got, wanted) = _metric(grader), _sides(grader)
    least = grader.threshold(HALF)
    if metric == "cosine":
        return _cosine(grader, got, wanted, least)
    grader.alike(f"another implementation of {metric} measures it")
    texts = grader.texts(wanted)
    counted = texts is not None and all(texts if metric == "bleu" else map(rouge_words, texts))
    if metric in _NATIVE and got.only == ANSWER and counted and 0 < least <= 1:
        made: Made = {"type": _NATIVE[metric], "value": ours(wanted)}
        if metric != "bleu":
            made["variant"] = metric.replace("_l", "L").replace("_", "")
        return {**made, "min_score": least}
    made = grader.module.call(_as_function(grader, least))
    if least > 0:
        return made
    grader.alike("its pass_threshold is 0, so that it always passes", "weight: 0 keeps it so")
    return {**made, "weight": 0}


def _metric(grader: Grader) -> str:
    metric = grader.text("evaluation_metric")
    known = ("cosine", *_MEASURES)
    if metric not in known:
        near = suggest(metric, list(known)) or f"one of {', '.join(known)}"
        raise LeftOutError(f"the metric {metric!r}", near)
    return metric


def _cosine(grader: Grader, got: Template, wanted: Template, least: float) -> Made:
    if wanted.only == ANSWER:
        got, wanted = wanted, got
    texts = grader.texts(wanted)
    if got.only != ANSWER or texts is None:
        raise LeftOutError(
            "the cosine of texts of which none is the answer itself", "similar compares the answer"
        )
    if not all(texts):
        raise LeftOutError("the cosine with an empty text")
    if not 0 < least <= 1:
        raise LeftOutError(f"the cosine with a pass_threshold of {least:g}")
    made: Made = {"type": "similar", "value": ours(wanted), "min_similarity": least}
    return {**made, "embedding": dict(EMBEDDING)}


def _python(grader: Grader) -> Made:
    return grader.module.call(_as_function(grader, grader.threshold(HALF)))


def _as_function(grader: Grader, least: float = 0.0) -> str:
    """Return the function of the module that a grader is which asks no model."""
    if grader.kind == "python":
        return grader.module.add_source(grader.name, grader.text("source"), least)
    if grader.kind not in ("string_check", "text_similarity"):
        raise LeftOutError(
            f"a grader of the type {grader.kind!r} in a formula that is no weighted sum"
        )
    sides = [ours(side) for side in _sides(grader)]
    if grader.kind == "string_check":
        return grader.module.add(grader.name, "string_check", _operation(grader), *sides)
    metric = _metric(grader)
    if metric == "cosine":
        raise LeftOutError("the cosine in a formula that is no weighted sum")
    return grader.module.add(grader.name, "text_similarity", metric, *sides, pass_threshold=least)


_KEYS = {
    "string_check": "operation input reference",
    "text_similarity": "evaluation_metric input reference pass_threshold",
    "label_model": "model input labels passing_labels sampling_params",
    "score_model": "model input range pass_threshold sampling_params",
    "python": "source image_tag pass_threshold",
    "multi": "graders calculate_output pass_threshold",
}
_KINDS: Mapping[str, Callable[[Grader], Made]] = {
    "string_check": _string_check,
    "text_similarity": _text_similarity,
    "label_model": label_model,
    "score_model": score_model,
    "python": _python,
    "multi": lambda grader: combined(grader, convert, _as_function),
}
