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
from pytest_arena.references import UnresolvedError
from pytest_arena.results.cleaning import clean_text
from pytest_arena.running.user_code import Raised
from pytest_arena.text.exception_text import exception_text
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
        if isinstance(given, (bytes, bytearray, memoryview)):
            kind = type(given).__name__
            raise _failed(plan, f"returned {kind}", "a text, as .decode() gives it")
        return self._text(given)

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
        return bool(ends), str(why or ""), None if instead is None else self._text(instead)

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
        if isinstance(given, Raised):
            raise ProviderError(
                ErrorKind.AGENT, f"{plan.call} raised {exception_text(given.error, plan.root)}"
            ) from given.error
        return given

    def _text(self, given: Any) -> str:
        """Return what a function gave as the text that the next step is given."""
        if not isinstance(given, str):
            given = to_jsonable_python(given, fallback=str, inf_nan_mode="null")
        text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        return self._environment.hide(clean_text(text))


async def _awaited(given: Any) -> Any:
    return await given


def _failed(plan: FunctionPlan, what: str, expected: str) -> ProviderError:
    return ProviderError(ErrorKind.AGENT, f"{plan.call} {what}\n  expected: {expected}")
