"""A desk asks judges: each question once, without what an endpoint does not know; and dialogues
that two cells need are run once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from pytest_arena.engine.calling.client import ProviderClient
from pytest_arena.engine.calling.concurrency import Limits
from pytest_arena.engine.judge_client import JudgeClient
from pytest_arena.engine.shared_conversations import SharedConversations
from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.loading.plans import CasePlan, CellPlan
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.results import Message, Request, Response, Trial
from pytest_arena.schema import CaseMock, MockAnswer, ProviderSpec

JUDGE = ProviderSpec(name="grader", provider="own", params={"temperature": 0.9, "seed": 1})
MINI, BUDGET = ProviderSpec(name="mini", provider="own"), ProviderSpec(name="budget")
MOCK = CaseMock(
    default=(MockAnswer(text="an answer"),), providers={"grader": (MockAnswer(text="{}"),)}
)
PLAN = CellPlan(
    file="a.yaml",
    case=CasePlan("Case", 1, ((),), mock=MOCK),
    provider=MINI,
    hashes={},
    rivals={"budget": (BUDGET,)},
)
HELLO: list[Message] = [{"role": "user", "content": "Hello"}]


class Endpoint(Provider):
    """Refuse what it does not know, and keep what was asked."""

    type = "own"

    def __init__(self, *refused: str) -> None:
        super().__init__(JUDGE, ProviderEnvironment())
        self.refused = refused
        self.asked: list[Request] = []

    async def complete(self, request: Request) -> Response:
        self.asked.append(request)
        await asyncio.sleep(0)
        for word in self.refused:
            known = {"temperature": "temperature" in request.params, "json": request.json_only}
            if known.get(word):
                name = {"json": "response_format"}.get(word, word)
                raise ProviderError(ErrorKind.BAD_REQUEST, f"{name} is not supported")
        if "down" in self.refused:
            raise ProviderError(ErrorKind.NOT_FOUND, "there is no such model")
        return Response("{}")


async def _nobody(_name: str) -> Trial:
    raise AssertionError("nobody is compared here")


def judge_client(endpoint: Endpoint, trial: int = 0, unknown: Any = None) -> JudgeClient:
    client = ProviderClient(Limits(4, lambda _: None), lambda _: endpoint, None)
    return JudgeClient(client, PLAN, trial, {} if unknown is None else unknown, _nobody)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_the_same_question_of_one_trial_is_asked_once() -> None:
    endpoint = Endpoint()

    async def ask() -> list[bool]:
        one = judge_client(endpoint)
        replies = await asyncio.gather(*(one(JUDGE, HELLO) for _ in range(3)))
        replies.append(await one(JUDGE, [{"role": "user", "content": "Bye"}]))
        return [reply.again for reply in replies]

    assert run(ask()) == [False, True, True, False]
    assert len(endpoint.asked) == 2


def test_a_failure_is_shared_as_well() -> None:
    endpoint = Endpoint("down")

    async def ask() -> list[Any]:
        one = judge_client(endpoint)
        return await asyncio.gather(one(JUDGE, HELLO), one(JUDGE, HELLO), return_exceptions=True)

    first, second = run(ask())
    assert isinstance(first, ProviderError)
    assert first is second
    assert len(endpoint.asked) == 1


def test_a_judge_is_asked_for_json_at_temperature_0_whatever_its_params_say() -> None:
    endpoint = Endpoint()
    run(judge_client(endpoint, trial=3)(JUDGE, HELLO, turn=1))
    (request,) = endpoint.asked
    assert request.params == {"temperature": 0, "seed": 1}
    assert (request.json_only, request.purpose, request.provider) == (True, "judge", "grader")
    assert (request.case, request.trial, request.turn, request.turns) == ("Case", 3, 1, 2)


def test_of_a_cases_mock_only_the_judges_own_answers_are_taken() -> None:
    endpoint = Endpoint()
    run(judge_client(endpoint)(JUDGE, HELLO))
    run(judge_client(endpoint)(MINI, HELLO))
    first, second = endpoint.asked
    assert first.mock == CaseMock(providers={"grader": MOCK.providers["grader"]})
    assert second.mock is None


def test_what_an_endpoint_refuses_is_left_out_from_then_on() -> None:
    endpoint = Endpoint("json", "temperature")
    unknown: dict[int, set[str]] = {}
    run(judge_client(endpoint, unknown=unknown)(JUDGE, HELLO))
    assert [(r.json_only, "temperature" in r.params) for r in endpoint.asked] == [
        (True, True),
        (False, True),
        (False, False),
    ]
    run(judge_client(endpoint, unknown=unknown)(JUDGE, HELLO))
    assert len(endpoint.asked) == 4


def test_a_trial_that_two_cells_need_is_run_once_and_anew_for_a_re_run() -> None:
    ran: list[tuple[str, int]] = []

    async def talk(plan: CellPlan, number: int) -> Trial:
        ran.append((plan.provider.name, number))
        await asyncio.sleep(0)
        return Trial((), index=number, verdict="passed")

    async def both() -> None:
        talks = SharedConversations(talk)
        own = CellPlan(PLAN.file, PLAN.case, BUDGET, {}, rivals=PLAN.rivals)
        first, second = await asyncio.gather(talks.rival(PLAN, "budget", 0), talks.own(own, 0))
        assert first is second
        assert await talks.rival(PLAN, "budget", 0) is first
        again = await talks.own(own, 0)
        assert again is not first
        assert await talks.rival(PLAN, "budget", 0) is again
        await talks.rival(PLAN, "budget", 1)
        await talks.give_up()

    run(both())
    assert ran == [("budget", 0), ("budget", 0), ("budget", 1)]


def test_giving_up_cancels_what_is_running() -> None:
    async def talk(_plan: CellPlan, _number: int) -> Trial:
        await asyncio.Event().wait()
        raise AssertionError("it was not cancelled")

    async def begun() -> bool:
        talks = SharedConversations(talk)
        waiting = asyncio.ensure_future(talks.own(PLAN, 0))
        await asyncio.sleep(0)
        await talks.give_up()
        await asyncio.wait([waiting])
        return waiting.cancelled()

    assert run(begun())
