"""The cache: for a while, for each trial, over all workers, and never instead of an answer."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.recording.cache import Cache
from pytest_arena.results.request_response import Request, Response, ToolCall
from pytest_arena.schema import CacheSpec, ProviderSpec

SPEC = ProviderSpec.model_validate(
    {"name": "p", "provider": "openai", "model": "m", "cache": {"ttl": "1h"}}
)
WITHOUT = ProviderSpec(name="p", provider="openai", model="m")
ANSWER = Response(output="fine s3cret", latency_ms=12.5, tool_calls=(ToolCall("t", {"a": 1}),))


class Store:
    """Do one thing with the cache at a time, each in a process's life of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.time = 1000.0
        self.hits = 0
        self.trouble: str | None = None

    def _cache(self) -> Cache:
        return Cache(self.path, lambda text: text.replace("s3cret", "***"), lambda: self.time)

    def find(self, spec: ProviderSpec = SPEC, **request: int) -> Response | None:
        async def find() -> Response | None:
            cache = self._cache()
            found = await cache.find(spec, Request(messages=[], **request))  # type: ignore[arg-type]
            await cache.close()
            self.hits += cache.hits
            self.trouble = cache.trouble
            return found

        return asyncio.run(find())

    def keep(
        self, outcome: Response | ProviderError = ANSWER, spec: ProviderSpec = SPEC, trials: int = 1
    ) -> None:
        async def keep() -> None:
            cache = self._cache()
            for trial in range(trials):
                await cache.keep(spec, Request(messages=[], trial=trial), outcome)
            await cache.close()
            self.trouble = cache.trouble

        asyncio.run(keep())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "folder" / "answers.sqlite3")


def test_an_answer_comes_back_with_its_latency_and_marked(store: Store) -> None:
    assert store.find() is None
    store.keep()
    found = store.find()
    assert found is not None
    assert (found.source, found.latency_ms, found.tool_calls) == (
        "cache",
        12.5,
        ANSWER.tool_calls,
    )
    assert store.hits == 1


def test_no_secret_is_kept(store: Store) -> None:
    store.keep()
    found = store.find()
    assert found is not None
    assert found.output == "fine ***"
    assert b"s3cret" not in store.path.read_bytes()


def test_each_trial_has_its_own_answer(store: Store) -> None:
    store.keep()
    assert store.find(trial=1) is None


def test_an_answer_is_kept_for_its_ttl(store: Store) -> None:
    store.keep()
    store.time += 3599
    assert store.find() is not None
    store.time += 2
    assert store.find() is None


def test_a_shorter_ttl_counts_from_when_it_was_kept(store: Store) -> None:
    store.keep()
    store.time += 120
    assert store.find(SPEC.model_copy(update={"cache": CacheSpec(ttl=60.0)})) is None


def test_what_has_expired_is_deleted(store: Store) -> None:
    store.keep(trials=3)
    store.time += 7200
    store.keep()
    with closing(sqlite3.connect(store.path)) as connection, connection:
        assert connection.execute("select count(*) from answers").fetchone() == (1,)


def test_failures_are_not_kept(store: Store) -> None:
    store.keep(ProviderError(ErrorKind.BAD_REQUEST, "no", attempts=1))
    assert store.find() is None


def test_a_provider_without_cache_is_left_alone(store: Store) -> None:
    store.keep(spec=WITHOUT)
    assert not store.path.exists()
    store.keep()
    assert store.find(WITHOUT) is None


def test_a_file_that_is_no_cache_costs_the_cache_and_says_so(store: Store) -> None:
    store.path.parent.mkdir()
    store.path.write_text("this is no database, but long enough to look like one" * 20)
    store.keep()
    assert store.find() is None
    assert store.trouble == f"{store.path}: DatabaseError: file is not a database"


def test_an_answer_that_is_none_costs_the_cache_and_says_so(store: Store) -> None:
    store.keep()
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("update answers set answer = '{\"output\": 3}'")
    connection.close()
    assert store.find() is None
    assert store.trouble is not None
    assert "ShapeError" in store.trouble


def test_several_workers_share_it_while_they_write(tmp_path: Path) -> None:
    async def crowd(path: Path) -> list[Response | None]:
        caches = [Cache(path, str) for _ in range(8)]
        await asyncio.gather(
            *(
                cache.keep(SPEC, Request(messages=[], trial=number * 8 + n), Response(output="a"))
                for number, cache in enumerate(caches)
                for n in range(8)
            )
        )
        found = [await caches[0].find(SPEC, Request(messages=[], trial=n)) for n in range(64)]
        assert [cache.trouble for cache in caches] == [None] * 8
        for cache in caches:
            await cache.close()
        return found

    assert None not in asyncio.run(crowd(tmp_path / "answers.sqlite3"))


def test_a_new_file_that_others_are_opening_is_waited_for(tmp_path: Path) -> None:
    """While another switches to the write-ahead log, SQLite says "locked" at once."""
    path = tmp_path / "answers.sqlite3"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")

    async def keep_and_find() -> tuple[Response | None, str | None]:
        cache = Cache(path, str)
        request = Request(messages=[])
        asyncio.get_running_loop().call_later(0.2, other.rollback)
        await cache.keep(SPEC, request, Response(output="a"))
        found = await cache.find(SPEC, request)
        await cache.close()
        return found, cache.trouble

    found, trouble = asyncio.run(keep_and_find())
    other.close()
    assert trouble is None
    assert found is not None


@pytest.mark.parametrize(
    "given",
    [
        {"api_base": "${WHERE}/v1"},
        {"params": {"user": "${WHERE}"}},
        {"params": {"extra": [{"deep": "x ${WHERE}"}]}},
    ],
)
def test_what_another_endpoint_answered_under_the_same_name_is_not_found(
    store: Store, monkeypatch: pytest.MonkeyPatch, given: dict[str, object]
) -> None:
    spec = SPEC.model_copy(update=given)
    monkeypatch.setenv("WHERE", "http://one")
    store.keep(spec=spec)
    assert store.find(spec) is not None
    monkeypatch.setenv("WHERE", "http://two")
    assert store.find(spec) is None


def test_an_answer_is_found_under_another_key(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = SPEC.model_copy(update={"headers": {"x-key": "${KEY}"}, "api_key_env": "KEY"})
    monkeypatch.setenv("KEY", "sk-one")
    store.keep(spec=spec)
    monkeypatch.setenv("KEY", "sk-two")
    assert store.find(spec) is not None
