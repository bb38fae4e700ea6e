"""The closed loop of a load case, on a clock of its own, and what it is judged by."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.builtins import register
from pytest_arena.engine.calling.client import Answers, ProviderClient
from pytest_arena.engine.calling.concurrency import Limits
from pytest_arena.engine.calling.notices import STOPPED
from pytest_arena.engine.calling.provider_state import ProviderState
from pytest_arena.engine.calling.quotas import Quotas, Reservation
from pytest_arena.engine.cell_verdict import conclude_cell
from pytest_arena.engine.load_test import runner as load_module
from pytest_arena.engine.load_test.runner import (
    MOST_JUDGED,
    EvenSample,
    LoadTestRun,
    VirtualUsers,
    most_judged,
)
from pytest_arena.engine.trial_checks import Executed
from pytest_arena.engine.trials import Call, CellRun, TrialRunner
from pytest_arena.errors import BudgetSpent, ErrorKind, ProviderError
from pytest_arena.loading import load_arena
from pytest_arena.loading.plans import CellPlan
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.registry import Registry
from pytest_arena.results.cell import Cell
from pytest_arena.results.load_test import LoadTestResult, load_in_words
from pytest_arena.results.request_response import Request, Response
from pytest_arena.results.serialize import cell_from_line, cell_line
from pytest_arena.results.trial import Trial
from pytest_arena.schema import ProviderSpec


class Clock:
    """Let time pass only when every task waits for it."""

    def __init__(self) -> None:
        self.time = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._count = 0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        self._count += 1
        event = asyncio.Event()
        heapq.heappush(self._sleepers, (self.time + seconds, self._count, event))
        await event.wait()

    async def run(self, work: Coroutine[Any, Any, LoadTestRun]) -> LoadTestRun:
        task = asyncio.create_task(work)
        while not task.done():
            for _ in range(200):
                await asyncio.sleep(0)
            if not task.done():
                assert self._sleepers, "every task waits, and none for the clock"
                self.time, _, event = heapq.heappop(self._sleepers)
                event.set()
        return task.result()


Step = tuple[float, str | ProviderError]


class Timed(Provider):
    """Answer each call after so many seconds of the clock; counts what is in flight."""

    type = "timed"

    def __init__(self, spec: ProviderSpec, clock: Clock, steps: Callable[[int], Step]) -> None:
        super().__init__(spec, ProviderEnvironment())
        self.clock = clock
        self.steps = steps
        self.begun: list[float] = []
        self.requests: list[Request] = []
        self.in_flight = self.peak = 0

    async def complete(self, request: Request) -> Response:
        seconds, answer = self.steps(len(self.begun))
        self.begun.append(self.clock.time)
        self.requests.append(request)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        await self.clock.sleep(seconds)
        self.in_flight -= 1
        if isinstance(answer, ProviderError):
            raise answer
        return Response(
            output=answer, latency_ms=seconds * 1000, input_tokens=3, output_tokens=10, cost_usd=0.5
        )


class Bench:
    """Run one load case against a timed provider."""

    def __init__(self, folder: Path, case: str, *more: str) -> None:
        head = "providers: [{name: m, provider: mock, model: x}]"
        text = "\n".join([head, *more, f"tests: [{{name: L, {case}}}]"])
        (folder / "arena.yaml").write_text(text)
        registry = Registry()
        register(registry)
        self.folder = folder
        arena = load_arena(folder / "arena.yaml", root=folder, registry=registry)
        self.plan: CellPlan = arena.cells[0]
        self.clock = Clock()
        self.most_judged = MOST_JUDGED
        self.quotas: Quotas | None = None
        self.provider: Timed

    def run(self, steps: Callable[[int], Step]) -> LoadTestRun:
        self.provider = Timed(self.plan.provider, self.clock, steps)
        return asyncio.run(self._run())

    async def _run(self) -> LoadTestRun:
        limits = Limits(1, lambda _: 1)
        client = ProviderClient(limits, lambda _: self.provider, None, quotas=self.quotas)
        runner = TrialRunner(client, self.folder)
        assert self.plan.case.load is not None

        def talk(number: int, call: Call) -> Awaitable[Trial]:
            return runner._talk(self.plan, number, call)

        users = VirtualUsers(
            self.plan,
            self.plan.case.load,
            talk,
            client,
            most_judged=self.most_judged,
            now=self.clock.now,
            sleep=self.clock.sleep,
        )
        try:
            return await self.clock.run(users.run())
        finally:
            runner.close()

    def conclude(self, run: LoadTestRun) -> Cell:
        def wait(_: Any) -> Any:
            raise AssertionError("nothing here is asynchronous")

        return conclude_cell(
            self.plan,
            CellRun([Executed(trial) for trial in run.sample], len(run.sample), run),
            cell_id="arena.yaml::L[m]",
            root=self.folder,
            wait=wait,
        )

    def cell(self, steps: Callable[[int], Step]) -> Cell:
        return self.conclude(self.run(steps))


CHECK = "assertions: [{type: contains, value: ok}]"
FOR_TEN_SECONDS = f"concurrent: 3, duration: 10s, {CHECK}"


def always(seconds: float, answer: str | ProviderError = "ok") -> Callable[[int], Step]:
    return lambda _: (seconds, answer)


def error(kind: ErrorKind, **details: Any) -> ProviderError:
    return ProviderError(kind, f"it was {kind}", **details)


def load_of(cell: Cell) -> LoadTestResult:
    assert cell.load is not None
    return cell.load


def test_users_ask_again_as_soon_as_they_are_answered_and_calls_in_flight_finish(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, FOR_TEN_SECONDS)
    load = load_of(bench.cell(always(4.0)))
    assert bench.provider.begun == [0.0] * 3 + [4.0] * 3 + [8.0] * 3
    assert bench.provider.peak == 3
    assert (load.answered, load.elapsed_s, load.calls_per_s) == (9, 12.0, 0.75)
    assert (load.input_tokens, load.output_tokens) == (27, 90)
    assert load.cost_usd == 4.5


def test_each_user_sends_its_messages_one_after_another(tmp_path: Path) -> None:
    bench = Bench(tmp_path, f"concurrent_users: 2, messages_per_user: 3, {CHECK}")
    load = load_of(bench.cell(always(1.0)))
    assert bench.provider.begun == [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]
    assert (load.answered, load.elapsed_s, load.messages_per_user) == (6, 3.0, 3)


def test_a_load_without_a_prompt_sends_a_greeting(tmp_path: Path) -> None:
    bench = Bench(tmp_path, f"concurrent_users: 1, messages_per_user: 1, {CHECK}")
    bench.run(always(1.0))
    assert bench.provider.requests[0].messages == [{"role": "user", "content": "Hello!"}]


def test_prompts_are_sent_in_turn(tmp_path: Path) -> None:
    bench = Bench(tmp_path, f"prompts: [a, b], concurrent_users: 1, messages_per_user: 4, {CHECK}")
    bench.run(always(1.0))
    assert [r.messages[0]["content"] for r in bench.provider.requests] == ["a", "b", "a", "b"]


def test_a_conversation_grows_and_begins_anew(tmp_path: Path) -> None:
    talk = "conversation: [{user: a}, {user: b}]"
    bench = Bench(tmp_path, f"{talk}, concurrent_users: 1, messages_per_user: 4, {CHECK}")
    cell = bench.cell(always(1.0))
    assert [len(r.messages) for r in bench.provider.requests] == [1, 3, 1, 3]
    assert (load_of(cell).trials, load_of(cell).answered, cell.verdict) == (2, 4, "passed")


def test_neither_the_limit_over_all_nor_the_providers_holds_a_load_back(tmp_path: Path) -> None:
    # the caller of the bench has one place in all
    bench = Bench(tmp_path, f"concurrent: 20, duration: 1s, {CHECK}")
    bench.run(always(2.0))
    assert bench.provider.peak == 20


def test_quantiles_are_those_of_every_call(tmp_path: Path) -> None:
    checks = "{type: p50_latency, max_ms: 1500}, {type: p99_latency, max_ms: 1000}"
    bench = Bench(tmp_path, f"concurrent: 1, duration: 5050s, assertions: [{checks}]")
    cell = bench.cell(lambda number: (float(number % 100 + 1), "ok"))
    load = load_of(cell)
    assert load.answered == 100
    assert load.latency_ms == {
        "mean": 50500.0,
        "p50": 50500.0,
        "p90": 90100.0,
        "p95": 95050.0,
        "p99": 99010.0,
        "max": 100000.0,
    }
    assert [finding.verdict for finding in cell.assertions] == ["failed", "failed"]
    assert cell.verdict == "failed"


@given(st.lists(st.floats(0.02, 9.0), min_size=1, max_size=150))
@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_the_kept_spread_has_the_same_quantiles(share: float, times: list[float]) -> None:
    from pytest_arena.comparison.stats.quantiles import quantile
    from pytest_arena.engine.load_test.metrics import _spread

    ordered = sorted(times)
    spread = _spread(ordered)
    assert len(spread) <= 101
    assert quantile(list(spread), share) == pytest.approx(quantile(ordered, share), abs=0.002)


def test_what_ended_when_is_told_in_at_most_sixty_spans(tmp_path: Path) -> None:
    bench = Bench(tmp_path, f"concurrent: 2, duration: 100s, {CHECK}")
    load = load_of(bench.cell(always(1.0)))
    assert (load.span_s, len(load.spans)) == (2, 51)
    assert sum(span.answered for span in load.spans) == load.answered == 200
    # a call ends at 1 s, then each span sees two rounds
    assert [span.answered for span in load.spans[:3]] == [2, 4, 4]
    assert load.spans[1].p50_ms == load.spans[1].p95_ms == 1000.0


def test_a_failed_call_is_counted_and_not_tried_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, f"concurrent_users: 1, messages_per_user: 3, {CHECK}")
    cell = bench.cell(lambda n: (1.0, error(ErrorKind.SERVER) if n == 1 else "ok"))
    load = load_of(cell)
    assert [request.attempt for request in bench.provider.requests] == [0, 0, 0]
    assert (load.answered, load.errors) == (2, {"server": 1})
    assert cell.verdict == "error"
    assert cell.reason == (
        "1 of 3 ended in an error; an error_rate or success_rate assertion says how many may"
    )


def test_errors_that_are_allowed_for_leave_the_verdict_to_the_answers(tmp_path: Path) -> None:
    case = "concurrent_users: 1, messages_per_user: 4"
    checks = "{type: contains, value: ok}, {type: error_rate, max: 0.25}"
    cell = Bench(tmp_path, f"{case}, assertions: [{checks}]").cell(
        lambda n: (1.0, error(ErrorKind.SERVER) if n == 1 else "ok")
    )
    assert (cell.verdict, cell.reason) == ("passed", None)
    assert [trial.verdict for trial in cell.trials] == ["passed", "error", "passed", "passed"]


def test_more_errors_than_allowed_fail_the_case(tmp_path: Path) -> None:
    case = "concurrent_users: 1, messages_per_user: 4"
    cell = Bench(tmp_path, f"{case}, assertions: [{{type: error_rate, max: 0.2}}]").cell(
        lambda n: (1.0, error(ErrorKind.SERVER) if n == 1 else "ok")
    )
    assert cell.verdict == "failed"


def test_without_any_answer_there_is_no_verdict_whatever_is_allowed(tmp_path: Path) -> None:
    case = "concurrent_users: 1, messages_per_user: 2"
    allowed = "{type: error_rate, max: 1, weight: 0}, {type: contains, value: ok}"
    cell = Bench(tmp_path, f"{case}, assertions: [{allowed}]").cell(
        always(1.0, error(ErrorKind.SERVER))
    )
    assert cell.verdict == "error"


def test_single_answers_hold_by_the_pass_threshold(tmp_path: Path) -> None:
    case = f"concurrent_users: 1, messages_per_user: 4, {CHECK}"

    def one_bad(number: int) -> Step:
        return 1.0, "no" if number == 2 else "ok"

    assert Bench(tmp_path, case).cell(one_bad).verdict == "failed"
    cell = Bench(tmp_path, f"{case}, pass_threshold: 0.75").cell(one_bad)
    assert (cell.verdict, cell.flaky) == ("passed", False)
    assert (load_of(cell).judged, load_of(cell).passed) == (4, 3)


def test_a_user_waits_after_a_failure_as_a_client_does(tmp_path: Path) -> None:
    limited = error(ErrorKind.RATE_LIMIT, retry_after_s=5.0)
    bench = Bench(tmp_path, f"concurrent: 1, duration: 8s, {CHECK}")
    bench.run(lambda n: (1.0, limited if n == 0 else "ok"))
    assert bench.provider.begun == [0.0, 6.0, 7.0]


def test_a_pause_never_goes_beyond_the_end(tmp_path: Path) -> None:
    limited = error(ErrorKind.RATE_LIMIT, retry_after_s=500.0)
    bench = Bench(tmp_path, f"concurrent: 1, duration: 8s, {CHECK}")
    run = bench.run(always(1.0, limited))
    assert (bench.clock.time, run.broken_off) == (8.0, None)


def test_a_provider_that_is_down_ends_the_load_soon(tmp_path: Path) -> None:
    bench = Bench(tmp_path, f"concurrent: 3, duration: 1h, {CHECK}")
    cell = bench.cell(always(1.0, error(ErrorKind.CONNECTION)))
    assert len(bench.provider.begun) <= 12
    assert cell.verdict == "error"
    assert cell.reason == (
        "the load was broken off: 9 calls in a row failed; the last one said: it was connection"
    )


def test_a_refused_key_ends_the_load_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, f"concurrent: 2, duration: 1h, {CHECK}")
    run = bench.run(always(1.0, error(ErrorKind.AUTHENTICATION)))
    assert len(bench.provider.begun) == 2
    assert run.broken_off == ("the load was broken off: no call can succeed: it was authentication")


def test_an_input_that_is_blocked_ends_the_load_at_once(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        f"prompt: hack it, concurrent: 2, duration: 1h, {CHECK}",
        "guardrails: {banned_words: [hack]}",
    )
    cell = bench.cell(always(1.0))
    assert bench.provider.begun == []
    assert (cell.verdict, cell.reason) == (
        "error",
        "the load was broken off: no call was made: a guardrail blocked the input",
    )


def test_more_calls_than_can_be_held_end_the_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_module, "MOST_MESSAGES", 5)
    run = Bench(tmp_path, f"concurrent: 1, duration: 1h, {CHECK}").run(always(1.0))
    assert run.broken_off == (
        "the load was broken off: 5 calls were made, which is the most there may be"
    )


def test_a_long_load_keeps_failures_and_an_even_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_arena.engine.load_test.verdict.MOST_KEPT", 20)
    bench = Bench(tmp_path, f"concurrent: 1, duration: 400s, pass_threshold: 0.9, {CHECK}")
    bench.most_judged = 100
    cell = bench.cell(lambda n: (1.0, "no" if n == 200 else "ok"))
    load = load_of(cell)
    assert (load.answered, load.judged, load.passed, len(cell.trials)) == (400, 100, 99, 20)
    assert [trial.index for trial in cell.trials if trial.verdict == "failed"] == [200]
    indices = [trial.index for trial in cell.trials]
    assert indices == sorted(indices)
    assert max(b - a for a, b in itertools.pairwise(indices)) <= 24
    assert cell.verdict == "passed"


@given(st.integers(1, 30), st.integers(0, 500))
def test_a_sample_is_even_and_bounded(most: int, count: int) -> None:
    sample = EvenSample(most)
    for index in range(count):
        sample.add(Trial(messages=(), index=index, verdict="passed"))
    indices = [trial.index for trial in sample.trials]

    assert min(count, most // 2) <= len(indices)
    assert len(indices) <= most
    assert len({b - a for a, b in itertools.pairwise(indices)}) <= 1


@pytest.mark.parametrize("by_controller", [False, True], ids=["here", "controller"])
def test_a_stopped_run_gives_no_result(tmp_path: Path, by_controller: bool) -> None:
    bench = Bench(tmp_path, FOR_TEN_SECONDS)

    async def stopped() -> None:
        provider = Timed(bench.plan.provider, bench.clock, always(4.0))
        quotas = Quotas(tmp_path / "shared")
        client = ProviderClient(Limits(1, lambda _: None), lambda _: provider, None, quotas=quotas)
        runner = TrialRunner(client, tmp_path)
        assert bench.plan.case.load is not None
        users = VirtualUsers(
            bench.plan,
            bench.plan.case.load,
            lambda number, call: runner._talk(bench.plan, number, call),
            client,
            now=bench.clock.now,
            sleep=bench.clock.sleep,
        )
        work = asyncio.create_task(bench.clock.run(users.run()))
        while not provider.begun:
            await asyncio.sleep(0)
        if by_controller:
            (tmp_path / STOPPED).touch()
        else:
            client.closing = True
        with pytest.raises(asyncio.CancelledError):
            await work
        assert len(provider.begun) == 3
        runner.close()

    asyncio.run(stopped())


def test_a_load_survives_the_way_through_a_results_file(tmp_path: Path) -> None:
    cell = Bench(tmp_path, FOR_TEN_SECONDS).cell(always(4.0))
    assert cell_from_line(cell_line(cell)) == replace(cell, hashes=dict(cell.hashes))


def test_a_load_is_told_in_a_line(tmp_path: Path) -> None:
    cell = Bench(tmp_path, FOR_TEN_SECONDS).cell(always(4.0))
    assert load_in_words(load_of(cell)) == (
        "3 users for 10 s: 9 calls answered, 0.75 a second, p50 4.00 s, p95 4.00 s, p99 4.00 s, "
        "no error"
    )
    failing = Bench(tmp_path, f"concurrent_users: 1, messages_per_user: 2, {CHECK}").cell(
        lambda n: (0.2, error(ErrorKind.SERVER) if n else "ok")
    )
    assert load_in_words(load_of(failing)) == (
        "1 user, 2 messages each: 1 call answered, 2.5 a second, p50 200 ms, p95 200 ms, "
        "p99 200 ms, 1 error (server 1)"
    )


def test_fewer_answers_are_judged_where_each_asks_a_judge(tmp_path: Path) -> None:
    (tmp_path / "judges.py").write_text("async def slow(output): return True\n")
    assert most_judged(Bench(tmp_path, FOR_TEN_SECONDS).plan, tmp_path) == 1000
    case = "concurrent: 3, duration: 10s, assertions: [{type: python, call: 'judges:slow'}]"
    assert most_judged(Bench(tmp_path, case).plan, tmp_path) == 150


class OnlyReplays(Answers):
    """Have no answer, and allow no call."""

    for_everyone = False

    async def find(self, spec: ProviderSpec, request: Request) -> Response | None:
        raise AssertionError("a load asks for no kept answer")

    async def may_call(self, file: str) -> bool:
        return False


def test_a_load_is_not_replayed(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FOR_TEN_SECONDS)
    provider = Timed(bench.plan.provider, bench.clock, always(1.0))

    async def run() -> CellRun:
        client = ProviderClient(Limits(1, lambda _: None), lambda _: provider, None, OnlyReplays())
        runner = TrialRunner(client, tmp_path)
        try:
            return await runner.run(bench.plan, 1, first=0, early_stop=True)
        finally:
            runner.close()

    done = asyncio.run(run())
    assert done.load is not None
    cell = bench.conclude(done.load)
    assert provider.begun == []
    assert (cell.verdict, cell.load, cell.reason) == (
        "skipped",
        None,
        "a load is made with calls, and this run only replays what was recorded",
    )


class Purse(Quotas):
    """Allow so many calls."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.left = calls

    async def take(
        self, state: ProviderState, request: Request, *, paced: bool = True
    ) -> Reservation | None:
        if not self.left:
            raise BudgetSpent("4 calls")
        self.left -= 1
        return await super().take(state, request, paced=paced)


