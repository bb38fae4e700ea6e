"""What a call needs beside a place: something left of every budget, and its turn at the rate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.engine.calling.concurrency import PriorityLock
from pytest_arena.engine.calling.exclusive_access import ExclusiveAccess
from pytest_arena.engine.calling.notices import Notices
from pytest_arena.engine.calling.pools import add_limits
from pytest_arena.engine.calling.provider_state import (
    DEFAULT_RETRY_FOR_S,
    ProviderState,
    most_tokens,
    most_usd,
)
from pytest_arena.engine.calling.shards import WHOLE, BudgetParts, Shard
from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.real_time import real_time
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema import ProviderSpec, RateLimitSpec

if TYPE_CHECKING:
    from pytest_arena.engine.calling.budgets import Account, Amount, Budgets, Hold, Most
    from pytest_arena.engine.calling.call_sizes import SizeOf, Unit
    from pytest_arena.engine.calling.rate_limit import RateLimiter
    from pytest_arena.engine.calling.shared_state import SharedTable
    from pytest_arena.loading.plans import Arena


@dataclass(slots=True)
class Reservation:
    """What one attempt was given: when it started, and what was set aside for it."""

    started: float
    likely: Amount | None = None
    """What the attempt will take, as far as that can be told; a little less than `hold` has."""
    hold: Hold | None = None
    asks: ProviderState | None = None
    """The application whose first answer will say what it costs."""


class Quotas:
    """Budgets and rates, shared by all processes of the run on this machine.

    `path` is the file that they share; without it, the process is on its own. `portion` is their
    part of all limits, `processes` their number; where the run is in parts, these are limits of
    the `shard`. What a plain arena does not use is not imported.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        portion: float = 1.0,
        processes: int = 1,
        shard: Shard = WHOLE,
        clock: Callable[[], float] = real_time.monotonic,
    ) -> None:
        self._path = path
        self._clock = clock
        self._notices = Notices(path)
        self._portion = portion
        self._processes = processes
        self._shard = shard
        self._parts = BudgetParts(rest=1 / self._shard.count)
        self._undivided: frozenset[str] = frozenset()
        self._places: dict[str, int] = {}
        self._table: SharedTable | None = None
        self._budgets: Budgets | None = None
        self._rates: dict[str, RateLimitSpec] = {}
        self._turns: dict[tuple[str, ...], PriorityLock] = {}

    # --- what the files ask for

    def divide(self, parts: BudgetParts, undivided: Collection[str]) -> None:
        """Learn which part of each budget this shard has, and which endpoints it alone asks; before
        any limit is learnt."""
        self._parts = parts
        self._undivided = frozenset(undivided)

    def limit_run(self, max_cost_usd: float, option: str) -> None:
        """Take the budget of the whole run, and the option's name."""
        self._own_budgets().limit_run(max_cost_usd, option)

    def learn(self, arena: Arena) -> None:
        """Take the budgets and rate limits of an arena file.

        Where files differ on a provider, each budget and the lower rate hold; a rate is that of an
        endpoint and a key, whatever an entry is called.
        """
        if arena.budget is not None:
            self._own_budgets().limit_file(arena.file, arena.budget)
        for spec in (*arena.every_provider, *arena.judges):
            if spec.budget is not None:
                self._own_budgets().limit_provider(spec.name, spec.budget)
            if spec.rate_limit is not None:
                rate = self._rates.get(spec.endpoint)
                self._rates[spec.endpoint] = _lower(rate, spec.rate_limit)
        add_limits(self._places, (*arena.every_provider, *arena.judges))
        for case in {id(plan.case): plan.case for plan in arena.cells}.values():
            if case.budget is not None:
                self._own_budgets().limit_case(arena.file, case.name, case.budget)

    def count_with(self, file: str, arena_file: str) -> None:
        """Let the budget of an arena file hold for the calls of another file, too."""
        if self._budgets is not None:
            self._budgets.count_with(file, arena_file)

    @property
    def warnings(self) -> list[str]:
        """What was exceeded where `on_exceeded` is `warn`."""
        return self._budgets.warnings if self._budgets else []

    def close(self) -> None:
        """Let go of the shared file."""
        if self._table is not None:
            self._table.close()

    # --- before and after an attempt

    def rate_limiter_of(self, spec: ProviderSpec) -> RateLimiter | None:
        """Return the pace of a provider whose rate the file limits."""
        return self._new_rate_limiter(spec) if spec.endpoint in self._rates else None

    def exclusive_access_of(self, endpoint: str) -> ExclusiveAccess:
        """Return what keeps a load case and all other calls to an endpoint apart, over all
        processes of this machine."""
        if self._path is None:
            return ExclusiveAccess()
        from pytest_arena.engine.calling.exclusive_access import SharedExclusiveAccess

        return SharedExclusiveAccess(self._shared(), endpoint)

    def notice_of(self, who: str) -> Path | None:
        """Return the file in which processes tell each other that something is down."""
        return self._notices.of_outage(who)

    @property
    def stopped(self) -> bool:
        """Whether the run was interrupted, as its controller tells all workers of this machine."""
        return self._notices.stopped

    def check(self, state: ProviderState, request: Request) -> None:
        """Raise `BudgetSpent` where the call cannot be made any more."""
        if self._budgets is not None:
            self._budgets.check(self._budgets.accounts_of(state.spec.name, request))

    def turn_at(self, state: ProviderState, request: Request) -> PriorityLock | None:
        """Return the turn of calls that count in the same budgets, of which one at a time waits for
        something to be left; None where there are none."""
        if self._budgets is None:
            return None
        accounts = self._budgets.accounts_of(state.spec.name, request)
        if not accounts:
            return None
        return self._turns.setdefault(tuple(one.name for one in accounts), PriorityLock())

    async def take(
        self, state: ProviderState, request: Request, *, paced: bool = True
    ) -> Reservation | None:
        """Start an attempt now; None where it must wait. A spent budget is a `BudgetSpent`.

        Unless it is `paced`, no rate holds it back.
        """
        if paced and state.rate_limiter is None:
            self._hear_of_rate(state)
        rate_limiter = state.rate_limiter if paced else None
        accounts: tuple[Account, ...] = ()
        if self._budgets is not None:
            accounts = self._budgets.accounts_of(state.spec.name, request)
        if not accounts and rate_limiter is None:
            reservation: Reservation | None = Reservation(real_time.monotonic())
        else:
            asks = _must_ask_price(state, accounts)
            if asks and state.asks_price:
                # before it is known what an answer costs, a second one could pass the budget
                return None
            likely, most = self._amounts(state, request, accounts)
            state.asks_price = state.asks_price or asks
            reservation = None
            try:
                reservation = await self._shared().change(
                    lambda: self._take(state, rate_limiter, accounts, likely, most)
                )
            finally:
                if asks and reservation is None:
                    state.asks_price = False
            if asks and reservation is not None:
                reservation.asks = state
        if reservation is not None:
            state.starts.append(reservation.started)
        return reservation

    async def answered(
        self, state: ProviderState, reservation: Reservation, request: Request, response: Response
    ) -> None:
        """Write down what an answer took, and learn from what came with it."""
        state.learn(request, response)
        was_there = response.source == "outputs"
        if self._budgets is not None and reservation.hold is not None and not was_there:
            await self._learn_sizes(self._budgets, reservation.hold, state, response)
        known = response.input_tokens is not None or response.output_tokens is not None
        tokens = float((response.input_tokens or 0) + (response.output_tokens or 0))
        if was_there:
            # what the answer cost was spent before this run
            self._settle(reservation, 0.0, 0.0)
        else:
            self._settle(reservation, tokens if known else None, response.cost_usd)
        allowance = response.allowance
        learns_rate = state.rate_limiter is None and allowance is not None and allowance.is_scarce
        if learns_rate:
            state.rate_limiter = self._new_rate_limiter(state.spec)
        if state.rate_limiter is not None:
            state.rate_limiter.answered = True
            if known and state.rate_limiter.counts_tokens:
                taken = reservation.likely.tokens if reservation.likely is not None else 0.0
                await state.rate_limiter.correct(tokens - taken)
            if allowance is not None:
                await state.rate_limiter.told(allowance)
            if learns_rate:
                self._tell_of_rate(state)
        if reservation.hold is not None and not state.provider.offline:
            self._check_usage(reservation.hold, known, response)

    async def _learn_sizes(
        self, budgets: Budgets, hold: Hold, state: ProviderState, response: Response
    ) -> None:
        """Tell all processes how large an answer was."""
        found: dict[Unit, float | None] = {"tokens": response.output_tokens}
        if state.spec.system is not None:
            found["dollars"] = response.cost_usd
        sizes = {unit: float(size) for unit, size in found.items() if size is not None}

        def hear() -> None:
            for unit, size in sizes.items():
                budgets.sizes.hear(hold.provider, unit, size, hold.started)

        if sizes:
            await self._shared().change(hear)

    def _check_usage(self, hold: Hold, known: bool, response: Response) -> None:
        """Raise where a budget needs what the answer does not say: it could be passed unseen."""
        for account in hold.accounts:
            spec = account.spec
            limit = "max_tokens" if spec.max_tokens is not None and not known else None
            if spec.max_cost_usd is not None and response.cost_usd is None:
                limit = "max_cost_usd"
            if limit is None:
                continue
            said = (
                f"the answer came without usage, which {limit} of {account.owner} needs; "
                "what it took is not known"
            )
            if spec.on_exceeded == "stop":
                raise ProviderError(ErrorKind.CONFIGURATION, said)
            if self._budgets is not None and said not in self._budgets.warnings:
                self._budgets.warnings.append(said)

    async def failed(
        self, state: ProviderState, reservation: Reservation, error: ProviderError
    ) -> None:
        """Write down that an attempt gave nothing; slow down where it was refused for its rate."""
        if error.kind is not ErrorKind.TIMEOUT:
            # what was given up may be billed all the same, a failure is not
            self._settle(reservation, 0.0, 0.0)
        if error.kind is ErrorKind.RATE_LIMIT and not error.elsewhere:
            learns_rate = state.rate_limiter is None
            rate_limiter = state.rate_limiter or self._learnt_rate_limiter(state)
            burst = state.burst(real_time.monotonic())
            await rate_limiter.refused(reservation.started, error.retry_after_s, burst)
            if learns_rate:
                self._tell_of_rate(state)

    def ended(self, reservation: Reservation) -> None:
        """Count what was set aside as spent, unless it is known by now what was taken."""
        self._settle(reservation, None, None)
        if reservation.asks is not None:
            reservation.asks.asks_price = False

    def _amounts(
        self, state: ProviderState, request: Request, accounts: Iterable[Account]
    ) -> tuple[Amount, Most]:
        """Return what a call will take, as far as that can be told, and what tells later on the
        most that it may take."""
        from pytest_arena.engine.calling.budgets import Amount

        likely, name = state.likely_tokens(request), state.spec.name
        in_dollars = any(one.spec.max_cost_usd is not None for one in accounts)

        def most(size_of: SizeOf, age_s: float) -> Amount:
            tokens = most_tokens(request, likely, size_of(name, "tokens"), age_s)
            if not in_dollars:
                return Amount(sum(tokens))
            if state.spec.system is not None:
                return Amount(sum(tokens), most_usd(size_of(name, "dollars"), age_s))
            return Amount(sum(tokens), _cost(state, tokens))

        if not in_dollars:
            return Amount(sum(likely)), most
        if state.spec.system is not None:
            return Amount(sum(likely), state.dearest_usd or 0.0), most
        return Amount(sum(likely), _cost(state, likely)), most

    def _take(
        self,
        state: ProviderState,
        rate_limiter: RateLimiter | None,
        accounts: tuple[Account, ...],
        likely: Amount,
        most: Most,
    ) -> Reservation | None:
        hold = None
        if self._budgets is not None and accounts:
            hold = self._budgets.take(accounts, state.spec.name, most)
            if hold is None:
                return None
        if rate_limiter is not None and not rate_limiter.take(likely.tokens):
            if self._budgets is not None and hold is not None:
                self._budgets.give_back(hold)
            return None
        return Reservation(real_time.monotonic(), likely, hold)

    def _settle(
        self, reservation: Reservation, tokens: float | None, cost_usd: float | None
    ) -> None:
        if self._budgets is None or reservation.hold is None:
            return
        from pytest_arena.engine.calling.budgets import Amount

        # of what was given up only the likely part is counted: most of what is held is caution
        likely = reservation.likely or reservation.hold.amount
        taken = Amount(
            likely.tokens if tokens is None else tokens,
            likely.cost_usd if cost_usd is None else cost_usd,
        )
        self._budgets.settle(reservation.hold, taken)

    def _own_budgets(self) -> Budgets:
        if self._budgets is None:
            from pytest_arena.engine.calling.budgets import Budgets

            self._budgets = Budgets(
                self._shared(), portion=self._portion, parts=self._parts, clock=self._clock
            )
        return self._budgets

    def _hear_of_rate(self, state: ProviderState) -> None:
        """Take on what another process has learnt of an endpoint's rate, if one has."""
        notice = self._notices.of_rate(state.endpoint)
        if notice is not None and not state.provider.offline and notice.exists():
            self._learnt_rate_limiter(state)

    def _tell_of_rate(self, state: ProviderState) -> None:
        # only once the table says it: who sees the file finds the pause that was asked for
        notice = self._notices.of_rate(state.endpoint)
        if notice is not None and not state.provider.offline:
            notice.touch()

    def _learnt_rate_limiter(self, state: ProviderState) -> RateLimiter:
        state.rate_limiter = self._new_rate_limiter(state.spec)
        state.rate_limiter.answered = state.answers > 0
        return state.rate_limiter

    def _new_rate_limiter(self, spec: ProviderSpec) -> RateLimiter:
        # most runs have no limits: they import none of this
        from pytest_arena.engine.calling.rate_limit import RateLimiter

        portion = self._portion
        if spec.endpoint not in self._undivided:
            portion *= self._shard.of_rate(spec.pool, self._places.get(spec.pool))
        return RateLimiter(
            self._shared(),
            spec.endpoint,
            self._rates.get(spec.endpoint),
            portion=portion,
            processes=self._processes,
            longest_pause_s=spec.retry_for or DEFAULT_RETRY_FOR_S,
        )

    def _shared(self) -> SharedTable:
        if self._table is None:
            from pytest_arena.engine.calling.shared_state import FileSharedTable, SharedTable

            self._table = FileSharedTable(self._path) if self._path else SharedTable()
        return self._table


