"""A check, run within its time: whatever goes wrong in it is an `error`."""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

from pytest_arena.assertions.python import Python
from pytest_arena.errors import BudgetSpent, shorten
from pytest_arena.running.time_limit import TimeLimitError, in_thread_within, within
from pytest_arena.running.timed_loop import (
    HeldUpError,
    Stopwatch,
    TimedLoop,
    asked_from_elsewhere,
)
from pytest_arena.running.user_code import Raised
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome, is_brief
from pytest_arena.text.exception_text import exception_headline

Check = Callable[[], Outcome | Awaitable[Outcome]]
_HELD_UP = (
    "an async check beside this one never gave way, so that the loop of both was given up; "
    "let it await what takes long"
)


def run_check(assertion: Assertion, check: Check, context: CheckContext) -> Outcome:
    """Return what a check that is not async gives."""
    longest_s = _longest_s(assertion)
    told = partial(_told, check, context)
    try:
        result = told() if is_brief(type(assertion).check) else within(longest_s, told)
    except TimeLimitError:
        return _out_of_time(longest_s)
    if isinstance(result, Outcome):
        return result
    if inspect.iscoroutine(result):
        result.close()
    return Outcome.error("the check is async and was not run on the event loop")


def _told(check: Check, context: CheckContext) -> Outcome | Awaitable[object]:
    """Return what a check gives, made sound, or what it raises as an error.

    The texts of what somebody's check returns or raises are made by code of theirs, too: whoever
    holds the check to a time runs this within it. Nothing but time, Ctrl-C and a budget ends it
    from without: a cancelled task of the check's own is its failure.
    """
    try:
        result = check()
        if not isinstance(result, Outcome) and inspect.isawaitable(result):
            return result
        return _sound(result)
    except (KeyboardInterrupt, TimeLimitError, BudgetSpent):
        raise
    except BaseException as error:  # noqa: BLE001 - pytest.fail() and sys.exit() are no verdict
        return _broken(error, context)


async def run_check_async(
    assertion: Assertion,
    method: Callable[..., object],
    check: Callable[[CheckContext], Outcome | Awaitable[Outcome]],
    context: CheckContext,
) -> Outcome:
    """Return what a check gives, on the event loop; one that is not async runs in a thread.

    `method` is the assertion's own that it comes down to.
    """
    longest_s = _longest_s(assertion)
    try:
        given = await _given(assertion, method, check, context)
    except HeldUpError:
        return Outcome.error(_HELD_UP)
    except TimeLimitError:
        return _out_of_time(longest_s)
    except (KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, BudgetSpent):
        raise
    except BaseException as error:  # noqa: BLE001 - pytest.fail() and sys.exit() are no verdict
        given = Raised(error)
    if isinstance(given, Raised):
        raised = given.error
        if isinstance(raised, (KeyboardInterrupt, BudgetSpent)):
            raise raised
        return await _in_time(longest_s, lambda: _broken(raised, context))
    if isinstance(given, Outcome):
        return _sound(given)
    return await _in_time(longest_s, lambda: _sound(given))


async def _given(
    assertion: Assertion,
    method: Callable[..., object],
    check: Callable[[CheckContext], Outcome | Awaitable[Outcome]],
    context: CheckContext,
) -> object:
    """Return what a check gives, or a `Raised` of what a user's own raised on a loop of its own."""
    longest_s = _longest_s(assertion)
    ours = _is_ours(method) and not isinstance(assertion, Python)
    found: object
    if not _awaits(assertion, method, context):
        # it may search, parse or compare for long: not on the loop
        told = partial(_told, partial(check, context), context)
        found = await in_thread_within(longest_s, told)
    elif ours:
        found = check(context)
    else:
        return await _apart(longest_s, check, context)
    if not inspect.isawaitable(found):
        return found
    awaited: Any = found
    return await (awaited if ours else _apart(longest_s, lambda _: awaited, context))


async def _in_time(longest_s: float, make: Callable[[], Outcome]) -> Outcome:
    """Return what is made of what a check gave or raised, whose texts are made by its own code."""
    try:
        return await in_thread_within(longest_s, make)
    except TimeLimitError:
        return _out_of_time(longest_s)


def _awaits(assertion: Assertion, method: Callable[..., object], context: CheckContext) -> bool:
    """Return whether a check is async, as its code says."""
    if isinstance(assertion, Python):
        return assertion.is_async(context.root)
    return inspect.iscoroutinefunction(method)


def _is_ours(method: Callable[..., object]) -> bool:
    """Return whether a check was written here, so that it gives way to others."""
    return method.__module__.startswith("pytest_arena.")


async def _apart(
    longest_s: float,
    check: Callable[[CheckContext], Outcome | Awaitable[Outcome]],
    context: CheckContext,
) -> object:
    """Run a user's async check off the engine's loop, which it may block; what it asks of the run
    is asked on this one."""
    here = asyncio.get_running_loop()

    def work(watch: Stopwatch) -> object:
        def reached(function: Any) -> Any:
            return function and asked_from_elsewhere(function, here, watch)

        around = replace(
            context,
            ask=reached(context.ask),
            embed=reached(context.embed),
            rival=reached(context.rival),
            timed_loop=None,
        )
        return check(around)

    timed_loop = context.timed_loop or TimedLoop()
    try:
        found = await timed_loop.run(longest_s, work)
    finally:
        if context.timed_loop is None:
            await timed_loop.stop()
    return found


def _longest_s(assertion: Assertion) -> float:
    own = assertion.timeout if isinstance(assertion, Python) else None
    return own or assertion.longest_s


def _out_of_time(longest_s: float) -> Outcome:
    return Outcome.error(f"the check took longer than {longest_s:g} s, and was given up")


def _sound(result: object) -> Outcome:
    if not isinstance(result, Outcome):
        return Outcome.error(f"the check returned {shorten(repr(result))}, not an Outcome")
    score = result.score
    if score is not None and not (math.isfinite(score) and 0 <= score <= 1):
        return Outcome.error(f"the check gave the score {score!r}, which is not from 0 to 1")
    return result


def _broken(error: BaseException, context: CheckContext) -> Outcome:
    return Outcome.error(exception_headline(error, context.root))
