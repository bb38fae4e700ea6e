"""An exception of somebody's own code, told in a few lines with that code's frames.

Plain Python of 3.9 or newer that imports nothing of this package: interpreters in which it is not
installed run it as well (see `providers.systems.portable`).
"""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_LIBRARIES = frozenset({"site-packages", "dist-packages"})
_OURS = Path(__file__).resolve().parents[1]
_MOST_FRAMES = 8
_MOST_LINES = 12
_LONGEST = 300


def exception_headline(error: BaseException, root: Path | None = None) -> str:
    """Return in one line what was raised, where in the user's own code, and what it says."""
    said = _said(error).split("\n")[0]
    return f"{type(error).__name__} in {place_of(error, root)}: {_cut(said)}".rstrip(": ")


def exception_text(error: BaseException, root: Path | None = None) -> str:
    """Return the headline, the rest of what the exception says, the user's own frames, and what it
    was caused by. Frames of libraries and of this plugin are left out."""
    lines = [exception_headline(error, root)]
    lines += [f"  {_cut(line)}" for line in _said(error).split("\n")[1:_MOST_LINES] if line.strip()]
    lines += [f"  {frame}" for frame in _frames(error, root)]
    cause = _cause(error)
    if cause is not None:
        lines.append(f"  caused by {exception_headline(cause, root)}")
        lines += [f"    {frame}" for frame in _frames(cause, root)]
    return "\n".join(lines)


def place_of(error: BaseException, root: Path | None = None) -> str:
    """Return `file:line` of the innermost frame in the user's own code, else of the innermost."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(error.filename, root)}:{error.lineno}"
    frame = _innermost(error, root)
    return f"{_shown(frame.filename, root)}:{frame.lineno}" if frame else "an unknown place"


def source_line(error: BaseException, root: Path | None = None) -> str:
    """Return the line of code at that place."""
    frame = _innermost(error, root)
    return (frame.line or "") if frame else ""


def _innermost(error: BaseException, root: Path | None) -> traceback.FrameSummary | None:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_own(frame.filename, root)]
    return next(reversed(own or frames), None)


def _frames(error: BaseException, root: Path | None) -> Iterator[str]:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_own(frame.filename, root)]
    if not own and not isinstance(error, SyntaxError):
        # where no code of the user's is on the way, the fault lies elsewhere
        own = [frame for frame in frames if not _is_ours(frame.filename)] or list(frames)
    left_out = len(own) - _MOST_FRAMES
    if left_out > 0:
        own = [*own[:2], *own[2 - _MOST_FRAMES :]]
    for number, frame in enumerate(own):
        if number == 2 and left_out > 0:
            yield f"… {left_out} more frames"
        place = f"{_shown(frame.filename, root)}:{frame.lineno} in {frame.name}"
        yield f"{place}: {_cut(frame.line)}" if frame.line else place


def _cause(error: BaseException) -> BaseException | None:
    # by its attribute: this also runs in interpreters older than exception groups
    inner = getattr(error, "exceptions", None)
    if isinstance(inner, tuple) and inner and isinstance(inner[0], BaseException):
        return inner[0]
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _said(error: BaseException) -> str:
    try:
        return str(error).strip()
    except Exception as broken:  # noqa: BLE001 - a stranger's __str__ may raise anything
        return f"(its text cannot be made: {type(broken).__name__})"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _is_ours(filename: str) -> bool:
    return _resolved(Path(filename)).is_relative_to(_OURS)


@cache
def _is_own(filename: str, root: Path | None) -> bool:
    if filename.startswith("<"):
        return False
    path = Path(filename)
    if _LIBRARIES & set(path.parts):
        return False
    path = _resolved(path)
    if root is not None and path.is_relative_to(_resolved(root)):
        return True
    return not (path.is_relative_to(_OURS) or any(map(path.is_relative_to, _standard_library())))


@cache
def _standard_library() -> tuple[Path, ...]:
    paths = sysconfig.get_paths()
    return tuple(Path(paths[name]).resolve() for name in ("stdlib", "platstdlib"))


def _shown(filename: str, root: Path | None) -> str:
    path = _resolved(Path(filename))
    for folder in (root, Path()):
        if folder is not None and path.is_relative_to(_resolved(folder)):
            return path.relative_to(_resolved(folder)).as_posix()
    return path.name


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except FileNotFoundError:
        # the working directory is gone
        return path
