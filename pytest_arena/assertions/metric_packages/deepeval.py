"""Metrics of deepeval as an assertion."""

from __future__ import annotations

import inspect
import os
from collections.abc import Container, Iterable, Mapping
from functools import cache
from typing import Any, ClassVar

from pydantic import AliasChoices, Field

from pytest_arena.assertions.metric_packages.base import (
    Measured,
    NotMeasuredError,
    PackageAssertion,
)
from pytest_arena.assertions.metric_packages.judge_bridge import JudgeBridge
from pytest_arena.results.request_response import ToolCall
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext
from pytest_arena.text.numbers import number

_QUIET = {
    "DEEPEVAL_TELEMETRY_OPT_OUT": "YES",
    "DEEPEVAL_DISABLE_DOTENV": "1",
    "DEEPEVAL_UPDATE_WARNING_OPT_IN": "NO",
    "ERROR_REPORTING": "NO",
    "CONFIDENT_TRACE_INTERNAL": "NO",
}
"""What keeps the package from telling anybody, and from reading files of keys."""
_OURS = {"model", "threshold", "async_mode", "verbose_mode", "flaky", "system_one_model",
         "eval_mode", "evaluation_template", "template_class", "stt_model"}  # fmt: skip
"""Parameters that are set here, or that are objects."""
_THRESHOLD = 0.5
_OF_TRACES = "it reads a trace that deepeval records: see docs/behaviour.md"
_OF_OBJECTS = "type: python, since it is made of objects"
_REFUSED: Mapping[str, str] = {
    **dict.fromkeys(("DAGMetric", "ConversationalDAGMetric"), _OF_OBJECTS),
    **dict.fromkeys(("JevEval", "ConversationalJevEval"), "GEval, since it asks a service"),
    "ArenaGEval": "type: preferred_over, since it compares answers",
    "JsonCorrectnessMetric": "type: json_schema, since its schema is a class",
    **dict.fromkeys(
        ("StepEfficiencyMetric", "PlanAdherenceMetric", "PlanQualityMetric",
         "AgentLoopDetectionMetric"),
        _OF_TRACES,
    ),
    **dict.fromkeys(
        ("MCPUseMetric", "MultiTurnMCPUseMetric", "MCPTaskCompletionMetric"),
        "tools_called and its kin: docs/mcp.md",
    ),
}  # fmt: skip
_NEEDED = {
    "expected_output": "an expected answer: give it expected:",
    "context": "documents: give the case or the assertion a context:",
    "retrieval_context": "documents: give the case or the assertion a context:",
    "tools_called": "to know which tools were called, which the provider does not tell",
    "expected_tools": "expected_tools under params:",
}


