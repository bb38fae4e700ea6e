"""Small results files, written by hand, for tests of what reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_arena.results import (
    Cell,
    Finding,
    Response,
    RunInfo,
    RunResult,
    Trial,
    TrialError,
    Verdict,
)
from pytest_arena.results.serialize import cell_line
from pytest_arena.results.writing import write_results


def make_cell(case: str, provider: str = "m", verdict: Verdict = "passed", **more: Any) -> Cell:
    """Return a cell with one trial; `ms` and `usd` are what its answer took."""
    answer = Response("Hi", latency_ms=more.pop("ms", 10.0), cost_usd=more.pop("usd", 0.001))
    error = TrialError("server", "HTTP 500") if verdict == "error" else None
    trials: tuple[Trial, ...] = (
        Trial(
            ({"role": "user", "content": "?"},),
            () if error else (answer,),
            verdict=verdict,
            assertions=(Finding("contains", "passed", 1.0, "so it is"),)
            if verdict == "passed"
            else (),
            error=error,
        ),
    )
    return Cell(
        f"arena.yaml::{case}[{provider}]",
        "arena.yaml",
        case,
        provider,
        "some-model",
        verdict,
        () if verdict == "skipped" else trials,
        line=more.pop("line", 3),
        reason=more.pop("reason", "no key" if verdict == "skipped" else None),
        **more,
    )


def without_end(path: Path) -> None:
    """Leave a file as a killed run would have."""
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def write_run(name: str, *cells: Cell, commit: str = "abc123", **more: Any) -> Path:
    """Write a finished run into `NAME/results.jsonl`."""
    info = RunInfo(
        run_id=more.pop("run_id", f"run-{name}"),
        started_at="2026-11-20T10:00:00Z",
        plugin_version=more.pop("version", "0.1.0"),
        git={"commit": commit, "branch": "main", "dirty": False},
        options=more.pop("options", {"workers": 0}),
        versions={"python": "3.11"},
    )
    run = RunResult(info, cells, **{"finished_at": "2026-11-20T10:01:00Z", **more})
    path = Path(name, "results.jsonl")
    path.parent.mkdir(parents=True)
    write_results(path, run, [cell_line(cell) for cell in cells])
    return path
