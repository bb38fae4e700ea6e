"""Chains of tasks: which way they take, what models are told, and what goes wrong in them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.builtins import register
from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.loading import Arena, load_arena
from pytest_arena.loading.task_chain_plans import TaskChainPlan
from pytest_arena.registry import Registry
from pytest_arena.results.request_response import Message, Request, Response, Tool, ToolCall
from pytest_arena.schema import ProviderSpec
from pytest_arena.targets.agent import Toolboxes
from pytest_arena.targets.steps import NO_PARAMS
from pytest_arena.targets.task_chain import TaskChainRun
from pytest_arena.tools import ToolContext, ToolEnvironment

ARENA = """\
providers: [{{name: m, provider: mock, model: any}}, {{name: small, provider: mock, model: any}}]
variables: {variables}
tools:
  git.status: {{mock: {{result: clean}}}}
  find:
    parameters: {{properties: {{number: {{type: integer}}}}}}
    mock: {{result: {{state: sent}}}}
  broken: {{mock: {{fail: no such order}}}}
  keep: {{mock: {{result: {{transition: stored}}}}}}
targets: {{chain: {{type: task_chain, file: chain.json{more}}}}}
tests:
  - {{name: A, target: chain, prompt: Hi, assertions: [{{type: success}}]}}
"""
pytestmark = pytest.mark.asyncio
Tasks = list[dict[str, Any]]


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Arena]:
    registry = Registry()
    register(registry)

    def load_tasks(
        tasks: Tasks, more: str = "", variables: Mapping[str, Any] | None = None, **of_chain: Any
    ) -> Arena:
        text = ARENA.format(variables=json.dumps(variables or {}), more=more)
        (tmp_path / "arena.yaml").write_text(text)
        chain = {"id": "c", **of_chain, "tasks": tasks}
        (tmp_path / "chain.json").write_text(json.dumps(chain, indent=1))
        return load_arena(tmp_path / "arena.yaml", root=tmp_path, registry=registry)

    return load_tasks


class Model:
    """Says one answer after another, and keeps what it was asked; an error is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[list[Message]] = []
        self.offered: list[list[str]] = []
        self.params: list[Mapping[str, Any]] = []
        self.by: list[str | None] = []

    async def __call__(
        self,
        messages: list[Message],
        turn: int,
        step: int,
        further: Sequence[Tool],
        by: ProviderSpec | None = None,
        *,
        params: Mapping[str, Any] = NO_PARAMS,
    ) -> tuple[Request, Response]:
        self.asked.append(messages)
        self.offered.append([tool["function"]["name"] for tool in further])
        self.params.append(params)
        self.by.append(by and by.name)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, asyncio.Event):
            await answer.wait()
        if isinstance(answer, Response):
            return Request(messages), answer
        if isinstance(answer, str):
            return Request(messages), Response(answer)
        return Request(messages), Response("", tool_calls=tuple(answer))

    def system(self, place: int) -> str:
        """Return the system prompt of one call."""
        first = self.asked[place][0]
        return str(first["content"]) if first["role"] == "system" else ""


async def talk(arena: Arena, model: Model, *said: str) -> list[Response]:
    plan = arena.cells[0].case.workflow
    assert isinstance(plan, TaskChainPlan)
    run = TaskChainRun(plan, model, Toolboxes(ToolEnvironment()), ToolContext(), clock=lambda: 0.0)
    messages: list[Message] = []
    came = []
    for turn, text in enumerate(said or ["Hi"]):
        messages.append({"role": "user", "content": text})
        _, response = await run.answer(list(messages), turn)
        messages.append({"role": "assistant", "content": response.output})
        came.append(response)
    await run.close()
    return came


def way(response: Response) -> list[str]:
    return [step.name for step in response.steps if step.kind == "state"]


def events(response: Response) -> list[str]:
    return [step.event for step in response.steps if step.kind == "state"]


