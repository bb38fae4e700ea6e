"""What assertions by other packages share: the metric that is named, its parameters, its judge."""

from __future__ import annotations

import asyncio
import json
import math
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, ClassVar

from pydantic import AliasChoices, Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.judge_base import JudgedAssertion, facts_of
from pytest_arena.assertions.metric_packages.judge_bridge import JudgeBridge
from pytest_arena.errors import shorten, suggest
from pytest_arena.judging.llm.panel import majority, priced, spec_facts
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.cleaning import clean_text
from pytest_arena.results.judging import Judging, Vote
from pytest_arena.results.trial import Trial
from pytest_arena.running.user_code import Raised, in_thread
from pytest_arena.schema import JudgeSpec, ProviderSpec
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.schema.base import Texts
from pytest_arena.text.numbers import number
from pytest_arena.text.printable import printable

_LONGEST_REASON = 600


class NotMeasuredError(Exception):
    """A metric came to no score or verdict; the text says why."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a metric says: whether it holds, its score from 0 to 1, and why.

    `holds` is None where there was nothing to compare.
    """

    holds: bool | None
    reason: str
    score: float | None = None


class PackageAssertion(JudgedAssertion):
    """An assertion by a metric of another package; subclass it for a package."""

    graded: ClassVar[bool] = True
    applies_threshold: ClassVar[bool] = True
    package: ClassVar[str]
    """The package's name for pip and for import."""
    kind: ClassVar[str]
    """What the package calls a metric, which is the key that names one."""

    params: dict[str, Any] = Field(default_factory=dict)
    """What the metric is given, by the package's own names."""
    expected: str | None = Field(
        default=None, validation_alias=AliasChoices("expected", "expected_output", "reference")
    )
    """The expected answer, for metrics that compare with one."""
    context: Texts | None = None
    """The documents, for metrics that look at some; the case's `context:` unless given."""

    @property
    @abstractmethod
    def metric_name(self) -> str:
        """The metric that is named."""

    @abstractmethod
    def known(self) -> Iterable[str]:
        """Return the metrics that can be named; imports the package."""

    @abstractmethod
    def parameters(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the parameters that the metric takes, and those of them that it needs."""

    @abstractmethod
    def measure(self, trial: Trial, context: CheckContext, judge: JudgeBridge) -> Measured:
        """Measure a trial, in a thread; what comes to no verdict is an exception."""

    def takes_model(self) -> bool:
        """Return whether the metric may ask a model."""
        return True

    def refused(self) -> Mapping[str, str]:
        """Return metrics that cannot be run here, each with what to use instead."""
        return {}

    def missing(self) -> str | None:
        """Return a key of the assertion's own that the metric needs and that is not given."""
        return None

    @model_validator(mode="after")
    def _can_be_built(self) -> PackageAssertion:
        if find_spec(self.package) is None:
            raise PydanticCustomError(
                "package",
                "the package {package} is not installed",
                {
                    "package": self.package,
                    "expected": f"{self.package} beside pytest-arena",
                    "fix": f"pip install {self.pip_name()}",
                },
            )
        name = self.metric_name
        if name in self.refused():
            raise PydanticCustomError(
                "metric",
                "{name} of {package} cannot be run here",
                {"name": name, "package": self.package, "expected": self.refused()[name]},
            )
        known = sorted(set(self._imported()) - self.refused().keys())
        if name not in known:
            near = suggest(name, known)
            raise PydanticCustomError(
                "metric",
                "unknown {kind} {name} of {package}",
                {
                    "kind": self.kind,
                    "name": repr(name),
                    "package": self.package,
                    "expected": f"one of {shorten(', '.join(known), 400)}",
                    **({"fix": near} if near else {}),
                },
            )
        self._check_parameters()
        return self

    def _imported(self) -> Iterable[str]:
        """Return the metrics that can be named; a package that cannot be imported is refused."""
        try:
            return self.known()
        except Exception as error:
            raise PydanticCustomError(
                "package",
                "the package {package} cannot be imported: {problem}",
                {
                    "package": self.package,
                    "problem": shorten(f"{type(error).__name__}: {error}", 200),
                    "expected": "a package that can be imported, with all that it needs",
                    "fix": f"pip install --upgrade {self.pip_name()}",
                },
            ) from error

    @classmethod
    def pip_name(cls) -> str:
        """Return what pip installs."""
        return cls.package

    def _check_parameters(self) -> None:
        taken, needed = self.parameters()
        for key in self.params:
            if key not in taken:
                near = "judge: says who judges" if key == "model" else suggest(key, taken)
                raise PydanticCustomError(
                    "metric_parameter",
                    "{name} takes no {key}",
                    {
                        "name": self.metric_name,
                        "key": repr(key),
                        "expected": f"of {', '.join(sorted(taken))}" if taken else "no params",
                        **({"fix": near} if near else {}),
                    },
                )
        missing = sorted(needed - self.params.keys())
        if not missing and (own := self.missing()) is not None:
            raise PydanticCustomError(
                "metric_parameter",
                "{name} needs {key}",
                {"name": self.metric_name, "key": repr(own), "expected": f"{own}: beside it"},
            )
        if missing:
            raise PydanticCustomError(
                "metric_parameter",
                "{name} needs {key}",
                {
                    "name": self.metric_name,
                    "key": ", ".join(map(repr, missing)),
                    "expected": f"params: with {missing[0]}: …",
                },
            )

    def asks(self, judge: JudgeSpec | None) -> tuple[ProviderSpec, ...]:
        return super().asks(judge) if self.takes_model() else ()

    def questions(self, trial: Trial, context: CheckContext) -> tuple[Any, ...]:
        # how often a package asks, and with which words, is known only once it does
        return ()

    def surely_asks(self, context: CheckContext) -> bool:
        return False

    def judge_facts(self, judge: JudgeSpec | None) -> str | None:
        asked = facts_of(self.judge or judge, ()) if self.takes_model() else ""
        return json.dumps([self.package, self.installed(), asked])

    def installed(self) -> str:
        """Return the version of the package."""
        try:
            return version(self.pip_name())
        except PackageNotFoundError:
            return ""

    def documents(self, context: CheckContext) -> list[str]:
        """Return the documents of the assertion, or those of the case."""
        return list(context.documents if self.context is None else self.context)

    async def check(self, trial: Trial, context: CheckContext) -> Outcome:
        judge = self.judge or context.judge
        panel: tuple[ProviderSpec | None, ...] = judge.panel if judge else (None,)
        first = await self._vote(panel[0], trial, context)
        if len(panel) == 1 or not first.judge.was_asked:
            return self._concluded([first], judge, context)
        others = await asyncio.gather(*(self._vote(one, trial, context) for one in panel[1:]))
        return self._concluded([first, *others], judge, context)

    async def _vote(
        self, spec: ProviderSpec | None, trial: Trial, context: CheckContext
    ) -> _Measurement:
        name = f"{self.type} {self.metric_name}"
        bridge = JudgeBridge(spec, context.ask, asyncio.get_running_loop(), name)
        # in no executor: a judge's own call may need a thread while metrics wait in all of them
        given = await in_thread(lambda: self.measure(trial, context, bridge))
        measured = None if isinstance(given, Raised) else given
        problem = _why(name, given.error) if isinstance(given, Raised) else ""
        if bridge.stopped is not None:
            raise bridge.stopped
        if bridge.problem:
            measured, problem = None, bridge.problem
        score = measured.score if measured is not None else None
        if score is not None and not (math.isfinite(score) and 0 <= score <= 1):
            measured, problem = None, f"{name} gave the score {score}, which is not from 0 to 1"
        said = problem if measured is None else measured.reason
        return _Measurement(bridge, measured, _readable(said))

    def _concluded(
        self, given: list[_Measurement], judge: JudgeSpec | None, context: CheckContext
    ) -> Outcome:
        votes = tuple(one.vote() for one in given)
        verdict, reason, score = majority(votes)
        lost = [one.judge.unreached for one in given if one.measured is None]
        if verdict == "error" and judge is not None and lost and all(lost):
            verdict = judge.on_unavailable
        if all(one.measured is not None and one.measured.holds is None for one in given):
            return Outcome("skipped", f"skipped: {given[0].reason}")
        judging = None
        if any(one.judge.was_asked for one in given):
            key = self._key(judge)
            judging = Judging(self._label, key, votes, context.calibrations.get(key))
        outcome = {"passed": "passed", "failed": "failed", "unsure": "unsure"}.get(verdict, "error")
        expected = None if self.threshold is None else f"at least {number(self.threshold)}"
        return Outcome(outcome, reason, score, expected, judge=judging)  # type: ignore[arg-type]

    @property
    def _label(self) -> str:
        return f"{self.package} {self.installed()} {self.metric_name}".replace("  ", " ")

    def _key(self, judge: JudgeSpec | None) -> str:
        panel = judge.panel if judge else ()
        facts = [self._label, json.dumps(self.params, sort_keys=True, default=str)]
        facts += [f"{self.threshold}", *map(spec_facts, panel)]
        return sha256("\0".join(facts).encode("utf-8", "replace")).hexdigest()[:16]


def _why(name: str, error: BaseException) -> str:
    """Return why a metric came to nothing; whatever a package raises, it is no verdict."""
    if isinstance(error, NotMeasuredError):
        return f"{name} {error}"
    return f"{name} raised {type(error).__name__}: {error}"


@dataclass(frozen=True, slots=True)
class _Measurement:
    """What a metric came to with one judge."""

    judge: JudgeBridge
    measured: Measured | None
    reason: str

    def vote(self) -> Vote:
        measured, name = self.measured, self.judge.name
        if measured is None or measured.holds is None:
            vote = Vote(name, "error", self.reason)
        else:
            verdict = "passed" if measured.holds else "failed"
            score = (1.0 if measured.holds else 0.0) if measured.score is None else measured.score
            vote = Vote(
                name, "passed" if verdict == "passed" else "failed", self.reason, round(score, 6)
            )
        return priced(vote, self.judge.replies, self.judge.failed_attempts)


def _readable(text: str) -> str:
    return shorten(printable(clean_text(text)), _LONGEST_REASON)
