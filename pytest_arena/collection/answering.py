"""Answers without a call, on the side of one process: which store a run asks, and its use of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.results.printable import on_ci

if TYPE_CHECKING:
    import pytest

    from pytest_arena.loading.plan import Arena
    from pytest_arena.recording.cache import Cache
    from pytest_arena.recording.recordings import Recordings
    from pytest_arena.settings import Settings

CACHE = "answers-1.sqlite3"
"""The number is that of the table's form."""


class KeptAnswers:
    """Make the store that this process's engine asks before it calls, and know what it did.

    Recordings go before the cache: a run that records or replays takes nothing from elsewhere.
    """

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._recordings: Recordings | None = None
        self._cache: Cache | None = None

    def store(
        self, arenas: Sequence[Arena], clean: Callable[[str], str]
    ) -> Recordings | Cache | None:
        """Return the store, or None where every answer is called for."""
        if self._settings.records:
            from pytest_arena.recording.recordings import Recordings

            root = self._config.rootpath
            self._recordings = Recordings(root, self._settings.record, clean)
        elif any(self._caches(arena) for arena in arenas):
            from pytest_arena.recording.cache import Cache

            self._cache = Cache(self._cache_path(), clean)
        return self._recordings or self._cache

    def probable(self, arena: Arena) -> bool:
        """Return whether the cells of a file will mostly be answered without a call, so that no
        client need be imported ahead."""
        mode = self._settings.record
        if not self._settings.records:
            return self._caches(arena) and self._cache_path().exists()
        if mode == "none" or mode == "all":
            return mode == "none"
        from pytest_arena.recording.files import RecordingFile, recording_name

        return RecordingFile(self._config.rootpath, recording_name(arena.file)).exists()

    def use(self) -> dict[str, Any]:
        """Return what this process took and kept, as the controller wants to hear it."""
        found: dict[str, Any] = {}
        if self._recordings is not None:
            found["recordings"] = {
                name: {"used": sorted(use.used), "recorded": sorted(use.recorded)}
                for name, use in self._recordings.uses().items()
            }
        if self._cache is not None:
            found["cache"] = {"hits": self._cache.hits, "trouble": self._cache.trouble}
        return found

    def _caches(self, arena: Arena) -> bool:
        when = self._settings.cache
        if self._settings.mock or when == "off" or (when == "auto" and on_ci()):
            return False
        return any(spec.cache is not None for spec in arena.providers)

    def _cache_path(self) -> Path:
        """Return where the cache is: the folder asked for, else pytest's own cache."""
        if self._settings.cache_dir is not None:
            return self._config.rootpath / self._settings.cache_dir / CACHE
        cache = getattr(self._config, "cache", None)
        if cache is None:
            # with -p no:cacheprovider there is no other place that git would ignore
            return self._config.rootpath / ".pytest_cache" / "d" / "arena" / CACHE
        return Path(cache.mkdir("arena")) / CACHE


def block_network(config: pytest.Config) -> None:
    """Refuse connections of this process until the run is over."""
    from pytest_arena.recording.network import NetworkBlock

    block = NetworkBlock()
    block.install()
    config.add_cleanup(block.lift)
