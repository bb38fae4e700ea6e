"""`arena power` on a baseline: what the gate would find with it, by simulated runs."""

from __future__ import annotations

import sys
from pathlib import Path

from pytest_arena.errors import Problem, UsageError

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
    points = f"all {drop * 100:g} points worse"
    for what, broken, worse in (
        ("nothing changed", 0, 0.0),
        ("1 cell stops passing", 1, 0.0),
        ("5 cells stop passing", 5, 0.0),
        (points, 0, drop),
    ):
        shown = []
        for again in (False, True):
            found = outlook(
                baseline,
                runs=runs,
                seed=_SEED,
                broken=broken,
                drop=worse,
                again=again,
                rules=rules,
            )
            shares = f"{found.failed:.0%}, {found.blind:.0%}, {found.moved:.0%}"
            shown.append(f"{shares}, {found.calls:,.0f} calls")
        lines.append(f"{what:<28}{shown[0]:<32}{shown[1]}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
