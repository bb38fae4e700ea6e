"""What the commands on results print and write: the summary, the reports, and their options."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.cli import plugins
from pytest_arena.errors import Problem, UsageError
from pytest_arena.object_store import shown_url

if TYPE_CHECKING:
    from pytest_arena.registry import Registry
    from pytest_arena.reporting.write import Reports
    from pytest_arena.results import RunResult

DEFAULT_FOLDER = "arena-report"
"""Where reports go unless `--output` names a folder."""
INTERNAL_ERROR = 3
"""The exit code where a report broke."""


def add_options(parser: argparse.ArgumentParser, *, output: str) -> None:
    """Add `--format`, `--output` and `-p` to a subcommand."""
    parser.add_argument(
        "--format",
        dest="formats",
        metavar="LIST",
        default="html,markdown",
        help="formats to write: html,json,markdown,csv,parquet,otlp (default html,markdown)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help=f"where to write them (default: {output})"
    )
    plugins.add_option(parser)


def registry_of(arguments: argparse.Namespace) -> Registry:
    """Return a registry with what `-p` names; what ships is found by its entry points."""
    from pytest_arena.registry import Registry

    return plugins.make_registry(arguments.plugins) if arguments.plugins else Registry()


def read_formats(given: str, registry: Registry) -> list[str]:
    """Return the formats of a comma-separated list; an unknown one is a `UsageError`."""
    from pytest_arena.reporting.write import known_formats
    from pytest_arena.settings import check_formats

    names = list(dict.fromkeys(word.strip() for word in given.split(",") if word.strip()))
    check_formats(names, lambda: known_formats(registry), "--format")
    return names


def make_folder(folder: Path) -> None:
    """Make the folder that reports go to; one that cannot be written to is a `UsageError`."""
    if re.match(r"[a-z0-9+.-]+:/", str(folder)) and not folder.is_dir():
        # the path of a URL has lost one of its slashes
        url = str(folder).replace(":/", "://", 1)
        problem = Problem(
            f"--output: {shown_url(url)!r} is no folder here",
            expected="a folder of this machine",
            fix="name one, and copy it when it is written",
        )
        raise UsageError(problem)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise unwritable(folder, PermissionError(0, "Permission denied"))


def unwritable(path: Path, error: OSError) -> UsageError:
    """Return the error of a path that cannot be written."""
    from pytest_arena import places

    return UsageError(places.unwritable(path, error, "name another one after --output"))


def write(run: RunResult, formats: Sequence[str], folder: Path, registry: Registry) -> Reports:
    """Write the reports, and say where and which of them broke."""
    from pytest_arena.reporting.write import write_reports

    reports = write_reports(run, formats, folder, registry)
    for line in reports.written:
        sys.stdout.write(f"{line}\n")
    for text in reports.broken:
        sys.stderr.write(f"{text}\n")
    return reports


def show(run: RunResult, registry: Registry) -> None:
    """Print the summary that also ends a run of pytest."""
    from pytest_arena.reporting.write import make_reporter

    summary = make_reporter("terminal", registry)
    for line in summary.render(run, width=width(), color=color()):
        sys.stdout.write(f"{line}\n")


def width() -> int:
    """Return the columns of the terminal; 100 where there is none."""
    return shutil.get_terminal_size((100, 24)).columns


def color() -> bool:
    """Return whether the output is a terminal, and nobody minds colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
