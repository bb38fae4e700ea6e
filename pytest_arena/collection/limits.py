"""The limits under `gates:` when a run ends: what is said of them, and whether they fail it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_arena.comparison.baseline import Baseline
from pytest_arena.comparison.baseline_source import read_baseline
from pytest_arena.comparison.gate import Rules, assess
from pytest_arena.comparison.limits import Against, LimitResult, check_limits
from pytest_arena.errors import UsageError
from pytest_arena.results.models import RunResult
from pytest_arena.schema.gates import GateSpec


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold what became of all limits of a run."""

    lines: tuple[str, ...] = ()
    failed: bool = False


def check_gates(
    gates: Sequence[tuple[str, Mapping[str, Any]]],
    run: RunResult,
    *,
    folder: Path,
    rules: Rules,
    own: Baseline | None,
) -> Limits:
    """Check the entries of `gates:`, which are given with their files, on the cells of each file.

    `own` is the run's baseline; an entry may name another one, relative to `folder`. One that
    cannot be read leaves its limit an error that says why.
    """
    lines = []
    failed = False
    for file, written in gates:
        spec = GateSpec.model_validate(written)
        against: dict[str | None, Against] = {}
        unread = None
        try:
            baseline = read_baseline(spec.baseline, folder) if spec.baseline else own
            if baseline is not None:
                against[spec.baseline] = Against(baseline, assess(run, baseline, rules))
        except UsageError as error:
            unread = str(error).splitlines()[0]
        (result,) = check_limits([spec], run, file=file, against=against)
        lines.append(_line(file, result, unread))
        failed = failed or result.fails
    return Limits(tuple(lines), failed)


def _line(file: str, result: LimitResult, unread: str | None) -> str:
    word = {"passed": "holds", "failed": "is broken", "error": "could not be checked"}
    warning = " (a warning)" if result.warns else ""
    reason = f"{result.reason} ({unread})" if unread else result.reason
    return f"a gate of {file} {word[result.verdict]}{warning}: {reason}"
