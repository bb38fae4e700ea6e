"""Conversations of a run that was killed go on where they stood, and repeat nothing irreversible.

The tools of these agents note each run, and one of them waits at a gate, so that a run is killed at
a known point.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import indent
from typing import Any

import pytest
from conftest import INTERRUPTIBLE, Project
from servers import mcp_raw
from survival import is_alive, process_group, wait_until
from survival.forked import forked_group

DESK = """
import os
from pytest_arena.tools import ToolContext

def note(name, context):
    with open("runs", "a") as file:
        file.write(f"{name} {context.case} {context.trial} {os.getpid()}\\n")

def gate(name, context):
    note(name, context)
    if os.path.exists(f"gate-{name}"):
        # until someone opens it to write
        open(f"gate-{name}").close()

def find(context: ToolContext, number: str, state) -> str:
    note("find", context)
    state["found"] = [*state.get("found", []), number]
    return "lost"

def refund(context: ToolContext, number: str, state) -> str:
    gate("refund", context)
    state["paid"] = number
    return "paid"

def mail(context: ToolContext, state) -> dict:
    gate("mail", context)
    return dict(state)
"""
CONFTEST = """\
def pytest_arena_before_request(request, config):
    with open(config.rootpath / "runs", "a") as file:
        file.write(f"model {request.case} {request.trial} 0\\n")
"""


def arena(*cases: str, trials: int = 1) -> str:
    head = f"""\
providers: [{{name: m, provider: mock, model: any}}]
tools:
  find: {{python: "desk:find"}}
  refund: {{python: "desk:refund", irreversible: true}}
  mail: {{python: "desk:mail"}}
targets: {{desk: {{type: agent, instructions: Help.}}}}
defaults: {{target: desk, trials: {trials}}}
tests:
"""
    return head + "".join(
        f"""\
  - name: {case}
    conversation: [{{user: Where is 7?}}, {{user: Pay me back.}}]
    mock:
      - steps: [{{tool_calls: [{{name: find, arguments: {{number: "7"}}}}]}}, It was lost.]
      - steps:
          - tool_calls: [{{name: refund, arguments: {{number: "7"}}}}]
          - tool_calls: [{{name: mail, arguments: {{}}}}]
          - Paid back.
    assertions: [{{type: contains, value: Paid back}}]
"""
        for case in cases
    )


@pytest.fixture
def desk(project: Project) -> Project:
    project.pytester.makepyfile(desk=DESK, conftest=CONFTEST)
    project.write(arena=arena("Lost"))
    return project


def runs(project: Project) -> list[list[str]]:
    """Return tool or model, case, trial and process of each run so far."""
    file = project.path / "runs"
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return [line.split() for line in lines]


def counted(project: Project) -> Counter[str]:
    return Counter(name for name, *_ in runs(project))


@contextmanager
def held_at(project: Project, tool: str, many: int, *options: str) -> Iterator[Any]:
    """Run until so many calls wait in a tool; nothing of the run is left at the end."""
    gate = project.path / f"gate-{tool}"
    os.mkfifo(gate)
    arguments = ["--arena", "--arena-report=", "-v"]
    arguments += ["-p", "no:randomly", "-p", "no:cacheprovider", *options]
    if "-n2" in options:
        # forked workers would be of another group
        group: Any = process_group([sys.executable, "-c", INTERRUPTIBLE, *arguments], project.path)
    else:
        group = forked_group(INTERRUPTIBLE, arguments, project.path)
    with group as process:
        wait_until(
            lambda: counted(project)[tool] >= many or process.poll() is not None, project.path
        )
        assert process.poll() is None, (project.path / "output").read_text()
        yield process
    gate.unlink(missing_ok=True)


def kill_all(process: Any) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def interrupt(process: Any) -> None:
    process.send_signal(signal.SIGINT)


def responses(project: Project, column: str = "Lost[m]", trial: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.cells()[f"arena.yaml::{column}"]["trials"][trial][
        "responses"
    ]
    return found


def test_a_conversation_goes_on_where_a_killed_run_left_it(
    desk: Project, spread: tuple[str, ...]
) -> None:
    with held_at(desk, "mail", 1, *spread) as process:
        kill_all(process)
    before = counted(desk)
    assert before == {"model": 4, "find": 1, "refund": 1, "mail": 1}
    desk.run("--arena-resume", *spread).assert_outcomes(passed=1)
    # what was not answered is asked, and what had not ended is run
    assert counted(desk) - before == {"model": 1, "mail": 1}
    last = responses(desk)[1]
    assert last["tool_calls"][1]["result"] == {"found": ["7"], "paid": "7"}
    assert last["state"] == {"found": ["7"], "paid": "7"}
    note = desk.records()[-1]["notes"][0]
    assert note.startswith("6 calls of conversations were taken from the run interrupted at 20")
    assert not (desk.path / "arena-report" / ".calls").exists()


def test_a_chain_goes_on_at_the_step_in_which_a_run_was_killed(desk: Project) -> None:
    desk.write(
        arena="""\
