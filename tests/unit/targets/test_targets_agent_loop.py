"""The tool loop: what it runs, in which order, where it stops, and what it records of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.errors import ErrorKind, Location, ProviderError
from pytest_arena.loading.agent_plans import AgentPlan, ToolPlan
from pytest_arena.results.request_response import Message, Request, Response, Tool, ToolCall
from pytest_arena.schema import ToolLimits, ToolSpec
from pytest_arena.targets.agent import AgentRun
from pytest_arena.targets.agent.limits import LimitsUsed
from pytest_arena.text.numbers import counted
from pytest_arena.tools import ToolContext, ToolResult

USER: Message = {"role": "user", "content": "Where is it?"}


def tool(name: str, **spec: Any) -> ToolPlan:
    function = {"name": name, "parameters": {"type": "object", "properties": {}}}
    offered = {"type": "function", "function": function}
    place = Location("arena.yaml", 1, 1)
    return ToolPlan(name, offered, ToolSpec(**spec), place, Path(), Path())


class Tools:
    """Stands for a toolbox: each call waits until it is let go on, and is written down."""

    def __init__(self, *plans: ToolPlan) -> None:
        self.plans = {plan.name: plan for plan in plans}
        self.log: list[str] = []
        self.calls: list[tuple[str, int]] = []
        self.running = 0
        self.most_at_once = 0

    async def offered(self) -> list[Tool]:
        return []

    def plan(self, name: str) -> ToolPlan | None:
        return self.plans.get(name)

    async def refusal(self, name: str, arguments: Any) -> str | None:
        return None if name in self.plans else f"there is no tool {name!r}"

    async def run(
        self, name: str, arguments: Mapping[str, Any], context: ToolContext
    ) -> ToolResult:
        self.log.append(f"+{name}")
        self.calls.append((name, context.call))
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        for _ in range(int(arguments.get("rounds", 1))):
            await asyncio.sleep(0)
        self.running -= 1
        self.log.append(f"-{name}")
        context.state[name] = context.call + 1
        if arguments.get("fails"):
            return ToolResult(error="down")
        return ToolResult(f"{name} {context.call}")


def call(name: str, **arguments: Any) -> ToolCall:
    return ToolCall(name, arguments)


def calls(*asked: ToolCall, **given: Any) -> Response:
    return Response(output="", tool_calls=asked, finish_reason="tool_calls", **given)


class Model:
    """Says one answer after another; the last one repeats."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.answers = answers
        self.asked: list[list[Message]] = []

    async def __call__(
        self, messages: list[Message], turn: int, step: int, offered: Sequence[Tool]
    ) -> tuple[Request, Response]:
        self.asked.append(messages)
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return Request(messages, turn=turn, step=step), answer


def agent(
    model: Model,
    tools: Tools,
    *,
    clock: Callable[[], float] = lambda: 0.0,
    most: int = 10,
    **limits: Any,
) -> AgentRun:
    plan = AgentPlan("support", tools.plans, most, ToolLimits(**limits))
    toolbox: Any = tools
    return AgentRun(plan, model, toolbox, ToolContext(), clock=clock)


def turn(run: AgentRun, messages: Sequence[Message] = (USER,), number: int = 0) -> Response:
    return asyncio.run(run.answer(list(messages), number))[1]


def test_calls_are_run_and_told_to_the_model_until_it_answers() -> None:
    find = call("find", number="7")
    model = Model(calls(find, input_tokens=10, cost_usd=0.1), Response("Shipped.", cost_usd=0.2))
    response = turn(agent(model, Tools(tool("find"))))
    assert response.output == "Shipped."
    assert [(one.name, one.result) for one in response.tool_calls] == [("find", "find 0")]
    asked, told = model.asked[1][1:]
    assert asked["tool_calls"][0]["function"] == {"name": "find", "arguments": '{"number": "7"}'}
    assert told == {"role": "tool", "tool_call_id": asked["tool_calls"][0]["id"],
                    "content": "find 0"}  # fmt: skip
    assert [step.kind for step in response.steps] == ["model", "tool", "model"]
    assert response.transcript[-1] == {"role": "assistant", "content": "Shipped."}
    assert response.cost_usd == pytest.approx(0.3)
    assert response.input_tokens is None, "a part of the sum is not known"


