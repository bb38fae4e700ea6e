"""A Python function as a tool: sync ones in threads, async ones on a loop of their own."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from pydantic import ValidationError, validate_call
from pydantic_core import to_jsonable_python

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.loading.agent_plans import ToolPlan
from pytest_arena.loading.tool_functions import (
    as_models_call_it,
    is_context,
    is_secrets,
    is_state,
    tool_function,
)
from pytest_arena.providers.systems.portable.callables import callable_of
from pytest_arena.providers.systems.portable.trace_context import awaited_within, called_within
from pytest_arena.references import UnresolvedError
from pytest_arena.running.open_files import no_file_left, ran_out_of_files
from pytest_arena.running.user_code import Raised
from pytest_arena.tools.base import ToolContext, ToolEnvironment, ToolResult
from pytest_arena.tools.result_size import MOST_CHARACTERS, Beginning
from pytest_arena.tools.state import why_not_kept


class PythonTool:
    """A function of the user's own, called with the model's arguments as its types want them.

    What it raises is the tool's error. A parameter `state` is given what the tools of the trial
    share, `secrets` those of the agent, one that frameworks hand their context to gets the
    `ToolContext`. Of a tool of LangChain's the run method is called.
    """

    def __init__(self, plan: ToolPlan, environment: ToolEnvironment) -> None:
        self._plan = plan
        self._environment = environment
        self._called: Callable[[Mapping[str, Any], ToolContext], Any] | None = None
        self._takes_state = False

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolResult:
        part = context.traceparent
        found = await self._environment.threads.run(
            lambda: called_within(part, lambda: self._call(arguments, context))
        )
        if not isinstance(found, Raised):
            if inspect.isawaitable(found):
                found = await self._environment.user_loop.run(awaited_within(part, found))
            elif isinstance(found, AsyncIterator):
                gathering = awaited_within(part, _gathered(found))
                found = await self._environment.user_loop.run(gathering)
        if not isinstance(found, Raised):
            given, state = found, context.state if self._takes_state else {}
            found = await self._environment.threads.run(lambda: _result(given, state))
        if not isinstance(found, Raised):
            result: ToolResult = found
            return result
        if ran_out_of_files(found.error):
            # nothing that the tool says, and it may have done a part of its work
            said = f"tool {self._plan.name!r} raised {_told(found.error)}"
            raise ProviderError(ErrorKind.OPEN_FILES, no_file_left(said))
        return ToolResult(error=_told(found.error))

    def _call(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        if self._called is None:
            call = self._plan.spec.python
            assert call is not None  # noqa: S101 - a plan of this kind names one
            self._called, self._takes_state = _callable(self._maker(call))
        return self._called(arguments, context)

    def _maker(self, call: str) -> Callable[[], Any]:
        """Return what makes the function: a method is a new object's at each call, so that trials
        share nothing but what they mean to."""
        root, folder = self._plan.root, self._plan.folder
        found = tool_function(call, root, folder)
        module, _, path = call.partition(":")
        name = path.rpartition(".")[0]
        owner = tool_function(f"{module}:{name}", root, folder) if name else None
        if inspect.isclass(owner) and not inspect.isclass(found):
            return lambda: callable_of(call, owner, found)
        return lambda: found


def _callable(
    make: Callable[[], Any],
) -> tuple[Callable[[Mapping[str, Any], ToolContext], Any], bool]:
    """Return what takes a model's arguments and a context, and calls a function with them; and
    whether the function is given the state."""
    found = make()
    for name in ("ainvoke", "invoke"):
        if hasattr(found, "args_schema") and hasattr(found, name):
            return _handing_on(getattr(found, name)), False
    converted = validate_call(as_models_call_it(found))
    parameters = inspect.signature(found, eval_str=True).parameters.values()
    contexts = [one for one in parameters if is_context(one)]
    states = [one.name for one in parameters if is_state(one)]
    secret = [one.name for one in parameters if is_secrets(one)]

    def called(arguments: Mapping[str, Any], context: ToolContext) -> Any:
        given = {**converted(**arguments), **dict.fromkeys(states, context.state)}
        given |= dict.fromkeys(secret, context.secrets)
        # frameworks hand their context over first, by position
        first = [context for one in contexts if one.kind is not one.KEYWORD_ONLY]
        given |= {one.name: context for one in contexts if one.kind is one.KEYWORD_ONLY}
        return make()(*first, **given)

    return called, bool(states or contexts)


def _handing_on(method: Callable[[Any], Any]) -> Callable[[Mapping[str, Any], ToolContext], Any]:
    """Return what calls a run method of LangChain's, which takes the arguments as one."""
    return lambda arguments, _context: method(dict(arguments))


def _result(given: Any, state: Mapping[str, Any]) -> ToolResult:
    """Return what a function gave as JSON, as far as it is kept; a state that cannot be is its
    error."""
    if (why := why_not_kept(state)) is not None:
        return ToolResult(error=why)
    beginning = Beginning()
    try:
        value = to_jsonable_python(beginning.of(given), fallback=str, inf_nan_mode="null")
    except RecursionError:
        return ToolResult(error="what it gave is nested too deeply")
    return ToolResult(value, is_whole=beginning.is_whole)


async def _gathered(items: AsyncIterator[Any]) -> list[Any]:
    """Return what an asynchronous generator gives, as far as it is kept."""
    found = []
    async for item in items:
        found.append(item)
        if len(found) > MOST_CHARACTERS:
            break
    return found


def _told(error: BaseException) -> str:
    """Return in one line what a function raised, as a model is told it."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"bad argument {where}: {first['msg']}"
    if isinstance(error, UnresolvedError):
        return str(error)
    try:
        said = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - the text of an exception is the user's code, too
        said = "(its text cannot be told)"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
