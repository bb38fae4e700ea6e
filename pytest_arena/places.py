"""Places that a run writes to: whether they can be written to, and what to tell where they cannot.

Nothing here needs a model, since it is looked at before anything else.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from pytest_arena.errors import Problem
from pytest_arena.object_store import is_url
from pytest_arena.text.shown_path import shown_path

RESULTS = "results.jsonl"
_OF_STORAGE = (
    *(errno.EACCES, errno.EBUSY, errno.EDQUOT, errno.EEXIST, errno.EFBIG, errno.EIO, errno.EISDIR),
    *(errno.ELOOP, errno.ENAMETOOLONG, errno.ENODEV, errno.ENOENT, errno.ENOLCK, errno.ENOSPC),
    *(errno.ENOTCONN, errno.ENOTDIR, errno.EPERM, errno.EROFS, errno.ESTALE, errno.ETIMEDOUT),
    *(errno.ENXIO, errno.EXDEV),
)
"""What full, foreign, locked and lost places say, those of a network among them."""
_OF_PROCESS = (errno.EMFILE, errno.ENFILE)
PREVIOUS = "previous"
"""Where, in a folder of reports, the last whole run stands while one of a part takes its place."""


def is_of_storage(error: OSError) -> bool:
    """Return whether an error says that a place cannot be written, and is no mistake of code."""
    return error.errno in _OF_STORAGE or error.errno in _OF_PROCESS


def reason_of(error: OSError) -> str:
    """Return why something failed, as it goes into a sentence.

    What an object store says stays as it is: a key in other letters would not be known as one.
    """
    said = error.strerror or str(error)
    is_of_system = error.errno is not None and said == os.strerror(error.errno)
    return said.lower() if is_of_system else said


def unwritable(path: Path | str, error: OSError, fix: str | None = None) -> Problem:
    """Return what to tell of a path that cannot be written."""
    shown = path if is_url(str(path)) else shown_path(path)
    reason = reason_of(error)
    if error.errno in _OF_PROCESS:
        # it may be a file that is read on the way, of which its place says nothing
        return Problem(
            f"cannot open {str(shown)!r}: {reason}",
            expected="files that this process may still open",
            fix="raise the limit with ulimit -n, or have fewer calls in flight",
        )
    return Problem(
        f"cannot write {str(shown)!r}: {reason}", expected="a place that can be written to", fix=fix
    )


def try_to_write(path: Path) -> None:
    """Raise the `OSError` that making a file, and the folders in which it is to stand, would meet;
    leaves all as it is."""
    folder = path.parent
    # not `exists`, for which links in a circle are nothing
    while not os.path.lexists(folder):
        folder = folder.parent
    if not stat.S_ISDIR(os.stat(folder).st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    with suppress(FileNotFoundError):
        os.stat(path)
        # a pipe that nobody reads is no file, and is not to be waited for
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)))
    try:
        for name in path.relative_to(folder).parts:
            # a folder that is not there tells nothing of the names in it
            with suppress(FileNotFoundError):
                os.lstat(folder / name)
        with TemporaryFile(dir=folder) as file:
            file.write(b"\n")
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


def problem_of_replacing(path: Path, fix: str) -> Problem | None:
    """Return why no new file could take the place of one, which itself may be read only; None where
    one could."""
    beside = path.with_name(f".{path.name}.new")
    try:
        try_to_write(beside)
    except OSError as error:
        if not is_of_storage(error):
            raise
        return unwritable(path if error.filename == str(beside) else error.filename, error, fix)
    return None
