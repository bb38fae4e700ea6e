"""What is done in a task, by its handler: a model is asked, tools are run, a text is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from typing import Any

from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.task_chain_plans import TaskChainPlan, TaskPlan
from pytest_arena.results.request_response import Message, Response, Tool, ToolCall
from pytest_arena.targets.agent.tool_runs import ToolRuns
from pytest_arena.targets.agent.transcript import assistant_message, is_run_already, with_ids
from pytest_arena.targets.agent.turn_record import TurnRecord
from pytest_arena.targets.steps import AskStep
from pytest_arena.targets.task_chain import answers
from pytest_arena.targets.task_chain.own_calls import arguments_of, as_json, token_of
from pytest_arena.targets.task_chain.texts import LiveTexts
from pytest_arena.targets.task_chain.values import (
    History,
    TaskFailed,
    history_of,
    prompt_of,
    shifted,
    text_of,
)
from pytest_arena.tools.mcp import ConversationTools

_READ: dict[str, Callable[[str], Any]] = {
    "prompt_to_string": str,
    "prompt_to_int": answers.whole_number_in,
    "prompt_to_float": answers.number_in,
    "prompt_to_range": answers.range_in,
}
"""What is made of an answer; it is what branches compare, too."""


@dataclass(frozen=True, slots=True)
class TaskTools:
    """The tools of one task in one dialogue, and what runs them."""

    box: ConversationTools
    runs: ToolRuns


@dataclass(slots=True)
class Walk:
    """One turn's way through a chain so far: what tasks gave, and which edges were taken."""

    turn: int
    system: str
    """The system prompt of the case, which stands before those of the tasks."""
    variables: dict[str, Any]
    edges: dict[str, int] = field(default_factory=dict)
    steps: int = 0
    asked: int = 0
    """How often models were asked."""
    ran: int = 0
    """How often tools were run."""
    calls: set[str] = field(default_factory=set)
    """The ids of all calls of tools."""
    waiting: dict[str, ToolCall] = field(default_factory=dict)
    """Calls that models made and nobody has run."""

    def next_ask(self) -> int:
        """Return the number of the next call of a model."""
        self.asked += 1
        return self.asked - 1

    def next_run(self) -> int:
        """Return the number of the next run of tools."""
        self.ran += 1
        return self.ran - 1


@dataclass(frozen=True, slots=True)
class Given:
    """What a task gave, and what its branches compare."""

    value: Any
    token: str