def _must_ask_price(state: ProviderState, accounts: Iterable[Account]) -> bool:
    """Return whether a budget in dollars bounds an application of which no price is known yet."""
    if state.spec.system is None or state.dearest_usd is not None or state.provider.offline:
        return False
    return any(account.spec.max_cost_usd is not None for account in accounts)


def _cost(state: ProviderState, tokens: tuple[float, float]) -> float:
    """Return what tokens in and out cost; no known price is an error, but of who asks nobody."""
    from pytest_arena.loading.budgets import unknown_price
    from pytest_arena.providers.usage import Usage

    if state.price is not None:
        return state.price.cost(Usage(round(tokens[0]), round(tokens[1]))) or 0.0
    if state.provider.offline:
        return 0.0
    raise ProviderError(ErrorKind.CONFIGURATION, str(unknown_price(state.spec)))


def _lower(known: RateLimitSpec | None, other: RateLimitSpec) -> RateLimitSpec:
    if known is None:
        return other
    pick: Callable[[float | None, float | None], float | None] = lambda one, two: min(  # noqa: E731
        (value for value in (one, two) if value is not None), default=None
    )
    return RateLimitSpec(
        requests_per_minute=pick(known.requests_per_minute, other.requests_per_minute),
        tokens_per_minute=pick(known.tokens_per_minute, other.tokens_per_minute),
    )