def test_a_spent_budget_ends_a_load_without_a_verdict(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FOR_TEN_SECONDS)
    bench.quotas = Purse(4)
    cell = bench.cell(always(2.0))
    assert len(bench.provider.begun) == 4
    assert (cell.verdict, cell.over_budget, cell.reason) == (
        "skipped",
        "4 calls",
        "budget: 4 calls",
    )
    assert load_of(cell).answered == 4


def test_a_pause_that_takes_too_long_ends_a_load_of_messages(tmp_path: Path) -> None:
    limited = error(ErrorKind.RATE_LIMIT, retry_after_s=3600.0)
    bench = Bench(tmp_path, f"concurrent_users: 2, messages_per_user: 50, {CHECK}")
    run = bench.run(always(1.0, limited))
    assert (len(bench.provider.begun), bench.clock.time) == (2, 1.0)
    assert run.broken_off == (
        "the load was broken off: the provider asks to wait 3600 s before another call"
    )


@pytest.mark.parametrize(
    ("answered", "words"), [(9533, "1,907 a second"), (99, "19.8 a second"), (1, "0.2 a second")]
)
def test_a_rate_is_told_in_few_digits(answered: int, words: str) -> None:
    load = LoadTestResult(users=2, elapsed_s=5.0, trials=answered, answered=answered)
    assert words in load_in_words(load)
