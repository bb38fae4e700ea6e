"""One entry of `gates:`: a limit on a metric of the run."""

from collections.abc import Iterable
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.errors import Location, Problem, suggest
from pytest_arena.light_dataclass import dataclass
from pytest_arena.schema.base import ArenaModel
from pytest_arena.schema.predicted import Label


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: what it says, its unit, and whether more of it is better."""

    meaning: str
    unit: Literal["share", "ms", "usd", "tokens", "falls"]

    @property
    def more_is_better(self) -> bool:
        return self.unit == "share"


METRICS: dict[str, Metric] = {
    "case_verdict": Metric("share of the cells that passed", "share"),
    "trial_pass_rate": Metric("share of the trials that passed", "share"),
    "assertion_pass_rate": Metric("share of the assertions' findings that held", "share"),
    "accuracy": Metric("share of the answers that gave the right label", "share"),
    "precision": Metric("precision of labels, the mean over all or that of one", "share"),
    "recall": Metric("recall of labels, the mean over all or that of one", "share"),
    "f1": Metric("F1 of labels, the mean over all or that of one", "share"),
    "response_time_avg": Metric("mean time of a trial's calls", "ms"),
    "response_time_p50": Metric("median time of a trial's calls", "ms"),
    "response_time_p95": Metric("95th percentile of the time of a trial's calls", "ms"),
    "response_time_p99": Metric("99th percentile of the time of a trial's calls", "ms"),
    "cost_per_request": Metric("mean cost of a call", "usd"),
    "cost_per_case": Metric("mean cost of one trial of a cell", "usd"),
    "total_cost": Metric("cost of all calls", "usd"),
    "tokens_per_request": Metric("mean tokens of a call, in and out", "tokens"),
    "total_tokens": Metric("tokens of all calls, in and out", "tokens"),
    "prompt_coverage": Metric("share of the file's prompts that cells were asked under", "share"),
    "tool_coverage": Metric("share of the tools on offer that were called", "share"),
    "step_coverage": Metric("share of the steps of chains that were reached", "share"),
    "state_coverage": Metric("share of the states of workflows that were entered", "share"),
    "transition_coverage": Metric("share of the ways between states that were taken", "share"),
    "variable_coverage": Metric("share of the prompts' variables that cases set", "share"),
    "value_coverage": Metric("share of the values of matrices that were asked with", "share"),
    "score_falls": Metric("how often scores of an assertion fell, beyond chance", "falls"),
}
"""All metrics but those of a single assertion type (`contains`: its share of held findings)."""
OF_COVERAGE = {
    "prompt_coverage": "prompts",
    "tool_coverage": "tools",
    "step_coverage": "steps",
    "state_coverage": "states",
    "transition_coverage": "transitions",
    "variable_coverage": "variables",
    "value_coverage": "values",
}
"""What the metrics of coverage count."""
OF_LABELS = ("accuracy", "precision", "recall", "f1")
METRIC_ALIASES = {
    "macro_precision": "precision",
    "macro_recall": "recall",
    "macro_f1": "f1",
    "pass_rate": "case_verdict",
    "avg_response_time": "response_time_avg",
    "tokens": "total_tokens",
    "tokens_used": "total_tokens",
}
NAMED = "metric:"
"""Before the name of a `metric:` that is called as something else is."""
_SHARE = Metric("share of the findings of this type, or of this name, that held", "share")
_LIMITS = ("min", "max", "threshold", "max_degradation", "max_new_failures")
_HOLDS_ANYHOW = {"min": 0, "threshold": 0, "max": 1, "max_degradation": 1}
"""The limits that no share breaks."""


class ThresholdSpec(ArenaModel):
    """A limit on a metric, absolute or against a baseline."""

    metric: str
    """What is measured: `case_verdict`, `assertion_pass_rate`, the name of an assertion type or of
    an assertion's `metric`, `response_time_p95`, `cost_per_request`, `total_cost`, `total_tokens`,
    `tool_coverage`, `score_falls`, …"""
    name: str | None = None
    """The gate's name in reports (default: the metric)."""
    min: float | None = Field(default=None)
    """The metric must be at least this."""
    max: float | None = Field(default=None)
    """The metric must be at most this (milliseconds, US dollars, tokens, or a share)."""
    threshold: float | None = Field(default=None)
    """The least for a share, the most for a time, a cost or a number of tokens."""
    baseline: str | None = None
    """What to compare with (default: the run's `--arena-baseline`)."""
    max_degradation: float | None = Field(default=None, ge=0)
    """The metric may be worse than the baseline's by this share of it: 0.2 is a fifth."""
    max_new_failures: int | None = Field(default=None, ge=0)
    """So many cells may regress, or be new and fail; only with `case_verdict`."""
    action: Literal["fail_build", "fail", "warn"] = "fail"
    """What a broken limit does: fail the run, or only warn (`fail_build` is `fail`)."""
    label: Label | None = None
    """Of `precision`, `recall` and `f1`: those of this label alone (default: the mean over all)."""
    tags: tuple[str, ...] = ()
    """Only cases with one of these tags."""
    providers: tuple[str, ...] = ()
    """Only these providers, or columns as `provider/variant`."""
    variants: tuple[str, ...] = ()
    """Only these variants."""

    @model_validator(mode="after")
    def _has_limits_that_agree(self) -> Self:
        if all(getattr(self, limit) is None for limit in _LIMITS):
            raise _refusal(
                f"gate {self.title!r} has no limit",
                "one of " + ", ".join(_LIMITS),
                "add one, as in min: 0.95",
            )
        if self.threshold is not None and (self.min is not None or self.max is not None):
            raise _refusal(
                f"gate {self.title!r} has a threshold beside min or max",
                "threshold alone, or min and max",
                "remove threshold",
            )
        if self.min is not None and self.max is not None and self.min > self.max:
            raise _refusal(
                f"gate {self.title!r} has a min above its max",
                "a min that is at most the max",
                "exchange the two",
            )
        if self.max_new_failures is not None and self.canonical != "case_verdict":
            raise _refusal(
                f"gate {self.title!r} counts new failures of {self.metric!r}",
                "max_new_failures with metric: case_verdict",
                "write metric: case_verdict",
            )
        if self.canonical == "score_falls" and (self.min, self.max_degradation) != (None, None):
            raise _refusal(
                f"gate {self.title!r} limits how often scores fell by more than a max",
                "max, or threshold, with metric: score_falls",
                "write max: 0",
            )
        if self.max_degradation is not None and self.canonical in OF_COVERAGE:
            raise _refusal(
                f"gate {self.title!r} compares {self.metric!r} with a baseline, which keeps none",
                "min, max or threshold",
                "write min: 0.8",
            )
        if self.label is not None and self.canonical not in OF_LABELS[1:]:
            raise _refusal(
                f"gate {self.title!r} has a label",
                f"a label with metric: {', '.join(OF_LABELS[1:])}",
                "remove label",
            )
        return self

    @property
    def title(self) -> str:
        of = f" of {self.label}" if self.label is not None else ""
        return self.name or f"{self.metric}{of}"

    @property
    def canonical(self) -> str:
        """The metric's own name where an alias is written."""
        return METRIC_ALIASES.get(self.metric, self.metric)

    @property
    def described(self) -> Metric:
        """What the metric says; every name that is no metric is an assertion type."""
        return METRICS.get(self.canonical, _SHARE)

    @property
    def needs_baseline(self) -> bool:
        relative = (self.max_degradation, self.max_new_failures) != (None, None)
        return relative or self.canonical == "score_falls"

    @property
    def lowest(self) -> float | None:
        """The absolute lower limit, whichever way it is written."""
        return self.threshold if self.described.more_is_better and self.min is None else self.min

    @property
    def highest(self) -> float | None:
        """The absolute upper limit, whichever way it is written."""
        if self.described.more_is_better or self.max is not None:
            return self.max
        return self.threshold

    def problem(
        self,
        assertion_types: Iterable[str],
        place: Location | None = None,
        named: Iterable[str] = (),
    ) -> Problem | None:
        """Return what is wrong with the metric, given the known assertion types and the names that
        assertions have for what they measure; None for nothing.

        `place` is where the value of `metric` stands.
        """
        names = sorted(named)
        known = [*METRICS, *METRIC_ALIASES, *sorted(assertion_types), *names]
        if self.metric not in known and self.metric.removeprefix(NAMED) not in names:
            return Problem(
                f"unknown metric {self.metric!r} in gate {self.title!r}",
                place,
                expected=f"one of {', '.join(METRICS)}, an assertion type, or the metric: of one",
                fix=suggest(self.metric, known) or "write metric: case_verdict",
            )
        return self._impossible(place)

    def _impossible(self, place: Location | None) -> Problem | None:
        """Refuse a share that no run can reach or miss, as 95 for 0.95."""
        if not self.described.more_is_better:
            return None
        limits = {name: getattr(self, name) for name in _LIMITS if getattr(self, name) is not None}
        if limits and all(_HOLDS_ANYHOW.get(name) == value for name, value in limits.items()):
            name, value = next(iter(limits.items()))
            return Problem(
                f"gate {self.title!r}: {name}: {value:g} holds whatever comes",
                place,
                expected="a limit that a share can break",
                fix=f"give {name} another value, or remove the gate",
            )
        for limit in ("min", "max", "threshold"):
            value = getattr(self, limit)
            if value is not None and not 0 <= value <= 1:
                percent = f"write {limit}: {value / 100:g}" if 1 < value <= 100 else None
                return Problem(
                    f"gate {self.title!r}: {limit} cannot be {value:g}",
                    place,
                    expected="a share from 0 to 1",
                    fix=percent or f"give {limit} a value from 0 to 1",
                )
        return None


def _refusal(what: str, expected: str, fix: str) -> PydanticCustomError:
    context: dict[str, Any] = {"what": what, "expected": expected, "fix": fix}
    return PydanticCustomError("gate", "{what}", context)
