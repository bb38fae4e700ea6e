"""Workflows: which state answers a turn, what it is told, and where the workflow ends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import Arena, load_arena
from pytest_arena.registry import Registry
from pytest_arena.results.request_response import Message, Request, Response, Tool, ToolCall
from pytest_arena.targets.agent import Toolboxes
from pytest_arena.targets.workflow import WorkflowRun
from pytest_arena.tools import ToolContext, ToolEnvironment

ARENA = """\
providers: [{name: m, provider: mock}, {name: big, model: openai/gpt-4o}]
tools: {find: {mock: {result: shipped}}}
targets: {desk: {type: workflow, pack: desk.json}}
tests:
  - {name: A, target: desk, prompt: Hi, variables: {who: Ann}, assertions: [{type: success}]}
"""
PACK: dict[str, Any] = {
    "prompts": {
        "intake": {
            "system_template": "Ask {{who}}.",
            "tools": ["find"],
            "parameters": {"temperature": 0.1},
            "tool_policy": {"max_rounds": 2},
            "model_overrides": {"gpt-4o": {"system_template": "Big."}},
        },
        "desk": {
            "system_template": "Solve. {{workflow_context}}|{{artifacts.order}}|{{artifacts.log}}",
            "validators": [{"type": "banned_words", "params": {"words": ["damn"]}}],
        },
        "closed": {"system_template": "Bye."},
    },
    "tools": {"find": {"name": "find", "description": "Find", "parameters": {"type": "object"}}},
    "workflow": {
        "entry": "intake",
        "states": {
            "intake": {
                "prompt_task": "intake",
                "on_event": {"Go": "desk", "Done": "closed"},
                "artifacts": {"order": {"type": "text/plain"}, "log": {"mode": "append"}},
            },
            "desk": {
                "prompt_task": "desk",
                "on_event": {"Back": "intake", "Done": "closed"},
                "persistence": "persistent",
            },
            "closed": {"prompt_task": "closed", "terminal": True},
        },
    },
}


OF = " of the workflow of pack desk.json"


def pack(**changes: Any) -> dict[str, Any]:
    """Return the pack with values changed: `states__desk={…}` of its workflow, `engine={…}`."""
    made: dict[str, Any] = json.loads(json.dumps(PACK))
    for key, value in changes.items():
        where: Any = made["workflow"]
        *way, last = key.split("__")
        for name in way:
            where = where[name]
        where[last] = {**where.get(last, {}), **value} if isinstance(value, dict) else value
    return made


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Arena]:
    registry = Registry()
    register(registry)

    def load_text(made: dict[str, Any], text: str = ARENA) -> Arena:
        (tmp_path / "arena.yaml").write_text(text)
        (tmp_path / "desk.json").write_text(json.dumps(made, indent=1))
        return load_arena(tmp_path / "arena.yaml", root=tmp_path, registry=registry)

    return load_text


def go(event: str, **more: Any) -> ToolCall:
    return ToolCall("workflow__transition", {"event": event, **more})


def keep(name: str, value: str) -> ToolCall:
    return ToolCall("workflow__set_artifact", {"name": name, "value": value})


class Model:
    """Says one answer after another, and keeps what it was asked."""

    def __init__(self, *answers: str | Sequence[ToolCall]) -> None:
        self.answers = list(answers)
        self.asked: list[list[Message]] = []
        self.offered: list[list[str]] = []
        self.params: list[Mapping[str, Any]] = []

    async def __call__(
        self,
        messages: list[Message],
        turn: int,
        step: int,
        further: Sequence[Tool],
        *,
        params: Mapping[str, Any],
    ) -> tuple[Request, Response]:
        self.asked.append(messages)
        self.offered.append([tool["function"]["name"] for tool in further])
        self.params.append(params)
        answer = self.answers.pop(0)
        if isinstance(answer, str):
            return Request(messages), Response(answer)
        return Request(messages), Response("", tool_calls=tuple(answer))


async def talk(arena: Arena, model: Model, *said: str, clock: Any = lambda: 0.0) -> list[Response]:
    plan = arena.cells[0].case.workflow
    assert plan is not None
    run = WorkflowRun(plan, model, Toolboxes(ToolEnvironment()), ToolContext(), clock=clock)
    messages: list[Message] = []
    came = []
    for turn, text in enumerate(said):
        messages.append({"role": "user", "content": text})
        _, response = await run.answer(list(messages), turn)
        messages += response.transcript
        came.append(response)
        if response.stopped:
            break
    await run.close()
    return came


def states(*responses: Response) -> list[tuple[str, str, str, bool]]:
    return [
        (step.name, step.event, step.next, step.final)
        for response in responses
        for step in response.steps
        if step.kind == "state"
    ]


@pytest.mark.asyncio
async def test_each_turn_is_answered_by_the_state_that_the_turn_before_led_to(
    load: Callable[..., Arena],
) -> None:
    model = Model(
        [ToolCall("find", {})],
        [
            keep("order", "#7"),
            keep("log", "one"),
            keep("log", "two"),
            go("Go", context="{{who}} waits"),
        ],
        "One moment",
        [go("Done")],
        "Solved",
        "Goodbye",
    )
    came = await talk(load(pack()), model, "broken", "again", "bye")
    assert states(*came) == [
        ("intake", "Go", "desk", False),
        ("desk", "Done", "closed", True),
        ("closed", "", "", True),
    ]
    assert [response.output for response in came] == ["One moment", "Solved", "Goodbye"]
    systems = [asked[0]["content"] for asked in model.asked]
    assert systems == [
        *["Ask Ann."] * 3,
        *["Solve. {{who}} waits|#7|one\ntwo"] * 2,
        "Bye.",
    ]
    assert model.offered[0] == ["find", "workflow__transition", "workflow__set_artifact"]
    assert model.offered[3] == ["workflow__transition"]
    assert model.offered[5] == []
    assert (model.params[0], model.params[3]) == ({"temperature": 0.1}, {})


@pytest.mark.asyncio
async def test_only_a_persistent_state_is_told_what_was_said_before_it(
    load: Callable[..., Arena],
) -> None:
    model = Model([go("Go")], "One moment", "Which one?", [go("Done")], "Solved", "Goodbye")
    await talk(load(pack()), model, "broken", "again", "that one", "bye")
    told = [[one["content"] for one in asked[1:] if one["content"]] for asked in model.asked]
    assert told[2] == ["broken", "One moment", "again"]
    assert told[3] == ["broken", "One moment", "again", "Which one?", "that one"]
    assert told[5] == ["bye"]


@pytest.mark.asyncio
async def test_calls_of_the_workflow_itself_are_told_to_no_later_state(
    load: Callable[..., Arena],
) -> None:
    model = Model([ToolCall("find", {}), go("Go")], "One moment", "Done")
    (first, _) = await talk(load(pack()), model, "broken", "again")
    names = [
        call["function"]["name"] for one in first.transcript for call in one.get("tool_calls") or ()
    ]
    assert names == ["find"]
    assert [one["role"] for one in first.transcript] == ["assistant", "tool", "assistant"]
    assert [call.name for call in first.tool_calls] == ["find", "workflow__transition"]


@pytest.mark.asyncio
async def test_an_event_that_the_state_does_not_have_is_told_to_the_model(
    load: Callable[..., Arena],
) -> None:
    model = Model([go("Fly")], "I cannot")
    (came,) = await talk(load(pack()), model, "broken")
    assert states(came) == [("intake", "", "", False)]
    assert came.tool_calls[0].error is not None


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("changes", "way", "stopped"),
    [
        (
            {"states__desk": {"max_visits": 1}},
            ["desk", "intake", ""],
            "max_visits: state 'desk' was visited 1 time",
        ),
        (
            {"states__desk": {"max_visits": 1, "on_max_visits": "closed"}},
            ["desk", "intake", "closed"],
            None,
        ),
        (
            {"engine": {"budget": {"max_total_visits": 2}}},
            ["desk", ""],
            "max_total_visits: 2 visits of states",
        ),
        ({"engine": {"budget": {"max_tool_calls": 1}}}, [""], "max_tool_calls: 1 call of tools"),
        (
            {"engine": {"budget": {"max_wall_time_sec": 5}}},
            [""],
            "max_wall_time_sec: 5 s have passed",
        ),
    ],
)
async def test_a_workflow_goes_no_further_than_its_limits(
    load: Callable[..., Arena], changes: dict[str, Any], way: list[str], stopped: str | None
) -> None:
    model = Model(*[answer for event in ("Go", "Back", "Go") for answer in ([go(event)], "ok")])
    slow = "max_wall_time_sec" in str(changes)
    times = iter(range(0, 1000, 5)) if slow else iter([0] * 1000)
    came = await talk(load(pack(**changes)), model, "1", "2", "3", clock=lambda: float(next(times)))
    assert [step[2] for step in states(*came)] == way
    assert came[-1].stopped == stopped


@pytest.mark.asyncio
async def test_it_may_begin_elsewhere_with_what_that_state_would_be_told(
    load: Callable[..., Arena],
) -> None:
    text = ARENA.replace("pack: desk.json", "pack: desk.json, start: desk")
    text = text.replace("{who: Ann}", "{who: Ann, workflow_context: known}")
    model = Model("Solved")
    await talk(load(pack(), text), model, "broken")
    assert model.asked[0][0]["content"] == "Solve. known||"


def test_a_state_has_the_limits_and_texts_that_its_prompt_has(load: Callable[..., Arena]) -> None:
    small, big = load(pack()).cells
    for cell, system in ((small, "Ask Ann."), (big, "Big.")):
        assert cell.case.workflow is not None
        assert cell.case.workflow.states["intake"].parts == (system,)
        assert cell.case.workflow.states["intake"].agent.max_llm_turns == 3
        assert cell.case.workflow.states["desk"].agent.max_llm_turns == 10
        assert [rule.type for rule in cell.case.workflow.guardrails] == ["banned_words"]
    assert small.hashes["prompt"] != big.hashes["prompt"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"entry": "intke"}, f"entry{OF} names an unknown state 'intke'"),
        (
            {"states__desk": {"on_event": {"Done": "clsed"}}},
            f"event 'Done' of state 'desk'{OF} names an unknown state 'clsed'",
        ),
        (
            {"states__desk": {"prompt_task": "dsk"}},
            f"state 'desk'{OF} names an unknown prompt 'dsk'",
        ),
        (
            {"states__desk": {"on_max_visits": "x"}},
            f"'on_max_visits' of state 'desk'{OF} names an unknown state 'x'",
        ),
        ({"states__desk": {"persistence": "forever"}}, "'persistence'"),
        ({"states__desk": {"max_visit": 3}}, "did you mean 'max_visits'?"),
        ({"engine": {"budget": {"max_visits": 3}}}, "unknown key 'max_visits'"),
        ({"states__desk": {"prompt_task": None}}, f"state 'desk'{OF} has no prompt_task"),
    ],
)
def test_a_workflow_that_leads_nowhere_is_refused_at_its_place(
    load: Callable[..., Arena], changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(ArenaFileError) as caught:
        load(pack(**changes))
    assert str(caught.value).startswith("desk.json:")
    assert told in str(caught.value)
    assert str(caught.value).count("desk.json:") == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ARENA.replace("desk.json}", "desk.json, start: dsk}"), "starts in an unknown state 'dsk'"),
        (
            ARENA.replace("{type: success}", "{type: state_is, state: clsed}"),
            "unknown state 'clsed' in assertion 'state_is'",
        ),
        (
            ARENA.replace("{mock: {result: shipped}}", "{description: Find}"),
            "says nothing of how state 'intake'",
        ),
        (ARENA.replace("variables: {who: Ann}, ", ""), "undefined variable 'who'"),
        (
            ARENA.replace("prompt: Hi", "prompt: Hi, concurrent: 2, duration: 1s"),
            "which is a workflow",
        ),
        (ARENA.replace("type: workflow, ", ""), "add type: workflow"),
    ],
)
def test_a_case_that_no_workflow_can_answer_is_refused(
    load: Callable[..., Arena], text: str, told: str
) -> None:
    with pytest.raises(ArenaFileError) as caught:
        load(pack(), text)
    assert told in str(caught.value)


def test_a_pack_without_workflow_is_no_workflow(load: Callable[..., Arena]) -> None:
    made = pack()
    del made["workflow"]
    with pytest.raises(ArenaFileError) as caught:
        load(made)
    assert "pack desk.json has no workflow" in str(caught.value)


@pytest.mark.asyncio
async def test_the_conversation_is_shown_with_the_system_prompt_of_each_state_where_it_begins(
    load: Callable[..., Arena],
) -> None:
    model = Model([go("Go", context="lost")], "One moment", "Which one?", [go("Done")], "So", "Bye")
    plan = load(pack()).cells[0].case.workflow
    assert plan is not None
    run = WorkflowRun(plan, model, Toolboxes(ToolEnvironment()), ToolContext(), clock=lambda: 0.0)
    messages: list[Message] = [{"role": "system", "content": "Of the case"}]
    for turn, text in enumerate(["broken", "again", "that one", "bye"]):
        messages.append({"role": "user", "content": text})
        request, response = await run.answer(list(messages), turn)
        messages += response.transcript
    await run.close()
    assert [(one["role"], one["content"]) for one in request.messages] == [
        ("system", "Of the case"),
        ("system", "Ask Ann."),
        ("user", "broken"),
        ("assistant", "One moment"),
        ("system", "Solve. lost||"),
        ("user", "again"),
        ("assistant", "Which one?"),
        ("user", "that one"),
        ("assistant", "So"),
        ("system", "Bye."),
        ("user", "bye"),
    ]


@pytest.mark.parametrize(
    ("choice", "params", "offered"),
    [
        ("required", {"temperature": 0.1, "tool_choice": "required"}, ["find"]),
        ("auto", {"temperature": 0.1}, ["find"]),
        ("none", {"temperature": 0.1}, []),
    ],
)
def test_a_state_has_the_tool_choice_of_its_prompt_and_can_always_be_left(
    load: Callable[..., Arena], choice: str, params: dict[str, Any], offered: list[str]
) -> None:
    made = pack()
    made["prompts"]["intake"]["tool_policy"] = {"tool_choice": choice}
    plan = load(made).cells[0].case.workflow
    assert plan is not None
    state = plan.states["intake"]
    assert state.params == params
    assert list(state.agent.tools) == [*offered, "workflow__transition", "workflow__set_artifact"]


def test_evals_of_a_prompt_are_asked_where_its_states_answer(load: Callable[..., Arena]) -> None:
    def eval_(name: str, text: str, trigger: str = "every_turn") -> dict[str, Any]:
        return {"id": name, "type": "contains", "trigger": trigger, "params": {"patterns": [text]}}

    made = pack()
    made["evals"] = [eval_("all", "a"), eval_("some", "s")]
    made["prompts"]["desk"]["evals"] = [
        eval_("some", "d"),
        eval_("end", "e", "on_session_complete"),
    ]
    talk = ARENA.replace("prompt: Hi", "conversation: [{user: Hi}, {user: Bye}]")
    arena = load(made, talk)
    assert arena.warnings == ()
    case = arena.cells[0].case

    def told(checks: Any) -> list[tuple[Any, Any]]:
        return [(one.values, one.when.state if one.when else ()) for one in checks]

    of_turn = [(("a",), ()), (("s",), ("closed", "intake")), (("d",), ("desk",))]
    assert [told(turn.assertions) for turn in case.dialogues[0]] == [of_turn, of_turn]
    assert told(case.assertions[1:]) == [(("e",), ("desk",))]
    single = load(made).cells[0].case
    assert told(single.assertions[1:]) == [*of_turn, (("e",), ("desk",))]


def test_a_state_in_when_is_one_of_the_workflow(load: Callable[..., Arena]) -> None:
    text = ARENA.replace("{type: success}", "{type: success, when: {state: dsk}}")
    with pytest.raises(ArenaFileError) as caught:
        load(pack(), text)
    assert "unknown state 'dsk' in assertion 'success'" in str(caught.value)


def test_what_no_arena_does_of_a_workflow_is_told_with_its_place(
    load: Callable[..., Arena],
) -> None:
    changes: dict[str, Any] = {
        "states__desk": {"orchestration": "external", "skills": "./desk", "terminal": None},
        "engine": {"timeout": 3, "budget": {"max_total_visits": 9, "joules": 1}},
        "mood": "kind",
    }
    (warning,) = load(pack(**changes)).warnings
    told = warning.split(" is run without ")[1]
    kept = [re.sub(r" \(desk\.json:\d+:\d+\)$", "", one) for one in told.split("; ")]
    assert kept == [
        "'mood' of the workflow",
        "'skills' of state 'desk' of the workflow",
        "the events of state 'desk' of the workflow, which its caller sends (orchestration: "
        "external)",
        "'timeout' of 'engine' of the workflow",
        "'joules' of 'budget' of 'engine' of the workflow",
    ]


def test_under_attack_the_turns_of_a_workflow_are_held_to_the_evals(
    load: Callable[..., Arena],
) -> None:
    made = pack()
    made["evals"] = [{"id": "e", "type": "contains", "params": {"patterns": ["a"]}}]
    text = ARENA.replace("prompt: Hi", "conversation: [{user: Hi}, {user: Bye}], attacks: [base64]")
    plain, attacked = load(made, text).cells[::2]
    for cell in (plain, attacked):
        assert [one.type for turn in cell.case.dialogues[0] for one in turn.assertions] == [
            "contains_all",
            "contains_all",
        ]
