"""What is down: an entry, a model at its endpoint, or the endpoint with its key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_arena.engine.calling.circuit_breaker import CircuitBreaker, Outage
from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.schema import ProviderSpec

ONE: dict[str, Any] = {"provider": "openai", "model": "m", "api_base": "http://a.test/v1"}


class Entries:
    """Entries of one run, by what differs from an entry `a`."""

    def __init__(self, folder: Path | None = None) -> None:
        self._outages: dict[str, Outage] = {}
        self._folder = folder

    def __call__(self, name: str = "a", **given: Any) -> CircuitBreaker:
        spec = ProviderSpec(**{"name": name, **ONE, **given})
        spec._vendor = True
        return CircuitBreaker.watching(spec, self._outage)

    def _outage(self, who: str) -> Outage:
        notice = self._folder / who.replace("\n", " ") if self._folder else None
        return self._outages.setdefault(who, Outage(notice))


def fails(breaker: CircuitBreaker, kind: ErrorKind, times: int = 1, status: int = 0) -> None:
    for _ in range(times):
        error = ProviderError(kind, f"it was {kind}", status=status or None)
        breaker.attempt_failed(error)
        breaker.call_failed(error)


def is_down(breaker: CircuitBreaker) -> bool:
    try:
        breaker.check()
    except ProviderError as error:
        return error.kind is ErrorKind.PROVIDER_DOWN
    return False


LASTING = [
    (ErrorKind.AUTHENTICATION, 401),
    (ErrorKind.INSUFFICIENT_QUOTA, 402),
    (ErrorKind.CERTIFICATE, 0),
]


@pytest.mark.parametrize(("kind", "status"), LASTING)
def test_a_key_that_is_refused_is_refused_for_every_model(kind: ErrorKind, status: int) -> None:
    entry = Entries()
    fails(entry(), kind, status=status)
    assert is_down(entry("b"))
    assert is_down(entry("b", model="n"))
    assert not is_down(entry("a", api_key_env="OTHER_KEY"))
    assert not is_down(entry("a", api_base="http://b.test/v1"))


def test_a_key_that_may_not_ask_one_model_may_ask_others() -> None:
    entry = Entries()
    fails(entry(), ErrorKind.AUTHENTICATION, status=403)
    assert is_down(entry("b"))
    assert not is_down(entry("a", model="n"))


@pytest.mark.parametrize("kind", [ErrorKind.SERVER, ErrorKind.RATE_LIMIT])
def test_a_model_that_fails_is_down_for_all_its_entries_and_its_endpoint_is_not(
    kind: ErrorKind,
) -> None:
    entry = Entries()
    fails(entry(), kind, 2)
    fails(entry("b"), kind)
    assert is_down(entry())
    assert is_down(entry("c"))
    assert not is_down(entry("a", model="n"))
    assert not is_down(entry("a", api_key_env="OTHER_KEY"))


def test_an_endpoint_that_fails_for_a_second_model_is_down_for_all() -> None:
    entry = Entries()
    fails(entry(), ErrorKind.SERVER, 3)
    assert not is_down(entry("b", model="n"))
    fails(entry("b", model="n"), ErrorKind.SERVER)
    assert is_down(entry("b", model="n"))
    assert is_down(entry("c", model="o"))


def test_an_answer_to_one_model_shows_that_the_endpoint_is_there() -> None:
    entry = Entries()
    for _ in range(4):
        fails(entry(), ErrorKind.SERVER)
        entry("b", model="n").succeeded()
    assert is_down(entry())
    assert not is_down(entry("b", model="n"))


def test_no_connection_is_the_endpoints_whichever_model_is_asked() -> None:
    entry = Entries()
    fails(entry(), ErrorKind.CONNECTION, 3)
    assert is_down(entry("b", model="n"))
    assert not is_down(entry("a", api_base="http://b.test/v1"))


def test_a_timeout_is_of_the_entry_whose_time_it_was() -> None:
    entry = Entries()
    fails(entry(timeout=1), ErrorKind.TIMEOUT, 5)
    assert is_down(entry(timeout=1))
    assert not is_down(entry("b", timeout=60))
    assert not is_down(entry("a", timeout=60))


def test_a_timeout_of_another_model_is_no_failure_of_the_endpoint() -> None:
    entry = Entries()
    fails(entry(), ErrorKind.SERVER, 3)
    fails(entry("b", model="n"), ErrorKind.TIMEOUT)
    assert not is_down(entry("b", model="n"))


@pytest.mark.parametrize(
    "kind",
    [ErrorKind.NOT_FOUND, ErrorKind.BAD_REQUEST, ErrorKind.CONTENT_FILTER, ErrorKind.BAD_RESPONSE],
)
def test_what_a_call_is_refused_for_alone_gives_nobody_up(kind: ErrorKind) -> None:
    entry = Entries()
    fails(entry(), kind, 20)
    assert not is_down(entry())


def test_who_is_not_called_is_told_whose_calls_have_shown_it() -> None:
    entry = Entries()
    fails(entry(), ErrorKind.AUTHENTICATION, status=401)
    with pytest.raises(ProviderError) as caught:
        entry("b", model="n").check()
    assert caught.value.message == (
        "provider 'b' was not called: as 'a' found, which asks the same endpoint, its key was not "
        "accepted; the last one said: it was authentication"
    )


def test_processes_tell_each_other(tmp_path: Path) -> None:
    here, there = Entries(tmp_path), Entries(tmp_path)
    fails(here(), ErrorKind.CONNECTION, 3)
    fails(here("c", api_base="http://c.test"), ErrorKind.RATE_LIMIT, 3)
    with pytest.raises(ProviderError, match=r"as 'a' found, .*: it was connection"):
        there("b", model="n").check()
    assert is_down(there("d", api_base="http://c.test"))
    assert not is_down(there("d", model="n", api_base="http://c.test"))
    assert not is_down(there("a", api_base="http://b.test/v1"))
