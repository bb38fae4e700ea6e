"""A program as a tool: it runs once for each call, and is killed as a group however a run ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from pytest_arena.environment import copied
from pytest_arena.loading.agent_plans import ToolPlan
from pytest_arena.prompts import TemplateError, render_text
from pytest_arena.prompts.templates import names_in
from pytest_arena.running.open_files import is_short
from pytest_arena.running.program import Program, ProgramFailed
from pytest_arena.running.program_call import program_output
from pytest_arena.running.user_code import Raised
from pytest_arena.schema import ToolExecSpec
from pytest_arena.text.json_depth import check_containers
from pytest_arena.tools.base import ToolContext, ToolEnvironment, ToolResult
from pytest_arena.tools.known_when_called import known_when_called
from pytest_arena.tools.room import OutOfRoom


class ExecTool:
    """A program that gives what it writes: the JSON that it is, else the text.

    An exit status other than 0 is the tool's error, with the last words on standard error.
    """

    def __init__(self, plan: ToolPlan, environment: ToolEnvironment) -> None:
        spec = plan.spec.exec
        assert spec is not None  # noqa: S101 - a plan of this kind has one
        self._plan = plan
        self._spec: ToolExecSpec = spec
        self._environment = environment.outside
        self._threads = environment.threads
        self._by_argument = any("arguments" in names_in(part, {}) for part in spec.command)

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolResult:
        known = known_when_called(self._plan, arguments, context)
        variables = self._variables(context.traceparent)
        try:
            command = [render_text(part, known) for part in self._spec.command]
        except TemplateError as error:
            return ToolResult(error=f"the command cannot be filled in: {error.what}")
        given = b"" if self._by_argument else json.dumps(arguments).encode()

        def launch() -> Program:
            guard = self._environment.process_guard
            return Program(command, self._plan.folder, variables, guard, patient=False)

        output = await program_output(launch, given, self._threads)
        if isinstance(output, Raised):
            if isinstance(output.error, ProgramFailed):
                return ToolResult(error=str(output.error))
            if isinstance(output.error, OSError) and is_short(output.error):
                raise OutOfRoom(self._plan.name, output.error)
            if isinstance(output.error, (OSError, ValueError)):
                return ToolResult(error=f"it cannot be started: {output.error}")
            raise output.error
        # much to read would hold the loop up
        return ToolResult(await asyncio.to_thread(_value_of, output))

    def _variables(self, traceparent: str) -> dict[str, str]:
        owner, place = f"tool {self._plan.name!r}", self._plan.place
        own = {
            name: self._environment.filled(text, owner, place)
            for name, text in self._spec.env.items()
        }
        of_call = {"TRACEPARENT": traceparent} if traceparent else {}
        every = copied(self._environment.variables)
        return {"PYTHONUNBUFFERED": "1", **every, **of_call, **own}


def _value_of(output: bytes) -> Any:
    text = output.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
    try:
        check_containers(text)
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