def notes(response: Response) -> list[str]:
    return [step.text for step in response.steps if step.kind == "note"]


def call(name: str = "find", **arguments: Any) -> list[ToolCall]:
    return [ToolCall(name, arguments)]


def task(name: str, handler: str = "noop", *branches: Any, **more: Any) -> dict[str, Any]:
    """Return a task; a branch is a name to go to, or what it is written with."""
    ways = [{"operator": "default", "goto": b} if isinstance(b, str) else b for b in branches]
    transition = {"branches": ways, "on_failure": more.pop("on_failure", "")}
    return {"id": name, "handler": handler, "transition": transition, **more}


def on(when: str, goto: str, operator: str = "equals", **more: Any) -> dict[str, Any]:
    return {"operator": operator, "when": when, "goto": goto, **more}


def cap(edge: str, times: int, goto: str) -> dict[str, Any]:
    return on(str(times), goto, "edge_traversed_at_least", edge=edge)


def loop(times: int = 2, **chat: Any) -> Tasks:
    tools = {"execute_config": {"tools": ["*"]}, **chat}
    return [
        task(
            "chat",
            "chat_completion",
            cap("chat->run", times, "sorry"),
            on("tool_call", "run"),
            "end",
            **tools,
        ),
        task("run", "execute_tool_calls", "chat", input_var="chat"),
        task("sorry", "chat_completion", input_var="chat", system_instruction="Give up."),
    ]


# the way through a chain


async def test_a_tool_loop_runs_until_the_model_answers(load: Callable[..., Arena]) -> None:
    model = Model(call(number=1), "It is sent.")
    (came,) = await talk(load(loop()), model)
    assert way(came) == ["chat", "run", "chat"]
    assert came.output == "It is sent."
    assert [one.result for one in came.tool_calls] == [{"state": "sent"}]
    assert [one["role"] for one in model.asked[1]] == ["user", "assistant", "tool"]
    assert came.steps[-2].final
    assert came.state == {}


async def test_a_counted_edge_ends_a_loop_and_waiting_calls_are_run_first(
    load: Callable[..., Arena],
) -> None:
    model = Model(call(number=1), call(number=2), call(number=3), "I give up.")
    (came,) = await talk(load(loop(2)), model)
    assert way(came) == ["chat", "run", "chat", "run", "chat", "sorry"]
    assert events(came)[4] == "chat->run at least 2"
    assert model.system(3) == "Give up."
    assert model.offered == [["git.status", "find", "broken", "keep"]] * 3 + [[]]
    assert [one["role"] for one in model.asked[3]][-2:] == ["assistant", "tool"]
    assert len(came.tool_calls) == 3


async def test_branches_are_tried_as_they_are_written_and_default_last(
    load: Callable[..., Arena],
) -> None:
    tasks = [
        task("a", "noop", "d", on("noop", "a", "contains"), cap("a->a", 1, "d")),
        task("d"),
    ]
    with pytest.raises(ProviderError, match="max_steps: 200 tasks"):
        await talk(load(tasks), Model())
    tasks[0]["transition"]["branches"].reverse()
    (came,) = await talk(load(tasks), Model())
    assert way(came) == ["a", "a", "d"]


async def test_a_chain_without_end_is_an_error_that_names_the_edge(
    load: Callable[..., Arena],
) -> None:
    tasks = [task("start", "noop", "a"), task("a", "noop", "b"), task("b", "noop", "a")]
    with pytest.raises(ProviderError) as raised:
        await talk(load(tasks, more=", max_steps: 6"), Model())
    assert raised.value.message == (
        "max_steps: 6 tasks of the chain 'chain' were run, and it goes on: the edge a->b was "
        "taken 3 times\n"
        "  expected: a chain that comes to its end\n"
        "  fix: add a branch {operator: edge_traversed_at_least, edge: 'a->b', when: '10', "
        "goto: …}, or raise max_steps of the target"
    )
    (came,) = await talk(load([task("a", "noop", "b"), task("b")], more=", max_steps: 2"), Model())
    assert way(came) == ["a", "b"]