class Tasks:
    """What does the tasks of one chain in one dialogue."""

    def __init__(
        self, plan: TaskChainPlan, ask: AskStep, tools: Callable[[TaskPlan | None], TaskTools]
    ) -> None:
        """`tools` gives those of a task, or of the whole chain."""
        self._plan = plan
        self._ask = ask
        self._tools = tools

    async def do(
        self, task: TaskPlan, value: Any, walk: Walk, texts: LiveTexts, part: TurnRecord
    ) -> Given:
        """Do a task with what it is given; raise `TaskFailed` where that cannot be."""
        match task.handler:
            case "noop":
                return Given(value, "noop")
            case "raise_error":
                raise TaskFailed(prompt_of(value, task.handler) or "an error without a text")
            case "chat_completion":
                return await self._chat(task, value, walk, texts, part)
            case "execute_tool_calls":
                return await self._run_calls(task, value, walk, part)
            case "tools" | "hook":
                return await self._call(task, value, walk, texts, part)
            case "route":
                return await self._route(task, value, walk, texts, part)
            case "parse_command":
                return Given(value, answers.command_in(prompt_of(value, task.handler)))
            case "parse_key_value":
                if isinstance(value, dict):
                    return Given(value, "already_json")
                return Given(answers.pairs_in(prompt_of(value, task.handler)), "parsed")
            case "convert_to_openai_chat_response":
                return Given(history_of(value, task.handler), "converted")
            case "text_to_embedding":
                raise TaskFailed("no arena makes an embedding within a chain")
            case _:
                return await self._prompt(task, value, walk, texts, part)

    async def _prompt(
        self, task: TaskPlan, value: Any, walk: Walk, texts: LiveTexts, part: TurnRecord
    ) -> Given:
        """Ask a model once, and read what its answer says."""
        said = await self._said(task, value, texts.macros(task.system), walk, part)
        if task.handler == "prompt_to_condition":
            condition = answers.condition_in(said, task.conditions)
            return Given(condition, condition)
        if task.handler == "prompt_to_js":
            code = answers.code_in(said)
            return Given({"code": code}, "ok" if code else "empty_js")
        read = _READ[task.handler](said)
        token = f"{read:.2f}" if isinstance(read, float) else text_of(read)
        return Given(read, token)

    async def _route(
        self, task: TaskPlan, value: Any, walk: Walk, texts: LiveTexts, part: TurnRecord
    ) -> Given:
        """Have a model choose one of the labels that branches wait for; what came in goes on."""
        labels = [one.when for one in task.branches if one.operator == "equals" and one.when]
        system = texts.macros(task.system)
        wanted = "Respond with exactly one of the following labels and nothing else: "
        system = "\n\n".join(filter(None, (system, wanted + ", ".join(labels))))
        asked = value.lines if isinstance(value, History) else value
        said = await self._said(task, asked, system, walk, part)
        return Given(value, answers.route_in(said, labels))

    async def _said(
        self, task: TaskPlan, value: Any, system: str, walk: Walk, part: TurnRecord
    ) -> str:
        """Return what a model says to a prompt, which is a text."""
        prompt = prompt_of(value, task.handler)
        if not prompt:
            raise TaskFailed(f"{task.handler} is given an empty prompt")
        messages = [*_system(walk.system, system), Message(role="user", content=prompt)]
        response = await self._asked(task, messages, [], walk, part)
        return response.output.strip()

    async def _chat(
        self, task: TaskPlan, value: Any, walk: Walk, texts: LiveTexts, part: TurnRecord
    ) -> Given:
        """Have a model go on with a conversation; the calls that it makes are run by another
        task."""
        history = history_of(value, task.handler)
        if history.calls:
            # no vendor takes calls without what came of them
            history, _ = await self._with_results(history, self._tools(None), walk, part)
        history = self._fitting(task, history)
        system = texts.macros(task.system) or history.system
        tools = self._tools(task)
        offered = [tool.offered for tool in task.agent.tools.values()]
        offered += [
            tool for tool in await tools.box.offered() if not tools.box.hides(tool, task.hidden)
        ]
        messages = [*_system(walk.system, system), *history.messages]
        response = await self._asked(task, messages, offered, walk, part)
        tokens = None
        if response.input_tokens is not None:
            tokens = response.input_tokens + (response.output_tokens or 0)
            self._check_tokens(task, response.input_tokens)
        walk.waiting |= {call.id: call for call in response.tool_calls}
        said = (*history.messages, assistant_message(response))
        made = History(said, system, response.tool_calls, tokens)
        return Given(made, "tool_call" if response.tool_calls else "executed")

    def _fitting(self, task: TaskPlan, history: History) -> History:
        """Return a conversation that the chain's limit of tokens allows."""
        limit = self._plan.token_limit
        if not limit or history.tokens is None or history.tokens <= limit:
            return history
        if not task.shifts:
            self._check_tokens(task, history.tokens)
        reserve = task.params.get("max_tokens") or limit // 8
        return shifted(history, limit, reserve)

    def _check_tokens(self, task: TaskPlan, tokens: int) -> None:
        limit = self._plan.token_limit
        if limit and tokens > limit and not task.shifts:
            raise TaskFailed(f"token_limit: {tokens:,} tokens, and the chain allows {limit:,}")

    async def _asked(
        self,
        task: TaskPlan,
        messages: list[Message],
        offered: list[Tool],
        walk: Walk,
        part: TurnRecord,
    ) -> Response:
        began_ms = part.now_ms()
        _, response = await self._ask(
            messages, walk.turn, walk.next_ask(), offered, task.provider, params=task.params
        )
        response = with_ids(response, walk.calls)
        walk.calls |= {call.id for call in response.tool_calls}
        part.add_answer(response, began_ms)
        return response

    async def _run_calls(self, task: TaskPlan, value: Any, walk: Walk, part: TurnRecord) -> Given:
        """Run the calls that a model made last, and add what came of them to the conversation."""
        if not isinstance(value, History):
            raise TaskFailed(f"{task.handler} takes a conversation, and is given none")
        if not value.messages:
            return Given(value, "noop")
        if not value.calls:
            return Given(value, "no_calls_found")
        history, ran = await self._with_results(value, self._tools(task), walk, part)
        return Given(history, "tools_executed" if ran else "no_calls_found")

    async def _with_results(
        self, history: History, tools: TaskTools, walk: Walk, part: TurnRecord
    ) -> tuple[History, bool]:
        """Return a conversation with what came of its last calls, and whether a tool ran."""
        await tools.box.offered()
        told = len(part.transcript)
        for call in history.calls:
            walk.waiting.pop(call.id, None)
        stopped = await tools.runs.run(history.calls, part, walk.turn, walk.next_run())
        assert stopped is None  # noqa: S101 - chains have no limits of tools
        ran = any(
            is_run_already(call) or tools.box.plan(call.name) is not None for call in history.calls
        )
        messages = (*history.messages, *part.transcript[told:])
        return replace(history, messages=messages, calls=()), ran

    async def _call(
        self, task: TaskPlan, value: Any, walk: Walk, texts: LiveTexts, part: TurnRecord
    ) -> Given:
        """Call one tool with fixed arguments and, where it takes them, with what came in."""
        assert task.call is not None  # noqa: S101 - a task without it was refused
        tools = self._tools(task)
        await tools.box.offered()
        plans = (tools.box.plan(name) for name in task.call.names)
        plan = next((plan for plan in plans if plan is not None), None)
        if plan is None:
            raise TaskFailed(f"there is no tool {task.call.names[0]!r}")
        arguments = arguments_of(value, task.call.arguments, plan.parameters)
        step = walk.next_run()
        call = ToolCall(plan.name, arguments, id=f"task_{step + 1}")
        made = part.calls_made
        await tools.runs.run([call], part, walk.turn, step)
        done = part.calls_since(made)[0]
        if done.error is not None:
            raise TaskFailed(f"{plan.name}: {done.error}")
        if task.output is not None:
            said = texts.template(task.output, as_json(done.result))
            return Given(said, said)
        return Given(
            done.result, token_of(done.result) if task.handler == "hook" else "tools_executed"
        )


def _system(*texts: str) -> list[Message]:
    whole = "\n\n".join(filter(None, texts))
    return [Message(role="system", content=whole)] if whole else []
