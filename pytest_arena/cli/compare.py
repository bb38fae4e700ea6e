"""`arena compare`: two runs side by side."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pytest_arena.cli import output, plugins, results_files
from pytest_arena.errors import Problem, UsageError

if TYPE_CHECKING:
    from pytest_arena.comparison.two_runs import ShowsTwoRuns
    from pytest_arena.registry import Registry
    from pytest_arena.results import RunResult


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("compare", help="show two runs side by side: what changed")
    parser.add_argument("before", metavar="A", help="results of the earlier run, or their folder")
    parser.add_argument("after", metavar="B", help="results of the later run, or their folder")
    parser.add_argument(
        "--format", default="terminal", help="how to print it: terminal or markdown"
    )
    plugins.add_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what differs; it is 0 for any two runs that can be read, since this is no gate."""
    from pytest_arena.comparison.two_runs import TwoRuns

    reporter = _reporter(arguments.format, output.registry_of(arguments))
    runs = TwoRuns(_run(arguments.before), _run(arguments.after))
    for line in reporter.compare(runs, width=output.width(), color=output.color()):
        sys.stdout.write(f"{line}\n")
    return 0


def _run(given: str) -> RunResult:
    """Read one side; several files, as a folder may hold, are joined."""
    from pytest_arena.results.merging import merge

    return merge(results_files.read_all([given]))


def _reporter(name: str, registry: Registry) -> ShowsTwoRuns:
    from pytest_arena.reporting.write import known_formats, make_reporter

    if name == "terminal" or name in known_formats(registry):
        reporter: ShowsTwoRuns = make_reporter(name, registry)
        if hasattr(reporter, "compare"):
            return reporter
    raise UsageError(
        Problem(
            f"--format: two runs cannot be shown as {name!r}",
            expected="terminal, markdown, or a reporter that has compare()",
        )
    )
