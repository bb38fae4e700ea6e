"""One cell of a baseline to the record of its line, and back."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from pytest_arena.comparison.baseline.model import BaselineCell, Figures, Prompt, Version
from pytest_arena.results.versions import MAPPINGS, TEXTS

VERSION = (*TEXTS, *MAPPINGS)
"""The keys of what it takes to ask a provider again, and to tell one version from another."""


class Mistake(Exception):
    """What is wrong with a line, until its place is added."""


def cell_record(cell: BaselineCell) -> dict[str, Any]:
    figures = cell.figures
    record: dict[str, Any] = {
        "kind": "cell",
        "file": cell.file,
        "case": cell.case,
        "provider": cell.provider,
        "verdict": cell.verdict,
        "trials": cell.trials,
        "passed": cell.passed,
        "failed": cell.failed,
        "error": cell.error,
        "history": cell.history,
        "assertions": {
            place: list(cell.assertions[place]) for place in sorted(cell.assertions, key=_by_number)
        },
        "hashes": {name: cell.hashes[name] for name in sorted(cell.hashes)},
        "source": cell.source,
        "figures": {
            "trials": figures.trials,
            "requests": figures.requests,
            "latencies_ms": list(figures.latencies_ms),
            "cost_usd": figures.cost_usd,
            "tokens": figures.tokens,
        },
    }
    if cell.variant is not None:
        record["variant"] = cell.variant
    if cell.cluster is not None:
        record["cluster"] = cell.cluster
    if cell.label is not None:
        record["label"] = cell.label
        record["predicted"] = {text: cell.predicted[text] for text in sorted(cell.predicted)}
    if cell.metrics:
        record["metrics"] = {name: list(cell.metrics[name]) for name in sorted(cell.metrics)}
    if cell.digest is not None:
        record["digest"] = cell.digest
    if cell.scores:
        record["scores"] = {name: cell.scores[name] for name in sorted(cell.scores)}
    if cell.graded is not None:
        ordered = sorted(cell.graded, key=_by_number)
        record["graded"] = {place: list(cell.graded[place]) for place in ordered}
    for name, reported in (("models", cell.models), ("builds", cell.builds)):
        if reported:
            record[name] = list(reported)
    if cell.outputs is not None:
        record["outputs"] = list(cell.outputs)
    return record


def _by_number(place: str) -> list[tuple[int, str]]:
    parts = (step.partition(":") for step in place.split("/"))
    return [
        (int(number) if number.isdecimal() else 1 << 30, number + rest) for number, _, rest in parts
    ]


def cell_from_record(record: Mapping[str, Any]) -> BaselineCell:
    verdict = record.get("verdict")
    if verdict not in ("passed", "failed", "error"):
        raise Mistake(f"'verdict' is {verdict!r}")
    counts = {name: _count(record, name) for name in ("passed", "failed", "error")}
    if "trials" in record and _count(record, "trials") != sum(counts.values()):
        raise Mistake("'trials' is not the sum of passed, failed and error")
    history = text_of(record, "history") if "history" in record else ""
    if history and (history.count("P"), history.count("F"), len(history)) != (
        counts["passed"],
        counts["failed"],
        counts["passed"] + counts["failed"],
    ):
        raise Mistake("'history' is not a P for each passed trial and an F for each failed one")
    hashes = _mapping(record, "hashes")
    digest, source, outputs = record.get("digest"), record.get("source"), record.get("outputs")
    variant = record.get("variant")
    return BaselineCell(
        file=text_of(record, "file"),
        case=text_of(record, "case"),
        provider=text_of(record, "provider"),
        verdict=verdict,
        hashes={name: text_of(hashes, name) for name in hashes},
        source=None if source is None else text_of(record, "source"),
        **counts,
        assertions={p: _pair(p, counted) for p, counted in _mapping(record, "assertions").items()},
        metrics={name: _pair(name, two) for name, two in _mapping(record, "metrics").items()},
        figures=_figures(_mapping(record, "figures")),
        digest=None if digest is None else text_of(record, "digest"),
        outputs=None if outputs is None else _texts(record, "outputs"),
        history=history,
        scores={n: _score(n, score) for n, score in _mapping(record, "scores").items()},
        graded=_graded(record),
        models=_texts(record, "models"),
        builds=_texts(record, "builds"),
        variant=None if variant is None else text_of(record, "variant"),
        cluster=None if record.get("cluster") is None else text_of(record, "cluster"),
        label=text_of(record, "label") if "label" in record else None,
        predicted={
            text: _count(_mapping(record, "predicted"), text)
            for text in _mapping(record, "predicted")
        },
    )


def _score(name: str, score: Any) -> float:
    turn, separator, _ = name.partition("/")
    if not separator or (turn and not turn.isdecimal()):
        raise Mistake(f"'scores' has {name!r}, which is no turn and measure")
    return _share("scores", name, score)


def _graded(record: Mapping[str, Any]) -> dict[str, tuple[float, ...]] | None:
    if "graded" not in record:
        return None
    found = {}
    for place, scores in _mapping(record, "graded").items():
        if not isinstance(scores, list) or not scores:
            raise Mistake(f"'graded' has no scores for {place!r}")
        found[place] = tuple(_share("graded", place, score) for score in scores)
    return found


def _share(key: str, name: str, score: Any) -> float:
    if type(score) not in (int, float) or not 0 <= score <= 1:
        raise Mistake(f"{key!r} has no number from 0 to 1 for {name!r}")
    return float(score)


def _figures(record: Mapping[str, Any]) -> Figures:
    latencies = record.get("latencies_ms", [])
    if not isinstance(latencies, list) or any(type(ms) is not int or ms < 0 for ms in latencies):
        raise Mistake("'latencies_ms' is not a list of whole milliseconds")
    cost, tokens = record.get("cost_usd"), record.get("tokens")
    if cost is not None and (type(cost) not in (int, float) or not isfinite(cost)):
        raise Mistake("'cost_usd' is not a number")
    return Figures(
        trials=_count(record, "trials"),
        requests=_count(record, "requests"),
        latencies_ms=tuple(latencies),
        cost_usd=None if cost is None else float(cost),
        tokens=None if tokens is None else _count(record, "tokens"),
    )


def prompt_from_record(record: Mapping[str, Any]) -> Prompt:
    texts = record.get("texts")
    if not isinstance(texts, list):
        raise Mistake("'texts' is not a list")
    found = []
    for text in texts:
        if not isinstance(text, list) or [type(part) for part in text] != [str, str]:
            raise Mistake("'texts' holds something else than a role and a text")
        found.append((text[0], text[1]))
    return tuple(found)


def version_from_record(record: Mapping[str, Any]) -> Version:
    version = {name: record[name] for name in VERSION if record.get(name) is not None}
    for name, value in version.items():
        if name not in MAPPINGS:
            text_of(version, name)
        elif not isinstance(value, dict):
            raise Mistake(f"{name!r} is not a mapping")
    return version


def _pair(place: str, counted: Any) -> tuple[int, int]:
    if (
        isinstance(counted, list)
        and [type(part) for part in counted] == [int, int]
        and 0 <= counted[0] <= counted[1]
    ):
        return (counted[0], counted[1])
    raise Mistake(f"'assertions' has no [held, judged] for {place!r}")


def _count(record: Mapping[str, Any], name: str) -> int:
    value = record.get(name, 0)
    if type(value) is not int or value < 0:
        raise Mistake(f"{name!r} is not a count")
    return value


def text_of(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise Mistake(f"{name!r} is not a text" if name in record else f"it has no {name!r}")
    return value


def _texts(record: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = record.get(name, [])
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise Mistake(f"{name!r} is not a list of texts")
    return tuple(value)


def _mapping(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = record.get(name, {})
    if not isinstance(value, dict):
        raise Mistake(f"{name!r} is not a mapping")
    return value
