"""A Python function of the user's own as a column."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import field_validator

from pytest_arena.errors import Problem
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.systems.answers import (
    Timing,
    answer_of,
    function_failure,
    system_failure,
)
from pytest_arena.providers.systems.functions import callable_of, find_function, signature_of
from pytest_arena.providers.systems.offered import (
    OFFERED,
    arguments_for,
    offered,
    why_not_callable,
)
from pytest_arena.providers.systems.shapes import joined
from pytest_arena.providers.systems.user_code import Raised, UserLoop, in_thread
from pytest_arena.references import UnresolvedError, checked_reference, file_of
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema.provider import ProviderSpec
from pytest_arena.schema.system import SystemOptions

_EXPECTED = f"a function that takes some of {', '.join(OFFERED)}, or the prompt alone"


class PythonOptions(SystemOptions):
    """The keys of a `python` provider."""

    call: str
    """The function, as `package.module:function`, or a method, as `package.module:Class.method`."""
    python_path: tuple[str, ...] = ()
    """Folders that its modules are looked for in, from the arena file's folder. Without it, that
    folder and the root directory."""

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
        return self.folders(folder) or (root,)


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
        self._folders = self._options.folders(spec.folder)
        self._function: Callable[..., Any] | None = None
        self._loop = UserLoop()
        self._starting = asyncio.Lock()

    @classmethod
    def problems(cls, spec: ProviderSpec, variables: Mapping[str, str]) -> list[Problem]:
        options: PythonOptions = spec.options
        call, folders = options.call, options.folders(spec.folder)
        try:
            found = find_function(call, spec.root, folders)
            why = why_not_callable(signature_of(call, found, spec.root, folders), call)
            expected: str | None = _EXPECTED
        except UnresolvedError as error:
            why, expected = str(error), None
        if why is None:
            return []
        return [Problem(f"provider {spec.name!r}: {why}", spec.place, expected=expected)]

    async def start(self) -> None:
        if self._function is not None:
            return
        async with self._starting:
            if self._function is None:
                found = await in_thread(self._find)
                if isinstance(found, Raised):
                    if isinstance(found.error, UnresolvedError):
                        raise system_failure(str(found.error))
                    raise function_failure(self._options.call, found.error, self.spec.root)
                self._function = found

    def _find(self) -> Callable[..., Any]:
        call, root = self._options.call, self.spec.root
        found = find_function(call, root, self._folders)
        why = why_not_callable(signature_of(call, found, root, self._folders), call)
        if why is not None:
            raise UnresolvedError(why)
        return callable_of(call, found, root, self._folders)

    async def complete(self, request: Request) -> Response:
        function = self._function
        assert function is not None  # noqa: S101 - start() comes first
        first, named = arguments_for(function, offered(request, self._options.config))
        timing = Timing()
        result: Any
        if _is_async(function):
            result = await self._loop.run(_gathered(function(*first, **named), timing))
        else:
            result = await in_thread(lambda: _drained(function(*first, **named), timing))
            if inspect.isawaitable(result) or isinstance(result, AsyncIterator):
                result = await self._loop.run(_gathered(result, timing))
        if isinstance(result, Raised):
            raise function_failure(self._options.call, result.error, self.spec.root)
        return answer_of(self._options.call, result, timing)

    async def close(self) -> None:
        await self._loop.stop()


def _is_async(function: Callable[..., Any]) -> bool:
    call = getattr(function, "__call__", None)  # noqa: B004 - an object with an async __call__
    return any(
        check(one)
        for check in (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
        for one in (function, call)
    )


def _drained(result: Any, timing: Timing) -> Any:
    """Return the result of a sync call; a generator is run to its end, here in its thread."""
    if not isinstance(result, Iterator):
        return result
    pieces = []
    for piece in result:
        timing.piece_came()
        pieces.append(piece)
    return joined(pieces)


async def _gathered(result: Any, timing: Timing) -> Any:
    if inspect.isawaitable(result):
        result = await result
    if not isinstance(result, AsyncIterator):
        return result
    pieces = []
    async for piece in result:
        timing.piece_came()
        pieces.append(piece)
    return joined(pieces)
