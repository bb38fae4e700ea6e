"""Evaluators of pydantic_evals as an assertion."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar

from pydantic import Field

from pytest_arena.assertions.metric_packages.base import (
    Measured,
    NotMeasuredError,
    PackageAssertion,
)
from pytest_arena.assertions.metric_packages.judge_bridge import JudgeBridge
from pytest_arena.results.request_response import Message
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext
from pytest_arena.text.numbers import number, reaches

_OURS = {"model", "model_settings", "evaluation_name", "score", "assertion"}
"""Parameters that the judge has, or that name results."""
_OF_SPANS: Mapping[str, str] = {
    "HasMatchingSpan": "type: span_count",
    "ToolCorrectness": "type: tools_called",
    "TrajectoryMatch": "type: trajectory",
    "ArgumentCorrectness": "type: tool_args",
    "MaxToolCalls": "type: tool_call_count",
    "MaxModelRequests": "type: llm_turns",
}
"""Evaluators that read spans which pydantic_evals records itself, and what sees the trial's."""


class PydanticEvals(PackageAssertion):
    """Holds when an evaluator of pydantic_evals does.

        - type: pydantic_evals
          evaluator: Contains
          params: {value: thirty days, case_sensitive: false}

    It needs `pip install pydantic-evals`. What the evaluator asks a model is asked of the
    [judge](judging.md) of the arena. The case's message is its `inputs`, the answer its `output`,
    and `expected:` its `expected_output`. Of several results each must hold; a number needs a
    `threshold`, and that of `GEval` is taken as a share of its range.
    See [Metric packages](metric-packages.md).

    Error: when no judge is configured that the evaluator asks, the judge gives no usable
    judgement, the evaluator gives a label or a number without a `threshold`, or raises.
    """

    type: ClassVar[str] = "pydantic_evals"
    package: ClassVar[str] = "pydantic_evals"
    kind: ClassVar[str] = "evaluator"

    evaluator: str
    """The evaluator, by the name of its class."""
    threshold: float | None = Field(default=None, ge=0, le=1)
    """The least number that holds, where the evaluator gives one."""

    @classmethod
    def pip_name(cls) -> str:
        return "pydantic-evals"

    @property
    def metric_name(self) -> str:
        return self.evaluator

    def known(self) -> Iterable[str]:
        return _evaluators()

    def refused(self) -> Mapping[str, str]:
        return _OF_SPANS

    def takes_model(self) -> bool:
        return "model" in _fields(_evaluators()[self.evaluator])

    def parameters(self) -> tuple[frozenset[str], frozenset[str]]:
        fields = _fields(_evaluators()[self.evaluator])
        taken = {name: one for name, one in fields.items() if name not in _OURS}
        needed = {name for name, one in taken.items() if one.default is inspect.Parameter.empty}
        return frozenset(taken), frozenset(needed)

    def measure(self, trial: Trial, context: CheckContext, judge: JudgeBridge) -> Measured:
        cls = _evaluators()[self.evaluator]
        given = dict(self.params)
        if self.takes_model():
            given["model"] = _model(judge)
            if self.threshold is not None and "score" in _fields(cls):
                # a score is wanted, and no verdict of the judge's own
                given |= {"score": {"include_reason": True}, "assertion": False}
        evaluator = cls(**given)
        result = asyncio.run(_evaluated(evaluator, self._context(trial, context)))
        return self._measured(result)

    def _context(self, trial: Trial, context: CheckContext) -> Any:
        from pydantic_evals.evaluators import EvaluatorContext
        from pydantic_evals.otel import SpanTree

        last = trial.last
        latency = last.latency_ms if last is not None else None
        if latency is None and self.evaluator == "MaxDuration":
            raise NotMeasuredError("needs to know how long the answer took, which nobody tells")
        return EvaluatorContext(
            name=context.case,
            inputs=trial.last_prompt,
            metadata=dict(context.variables),
            expected_output=self.expected,
            output=trial.output or "",
            duration=(latency or 0.0) / 1000,
            _span_tree=SpanTree(),
            attributes={},
            metrics={},
        )

    def _measured(self, result: Any) -> Measured:
        results = result if isinstance(result, Mapping) else {self.evaluator: result}
        if not results:
            return Measured(None, f"{self.evaluator} has nothing to compare: give it expected:")
        parts = [self._part(name, one) for name, one in results.items()]
        holds = all(part.holds for part in parts)
        told = [part.reason for part in parts if part.holds is holds]
        scores = [part.score for part in parts if part.score is not None]
        return Measured(holds, "; ".join(told), min(scores) if scores else None)

    def _part(self, name: str, given: Any) -> Measured:
        value, reason = getattr(given, "value", given), getattr(given, "reason", None)
        why = f": {reason}" if reason else ""
        if isinstance(value, bool):
            return Measured(value, f"{name} is {str(value).lower()}{why}")
        if not isinstance(value, (int, float)):
            raise NotMeasuredError(f"gives the label {value!r}, which is no verdict")
        if self.threshold is None:
            raise NotMeasuredError(f"gives the number {number(value)}: add a threshold:")
        score = self._share(float(value))
        said = f"{name} is {number(value)}, at least {number(self.threshold)} holds"
        if score != value:
            said = f"{name} is {number(value)} ({number(score)} of its range), at least " + (
                f"{number(self.threshold)} holds"
            )
        return Measured(reaches(score, self.threshold), f"{said}{why}", score)

    def _share(self, value: float) -> float:
        if self.evaluator != "GEval":
            return value
        low, high = map(float, self.params.get("score_range", (1, 5)))
        return (value - low) / (high - low)


async def _evaluated(evaluator: Any, context: Any) -> Any:
    found = evaluator.evaluate(context)
    return await found if inspect.isawaitable(found) else found


@cache
def _evaluators() -> Mapping[str, Any]:
    """Return the evaluators that can be named."""
    from pydantic_evals import evaluators
    from pydantic_evals.evaluators import Evaluator

    found = {name: getattr(evaluators, name, None) for name in evaluators.__all__}
    return {
        name: cls
        for name, cls in found.items()
        if inspect.isclass(cls) and issubclass(cls, Evaluator) and cls is not Evaluator
        if dataclasses.is_dataclass(cls)
    }


def _fields(cls: Any) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(cls).parameters


def _model(judge: JudgeBridge) -> Any:
    """Return the judge as a model of pydantic_ai's."""
    from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
    from pydantic_ai.models.function import FunctionModel

    def answered(messages: list[Any], info: Any) -> Any:
        asked = _as_messages(messages, getattr(info, "instructions", None))
        tools = info.output_tools
        if not tools:
            return ModelResponse(parts=[TextPart(judge.text(asked))])
        tool = tools[0]
        found = judge.of_schema(asked, tool.parameters_json_schema)
        return ModelResponse(parts=[ToolCallPart(tool.name, found)])

    return FunctionModel(answered, model_name=judge.name)


def _as_messages(messages: list[Any], instructions: str | None) -> list[Message]:
    """Return the messages of a run of pydantic_ai's as those of a judge."""
    said: list[Message] = []
    if instructions:
        said.append({"role": "system", "content": instructions})
    for message in messages:
        for part in message.parts:
            content = getattr(part, "content", None)
            text = content if isinstance(content, str) else _texts(content)
            kind = getattr(part, "part_kind", "")
            if kind == "system-prompt":
                said.append({"role": "system", "content": text})
            elif kind == "user-prompt":
                said.append({"role": "user", "content": text})
    return said


def _texts(content: Any) -> str:
    parts = content if isinstance(content, (list, tuple)) else ()
    return "\n".join(part for part in parts if isinstance(part, str))
