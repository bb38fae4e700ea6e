"""A Python function of the user's own as a column."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import field_validator

from pytest_arena.errors import ErrorKind, Problem
from pytest_arena.providers.answer_size import check_size
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.http_bounds import too_long
from pytest_arena.providers.systems.answers import answer_of, function_failure, system_failure
from pytest_arena.providers.systems.functions import find_function, owner_of
from pytest_arena.providers.systems.interpreter import Interpreter
from pytest_arena.providers.systems.offered import is_last_turn, number_of, offered
from pytest_arena.providers.systems.portable.callables import (
    NotCallableError,
    callable_of,
    check_callable,
)
from pytest_arena.providers.systems.portable.parameters import arguments_for, taken_by
from pytest_arena.providers.systems.portable.pieces import (
    Timing,
    TooLongError,
    drained,
    gathered,
    is_async,
    waits,
)
from pytest_arena.providers.systems.portable.trace_context import (
    awaited_within,
    called_within,
    send_spans,
)
from pytest_arena.providers.systems.program_pool import ProgramPool
from pytest_arena.providers.systems.received_spans import ReceivedSpans
from pytest_arena.references import UnresolvedError, checked_reference, file_of
from pytest_arena.results.request_response import Request, Response
from pytest_arena.running.program import OPEN_FILES
from pytest_arena.running.runnable import interpreter_in
from pytest_arena.running.user_code import Raised, Threads, UserLoop, in_thread
from pytest_arena.schema.provider import ProviderSpec
from pytest_arena.schema.system import TracedOptions


class PythonOptions(TracedOptions):
    """The keys of a `python` provider."""

    call: str
    """The function, as `package.module:function`, or a method, as `package.module:Class.method`."""
    python_path: tuple[str, ...] = ()
    """Folders that its modules are looked for in, from the arena file's folder. Without it, that
    folder and the root directory."""
    venv: str | None = None
    """An environment whose interpreter calls the function, in processes of its own: its folder, or
    the interpreter itself, from the arena file's folder."""

    def asking_for(self, *names: str) -> str:
        return f"give {self.call} a parameter {' or '.join(map(repr, names))}"

    @field_validator("call")
    @classmethod
    def _names_a_function(cls, call: str) -> str:
        return checked_reference(call, "shop.bot:answer")

    def folders(self, folder: Path) -> tuple[Path, ...]:
        """Return where its modules are looked for before all else."""
        if self.python_path:
            return tuple((folder / path).resolve() for path in self.python_path)
        top = self.call.partition(":")[0].partition(".")[0]
        return (folder.resolve(),) if file_of(top, folder) else ()

    def sources(self, folder: Path, root: Path) -> tuple[Path, ...]:
        if self.venv is not None and not self.python_path:
            # what is installed somewhere stands in no repository
            return ()
        return self.folders(folder) or (root,)

    def of_checkout(self, folder: Path, root: Path, today: Path) -> PythonOptions | None:
        top = self.call.partition(":")[0].partition(".")[0]
        own = [(folder / path).resolve() for path in self.python_path]
        home = next((one for one in (*own, folder, root) if file_of(top, one)), None)
        if home is None or not home.resolve().is_relative_to(root.resolve()):
            # what is installed is today's
            return None
        # in an interpreter of its own, where its modules come before all that is installed
        venv = sys.executable if self.venv is None else str(today / self.venv)
        paths = tuple(map(str, dict.fromkeys((home, *own))))
        return self.model_copy(update={"venv": venv, "python_path": paths})

    def interpreter(self, spec: ProviderSpec) -> Interpreter | None:
        """Return the interpreter of another environment, None for the run's own."""
        if self.venv is None:
            return None
        path = spec.folder / self.venv
        python = interpreter_in(path) if path.is_dir() else path
        found = tuple((spec.folder / path).resolve() for path in self.python_path)
        after = (spec.folder.resolve(), spec.root.resolve())
        return Interpreter(
            self.call, python, root=spec.root, folder=spec.folder, before=found, after=after
        )


