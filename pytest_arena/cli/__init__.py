"""The `arena` command: one file a subcommand.

Each subcommand adds its own arguments and runs with what it parsed; it prints, and returns the
exit code, as pytest's are. The commands work on arena files and what is beside them (`validate`,
`init`, `schema`, `import`, `pack`, `personas`) or on results that are there already (`report`,
`merge`, `compare`, `trend`, `comment`, `power`); only `calibrate`, `power --measured`, `ray`
and, for its judges, `rejudge` ask models. Nothing here decides a verdict: that is done in
`comparison` and `results`, so that a command and a run of pytest always agree.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from pytest_arena._version import __version__
from pytest_arena.cli import (
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

USED_WRONGLY = 4
"""The exit code of a command that did nothing, since it was given what it does not take."""
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the `arena` command and return its exit code.

    0: good; 1: problems, or not all cells held; 2: a run that is not complete; 3: a report that
    broke; 4: used wrongly; 5: no cells.
    """
    # Imported here, so that a broken installation still prints its version.
    from pytest_arena.errors import UserError
    from pytest_arena.text.code_page import keep_writable

    for stream in (sys.stdout, sys.stderr):
        keep_writable(stream)
    parser = build_parser()
    arguments = parser.parse_args(argv)
    try:
        os.getcwd()
    except FileNotFoundError:
        return _refused("the working directory is gone\n  fix: go to a folder that is there")
    try:
        return int(arguments.run(arguments))
    except UserError as error:
        return _refused(str(error))
    except BrokenPipeError:
        # The reader of a pipe (head) had enough; that is no failure worth a traceback.
        sys.stderr.close()
        return 0
    except OSError as error:
        if error.errno not in (errno.ENAMETOOLONG, errno.EACCES):
            raise
        # a file that was asked for, wherever it was looked at first
        return _refused(f"cannot use {error.filename}: {error.strerror}")


def _refused(text: str) -> int:
    from pytest_arena.text.printable import printable

    sys.stderr.write(f"{printable(text)}\n")
    return USED_WRONGLY


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