async def test_what_no_branch_waits_for_is_an_error(load: Callable[..., Arena]) -> None:
    tasks = [task("ask", "prompt_to_string", on("yes", "end"))]
    with pytest.raises(ProviderError) as raised:
        await talk(load(tasks), Model("no"))
    assert raised.value.kind is ErrorKind.AGENT
    assert raised.value.message.startswith(
        "task 'ask' of the chain 'chain': no branch matches 'no'\n"
    )


@pytest.mark.parametrize("branches", [(), ("",), ("end",)])
async def test_a_task_without_a_way_on_ends_the_chain(
    load: Callable[..., Arena], branches: tuple[str, ...]
) -> None:
    (came,) = await talk(load([task("only", "noop", *branches, prompt_template="Bye")]), Model())
    assert came.output == "Bye"
    assert came.steps[0].final


# handlers


async def test_a_route_takes_labels_by_letter_then_as_a_part_and_passes_its_input_on(
    load: Callable[..., Arena],
) -> None:
    tasks = [
        task(
            "route",
            "route",
            on("code", "code"),
            on("question", "talk"),
            "talk",
            system_instruction="Sort it.",
        ),
        task("code"),
        task("talk"),
    ]
    for answer, goes, event in (
        (" Code\n", "code", "code"),
        ("It is a QUESTION.", "talk", "question"),
        ("banana", "talk", "default"),
    ):
        model = Model(answer)
        (came,) = await talk(load(tasks), model, "Mend my loop")
        assert (way(came)[1], events(came)[0]) == (goes, event)
        assert came.output == "Mend my loop"
    assert model.system(0) == (
        "Sort it.\n\nRespond with exactly one of the following labels and nothing else: "
        "code, question"
    )
    assert model.params == [{"temperature": 0.0}]


async def test_a_route_looks_at_the_whole_conversation(load: Callable[..., Arena]) -> None:
    tasks = [task("route", "route", on("a", "chat"), "chat"), task("chat", "chat_completion")]
    model = Model("a", "Hello", "a", "Bye")
    await talk(load(tasks), model, "Hi", "Go")
    assert model.asked[2][-1]["content"] == "user: Hi\nassistant: Hello\nuser: Go"
    assert [one["content"] for one in model.asked[3]] == ["Hi", "Hello", "Go"]


NUMBERS = [on("6", "high", ">"), on("0", "none"), on("3-5", "some", "in_range"), "low"]


@pytest.mark.parametrize(
    ("handler", "answer", "goes"),
    [
        ("parse_number", "8", "high"),
        ("parse_number", "0", "none"),
        ("parse_number", "The answer is 4.", "some"),
        ("parse_number", "-7", "low"),
        ("parse_number", "1,500 words", "high"),
        ("parse_number", "7/10", "high"),
        ("prompt_to_int", "4.0", "some"),
        ("prompt_to_int", "4.5", "failed"),
        ("prompt_to_int", "none", "failed"),
        ("parse_score", "4.5", "some"),
        ("prompt_to_float", "Score: 6.01", "high"),
        ("parse_range", "4", "some"),
        ("parse_range", "3 - 5", "some"),
        ("parse_range", "3-6", "low"),
        ("prompt_to_range", "7-9", "high"),
        ("prompt_to_range", "no idea", "failed"),
        ("raw_string", "The score is 8", "high"),
        ("raw_string", "nothing", "low"),
    ],
)
async def test_numbers_and_ranges_take_their_branches(
    load: Callable[..., Arena], handler: str, answer: str, goes: str
) -> None:
    tasks = [task("rate", handler, *NUMBERS, on_failure="failed")]
    tasks += [task(name) for name in ("high", "none", "some", "low", "failed")]
    (came,) = await talk(load(tasks), Model(answer))
    assert way(came) == ["rate", goes]


