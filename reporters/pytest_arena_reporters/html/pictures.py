"""The pictures that cases send, as far as they are small and still lie in the project.

Results hold the name and the hash of a file, not what it holds: a picture is shown where a file
of that name, in the folder of the run or above it, has that hash. One without a name stands as a
`data:` URL in the arena file, and is looked for there.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from pytest_arena.results import Cell
from pytest_arena.results.content import files_in

_DATA = re.compile(r"data:image/[\w.+-]+;base64,([A-Za-z0-9+/=\s]+)")
_LONGEST_FILE = 20_000_000
_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
MOST_OF_ONE = 1_000_000
"""The most bytes of a picture that is shown."""
MOST_OF_ALL = 2_500_000
"""The most that all pictures of a report take, in base64, where texts leave so much."""


def pictures_of(cells: Iterable[Cell], room: int, folders: Sequence[Path]) -> dict[str, str]:
    """Return as many pictures as there is room for, the smallest first, as `data:` URLs by hash."""
    wanted = {str(part["sha256"]): (part, file) for part, file in _parts(cells)}
    left = min(room, MOST_OF_ALL)
    found: dict[str, str] = {}
    written: dict[str, dict[str, bytes]] = {}
    for name, (part, file) in sorted(wanted.items(), key=lambda one: (one[1][0]["size"], one[0])):
        if part["size"] * 4 / 3 >= left:
            continue
        if part.get("name"):
            data = _read(part, folders)
        else:
            if file not in written:
                written[file] = _written_in(file, folders)
            data = written[file].get(name)
        if data is not None:
            found[name] = f"data:{part['media_type']};base64,{base64.b64encode(data).decode()}"
            left -= len(found[name])
    return found


def _parts(cells: Iterable[Cell]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the pictures that are small enough, each with the file that its case stands in."""
    for cell in cells:
        for trial in (*cell.trials, *cell.confirmation):
            for message in trial.messages:
                for part in files_in(message.get("content")):
                    size = part.get("size")
                    fits = isinstance(size, int) and 0 < size <= MOST_OF_ONE
                    if fits and part.get("media_type") in _SHOWN:
                        yield part, cell.defined_in or cell.file


def _read(part: Mapping[str, Any], folders: Sequence[Path]) -> bytes | None:
    """Return what the file of a part holds, where it is there and is the same."""
    for path in _places(str(part["name"]), folders):
        try:
            if path.stat().st_size != part["size"]:
                continue
            data = path.read_bytes()
        except OSError:
            continue
        if sha256(data).hexdigest() == part["sha256"]:
            return data
    return None


def _written_in(file: str, folders: Sequence[Path]) -> dict[str, bytes]:
    """Return what the `data:` URLs of a file hold, by hash."""
    found: dict[str, bytes] = {}
    for path in _places(file, folders):
        try:
            text = path.read_text("utf-8") if path.stat().st_size <= _LONGEST_FILE else ""
        except (OSError, UnicodeError):
            continue
        for url in _DATA.finditer(text):
            # its end may be that of the line, or of a block, whose last line may hold what is next
            lines = url[1].split("\n")
            for number in {1, len(lines), len(lines) - 1}:
                with suppress(ValueError):
                    data = base64.b64decode("".join("".join(lines[:number]).split()), validate=True)
                    found[sha256(data).hexdigest()] = data
    return found


def _places(written: str, folders: Sequence[Path]) -> Iterator[Path]:
    """Yield the files of a name that are there, never outside of the folders."""
    name = PurePosixPath(written)
    if name.is_absolute() or ".." in name.parts or "\0" in written:
        return
    for folder in folders:
        path = folder / name
        with suppress(OSError):
            if path.is_file():
                yield path
