"""What may still be spent: budgets that hold over all workers together, looked at before a call."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from math import floor, inf

from pytest_arena.engine.calling.call_sizes import CallSizes, SizeOf
from pytest_arena.engine.calling.shards import BudgetParts
from pytest_arena.engine.calling.shared_state import Numbers, SharedTable
from pytest_arena.errors import BudgetSpent
from pytest_arena.light_dataclass import dataclass
from pytest_arena.real_time import real_time
from pytest_arena.results.request_response import Request
from pytest_arena.schema import BudgetSpec
from pytest_arena.text.numbers import reaches, stays_within

_LIMITS = ("max_cost_usd", "max_calls", "max_tokens", "max_wall_time")


@dataclass(frozen=True, slots=True)
class Account:
    """One budget: its name in the table, whose it is in a sentence, and which part of it may be
    spent by the shard of a run that this is."""

    name: str
    owner: str
    spec: BudgetSpec
    part: float = 1.0

    def said(self, limit: str) -> str:
        """Return why no further call is started, the same in every worker."""
        value = getattr(self.spec, limit)
        if limit == "max_wall_time":
            return f"{limit} {value:g} s of {self.owner} is over"
        part = "" if self.part == 1 else f"this shard's part ({self.part:.4g}) of "
        return f"{part}{limit} {value:.10g} of {self.owner} is spent"


@dataclass(frozen=True, slots=True)
class Amount:
    """What a call takes: tokens, in and out, and US dollars."""

    tokens: float = 0.0
    cost_usd: float = 0.0

    def plus(self, other: Amount) -> Amount:
        return Amount(self.tokens + other.tokens, self.cost_usd + other.cost_usd)

    def minus(self, other: Amount) -> Amount:
        return Amount(self.tokens - other.tokens, self.cost_usd - other.cost_usd)


Most = Callable[[SizeOf, float], Amount]
"""What a call may take: from what is known of all calls by now, and for how long it has gone on."""


@dataclass(slots=True)
class Hold:
    """What was set aside for a call in flight, until it is known what the call took."""

    accounts: tuple[Account, ...]
    provider: str
    most: Most
    amount: Amount
    started: float
    open: bool = True


@dataclass(slots=True)
class _Spent:
    """An account, added up over all processes."""

    calls: float = 0.0
    tokens: float = 0.0
    cost_usd: float = 0.0
    held: Amount = field(default_factory=Amount)
    in_flight: float = 0.0
    began: float | None = None


class Budgets:
    """All budgets of a run, and what was spent of each over all processes.

    Each process writes a row of its own for each budget: calls, tokens and dollars spent, tokens
    and dollars set aside, calls in flight, time of the first call. What a process that died had
    set aside counts as spent, since its calls may have been made. `portion` is the part of every
    budget that the processes around this table own: less than 1 beside workers on other machines;
    `parts` are those of the shard.
    """

    def __init__(
        self,
        table: SharedTable,
        *,
        portion: float = 1.0,
        parts: BudgetParts | None = None,
        clock: Callable[[], float] = real_time.monotonic,
        process: int | None = None,
    ) -> None:
        self._table = table
        self._portion = portion
        self._parts = parts or BudgetParts()
        self._clock = clock
        self._process = os.getpid() if process is None else process
        self.sizes = CallSizes(table, self._process, clock)
        self._open: dict[int, Hold] = {}
        self._run: Account | None = None
        self._files: dict[str, Account] = {}
        self._providers: dict[str, list[Account]] = {}
        self._cases: dict[tuple[str, str], Account] = {}
        self.warnings: list[str] = []
        """What was exceeded where `on_exceeded` is `warn`, each budget once."""

    @property
    def empty(self) -> bool:
        return not (self._run or self._files or self._providers or self._cases)

    def limit_run(self, max_cost_usd: float, option: str = "--arena-max-cost") -> None:
        """Add the budget of the whole run, which this option asks for."""
        spec = BudgetSpec(max_cost_usd=max_cost_usd)
        self._run = Account("budget run", f"the run ({option})", spec, self._parts.rest)

    def limit_file(self, file: str, spec: BudgetSpec) -> None:
        """Add the budget of all cells of a file."""
        self._files[file] = Account(f"budget file {file}", file, spec, self._parts.of_file(file))

    def limit_provider(self, provider: str, spec: BudgetSpec) -> None:
        """Add the budget of a provider; where files differ on a name, each of them holds."""
        known = self._providers.setdefault(provider, [])
        if all(account.spec != spec for account in known):
            name = f"budget provider {provider}"
            part = self._parts.of_provider(provider)
            known.append(Account(name, f"provider {provider!r}", spec, part))

    def count_with(self, file: str, arena_file: str) -> None:
        """Count the calls of another file, as of Python tests, with those of an arena file."""
        if arena_file in self._files:
            self._files[file] = self._files[arena_file]

    def limit_case(self, file: str, case: str, spec: BudgetSpec) -> None:
        """Add the budget of a case, over all its providers and trials."""
        name = f"budget case {file}::{case}"
        part = self._parts.of_case(file, case)
        self._cases[file, case] = Account(name, f"case {case!r}", spec, part)

    def accounts_of(self, provider: str, request: Request) -> tuple[Account, ...]:
        """Return the budgets that a call counts in."""
        found = [self._run, self._files.get(request.file), *self._providers.get(provider, ())]
        found.append(self._cases.get((request.file, request.case)))
        return tuple(account for account in found if account is not None)

    def check(self, accounts: Iterable[Account]) -> None:
        """Raise `BudgetSpent` where no call can be started any more."""
        self._checked(accounts)

    def take(self, accounts: tuple[Account, ...], provider: str, most: Most) -> Hold | None:
        """Set aside what a call may take; None where calls in flight must end first.

        Called inside the table's `change`. A budget that is spent is a `BudgetSpent`. A call may
        start while something is left and none is in flight: what it takes beyond that is the most
        that is overspent.
        """
        spent = self._checked(accounts)
        size_of = self.sizes.known()
        amount = most(size_of, inf)
        if self._must_wait(spent, amount):
            # so little is left that only what was learnt of calls lets more than a few go on
            self._set_aside_anew(size_of)
            amount = most(size_of, 0.0)
            if self._must_wait(self._checked(accounts), amount):
                return None
        hold = Hold(accounts, provider, most, amount, self.sizes.start(provider))
        self._open[id(hold)] = hold
        self._add(accounts, (1, 0, 0, amount.tokens, amount.cost_usd, 1))
        return hold

    def give_back(self, hold: Hold) -> None:
        """Undo a `take`: no call was made."""
        self._close(hold, -1, Amount())

    def settle(self, hold: Hold, taken: Amount) -> None:
        """Write down what a call took, in place of what was set aside for it."""
        self._close(hold, 0, taken)

    def _set_aside_anew(self, size_of: SizeOf) -> None:
        """Hold for each call in flight what it may take by what is known now."""
        now = self._clock()
        changes: dict[tuple[Account, ...], Amount] = {}
        for hold in self._open.values():
            before, hold.amount = hold.amount, hold.most(size_of, now - hold.started)
            if hold.amount != before:
                change = changes.get(hold.accounts, Amount())
                changes[hold.accounts] = change.plus(hold.amount).minus(before)
        for accounts, change in changes.items():
            self._add(accounts, (0, 0, 0, change.tokens, change.cost_usd, 0))

    def _close(self, hold: Hold, calls: int, taken: Amount) -> None:
        # an attempt may be settled by its answer and again by its end
        if hold.open:
            hold.open = False
            del self._open[id(hold)]
            self.sizes.end(hold.provider, hold.started)
            back = hold.amount
            change = (calls, taken.tokens, taken.cost_usd, -back.tokens, -back.cost_usd, -1)
            self._add(hold.accounts, change)

    def _add(self, accounts: Iterable[Account], change: Numbers) -> None:
        # two files may give one provider a budget: it is one row, counted once
        for name in dict.fromkeys(account.name for account in accounts):
            row = self._table.rows(name).get(self._process)
            began = row[6] if row else self._clock()
            old = row[:6] if row else (0.0,) * 6
            numbers = tuple(one + other for one, other in zip(old, change, strict=True))
            self._table.write(name, self._process, (*numbers, began))

    def _checked(self, accounts: Iterable[Account]) -> list[tuple[Account, _Spent]]:
        """Return what was spent of each budget; none may be spent as a whole."""
        found = [(account, self._spent(account)) for account in accounts]
        for account, spent in found:
            self._refuse(account, spent)
        return found

    def _spent(self, account: Account) -> _Spent:
        total = _Spent()
        for process, row in self._table.rows(account.name).items():
            calls, tokens, cost_usd, held_tokens, held_usd, in_flight, began, _ = row
            total.calls += calls
            total.tokens += tokens
            total.cost_usd += cost_usd
            if process == self._process or self._table.lives(process):
                total.held = total.held.plus(Amount(held_tokens, held_usd))
                total.in_flight += in_flight
            else:
                # nobody will settle it any more
                total.tokens += held_tokens
                total.cost_usd += held_usd
            total.began = began if total.began is None else min(total.began, began)
        return total

    def _refuse(self, account: Account, spent: _Spent) -> None:
        limits = self._limits(account)
        late = 0.0 if spent.began is None else self._clock() - spent.began
        reached: Mapping[str, bool] = {
            "max_cost_usd": reaches(spent.cost_usd, limits["max_cost_usd"]),
            "max_calls": spent.calls >= limits["max_calls"],
            "max_tokens": spent.tokens >= limits["max_tokens"],
            "max_wall_time": late >= limits["max_wall_time"],
        }
        for limit, is_reached in reached.items():
            if not is_reached:
                continue
            said = account.said(limit)
            if account.spec.on_exceeded == "stop":
                raise BudgetSpent(said)
            if said not in self.warnings:
                self.warnings.append(said)

    def _must_wait(self, found: Iterable[tuple[Account, _Spent]], amount: Amount) -> bool:
        """Return whether a call that takes so much may not fit into what calls in flight leave."""
        for account, spent in found:
            # with nothing in flight nothing will be given back: the call starts, and may overspend
            if account.spec.on_exceeded == "stop" and spent.in_flight > 0:
                limits, held = self._limits(account), spent.held.plus(amount)
                over_tokens = spent.tokens + held.tokens > limits["max_tokens"]
                cost_usd = spent.cost_usd + held.cost_usd
                if over_tokens or not stays_within(cost_usd, limits["max_cost_usd"]):
                    return True
        return False

    def _limits(self, account: Account) -> dict[str, float]:
        limits = {}
        portion = self._portion * account.part
        for name in _LIMITS:
            given = getattr(account.spec, name)
            limits[name] = inf if given is None else float(given)
            if name != "max_wall_time" and given is not None:
                limits[name] *= portion
        if portion < 1 and limits["max_calls"] < inf:
            # a part of a call cannot be made; the small term takes back what floats lose
            limits["max_calls"] = floor(limits["max_calls"] + 1e-9)
        return limits
