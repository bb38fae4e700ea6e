"""Where in a user's code something was called."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from types import FrameType

from pytest_arena.errors import Location
from pytest_arena.loading.files import display_name

_OURS = __name__.partition(".")[0]


def call_site(root: Path) -> Location:
    """Return the place of the innermost call out of any code but ours."""
    frame = sys._getframe(1)
    while _is_ours(frame) and frame.f_back is not None:
        frame = frame.f_back
    return _place(frame, root)


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] == _OURS


def _place(frame: FrameType, root: Path) -> Location:
    positions = islice(frame.f_code.co_positions(), frame.f_lasti // 2, None)
    line, _, column, _ = next(positions, (None, None, None, None))
    file = display_name(Path(frame.f_code.co_filename), root)
    return Location(file, line or frame.f_lineno, (column or 0) + 1)