@pytest.mark.parametrize(
    ("answer", "goes"), [("1300-1700", "long"), ("1100-1700", "short"), ("1500", "long")]
)
async def test_a_range_is_in_a_range_as_a_whole(
    load: Callable[..., Arena], answer: str, goes: str
) -> None:
    ways = (on("1200-1800", "long", "in_range"), "short")
    tasks = [task("length", "parse_range", *ways), task("long"), task("short")]
    (came,) = await talk(load(tasks), Model(answer))
    assert way(came) == ["length", goes]


async def test_a_condition_is_compared_by_its_key(load: Callable[..., Arena]) -> None:
    tasks = [
        {
            "id": "check",
            "handler": "condition_key",
            "validConditions": {"yes": True, "no": False},
            "promptTemplate": "Is {{.input}} one?",
            "transition": {"branches": [{"when": "yes", "goto": "good"}, {"when": "no"}]},
        },
        task("good", "raw_string", prompt_template="{{.check}} {{.previous_output}}"),
    ]
    model = Model(" yes\n", "Fine")
    (came,) = await talk(load(tasks), model)
    assert way(came) == ["check", "good"]
    assert [one[-1]["content"] for one in model.asked] == ["Is Hi one?", "yes yes"]
    with pytest.raises(ProviderError, match="'Yes!' is none of the valid conditions yes, no"):
        await talk(load(tasks), Model("Yes!"))


@pytest.mark.parametrize(
    ("handler", "said", "event", "output"),
    [
        ("parse_transition", "/help me", "help", "/help me"),
        ("parse_command", "help me", "pass", "help me"),
        ("parse_key_value", "a=1; b: 'x'; c=2.5; d=true", "parsed", None),
    ],
)
async def test_texts_are_read_without_a_model(
    load: Callable[..., Arena], handler: str, said: str, event: str, output: str | None
) -> None:
    (came,) = await talk(
        load([task("read", handler, on(event, "then")), task("then")]), Model(), said
    )
    assert events(came)[0] == event
    assert came.output == output or json.loads(came.output) == {
        "a": 1,
        "b": "x",
        "c": 2.5,
        "d": True,
    }


async def test_code_is_taken_out_of_its_fence(load: Callable[..., Arena]) -> None:
    tasks = [task("js", "prompt_to_js", on("ok", "then")), task("then")]
    (came,) = await talk(load(tasks), Model("```js\nreturn 1\n```"))
    assert json.loads(came.output) == {"code": "return 1"}


async def test_a_tools_task_calls_its_tool_and_its_template_decides(
    load: Callable[..., Arena],
) -> None:
    tasks = [
        task(
            "look",
            "tools",
            on("settled", "end"),
            "again",
            tools={"name": "find", "args": {"number": "7"}},
            output_template='{{ if eq .state "sent" }}settled{{ else }}{{ .state }}{{ end }}',
        ),
        task("again"),
    ]
    (came,) = await talk(load(tasks), Model())
    assert (way(came), came.output) == (["look"], "settled")
    assert came.tool_calls[0].arguments == {"number": 7}
    del tasks[0]["output_template"]
    tasks[0]["transition"]["branches"][0]["when"] = "tools_executed"
    tasks[0]["tools"] = {"name": "git", "tool_name": "status"}
    (came,) = await talk(load(tasks), Model())
    assert (way(came), came.output) == (["look"], "clean")


async def test_a_hook_is_branched_on_what_it_says(load: Callable[..., Arena]) -> None:
    tasks = [task("h", "hook", on("ok", "then"), hook={"type": "git.status"}), task("then")]
    (came,) = await talk(load(tasks), Model())
    assert (way(came), came.output) == (["h", "then"], "clean")
    tasks[0]["transition"]["branches"][0]["when"] = "stored"
    tasks[0]["hook"] = {"name": "keep", "args": {}}
    (came,) = await talk(load(tasks), Model())
    assert way(came) == ["h", "then"]


