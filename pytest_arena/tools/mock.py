"""A tool that is not there: what it gives stands in the arena file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_arena.loading.agent_plans import ToolPlan
from pytest_arena.prompts import TemplateError, fill_template
from pytest_arena.schema import ToolAnswer
from pytest_arena.text.nested_texts import filled_in
from pytest_arena.tools.base import ToolContext, ToolResult
from pytest_arena.tools.known_when_called import known_when_called


class MockTool:
    """A tool that gives what its `mock:` says, by the call's number and its arguments."""

    def __init__(self, plan: ToolPlan) -> None:
        self._answers: Sequence[ToolAnswer] = plan.spec.mock
        self._plan = plan

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolResult:
        known = known_when_called(self._plan, arguments, context)

        def fill(text: str) -> Any:
            return fill_template(text, known)

        try:
            answer = _fitting(self._answers, arguments, context.call, fill)
            if answer is None:
                return ToolResult(error="the mock has no answer for these arguments")
            if answer.delay:
                await asyncio.sleep(answer.delay)
            if answer.error is not None:
                return ToolResult(error=str(fill(answer.error)))
            return ToolResult(filled_in(answer.result, fill))
        except TemplateError as error:
            return ToolResult(error=f"the mock cannot be filled in: {error.what}")


def _fitting(
    answers: Sequence[ToolAnswer], arguments: Mapping[str, Any], call: int, fill: Any
) -> ToolAnswer | None:
    """Return the answer for a call: where one has a `when`, the first that fits; else that of the
    call's number, the last one repeating."""
    if any(answer.when is not None for answer in answers):
        chosen = (_chosen(answer, arguments, fill) for answer in answers)
        return next((one for one in chosen if one is not None), None)
    return _chosen(answers[min(call, len(answers) - 1)], arguments, fill)


def _chosen(answer: ToolAnswer, arguments: Mapping[str, Any], fill: Any) -> ToolAnswer | None:
    if answer.when is None or _fits(arguments, filled_in(answer.when, fill)):
        return answer
    return _chosen(answer.otherwise, arguments, fill) if answer.otherwise else None


def _fits(given: Any, wanted: Any) -> bool:
    """Return whether a value is the wanted one; a mapping must have the wanted values in it."""
    if isinstance(wanted, Mapping):
        return isinstance(given, Mapping) and all(
            name in given and _fits(given[name], one) for name, one in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(given, list)
            and len(given) == len(wanted)
            and all(_fits(*pair) for pair in zip(given, wanted, strict=True))
        )
    # true is no 1 in JSON
    return bool(given == wanted) and isinstance(given, bool) == isinstance(wanted, bool)
