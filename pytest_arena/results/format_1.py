"""Cells as format 1 of `results.jsonl` held them (versions before 0.2), brought into today's shape.

There the only answer of a trial was spread over the trial itself, and a load test held its rates.
"""

from __future__ import annotations

from typing import Any

_OF_THE_ANSWER = (
    "output",
    "finish_reason",
    "tool_calls",
    "latency_ms",
    "first_token_ms",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "attempts",
    "source",
    "model",
    "answered_by",
    "filtered",
)


def is_format_1(cell: dict[str, Any]) -> bool:
    """Return whether a cell is in format 1, which said of each trial where its answer came from."""
    trials = [*_listed(cell.get("trials")), *_listed(cell.get("confirmation"))]
    return any(isinstance(trial, dict) and "source" in trial for trial in trials)


def cell_from_format_1(cell: dict[str, Any]) -> dict[str, Any]:
    """Return a cell's record in today's shape; what is wrong in it stays wrong, to be told."""
    found = dict(cell)
    for name in ("trials", "confirmation"):
        if name in found:
            found[name] = [
                _trial(trial) if isinstance(trial, dict) else trial
                for trial in _listed(found[name])
            ]
    return found


def _trial(trial: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in trial.items() if name not in _OF_THE_ANSWER}
    if "turns" in trial:
        found["responses"] = found.pop("turns")
    elif trial.get("source") is not None:
        found["responses"] = [{n: trial[n] for n in _OF_THE_ANSWER if n in trial}]
        error = trial.get("error")
        if isinstance(error, dict) and isinstance(trial.get("attempts"), int):
            # a trial's attempts were those of its answers and of its error together
            found["responses"][0]["attempts"] = trial["attempts"] - error.get("attempts", 0)
    guardrail = found.pop("guardrail", None)
    if "guardrails" not in found and guardrail is not None:
        found["guardrails"] = [guardrail]
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
