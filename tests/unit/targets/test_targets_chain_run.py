"""Prompt chains: what each step is given, where the chain ends, and what is recorded of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.errors import BudgetSpent, ErrorKind, Location, ProviderError
from pytest_arena.loading.agent_plans import AgentPlan, ToolPlan
from pytest_arena.loading.chain_plans import ChainPlan, ChainStepPlan, FunctionPlan
from pytest_arena.results.request_response import Message, Request, Response, Tool, ToolCall
from pytest_arena.schema import ProviderSpec, ToolAnswer, ToolSpec
from pytest_arena.targets.agent import Toolboxes
from pytest_arena.targets.chain import ChainRun
from pytest_arena.tools import ToolContext, ToolEnvironment

USER: Message = {"role": "user", "content": "hello"}
FUNCTIONS = """
import asyncio, threading

def shout(text): return text.upper()
async def softly(text):
    await asyncio.sleep(0)
    return text.lower()
def facts(text): return {"said": text, "n": 1}
def nothing(text): return None
def fails(text): raise ValueError("no such order")
def hangs(text): threading.Event().wait()
def ends(step, output): return step == 1, "enough", "the end"
def told(step, output, about): return about["type"] == "python", str(sorted(about)), None
def odd(step, output): return True
"""


@pytest.fixture
def functions(tmp_path: Path) -> Any:
    (tmp_path / "chain_functions.py").write_text(FUNCTIONS)

    def function(name: str, timeout_s: float = 30.0) -> FunctionPlan:
        return FunctionPlan(f"chain_functions:{name}", tmp_path, tmp_path, "", timeout_s)

    return function


class Model:
    """Says one answer after another, and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[list[Message]] = []
        self.steps: list[int] = []
        self.offered: list[list[str]] = []
        self.by: list[str | None] = []

    async def __call__(
        self,
        messages: list[Message],
        turn: int,
        step: int,
        further: Sequence[Tool],
        by: ProviderSpec | None,
    ) -> tuple[Request, Response]:
        self.asked.append(messages)
        self.steps.append(step)
        self.offered.append([tool["function"]["name"] for tool in further])
        self.by.append(by and by.name)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, str):
            answer = Response(answer, latency_ms=10, input_tokens=3, output_tokens=2)
        return Request(messages), answer


def text(said: str, name: str = "1", **given: Any) -> ChainStepPlan:
    parts = tuple(said.split("{input}"))
    return ChainStepPlan(name, "text", parts, agent=AgentPlan("c", max_llm_turns=1), **given)


def of(function: FunctionPlan, name: str = "f") -> ChainStepPlan:
    return ChainStepPlan(name, "python", function=function)


def agentic(objective: str, *tools: ToolPlan, most: int = 5) -> ChainStepPlan:
    plan = AgentPlan("c", {tool.name: tool for tool in tools}, most, most_named="max_steps")
    return ChainStepPlan("agent", "agentic", (objective,), agent=plan)


def tool(name: str, *results: Any) -> ToolPlan:
    function = {"name": name, "parameters": {"type": "object", "properties": {}}}
    offered = {"type": "function", "function": function}
    answers = tuple(ToolAnswer(result=result) for result in results)
    return ToolPlan(name, offered, ToolSpec(mock=answers), Location("a.yaml", 1, 1), Path(), Path())


def call(name: str, **arguments: Any) -> Response:
    return Response("", tool_calls=(ToolCall(name, arguments),), finish_reason="tool_calls")


def run(
    model: Model,
    *steps: ChainStepPlan,
    turns: Sequence[Sequence[Message]] = ((USER,),),
    **plan: Any,
) -> Response:
    """Run a chain on each turn, and return the last turn as one response."""

    async def go() -> Response:
        toolboxes = Toolboxes(ToolEnvironment())
        chain = ChainRun(ChainPlan("c", steps, **plan), model, toolboxes, ToolContext())
        try:
            for number, messages in enumerate(turns):
                _, response = await chain.answer(list(messages), number)
        finally:
            left.append(chain.unfinished)
            await chain.close()
            await toolboxes.close()
        return response

    left.clear()
    return asyncio.run(go())


left: list[Response | None] = []
"""What the last run had come to where it was broken off."""


def last_asked(model: Model) -> list[str]:
    return [messages[-1]["content"] for messages in model.asked]


def instructions(response: Response) -> list[tuple[str, str]]:
    return [(one.name, one.text) for one in response.steps if one.kind == "instruction"]


def test_each_step_is_given_what_the_one_before_gave(functions: Any) -> None:
    model = Model("One", "done")
    steps = text("A: {input}"), of(functions("shout")), of(functions("softly")), text("{input}, B")
    response = run(model, *steps)
    assert last_asked(model) == ["A: hello", "one, B"]
    assert response.output == "done"
    assert instructions(response) == [("1", "One"), ("f", "ONE"), ("f", "one"), ("1", "done")]
    assert (response.latency_ms, response.input_tokens, response.attempts) == (20, 6, 2)
    assert model.steps == [0, 1]


def test_braces_in_what_came_before_are_not_filled_in_again() -> None:
    model = Model("{input} and {0}", "done")
    run(model, text("A {input}"), text("B {input}"))
    assert last_asked(model)[1] == "B {input} and {0}"


def test_what_a_function_returns_becomes_text(functions: Any) -> None:
    assert run(Model(), of(functions("facts"))).output == '{"said": "hello", "n": 1}'


