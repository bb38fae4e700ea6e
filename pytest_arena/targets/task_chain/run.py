"""The run of a chain of tasks: from task to task, as branches say, until one of them ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from pytest_arena.errors import ErrorKind, ProviderError, first_line, shorten
from pytest_arena.loading.dialects.task_chains.chain_checks import composed_name
from pytest_arena.loading.task_chain_plans import ON_FAILURE, TaskChainPlan, TaskPlan
from pytest_arena.real_time import real_time
from pytest_arena.recording.trial_calls import TrialCalls
from pytest_arena.results.content import text_in
from pytest_arena.results.request_response import Message, Request, Response
from pytest_arena.schema import ToolLimits
from pytest_arena.schema.task_chain import END, ComposeSpec
from pytest_arena.targets.agent import Toolboxes
from pytest_arena.targets.agent.limits import LimitsUsed
from pytest_arena.targets.agent.tool_runs import ToolRuns
from pytest_arena.targets.agent.turn_record import TurnRecord
from pytest_arena.targets.steps import AskStep, StepsRun, Taken, in_step, with_output
from pytest_arena.targets.task_chain.branches import chosen
from pytest_arena.targets.task_chain.compose import composed
from pytest_arena.targets.task_chain.tasks import Given, Tasks, TaskTools, Walk
from pytest_arena.targets.task_chain.texts import LiveTexts
from pytest_arena.targets.task_chain.values import History, TaskFailed, capped, text_of
from pytest_arena.text.numbers import counted
from pytest_arena.tools import ToolContext
from pytest_arena.tools.state import state_as_json

_OF_TASKS = frozenset(
    (
        ErrorKind.RATE_LIMIT,
        ErrorKind.TIMEOUT,
        ErrorKind.CONTEXT_LENGTH,
        ErrorKind.CONTENT_FILTER,
        ErrorKind.BAD_REQUEST,
        ErrorKind.SERVER,
        ErrorKind.CONNECTION,
        ErrorKind.BAD_RESPONSE,
        ErrorKind.SYSTEM,
        ErrorKind.PROVIDER,
    )
)
"""Failures of a call that a chain may answer by `on_failure`; others say that it cannot be run, or
not be run again."""


class TaskChainRun(StepsRun):
    """One chain of tasks in one dialogue; each turn of the user's goes through it anew, and what
    its tools keep goes on from turn to turn."""

    def __init__(
        self,
        plan: TaskChainPlan,
        ask: AskStep,
        toolboxes: Toolboxes,
        context: ToolContext,
        calls: TrialCalls | None = None,
        clock: Callable[[], float] = real_time.perf_counter,
    ) -> None:
        super().__init__(clock)
        self._plan = plan
        self._toolboxes = toolboxes
        self._context = context
        self._calls = calls
        self._calls_of: dict[str, int] = {}
        self._tools: dict[int, TaskTools] = {}
        self._tasks = Tasks(plan, ask, self._tools_of)

    async def answer(self, messages: list[Message], turn: int) -> tuple[Request, Response]:
        """Run the chain on what the user said last; return the conversation, and the turn as one
        response."""
        record = self._record = TurnRecord(self._clock)
        *before, last = messages
        system = "\n\n".join(text_in(one["content"]) for one in before if one["role"] == "system")
        said = [*(one for one in before if one["role"] != "system"), last]
        # a conversation is handed on as one, and so are files
        is_text = len(said) == 1 and isinstance(last["content"], str)
        value: Any = last["content"] if is_text else History(tuple(said))
        walk = Walk(turn, system, {"input": value})
        name: str | None = self._plan.entry
        while name is not None:
            task = self._plan.states[name]
            if walk.steps >= self._plan.max_steps:
                raise self._too_long(walk)
            walk.steps += 1
            try:
                name, value = await self._visit(task, value, walk, record)
            except ProviderError as error:
                where = f"task {task.name!r} of the chain {self._plan.name!r}"
                raise in_step(error, where) from error
        left = tuple(walk.waiting.values())
        record.add_calls(left, [record.now_ms()] * len(left))
        record.transcript.clear()
        self._record = None
        return Request(messages), with_output(self._whole(record), text_of(value))

    async def close(self) -> None:
        """Let the tools go of what is this dialogue's."""
        await asyncio.gather(*(tools.box.close() for tools in self._tools.values()))

    def _whole(self, record: TurnRecord) -> Response:
        every = self._plan.every
        has_tools = every.tools or every.servers or self._plan.has_servers
        return record.response(state_as_json(self._context.state) if has_tools else None)

    async def _visit(
        self, task: TaskPlan, value: Any, walk: Walk, record: TurnRecord
    ) -> tuple[str | None, Any]:
        """Do a task; return the one that comes next, and what it is given."""
        part = TurnRecord(self._clock)
        with self._taking(record, "state", task.name) as taken:
            taken.part = part
            texts = await self._texts(task, walk)
            given: Given | None = None
            put_in = value
            try:
                put_in = self._input(task, value, walk, texts)
                given = await self._attempts(task, put_in, walk, texts, part)
                return self._go_on(task, given, walk, texts, taken, part)
            except TaskFailed as failed:
                # what was put in is what the next task sees, unless the task gave something
                after = put_in if given is None else given.value
                return self._fail(task, failed, after, walk, taken, part), after

    def _input(self, task: TaskPlan, value: Any, walk: Walk, texts: LiveTexts) -> Any:
        """Return what a task is given: what came before, a variable, or its own template."""
        if task.input_var:
            if task.input_var not in walk.variables:
                raise _never(
                    f"'input_var' asks for {task.input_var!r}, which was not given yet",
                    "a task that has run before",
                    "name input, or a task that comes before",
                )
            value = walk.variables[task.input_var]
        if task.prompt is not None:
            value = texts.template(task.prompt, walk.variables)
        return capped(value, task.input_max_bytes)

    async def _attempts(
        self, task: TaskPlan, value: Any, walk: Walk, texts: LiveTexts, part: TurnRecord
    ) -> Given:
        """Do a task, again where it failed and may be."""
        for attempt in range(task.retries + 1):
            try:
                async with asyncio.timeout(task.timeout_s) as limit:
                    return await self._tasks.do(task, value, walk, texts, part)
            except TaskFailed as failed:
                why = failed
            except TimeoutError:
                if not limit.expired():
                    raise
                why = TaskFailed(f"timeout: not done within {task.timeout_s:g} s")
            except ProviderError as error:
                if error.kind not in _OF_TASKS or (attempt == task.retries and not task.on_failure):
                    raise
                why = TaskFailed(error.message)
            if attempt < task.retries:
                part.note(f"task {task.name!r} is tried again: {first_line(str(why))}")
        raise why

    def _go_on(
        self,
        task: TaskPlan,
        given: Given,
        walk: Walk,
        texts: LiveTexts,
        taken: Taken,
        part: TurnRecord,
    ) -> tuple[str | None, Any]:
        """Keep what a task gave, and choose the way on."""
        value = given.value
        if task.compose is not None:
            value = self._composed(task.compose, value, walk, as_system=True)
            walk.variables[f"{task.name}_composed"] = value
        branch = chosen(task.branches, given.token, walk.edges)
        if branch is None and task.branches:
            raise _never(
                f"no branch matches {shorten(given.token, 80)!r}",
                "a branch for what the task gives",
                "add a branch with operator: default",
            )
        if branch is not None and branch.compose is not None:
            value = self._composed(branch.compose, value, walk)
            walk.variables[f"{task.name}_{composed_name(branch.when)}_composed"] = value
        walk.variables |= {"previous_output": value, task.name: value}
        if task.print is not None:
            part.note(texts.template(task.print, walk.variables))
        taken.text = text_of(value)
        if branch is None or branch.goto in ("", END):
            taken.event, taken.final = branch.label if branch is not None else "", True
            return None, value
        taken.event, taken.next = branch.label, branch.goto
        self._count(task.name, branch.goto, walk)
        return branch.goto, value

    def _composed(
        self, spec: ComposeSpec, value: Any, walk: Walk, *, as_system: bool = False
    ) -> Any:
        if spec.with_var not in walk.variables:
            raise TaskFailed(f"compose asks for {spec.with_var!r}, which was not given yet")
        other = walk.variables[spec.with_var]
        return composed(value, other, spec.strategy, as_system=as_system)

    def _fail(
        self,
        task: TaskPlan,
        failed: TaskFailed,
        value: Any,
        walk: Walk,
        taken: Taken,
        part: TurnRecord,
    ) -> str:
        """Return the task that comes after one that failed; an error where there is none."""
        why = str(failed) or "no reason given"
        if not task.on_failure:
            tried = f" after {counted(task.retries + 1, 'attempt')}" if task.retries else ""
            raise ProviderError(
                ErrorKind.AGENT,
                f"failed{tried}: {why}\n"
                "  expected: a task that does what its handler says\n"
                "  fix: mend it, or name a task under on_failure",
            )
        taken.error = first_line(why)
        taken.event, taken.next = ON_FAILURE, task.on_failure
        part.note(f"task {task.name!r} failed, so that {task.on_failure!r} follows: {why}")
        walk.variables |= {
            "previous_output": value,
            task.name: value,
            "last_error": why,
            f"{task.name}_error": why,
        }
        self._count(task.name, task.on_failure, walk)
        return task.on_failure

    def _count(self, source: str, target: str, walk: Walk) -> None:
        edge = f"{source}->{target}"
        walk.edges[edge] = walk.edges.get(edge, 0) + 1

    async def _texts(self, task: TaskPlan, walk: Walk) -> LiveTexts:
        """Return what fills in a task's texts, with the tools that it may call."""
        tools: dict[str, list[str]] = {}
        if self._names_tools(task):
            box = self._tools_of(task).box
            await box.offered()
            for server, name in box.sources:
                head, dot, tail = name.partition(".")
                group, leaf = (server, name) if server else (head, tail if dot else name)
                tools.setdefault(group, []).append(leaf)
        return LiveTexts(walk.edges, tools)

    def _names_tools(self, task: TaskPlan) -> bool:
        live = [text.live.values() for text in (task.prompt, task.output, task.print) if text]
        names = {name for macros in live for name, _ in macros}
        return "{{tool" in task.system or "tools" in names or "toolservice" in names

    def _tools_of(self, task: TaskPlan | None) -> TaskTools:
        """Return the tools of a task, or of the whole chain; they are made when first asked for."""
        plan = self._plan.every if task is None else task.agent
        if id(plan) not in self._tools:
            box = self._toolboxes.of(plan, self._context.session)
            used = LimitsUsed(ToolLimits(), self._clock)
            runs = ToolRuns(box, used, self._context, self._clock, self._calls, self._calls_of)
            self._tools[id(plan)] = TaskTools(box, runs)
        return self._tools[id(plan)]

    def _too_long(self, walk: Walk) -> ProviderError:
        edge, times = max(walk.edges.items(), key=lambda item: item[1])
        most = self._plan.max_steps
        return ProviderError(
            ErrorKind.AGENT,
            f"max_steps: {counted(most, 'task')} of the chain {self._plan.name!r} were run, and it "
            f"goes on: the edge {edge} was taken {counted(times, 'time')}\n"
            "  expected: a chain that comes to its end\n"
            f"  fix: add a branch {{operator: edge_traversed_at_least, edge: {edge!r}, "
            "when: '10', goto: …}, or raise max_steps of the target",
        )


def _never(what: str, expected: str, fix: str) -> ProviderError:
    return ProviderError(ErrorKind.AGENT, f"{what}\n  expected: {expected}\n  fix: {fix}")
