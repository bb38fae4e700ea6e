"""`arena trend`: how columns do from run to run, and which cells flip."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pytest_arena.cli import output, plugins, results_files
from pytest_arena.errors import Problem, UsageError, UserError

if TYPE_CHECKING:
    from pytest_arena.results.trend import RunPoint


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "trend", help="how columns do from run to run, and which cells flip"
    )
    results_files.add_argument(parser, "RESULTS")
    parser.add_argument(
        "--last", type=int, default=20, metavar="N", help="the newest N runs (default 20)"
    )
    plugins.add_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the trend of results files, of histories, or of both together."""
    from pytest_arena.comparison.trend import trend_of
    from pytest_arena.reporting.write import make_reporter

    if arguments.last < 2:
        raise UsageError(Problem("--last: a trend takes two runs", expected="2 or more"))
    problems: list[Problem] = []
    points: list[RunPoint] = []
    for file in results_files.find(arguments.paths):
        try:
            points += _points(file)
        except UserError as error:
            problems += error.problems
    if problems:
        raise UsageError(problems)
    summary: Any = make_reporter("terminal", output.registry_of(arguments))
    trend = trend_of(points, arguments.last)
    for line in summary.trend(trend, width=output.width(), color=output.color()):
        sys.stdout.write(f"{line}\n")
    return 0


def _points(file: results_files.NamedFile) -> Iterator[RunPoint]:
    from pytest_arena.comparison.trend import point_of
    from pytest_arena.comparison.trend.history import is_history, read_points
    from pytest_arena.results.reading import read_results

    if is_history(file.path):
        yield from read_points(file.path, file.name)
    else:
        yield point_of(read_results(file.path, file.name).run)
