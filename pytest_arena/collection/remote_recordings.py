"""Recordings that are kept in an object store: fetched before a run, and put back after it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.collection.run_folders import mirror_of, start_of
from pytest_arena.errors import UsageError
from pytest_arena.object_store import ObjectFolder, is_url, shown_url, unreachable
from pytest_arena.places import unwritable
from pytest_arena.results.serialize import to_line

if TYPE_CHECKING:
    import pytest

    from pytest_arena.options import Settings

_FLAG = "--arena-recordings-dir"


def recordings_root(config: pytest.Config, settings: Settings) -> Path:
    """Return the folder here that the recordings of arena files are found from, as every process
    of a run does."""
    given = settings.recordings_dir
    if given is None:
        return config.rootpath
    if is_url(given):
        return mirror_of(given, config.rootpath) / "recordings"
    return start_of(config, "recordings_dir") / given


class RemoteRecordings:
    """The recordings in an object store, and their copies here.

    A whole run puts back whole files. A shard knows nothing of what the others record meanwhile:
    it puts what is new into an object of its own, which the next run that reads them merges.
    """

    def __init__(self, url: str, folder: Path, run_id: str, *, part: bool) -> None:
        self.url = shown_url(url)
        self._store = ObjectFolder(url, _FLAG)
        self._folder = folder
        self._run_id = run_id
        self._part = part
        self._fetched: dict[str, bytes] = {}

    def fetch(self) -> None:
        """Bring all recordings here; what cannot be reached is a `UsageError`."""
        try:
            for name in self._store.names():
                if name.endswith((".jsonl", ".shard")):
                    self._fetched[name] = self._store.read(name)
        except OSError as error:
            raise UsageError(unreachable(_FLAG, error)) from error
        try:
            self._put_here()
        except OSError as error:
            raise UsageError(unwritable(error.filename or self._folder, error)) from error

    def _put_here(self) -> None:
        for path in self._folder.rglob("*.jsonl"):
            if path.relative_to(self._folder).as_posix() not in self._fetched:
                path.unlink()
        for name, data in self._fetched.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def put_back(self) -> list[str]:
        """Put there what changed; returns lines for people, and raises `OSError`."""
        changed = []
        for path in sorted(self._folder.rglob("*.jsonl")):
            name = path.relative_to(self._folder).as_posix()
            data = path.read_bytes()
            if data == self._fetched.get(name):
                continue
            changed.append(name)
            if self._part:
                self._put_new_entries(name, data)
                continue
            self._store.write(name, data)
            for shard in self._shards_of(name):
                if not (self._folder / shard).exists():
                    # it is merged
                    self._store.delete(shard)
        return [f"recordings were put into {self.url}: {', '.join(changed)}"] if changed else []

    def _put_new_entries(self, name: str, data: bytes) -> None:
        known = set(self._fetched.get(name, b"").splitlines())
        for shard in self._shards_of(name):
            for line in self._fetched[shard].splitlines():
                record = json.loads(line)
                record.pop("sender", None)
                known.add(to_line(record).encode())
        new = [line for line in data.splitlines() if line not in known]
        if new:
            folder, _, file = name.rpartition("/")
            shard = f".{file.removesuffix('.jsonl')}.{self._run_id}.shard"
            self._store.write(f"{folder}/{shard}", b"".join(line + b"\n" for line in new))

    def _shards_of(self, name: str) -> list[str]:
        folder, _, file = name.rpartition("/")
        start = f"{folder}/.{file.removesuffix('.jsonl')}."
        return [one for one in self._fetched if one.startswith(start) and one.endswith(".shard")]