providers: [{name: m, provider: mock, model: any}]
tools:
  refund: {python: "desk:refund", irreversible: true}
  mail: {python: "desk:mail"}
targets:
  desk:
    type: chain
    models: [m, $provider]
    instructions: [{agentic: Pay., tools: [refund]}, {agentic: Write., tools: [mail]}]
tests:
  - name: Lost
    target: desk
    prompt: Pay me back.
    mock:
      steps:
        - tool_calls: [{name: refund, arguments: {number: "7"}}]
        - Paid.
        - tool_calls: [{name: mail, arguments: {}}]
        - Paid back.
    assertions: [{type: contains, value: Paid back}]
"""
    )
    with held_at(desk, "mail", 1) as process:
        kill_all(process)
    before = counted(desk)
    assert before == {"model": 3, "refund": 1, "mail": 1}
    desk.run("--arena-resume").assert_outcomes(passed=1)
    assert counted(desk) - before == {"model": 1, "mail": 1}
    (response,) = responses(desk)
    assert response["state"] == {"paid": "7"}
    assert [step["name"] for step in response["steps"] if step["kind"] == "tool"] == [
        "refund",
        "mail",
    ]


def test_a_chain_of_tasks_goes_on_at_the_task_in_which_a_run_was_killed(desk: Project) -> None:
    ends = {"branches": [{"operator": "default", "goto": "end"}]}
    loop = [{"operator": "equals", "when": "tool_call", "goto": "run"}, *ends["branches"]]
    chain = {
        "id": "desk",
        "tasks": [
            {
                "id": "chat",
                "handler": "chat_completion",
                "execute_config": {"tools": ["refund"]},
                "transition": {"branches": loop},
            },
            {
                "id": "run",
                "handler": "execute_tool_calls",
                "transition": {"branches": [{"operator": "default", "goto": "write"}]},
            },
            {
                "id": "write",
                "handler": "tools",
                "tools": {"name": "mail"},
                "output_template": "{{ .paid }}",
                "transition": {"branches": [{"operator": "equals", "when": "7", "goto": "say"}]},
            },
            {
                "id": "say",
                "handler": "raw_string",
                "prompt_template": "Say that {{.write}} is paid.",
            },
        ],
    }
    (desk.path / "desk.json").write_text(json.dumps(chain))
    desk.write(
        arena="""\
providers: [{name: m, provider: mock, model: any}]
tools:
  refund: {python: "desk:refund", irreversible: true}
  mail: {python: "desk:mail"}
targets: {desk: {type: task_chain, file: desk.json}}
tests:
  - name: Lost
    target: desk
    prompt: Pay me back.
    mock: {steps: [{tool_calls: [{name: refund, arguments: {number: "7"}}]}, Paid back.]}
    assertions:
      - {type: workflow_path, path: [chat, run, write, say]}
      - {type: equals, value: Paid back.}
"""
    )
    with held_at(desk, "mail", 1) as process:
        kill_all(process)
    before = counted(desk)
    assert before == {"model": 1, "refund": 1, "mail": 1}
    desk.run("--arena-resume").assert_outcomes(passed=1)
    assert counted(desk) - before == {"model": 1, "mail": 1}
    (response,) = responses(desk)
    assert response["state"] == {"paid": "7"}


def test_a_workflow_goes_on_in_the_state_in_which_a_run_was_killed(desk: Project) -> None:
    tools = ("refund", "mail")
    pack = {
        "prompts": {
            "pay": {"system_template": "Pay.", "tools": ["refund"]},
            "write": {"system_template": "Write.", "tools": ["mail"]},
        },
        "tools": {name: {"name": name, "description": name} for name in tools},
        "workflow": {
            "entry": "pay",
            "states": {
                "pay": {"prompt_task": "pay", "on_event": {"Paid": "write"}},
                "write": {"prompt_task": "write", "terminal": True},
            },
        },
    }
    (desk.path / "desk.json").write_text(json.dumps(pack))
    desk.write(
        arena="""\
providers: [{name: m, provider: mock, model: any}]
tools:
  refund: {python: "desk:refund", irreversible: true}
  mail: {python: "desk:mail"}
