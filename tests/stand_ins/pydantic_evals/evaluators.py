"""Evaluators: by rules, by a model, of several results, and of spans."""

from dataclasses import dataclass, field
from typing import Any

from pydantic_ai.models import AgentInfo, Tool, asked

__all__ = [
    "Contains",
    "Equals",
    "EqualsExpected",
    "EvaluationReason",
    "Evaluator",
    "EvaluatorContext",
    "GEval",
    "HasMatchingSpan",
    "LLMJudge",
    "MaxDuration",
]  # fmt: skip


@dataclass
class EvaluationReason:
    value: Any
    reason: str | None = None


@dataclass(kw_only=True)
class EvaluatorContext:
    name: Any
    inputs: Any
    metadata: Any
    expected_output: Any
    output: Any
    duration: float
    _span_tree: Any
    attributes: dict
    metrics: dict


class Evaluator:
    pass


@dataclass
class Equals(Evaluator):
    value: Any

    def evaluate(self, ctx):
        return ctx.output == self.value


@dataclass
class EqualsExpected(Evaluator):
    evaluation_name: str | None = None

    def evaluate(self, ctx):
        return {} if ctx.expected_output is None else ctx.output == ctx.expected_output


@dataclass
class Contains(Evaluator):
    value: Any
    case_sensitive: bool = True

    def evaluate(self, ctx):
        output, value = ctx.output, self.value
        if not self.case_sensitive:
            output, value = output.lower(), value.lower()
        return EvaluationReason(value in output, None if value in output else "it is not there")


@dataclass
class MaxDuration(Evaluator):
    seconds: float

    def evaluate(self, ctx):
        return ctx.duration <= self.seconds


GRADE = {
    "type": "object",
    "properties": {
        "reason": {"type": "string"},
        "pass": {"type": "boolean"},
        "score": {"type": "number"},
    },
    "required": ["reason", "pass", "score"],
}


@dataclass
class LLMJudge(Evaluator):
    rubric: str
    model: Any = None
    include_input: bool = False
    score: Any = False
    assertion: Any = field(default_factory=dict)

    async def evaluate(self, ctx):
        prompt = f"{ctx.inputs if self.include_input else ''} {ctx.output} {self.rubric}"
        response = self.model.function(asked("Grade.", prompt), AgentInfo([Tool("grade", GRADE)]))
        given = response.parts[0].args
        if self.score is not False:
            return {"LLMJudge": EvaluationReason(given["score"], given["reason"])}
        return {"LLMJudge": EvaluationReason(given["pass"], given["reason"])}


@dataclass
class GEval(Evaluator):
    criteria: str
    evaluation_steps: list
    score_range: tuple = (1, 5)
    model: Any = None

    async def evaluate(self, ctx):
        response = self.model.function(asked("", f"{self.criteria} {ctx.output}"), AgentInfo([]))
        return EvaluationReason(int(response.parts[0].content), "by the steps")


@dataclass
class HasMatchingSpan(Evaluator):
    query: dict
