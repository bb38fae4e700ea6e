"""`arena rejudge`: the answers of an earlier run under the assertions of today."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from pytest_arena.cli import output
from pytest_arena.errors import Problem, UsageError

DEFAULT_FOLDER = "arena-rejudged"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "rejudge",
        help="judge the answers of an earlier run by the assertions of today; only judges are "
        "called",
    )
    parser.add_argument("results", metavar="RESULTS", help="results of a run, or their folder")
    parser.add_argument(
        "arenas",
        nargs="*",
        metavar="ARENA",
        help="arena files (default: those of the results, as they are now)",
    )
    output.add_options(parser, output=DEFAULT_FOLDER)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run pytest on the arena files with the answers of the results; return its exit code."""
    from pytest_arena.settings import read

    results = os.path.realpath(read("arena_rejudge", arguments.results, "arena rejudge"))
    arenas = arguments.arenas or _arenas_of(results)
    options = [
        "--arena",
        f"--arena-rejudge={results}",
        f"--arena-report={arguments.formats}",
        f"--arena-report-dir={arguments.output or DEFAULT_FOLDER}",
        *(word for name in arguments.plugins for word in ("-p", name)),
    ]
    # a process of its own: pytest rewrites the modules of plug-ins before they are imported
    command = [sys.executable, "-m", "pytest", *options, *arenas]
    return subprocess.run(command, check=False).returncode  # noqa: S603  our own interpreter


def _arenas_of(results: str) -> list[str]:
    """Return the arena files that the cells of a run are from."""
    from pytest_arena.places import RESULTS
    from pytest_arena.results.reading import read_run

    is_folder = os.path.isdir(results)
    cells = read_run(os.path.join(results, RESULTS) if is_folder else results).cells
    files = list(dict.fromkeys(cell.file for cell in cells if cell.test is None))
    missing = [file for file in files if not Path(file).is_file()]
    if missing or not files:
        what = f"there is no {missing[0]!r} here" if missing else "the results have no cell"
        raise UsageError(
            Problem(
                what,
                expected="the arena files that the results are from, from where pytest was run",
                fix="name them: arena rejudge RESULTS ARENA",
            )
        )
    return files
