"""The base of assertions that a function of the project decides where it can, and else a judge."""

from __future__ import annotations

import inspect
from typing import Any

from pydantic import AliasChoices, Field, field_validator

from pytest_arena.assertions.behaviour.judged_steps import JudgesSteps
from pytest_arena.assertions.python import Python
from pytest_arena.references import checked_reference
from pytest_arena.results.trial import Trial
from pytest_arena.running.time_limit import in_thread_within
from pytest_arena.schema.assertion import CheckContext, Outcome


class CheckedFirst(JudgesSteps):
    """An assertion that asks a judge only where a function of the project cannot tell."""

    success_check: str | None = Field(
        default=None, validation_alias=AliasChoices("success_check", "check")
    )
    """A function, as `module:function`, that is asked before any judge, in the way of `python`:
    true and false decide, None leaves it to the judge."""

    @field_validator("success_check")
    @classmethod
    def _names_a_function(cls, call: str | None) -> str | None:
        return None if call is None else checked_reference(call, "checks.orders:was_refunded")

    async def check(self, trial: Trial, context: CheckContext) -> Outcome:
        if self.success_check is not None:
            found = await _asked(
                _MayLeaveIt(call=self.success_check, threshold=self.threshold), trial, context
            )
            if found.verdict != "unsure":
                return found
        return await super().check(trial, context)

    def surely_asks(self, context: CheckContext) -> bool:
        return self.success_check is None


class _MayLeaveIt(Python):
    def _read(self, result: Any) -> Outcome:
        if result is None:
            return Outcome("unsure", f"{self.call} returned None")
        return super()._read(result)


async def _asked(check: Python, trial: Trial, context: CheckContext) -> Outcome:
    # the project's own code may take long, and not on the loop
    found = await in_thread_within(
        check.timeout or check.longest_s, lambda: check.check(trial, context)
    )
    return await found if inspect.isawaitable(found) else found
