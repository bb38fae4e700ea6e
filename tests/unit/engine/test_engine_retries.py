"""One call with its attempts, pauses, time limits and hooks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from pytest_arena.engine.calling import retries
from pytest_arena.engine.calling.circuit_breaker import TIMEOUTS_IN_A_ROW
from pytest_arena.engine.calling.client import CallHooks, ProviderClient
from pytest_arena.engine.calling.concurrency import Limits
from pytest_arena.engine.calling.quotas import Quotas
from pytest_arena.engine.calling.retries import pause_before
from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema import ProviderSpec

Step = Callable[[], Response] | ProviderError | float


class Scripted(Provider):
    """Answer with one step after another; a number is a wait without an answer."""

    type = "scripted"

    def __init__(self, spec: ProviderSpec, steps: list[Step | str]) -> None:
        super().__init__(spec, ProviderEnvironment())
        self.steps = steps
        self.seen: list[int] = []

    async def complete(self, request: Request) -> Response:
        self.seen.append(request.attempt)
        step = self.steps[min(len(self.seen) - 1, len(self.steps) - 1)]
        if isinstance(step, ProviderError):
            raise step
        if isinstance(step, float):
            await asyncio.sleep(step)
        return Response(output=str(step), latency_ms=1.0)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.001)


def caller_for(provider: Provider, hooks: CallHooks | None = None) -> ProviderClient:
    return ProviderClient(Limits(4, lambda _: None), lambda _: provider, hooks)


def run(provider: Scripted, hooks: CallHooks | None = None, **request: float) -> Response:
    asked = Request(messages=[{"role": "user", "content": "hi"}], **request)  # type: ignore[arg-type]

    async def call() -> Response:
        return await caller_for(provider, hooks).call(provider.spec, asked)

    return asyncio.run(call())


def failure(kind: ErrorKind, **details: float) -> ProviderError:
    return ProviderError(kind, f"it was {kind}", **details)  # type: ignore[arg-type]


def spec(**given: object) -> ProviderSpec:
    return ProviderSpec.model_validate({"name": "p", "provider": "scripted", **given})


@pytest.mark.parametrize(
    "kind",
    [ErrorKind.RATE_LIMIT, ErrorKind.TIMEOUT, ErrorKind.SERVER, ErrorKind.CONNECTION],
)
def test_passing_failures_get_another_attempt(kind: ErrorKind) -> None:
    provider = Scripted(spec(), [failure(kind), "fine"])
    response = run(provider)
    assert (response.output, response.attempts, provider.seen) == ("fine", 2, [0, 1])


@pytest.mark.parametrize(
    "kind",
    [
        ErrorKind.AUTHENTICATION,
        ErrorKind.BAD_REQUEST,
        ErrorKind.CONTEXT_LENGTH,
        ErrorKind.CONTENT_FILTER,
        ErrorKind.NOT_FOUND,
        ErrorKind.BAD_RESPONSE,
        ErrorKind.MISSING_KEY,
    ],
)
def test_lasting_failures_get_no_other_attempt(kind: ErrorKind) -> None:
    provider = Scripted(spec(), [failure(kind), "fine"])
    with pytest.raises(ProviderError, match=f"^it was {kind}$"):
        run(provider)
    assert provider.seen == [0]


def test_attempts_are_bounded_by_retries_and_counted_in_the_message() -> None:
    provider = Scripted(spec(retries=3), [failure(ErrorKind.SERVER)])
    with pytest.raises(ProviderError, match=r"^it was server \(after 4 attempts\)$"):
        run(provider)
    assert provider.seen == [0, 1, 2, 3]


class Busy(Provider):
    """Refuse one call for the rate, so many times, or for ever; answer all others: while it is at
    the refused call, or between its attempts, as the rest of a run is answered, or not at all."""

    type = "busy"

    def __init__(
        self,
        spec: ProviderSpec,
        refusals: int,
        *,
        others: Literal["meanwhile", "between", "never"],
    ) -> None:
        super().__init__(spec, ProviderEnvironment())
        self.refusals = refusals
        self.others = others
        self.seen: list[int] = []
        self.answered = asyncio.Event()

    async def complete(self, request: Request) -> Response:
        if request.case == "other":
            return Response(output="fine", latency_ms=1.0)
        self.seen.append(request.attempt)
        if len(self.seen) > self.refusals:
            return Response(output="fine", latency_ms=1.0)
        if self.others == "meanwhile":
            self.answered.clear()
            await self.answered.wait()
        elif self.others == "between":
            if len(self.seen) > 1:
                await self.answered.wait()
            self.answered.clear()
        raise failure(ErrorKind.RATE_LIMIT, retry_after_s=0.001)

    async def talk(self) -> Response:
        client = caller_for(self)
        request = Request(messages=[{"role": "user", "content": "hi"}])
        asking = asyncio.create_task(client.call(self.spec, request))
        while self.others != "never" and not asking.done():
            await client.call(self.spec, Request(messages=[], case="other"))
            self.answered.set()
            await asyncio.sleep(0.001)
        return await asking


@pytest.fixture
def _no_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no rate learnt from refusals, which would hold all other calls up."""

    async def settled(self: Quotas, *_: object) -> None: ...

    monkeypatch.setattr(Quotas, "failed", settled)


