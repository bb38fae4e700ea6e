"""Answers without a call, on the side of one process: which store a run asks, and its use of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.text.printable import on_ci

if TYPE_CHECKING:
    from pytest_arena.engine.calling.client import Answers
    from pytest_arena.errors import Problem
    from pytest_arena.options import Settings
    from pytest_arena.recording.cache import Cache
    from pytest_arena.recording.earlier_run import EarlierRun
    from pytest_arena.recording.recordings import Recordings
    from pytest_arena.schema import ProviderSpec


class AnswerStore:
    """The answers that this process's engine looks up before it calls: recordings and cache.

    Recordings, which are found from `root`, go before the cache, whose file `cache_path` names: a
    run that records or replays takes nothing from elsewhere.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings,
        cache_path: Callable[[], Path],
        earlier: EarlierRun | None = None,
    ) -> None:
        """`earlier` is the run whose answers are judged again: then only judges' are kept."""
        self._root = root
        self._settings = settings
        self._cache_path = cache_path
        self._earlier = earlier
        self._recordings: Recordings | None = None
        self._cache: Cache | None = None

    def store(self, specs: Iterable[ProviderSpec], clean: Callable[[str], str]) -> Answers | None:
        """Return the store for a run of these providers, or None where every answer is called
        for."""
        if self._settings.records:
            from pytest_arena.recording.recordings import Recordings

            self._recordings = Recordings(self._root, self._settings.record, clean)
        elif self._caches(specs):
            from pytest_arena.recording.cache import Cache

            self._cache = Cache(self._cache_path(), clean)
        kept = self._recordings or self._cache
        if self._earlier is None:
            return kept
        self._earlier.others = kept
        return self._earlier

    def probable(self, file: str, specs: Iterable[ProviderSpec]) -> bool:
        """Return whether the cells of a file will mostly be answered without a call, so that no
        client need be imported ahead."""
        if self._earlier is not None:
            return True
        mode = self._settings.record
        if not self._settings.records:
            return self._caches(specs) and os.path.exists(self._cache_path())
        if mode == "none" or mode == "all":
            return mode == "none"
        from pytest_arena.recording.files import RecordingFile, recording_name

        return RecordingFile(self._root, recording_name(file)).exists()

    @property
    def problem(self) -> Problem | None:
        """Why answers can be recorded no more; the cache is there to spare calls, and may fail."""
        return self._recordings.problem if self._recordings is not None else None

    def use(self) -> dict[str, Any]:
        """Return what this process took and kept, as `RecordingsKeeper.hear` wants to have it."""
        found: dict[str, Any] = {}
        if self._recordings is not None:
            found["recordings"] = {
                name: {"used": sorted(use.used), "recorded": sorted(use.recorded)}
                for name, use in self._recordings.uses().items()
            }
        if self._cache is not None:
            found["cache"] = {"hits": self._cache.hits, "trouble": self._cache.trouble}
        return found

    def _caches(self, specs: Iterable[ProviderSpec]) -> bool:
        when = self._settings.cache
        if self._settings.mock or when == "off" or (when == "auto" and on_ci()):
            return False
        return any(spec.cache is not None for spec in specs)
