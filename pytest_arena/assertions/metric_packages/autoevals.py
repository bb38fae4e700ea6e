"""Scorers of autoevals as an assertion."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any, ClassVar

from pydantic import AliasChoices, Field

from pytest_arena.assertions.metric_packages.base import (
    Measured,
    NotMeasuredError,
    PackageAssertion,
)
from pytest_arena.assertions.metric_packages.judge_bridge import JudgeBridge
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext
from pytest_arena.text.numbers import number, reaches

_LEAST = 0.5
_BASES = ("Scorer", "ScorerWithPartial", "OpenAIScorer", "OpenAILLMScorer", "OpenAILLMClassifier",
          "SpecFileClassifier")  # fmt: skip
_OURS = {"self", "name", "client", "api_key", "base_url", "model", "engine", "kwargs", "args",
         "use_responses_api", "temperature", "max_tokens", "reasoning_effort",
         "reasoning_enabled", "reasoning_budget", "extra_render_args", "pairwise_scorer",
         "string_scorer", "number_scorer", "embedding_model", "prefix"}  # fmt: skip
"""Parameters that the judge has, or that are objects."""
_GIVEN = {"output", "expected", "input", "context", "trace", "schema"} | _OURS
"""What the assertion and its case give to an evaluation."""
_EMBEDS = "type: similar or semantic_equals, since it asks an embedding model"
_REFUSED: Mapping[str, str] = {
    **dict.fromkeys(
        ("EmbeddingSimilarity", "AnswerSimilarity", "AnswerRelevancy", "AnswerCorrectness",
         "ContextEntityRecall"),
        _EMBEDS,
    ),
    "Moderation": "type: toxicity, since it asks a service of OpenAI's",
}  # fmt: skip
_VARIABLE = re.compile(r"\{\{[#^{&/]?\s*(\w+)")


class AutoEvals(PackageAssertion):
    """Holds when the score of a scorer of autoevals is high enough.

        - type: autoevals
          scorer: Levenshtein
          expected: Returns are free for thirty days.
          threshold: 0.8

    It needs `pip install autoevals`. What a scorer asks a model is asked of the
    [judge](judging.md) of the arena. The case's message is its `input`, the answer its `output`.
    `params:` are those of the scorer, and the further values that its prompt names, such as
    `criteria` of `ClosedQA`. See [Metric packages](metric-packages.md).

    Error: when no judge is configured that the scorer asks, the judge gives no usable judgement,
    the scorer lacks something that it looks at, gives no score, or raises.
    """

    type: ClassVar[str] = "autoevals"
    package: ClassVar[str] = "autoevals"
    kind: ClassVar[str] = "scorer"

    scorer: str = Field(validation_alias=AliasChoices("scorer", "value"))
    """The scorer, by the name of its class."""
    threshold: float | None = Field(default=None, ge=0, le=1)
    """The least score that holds (default: 0.5)."""

    @property
    def metric_name(self) -> str:
        return self.scorer

    def known(self) -> Iterable[str]:
        return _scorers()

    def refused(self) -> Mapping[str, str]:
        return _REFUSED

    def takes_model(self) -> bool:
        return _asks_model(_scorers()[self.scorer])

    def parameters(self) -> tuple[frozenset[str], frozenset[str]]:
        cls = _scorers()[self.scorer]
        built = _of_constructor(cls)
        needed = {
            name
            for name, one in built.items()
            if one.default is inspect.Parameter.empty and one.kind is not one.VAR_KEYWORD
        }
        if self.scorer == "LLMClassifier":
            return frozenset(built) | self._named_in_prompt(), frozenset(needed)
        return frozenset(built) | _of_evaluation(cls), frozenset(needed)

    def missing(self) -> str | None:
        if self.expected is not None:
            return None
        cls = _scorers()[self.scorer]
        if self.scorer == "LLMClassifier":
            compares = "expected" in self._named_in_prompt()
        elif _asks_model(cls):
            compares = "expected" in _named_in_template(cls)
        else:
            compares = "expected" in inspect.signature(cls._run_eval_sync).parameters
        return "expected" if compares else None

    def _named_in_prompt(self) -> frozenset[str]:
        return frozenset(_VARIABLE.findall(str(self.params.get("prompt_template", ""))))

    def measure(self, trial: Trial, context: CheckContext, judge: JudgeBridge) -> Measured:
        cls = _scorers()[self.scorer]
        built = {key: value for key, value in self.params.items() if key in _of_constructor(cls)}
        if self.scorer == "LLMClassifier":
            built["name"] = "LLMClassifier"
        if _asks_model(cls):
            built["client"] = _client(judge)
            built["model"] = judge.name
        further = {key: value for key, value in self.params.items() if key not in built}
        documents = self.documents(context)
        given: dict[str, Any] = {"input": trial.last_prompt, **further}
        if documents:
            given["context"] = documents
        compared = self._expected_value()
        second = _second_value(cls)
        if second in self.params:
            # a scorer that compares with something else takes it in the expected answer's place
            compared = self.params[second]
            given.pop(second, None)
        score = cls(**built).eval(_value(self.scorer, trial.output or ""), compared, **given)
        return self._measured(score)

    def _expected_value(self) -> Any:
        return None if self.expected is None else _value(self.scorer, self.expected)

    def _measured(self, score: Any) -> Measured:
        found = getattr(score, "score", None)
        if getattr(score, "error", None):
            raise NotMeasuredError(f"says: {score.error}")
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise NotMeasuredError("gave no score")
        least = _LEAST if self.threshold is None else self.threshold
        facts = getattr(score, "metadata", None) or {}
        why = str(facts.get("rationale") or facts.get("choice") or "").strip()
        said = f"{self.scorer} scores {number(found)}, at least {number(least)} holds"
        holds = reaches(found, least)
        return Measured(holds, f"{said}: {why}" if why else said, float(found))


def _value(scorer: str, text: str) -> Any:
    """Return what a scorer compares: numbers and lists where it is one of those, else the text."""
    if scorer == "NumericDiff":
        try:
            return float(text)
        except ValueError:
            raise NotMeasuredError(f"compares numbers, and {text[:60]!r} is none") from None
    if scorer == "ListContains":
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if not isinstance(value, list):
            raise NotMeasuredError(f"compares lists as JSON, and {text[:60]!r} is none")
        return [str(one) for one in value]
    return text


@cache
def _scorers() -> Mapping[str, Any]:
    """Return the scorers that can be named."""
    import autoevals
    from autoevals import Scorer

    found = {name: getattr(autoevals, name, None) for name in dir(autoevals)}
    return {
        name: cls
        for name, cls in found.items()
        if inspect.isclass(cls) and issubclass(cls, Scorer) and name not in _BASES
    }


def _asks_model(cls: Any) -> bool:
    return any(base.__name__ == "OpenAIScorer" for base in cls.__mro__)


def _second_value(cls: Any) -> str:
    """Return what an evaluation takes beside the output: `expected`, or say a schema."""
    names = [name for name in inspect.signature(cls._run_eval_sync).parameters if name != "self"]
    return names[1] if len(names) > 1 else "expected"


def _of_constructor(cls: Any) -> dict[str, inspect.Parameter]:
    """Return the parameters by which a scorer is made."""
    found = inspect.signature(cls).parameters
    return {name: one for name, one in found.items() if name not in _OURS}


def _of_evaluation(cls: Any) -> frozenset[str]:
    """Return the values that an evaluation takes beside the output and what is expected."""
    names = {*inspect.signature(cls._run_eval_sync).parameters, *_named_in_template(cls)}
    return frozenset(name for name in names if name not in _GIVEN and not name.startswith("_"))


def _named_in_template(cls: Any) -> set[str]:
    """Return the values that the prompt of a scorer names, where it is a template."""
    if not any(base.__name__ == "SpecFileClassifier" for base in cls.__mro__):
        return set()
    messages = getattr(cls(client=_client(None)), "messages", ())
    return {name for one in messages for name in _VARIABLE.findall(str(one.get("content", "")))}


class _NeverRaised(Exception):
    """Stands for the error at which autoevals would wait and ask again: the engine does that."""


def _client(judge: JudgeBridge | None) -> Any:
    """Return the judge as a client of autoevals; None stands for one that is never asked."""
    from autoevals.oai import LLMClient

    def complete(*, messages: list[Any], tools: Any = None, **_: Any) -> dict[str, Any]:
        if judge is None:
            raise NotMeasuredError("was asked before it was run")
        asked = [{"role": one["role"], "content": one["content"]} for one in messages]
        if not tools:
            return _completion({"role": "assistant", "content": judge.text(asked)})
        function = tools[0]["function"]
        found = judge.of_schema(asked, function["parameters"])
        call = {"name": function["name"], "arguments": json.dumps(found)}
        return _completion({"role": "assistant", "tool_calls": [{"function": call}]})

    def elsewhere(**_: Any) -> dict[str, Any]:
        if judge is None:
            raise NotMeasuredError("was asked before it was run")
        raise judge.refuse("asks for embeddings or a moderation, which a judge does not give")

    create = SimpleNamespace(create=complete)
    stub = SimpleNamespace(
        chat=SimpleNamespace(completions=create),
        responses=create,
        embeddings=SimpleNamespace(create=elsewhere),
        moderations=SimpleNamespace(create=elsewhere),
        api_key="",
        base_url="",
        organization=None,
    )
    return LLMClient(
        openai=stub,
        complete=complete,
        embed=elsewhere,
        moderation=elsewhere,
        RateLimitError=_NeverRaised,
    )


class _Completion(dict[str, Any]):
    """A completion as a mapping, which older versions ask for one first."""

    def to_dict(self) -> dict[str, Any]:
        return self


def _completion(message: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return _Completion(choices=[choice])
