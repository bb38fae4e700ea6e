"""How fast calls to one provider may start: its limits in a minute, and what its refusals teach."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from pytest_arena.engine.calling.shared_state import SharedTable
from pytest_arena.light_dataclass import dataclass
from pytest_arena.real_time import real_time
from pytest_arena.results.allowance import Allowance
from pytest_arena.schema import RateLimitSpec

RECOVERY_S = 2.0
"""From half of the rate that was refused back to nearly that rate."""
GROWTH = 0.003
"""Beyond that rate by the cube of the time: hardly at first, then boldly, as TCP's CUBIC does
(RFC 9438)."""
BACK_OFF = 0.97
"""Of the rate that was refused, what is tried again."""
FIRST_PAUSE_S = 1.0
"""After a first refusal that does not say how long: most limits count by the second."""
CATCH_UP_S = 0.05
"""So much of a late start is made up for by the next one, or busy machines would lose speed."""
ONE_SIGN_S = 1.0
"""Refusals of what is started so soon after a cut tell nothing new: what was sent before it still
counts for the server. They begin the recovery anew."""
SLOWEST = 0.2
SLOWEST_UNANSWERED = 1.0
"""Calls in a second that are left at least; the second where nothing was ever answered, so that a
provider which refuses everything is soon known to be down."""
MINUTE_S = 60.0
_SHARED = 0


@dataclass(frozen=True, slots=True)
class _State:
    """What all processes know of a provider's rate; times are those of one clock."""

    next_at: float = 0.0
    tokens_at: float = 0.0
    ceiling: float = 0.0
    """Calls in a second around which refusals began; 0 before the first."""
    cut_at: float = 0.0
    paused_until: float = 0.0
    refused: float = 0.0
    """How many calls of a first burst were refused, while the ceiling is what is left of it."""
    sign_at: float = 0.0
    """When the refusal came that set the ceiling."""

    def numbers(self) -> tuple[float, ...]:
        return (
            self.next_at,
            self.tokens_at,
            self.ceiling,
            self.cut_at,
            self.paused_until,
            self.refused,
            self.sign_at,
        )


