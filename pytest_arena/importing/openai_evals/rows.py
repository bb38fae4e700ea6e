"""The rows that become cases: files of JSON lines beside the arena."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_arena.importing.importer import Source
from pytest_arena.importing.openai_evals.names import Unique, stem_of


class RowFiles:
    """The data files of an arena; `row` numbers all their rows, over all files."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._stem = f"{stem_of(source.path)}.arena"
        self._names = Unique()
        self._last = 0

    def next_row(self) -> int:
        """Return the number of one more row."""
        self._last += 1
        return self._last

    def add(self, kind: str, rows: Iterable[Mapping[str, Any]]) -> str:
        """Write rows, and return the file's name."""
        name = self._names.take(f"{self._stem}.{kind}", "-") + ".jsonl"
        self._source.files[name] = "".join(
            f"{json.dumps(dict(row), ensure_ascii=False)}\n" for row in rows
        )
        return name
