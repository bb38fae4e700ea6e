"""The pictures that cases send, as far as they are small and still lie in the project.

Results hold the name and the hash of a file, not what it holds: a picture is shown where a file
of that name, in the folder of the run or above it, has that hash.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from pytest_arena.results import Cell
from pytest_arena.results.content import files_in

_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
MOST_OF_ONE = 1_000_000
"""The most bytes of a picture that is shown."""
MOST_OF_ALL = 2_500_000
"""The most that all pictures of a report take, in base64, where texts leave so much."""


def pictures_of(cells: Iterable[Cell], room: int, folders: Sequence[Path]) -> dict[str, str]:
    """Return as many pictures as there is room for, the smallest first, as `data:` URLs by hash."""
    wanted = {str(part["sha256"]): part for part in _parts(cells)}
    left = min(room, MOST_OF_ALL)
    found: dict[str, str] = {}
    for name, part in sorted(wanted.items(), key=lambda each: (each[1]["size"], each[0])):
        data = _read(part, folders) if part["size"] * 4 / 3 < left else None
        if data is not None:
            found[name] = f"data:{part['media_type']};base64,{base64.b64encode(data).decode()}"
            left -= len(found[name])
    return found


def _parts(cells: Iterable[Cell]) -> Iterator[Mapping[str, Any]]:
    for cell in cells:
        for trial in (*cell.trials, *cell.confirmation):
            for message in trial.messages:
                for part in files_in(message.get("content")):
                    size = part.get("size")
                    fits = isinstance(size, int) and 0 < size <= MOST_OF_ONE
                    if fits and part.get("media_type") in _SHOWN and part.get("name"):
                        yield part


def _read(part: Mapping[str, Any], folders: Sequence[Path]) -> bytes | None:
    """Return what the file of a part holds, where it is there and is the same."""
    name = PurePosixPath(str(part["name"]))
    if name.is_absolute() or ".." in name.parts or "\0" in str(name):
        return None
    for folder in folders:
        path = folder / name
        try:
            if not path.is_file() or path.stat().st_size != part["size"]:
                continue
            data = path.read_bytes()
        except OSError:
            continue
        if sha256(data).hexdigest() == part["sha256"]:
            return data
    return None
