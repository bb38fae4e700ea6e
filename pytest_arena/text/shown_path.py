"""A path as people read it."""

from __future__ import annotations

import os
from pathlib import Path


def shown_path(path: Path | str) -> str:
    """Return a path as seen from here; on Windows, one of another drive as it is."""
    try:
        return os.path.relpath(path)
    except ValueError:
        return str(path)
