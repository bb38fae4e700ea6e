"""How fast calls start: evenly within a limit, and near what a server takes where none is known."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from pytest_arena.engine.calling.rate_limit import RateLimiter
from pytest_arena.engine.calling.shared_state import SharedTable
from pytest_arena.results.allowance import Allowance, Quota
from pytest_arena.schema import RateLimitSpec


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def rate_limiter(clock: Clock, table: SharedTable | None = None, **limit: float) -> RateLimiter:
    spec = RateLimitSpec.model_validate(limit) if limit else None
    made = RateLimiter(table or SharedTable(), "p", spec, clock=clock)
    made.answered = True
    return made


def rate_now(own: RateLimiter) -> float:
    """Return the calls that may start in a second at the moment."""
    return own.rate(own._state(), own.clock())


def starts(
    own: list[RateLimiter], clock: Clock, seconds: float, tokens: float = 0.0
) -> list[float]:
    """Take a start whenever one is due, and return the times of all of them."""
    found, end = [], clock.now + seconds
    while clock.now < end:
        found += [clock.now for one in own if one.take(tokens)]
        clock.now += 0.001
    return found


def test_starts_are_spread_evenly_over_the_minute() -> None:
    clock = Clock()
    found = starts([rate_limiter(clock, requests_per_minute=600)], clock, 10)
    assert len(found) in (100, 101)
    gaps = [later - earlier for earlier, later in pairwise(found)]
    assert min(gaps) >= 0.0499


def test_workers_share_a_rate_and_none_of_it_idles() -> None:
    clock, table = Clock(), SharedTable()
    two = [rate_limiter(clock, table, requests_per_minute=600) for _ in range(2)]
    assert len(starts(two, clock, 10)) in (100, 101)
    assert len(starts(two[:1], clock, 10)) in (99, 100, 101)


def test_tokens_are_paced_and_corrected_by_what_was_taken() -> None:
    clock = Clock()
    own = rate_limiter(clock, tokens_per_minute=6000)
    assert own.counts_tokens
    assert own.take(50)
    assert own.due_at() == pytest.approx(clock.now + 0.45)
    asyncio.run(own.correct(100))
    assert own.due_at() == pytest.approx(clock.now + 1.45)


def test_a_refusal_halves_the_rate_which_is_nearly_back_two_seconds_later() -> None:
    clock = Clock()
    own = rate_limiter(clock, requests_per_minute=600)
    asyncio.run(own.refused(clock.now, None, 1))
    assert len(starts([own], clock, 0.5)) in (2, 3)
    clock.now = 102.0
    assert 9 <= len(starts([own], clock, 1)) <= 11
    assert len(starts([own], clock, 60)) <= 600


def test_several_refusals_of_one_burst_are_one_sign() -> None:
    clock = Clock()
    own = rate_limiter(clock, requests_per_minute=600)
    asyncio.run(own.refused(100.0, None, 1))
    for _ in range(5):
        asyncio.run(own.refused(99.0, None, 1))
    assert rate_now(own) == pytest.approx(4.85)


def test_a_refusal_soon_after_another_begins_the_recovery_anew() -> None:
    clock = Clock()
    own = rate_limiter(clock, requests_per_minute=600)
    asyncio.run(own.refused(100.0, None, 1))
    clock.now = 100.9
    asyncio.run(own.refused(100.8, None, 1))
    assert rate_now(own) == pytest.approx(4.85)
    clock.now = 101.9
    asyncio.run(own.refused(101.8, None, 1))
    assert rate_now(own) == pytest.approx(0.97 * 4.85 * 1.5 / 2)


def test_retry_after_pauses_all_calls_to_the_provider() -> None:
    clock = Clock()
    own = rate_limiter(clock, requests_per_minute=600)
    asyncio.run(own.refused(clock.now, 7.0, 1))
    assert own.due_at() == own.paused_until == 107.0
    assert not own.take(0)


def test_a_first_burst_tells_what_the_server_takes_in_a_second() -> None:
    clock = Clock()
    own = rate_limiter(clock)
    asyncio.run(own.refused(99.9, None, 50))
    for _ in range(29):
        asyncio.run(own.refused(99.95, None, 50))
    assert own.paused_until == 101.0
    clock.now = 102.0
    assert rate_now(own) == pytest.approx(20)


def test_unequal_bursts_of_several_processes_are_added() -> None:
    clock, table = Clock(), SharedTable()
    small, large, idle = (
        RateLimiter(table, "p", None, clock=clock, processes=3, process=number)
        for number in range(3)
    )
    asyncio.run(small.refused(99.9, None, 13))
    clock.now = 102.0
    # what is not known of the others is taken to be alike
    assert rate_now(idle) == pytest.approx(3 * 13 - 1)
    clock.now = 100.0
    for _ in range(10):
        asyncio.run(large.refused(99.9, None, 25))
    for _ in range(7):
        asyncio.run(small.refused(99.9, None, 12))
    clock.now = 102.0
    assert rate_now(idle) == pytest.approx((13 + 25) * 3 / 2 - 18)
    clock.now = 100.0
    asyncio.run(idle.refused(99.9, None, 1))
    clock.now = 102.0
    assert rate_now(large) == pytest.approx(13 + 25 + 1 - 19)


@pytest.mark.parametrize(
    ("quota", "pause"),
    [
        (Quota(True, 0, 60, 60.0), 1.0),
        (Quota(True, 0, None, 3.0), 3.0),
        (Quota(False, 0, 1000, 60.0), 6.0),
        (Quota(True, 5, 10, 60.0), 0.0),
    ],
)
def test_headers_that_leave_nothing_pause_until_something_is_back(
    quota: Quota, pause: float
) -> None:
    clock = Clock()
    own = rate_limiter(clock)
    asyncio.run(own.told(Allowance((quota,))))
    assert own.due_at() == pytest.approx(100.0 + pause if pause else 0.0)


def test_headers_that_leave_little_slow_down_to_what_comes_back() -> None:
    clock = Clock()
    own = rate_limiter(clock)
    asyncio.run(own.told(Allowance((Quota(True, 4, 64, 30.0),))))
    assert rate_now(own) == pytest.approx(2.0)


@dataclass
class Window:
    """Take so many calls in any second."""

    most: int
    taken: deque[float] = field(default_factory=deque)

    def takes(self, now: float) -> bool:
        while self.taken and self.taken[0] <= now - 1:
            self.taken.popleft()
        if len(self.taken) >= self.most:
            return False
        self.taken.append(now)
        return True


@dataclass
class Bucket:
    """Refill so many a second, up to as many."""

    most: int
    left: float = 20.0
    at: float = 100.0

    def takes(self, now: float) -> bool:
        self.left = min(self.most, self.left + (now - self.at) * self.most)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass
class FixedSecond:
    """Count anew at each full second."""

    most: int
    second: int = 0
    count: int = 0

    def takes(self, now: float) -> bool:
        if int(now) != self.second:
            self.second, self.count = int(now), 0
        self.count += 1
        return self.count <= self.most


def simulate(
    server: Window | Bucket | FixedSecond,
    calls: int,
    places: int,
    latency: float,
    start_up: float,
    **limit: float,
) -> tuple[float, list[tuple[float, bool]], int]:
    """Run calls as the engine does, on a clock of its own.

    The first ones arrive together, when connections have been made (`start_up`). Return the time
    that it took, when each attempt was taken or refused, and the most attempts.
    """
    clock = Clock()
    table = SharedTable()
    own = rate_limiter(clock, table, **limit) if limit else None
    waiting: list[tuple[float, int, int]] = [(100.0, 0, number) for number in range(calls)]
    heapq.heapify(waiting)
    flying: list[tuple[float, float, bool, int, int]] = []
    log: list[tuple[float, bool]] = []
    recent: deque[float] = deque()
    done = most = 0
    while done < calls:
        while flying and flying[0][0] <= clock.now:
            _, started, taken, attempt, number = heapq.heappop(flying)
            if taken:
                done += 1
                if own:
                    own.answered = True
                continue
            if own is None:
                own = rate_limiter(clock, table)
            burst = sum(start > clock.now - 1 for start in recent)
            asyncio.run(own.refused(started, None, burst))
            most = max(most, attempt + 1)
            heapq.heappush(waiting, (clock.now + 0.4 * 2**attempt, -attempt - 1, number))
        ready = [entry for entry in waiting if entry[0] <= clock.now]
        ready.sort(key=lambda entry: entry[1])
        for entry in ready:
            if len(flying) >= places or (own is not None and not own.take(0)):
                break
            waiting.remove(entry)
            recent.append(clock.now)
            arrives = max(clock.now + 0.002, 100 + start_up)
            taken = server.takes(arrives)
            log.append((clock.now - 100.0, taken))
            took = latency if taken else 0.002
            heapq.heappush(flying, (arrives + took, clock.now, taken, -entry[1], entry[2]))
        clock.now += 0.002
    return clock.now - 100.0, log, most


@pytest.mark.parametrize("make", [Window, Bucket, FixedSecond])
@pytest.mark.parametrize(("places", "latency"), [(16, 0.05), (50, 0.3), (200, 1.0)])
@pytest.mark.parametrize("start_up", [0.0, 0.15])
@pytest.mark.parametrize("limit", [{}, {"requests_per_minute": 1200}])
def test_two_hundred_calls_at_twenty_a_second_are_near_the_ideal(
    make: type[Window | Bucket | FixedSecond],
    places: int,
    latency: float,
    limit: dict[str, float],
    start_up: float,
) -> None:
    took, log, attempts = simulate(make(20), 200, places, latency, start_up, **limit)
    settled = [taken for at, taken in log if at > 3.0]
    assert took <= 1.25 * 10 + latency
    assert settled.count(False) <= 0.05 * len(settled)
    assert attempts <= 2


@pytest.mark.parametrize("asked", [1e11, 3600.0, 40.0])
def test_nobody_is_held_up_for_longer_than_the_calls_may_take(asked: float) -> None:
    clock = Clock()
    own = RateLimiter(SharedTable(), "p", None, longest_pause_s=30.0, clock=clock)
    asyncio.run(own.refused(clock.now, asked, 1))
    assert own.paused_until == clock.now + 30.0
    asyncio.run(own.told(Allowance((Quota(True, 0, 10, asked * 100),))))
    assert own.paused_until == clock.now + 30.0


def test_one_answer_counts_for_a_minute_of_tokens_at_most() -> None:
    clock = Clock()
    own = rate_limiter(clock, tokens_per_minute=60_000)
    asyncio.run(own.correct(99_999_999.0))
    assert own.due_at() <= clock.now + 60.0
