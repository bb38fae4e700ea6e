"""A program of the user's own as a column: one process for each call, or one for many."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.environment import copied
from pytest_arena.errors import Problem, shorten
from pytest_arena.prompts.templates import names_in, render_text
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.json_body import read_json
from pytest_arena.providers.systems.answers import answer_of, not_started, system_failure
from pytest_arena.providers.systems.offered import (
    checked_template,
    is_last_turn,
    number_of,
    offered,
    template_failure,
)
from pytest_arena.providers.systems.portable.parameters import OFFERED
from pytest_arena.providers.systems.portable.pieces import Timing
from pytest_arena.providers.systems.program_pool import ProgramPool
from pytest_arena.providers.systems.received_spans import ReceivedSpans
from pytest_arena.results.request_response import Request, Response
from pytest_arena.running.program import OPEN_FILES, Program, ProgramFailed
from pytest_arena.running.program_call import program_output
from pytest_arena.running.runnable import names_a_path
from pytest_arena.running.user_code import Raised, Threads, in_thread
from pytest_arena.schema.http import VARIABLE
from pytest_arena.schema.provider import ProviderSpec
from pytest_arena.schema.system import TracedOptions

_LONGEST_NAME = 60
_SPACED = re.compile(r"\{\{\s*(\S+?)\s*\}\}")
_PLAIN = re.compile(r"[A-Za-z./_-][\w./=:@+-]*")
"""What YAML reads as the text that it is, but for these."""
_OTHER_VALUES = frozenset({"true", "false", "null", "yes", "no", "on", "off"})
_OWN_SHAPE = ("output", "tool_calls", "error")
"""What a JSON object holds that is an answer, and not the text of one."""
_NOTHING: Mapping[str, str] = {}
_TEXTS = frozenset({"prompt", "messages"})
"""Names in the command with which the prompt has been given, so that standard input is empty."""


class ExecOptions(TracedOptions):
    """The keys of an `exec` provider."""

    command: tuple[str, ...] = Field(min_length=1)
    """The program and its arguments, without a shell. `{{ prompt }}`, `{{ session }}`,
    `{{ variables.name }}` and the like are filled in."""
    persistent: bool = False
    """Whether a process answers many calls, each with a line of JSON in and a line out."""
    stdout: Literal["text", "json"] | None = None
    """What standard output is, where a process makes one call: a text, or a JSON object. Without
    it, an object with `output`, `tool_calls` or `error` is one, and all else is text."""
    env: dict[str, str] = Field(default_factory=dict)
    """Environment variables beside those of the run. `${NAME}` stands for one of those."""

    @field_validator("command", mode="before")
    @classmethod
    def _is_a_list(cls, command: Any) -> Any:
        if not isinstance(command, str):
            return command
        try:
            # as a shell would read it, but for the spaces within {{ }}
            parts = shlex.split(_SPACED.sub(r"{{\1}}", command))
        except ValueError:
            parts = []
        shown = ", ".join(map(_in_yaml, parts)) or "mybot, --ask"
        raise PydanticCustomError(
            "exec_command",
            "a command that a shell would have to read: {given}",
            {
                "given": shorten(repr(command), 60),
                "expected": "a list of the program and its arguments",
                "fix": f"write it like command: [{shown}]",
            },
        )

    @field_validator("command")
    @classmethod
    def _can_be_filled(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        for part in command:
            checked_template(part)
            if VARIABLE.fullmatch(part):
                raise PydanticCustomError(
                    "exec_command",
                    "no shell fills in {given}",
                    {
                        "given": repr(part),
                        "expected": "a command as it is run",
                        "fix": "let the program read the variable from its environment",
                    },
                )
        return command

    @model_validator(mode="after")
    def _asks_once(self) -> ExecOptions:
        what = None
        if self.persistent and any("{{" in part for part in self.command):
            what, fix = "a persistent program is started before there is a prompt", "{{ }}"
        elif self.persistent and self.stdout is not None:
            what, fix = "a persistent program answers with lines of JSON", "stdout"
        if what is not None:
            expected = "a command alone, since each call is a line on its standard input"
            raise PydanticCustomError(
                "exec_command", what, {"expected": expected, "fix": f"remove {fix}"}
            )
        return self

    @property
    def takes(self) -> frozenset[str]:
        if self.persistent:
            return frozenset(OFFERED)
        named = frozenset(name for part in self.command for name in names_in(part, {}))
        return named if named & _TEXTS else named | {"prompt"}

    def of_checkout(self, folder: Path, root: Path, today: Path) -> ExecOptions | None:
        program, *arguments = self.command
        named = {program, *arguments, *(f"{one.replace('.', '/')}.py" for one in arguments)}
        # os.path: what is no name of a file at all, as a script is, is no file
        if not any(os.path.isfile(folder / name) for name in named):
            # what is installed is today's
            return None
        if names_a_path(program) and not (folder / program).exists():
            program = str(today / program)
        return self.model_copy(update={"command": (program, *arguments)})

    @property
    def asks_by_argument(self) -> bool:
        """Whether the prompt is among the arguments, and not on standard input."""
        return any(_TEXTS & set(names_in(part, {})) for part in self.command)


class ExecProvider(Provider):
    """A program of the user's own, in a process group of its own.

    Not persistent: the prompt on standard input or among the arguments, the answer on standard
    output. Persistent: a process for each call in flight, started again where it dies.
    """

    type = "exec"
    Options = ExecOptions
    needs_model = False

    def __init__(self, spec: ProviderSpec, environment: ProviderEnvironment) -> None:
        super().__init__(spec, environment)
        self._options: ExecOptions = spec.options
        for secret in self._options.secrets():
            environment.add_secret(secret)
        self._name = shorten(shlex.join(self._options.command), _LONGEST_NAME)
        self._threads = Threads()
        self._spans = ReceivedSpans(self._options, environment)
        self._takes = self._options.takes
        self._variables: dict[str, str] | None = None
        self._pool: ProgramPool | None = None
        if self._options.persistent:
            self._pool = ProgramPool(
                self._name, lambda: self._launch(self._options.command), says_ready=False
            )

    @classmethod
    def problems(cls, spec: ProviderSpec, variables: Mapping[str, str]) -> list[Problem]:
        options: ExecOptions = spec.options
        problem = _program_problem(options, spec, variables)
        return [problem] if problem is not None else []

    @classmethod
    def open_files(cls, spec: ProviderSpec) -> int:
        return OPEN_FILES

    async def start(self) -> None:
        await self._spans.start()
        if self._variables is None:
            self._variables = self._own_variables()
        if self._pool is not None:
            await self._pool.start()

    async def complete(self, request: Request) -> Response:
        return await self._spans.of(request, self._answer)

    async def _answer(self, request: Request) -> Response:
        given = offered(request, self._options, self._takes)
        timing = Timing()
        if self._pool is not None:
            answer: Any = await self._pool.ask(
                number_of(request), given, timing, is_last=is_last_turn(request)
            )
        else:
            answer = _answer(self._name, await self._run(given), self._options.stdout)
        return answer_of(self._name, answer, timing)

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
        self._threads.close()
        await self._spans.close()
        await in_thread(self.environment.process_guard.stop_if_idle)

    async def _run(self, given: Mapping[str, Any]) -> str:
        """Return what a process of its own wrote."""
        with template_failure(self.spec):
            command = [render_text(part, given) for part in self._options.command]
        prompt = (
            b"" if self._options.asks_by_argument else given["prompt"].encode("utf-8", "replace")
        )
        own = {"TRACEPARENT": given["traceparent"]} if given["traceparent"] else {}
        output = await program_output(lambda: self._launch(command, own), prompt, self._threads)
        if isinstance(output, Raised):
            if isinstance(output.error, ProgramFailed):
                raise system_failure(f"{self._name} {output.error}")
            if isinstance(output.error, (OSError, ValueError)):
                raise not_started(self._name, output.error)
            raise output.error
        return output.decode("utf-8-sig", "replace")

    def _launch(self, command: Sequence[str], of_call: Mapping[str, str] = _NOTHING) -> Program:
        assert self._variables is not None  # noqa: S101 - start() comes first
        # a Python program's lines would wait in a buffer, and its caller for them
        variables = {
            "PYTHONUNBUFFERED": "1",
            **copied(self.environment.variables),
            **self._spans.variables,
            **of_call,
            **self._variables,
        }
        guard = self.environment.process_guard
        return Program(command, self.spec.folder, variables, guard, self.spec.most_bytes)

    def _own_variables(self) -> dict[str, str]:
        return {
            name: self.environment.fill(text, self.spec) for name, text in self._options.env.items()
        }


def _answer(name: str, output: str, stdout: str | None) -> Any:
    """Return the answer in what a process wrote: a JSON object, or the text itself."""
    text = output.removesuffix("\n").removesuffix("\r")
    if stdout == "text":
        return text
    found: Any = None
    if text.lstrip().startswith("{") or stdout == "json":
        with suppress(ValueError):
            found = read_json(text)
    if stdout == "json":
        if not isinstance(found, dict):
            raise system_failure(f"{name} wrote no JSON object: {shorten(text, 200)!r}")
        return found
    is_answer = isinstance(found, dict) and any(key in found for key in _OWN_SHAPE)
    return found if is_answer else text


def _in_yaml(part: str) -> str:
    """Return a part of a command as a list of YAML holds it."""
    is_plain = _PLAIN.fullmatch(part) and part.lower() not in _OTHER_VALUES
    return part if is_plain else json.dumps(part, ensure_ascii=False)


def _program_problem(
    options: ExecOptions, spec: ProviderSpec, variables: Mapping[str, str]
) -> Problem | None:
    """Say that there is no such program, as far as that can be seen without starting it."""
    program = options.command[0]
    if "{{" in program:
        return None
    what, fix = f"there is no program {program!r}", "correct command, or install it"
    if names_a_path(program):
        found = shutil.which(spec.folder / program)
        expected = "a program that can be run, its path from the arena file's folder"
        if (spec.folder / program).is_file():
            what = f"{program!r} is a file that cannot be executed"
            fix = f"chmod +x {program}, or name the program that runs it before it"
    else:
        path = options.env.get("PATH", variables.get("PATH", ""))
        found = shutil.which(program, path=VARIABLE.sub(lambda m: variables.get(m[1], ""), path))
        expected = "a program that can be run, on the PATH"
    if found is not None:
        return None
    return Problem(f"provider {spec.name!r}: {what}", spec.place, expected=expected, fix=fix)
