"""What pytest's side decides of answers: where the cache lies, and whether the network is open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.collection.remote_recordings import recordings_root
from pytest_arena.collection.run_folders import start_of
from pytest_arena.recording.answer_store import AnswerStore

if TYPE_CHECKING:
    import pytest

    from pytest_arena.options import Settings
    from pytest_arena.recording.earlier_run import EarlierRun

CACHE = "answers-1.sqlite3"
"""The number is that of the table's form."""


def kept_answers(
    config: pytest.Config, settings: Settings, earlier: EarlierRun | None = None
) -> AnswerStore:
    """Return what makes the store of this process."""
    root = recordings_root(config, settings)
    return AnswerStore(root, settings, lambda: _cache_path(config, settings), earlier)


def _cache_path(config: pytest.Config, settings: Settings) -> Path:
    """Return where the cache is: the folder asked for, else pytest's own cache."""
    if settings.cache_dir is not None:
        return start_of(config, "cache_dir") / settings.cache_dir / CACHE
    cache = getattr(config, "cache", None)
    if cache is None:
        # with -p no:cacheprovider there is no other place that git would ignore
        return config.rootpath / ".pytest_cache" / "d" / "arena" / CACHE
    return Path(cache.mkdir("arena")) / CACHE


def block_network(config: pytest.Config) -> None:
    """Refuse connections of this process until the run is over."""
    from pytest_arena.recording.network_block import NetworkBlock

    block = NetworkBlock()
    block.install()
    config.add_cleanup(block.lift)
