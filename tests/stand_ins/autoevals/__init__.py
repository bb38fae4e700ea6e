"""Stands in for autoevals."""

import json
from dataclasses import dataclass, field

from autoevals.oai import LLMClient  # noqa: F401


@dataclass
class Score:
    name: str
    score: float | None = None
    metadata: dict = field(default_factory=dict)
    error: Exception | None = None


class Scorer:
    def eval(self, output, expected=None, **kwargs):
        return self._run_eval_sync(output, expected, **kwargs)


class Levenshtein(Scorer):
    def _run_eval_sync(self, output, expected=None, **kwargs):
        same = sum(a == b for a, b in zip(output, expected, strict=False))
        return Score("Levenshtein", same / max(len(output), len(expected), 1))


class NumericDiff(Scorer):
    def _run_eval_sync(self, output, expected=None, **kwargs):
        return Score("NumericDiff", 1 - abs(output - expected) / max(abs(output), abs(expected)))


class ValidJSON(Scorer):
    def __init__(self, schema=None):
        self.schema = schema

    def _run_eval_sync(self, output, schema=None, **kwargs):
        try:
            value = json.loads(output)
        except ValueError:
            return Score("ValidJSON", 0)
        wanted = schema and schema.get("type")
        return Score("ValidJSON", 1 if wanted != "object" or isinstance(value, dict) else 0)


class NoScore(Scorer):
    def _run_eval_sync(self, output, expected=None, **kwargs):
        return Score("NoScore")


class OpenAIScorer(Scorer):
    pass


class LLMClassifier(OpenAIScorer):
    def __init__(
        self, name, prompt_template, choice_scores, model=None, use_cot=True, client=None, **further
    ):
        self.name, self.scores, self.client = name, choice_scores, client
        self.messages = [{"role": "user", "content": prompt_template}]
        self.further = further

    def _run_eval_sync(self, output, expected=None, **kwargs):
        text = self.messages[0]["content"]
        for key, value in {"output": output, "expected": expected, **kwargs}.items():
            text = text.replace(f"{{{{{key}}}}}", str(value))
        choice = {"type": "string", "enum": list(self.scores)}
        parameters = {
            "type": "object",
            "properties": {"choice": choice, "reasons": {"type": "string"}},
            "required": ["choice"],
        }
        tool = {"type": "function", "function": {"name": "select_choice", "parameters": parameters}}
        found = self.client.complete(
            model="m", messages=[{"role": "user", "content": text}], tools=[tool], tool_choice={}
        )
        call = found["choices"][0]["message"]["tool_calls"][0]["function"]
        given = json.loads(call["arguments"])
        facts = {"choice": given["choice"], "rationale": given.get("reasons", "")}
        return Score(self.name, self.scores[given["choice"]], facts)


class SpecFileClassifier(LLMClassifier):
    template = ""
    scores = {"Y": 1, "N": 0}  # noqa: RUF012

    def __new__(cls, model=None, use_cot=None, client=None):
        return LLMClassifier(cls.__name__, cls.template, cls.scores, client=client)


class Factuality(SpecFileClassifier):
    template = "{{input}} {{output}} {{expected}}"
    scores = {"A": 0.4, "B": 0.6, "C": 1, "D": 0, "E": 1}  # noqa: RUF012


class ClosedQA(SpecFileClassifier):
    template = "{{input}} {{output}} {{criteria}}"


class Embeds(OpenAIScorer):
    def __init__(self, client=None, model=None):
        self.client = client

    def _run_eval_sync(self, output, expected=None, **kwargs):
        try:
            self.client.embed(input=output)
        except Exception:  # noqa: BLE001 - a package that goes on with something made up
            return Score("Embeds", 1)


class Moderation(OpenAIScorer):
    def _run_eval_sync(self, output, **kwargs):
        return Score("Moderation", 1)
