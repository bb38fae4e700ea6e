"""The cues as text files: lists of phrases by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_FOLDER = Path(__file__).parent


def read_lists(name: str) -> dict[str, str]:
    """Return the lists of a file: a name and a colon begin one, `#` a remark."""
    found: dict[str, list[str]] = {}
    own: list[str] = []
    for line in _lines(name):
        if line.endswith(":"):
            own = found.setdefault(line[:-1], [])
        else:
            own.append(line)
    return {key: " ".join(lines) for key, lines in found.items()}


def _lines(name: str) -> Iterator[str]:
    for line in (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()