class RateLimiter:
    """The rate of calls to one provider: when the next may start, for all processes of a run.

    Starts are spread evenly over the minute (a generic cell rate algorithm without bursts). A
    refusal (429) halves the rate; it is back near the old one after two seconds and grows slowly
    from there, never beyond the limit that the arena file gives. `portion` is the part of that
    limit which the `processes` around the table own. Nothing that an answer says holds the others
    up for longer than `longest_pause_s`, or than the tokens of a whole minute take.
    """

    def __init__(
        self,
        table: SharedTable,
        provider: str,
        limit: RateLimitSpec | None,
        *,
        portion: float = 1.0,
        processes: int = 1,
        longest_pause_s: float = float("inf"),
        clock: Callable[[], float] = real_time.monotonic,
        process: int | None = None,
    ) -> None:
        self.clock = clock
        self.answered = False
        """Whether this process has ever had an answer."""
        self._table = table
        self._name = f"pace {provider}"
        self._of_bursts = f"burst {provider}"
        self._processes = processes
        self._process = os.getpid() if process is None else process
        self._longest_pause_s = longest_pause_s
        self._top = float("inf")
        self._tokens_per_s = float("inf")
        if limit is not None and limit.requests_per_minute is not None:
            self._top = limit.requests_per_minute * portion / 60
        if limit is not None and limit.tokens_per_minute is not None:
            self._tokens_per_s = limit.tokens_per_minute * portion / 60

    @property
    def counts_tokens(self) -> bool:
        return self._tokens_per_s < float("inf")

    @property
    def paused_until(self) -> float:
        """The time before which the provider asked not to be called."""
        return self._state().paused_until

    def due_at(self) -> float:
        """Return the time at which the next call may start, as far as is known now."""
        state = self._state()
        return max(state.next_at, state.tokens_at, state.paused_until)

    def take(self, tokens: float) -> bool:
        """Start a call of so many tokens now, inside the table's `change`; false: too early."""
        state, now = self._state(), self.clock()
        # whoever was told `due_at` may have been overtaken by another process since
        if now < max(state.next_at, state.tokens_at, state.paused_until):
            return False
        earliest = now - CATCH_UP_S
        self._keep(
            replace(
                state,
                next_at=max(state.next_at, earliest) + 1 / self.rate(state, now),
                tokens_at=max(state.tokens_at, earliest) + tokens / self._tokens_per_s,
            )
        )
        return True

    async def correct(self, tokens: float) -> None:
        """Count so many tokens more than were taken for a call (fewer where it is negative)."""

        def work() -> None:
            state = self._state()
            more_s = min(tokens / self._tokens_per_s, MINUTE_S)
            self._keep(replace(state, tokens_at=state.tokens_at + more_s))

        await self._table.change(work)

    async def refused(self, started: float, retry_after_s: float | None, burst: int) -> None:
        """Learn from a refusal (429) of a call that was started at a time.

        `burst` is how many calls this process started in the second before. Several refusals of
        what was started before the rate was cut are one sign, not many.
        """
        await self._table.change(lambda: self._cut(started, retry_after_s, burst))

    async def told(self, allowance: Allowance) -> None:
        """Learn from the rate-limit headers of an answer."""
        wait_s, rate = allowance.wait_s, allowance.low_rate
        if wait_s is None and rate is None:
            return

        def work() -> None:
            state, now = self._state(), self.clock()
            if wait_s is not None:
                until = now + min(wait_s, self._longest_pause_s)
                state = replace(state, paused_until=max(state.paused_until, until))
            if rate is not None and rate < self.rate(state, now):
                # a header is no refusal: its rate holds at once, with nothing to recover from
                state = replace(state, ceiling=rate, cut_at=now - RECOVERY_S, refused=0.0)
            self._keep(state)

        await self._table.change(work)

    def rate(self, state: _State, now: float) -> float:
        """Return the calls in a second that are right at a time."""
        if not state.ceiling:
            return self._top
        since = now - state.cut_at
        if since < RECOVERY_S:
            rate = state.ceiling * (0.5 + 0.5 * since / RECOVERY_S)
        else:
            rate = state.ceiling * (1 + GROWTH * (since - RECOVERY_S) ** 3)
        slowest = SLOWEST if self.answered else SLOWEST_UNANSWERED
        return min(max(rate, slowest), self._top)

    def _cut(self, started: float, retry_after_s: float | None, burst: int) -> None:
        state, now = self._state(), self.clock()
        pause_s = min(retry_after_s or 0.0, self._longest_pause_s)
        if state.ceiling and started < state.cut_at:
            # each further refusal of the same burst is one call more that the provider did not take
            if state.refused:
                refused = state.refused + 1
                state = replace(state, ceiling=self._taken_of(burst, refused), refused=refused)
        # started after the cut, but before the server can have forgotten what came earlier
        elif state.ceiling and started < state.sign_at + ONE_SIGN_S:
            state = replace(state, cut_at=now)
        elif not state.ceiling and self._top == float("inf"):
            # what of the burst is not refused is what the provider takes in a second
            ceiling = self._taken_of(burst, 1)
            state = replace(state, ceiling=ceiling, cut_at=now, refused=1.0, sign_at=now)
            pause_s = pause_s or FIRST_PAUSE_S
        else:
            ceiling = BACK_OFF * self.rate(state, now)
            state = replace(state, ceiling=ceiling, cut_at=now, refused=0.0, sign_at=now)
        self._keep(replace(state, paused_until=max(state.paused_until, now + pause_s)))

    def _taken_of(self, burst: int, refused: float) -> float:
        """Write down this process's first burst, and return what is left of all processes'; those
        that no refusal has come to yet are taken to be like the others."""
        bursts = {who: row[0] for who, row in self._table.rows(self._of_bursts).items()}
        own = bursts[self._process] = max(bursts.get(self._process, 0.0), burst)
        self._table.write(self._of_bursts, self._process, (own,))
        unheard = max(self._processes - len(bursts), 0)
        started = sum(bursts.values()) * (1 + unheard / len(bursts))
        return max(started - refused, 1.0)

    def _state(self) -> _State:
        row = self._table.rows(self._name).get(_SHARED)
        return _State(*row[:7]) if row else _State()

    def _keep(self, state: _State) -> None:
        self._table.write(self._name, _SHARED, state.numbers())