@pytest.mark.usefixtures("_no_pace")
@pytest.mark.parametrize("others", ["meanwhile", "between"])
def test_a_refusal_for_the_rate_does_not_count_where_others_were_answered(
    others: Literal["meanwhile", "between"],
) -> None:
    provider = Busy(spec(), 6, others=others)
    response = asyncio.run(provider.talk())
    assert (response.output, response.attempts) == ("fine", 7)


@pytest.mark.usefixtures("_no_pace")
def test_a_refusal_for_the_rate_counts_where_nobody_was_answered() -> None:
    provider = Busy(spec(), 6, others="never")
    with pytest.raises(ProviderError, match=r"^it was rate_limit \(after 3 attempts\)$"):
        asyncio.run(provider.talk())


@pytest.mark.usefixtures("_no_pace")
@pytest.mark.parametrize(("given", "attempts"), [({"retries": 0}, 1), ({"retries": 2}, 3), ({}, 7)])
def test_such_refusals_are_bounded_and_retries_are_what_the_entry_says(
    given: dict[str, int], attempts: int
) -> None:
    provider = Busy(spec(**given), 10**6, others="meanwhile")
    with pytest.raises(ProviderError, match=r"^it was rate_limit") as caught:
        asyncio.run(provider.talk())
    assert len(provider.seen) == caught.value.attempts == attempts


@pytest.mark.parametrize("retries_left", [0, None])
def test_what_another_call_got_in_the_way_of_is_tried_again_for_nothing(
    retries_left: int | None,
) -> None:
    disturbed = [failure(ErrorKind.TIMEOUT) for _ in range(TIMEOUTS_IN_A_ROW)]
    for error in disturbed:
        error.disturbed = True
    provider = Scripted(spec(retries=retries_left), [*disturbed, "fine"])
    response = run(provider)
    assert (response.output, response.attempts) == ("fine", 1)
    assert provider.seen == [0] * (TIMEOUTS_IN_A_ROW + 1)


def test_no_retries_means_one_attempt() -> None:
    provider = Scripted(spec(retries=0), [failure(ErrorKind.SERVER)])
    with pytest.raises(ProviderError, match=r"^it was server$"):
        run(provider)
    assert provider.seen == [0]


def test_a_retry_after_beyond_retry_for_ends_the_call_at_once() -> None:
    provider = Scripted(spec(retry_for="2s"), [failure(ErrorKind.RATE_LIMIT, retry_after_s=600)])
    with pytest.raises(
        ProviderError,
        match=r"^it was rate_limit \(attempt 1; waiting 600 s more would take too long\)$",
    ):
        run(provider)


