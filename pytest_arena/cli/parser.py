"""The parser of the `arena` command, of what its subcommands add."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from pytest_arena._version import __version__
from pytest_arena.cli import (
    USED_WRONGLY,
    calibrate,
    comment,
    compare,
    import_files,
    init,
    merge,
    pack,
    personas,
    power,
    ray,
    rejudge,
    report,
    schema,
    trend,
    validate,
)

_COMMANDS = (
    init,
    validate,
    schema,
    import_files,
    pack,
    personas,
    report,
    merge,
    compare,
    trend,
    comment,
    power,
    calibrate,
    rejudge,
    ray,
)


class _Parser(argparse.ArgumentParser):
    """A parser that refuses what it does not know with 4: 2 is a verdict of its own, as of a run
    that is not complete."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USED_WRONGLY, f"{self.prog}: error: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command and of all its subcommands."""
    parser: argparse.ArgumentParser = _Parser(
        prog="arena", description="Work with arena files; pytest --arena runs them."
    )
    parser.add_argument("--version", action="version", version=f"pytest-arena {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_to(commands)
    return parser