class DeepEval(PackageAssertion):
    """Holds when a metric of deepeval does.

        - type: deepeval
          metric: AnswerRelevancyMetric
          threshold: 0.7

    It needs `pip install deepeval`. What the metric asks a model is asked of the
    [judge](judging.md) of the arena. The case's message is its `input`, the answer its
    `actual_output`, the documents under `context:` both its `context` and its `retrieval_context`,
    and `expected:` its `expected_output`. `params:` are those of the metric's constructor, and
    `expected_tools`, a list of names. A metric of conversations reads all that was said.
    See [Metric packages](metric-packages.md).

    Error: when no judge is configured that the metric asks, the judge gives no usable judgement,
    the metric lacks something that it looks at, or raises.
    """

    type: ClassVar[str] = "deepeval"
    package: ClassVar[str] = "deepeval"
    kind: ClassVar[str] = "metric"
    whole_dialogue: ClassVar[bool] = True

    metric: str = Field(validation_alias=AliasChoices("metric", "value"))
    """The metric, by the name of its class, which names what is measured, too."""
    threshold: float | None = Field(default=None, ge=0, le=1)
    """The metric's `threshold` (default: 0.5, or what its constructor says)."""

    @property
    def metric_name(self) -> str:
        return self.metric

    def known(self) -> Iterable[str]:
        return _metrics()

    def refused(self) -> Mapping[str, str]:
        return _REFUSED

    def parameters(self) -> tuple[frozenset[str], frozenset[str]]:
        signature = inspect.signature(_metrics()[self.metric])
        names = {n: p for n, p in signature.parameters.items() if not n.startswith("_")}
        taken = frozenset(names) - _OURS
        needed = {n for n in taken if names[n].default is inspect.Parameter.empty}
        if _has_own_criteria(taken):
            # it is named, and told what to look at
            needed -= {"evaluation_params", "name"}
        looks_at = {_field_name(one) for one in _required(_metrics()[self.metric])}
        return taken | (looks_at & {"expected_tools"}), frozenset(needed)

    def takes_model(self) -> bool:
        return "model" in inspect.signature(_metrics()[self.metric]).parameters

    def measure(self, trial: Trial, context: CheckContext, judge: JudgeBridge) -> Measured:
        cls = _metrics()[self.metric]
        metric = self._built(cls, judge)
        case = self._case(metric, trial, context)
        further = {"_show_indicator": False, "_log_metric_to_confident": False}
        taken = inspect.signature(metric.measure).parameters
        metric.measure(case, **{key: value for key, value in further.items() if key in taken})
        return self._measured(metric)

    def _built(self, cls: Any, judge: JudgeBridge) -> Any:
        taken = inspect.signature(cls).parameters
        given = {key: value for key, value in self.params.items() if key != "expected_tools"}
        if _has_own_criteria(taken):
            given.setdefault("name", self.metric)
        if _has_own_criteria(taken) or "evaluation_params" in given:
            given["evaluation_params"] = self._looked_at(cls)
        ours: dict[str, Any] = {"async_mode": False, "verbose_mode": False}
        if "model" in taken:
            ours["model"] = _model(judge)
        if self.threshold is not None:
            ours["threshold"] = self.threshold
        return cls(**given, **{key: value for key, value in ours.items() if key in taken})

    def _looked_at(self, cls: Any) -> list[Any]:
        """Return what a metric looks at, by the members of deepeval's enum: what `params:` name,
        or for criteria of one's own what was asked, answered, and expected."""
        fields = _case_fields(cls)
        named = self.params.get("evaluation_params")
        if named is None and _is_conversational(cls):
            named = ["role", "content"]
        elif named is None:
            expected = ["expected_output"] if self.expected is not None else []
            named = ["input", "actual_output", *expected]
        found = []
        for one in named if isinstance(named, list) else [named]:
            member = str(one).rpartition(".")[2].upper()
            if member not in fields.__members__:
                known = ", ".join(name.lower() for name in fields.__members__)
                raise NotMeasuredError(f"looks at no {one!r} (evaluation_params: one of {known})")
            found.append(fields[member])
        return found

    def _case(self, metric: Any, trial: Trial, context: CheckContext) -> Any:
        if _is_conversational(type(metric)):
            return self._dialogue(trial, context)
        return self._single(metric, trial, context)

    def _single(self, metric: Any, trial: Trial, context: CheckContext) -> Any:
        from deepeval.test_case import LLMTestCase

        documents = self.documents(context) or None
        tells = trial.last is not None and trial.last.tells_tools
        wanted = self.params.get("expected_tools")
        given: dict[str, Any] = {
            "input": trial.last_prompt,
            "actual_output": trial.output or "",
            "expected_output": self.expected,
            "context": documents,
            "retrieval_context": documents,
            "tools_called": _tools(trial.tool_calls) if tells else None,
            "expected_tools": _named_tools(wanted) if wanted is not None else None,
        }
        for one in _required(metric):
            name = _field_name(one)
            if name in _NEEDED and given.get(name) is None:
                raise NotMeasuredError(f"needs {_NEEDED[name]}")
        return LLMTestCase(**{key: value for key, value in given.items() if value is not None})

    def _dialogue(self, trial: Trial, context: CheckContext) -> Any:
        from deepeval.test_case import ConversationalTestCase, Turn

        documents = self.documents(context) or None
        said = [m for m in trial.messages if m.get("role") in ("user", "assistant")]
        turns = [Turn(role=m["role"], content=str(m.get("content") or "")) for m in said]
        turns.append(Turn(role="assistant", content=trial.output or ""))
        system = next((m for m in trial.messages if m.get("role") == "system"), None)
        given: dict[str, Any] = {"turns": turns, "context": documents}
        if self.expected is not None:
            given["expected_outcome"] = self.expected
        if system is not None:
            given["chatbot_role"] = str(system.get("content") or "")
        return ConversationalTestCase(**{k: v for k, v in given.items() if v is not None})

    def _measured(self, metric: Any) -> Measured:
        score = metric.score
        if getattr(metric, "error", None):
            raise NotMeasuredError(f"says: {metric.error}")
        if isinstance(score, bool) or not isinstance(score, (int, float)):
            raise NotMeasuredError("gave no score")
        least = getattr(metric, "threshold", None)
        if least is None:
            least = metric.threshold = self.threshold if self.threshold is not None else _THRESHOLD
        holds, falls = _succeeds(metric, score), _is_better_when_low(metric)
        reason = str(metric.reason or "").strip() or "no reason was given"
        said = f"{number(score)}, {'at most' if falls else 'at least'} {number(least)} holds"
        return Measured(holds, f"{reason} ({said})", 1.0 - score if falls else float(score))


