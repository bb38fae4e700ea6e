"""The files that an arena names: found inside the root directory, regular, and not too large."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten, suggest
from pytest_arena.text.shown_path import path_from


def display_name(path: Path, root: Path) -> str:
    """Return a file as messages and results name it: relative to the root, with `/`.

    One outside of it has a name of its own from there, too (`../b/arena.yaml`): results know files
    by nothing else.
    """
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path_from(root, path)


def find_file(written: str, beside: Path, root: Path, place: Location, kind: str) -> Path:
    """Return the file that an arena names, with links resolved; raise `ArenaFileError` otherwise.

    `beside` is the folder that the name starts from; `kind` says what the file is for.
    """
    if "\0" in written or not written.strip():
        raise _refused(f"bad file name for the {kind}", place, "a file name", "name the file")
    try:
        found = (beside / written).resolve()
        inside = found.is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        raise _refused(
            f"{kind} {shorten(written)!r} cannot be resolved", place, "a file", "mend the links"
        ) from None
    if not inside:
        raise _refused(
            f"{kind} {shorten(written)!r} is outside the root directory",
            place,
            "a file inside the root directory, links followed",
            "move the file into the project",
        )
    if not found.exists():
        raise _refused(
            f"{kind} {shorten(written)!r} does not exist",
            place,
            f"a file in {display_name(beside, root)}",
            _nearest(found, Path(place.file).name) or "write the file, or mend its name",
        )
    return found


_READ = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    # Windows has but the last, and needs it
    _READ |= getattr(os, _name, 0)


def read_limited(
    path: Path, limit: int, place: Location, kind: str, fix: str = "split it"
) -> bytes:
    """Return a regular file's bytes; raise `ArenaFileError` for devices, pipes and large files."""
    try:
        # Without O_NONBLOCK, opening a pipe would wait for a writer for ever.
        descriptor = os.open(path, _READ)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _refused(
                    f"{kind} {path.name!r} is not a regular file",
                    place,
                    "a regular file",
                    "name a file, not a pipe or a device",
                )
            data = stream.read(limit + 1)
    except OSError as error:
        raise _refused(
            f"{kind} {path.name!r} cannot be read: {error.strerror}",
            place,
            "a file that may be read",
            "mend the file's name or its permissions",
        ) from None
    if len(data) > limit:
        raise _refused(
            f"{kind} {path.name!r} is too large",
            place,
            f"at most {limit:,} bytes",
            fix,
        )
    return data


def _nearest(missing: Path, asking: str) -> str | None:
    try:
        names = [entry.name for entry in missing.parent.iterdir() if entry.name != asking]
    except OSError:
        return None
    return suggest(missing.name, names)


def _refused(what: str, place: Location, expected: str, fix: str) -> ArenaFileError:
    return ArenaFileError(Problem(what, place, expected, fix))
