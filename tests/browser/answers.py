"""Runs whose answers a test chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from synthetic_run import synthetic_run

from pytest_arena.results import Cell, Response, RunResult


def answered(texts: Sequence[Sequence[str]], **changes: Any) -> RunResult:
    """Return a run with a case for each row of texts, and a column for each text of a row."""
    run = synthetic_run(len(texts), len(texts[0]), rich=False)
    said = [text for row in texts for text in row]
    cells = [answering(cell, text) for cell, text in zip(run.cells, said, strict=True)]
    return replace(run, cells=tuple(replace(cell, **changes) for cell in cells))


def answering(cell: Cell, text: str, **changes: Any) -> Cell:
    """Return a cell whose one trial got this answer."""
    (trial,) = cell.trials
    response = replace(trial.responses[-1] if trial.responses else Response(""), output=text)
    told = replace(trial, responses=(replace(response, **changes),), error=None)
    return replace(cell, trials=(told,))


def address(cell: Cell) -> str:
    return f"#cell?id={quote(f'{cell.file}::{cell.case}[{cell.column}]', safe='')}"
