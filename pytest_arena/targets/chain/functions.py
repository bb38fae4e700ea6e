"""Functions of the user's in a chain: its steps, and what ends it early."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import to_jsonable_python

from pytest_arena.errors import ErrorKind, ProviderError, shorten
from pytest_arena.loading.chain_plans import FunctionPlan
from pytest_arena.providers.http_bounds import MOST_BYTES
from pytest_arena.references import UnresolvedError
from pytest_arena.results.cleaning import clean_text
from pytest_arena.running.user_code import Raised
from pytest_arena.text.exception_text import exception_text
from pytest_arena.text.unpacking import more_than
from pytest_arena.tools import ToolEnvironment


class ChainFunctions:
    """What calls the functions of chains: sync ones in threads, async ones on their own loop."""

    def __init__(self, environment: ToolEnvironment) -> None:
        self._environment = environment

    async def output(self, plan: FunctionPlan, text: str) -> str:
        """Return what a step's function makes of a text."""
        given = await self._called(plan, lambda: plan.function()(text))
        if given is None:
            raise _failed(plan, "returned nothing", "the text that the next step is given")
        return await self._text(plan, given)

    async def broken(
        self, plan: FunctionPlan, number: int, text: str, about: Mapping[str, Any]
    ) -> tuple[bool, str, str | None]:
        """Return whether a chain ends after a step, why, and what it gives instead."""

        def call() -> Any:
            function = plan.function()
            takes = inspect.signature(function).parameters
            return function(number, text, dict(about)) if len(takes) > 2 else function(number, text)

        given = await self._called(plan, call)
        if not isinstance(given, (tuple, list)) or len(given) != 3:
            raise _failed(
                plan,
                f"returned {shorten(repr(given), 60)}",
                "three values: whether the chain ends, why, and what it gives instead",
            )
        ends, why, instead = given
        # each of them may be an object of the user's
        told = await self._called(plan, lambda: (bool(ends), str(why or "")))
        return *told, None if instead is None else await self._text(plan, instead)

    async def _called(self, plan: FunctionPlan, call: Callable[[], Any]) -> Any:
        try:
            async with asyncio.timeout(plan.timeout_s):
                given = await self._environment.threads.run(call)
                if not isinstance(given, Raised) and inspect.isawaitable(given):
                    given = await self._environment.user_loop.run(_awaited(given))
        except TimeoutError:
            limit = f"{plan.timeout_s:.3g} s"
            raise _failed(plan, f"gave nothing within {limit}", "an answer in time") from None
        if isinstance(given, Raised) and isinstance(given.error, UnresolvedError):
            raise ProviderError(ErrorKind.CONFIGURATION, str(given.error)) from given.error
        if isinstance(given, Raised) and isinstance(given.error, ProviderError):
            raise given.error
        if isinstance(given, Raised):
            raise ProviderError(
                ErrorKind.AGENT, f"{plan.call} raised {exception_text(given.error, plan.root)}"
            ) from given.error
        return given

    async def _text(self, plan: FunctionPlan, given: Any) -> str:
        """Return what a function gave as the text that the next step is given."""
        kind = type(given).__name__
        if isinstance(given, (bytes, bytearray, memoryview)):
            raise _failed(plan, f"returned {kind}", "a text, as .decode() gives it")
        if isinstance(given, BaseException):
            raise _failed(plan, f"returned {kind}, an exception", "a text, or to raise it")
        if not isinstance(given, str):
            given = await self._called(plan, lambda: _in_json(plan, given))
        if len(given) > MOST_BYTES or len(given.encode("utf-8", "replace")) > MOST_BYTES:
            raise _failed(
                plan, f"returned {more_than(MOST_BYTES)}", "a text that a model can be given"
            )
        return self._environment.hide(clean_text(given))


def _in_json(plan: FunctionPlan, given: Any) -> str:
    try:
        plain = to_jsonable_python(given, fallback=str, inf_nan_mode="null")
    except ValueError as error:
        if not str(error).startswith("Circular reference"):
            raise
        kind = type(given).__name__
        raise _failed(plan, f"returned a {kind} that holds itself", "what JSON can hold") from None
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


async def _awaited(given: Any) -> Any:
    return await given


def _failed(plan: FunctionPlan, what: str, expected: str) -> ProviderError:
    return ProviderError(ErrorKind.AGENT, f"{plan.call} {what}\n  expected: {expected}")
