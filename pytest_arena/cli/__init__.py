"""The `arena` command: one file a subcommand.

Each subcommand adds its own arguments and runs with what it parsed; it prints, and returns the
exit code, as pytest's are. The commands work on arena files and what is beside them (`validate`,
`init`, `schema`, `import`, `pack`, `personas`) or on results that are there already (`report`,
`merge`, `compare`, `trend`, `comment`, `power`); only `calibrate`, `power --measured`, `ray`
and, for its judges, `rejudge` ask models. Nothing here decides a verdict: that is done in
`comparison` and `results`, so that a command and a run of pytest always agree.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

USED_WRONGLY = 4
"""The exit code of a command that did nothing, since it was given what it does not take."""
INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended, as shells have it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the `arena` command and return its exit code.

    0: good; 1: problems, or not all cells held; 2: a run that is not complete; 3: a report that
    broke; 4: used wrongly; 5: no cells; 130: Ctrl-C.
    """
    try:
        return _run(argv)
    except KeyboardInterrupt:
        # each file is written whole or not at all
        sys.stderr.write("arena: interrupted; files that it had yet to write are missing\n")
        return INTERRUPTED


def _run(argv: Sequence[str] | None) -> int:
    # Imported here, so that Ctrl-C amid the imports, too, is told as one.
    from pytest_arena.cli.parser import build_parser
    from pytest_arena.errors import UserError
    from pytest_arena.text.code_page import keep_writable

    for stream in (sys.stdout, sys.stderr):
        keep_writable(stream)
    arguments = build_parser().parse_args(argv)
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