async def test_a_tool_that_fails_fails_its_task(load: Callable[..., Arena]) -> None:
    tasks = [
        task("try", "tools", on_failure="sorry", tools={"name": "broken"}, retry_on_failure=1),
        task("sorry", "noop", prompt_template="{{.last_error}}|{{.try_error}}"),
    ]
    (came,) = await talk(load(tasks), Model())
    assert came.output == "broken: no such order|broken: no such order"
    assert len(came.tool_calls) == 2
    assert came.steps[0].error == "broken: no such order"
    assert (came.steps[0].event, came.steps[0].next) == ("on_failure", "sorry")


@pytest.mark.parametrize(
    ("answer", "event"),
    [
        (call(number=1), "tools_executed"),
        (call(number="x"), "tools_executed"),
        (call("nobody"), "no_calls_found"),
        ("no call", "no_calls_found"),
    ],
)
async def test_running_calls_gives_its_tokens_and_never_fails(
    load: Callable[..., Arena], answer: Any, event: str
) -> None:
    ways = [on(token, "end") for token in ("tools_executed", "no_calls_found", "noop")]
    tasks = [
        task("chat", "chat_completion", "run", execute_config={"tools": ["find"]}),
        task("run", "execute_tool_calls", *ways),
    ]
    (came,) = await talk(load(tasks), Model(answer))
    assert events(came)[1] == event


async def test_the_older_token_of_a_call_is_the_same(load: Callable[..., Arena]) -> None:
    tasks = loop()
    tasks[0]["transition"]["branches"][1]["when"] = "tool-call"
    (came,) = await talk(load(tasks), Model(call(number=1), "Done"))
    assert way(came) == ["chat", "run", "chat"]


async def test_calls_that_nobody_runs_are_told(load: Callable[..., Arena]) -> None:
    (came,) = await talk(
        load([task("chat", "chat_completion", execute_config={"tools": ["*"]})]),
        Model(call(number=1)),
    )
    assert [(one.name, one.result) for one in came.tool_calls] == [("find", None)]


# failures


async def test_a_raised_error_goes_where_on_failure_says(load: Callable[..., Arena]) -> None:
    tasks = [
        task("text", "noop", "raise", prompt_template="bad output"),
        task("raise", "raise_error", "end", input_var="text"),
    ]
    with pytest.raises(ProviderError) as raised:
        await talk(load(tasks), Model())
    assert raised.value.message == (
        "task 'raise' of the chain 'chain': failed: bad output\n"
        "  expected: a task that does what its handler says\n"
        "  fix: mend it, or name a task under on_failure"
    )
    tasks[1]["transition"]["on_failure"] = "after"
    (came,) = await talk(load([*tasks, task("after")]), Model())
    assert way(came) == ["text", "raise", "after"]
    assert "task 'raise' failed, so that 'after' follows: bad output" in notes(came)


async def test_a_task_is_tried_once_more_than_it_is_retried(load: Callable[..., Arena]) -> None:
    tasks = [task("rate", "prompt_to_int", retry_on_failure=2)]
    model = Model("a", "b", "3")
    (came,) = await talk(load(tasks), model)
    assert (came.output, len(model.asked)) == ("3", 3)
    with pytest.raises(ProviderError, match="failed after 3 attempts: no number in the answer 'd'"):
        await talk(load(tasks), Model("b", "c", "d"))


async def test_a_model_that_fails_is_the_tasks_failure_unless_the_run_cannot_go_on(
    load: Callable[..., Arena],
) -> None:
    tasks = [task("chat", "chat_completion", on_failure="sorry"), task("sorry")]
    (came,) = await talk(load(tasks), Model(ProviderError(ErrorKind.SERVER, "out of order")))
    assert (way(came), came.output) == (["chat", "sorry"], "Hi")
    for kind in (ErrorKind.MISSING_KEY, ErrorKind.NOT_RECORDED, ErrorKind.AUTHENTICATION):
        with pytest.raises(ProviderError, match="task 'chat' of the chain 'chain': no"):
            await talk(load(tasks), Model(ProviderError(kind, "no")))