def test_calls_of_one_answer_run_side_by_side_and_results_keep_their_order() -> None:
    slow, fast = call("slow", rounds=5), call("fast")
    tools = Tools(tool("slow"), tool("fast"))
    response = turn(agent(Model(calls(slow, fast), Response("Done.")), tools))
    assert tools.log == ["+slow", "+fast", "-fast", "-slow"]
    assert [one.name for one in response.tool_calls] == ["slow", "fast"]
    assert [message.get("content") for message in response.transcript[1:3]] == ["slow 0", "fast 0"]


def test_irreversible_calls_run_one_after_another_in_their_order() -> None:
    pay, send = tool("pay", irreversible=True), tool("send", irreversible=True)
    tools = Tools(pay, send)
    asked = calls(call("pay", rounds=5), call("send"))
    response = turn(agent(Model(asked, Response("Done.")), tools))
    assert tools.log == ["+pay", "-pay", "+send", "-send"]
    assert all(one.irreversible for one in response.tool_calls)


@pytest.mark.parametrize("limit", [0, 1, 2, 3])
def test_exactly_so_many_calls_run_and_the_next_is_refused_before_it_does(limit: int) -> None:
    tools = Tools(tool("find"))
    many = calls(*(call("find", number=number) for number in range(4)))
    response = turn(agent(Model(many), tools, tool_calls=limit))
    assert len(tools.calls) == limit
    assert [one.error is None for one in response.tool_calls] == [n < limit for n in range(4)]
    assert response.stopped == f"limit tool_calls: at most {counted(limit, 'call')} of tools"
    assert len(response.transcript) == 5, "every call is answered, so that the history is valid"


def test_the_limit_counts_over_turns() -> None:
    tools = Tools(tool("find"))
    model = Model(calls(call("find")), Response("One."), calls(call("find"), call("find")))
    run = agent(model, tools, tool_calls=2)
    assert turn(run).stopped is None
    assert turn(run, number=1).stopped is not None
    assert tools.calls == [("find", 0), ("find", 1)]


def test_only_irreversible_calls_count_for_their_limit() -> None:
    tools = Tools(tool("find"), tool("pay", irreversible=True))
    asked = calls(call("find"), call("pay"), call("find"), call("pay"))
    response = turn(agent(Model(asked), tools, irreversible=1))
    assert sorted(name for name, _ in tools.calls) == ["find", "find", "pay"]
    assert response.stopped == "limit irreversible: at most 1 irreversible call"


def test_weights_of_tools_add_up_to_their_limit() -> None:
    tools = Tools(tool("find", cost_weight=0.1), tool("pay", cost_weight=5))
    asked = calls(call("pay"), call("find"), call("find"), call("find"))
    response = turn(agent(Model(asked), tools, cost_weight=5.2))
    assert len(tools.calls) == 3
    assert response.stopped == "limit cost_weight: the calls would weigh 5.3 of 5.2"


def test_so_many_calls_of_the_model_are_made_and_no_more() -> None:
    model = Model(calls(call("find")))
    response = turn(agent(model, Tools(tool("find")), llm_turns=3))
    assert len(model.asked) == 3
    assert response.stopped == "limit llm_turns: at most 3 calls of the model"


def test_dollars_stop_the_next_call_of_the_model() -> None:
    model = Model(calls(call("find"), cost_usd=0.02))
    response = turn(agent(model, Tools(tool("find")), cost_usd=0.04))
    assert len(model.asked) == 2
    assert response.stopped == "limit cost_usd: 0.04 of 0.04 US dollars were spent"


def test_a_cost_that_nobody_knows_is_no_cost_within_a_limit() -> None:
    with pytest.raises(
        ProviderError,
        match=r"the cost of a call is not known\n(.*\n)*  fix: give the provider input_cost_per_",
    ):
        turn(agent(Model(Response("Hi")), Tools(), cost_usd=1.0))


def test_time_that_is_over_stops_before_the_next_call() -> None:
    ticks: Iterator[int] = count()
    model = Model(calls(call("find")))
    run = agent(model, Tools(tool("find")), clock=lambda: float(next(ticks)), wall_time=30)
    response = turn(run)
    assert response.stopped == "limit wall_time: 30 s have passed"
    assert model.asked


def test_a_tool_that_hangs_ends_with_the_time_of_the_agent() -> None:
    tools = Tools(tool("find"))
    response = turn(agent(Model(calls(call("find", rounds=10**9))), tools, wall_time=0.05))
    assert response.stopped == "limit wall_time: 0.05 s have passed"
    assert response.tool_calls[0].error == "given up before it had ended"


class NeverChecked(Tools):
    """Tools whose arguments are still held against their schemas when the time is over."""

    async def refusal(self, name: str, arguments: Any) -> str | None:
        await asyncio.Event().wait()
        return None


