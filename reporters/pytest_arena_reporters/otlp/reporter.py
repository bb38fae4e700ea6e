"""The OTLP report: a line of JSON for each trial, which collectors and their tools read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from pytest_arena.comparison.coverage import part_of
from pytest_arena.reporting.base import Report, TraceReporter
from pytest_arena.results import Cell, RunInfo, RunResult, Trial
from pytest_arena.text.numbers import counted
from pytest_arena_reporters.otlp.span import attribute_list
from pytest_arena_reporters.otlp.trial_spans import TrialSpans
from pytest_arena_reporters.writing import encode, write_atomically


class OtlpReporter(TraceReporter):
    """Writes `traces.jsonl`: a line of OTLP JSON for each trial, with its tree of spans."""

    def write(self, run: RunResult, directory: Path) -> Report:
        """Write the report and say where."""
        lines = [
            json.dumps(traces, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
            for traces in self.traces(run)
        ]
        path = directory / "traces.jsonl"
        write_atomically(path, encode("".join(lines)))
        return Report(path, note=counted(len(lines), "trace"))

    def traces(self, run: RunResult) -> Iterator[dict[str, Any]]:
        """Yield the trace of each trial, in the order of the cells."""
        resource = {"attributes": attribute_list({**_of_run(run.info), **_of_part(run)})}
        scope = {"name": "pytest_arena", "version": run.info.plugin_version}
        for cell in run.cells:
            for phase, trial in _trials(cell):
                trace_id = trial.trace_id or _made_up(run.info.run_id, cell.id, phase, trial)
                began_ns = _nanoseconds(trial.started_at or run.info.started_at)
                spans = [
                    span.record(trace_id, began_ns)
                    for span in TrialSpans(cell, trial, phase, trace_id).all()
                ]
                scoped = {"scope": scope, "spans": spans}
                yield {"resourceSpans": [{"resource": resource, "scopeSpans": [scoped]}]}


def _of_run(info: RunInfo) -> dict[str, Any]:
    return {
        "service.name": "pytest-arena",
        "service.version": info.plugin_version,
        "vcs.ref.head.revision": info.git.get("commit"),
        "vcs.ref.head.name": info.git.get("branch"),
        "pytest_arena.run.id": info.run_id,
    }


def _of_part(run: RunResult) -> dict[str, Any]:
    """Return how many cells of how many a run of a part has; nothing of a whole one."""
    part = part_of(run)
    if part is None:
        return {}
    return {"pytest_arena.run.cells": part[0], "pytest_arena.run.cells_collected": part[1]}


def _trials(cell: Cell) -> Iterator[tuple[str, Trial]]:
    """Yield all trials of a cell with what they were asked for."""
    phases = {
        "run": cell.trials,
        "confirmation": cell.confirmation,
        "confirmation_old": cell.confirmation_old,
        "sample": cell.sample,
        "sample_old": cell.sample_old,
        **{f"hunk {hunk.name}": hunk.trials for hunk in cell.hunks},
        "hunks_old": cell.hunks_old,
    }
    for phase, trials in phases.items():
        yield from ((phase, trial) for trial in trials)


def _made_up(run_id: str, cell_id: str, phase: str, trial: Trial) -> str:
    """Return an id for a trial that has none, as one of an older file, or of a Python test."""
    place = (run_id, cell_id, phase, trial.index, trial.dialogue)
    return sha256("\0".join(map(str, place)).encode("utf-8", "replace")).hexdigest()[:32]


def _nanoseconds(when: str) -> int:
    return round(datetime.fromisoformat(when).timestamp() * 1000) * 1_000_000
