"""`arena power` on a baseline: what the gate would find with it, by simulated runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import Problem, UsageError

if TYPE_CHECKING:
    from pytest_arena.comparison.baseline.model import Baseline

_SEED = 1


def show(path: Path, *, alpha: float, drop: float, runs: int) -> int:
    """Print what a baseline can show, and what the gate did in simulated runs of its cells."""
    from pytest_arena.comparison.baseline.source import read_baseline
    from pytest_arena.comparison.gate.forecast import forecast
    from pytest_arena.comparison.gate.rules import Rules
    from pytest_arena.comparison.gate.simulation import outlook

    baseline, rules = read_baseline(str(path), Path.cwd()), Rules(alpha=alpha)
    ahead = forecast(baseline, rules)
    if ahead is None:
        raise UsageError(
            Problem(
                f"no cell of {path} is judged by statistics, so nothing can be simulated",
                fix="give a baseline of cells that call a provider",
            )
        )
    lines = [
        ahead.sentence,
        "",
        f"{runs} simulated runs a line by its own pass rates, 3 trials a cell in the run "
        f"(seed {_SEED}): failed, blind, warned, further calls",
        f"{'':<28}{'stored baseline':<32}old version asked again",
    ]
    for what, change in _changes(baseline, drop):
        shown = []
        for again in (False, True):
            found = outlook(
                baseline,
                runs=runs,
                seed=_SEED,
                again=again,
                rules=rules,
                **change,
            )
            shares = f"{found.failed:.0%}, {found.blind:.0%}, {found.warned:.0%}"
            shown.append(f"{shares}, {found.calls:,.0f} calls")
        lines.append(f"{what:<28}{shown[0]:<32}{shown[1]}")
    sys.stdout.write("\n".join([*lines, *_of_families(baseline)]) + "\n")
    return 0


def _changes(baseline: Baseline, drop: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is simulated: what it is called, and what becomes of the cells."""
    yield "nothing changed", {}
    if any(cell.cluster for cell in baseline.cells.values()):
        yield "families' own days, sd 1", {"family_day": 1.0}
    yield "1 cell stops passing", {"broken": 1}
    yield "5 cells stop passing", {"broken": 5}
    yield f"all {drop * 100:g} points worse", {"drop": drop}


def _of_families(baseline: Baseline) -> Iterator[str]:
    """Say which cases were tested as families, and of which cells nobody knows."""
    cells = baseline.cells.values()
    families = {(cell.file, cell.cluster) for cell in cells if cell.cluster}
    if families:
        of = sum(cell.cluster is not None for cell in cells)
        yield f"{of:,} of {len(cells):,} cells are of {len(families):,} families (`cluster:`)."
    older = sum(cell.graded is None for cell in cells)
    if older:
        yield (
            f"{older:,} of {len(cells):,} cells were written by an older version, which kept no "
            "families: each is simulated as a case of its own."
        )
