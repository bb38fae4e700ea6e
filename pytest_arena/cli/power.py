"""`arena power`: how many cases and trials it takes to see a drop."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.cli import results_files
from pytest_arena.errors import Problem, UsageError

if TYPE_CHECKING:
    from pytest_arena.comparison.power import Need, PowerPlan


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "power",
        help="how many cases and trials it takes to see a drop; with --measured, how often a file "
        "run against itself differs",
    )
    parser.add_argument(
        "results",
        help="results of a run, or their folder; or a baseline, to see what it can show; or an "
        "arena file, with --measured",
    )
    parser.add_argument("--baseline", metavar="REF", help="take the spread from this baseline")
    parser.add_argument("--drop", type=float, help="the fall of the pass rate to see (0.05)")
    parser.add_argument("--alpha", type=float, help="chance of a false alarm (0.05)")
    parser.add_argument("--power", type=float, help="chance to see it (0.8)")
    parser.add_argument(
        "--measured",
        action="store_true",
        help="run the arena file against itself, which makes real calls, and count false alarms",
    )
    parser.add_argument(
        "--runs",
        type=int,
        metavar="N",
        help="simulated runs of a baseline (100), measured ones (5)",
    )
    parser.add_argument(
        "--trials", type=int, metavar="N", help="trials of a cell in the measured baseline (5)"
    )
    parser.set_defaults(run=run)


_USUAL: dict[str, dict[str, Any]] = {
    "results": {"baseline": None, "drop": 0.05, "alpha": 0.05, "power": 0.8},
    "a baseline": {"drop": 0.05, "alpha": 0.05, "runs": 100},
    "--measured": {"runs": 5, "trials": 5},
}
"""The options that each use has, with their values where they are not given."""
_OPTIONS = ("baseline", "drop", "alpha", "power", "runs", "trials")


def run(arguments: argparse.Namespace) -> int:
    """Print the plan; 0 where there is enough for one."""
    from pytest_arena.comparison.baseline.file import first_line, is_baseline
    from pytest_arena.comparison.baseline.source import read_baseline
    from pytest_arena.comparison.power import plan_power
    from pytest_arena.results.merging import merge

    given = Path(arguments.results)
    if arguments.measured:
        from pytest_arena.cli import measured_runs

        _complete(arguments, "--measured")
        return measured_runs.show(given, runs=arguments.runs, trials=arguments.trials)
    if given.is_file() and is_baseline(first_line(given)):
        from pytest_arena.cli.baseline_outlook import show

        _complete(arguments, "a baseline")
        return show(given, alpha=arguments.alpha, drop=arguments.drop, runs=arguments.runs)
    _complete(arguments, "results")
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


def _complete(arguments: argparse.Namespace, use: str) -> None:
    """Fill in what was not given, and refuse what has no effect in this use or cannot be."""
    usual = _USUAL[use]
    for name in _OPTIONS:
        value = getattr(arguments, name)
        if value is not None and name not in usual:
            known = ", ".join(f"--{option}" for option in usual)
            raise UsageError(
                Problem(
                    f"--{name}: has no effect with {use}",
                    expected=f"with {use}: {known}",
                    fix=f"leave --{name} out",
                )
            )
        if value is None and name in usual:
            setattr(arguments, name, usual[name])
        elif name in ("drop", "alpha", "power") and value is not None and not 0 < value < 1:
            raise UsageError(
                Problem(
                    f"--{name}: {value:g} is not a number between 0 and 1",
                    fix=f"give a share, as in --{name}=0.05",
                )
            )
        elif name in ("runs", "trials") and value is not None and value < 1:
            raise UsageError(
                Problem(
                    f"--{name}: {value} is not a number of at least 1",
                    fix=f"write it like --{name}=10",
                )
            )


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
