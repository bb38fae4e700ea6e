"""A cache of answers for local work: SQLite, shared by all workers, each answer for a while."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pytest_arena.errors import ProviderError
from pytest_arena.real_time import real_time
from pytest_arena.recording.entries import answer_from_record, answer_record
from pytest_arena.recording.keys import is_kept, key_of, request_facts
from pytest_arena.results.request_response import Request, Response
from pytest_arena.results.serialize import ShapeError, to_line
from pytest_arena.schema import ProviderSpec
from pytest_arena.schema.variables import values_hash

if TYPE_CHECKING:
    from sqlite3 import Connection

T = TypeVar("T")
BUSY_S = 10.0
"""How long to wait while another process writes."""


class Cache:
    """Answers of the providers that have `cache:`, for as long as their `ttl` says.

    Failures are not kept. A hit has the latency of the call that was made, and is marked. A file
    that cannot be used costs the cache, never an answer: `trouble` then says why.
    """

    for_everyone = False

    def __init__(
        self, path: Path, clean: Callable[[str], str], now: Callable[[], float] = time.time
    ) -> None:
        self._path = path
        self._clean = clean
        self._now = now
        self._connection: Connection | None = None
        # a connection belongs to one thread, and waiting for a lock must not stop the loop
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="arena-cache")
        self.hits = 0
        self.trouble: str | None = None

    async def find(self, spec: ProviderSpec, request: Request) -> Response | None:
        """Return the kept answer of a request, if it is young enough."""
        if spec.cache is None or not is_kept(spec):
            return None
        key = _key_of(spec, request)
        oldest = self._now() - spec.cache.ttl
        found = await self._in_thread(partial(self._read, key, oldest))
        if found is not None:
            self.hits += 1
        return found

    async def keep(
        self, spec: ProviderSpec, request: Request, outcome: Response | ProviderError
    ) -> None:
        """Keep an answer."""
        if spec.cache is None or not is_kept(spec) or not isinstance(outcome, Response):
            return
        now = self._now()
        row = (
            _key_of(spec, request),
            self._clean(to_line(answer_record(outcome))),
            now,
            now + spec.cache.ttl,
        )
        await self._in_thread(partial(self._write, row))

    async def may_call(self, file: str) -> bool:
        """Return True: a cache spares calls, and forbids none."""
        return True

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def _in_thread(self, work: Callable[[], T]) -> T | None:
        """Run database work; trouble with the file ends the use of the cache, not the run."""
        import sqlite3

        if self.trouble is not None:
            return None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (sqlite3.Error, OSError, ValueError, ShapeError) as error:
            self.trouble = f"{self._path}: {type(error).__name__}: {error}"
            return None

    def _open(self) -> Connection:
        if self._connection is None:
            import sqlite3

            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
            self._connection = connection
            _switch_to_wal(connection)
            # a crash may cost the newest answers, never the file
            connection.execute("pragma synchronous = normal")
            connection.execute(
                "create table if not exists answers"
                " (key text primary key, answer text, kept_at real, expires_at real) without rowid"
            )
            connection.execute("delete from answers where expires_at < ?", (self._now(),))
        return self._connection

    def _read(self, key: str, oldest: float) -> Response | None:
        row = (
            self._open()
            .execute("select answer from answers where key = ? and kept_at > ?", (key, oldest))
            .fetchone()
        )
        if row is None:
            return None
        return answer_from_record(json.loads(row[0]), "cache")

    def _write(self, row: tuple[str, str, float, float]) -> None:
        self._open().execute("insert or replace into answers values (?, ?, ?, ?)", row)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _key_of(spec: ProviderSpec, request: Request) -> str:
    """Return the key of a request. A recording goes along with its file and knows `${NAME}` by its
    name; what is kept here is of whoever was asked."""
    facts, values = request_facts(spec, request), values_hash([spec])
    return key_of({**facts, "variables": values} if values else facts)


def _switch_to_wal(connection: Connection) -> None:
    """Switch to a write-ahead log, as soon as nobody else is at it.

    SQLite's own waiting for a lock does not hold here: it gives up at once when two processes
    switch a new file at the same time.
    """
    import sqlite3

    deadline = real_time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or real_time.monotonic() > deadline:
                raise
        time.sleep(0.01)
