"""Projects whose runs are killed: arenas of several kinds, and what must come of their cells."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from servers.formats import Reply
from servers.wire import WireRequest

from survival.ledger import NOTE, case_of

CONFTEST = """\
import os, pytest

worker = os.environ.get("PYTEST_XDIST_WORKER", "")
with open("pids", "a") as file:
    file.write(f"{os.getpid()} {worker}\\n")

def reached(moment):
    open(moment, "a").close()

@pytest.hookimpl(tryfirst=True)
def pytest_collection():
    reached("collection")

@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish():
    if not worker:
        reached("reports")
"""
"""What the files of every project are: it says which processes there are, and how far they are."""


@dataclass(frozen=True)
class Project:
    """An arena, or tests in Python, with what is asked for each case and what must come of it."""

    name: str
    count: int
    lines_of: Callable[[str], str]
    """The lines of a case of this name in the arena."""
    head: str = ""
    """What the file begins with; `URL` is the server's, `CASES` the names of the cases."""
    asked: tuple[str, ...] = ("CASE",)
    """What is asked for a case that nothing disturbs, in its order."""
    answer: Callable[[WireRequest], tuple[str, Reply]] | None = None
    """What a call is noted as, and its answer; plain prompts without it."""
    files: Mapping[str, str] = field(default_factory=dict)
    file: str = "arena.yaml"
    options: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    """What must never be done twice, whatever happens."""
    keeps_calls: bool = False
    """Whether calls of cells that have not finished are not made again."""
    worse: frozenset[str] = frozenset()
    """Cases that the gate finds to have become worse, for which more is asked."""

    @cached_property
    def cases(self) -> list[str]:
        return [f"c{number}{'x' * (number % 5)}" for number in range(self.count)]

    def text(self, url: str) -> str:
        """Return the arena file."""
        head = self.head.replace("URL", url).replace("CASES", repr(self.cases))
        return head + "".join(map(self.lines_of, self.cases))

    def asked_for(self, cases: Iterable[str]) -> Counter[str]:
        """Return what is asked for cases that nothing disturbs, and how often."""
        return Counter(what.replace("CASE", case) for case in cases for what in self.asked)

    def reply(self, request: WireRequest) -> tuple[str, Reply]:
        """Return what a call is noted as, and what the server answers."""
        return plain(request) if self.answer is None else self.answer(request)


def plain(request: WireRequest) -> tuple[str, Reply]:
    case = case_of(request.prompt)
    return case, Reply("ok", latency_s=0.01 + len(case) % 3 / 100)


PROVIDER = "providers: [{name: m, provider: openai, model: m, api_base: URL/v1}]\n"


def prompt_case(name: str) -> str:
    return (
        f"  - {{name: {name}, prompt: {name} please, assertions: [{{type: equals, value: ok}}]}}\n"
    )


def _judged(request: WireRequest) -> tuple[str, Reply]:
    if request.body["model"] != "judge":
        case, reply = plain(request)
        return case, Reply(f"{case} ok", latency_s=reply.latency_s)
    found = {"evidence": [], "reasoning": "It is.", "level": "fully"}
    return f"{case_of(request.prompt)} judge", Reply(json.dumps(found), latency_s=0.02)


def judged_case(name: str) -> str:
    check = "{type: llm_judge, criteria: It is fine.}"
    return f"  - {{name: {name}, prompt: {name} please, assertions: [{check}]}}\n"


def _turns(request: WireRequest) -> tuple[str, Reply]:
    said = sum(message["role"] == "user" for message in request.body["messages"])
    return f"{case_of(request.prompt)} turn{said}", Reply(f"ok {said}", latency_s=0.02)


def turns_case(name: str) -> str:
    turns = ", ".join(f"{{user: {name} {word}}}" for word in ("one", "two", "three"))
    check = "{type: contains, value: ok 3}"
    return f"  - {{name: {name}, conversation: [{turns}], assertions: [{check}]}}\n"


