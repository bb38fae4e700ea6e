"""The recordings and cached answers of a run: what its processes used, and what they recorded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_arena.collection.remote_recordings import recordings_root
from pytest_arena.collection.run_context import RunContext
from pytest_arena.results.cell import Cell

if TYPE_CHECKING:
    from pytest_arena.collection.remote_recordings import RemoteRecordings
    from pytest_arena.errors import Problem
    from pytest_arena.recording.finalize import RecordingsKeeper


class RunRecordings:
    """Hears what each process used, and when the run ends merges what was recorded."""

    def __init__(self, parts: RunContext, remote: RemoteRecordings | None) -> None:
        self._config = parts.config
        self._settings = parts.settings
        self._remote = remote
        self._keeper: RecordingsKeeper | None = None

    def hear(self, answers: Mapping[str, Any]) -> None:
        """Learn what a process took from recordings or the cache, and what it put there."""
        if answers:
            self._known().hear(answers)

    def conclude(
        self, cells: Sequence[Cell], ids: Sequence[str], taken: Collection[str]
    ) -> list[str]:
        """Merge what was recorded, and return lines for people.

        The cells that were `taken` over have used their recordings in the run that was interrupted;
        `ids` name all cells of all arena files.
        """
        if self._keeper is None and not self._settings.records:
            return []
        return self._known().conclude([one for one in cells if one.id not in taken], ids)

    @property
    def problem(self) -> Problem | None:
        """Why what was recorded could not be merged."""
        return self._keeper.problem if self._keeper is not None else None

    def put_back(self) -> list[str]:
        """Put what changed where the recordings came from, and return lines for people."""
        return self._remote.put_back() if self._remote is not None else []

    def _known(self) -> RecordingsKeeper:
        if self._keeper is None:
            from pytest_arena.recording.finalize import RecordingsKeeper

            root = recordings_root(self._config, self._settings)
            self._keeper = RecordingsKeeper(root, self._settings)
        return self._keeper