targets: {desk: {type: workflow, pack: desk.json}}
tests:
  - name: Lost
    target: desk
    conversation: [{user: Pay me back.}, {user: Write to me.}]
    mock:
      - steps:
          - tool_calls:
              - {name: refund, arguments: {number: "7"}}
              - {name: workflow__transition, arguments: {event: Paid}}
          - Paid.
      - steps: [{tool_calls: [{name: mail, arguments: {}}]}, Paid back]
    assertions:
      - {type: contains, value: Paid back}
      - {type: workflow_path, path: [pay, write]}
"""
    )
    with held_at(desk, "mail", 1) as process:
        kill_all(process)
    before = counted(desk)
    assert before == {"model": 3, "refund": 1, "mail": 1}
    desk.run("--arena-resume").assert_outcomes(passed=1)
    assert counted(desk) - before == {"model": 1, "mail": 1}
    assert responses(desk)[1]["state"] == {"paid": "7"}


def test_a_persona_does_not_say_again_what_it_has_said(desk: Project) -> None:
    persona = "personas: {buyer: {goals: money, provider: {provider: mock, model: any}}}\ntests:"
    text = arena("Lost").replace("tests:", persona)
    text = text.replace("{user: Where is 7?}, {user: Pay me back.}", "{persona: buyer, turns: 2}")
    says = "mock:\n      buyer: [Where is 7?, Pay me back.]\n      m:\n"
    answers = text.partition("    mock:\n")[2].partition("    assertions:")[0]
    desk.write(arena=text.replace(f"mock:\n{answers}", says + indent(answers, "  ")))
    with held_at(desk, "mail", 1) as process:
        kill_all(process)
    before = counted(desk)
    assert before == {"model": 6, "find": 1, "refund": 1, "mail": 1}
    desk.run("--arena-resume").assert_outcomes(passed=1)
    assert counted(desk) - before == {"model": 1, "mail": 1}


def test_an_irreversible_call_that_was_begun_is_not_made_again(desk: Project) -> None:
    with held_at(desk, "refund", 1) as process:
        kill_all(process)
    for _ in range(2):
        # an interrupted resumption leaves what it took for the next one
        calls = list((desk.path / "arena-report" / ".calls").glob("*/*.jsonl"))
        kept = {path: path.read_bytes() for path in calls}
        result = desk.run("--arena-resume")
        result.assert_outcomes(errors=1)
        (trial,) = desk.cells()["arena.yaml::Lost[m]"]["trials"]
        assert trial["error"]["message"].splitlines()[0] == (
            "the irreversible call of 'refund' is not made again: the run was interrupted while "
            "it was made, so that nobody knows whether it was done"
        )
        assert [call["name"] for call in trial["responses"][0]["tool_calls"]] == ["find"]
        assert counted(desk)["refund"] == 1
        for path, data in kept.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def test_ctrl_c_is_taken_up_too(desk: Project) -> None:
    with held_at(desk, "mail", 1) as process:
        interrupt(process)
        # what is told when the run ends, while the tool's thread still waits
        output = desk.path / "output"
        wait_until(lambda: "KeyboardInterrupt" in output.read_text(), desk.path)
        # a function that runs in a thread cannot be ended; its program goes when it does
        with open(desk.path / "gate-mail", "w"):
            process.wait(60)
    before = counted(desk)
    desk.run("--arena-resume").assert_outcomes(passed=1)
    assert counted(desk) - before == {"model": 1, "mail": 1}


def test_trials_are_taken_up_one_by_one(desk: Project) -> None:
    desk.write(arena=arena("Lost", trials=3))
    with held_at(desk, "mail", 3) as process:
        kill_all(process)
    before = counted(desk)
    desk.run("--arena-resume").assert_outcomes(passed=1)
    assert counted(desk) - before == {"model": 3, "mail": 3}


@pytest.mark.parametrize(
    "change",
    [("instructions: Help.", "instructions: Please help."), ("Pay me back.", "Pay me back!")],
    ids=["instructions", "turn"],
)
def test_a_conversation_that_has_changed_begins_again(
    desk: Project, change: tuple[str, str]
) -> None:
    with held_at(desk, "mail", 1) as process:
        kill_all(process)
    before = counted(desk)
    desk.write(arena=arena("Lost").replace(*change))
    desk.run("--arena-resume").assert_outcomes(passed=1)
    assert counted(desk) - before == {"model": 5, "find": 1, "refund": 1, "mail": 1}
    (note,) = desk.records()[-1]["notes"]
    assert note.startswith("nothing taken from the run interrupted at 20")
    assert note.endswith(" UTC: no cell of it is as it was")


def test_without_the_option_a_conversation_begins_again(desk: Project) -> None:
    with held_at(desk, "refund", 1) as process:
        kill_all(process)
    desk.run().assert_outcomes(passed=1)
    assert counted(desk)["refund"] == 2
    assert not (desk.path / "arena-report" / ".calls").exists()


def test_workers_that_are_left_repeat_nothing_that_a_killed_one_did(desk: Project) -> None:
    cases = [f"Lost{number}" for number in range(6)]
    desk.write(arena=arena(*cases))
    with held_at(desk, "mail", 4, "-n2") as process:
        waiting = Counter(pid for name, _, _, pid in runs(desk) if name == "mail")
        victim = int(waiting.most_common(1)[0][0])
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: not is_alive(victim), desk.path)
        with open(desk.path / "gate-mail", "w"):
            (desk.path / "gate-mail").unlink()
            process.wait(60)
    done = Counter(case for name, case, _, _ in runs(desk) if name == "refund")
    assert set(done.values()) == {1}, done
    verdicts = Counter(cell["verdict"] for cell in desk.cells().values())
    assert verdicts == {"passed": 5, "error": 1}, "the cell that the killed worker was at"


def with_server(target: str) -> str:
    command = json.dumps([*mcp_raw.COMMAND, "gate"])
    call = '{name: echo, arguments: {text: "7"}}'
    return f"""\