async def test_a_task_that_takes_too_long_fails(load: Callable[..., Arena]) -> None:
    tasks = [task("chat", "chat_completion", on_failure="late", timeout="1ms"), task("late")]
    (came,) = await talk(load(tasks), Model(asyncio.Event()))
    assert came.steps[0].error == "timeout: not done within 0.001 s"


async def test_a_variable_that_was_not_given_yet_is_an_error(load: Callable[..., Arena]) -> None:
    tasks = [task("a", "noop", input_var="b"), task("b")]
    with pytest.raises(ProviderError, match="'input_var' asks for 'b', which was not given yet"):
        await talk(load(tasks), Model())
    tasks = [task("a", "noop", prompt_template="{{.b}}"), task("b")]
    with pytest.raises(ProviderError, match="failed: undefined key 'b'"):
        await talk(load(tasks), Model())


# texts


async def test_macros_are_filled_in_at_each_visit(load: Callable[..., Arena]) -> None:
    system = (
        "{{date}} {{now:}} {{chain:id}} {{var:who}} {{var:x|var:who}} {{var:y|9}} "
        "{{edge_count:chat->run}} {{edge_count:no->where}} {{toolservice:tools git}} {{left}}"
    )
    arena = load(
        loop(3, system_instruction=system),
        variables={"who": "Ann {{x}}", "date": "2026-11-27", "now": "soon"},
    )
    model = Model(call(number=1), "Done")
    await talk(arena, model)
    whole = '2026-11-27 soon c Ann {{x}} Ann {{x}} 9 %s 0 ["status"] {{left}}'
    assert [model.system(n) for n in (0, 1)] == [whole % 0, whole % 1]


async def test_templates_are_gos_and_what_is_filled_in_is_not_read_again(
    load: Callable[..., Arena],
) -> None:
    tasks = [
        task("a", "noop", "b", prompt_template='{"x": [1]}'),
        task(
            "b",
            "noop",
            "c",
            prompt_template="{{var:who}} {{.input}} {{trunc 4 .a}} {{.a | toJson}}",
        ),
        task("c", "noop", print="{{ .c | upper }} {{edge_count:a->b}}", prompt_template="c"),
    ]
    (came,) = await talk(load(tasks, variables={"who": "{{.a}}"}), Model(), "{{.b}}")
    assert [one.text for one in came.steps if one.name == "b"] == [
        '{{.a}} {{.b}} {"x" "{\\"x\\": [1]}"'
    ]
    assert notes(came) == ["C 1"]


async def test_parameters_and_models_of_a_task_are_taken(load: Callable[..., Arena]) -> None:
    config = {"temperature": 0.3, "max_tokens": "{{var:most|16384}}", "model": "x"}
    tasks = [
        task("a", "chat_completion", "b", execute_config=config),
        task("b", "chat_completion", execute_config={"max_tokens": "{{var:unset}}"}),
    ]
    model = Model("1", "2")
    await talk(load(tasks, more=", models: {b: small}"), model)
    assert model.params == [{"temperature": 0.3, "max_tokens": 16384}, {}]
    assert model.by == [None, "small"]


