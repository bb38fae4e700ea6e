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
    """Return a path as a file of a folder names it, with `/` on every system; on Windows, one of
    another drive as it is."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.as_posix()
