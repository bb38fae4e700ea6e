"""Results as tests look at them: every field of a cell, and of a trial's answers together."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pytest_arena.results import Cell, Response, Trial
from pytest_arena.results.reading import read_lines

_OF_ALL_ANSWERS = ("latency_ms", "first_token_ms", "input_tokens", "output_tokens", "cost_usd")


def seen_cells(path: Path) -> dict[str, dict[str, Any]]:
    """Return the cells of a results file by id, finished or not."""
    return {cell.id: seen(cell) for _, cell in read_lines(path) if isinstance(cell, Cell)}


def seen(cell: Cell) -> dict[str, Any]:
    """Return a cell as plain values; a trial has what its answers come to beside them."""
    found = _plain(asdict(cell))
    for name in ("trials", "confirmation", "confirmation_old"):
        found[name] = [_trial(trial) for trial in getattr(cell, name)]
    return found


def _trial(trial: Trial) -> dict[str, Any]:
    found = _plain(asdict(trial))
    for name in ("output", "source", "finish_reason", "attempts", *_OF_ALL_ANSWERS):
        found[name] = getattr(trial, name)
    for one in fields(Response):
        found.setdefault(one.name, getattr(trial.last, one.name, None))
    found["guardrail"] = _plain(asdict(trial.guardrail)) if trial.guardrail else None
    found["tool_calls"] = [_plain(asdict(call)) for call in trial.tool_calls]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