def _succeeds(metric: Any, score: float) -> bool:
    metric.score = score
    return bool(metric.is_successful())


def _is_better_when_low(metric: Any) -> bool:
    """Return whether a low score holds, as with bias and its kin before deepeval 4."""
    score = metric.score
    try:
        return _succeeds(metric, 0.0) and not _succeeds(metric, 1.0)
    finally:
        metric.score = score
        metric.is_successful()


@cache
def _metrics() -> Mapping[str, Any]:
    """Return the metrics that can be named; the package is kept from telling anybody first."""
    os.environ.update(_QUIET)
    from deepeval import metrics
    from deepeval.metrics import BaseConversationalMetric, BaseMetric

    bases = (BaseMetric, BaseConversationalMetric)
    found = {name: getattr(metrics, name, None) for name in dir(metrics)}
    return {
        name: cls
        for name, cls in found.items()
        if inspect.isclass(cls) and issubclass(cls, bases) and cls not in bases
        if not _looks_at_media(cls)
    }


def _looks_at_media(cls: Any) -> bool:
    """Return whether a metric is of pictures or sounds, which a trial does not give it."""
    module = cls.__module__
    return ".multimodal_metrics" in module or ".voice" in module or "audio" in module


def _is_conversational(cls: Any) -> bool:
    from deepeval.metrics import BaseConversationalMetric

    return issubclass(cls, BaseConversationalMetric)


def _has_own_criteria(parameters: Container[str]) -> bool:
    return "evaluation_params" in parameters and "name" in parameters


def _required(metric: Any) -> Iterable[Any]:
    """Return what a metric must be given, by the members of deepeval's enum."""
    found = getattr(metric, "_required_params", None)
    return found if isinstance(found, (list, tuple)) else ()


def _field_name(member: Any) -> str:
    return str(getattr(member, "value", member))


def _case_fields(cls: Any) -> Any:
    """Return the enum of what a metric may be told to look at."""
    from deepeval import test_case

    if not _has_own_criteria(inspect.signature(cls).parameters):
        return test_case.ToolCallParams
    if _is_conversational(cls):
        return getattr(test_case, "MultiTurnParams", None) or test_case.TurnParams
    return getattr(test_case, "SingleTurnParams", None) or test_case.LLMTestCaseParams


def _tools(calls: Iterable[ToolCall]) -> list[Any]:
    from deepeval.test_case import ToolCall as Called

    return [
        Called(
            name=call.name,
            input_parameters=call.arguments if isinstance(call.arguments, dict) else None,
            output=call.result,
        )
        for call in calls
    ]


def _named_tools(names: Any) -> list[Any]:
    from deepeval.test_case import ToolCall as Called

    given = names if isinstance(names, list) else [names]
    return [Called(**one) if isinstance(one, dict) else Called(name=str(one)) for one in given]


def _model(judge: JudgeBridge) -> Any:
    """Return the judge as a model of deepeval's."""
    from deepeval.models import DeepEvalBaseLLM
    from pydantic import BaseModel, ValidationError

    class JudgeModel(DeepEvalBaseLLM):  # type: ignore[misc,unused-ignore]  # the base is untyped
        """The judge of the arena."""

        def load_model(self, *args: Any, **kwargs: Any) -> Any:
            return self

        def get_model_name(self, *args: Any, **kwargs: Any) -> str:
            return judge.name

        def generate(self, prompt: Any, schema: type[BaseModel] | None = None) -> Any:
            if not isinstance(prompt, str):
                raise judge.refuse("sends something that is no text")
            messages = [{"role": "user", "content": prompt}]
            if schema is None:
                return judge.text(messages)

            def fault(value: dict[str, Any]) -> str | None:
                try:
                    schema.model_validate(value)
                except ValidationError as error:
                    first = error.errors(include_url=False)[0]
                    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
                return None

            return schema.model_validate(judge.value(messages, fault))

        async def a_generate(self, prompt: Any, schema: type[BaseModel] | None = None) -> Any:
            return self.generate(prompt, schema)

    return JudgeModel(judge.name)
