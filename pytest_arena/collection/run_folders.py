"""Where a run keeps what here: its report folder, copies of object stores, workers' journals."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import UsageError
from pytest_arena.object_store import is_url
from pytest_arena.options import given_for, option_named
from pytest_arena.places import RESULTS, unwritable

if TYPE_CHECKING:
    import pytest

    from pytest_arena.options import Settings

_MIRRORS = Path(".arena", "remote")
CALLED_FROM = "arena_called_from"
"""What a worker of xdist is told by: where pytest was called, from the root directory."""


def start_of(config: pytest.Config, field: str) -> Path:
    """Return the folder that a relative path starts from which was given for an option: where
    pytest was called, as for its own options, or the root directory if the ini file gave it."""
    option = option_named(f"arena_{field}")
    if getattr(config.option, option.name, None) is None and given_for(config, option) is not None:
        return config.rootpath
    worker: Any = getattr(config, "workerinput", {})
    if CALLED_FROM in worker:
        # on another machine, in a copy of the root directory
        return Path(config.rootpath, worker[CALLED_FROM])
    return config.invocation_params.dir


def mirror_of(url: str, root: Path) -> Path:
    """Return the folder here that stands for one of an object store."""
    folder = root / _MIRRORS
    text = "# Copies of what is in object stores.\n*\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise UsageError(unwritable(folder, error)) from error
    return folder / sha256(url.encode()).hexdigest()[:12]


def report_dir_of(config: pytest.Config, settings: Settings) -> Path:
    """Return the folder that results and reports are written to here; one of a name that the system
    does not take, or in a folder of others, is a `UsageError`."""
    if is_url(settings.report_dir):
        return mirror_of(settings.report_dir, config.rootpath)
    folder = start_of(config, "report_dir") / settings.report_dir
    _look_into(folder, RESULTS, "--arena-report-dir")
    return folder


def check_answer_folders(config: pytest.Config, settings: Settings) -> None:
    """Refuse folders of recordings and of the cache that nothing can be looked for in."""
    recordings = settings.recordings_dir
    if settings.records and recordings is not None and not is_url(recordings):
        folder = start_of(config, "recordings_dir") / recordings
        _look_into(folder, "recordings", "--arena-recordings-dir")
    if settings.cache_dir is not None and settings.cache != "off":
        folder = start_of(config, "cache_dir") / settings.cache_dir
        _look_into(folder, "answers", "--arena-cache-dir")


def _look_into(folder: Path, name: str, flag: str) -> None:
    """Refuse a folder in which nothing can be looked for, be it there or not."""
    try:
        os.lstat(folder / name)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        fix = f"name another folder: {flag} DIR"
        raise UsageError(unwritable(folder, error, fix)) from error


def shards_of(report_dir: Path, run_id: str) -> Path:
    """Return the folder of what the workers of a run keep, each in a file of its own."""
    return report_dir / ".shards" / run_id