def test_retry_after_is_the_least_that_is_waited() -> None:
    assert pause_before(0, 7.0) == 7.0
    assert 0.0005 <= pause_before(0, None) <= 0.001
    assert pause_before(50, None) <= retries.LONGEST_PAUSE_S


def test_an_answer_that_takes_too_long_is_a_timeout() -> None:
    provider = Scripted(spec(retries=0), [30.0])
    with pytest.raises(ProviderError, match=r"^no answer within 0.02 s$") as caught:
        run(provider, timeout_s=0.02)
    assert caught.value.kind is ErrorKind.TIMEOUT


def test_a_refused_key_fails_the_providers_other_calls_without_calling() -> None:
    provider = Scripted(spec(), [failure(ErrorKind.AUTHENTICATION)])

    async def two_calls() -> ProviderError:
        client = caller_for(provider)
        with pytest.raises(ProviderError):
            await client.call(provider.spec, Request(messages=[]))
        with pytest.raises(ProviderError) as caught:
            await client.call(provider.spec, Request(messages=[]))
        return caught.value

    error = asyncio.run(two_calls())
    assert error.kind is ErrorKind.PROVIDER_DOWN
    assert error.message == (
        "provider 'p' was not called: its key was not accepted; the last one said: "
        "it was authentication"
    )
    assert provider.seen == [0]


def test_three_failed_calls_in_a_row_take_a_provider_out() -> None:
    provider = Scripted(spec(retries=1), [failure(ErrorKind.CONNECTION)])

    async def many() -> list[ErrorKind]:
        client = caller_for(provider)
        kinds = []
        for _ in range(6):
            with pytest.raises(ProviderError) as caught:
                await client.call(provider.spec, Request(messages=[]))
            kinds.append(caught.value.kind)
        return kinds

    assert asyncio.run(many()) == [ErrorKind.CONNECTION] * 3 + [ErrorKind.PROVIDER_DOWN] * 3
    assert len(provider.seen) == 6


def test_a_success_in_between_keeps_a_provider_in() -> None:
    bad = failure(ErrorKind.SERVER)
    provider = Scripted(spec(retries=0), [bad, bad, "fine", bad, bad, "fine"])

    async def many() -> list[str]:
        client = caller_for(provider)
        said = []
        for _ in range(6):
            try:
                said.append((await client.call(provider.spec, Request(messages=[]))).output)
            except ProviderError as error:
                said.append(str(error.kind))
        return said

    assert asyncio.run(many()) == ["server", "server", "fine", "server", "server", "fine"]


@pytest.mark.parametrize("fault", ["server", "hang"])
def test_failures_while_others_are_answered_are_those_of_their_calls_alone(fault: str) -> None:
    class Choosy(Scripted):
        async def complete(self, request: Request) -> Response:
            said = request.messages[0]["content"]
            if said == "server":
                raise failure(ErrorKind.SERVER)
            await asyncio.sleep(30 if said == "hang" else 0)
            return Response(output="fine", latency_ms=1.0)

    provider = Choosy(spec(retries=0 if fault == "hang" else 1), [])

    async def all_at_once() -> Response:
        client = ProviderClient(Limits(12, lambda _: None), lambda _: provider, None)

        async def ask(said: str) -> Response:
            message = {"role": "user", "content": said}
            return await client.call(provider.spec, Request(messages=[message], timeout_s=0.05))

        # the others wait, as cells behind one that is tried again do
        asked = [ask(fault) for _ in range(8)] + [ask("hello")]
        found = await asyncio.gather(*asked, return_exceptions=True)
        kinds = [one.kind for one in found if isinstance(one, ProviderError)]
        assert kinds == [ErrorKind.TIMEOUT if fault == "hang" else ErrorKind.SERVER] * 8
        return await ask("hello")

    assert asyncio.run(all_at_once()).output == "fine"


