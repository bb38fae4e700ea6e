"""Runs for tests of baseline and gate: cells made of passed, failed and errored trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_arena.comparison.baseline.model import Baseline, BaselineCell, Figures
from pytest_arena.comparison.baseline.summarize import baseline_of
from pytest_arena.results import (
    Cell,
    Finding,
    Response,
    RunInfo,
    RunResult,
    Source,
    Trial,
    TrialError,
    Verdict,
)

HASHES = {"prompt": "p1", "provider": "m1", "assertions": "a1", "judge": ""}
_VERDICTS: dict[str, Verdict] = {"P": "passed", "F": "failed", "E": "error"}


def trials_of(
    marks: str,
    source: Source = "call",
    *,
    latency_ms: float | None = 100.0,
    cost_usd: float | None = 0.01,
    tokens: int | None = 10,
    prompt: str = "How?",
) -> tuple[Trial, ...]:
    """Return a trial for each letter: P passed, F failed, E no verdict."""
    made = []
    for index, mark in enumerate(marks):
        verdict = _VERDICTS[mark]
        answer = Response(
            "the same answer" if source != "call" else f"answer {index}",
            source=source,
            latency_ms=latency_ms,
            cost_usd=cost_usd,
            input_tokens=tokens,
            output_tokens=tokens,
        )
        finding = Finding("contains", verdict, None, "found or not", 7)
        made.append(
            Trial(
                messages=({"role": "user", "content": prompt},),
                responses=() if mark == "E" else (answer,),
                verdict=verdict,
                assertions=() if mark == "E" else (finding,),
                error=TrialError("timeout", "no answer within 60 s") if mark == "E" else None,
                index=index,
            )
        )
    return tuple(made)


def cell_of(
    marks: str,
    case: str = "Reset",
    provider: str = "mini",
    *,
    source: Source = "call",
    file: str = "arena.yaml",
    tags: tuple[str, ...] = (),
    trials: Sequence[Trial] | None = None,
    **hashes: str,
) -> Cell:
    """Return a cell that passed where every trial did."""
    verdict: Verdict = "passed"
    if "F" in marks:
        verdict = "failed"
    elif "P" not in marks:
        verdict = "error"
    return Cell(
        id=f"{file}::{case}[{provider}]",
        file=file,
        case=case,
        provider=provider,
        model="openai/gpt-4o-mini",
        verdict=verdict,
        trials=trials_of(marks, source) if trials is None else tuple(trials),
        tags=tags,
        hashes={**HASHES, **hashes},
        line=7,
    )


def run_of(*cells: Cell) -> RunResult:
    info = RunInfo("run-1", "2026-11-20T10:00:00Z", "0.1.0")
    return RunResult(info, cells, finished_at="2026-11-20T10:01:00Z")


def kept(*cells: Cell) -> Baseline:
    """Return the baseline that a run of these cells makes."""
    return baseline_of(run_of(*cells))


def with_figures(cell: BaselineCell, figures: Figures) -> BaselineCell:
    return replace(cell, figures=figures)
