"""Where in a user's code something was called."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from types import FrameType

from pytest_arena.errors import Location
from pytest_arena.loading.files import display_name

_OURS = __name__.partition(".")[0]


def call_site(root: Path, file: Path | None = None) -> Location:
    """Return the place of the innermost call out of `file`, or out of any code but ours.

    A check that a helper makes for a test is told at the test's own line.
    """
    nearest = _outside(sys._getframe(1))
    frame: FrameType | None = nearest
    while frame is not None and file is not None:
        if Path(frame.f_code.co_filename) == file:
            return _place(frame, root)
        frame = frame.f_back
    return _place(nearest, root)


def _outside(frame: FrameType | None) -> FrameType:
    while frame is not None and frame.f_back is not None:
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] != _OURS:
            break
        frame = frame.f_back
    assert frame is not None  # noqa: S101  # whoever asks has a frame
    return frame


def _place(frame: FrameType, root: Path) -> Location:
    positions = islice(frame.f_code.co_positions(), frame.f_lasti // 2, None)
    line, _, column, _ = next(positions, (None, None, None, None))
    file = display_name(Path(frame.f_code.co_filename), root)
    return Location(file, line or frame.f_lineno, (column or 0) + 1)
