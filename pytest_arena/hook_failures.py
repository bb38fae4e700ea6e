"""What hooks of somebody's own raised where it costs no cell."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_arena.text.exception_text import exception_text
from pytest_arena.text.printable import printable
from pytest_arena.text.redaction import Redactor


class HookFailures:
    """The exceptions of hooks that hear of results, each kind told once, with a count."""

    def __init__(self, root: Path, redactor: Redactor) -> None:
        self._root = root
        self._redactor = redactor
        self._found: Counter[str] = Counter()

    @contextmanager
    def keeping(self, name: str) -> Iterator[None]:
        """Keep what this hook raises: what was paid for is not lost by it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - told with its frames, and exits as internal
            # whoever raises it may have set what it tells
            self._redactor.learn(os.environ)
            said = f"{name} raised {exception_text(error, self._root)}"
            self._found[printable(self._redactor.clean(said))] += 1

    def lines(self) -> list[str]:
        """Return what is to be told; empty where nothing was raised."""
        return [
            f"{text}\n  ({count:,} times)" if count > 1 else text
            for text, count in self._found.items()
        ]