def test_a_call_that_was_not_begun_when_the_time_was_over_is_kept() -> None:
    tools = NeverChecked(tool("find"))
    response = turn(agent(Model(calls(call("find"))), tools, wall_time=0.05))
    assert response.stopped == "limit wall_time: 0.05 s have passed"
    assert [one.error for one in response.tool_calls] == ["given up before it had ended"]
    assert len(response.transcript) == 2, "every call is answered, so that the history is valid"


def test_four_fifths_of_a_limit_are_noted_once() -> None:
    tools = Tools(tool("find"))
    model = Model(*[calls(call("find"))] * 5, Response("Done."))
    response = turn(agent(model, tools, tool_calls=5))
    notes = [step.text for step in response.steps if step.kind == "note"]
    assert notes == ["limit tool_calls: 4 of 5 used"]


def test_an_agent_that_never_answers_is_an_error_and_what_it_did_is_kept() -> None:
    run = agent(Model(calls(call("find"))), Tools(tool("find")), most=2)
    with pytest.raises(ProviderError, match="no answer after 2 calls of the model") as caught:
        turn(run)
    assert caught.value.kind is ErrorKind.AGENT
    assert run.unfinished is not None
    assert len(run.unfinished.tool_calls) == 2


def test_an_agent_that_never_answers_stops_where_its_limits_say_so() -> None:
    run = agent(Model(calls(call("find"))), Tools(tool("find")), most=2, on_exceeded="stop")
    assert turn(run).stopped == "max_llm_turns: no answer after 2 calls of the model"
    assert run.unfinished is None


def test_a_model_that_goes_down_leaves_what_was_done_before() -> None:
    down = ProviderError(ErrorKind.SERVER, "down")
    run = agent(Model(calls(call("pay")), down), Tools(tool("pay", irreversible=True)))
    with pytest.raises(ProviderError, match="down"):
        turn(run)
    assert run.unfinished is not None
    assert run.unfinished.tool_calls[0].result == "pay 0"


def test_a_tool_that_fails_and_one_that_is_not_there_are_told_to_the_model() -> None:
    model = Model(calls(call("find", fails=True), call("fnd")), Response("Sorry."))
    response = turn(agent(model, Tools(tool("find"))))
    assert [one.error for one in response.tool_calls] == [
        "down",
        "not run: there is no tool 'fnd'",
    ]
    assert [message["content"] for message in model.asked[1][-2:]] == [
        "error: down",
        "error: not run: there is no tool 'fnd'",
    ]


def test_calls_that_come_with_their_results_are_not_run_again() -> None:
    done = ToolCall("find", {}, result="here")
    tools = Tools(tool("find"))
    alone = Response("It is here.", tool_calls=(done,), finish_reason="stop")
    assert turn(agent(Model(alone), tools)).output == "It is here."
    waits = Response("", tool_calls=(done,), finish_reason="tool_calls")
    assert turn(agent(Model(waits, Response("Here.")), tools)).output == "Here."
    assert not tools.calls


def test_ids_that_are_missing_or_given_twice_become_ids_of_their_own() -> None:
    same = ToolCall("find", {}, id="a")
    model = Model(calls(same, same, call("find")), calls(same), Response("Done."))
    response = turn(agent(model, Tools(tool("find"))))
    ids = [one.id for one in response.tool_calls]
    assert len(set(ids)) == 4
    told = [message["tool_call_id"] for message in response.transcript if "tool_call_id" in message]
    assert told == ids


def test_the_message_of_the_provider_goes_back_as_it_came() -> None:
    asked = {"id": "a", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    own = {"role": "assistant", "content": None, "signature": "s", "tool_calls": [asked]}
    model = Model(calls(ToolCall("find", {}, id="a"), message=own), Response("Done."))
    turn(agent(model, Tools(tool("find"))))
    assert model.asked[1][1] == own


def test_what_tools_keep_goes_on_from_turn_to_turn() -> None:
    model = Model(calls(call("find")), Response("One."))
    run = agent(model, Tools(tool("find")))
    assert turn(run).state == {"find": 1}


def test_calls_of_a_turn_are_counted_anew_in_the_next() -> None:
    used = LimitsUsed(ToolLimits(tool_calls_per_turn=1), lambda: 0.0)
    find = tool("find", mock=[])
    assert used.refuses_tool(find) is None
    assert used.refuses_tool(find) == (
        "limit tool_calls_per_turn: at most 1 call of tools in a turn"
    )
    used.begin_turn()
    assert used.refuses_tool(find) is None
