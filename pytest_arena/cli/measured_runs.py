"""`arena power --measured`: an arena file is run against itself, and its false alarms counted."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pytest_arena.errors import Problem, UsageError
from pytest_arena.text.numbers import counted
from pytest_arena.text.printable import printable

if TYPE_CHECKING:
    from pytest_arena.results.run import RunResult

_MOST_SHOWN = 10
_WORSE = ("regressed", "drifted")
"""What the gate calls a cell that is worse beyond chance: had the prompt been changed, it would
have regressed."""


def show(arena: Path, *, runs: int, trials: int) -> int:
    """Run a file once for a baseline and so many times against it; print what came.

    0: there are figures; 1: no run could be compared.
    """
    if not arena.is_file():
        raise UsageError(
            Problem(
                f"{str(arena)!r} is not a file", expected="an arena file to run with --measured"
            )
        )
    first, again = _run(arena, runs, trials)
    compared = [run for run in again if run.gate is not None and run.gate.compared]
    if not compared:
        sys.stdout.write("No run could be compared: no cell reached a verdict on both sides\n")
        return 1
    lines = [
        f"{counted(len(first.cells), 'cell')}, {trials} trials each in the baseline; "
        f"{counted(len(again), 'run')} against it, with nothing changed",
        "",
        *_alarms(compared, len(again)),
        *_flips(again),
        "",
        "All runs stand against one baseline: another may be luckier or unluckier than this one.",
    ]
    sys.stdout.write(printable("\n".join(lines)) + "\n")
    return 0


def _run(arena: Path, runs: int, trials: int) -> tuple[RunResult, list[RunResult]]:
    from pytest_arena.api import run_arena
    from pytest_arena.comparison.baseline.file import write_baseline
    from pytest_arena.comparison.baseline.model import Baseline
    from pytest_arena.comparison.baseline.summarize import baseline_of
    from pytest_arena.comparison.gate.forecast import forecast

    with TemporaryDirectory(prefix="arena-power-") as folder:
        baseline = Path(folder, "baseline.jsonl").resolve()
        # a run that has a baseline leaves no trial out, as one must not that becomes one
        write_baseline(baseline, Baseline())
        first = run_arena(arena, trials=trials, baseline=baseline, fail_on="none")
        made = baseline_of(first)
        if made.cells and forecast(made) is None:
            raise UsageError(
                Problem(
                    f"no cell of {arena} is judged by statistics, so chance has no part in it",
                    fix="give an arena file whose cells call a provider",
                )
            )
        write_baseline(baseline, made)
        again = [run_arena(arena, baseline=baseline, fail_on="regression") for _ in range(runs)]
    return first, again


def _alarms(compared: Sequence[RunResult], runs: int) -> list[str]:
    gates = [run.gate for run in compared if run.gate is not None]
    named = [any(gate.counts.get(status) for status in _WORSE) for gate in gates]
    suites = [gate.suite_failed for gate in gates]
    moved = [bool(gate.moved) for gate in gates]
    either = [cell or suite for cell, suite in zip(named, suites, strict=True)]
    lines = [
        f"{'false alarms':<28}{_share(sum(either), len(gates), 'run')}",
        f"{'  a cell was called worse':<28}{sum(named)}",
        f"{'  the suite was':<28}{sum(suites)}",
        f"{'warned that it had moved':<28}{_share(sum(moved), len(gates), 'run')}",
    ]
    if len(gates) < runs:
        lines.append(f"{runs - len(gates)} further runs could not be compared")
    return lines


def _flips(runs: Sequence[RunResult]) -> list[str]:
    """Return the cells that passed some runs and failed others, those nearest to half first."""
    verdicts: defaultdict[str, list[bool]] = defaultdict(list)
    missing = 0
    for run in runs:
        for cell in run.cells:
            if cell.verdict in ("passed", "failed"):
                verdicts[cell.id].append(cell.verdict == "passed")
            else:
                missing += cell.verdict == "error"
    flipped = [cell_id for cell_id, passed in verdicts.items() if 0 < sum(passed) < len(passed)]
    flipped.sort(key=lambda cell_id: abs(mean(verdicts[cell_id]) - 0.5))
    lines = [f"{'cells that flipped':<28}{_share(len(flipped), len(verdicts), 'cell')}"]
    for cell_id in flipped[:_MOST_SHOWN]:
        passed = verdicts[cell_id]
        lines.append(f"  {cell_id}: passed {_share(sum(passed), len(passed), 'run')}")
    if len(flipped) > _MOST_SHOWN:
        lines.append(f"  and {len(flipped) - _MOST_SHOWN} more")
    if missing:
        lines.append(f"{'without a verdict':<28}{counted(missing, 'time')}")
    return lines


def _share(count: int, of: int, what: str) -> str:
    from pytest_arena.comparison.conclusion import interval
    from pytest_arena.comparison.stats.intervals_and_tests import wilson

    found = wilson(count, of)
    shown = f"{count} of {counted(of, what)}"
    return f"{shown} ({interval(found)})" if found is not None else shown