def test_no_call_is_started_once_the_caller_is_closing() -> None:
    provider = Scripted(spec(), ["fine"])

    async def closed() -> None:
        client = caller_for(provider)
        client.closing = True
        with pytest.raises(asyncio.CancelledError):
            await client.call(provider.spec, Request(messages=[]))

    asyncio.run(closed())
    assert provider.seen == []


class Recording:
    def __init__(self, broken: bool = False) -> None:
        self.broken = broken

    def before_request(self, request: Request) -> None:
        if self.broken:
            raise ValueError("no")
        request.params["seed"] = 7

    def after_response(self, request: Request, response: Response) -> None:
        response.output = response.output.upper() + str(request.params["seed"])


def test_hooks_change_request_and_response() -> None:
    assert run(Scripted(spec(), ["fine"]), Recording()).output == "FINE7"


def test_a_hook_that_raises_is_an_error_that_names_it() -> None:
    provider = Scripted(spec(), ["fine"])
    with pytest.raises(ProviderError, match=r"^a hook raised ValueError in \S+: no") as caught:
        run(provider, Recording(broken=True))
    assert caught.value.kind is ErrorKind.HOOK
    assert provider.seen == []


def test_answers_are_cleaned_where_they_enter() -> None:
    class Dirty(Scripted):
        async def complete(self, request: Request) -> Response:
            return Response(output="a\ud800b\x00c", finish_reason="st\udcffop")

    response = run(Dirty(spec(), []))
    assert (response.output, response.finish_reason) == ("a\ufffdb\ufffdc", "st\ufffdop")


def test_limits_hold_for_a_provider_and_over_all() -> None:
    peak = {"all": 0, "one": 0}
    now = {"all": 0, "one": 0}

    class Counting(Scripted):
        async def complete(self, request: Request) -> Response:
            keys = ["all", *(["one"] if self.spec.name == "one" else [])]
            for key in keys:
                now[key] += 1
                peak[key] = max(peak[key], now[key])
            await asyncio.sleep(0.001)
            for key in keys:
                now[key] -= 1
            return Response(output="fine")

    async def crowd() -> None:
        specs = [spec(name="one"), spec(name="two")]
        providers = {one.name: Counting(one, []) for one in specs}
        limits = Limits(5, lambda name: 2 if name == "one" else None)
        client = ProviderClient(limits, lambda one: providers[one.name], None)
        await asyncio.gather(
            *(client.call(one, Request(messages=[])) for one in specs for _ in range(40))
        )

    asyncio.run(crowd())
    assert peak == {"all": 5, "one": 2}


class Queued(Provider):
    """Fail the first attempt of the first call, and answer all else in a while; note who came."""

    type = "queued"

    def __init__(self, spec: ProviderSpec) -> None:
        super().__init__(spec, ProviderEnvironment())
        self.seen: list[str] = []

    async def complete(self, request: Request) -> Response:
        who = str(request.messages[0]["content"])
        self.seen.append(who)
        if self.seen == ["0"]:
            raise failure(ErrorKind.SERVER)
        await asyncio.sleep(0.02)
        return Response(output="fine", latency_ms=1.0)


@pytest.mark.parametrize("own_limit", [1, None])
def test_a_further_attempt_goes_before_calls_that_have_not_begun(own_limit: int | None) -> None:
    provider = Queued(spec(retry_for="30s"))
    client = ProviderClient(Limits(1, lambda _: own_limit), lambda _: provider, None)
    requests = [Request(messages=[{"role": "user", "content": str(n)}]) for n in range(40)]

    async def calls() -> list[Response]:
        return await asyncio.gather(*(client.call(provider.spec, one) for one in requests))

    assert [response.attempts for response in asyncio.run(calls())] == [2] + [1] * 39
    # those that had begun when its pause was over went before it, and nobody else
    assert provider.seen.index("0", 1) < 10