class PythonProvider(Provider):
    """A function of the user's own, called with what its parameters are named after.

    Sync functions run in threads and async ones on a loop of their own. What is raised is told
    with the user's own frames.
    """

    type = "python"
    Options = PythonOptions
    needs_model = False

    def __init__(self, spec: ProviderSpec, environment: ProviderEnvironment) -> None:
        super().__init__(spec, environment)
        self._options: PythonOptions = spec.options
        for secret in self._options.secrets():
            environment.add_secret(secret)
        self._folders = self._options.folders(spec.folder)
        self._function: Callable[..., Any] | None = None
        self._loop = UserLoop()
        self._threads = Threads()
        self._starting = asyncio.Lock()
        interpreter = self._options.interpreter(spec)
        self._spans = ReceivedSpans(self._options, environment)
        self._pool: ProgramPool | None = None
        if interpreter is not None:
            self._pool = interpreter.pool(
                environment, lambda: self._spans.variables, spec.most_bytes
            )

    @classmethod
    def problems(cls, spec: ProviderSpec, variables: Mapping[str, str]) -> list[Problem]:
        options: PythonOptions = spec.options
        interpreter = options.interpreter(spec)
        why: str | None = None
        try:
            if interpreter is not None:
                why = interpreter.why_not(variables)
            else:
                _check(options.call, spec.root, options.folders(spec.folder))
        except (UnresolvedError, NotCallableError) as error:
            why = str(error)
        return [Problem(f"provider {spec.name!r}: {why}", spec.place)] if why is not None else []

    async def start(self) -> None:
        await self._spans.start()
        if self._pool is not None:
            await self._pool.start()
            return
        if self._function is not None:
            return
        async with self._starting:
            if self._function is None:
                found = await in_thread(self._find)
                if isinstance(found, Raised):
                    if isinstance(found.error, (UnresolvedError, NotCallableError)):
                        raise system_failure(str(found.error))
                    raise function_failure(self._options.call, found.error, self.spec.root)
                self._function = found

    def _find(self) -> Callable[..., Any]:
        call, root = self._options.call, self.spec.root
        owner, found = _check(call, root, self._folders)
        return callable_of(call, owner, found)

    @classmethod
    def open_files(cls, spec: ProviderSpec) -> int:
        # a function mostly asks a model, over a connection of its own
        return 1 if spec.options.venv is None else OPEN_FILES

    async def complete(self, request: Request) -> Response:
        return await self._spans.of(request, self._answer, self._have_sent)

    async def _answer(self, request: Request) -> Response:
        if self._pool is not None:
            given = offered(request, self._options, self._pool.greeting["takes"])
            return await self._ask(self._pool, request, given)
        function = self._function
        assert function is not None  # noqa: S101 - start() comes first
        given = offered(request, self._options, taken_by(function))
        first, named = arguments_for(function, given)
        timing, most = Timing(), self.spec.most_bytes
        result: Any
        part = request.traceparent
        if is_async(function):
            waiting = gathered(function(*first, **named), timing, most)
            result = await self._loop.run(awaited_within(part, waiting), request)
        else:

            def call() -> Any:
                return drained(function(*first, **named), timing, most)

            result = await self._threads.run(lambda: called_within(part, call))
            if waits(result):
                waiting = gathered(result, timing, most)
                result = await self._loop.run(awaited_within(part, waiting), request)
        if isinstance(result, Raised):
            if isinstance(result.error, TooLongError):
                raise too_long(self._options.call, most)
            failure = function_failure(self._options.call, result.error, self.spec.root)
            failure.disturbed = result.disturbed
            raise failure
        return self._response(result, timing)

    def _response(self, returned: Any, timing: Timing) -> Response:
        response = answer_of(self._options.call, returned, timing)
        check_size(self._options.call, response, self.spec.most_bytes)
        return response

    async def _have_sent(self, limit_s: float) -> None:
        """Have spans sent that wait for a batch in this process; others' environments say so.

        What goes wrong there is the exporter's, and seen by what does not come.
        """
        if self._pool is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(limit_s):
                    await self._threads.run(lambda: send_spans(limit_s))

    async def _ask(self, pool: ProgramPool, request: Request, given: Mapping[str, Any]) -> Response:
        """Return the answer of a process of another interpreter."""
        timing = Timing()
        answer = await pool.ask(number_of(request), given, timing, is_last=is_last_turn(request))
        if "fault" in answer:
            kind = ErrorKind(answer.get("kind") or ErrorKind.SYSTEM)
            raise system_failure(f"{self._options.call} {answer['fault']}", kind)
        first_ms = answer.pop("first_token_ms", None)
        if first_ms is not None:
            timing.first = timing.began + first_ms / 1000
        return self._response(answer, timing)

    async def close(self) -> None:
        await self._loop.stop()
        self._threads.close()
        await self._spans.close()
        if self._pool is not None:
            await self._pool.close()
            await in_thread(self.environment.process_guard.stop_if_idle)


def _check(call: str, root: Path, folders: Sequence[Path]) -> tuple[Any, Callable[..., Any]]:
    """Return what a function was found in, and the function, if it can be called."""
    found = find_function(call, root, folders)
    owner = owner_of(call, root, folders)
    check_callable(call, owner, found)
    return owner, found
