"""Budgets: what is refused, what must wait, and what counts, over processes together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.engine.calling.budgets import Account, Amount, Budgets, Most
from pytest_arena.engine.calling.shared_state import FileSharedTable, SharedTable
from pytest_arena.errors import BudgetSpent
from pytest_arena.results.request_response import Request
from pytest_arena.schema import BudgetSpec

REQUEST = Request(messages=[], file="a.yaml", case="C")


class Mortal(SharedTable):
    """A table some of whose processes have died."""

    dead: frozenset[int] = frozenset()

    def lives(self, owner: int) -> bool:
        return owner not in self.dead


def budgets(
    table: SharedTable | None = None,
    process: int = 1,
    clock: Callable[[], float] = lambda: 0.0,
    portion: float = 1.0,
    **limits: object,
) -> tuple[Budgets, tuple[Account, ...]]:
    table = SharedTable() if table is None else table
    made = Budgets(table, process=process, clock=clock, portion=portion)
    made.limit_file("a.yaml", BudgetSpec.model_validate(limits))
    return made, made.accounts_of("p", REQUEST)


def may_take(tokens: float = 0.0, cost_usd: float = 0.0) -> Most:
    return lambda size_of, age_s: Amount(tokens, cost_usd)


def test_calls_are_counted_when_they_start() -> None:
    own, accounts = budgets(max_calls=2)
    assert own.take(accounts, "p", may_take())
    assert own.take(accounts, "p", may_take())
    with pytest.raises(BudgetSpent, match=r"^max_calls 2 of a.yaml is spent$"):
        own.take(accounts, "p", may_take())


def test_a_call_that_was_not_made_gives_its_part_back() -> None:
    own, accounts = budgets(max_calls=1)
    hold = own.take(accounts, "p", may_take())
    assert hold
    own.give_back(hold)
    own.give_back(hold)
    assert own.take(accounts, "p", may_take())
    with pytest.raises(BudgetSpent):
        own.check(accounts)


def test_a_call_that_may_not_fit_waits_for_those_in_flight() -> None:
    own, accounts = budgets(max_cost_usd=1.0)
    first = own.take(accounts, "p", may_take(cost_usd=0.8))
    assert first
    assert own.take(accounts, "p", may_take(cost_usd=0.8)) is None
    own.settle(first, Amount(cost_usd=0.1))
    second = own.take(accounts, "p", may_take(cost_usd=0.8))
    assert second
    own.settle(second, Amount(cost_usd=0.8))
    # alone, a call may start while something is left
    assert own.take(accounts, "p", may_take(cost_usd=0.8))


def test_what_binary_fractions_lose_of_a_cost_buys_no_further_call() -> None:
    own, accounts = budgets(max_cost_usd=1.0)
    for _ in range(10):
        hold = own.take(accounts, "p", may_take(cost_usd=0.1))
        assert hold
        own.settle(hold, Amount(cost_usd=0.1))
    with pytest.raises(BudgetSpent):
        own.take(accounts, "p", may_take(cost_usd=0.1))


def test_what_binary_fractions_add_to_a_cost_keeps_no_call_waiting() -> None:
    own, accounts = budgets(max_cost_usd=0.3)
    assert own.take(accounts, "p", may_take(cost_usd=0.1))
    assert own.take(accounts, "p", may_take(cost_usd=0.2))


def test_what_was_spent_is_what_calls_took() -> None:
    own, accounts = budgets(max_tokens=100)
    hold = own.take(accounts, "p", may_take(tokens=10))
    assert hold
    own.settle(hold, Amount(tokens=100))
    with pytest.raises(BudgetSpent, match=r"^max_tokens 100 of a.yaml is spent$"):
        own.check(accounts)


def test_time_runs_from_the_first_call() -> None:
    now = [5.0]
    own, accounts = budgets(clock=lambda: now[0], max_wall_time="10s")
    now[0] = 100.0
    assert own.take(accounts, "p", may_take())
    now[0] = 109.9
    own.check(accounts)
    now[0] = 110.0
    with pytest.raises(BudgetSpent, match=r"^max_wall_time 10 s of a.yaml is over$"):
        own.check(accounts)


def test_a_warning_is_given_once_and_stops_nothing() -> None:
    own, accounts = budgets(max_calls=1, on_exceeded="warn")
    for _ in range(4):
        assert own.take(accounts, "p", may_take())
    assert own.warnings == ["max_calls 1 of a.yaml is spent"]


def test_every_budget_that_covers_a_call_counts_it() -> None:
    own = Budgets(SharedTable())
    own.limit_run(1.0)
    own.limit_file("a.yaml", BudgetSpec(max_calls=10))
    own.limit_provider("p", BudgetSpec(max_calls=10))
    own.limit_provider("p", BudgetSpec(max_calls=2))
    own.limit_provider("p", BudgetSpec(max_calls=2))
    own.limit_case("a.yaml", "C", BudgetSpec(max_tokens=10))
    assert [account.owner for account in own.accounts_of("p", REQUEST)] == [
        "the run (--arena-max-cost)",
        "a.yaml",
        "provider 'p'",
        "provider 'p'",
        "case 'C'",
    ]
    other = Request(messages=[], file="b.yaml", case="C")
    assert [account.owner for account in own.accounts_of("q", other)] == [
        "the run (--arena-max-cost)"
    ]
    for _ in range(2):
        assert own.take(own.accounts_of("p", other), "p", may_take())
    with pytest.raises(BudgetSpent, match=r"^max_calls 2 of provider 'p' is spent$"):
        own.take(own.accounts_of("p", REQUEST), "p", may_take())


def test_processes_spend_from_the_same_budget(tmp_path: Path) -> None:
    tables = [FileSharedTable(tmp_path / "table") for _ in range(2)]
    (one, accounts), (two, others) = (
        budgets(table, process, max_calls=3) for process, table in enumerate(tables, 1)
    )
    assert one.take(accounts, "p", may_take())
    assert two.take(others, "p", may_take())
    assert two.take(others, "p", may_take())
    with pytest.raises(BudgetSpent):
        one.take(accounts, "p", may_take())
    for table in tables:
        table.close()


def test_what_a_dead_process_had_in_flight_counts_as_spent() -> None:
    table = Mortal()
    dying, accounts = budgets(table, 1, max_cost_usd=1.0)
    living, others = budgets(table, 2, max_cost_usd=1.0)
    assert dying.take(accounts, "p", may_take(cost_usd=0.7))
    assert living.take(others, "p", may_take(cost_usd=0.7)) is None
    table.dead = frozenset({1})
    hold = living.take(others, "p", may_take(cost_usd=0.7))
    assert hold
    living.settle(hold, Amount(cost_usd=0.3))
    with pytest.raises(BudgetSpent):
        living.check(others)


def test_a_part_of_a_budget_is_never_more_than_its_share() -> None:
    parts = [budgets(process=n, portion=1 / 3, max_calls=10) for n in range(3)]
    made = 0
    for own, accounts in parts:
        while True:
            try:
                own.take(accounts, "p", may_take())
            except BudgetSpent:
                break
            made += 1
    assert made == 9


@given(
    st.lists(st.tuples(st.integers(0, 2), st.floats(0.001, 0.5), st.floats(0.0, 0.6)), max_size=60),
    st.floats(0.1, 2.0),
)
def test_no_more_is_overspent_than_the_calls_in_flight(
    calls: list[tuple[int, float, float]], most: float
) -> None:
    table = SharedTable()
    workers = [budgets(table, process, max_cost_usd=most) for process in (1, 2, 3)]
    spent, open_holds = 0.0, []
    for which, guess, real in calls:
        own, accounts = workers[which]
        try:
            hold = own.take(accounts, "p", may_take(cost_usd=guess))
        except BudgetSpent:
            assert spent >= most - 1e-9
            continue
        if hold is None:
            assert open_holds
            owner, first, cost = open_holds.pop(0)
            owner.settle(first, Amount(cost_usd=cost))
            spent += cost
        else:
            assert spent < most
            open_holds.append((own, hold, real))
