"""`arena power`: how many cases and trials it takes to see a drop."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.cli import results_files
from pytest_arena.errors import Problem, UsageError

if TYPE_CHECKING:
    from pytest_arena.comparison.power import Need, PowerPlan


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("power", help="how many cases and trials it takes to see a drop")
    parser.add_argument(
        "results", help="results of a run, or their folder; or a baseline, to see what it can show"
    )
    parser.add_argument("--baseline", metavar="REF", help="take the spread from this baseline")
    parser.add_argument(
        "--drop", type=float, default=0.05, help="the fall of the pass rate to see (default 0.05)"
    )
    parser.add_argument("--alpha", type=float, default=0.05, help="chance of a false alarm")
    parser.add_argument("--power", type=float, default=0.8, help="chance to see it (default 0.8)")
    parser.add_argument(
        "--runs", type=int, default=100, metavar="N", help="simulated runs of a baseline (100)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the plan; 0 where the results say enough for one."""
    from pytest_arena.comparison.baseline.file import is_baseline
    from pytest_arena.comparison.baseline.source import read_baseline
    from pytest_arena.comparison.power import plan_power
    from pytest_arena.results.merging import merge

    for name in ("drop", "alpha", "power"):
        if not 0 < getattr(arguments, name) < 1:
            raise UsageError(
                Problem(
                    f"--{name}: {getattr(arguments, name):g} is not a number between 0 and 1",
                    fix=f"give a share, as in --{name}=0.05",
                )
            )
    given = Path(arguments.results)
    if given.is_file() and is_baseline(given.read_bytes()):
        from pytest_arena.cli.baseline_outlook import show

        return show(given, alpha=arguments.alpha, drop=arguments.drop, runs=arguments.runs)
    baseline = read_baseline(arguments.baseline, Path.cwd()) if arguments.baseline else None
    plan = plan_power(
        merge(results_files.read_all([arguments.results])),
        baseline,
        drop=arguments.drop,
        alpha=arguments.alpha,
        power=arguments.power,
    )
    if plan is None:
        raise UsageError(
            Problem(
                "no trial of these results reached a verdict, so nothing can be planned from them",
                fix="give the results of a run that passed or failed",
            )
        )
    sys.stdout.write("\n".join(_lines(plan)) + "\n")
    return 0


def _lines(plan: PowerPlan) -> list[str]:
    lines = [
        f"To see a drop of {_points(plan.drop)} with a chance of {plan.power:.0%} "
        f"(alpha {plan.alpha:g}), against {plan.baseline_trials} trials a cell in the baseline:",
        "",
        "trials a case  cases needed  the drop that the cases at hand show",
        *(_row(need) for need in plan.needs),
        "",
        f"From {plan.cases} cases with a pass rate of {plan.pass_rate:.0%}; {plan.basis}.",
    ]
    return lines + list(plan.remarks)


def _row(need: Need) -> str:
    shown = "none, not even if all of them failed" if need.drop is None else _points(need.drop)
    return f"{need.trials:>13}  {need.cases:>12,}  {shown}"


def _points(share: float) -> str:
    return f"{share * 100:g} points"