def test_waiting_for_a_place_takes_nothing_of_retry_for() -> None:
    provider = Queued(spec(retry_for="1s"))
    limits = Limits(1, lambda _: None)
    client = ProviderClient(limits, lambda _: provider, None)

    async def call() -> Response:
        asked = Request(messages=[{"role": "user", "content": "0"}])
        begun = asyncio.ensure_future(client.call(provider.spec, asked))
        while not provider.seen:
            await asyncio.sleep(0)
        # somebody else is at work for longer than `retry_for`
        place = limits.place("other")
        await place.enter()
        await asyncio.sleep(1.5)
        place.leave()
        return await begun

    assert asyncio.run(call()).attempts == 2


def test_a_place_that_is_cancelled_in_the_queue_goes_to_the_next() -> None:
    async def order() -> list[str]:
        place = Limits(1, lambda _: 1).place("p")
        seen: list[str] = []

        async def use(name: str, *, urgent: bool) -> None:
            await place.enter(urgent=urgent)
            seen.append(name)
            place.leave()

        await place.enter()
        names = [("a", False), ("b", True), ("c", False), ("d", True)]
        tasks = [asyncio.ensure_future(use(name, urgent=urgent)) for name, urgent in names]
        await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[1].cancel()
        place.leave()
        await asyncio.gather(*tasks, return_exceptions=True)
        return seen

    assert asyncio.run(order()) == ["d", "c"]


def test_what_retry_for_leaves_no_time_for_is_not_asked() -> None:
    # a tenth of `retry_for` is the least; the pause would leave less
    refused = failure(ErrorKind.RATE_LIMIT, retry_after_s=1.95)
    provider = Scripted(spec(retry_for="2s"), [refused, "fine"])
    with pytest.raises(ProviderError, match=r"waiting 1\.95 s more would take too long"):
        run(provider)
    assert provider.seen == [0]


def test_an_attempt_that_retry_for_cuts_short_tells_what_came_before() -> None:
    provider = Scripted(spec(retry_for="1s"), [failure(ErrorKind.SERVER, status=500), 30.0])
    with pytest.raises(
        ProviderError,
        match=r"^it was server; then no answer within the [0-9.]+ s that retry_for left \(attempt ",
    ) as caught:
        run(provider)
    assert (caught.value.kind, caught.value.status) == (ErrorKind.SERVER, 500)


def test_the_start_of_a_provider_counts_in_no_time_limit() -> None:
    class Slow(Scripted):
        async def start(self) -> None:
            if not self.seen:
                await asyncio.sleep(0.1)

    provider = Slow(spec(retries=0), ["fine"])
    assert run(provider, timeout_s=0.05).output == "fine"


def test_a_provider_that_cannot_start_is_not_called() -> None:
    class Keyless(Scripted):
        async def start(self) -> None:
            raise failure(ErrorKind.MISSING_KEY)

    provider = Keyless(spec(), ["fine"])
    with pytest.raises(ProviderError, match=r"^it was missing_key$"):
        run(provider)
    assert provider.seen == []


def two_processes(provider: Scripted, shared: Path) -> list[ProviderClient]:
    """Return clients that know of each other what two workers of a run would."""
    return [
        ProviderClient(
            Limits(4, lambda _: None), lambda _: provider, None, quotas=Quotas(shared, processes=2)
        )
        for _ in range(2)
    ]