providers: [{{name: m, provider: mock, model: any}}]
tools: {{mail: {{python: "desk:mail"}}}}
mcp_servers: {{kb: {{command: {command}, irreversible: [echo], scope: trial}}}}
targets: {{desk: {{type: agent, tools: [mail, "mcp:kb"]{target}}}}}
tests:
  - name: Lost
    target: desk
    prompt: Say it.
    mock: {{steps: [{{tool_calls: [{call}]}}, {{tool_calls: [{{name: mail}}]}}, Said.]}}
    assertions: [{{type: contains, value: Said}}]
"""


@pytest.mark.parametrize("tool", ["mail", "echo"])
def test_calls_of_a_server_s_tools_are_kept_too(desk: Project, tool: str) -> None:
    desk.write(arena=with_server(""))
    with held_at(desk, tool, 1) as process:
        kill_all(process)
    desk.run("--arena-resume").assert_outcomes(**{"passed": 1} if tool == "mail" else {"errors": 1})
    assert counted(desk)["echo"] == 1
    assert counted(desk)["mail"] == (2 if tool == "mail" else 0)
    wait_until(lambda: not any(map(is_alive, mcp_raw.pids_in(desk.path))), desk.path)


HELD = """\
import asyncio, os
from pytest_arena import Provider, Response

class Held(Provider):
    type = "held"
    async def complete(self, request):
        with open("runs", "a") as file:
            file.write(f"{request.turn} {request.case} {request.trial} 0\\n")
        if request.turn == 2 and os.path.exists("gate-2"):
            await asyncio.to_thread(lambda: open("gate-2").close())
        return Response(output=f"turn {request.turn} of {len(request.messages)}", latency_ms=10.0)

def pytest_arena_register(registry):
    registry.provider(Held)
"""


@pytest.mark.parametrize("options", [(), ("--arena-record=once",)], ids=str)
def test_a_model_is_not_asked_again_for_turns_that_it_had_answered(
    desk: Project, options: tuple[str, ...]
) -> None:
    desk.pytester.makepyfile(conftest=HELD)
    turns = "".join(f"{{user: u{number}}}, " for number in range(4))
    desk.write(
        arena=f"""\
providers: [{{name: m, provider: held, model: any}}]
tests:
  - name: Talk
    conversation: [{turns}]
    assertions: [{{type: contains, value: turn 3 of 7}}]
"""
    )
    with held_at(desk, "2", 1, *options) as process:
        kill_all(process)
    desk.run("--arena-resume", *options).assert_outcomes(passed=1)
    assert counted(desk) == {"0": 1, "1": 1, "2": 2, "3": 1}
    outputs = [one["output"] for one in responses(desk, "Talk[m]")]
    assert outputs == ["turn 0 of 1", "turn 1 of 3", "turn 2 of 5", "turn 3 of 7"]
    assert "not used" not in (desk.path / "arena-report" / "results.jsonl").read_text()


@pytest.mark.slow
def test_a_run_that_is_killed_again_goes_on_where_the_last_one_stood(desk: Project) -> None:
    with held_at(desk, "refund", 1) as process:
        # let it go on to the next gate
        os.mkfifo(desk.path / "gate-mail")
        with open(desk.path / "gate-refund", "w"):
            wait_until(lambda: counted(desk)["mail"] == 1, desk.path)
        kill_all(process)
    (desk.path / "gate-mail").unlink()
    for number in (2, 3):
        with held_at(desk, "mail", number, "--arena-resume") as process:
            kill_all(process)
    desk.run("--arena-resume").assert_outcomes(passed=1)
    assert counted(desk) == {"model": 5, "find": 1, "refund": 1, "mail": 4}
