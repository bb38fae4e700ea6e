"""Assert by a Python function of the project: `module:function`, sync or async."""

import inspect
import math
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import AliasChoices, Field, field_validator

from pytest_arena.errors import shorten
from pytest_arena.references import UnresolvedError, checked_reference, resolve
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome
from pytest_arena.schema.base import Duration
from pytest_arena.text.exception_text import place_of, source_line
from pytest_arena.text.numbers import number, reaches

_RETURNS = "a bool, a score from 0 to 1, a dict with `passed`, `score` and `reason`, or an Outcome"


class Python(Assertion):
    """Holds when a Python function says so.

        - type: python
          call: checks.orders:mentions_the_order

    The function takes, by name, what it needs of `output`, `prompt`, `messages`, `variables`,
    `trial` and `context`. It returns a bool; a score from 0 to 1, which must be 1 unless
    `threshold` says otherwise; a dict with `passed`, `score` (one of them at least) and `reason`;
    or an `Outcome`. It may be async. The module is found beside the arena file, in the root
    directory and among the installed packages, nowhere else.

    An `assert` in it that does not hold is a failure.

    Error: when the function cannot be found or called, raises anything else, returns something
    else, or takes longer than its `timeout`.
    """

    type: ClassVar[str] = "python"
    graded: ClassVar[bool] = True
    whole_dialogue: ClassVar[bool] = True

    call: str = Field(validation_alias=AliasChoices("call", "value"))
    """The function, as `module:function`."""

    timeout: Duration | None = None
    """The most that the function may take (default 30s)."""

    @field_validator("call")
    @classmethod
    def _names_a_function(cls, call: str) -> str:
        return checked_reference(call, "checks.orders:is_polite")

    def is_async(self, root: Path) -> bool:
        """Return whether the function is async; one that cannot be found is not."""
        try:
            function = resolve(self.call, root, folders_of(self, root))
        except UnresolvedError:
            return False
        return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 - an object with an async __call__
        )

    def check(self, trial: Trial, context: CheckContext) -> Outcome | Awaitable[Outcome]:
        try:
            function = resolve(self.call, context.root, folders_of(self, context.root))
            arguments = _arguments(self.call, function, trial, context)
        except UnresolvedError as error:
            return Outcome.error(str(error))
        try:
            result = function(**arguments)
        except AssertionError as error:
            return self._asserted(error, context)
        if inspect.isawaitable(result):
            return self._awaited(result, context)
        return self._read(result)

    async def _awaited(self, result: Awaitable[Any], context: CheckContext) -> Outcome:
        try:
            return self._read(await result)
        except AssertionError as error:
            return self._asserted(error, context)

    def _asserted(self, error: AssertionError, context: CheckContext) -> Outcome:
        """Return that an `assert` of the function did not hold, with its message or its line."""
        said = str(error).strip().split("\n")[0] or source_line(error, context.root)
        place = place_of(error, context.root)
        return Outcome.of(False, f"{self.call} asserts in {place}: {shorten(said)}".rstrip(": "))

    def _read(self, result: Any) -> Outcome:
        if isinstance(result, Outcome):
            return result
        if isinstance(result, bool):
            return Outcome.of(result, f"{self.call} returned {result}", expected="true")
        if isinstance(result, (int, float)):
            return self._scored(result, None, None)
        if isinstance(result, Mapping):
            return self._described(result)
        return Outcome.error(f"{self.call} returned {shorten(repr(result))}, not {_RETURNS}")

    def _described(self, result: Mapping[Any, Any]) -> Outcome:
        unknown = [key for key in result if key not in ("passed", "score", "reason")]
        passed, score, reason = (result.get(key) for key in ("passed", "score", "reason"))
        is_sound = (
            not unknown
            and (passed is None or isinstance(passed, bool))
            and (score is None or (isinstance(score, (int, float)) and not isinstance(score, bool)))
            and (reason is None or isinstance(reason, str))
            and (passed is not None or score is not None)
        )
        if not is_sound:
            return Outcome.error(
                f"{self.call} returned {shorten(repr(dict(result)))}, not {_RETURNS}"
            )
        if score is None:
            return Outcome.of(bool(passed), reason or f"{self.call} returned {passed}")
        return self._scored(score, passed, reason)

    def _scored(self, score: float, passed: bool | None, reason: str | None) -> Outcome:
        if not (math.isfinite(score) and 0 <= score <= 1):
            return Outcome.error(f"{self.call} gave the score {score!r}, which is not from 0 to 1")
        told = reason or f"{self.call} gave the score {number(float(score))}"
        holds = reaches(score, 1) if passed is None else passed
        expected = "score 1" if passed is None and self.threshold is None else None
        return Outcome.of(holds, told, score=float(score), expected=expected)


def folders_of(assertion: Assertion, root: Path) -> tuple[Path, ...]:
    """Return the folder of the file that an assertion stands in, which modules are looked for
    first in."""
    return ((root / assertion.place.file).parent,) if assertion.place is not None else ()


def _arguments(
    call: str, function: Callable[..., Any], trial: Trial, context: CheckContext
) -> dict[str, Any]:
    offered = {
        "output": trial.output or "",
        "prompt": trial.last_prompt,
        "messages": list(trial.messages),
        "variables": dict(context.variables),
        "trial": trial,
        "context": context,
    }
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError) as error:
        raise UnresolvedError(f"{call} has no signature that could be read") from error
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    for parameter in named:
        fits = parameter.name in offered and parameter.kind is not parameter.POSITIONAL_ONLY
        if not fits and parameter.default is parameter.empty:
            raise UnresolvedError(
                f"{call} wants a parameter {parameter.name!r} that there is not\n"
                f"  expected: parameters named {', '.join(offered)}"
            )
    if takes_all:
        return offered
    by_name = {p.name for p in named if p.kind is not p.POSITIONAL_ONLY}
    return {name: value for name, value in offered.items() if name in by_name}