@pytest.mark.parametrize(
    ("config", "offered"),
    [
        ({}, []),
        ({"tools": []}, []),
        ({"tools": ["*"]}, ["git.status", "find", "broken", "keep"]),
        ({"tools": ["*", "!git"]}, ["find", "broken", "keep"]),
        ({"tools": ["git"]}, ["git.status"]),
        ({"tools": ["git", "find"]}, ["git.status", "find"]),
        ({"tools": ["!git"]}, []),
        ({"tools": ["*"], "hide_tools": ["find", "git.status"]}, ["broken", "keep"]),
        ({"hooks": ["find"]}, ["find"]),
        ({"pass_clients_tools": True}, []),
    ],
)
async def test_a_model_is_offered_what_its_task_allows(
    load: Callable[..., Arena], config: dict[str, Any], offered: list[str]
) -> None:
    model = Model("Done")
    await talk(load([task("chat", "chat_completion", execute_config=config)]), model)
    assert model.offered == [offered]


# what is handed on


async def test_a_second_turn_begins_anew_with_the_conversation(load: Callable[..., Arena]) -> None:
    model = Model("Hello", "Bye")
    tasks = [task("note", "noop", "chat"), task("chat", "chat_completion")]
    came = await talk(load(tasks), model, "Hi", "Go")
    assert [one["content"] for one in model.asked[1]] == ["Hi", "Hello", "Go"]
    assert [way(one) for one in came] == [["note", "chat"]] * 2


async def test_a_long_input_is_cut(load: Callable[..., Arena]) -> None:
    tasks = [task("a", "noop", input_max_bytes=8)]
    (came,) = await talk(load(tasks), Model(), "äöüäöü")
    assert came.output == "äö…"
    model = Model("one two three", "four", "five")
    tasks = [task("chat", "chat_completion", input_max_bytes=6)]
    await talk(load(tasks), model, "Hi", "Ho")
    assert [one["content"] for one in model.asked[1]] == ["o…", "Ho"]


async def test_the_limit_of_tokens_fails_a_task_or_shifts_what_it_is_told(
    load: Callable[..., Arena],
) -> None:
    long = Response("x" * 60, input_tokens=30, output_tokens=60)
    tasks = [task("chat", "chat_completion", "more"), task("more", "chat_completion")]
    with pytest.raises(ProviderError, match="token_limit: 90 tokens, and the chain allows 80"):
        await talk(load(tasks, token_limit=80), Model(long, "b"))
    with pytest.raises(ProviderError, match="token_limit: 30 tokens, and the chain allows 20"):
        await talk(load(tasks, token_limit=20), Model(long, "b"))
    tasks[1]["execute_config"] = {"shift": True, "max_tokens": 5}
    model = Model(long, "b")
    await talk(load(tasks, token_limit=80), model, "y" * 30)
    assert [one["content"] for one in model.asked[1]] == ["x" * 60]


async def test_outputs_are_composed(load: Callable[..., Arena]) -> None:
    append = {"with_var": "input", "strategy": "append_string_to_chat_history"}
    tasks = [
        task("say", "raw_string", {**on("", "chat", "default"), "compose": append}),
        task("chat", "chat_completion", prompt_template=""),
    ]
    model = Model("Rejected.", "Well")
    (came,) = await talk(load(tasks), model)
    assert [one["content"] for one in model.asked[1]] == ["Hi", "Rejected."]
    assert came.steps[0].text == "Rejected."
    shout = {"with_var": "input", "strategy": "append_string_to_chat_history"}
    tasks = [
        task("shout", "noop", "chat", prompt_template="UPPER", compose=shout),
        task("chat", "model_execution"),
    ]
    model = Model("HELLO")
    await talk(load(tasks), model)
    assert [one["content"] for one in model.asked[0]] == ["UPPER", "Hi"]
    assert model.system(0) == "UPPER"


async def test_json_is_no_prompt(load: Callable[..., Arena]) -> None:
    tasks = [task("a", "parse_key_value", "b"), task("b", "chat_completion")]
    with pytest.raises(ProviderError, match="chat_completion takes a text or a conversation"):
        await talk(load(tasks), Model(), "a=1")
    tasks[1]["handler"] = "prompt_to_string"
    with pytest.raises(ProviderError, match="takes a text, a number or a conversation"):
        await talk(load(tasks), Model(), "a=1")
