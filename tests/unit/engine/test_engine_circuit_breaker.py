"""When an entry of `providers:` is down."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pytest_arena.engine.calling.circuit_breaker import CircuitBreaker
from pytest_arena.errors import ErrorKind, ProviderError


def fails(breaker: CircuitBreaker, kind: ErrorKind, times: int = 1) -> None:
    for _ in range(times):
        error = ProviderError(kind, f"it was {kind}")
        breaker.attempt_failed(error)
        breaker.call_failed(error)


def is_down(breaker: CircuitBreaker) -> bool:
    try:
        breaker.check()
    except ProviderError as error:
        return error.kind is ErrorKind.PROVIDER_DOWN
    return False


@pytest.mark.parametrize(
    "kind", [ErrorKind.AUTHENTICATION, ErrorKind.INSUFFICIENT_QUOTA, ErrorKind.CERTIFICATE]
)
def test_what_lasts_is_down_at_once(kind: ErrorKind) -> None:
    breaker = CircuitBreaker("a")
    fails(breaker, kind)
    assert is_down(breaker)


AFTER_THREE = [ErrorKind.SERVER, ErrorKind.RATE_LIMIT, ErrorKind.CONNECTION, ErrorKind.TIMEOUT]


@pytest.mark.parametrize("kind", AFTER_THREE)
def test_three_failures_in_a_row_are_enough(kind: ErrorKind) -> None:
    breaker = CircuitBreaker("a")
    fails(breaker, kind, 2)
    assert not is_down(breaker)
    fails(breaker, kind)
    with pytest.raises(ProviderError) as caught:
        breaker.check()
    assert caught.value.message == (
        "provider 'a' was not called: 3 calls in a row failed with all their attempts; "
        f"the last one said: it was {kind}"
    )


@pytest.mark.parametrize("kind", AFTER_THREE)
def test_an_answer_begins_the_count_again(kind: ErrorKind) -> None:
    breaker = CircuitBreaker("a")
    for _ in range(4):
        fails(breaker, kind, 2)
        breaker.succeeded()
    assert not is_down(breaker)


@pytest.mark.parametrize(
    "kind",
    [ErrorKind.NOT_FOUND, ErrorKind.BAD_REQUEST, ErrorKind.CONTENT_FILTER, ErrorKind.BAD_RESPONSE],
)
def test_what_a_call_is_refused_for_alone_gives_nobody_up(kind: ErrorKind) -> None:
    breaker = CircuitBreaker("a")
    fails(breaker, kind, 20)
    assert not is_down(breaker)


def test_processes_count_together_and_tell_each_other(tmp_path: Path) -> None:
    here, there = (CircuitBreaker("a", tmp_path / "down-a") for _ in range(2))
    other = CircuitBreaker("b", tmp_path / "down-b")
    fails(here, ErrorKind.SERVER, 2)
    fails(there, ErrorKind.SERVER)
    assert is_down(here)
    assert is_down(there)
    assert not is_down(other)


def test_processes_tell_each_other_of_answers_once_something_failed(tmp_path: Path) -> None:
    here, there = (CircuitBreaker("a", tmp_path / "down-a") for _ in range(2))
    before = time.monotonic() - 1
    there.succeeded()
    assert not here.has_answered_since(before)
    assert not list(tmp_path.iterdir())
    here.attempt_failed(ProviderError(ErrorKind.RATE_LIMIT, "too fast"))
    assert not here.has_answered_since(before)
    there.succeeded()
    assert here.has_answered_since(before)
    assert not here.has_answered_since(time.monotonic() + 1)


def test_what_began_before_an_answer_of_another_process_is_in_no_row(tmp_path: Path) -> None:
    here, there = (CircuitBreaker("a", tmp_path / "down-a") for _ in range(2))
    error = ProviderError(ErrorKind.SERVER, "it broke")
    here.attempt_failed(error)
    began = time.monotonic() - 1
    there.succeeded()
    for _ in range(5):
        here.call_failed(error, began)
    assert not is_down(here)
    for _ in range(3):
        here.call_failed(error, time.monotonic() + 1)
    assert is_down(there)


def test_where_nothing_can_be_written_each_process_counts_for_itself(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    here, there = (CircuitBreaker("a", tmp_path / "file" / "down-a") for _ in range(2))
    fails(there, ErrorKind.SERVER, 2)
    fails(here, ErrorKind.SERVER, 2)
    here.succeeded()
    assert here.has_answered_since(time.monotonic() - 1)
    fails(here, ErrorKind.SERVER, 2)
    assert not is_down(here)
    fails(here, ErrorKind.SERVER)
    assert is_down(here)
    assert not is_down(there)
