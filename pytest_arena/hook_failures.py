"""What hooks of somebody's own raised where it costs no cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_arena.text.exception_text import exception_text
from pytest_arena.text.printable import printable


class HookFailures:
    """The exceptions of hooks that hear of results, each kind told once, with a count."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._found: Counter[str] = Counter()

    @contextmanager
    def keeping(self, name: str) -> Iterator[None]:
        """Keep what this hook raises: what was paid for is not lost by it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - told with its frames, and exits as internal
            self._found[printable(f"{name} raised {exception_text(error, self._root)}")] += 1

    def lines(self) -> list[str]:
        """Return what is to be told; empty where nothing was raised."""
        return [
            f"{text}\n  ({count:,} times)" if count > 1 else text
            for text, count in self._found.items()
        ]