@pytest.mark.parametrize(
    ("kind", "order", "why"),
    [
        (ErrorKind.SERVER, [0, 1, 1], "3 calls in a row failed with all their attempts"),
        (ErrorKind.TIMEOUT, [1, 0, 1], "3 calls in a row failed with all their attempts"),
    ],
)
def test_failures_in_a_row_are_counted_over_all_processes(
    tmp_path: Path, kind: ErrorKind, order: list[int], why: str
) -> None:
    provider = Scripted(spec(retries=0), [failure(kind)])

    async def calls() -> list[ProviderError]:
        clients, errors = two_processes(provider, tmp_path / "run" / "shared"), []
        for which in [*order, 0, 1]:
            with pytest.raises(ProviderError) as caught:
                await clients[which].call(provider.spec, Request(messages=[]))
            errors.append(caught.value)
        return errors

    errors = asyncio.run(calls())
    assert [error.kind for error in errors] == [kind] * 3 + [ErrorKind.PROVIDER_DOWN] * 2
    assert why in errors[3].message
    assert errors[3].message == errors[4].message


def test_timeouts_in_a_row_are_counted_over_all_processes(tmp_path: Path) -> None:
    provider = Scripted(spec(retries=4), [failure(ErrorKind.TIMEOUT)])

    async def calls() -> list[str]:
        clients = two_processes(provider, tmp_path / "run" / "shared")
        done = await asyncio.gather(
            *(one.call(provider.spec, Request(messages=[])) for one in clients),
            return_exceptions=True,
        )
        return [str(one) for one in done]

    said = asyncio.run(calls())
    assert len(provider.seen) in (5, 6)
    assert any("5 attempts in a row ran into the timeout" in one for one in said)


def test_a_success_in_one_process_keeps_a_provider_in_for_all(tmp_path: Path) -> None:
    bad = failure(ErrorKind.SERVER)
    provider = Scripted(spec(retries=0), [bad, bad, "fine", bad, bad, "fine", bad])

    async def calls() -> list[str]:
        clients, said = two_processes(provider, tmp_path / "run" / "shared"), []
        for which in (0, 0, 1, 0, 1, 0, 0):
            try:
                response = await clients[which].call(provider.spec, Request(messages=[]))
                said.append(response.output)
            except ProviderError as error:
                said.append(str(error.kind))
        return said

    assert asyncio.run(calls()) == [
        "server",
        "server",
        "fine",
        "server",
        "server",
        "fine",
        "server",
    ]


def test_a_pause_that_one_process_was_asked_for_holds_for_all(tmp_path: Path) -> None:
    """The other one has never been refused, and no file limits the rate."""
    refused = failure(ErrorKind.RATE_LIMIT, retry_after_s=600)
    provider = Scripted(spec(retries=0, retry_for="60s"), [refused, "fine"])

    async def calls() -> bool:
        first, second = two_processes(provider, tmp_path / "run" / "shared")
        with pytest.raises(ProviderError):
            await first.call(provider.spec, Request(messages=[]))
        call = asyncio.ensure_future(second.call(provider.spec, Request(messages=[])))
        done, _ = await asyncio.wait([call], timeout=0.3)
        call.cancel()
        return bool(done)

    assert not asyncio.run(calls())
    assert len(provider.seen) == 1


def test_a_provider_that_is_down_in_one_process_is_down_in_all(tmp_path: Path) -> None:
    other = Scripted(spec(name="q"), ["fine"])
    provider = Scripted(spec(), [failure(ErrorKind.AUTHENTICATION)])

    async def in_two_processes() -> tuple[ProviderError, Response]:
        shared = tmp_path / "run" / "shared"
        first, second = two_processes(provider, shared)
        with pytest.raises(ProviderError):
            await first.call(provider.spec, Request(messages=[]))
        with pytest.raises(ProviderError) as caught:
            await second.call(provider.spec, Request(messages=[]))
        third = two_processes(other, shared)[0]
        return caught.value, await third.call(other.spec, Request(messages=[]))

    error, response = asyncio.run(in_two_processes())
    assert error.kind is ErrorKind.PROVIDER_DOWN
    assert error.message == (
        "provider 'p' was not called: its key was not accepted; the last one said: "
        "it was authentication"
    )
    assert response.output == "fine"
    assert provider.seen == [0]
