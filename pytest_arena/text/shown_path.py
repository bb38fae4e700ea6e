"""A path as people read it, and as files name it."""

from __future__ import annotations

import os
from pathlib import Path


def shown_path(path: Path | str) -> str:
    """Return a path as seen from here; as it is where here is gone, or on Windows elsewhere."""
    try:
        return os.path.relpath(path)
    except (ValueError, OSError):
        return str(path)


def path_from(folder: Path, path: Path) -> str:
    """Return a path as a file of a folder names it, with `/` on every system; where no relative one
    leads there, as to another drive of Windows, it is as it was."""
    try:
        name = os.path.relpath(path, folder)
    except ValueError:
        return path.as_posix()
    # behind a symbolic link, `..` is another folder
    leads_there = os.path.realpath(folder / name) == os.path.realpath(path)
    return Path(name).as_posix() if leads_there else path.as_posix()
