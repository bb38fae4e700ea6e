"""Metrics: by a model, by rules, of conversations, and one that is better when it is low."""

from pydantic import BaseModel

from deepeval.test_case import SingleTurnParams

IN, OUT = SingleTurnParams.INPUT, SingleTurnParams.ACTUAL_OUTPUT


class BaseMetric:
    _required_params = (IN, OUT)
    threshold = None
    score = None
    reason = None
    error = None

    def is_successful(self):
        return self.score >= self.threshold


class BaseConversationalMetric:
    threshold = None
    score = None
    reason = None
    error = None

    def is_successful(self):
        return self.score >= self.threshold


class Verdicts(BaseModel):
    verdicts: list[str]


class Reason(BaseModel):
    reason: str


class AnswerRelevancyMetric(BaseMetric):
    def __init__(self, threshold=0.5, model=None, include_reason=True, async_mode=True):
        self.threshold, self.model, self.include_reason = threshold, model, include_reason

    def measure(self, case, _show_indicator=True):
        found = self.model.generate(
            f"Which statements of {case.actual_output!r} answer {case.input!r}? "
            'JSON: {"verdicts": ["yes" or "no", …]}',
            schema=Verdicts,
        )
        self.score = found.verdicts.count("yes") / len(found.verdicts)
        if self.include_reason:
            self.reason = self.model.generate("Why? JSON: {reason}", schema=Reason).reason
        return self.score


class FaithfulnessMetric(AnswerRelevancyMetric):
    _required_params = (IN, OUT, SingleTurnParams.RETRIEVAL_CONTEXT)


class HallucinationMetric(BaseMetric):
    """Better when it is low, as in older versions."""

    _required_params = (IN, OUT, SingleTurnParams.CONTEXT)

    def __init__(self, threshold=0.5, model=None):
        self.threshold, self.model = threshold, model

    def measure(self, case):
        found = self.model.generate(f"{case.context} {case.actual_output}", schema=Verdicts)
        self.score = found.verdicts.count("no") / len(found.verdicts)

    def is_successful(self):
        return self.score <= self.threshold


class Scored(BaseModel):
    score: float
    reason: str


class GEval(BaseMetric):
    def __init__(
        self,
        name,
        evaluation_params=None,
        criteria=None,
        evaluation_steps=None,
        model=None,
        threshold=0.5,
    ):
        self.fields, self.criteria = evaluation_params, criteria or evaluation_steps
        self.model, self.threshold = model, threshold

    def measure(self, case):
        shown = {one.value: getattr(case, one.value) for one in self.fields}
        found = self.model.generate(f"{self.criteria}: {shown}", schema=Scored)
        self.score, self.reason = found.score / 10, found.reason


class ExactMatchMetric(BaseMetric):
    _required_params = (IN, OUT, SingleTurnParams.EXPECTED_OUTPUT)

    def __init__(self, threshold=1, verbose_mode=False):
        self.threshold = threshold

    def measure(self, case, _show_indicator=True):
        self.score = 1.0 if case.actual_output == case.expected_output else 0.0


class ToolCorrectnessMetric(BaseMetric):
    _required_params = (IN, SingleTurnParams.TOOLS_CALLED, SingleTurnParams.EXPECTED_TOOLS)

    def __init__(self, threshold=0.5):
        self.threshold = threshold

    def measure(self, case):
        called = {one.name for one in case.tools_called}
        wanted = {one.name for one in case.expected_tools}
        self.score = len(called & wanted) / len(wanted)


class KnowledgeRetentionMetric(BaseConversationalMetric):
    def __init__(self, threshold=0.5, model=None):
        self.threshold, self.model = threshold, model

    def measure(self, case):
        said = [f"{turn.role}: {turn.content}" for turn in case.turns]
        self.score = float(self.model.generate("\n".join(said)))


class PromptAlignmentMetric(BaseMetric):
    def __init__(self, prompt_instructions, threshold=0.5, model=None):
        self.threshold = threshold

    def measure(self, case):
        raise ValueError("made to fail")


class DAGMetric(BaseMetric):
    def __init__(self, name, dag):
        pass