def test_with_the_full_history_each_step_is_told_all_that_came_before() -> None:
    model = Model("one", "two")
    run(model, text("A {input}"), text("Conclude."), full_history=True)
    first, second = last_asked(model)
    assert first == "A Previous steps:\nStep 0: hello\n\nCurrent input: hello"
    told = "Previous steps:\nStep 0: hello\nStep 1: one\n\nCurrent input: one"
    assert second == f"Conclude.\n\n{told}"


def test_an_agentic_step_calls_its_tools_until_it_answers() -> None:
    model = Model("order 7", call("find"), "lost", "sorry")
    steps = text("{input}"), agentic("Find it.", tool("find", {"is": "lost"})), text("{input}")
    response = run(model, *steps)
    assert model.asked[1] == [
        {"role": "system", "content": "Find it."},
        {"role": "user", "content": "order 7"},
    ]
    assert model.offered == [[], ["find"], ["find"], []]
    assert response.tool_calls[0].result == {"is": "lost"}
    kinds = [step.kind for step in response.steps]
    assert kinds == [
        *("instruction", "model"),
        *("instruction", "model", "tool", "model"),
        *("instruction", "model"),
    ]


def test_calls_of_several_steps_have_ids_of_their_own_and_one_count() -> None:
    find = tool("find", "first", "second")
    model = Model(call("find"), "one", call("find"), "two")
    response = run(model, agentic("A", find), agentic("B", find))
    first, second = response.tool_calls
    assert first.id != second.id
    assert (first.result, second.result) == ("first", "second")
    assert [step.call for step in response.steps if step.kind == "tool"] == [first.id, second.id]


def test_a_breaker_ends_the_chain_and_may_say_what_it_gives(functions: Any) -> None:
    response = run(
        Model("one"), text("{input}"), text("never {input}"), breakers=(functions("ends"),)
    )
    assert response.output == "the end"
    assert response.stopped is None
    (note,) = (step.text for step in response.steps if step.kind == "note")
    assert note == "chain ended after step 1 by chain_functions:ends: enough"


def test_a_breaker_of_three_parameters_is_told_of_the_step(functions: Any) -> None:
    response = run(
        Model("one"),
        text("{input}"),
        of(functions("shout")),
        text("never"),
        breakers=(functions("told"),),
    )
    assert response.output == "ONE"
    assert "['input', 'name', 'output', 'step', 'type']" in response.steps[-1].text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing", "returned nothing"),
        ("fails", "chain_functions:fails raised ValueError"),
        ("missing", "chain_functions:missing: the module 'chain_functions' has no 'missing'"),
    ],
)
def test_a_function_that_gives_nothing_is_an_error_with_the_steps_number(
    functions: Any, name: str, said: str
) -> None:
    with pytest.raises(ProviderError) as failed:
        run(Model("one"), text("{input}"), of(functions(name), "clean"), text("never"))
    assert failed.value.message.startswith("step 2 (clean) of the chain 'c': ")
    assert said in failed.value.message
    (kept,) = left
    assert kept is not None
    assert kept.steps[0].text == "one"


def test_a_function_that_hangs_is_given_up(functions: Any) -> None:
    with pytest.raises(ProviderError, match="gave nothing within"):
        run(Model(), of(functions("hangs", 0.05)))


def test_a_breaker_that_returns_no_three_values_is_an_error(functions: Any) -> None:
    with pytest.raises(ProviderError, match="three values"):
        run(Model("one"), text("{input}"), breakers=(functions("odd"),))


def test_a_model_that_fails_keeps_its_kind_and_what_was_done() -> None:
    down = ProviderError(ErrorKind.SERVER, "down", status=503, attempts=3)
    with pytest.raises(ProviderError) as failed:
        run(Model("one", down), text("{input}"), text("{input}", "2"))
    assert (failed.value.kind, failed.value.status, failed.value.attempts) == (
        ErrorKind.SERVER,
        503,
        3,
    )
    assert failed.value.message == "step 2 of the chain 'c': down"
    (kept,) = left
    assert kept is not None
    assert [(one.name, one.error) for one in kept.steps if one.kind == "instruction"] == [
        ("1", None),
        ("2", "down"),
    ]


def test_a_spent_budget_ends_the_chain_as_it_ends_any_case() -> None:
    with pytest.raises(BudgetSpent):
        run(Model("one", BudgetSpent("no more")), text("{input}"), text("{input}"))


def test_an_agentic_step_without_an_answer_is_an_error() -> None:
    find = tool("find", 1)
    with pytest.raises(ProviderError, match=r"(?s)step 1 \(agent\).*max_steps.*2 calls"):
        run(Model(call("find"), call("find")), agentic("A", find, most=2))


def test_earlier_turns_are_told_to_the_first_step_of_a_model(functions: Any) -> None:
    system = {"role": "system", "content": "Be kind."}
    again = [system, USER, {"role": "assistant", "content": "two"}, {**USER, "content": "again"}]
    model = Model("one", "two", "three", "four")
    steps = of(functions("shout")), text("{input}"), agentic("Go on.")
    run(model, *steps, turns=[[system, USER], again])
    assert [message["content"] for message in model.asked[2]] == [
        "Be kind.",
        "hello",
        "two",
        "AGAIN",
    ]
    assert [message["content"] for message in model.asked[3]] == ["Be kind.\n\nGo on.", "three"]


def test_a_step_may_ask_another_model() -> None:
    other = ProviderSpec(name="other", provider="mock", model="any")
    model = Model("one", "two")
    run(model, text("{input}"), text("{input}", provider=other))
    assert model.by == [None, "other"]


def test_what_steps_gave_is_left_out_where_it_is_not_kept() -> None:
    response = run(Model("one", "two"), text("{input}"), text("{input}"), store_steps=False)
    assert instructions(response) == [("1", ""), ("1", "")]
    assert response.output == "two"