DESK = (
    NOTE
    + """
from pytest_arena.tools import ToolContext

def find(context: ToolContext, number: str, state) -> str:
    note(f"{number} find")
    state["found"] = number
    time.sleep(0.01)
    return "lost"

def refund(context: ToolContext, number: str) -> str:
    note(f"{number} refund")
    time.sleep(0.01)
    return "paid"

async def mail(context: ToolContext, number: str, state) -> dict:
    note(f"{number} mail")
    return dict(state)
"""
)


def _agent(request: WireRequest) -> tuple[str, Reply]:
    messages = request.body["messages"]
    case = case_of(next(one["content"] for one in messages if one["role"] == "user"))
    step = sum(one["role"] == "assistant" for one in messages)
    tool = ("find", None, "refund", "mail", None)[step]
    called = ((tool, {"number": case}),) if tool else ()
    text = "" if tool else ("It was lost." if step == 1 else "Paid back.")
    return f"{case} step{step}", Reply(text, tools=called, latency_s=0.01)


AGENT = (
    PROVIDER
    + """\
tools:
  find: {python: "desk:find"}
  refund: {python: "desk:refund", irreversible: true}
  mail: {python: "desk:mail"}
targets: {desk: {type: agent, instructions: Help.}}
defaults: {target: desk}
"""
)


def agent_case(name: str) -> str:
    turns = f"[{{user: Where is {name}?}}, {{user: Pay me back.}}]"
    check = "{type: contains, value: Paid back}"
    return f"  - {{name: {name}, conversation: {turns}, assertions: [{check}]}}\n"


APPLICATION = NOTE + (
    "\ndef answer(prompt):\n"
    "    note(prompt.split()[0])\n"
    "    time.sleep(0.01 + len(prompt) % 3 / 100)\n"
    "    return 'ok'\n"
)
SYSTEM = 'providers: [{name: m, provider: python, call: "desk:answer"}]\ntests:\n'
WORSE = frozenset({"c3xxx", "c7xx"})


def _gate(request: WireRequest) -> tuple[str, Reply]:
    case, reply = plain(request)
    # the new prompt breaks some cases, for good
    is_worse = case in WORSE and "now" in request.prompt
    return case, Reply("no" if is_worse else "ok", latency_s=reply.latency_s)


def gated_case(name: str) -> str:
    return prompt_case(name).replace("please", "please now")


TESTS = """\
import pytest
from desk import answer

@pytest.mark.parametrize("case", CASES)
def test_it(arena, case):
    arena.check(answer(case), equals="ok")
"""


PROJECTS = (
    Project("prompts", 30, prompt_case, PROVIDER + "tests:\n"),
    Project("trials", 14, prompt_case, PROVIDER + "defaults: {trials: 3}\ntests:\n", ("CASE",) * 3),
    Project(
        "judged answers",
        18,
        judged_case,
        PROVIDER + "judge: {name: j, provider: openai, model: judge, api_base: URL/v1}\ntests:\n",
        ("CASE", "CASE judge"),
        _judged,
    ),
    Project(
        "conversations",
        12,
        turns_case,
        PROVIDER + "tests:\n",
        tuple(f"CASE turn{number}" for number in (1, 2, 3)),
        _turns,
        keeps_calls=True,
    ),
    Project(
        "agents with tools",
        10,
        agent_case,
        AGENT + "tests:\n",
        tuple(
            f"CASE {what}"
            for what in ("step0", "find", "step1", "step2", "refund", "step3", "mail", "step4")
        ),
        _agent,
        {"desk.py": DESK},
        once=("refund",),
        keeps_calls=True,
    ),
    Project(
        "recordings",
        20,
        prompt_case,
        PROVIDER + "tests:\n",
        options=("--arena-record=new",),
    ),
    Project(
        "a baseline and the gate",
        12,
        gated_case,
        PROVIDER + "tests:\n",
        answer=_gate,
        options=("--arena-baseline=.arena/baseline.jsonl", "--arena-fail-on=regression"),
        worse=WORSE,
    ),
    Project("a function", 25, prompt_case, SYSTEM, files={"desk.py": APPLICATION}),
    Project(
        "tests in Python",
        20,
        lambda _name: "",
        TESTS,
        files={"desk.py": APPLICATION},
        file="test_app.py",
    ),
)
