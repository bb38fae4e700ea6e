"""The tools of one agent in this process: found by name, run, their results cleaned."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_arena.errors import ErrorKind, Problem, ProviderError
from pytest_arena.loading.agent_plans import ToolPlan
from pytest_arena.mcp_servers.server import McpServer
from pytest_arena.results.cleaning import clean_value
from pytest_arena.schema import ChaosSpec
from pytest_arena.text.nested_texts import filled_in
from pytest_arena.text.redaction import SHORTEST
from pytest_arena.tools.base import RunsTool, ToolContext, ToolEnvironment, ToolResult
from pytest_arena.tools.chaos import fault_for, under_fault
from pytest_arena.tools.exec import ExecTool
from pytest_arena.tools.http import HttpTool
from pytest_arena.tools.mock import MockTool
from pytest_arena.tools.python import PythonTool
from pytest_arena.tools.result_size import Beginning, bounded, bounded_text
from pytest_arena.tools.room import Room


class Toolbox:
    """The tools that an agent may call; lives on the event loop.

    One serves all trials of its agent in this process. Each tool is made when it is first called.
    """

    def __init__(
        self,
        plans: Mapping[str, ToolPlan],
        environment: ToolEnvironment,
        chaos: Sequence[ChaosSpec] = (),
        servers: Sequence[McpServer] = (),
        secrets: Mapping[str, str] | None = None,
    ) -> None:
        self._plans = plans
        self._chaos = chaos
        self._environment = environment
        self.servers = servers
        """The MCP servers whose tools are called beside these."""
        self._written_secrets = secrets or {}
        self._secrets: Mapping[str, str] | None = None
        self._made: dict[str, RunsTool] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tools, without those of servers."""
        return tuple(self._plans)

    @property
    def is_mocked(self) -> bool:
        """Whether nothing is done that leaves a trace."""
        return self._environment.mocked

    @property
    def room(self) -> Room:
        """What runs all tools of this process, as far as there is room for them."""
        return self._environment.room

    def plan(self, name: str) -> ToolPlan | None:
        """Return the plan of a tool; None of one that there is not."""
        return self._plans.get(name)

    async def run(
        self, name: str, arguments: Mapping[str, Any], context: ToolContext
    ) -> ToolResult:
        """Run a tool, again where it failed and may be; what goes wrong is the result's error.

        A `ProviderError` says that it cannot be run in this run at all.
        """
        plan = self._plans[name]
        tool = self._tool(plan)
        context = replace(context, secrets=self._filled_secrets())

        async def run() -> ToolResult:
            for attempt in range(plan.spec.retries + 1):
                result = await self._once(plan, tool, arguments, context)
                if result.error is None or attempt == plan.spec.retries:
                    break
            return result

        return await self.fitting(name, context, run)

    async def fitting(
        self, name: str, context: ToolContext, run: Callable[[], Awaitable[ToolResult]]
    ) -> ToolResult:
        """Return what a run of a tool gives, under the fault that is planted in it if there is one,
        fit to be sent and kept."""
        fault = fault_for(self._chaos, name, context)
        result = await (run() if fault is None else under_fault(fault, run))
        # a stranger's result may be large
        return await asyncio.to_thread(self._fit, result)

    def _filled_secrets(self) -> Mapping[str, str]:
        """Return the agent's secrets, which are kept out of all that is written from now on.

        Where nothing is done that leaves a trace, a variable that is not set is an empty text.
        """
        if self._secrets is None:
            outside, filled = self._environment.outside, {}
            for name, text in self._written_secrets.items():
                try:
                    value = outside.filled(text, f"secret {name!r} of the agent", None)
                except ProviderError:
                    if not self._environment.mocked:
                        raise
                    value = ""
                if 0 < len(value) < SHORTEST:
                    raise _too_short(name)
                outside.add_secret(value)
                filled[name] = value
            self._secrets = filled
        return self._secrets

    async def close(self) -> None:
        """Let go of the connections that tools hold."""
        held = [tool for tool in self._made.values() if isinstance(tool, HttpTool)]
        await asyncio.gather(*(tool.close() for tool in held))

    async def _once(
        self, plan: ToolPlan, tool: RunsTool, arguments: Mapping[str, Any], context: ToolContext
    ) -> ToolResult:
        async def run() -> ToolResult:
            try:
                async with asyncio.timeout(plan.spec.timeout):
                    return await tool.run(arguments, context)
            except TimeoutError:
                return ToolResult(error=f"no result within {plan.spec.timeout:.3g} s")

        return await self.room.run(run)

    def _tool(self, plan: ToolPlan) -> RunsTool:
        if plan.name not in self._made:
            self._made[plan.name] = self._make(plan)
        return self._made[plan.name]

    def _make(self, plan: ToolPlan) -> RunsTool:
        spec = plan.spec
        if spec.is_mocked and (self._environment.mocked or not spec.runs_by):
            return MockTool(plan)
        if self._environment.mocked and (spec.irreversible or spec.python is None):
            outside = "is a program" if spec.exec is not None else "asks a service"
            what = "is irreversible" if spec.irreversible else outside
            problem = Problem(
                f"tool {plan.name!r} {what} and has no mock",
                plan.place,
                expected="a mock, since --arena-mock does nothing that cannot be undone",
                fix="add mock: …, what the tool gives",
            )
            raise ProviderError(ErrorKind.CONFIGURATION, str(problem))
        if spec.exec is not None:
            return ExecTool(plan, self._environment)
        if spec.http is not None:
            return HttpTool(plan, self._environment)
        return PythonTool(plan, self._environment)

    def _fit(self, result: ToolResult) -> ToolResult:
        """Return a result without what no file can hold, without secrets, and not too long."""
        hide: Callable[[str], str] = self._environment.hide
        if result.error is not None:
            return replace(result, error=bounded_text(hide(clean_value(result.error))))
        beginning = Beginning()
        try:
            value = filled_in(clean_value(beginning.of(result.value)), hide)
            is_whole = result.is_whole and beginning.is_whole
            return replace(result, value=bounded(value, is_whole=is_whole), is_whole=is_whole)
        except RecursionError:
            return replace(result, value=None, error="what it gave is nested too deeply")


def _too_short(name: str) -> ProviderError:
    return ProviderError(
        ErrorKind.CONFIGURATION,
        f"secret {name!r} of the agent is too short to be kept out of texts\n"
        f"  expected: {SHORTEST} characters or more\n"
        "  fix: use a longer one, or hand it over as a variable where it is none",
    )
