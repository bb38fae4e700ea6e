"""Signs that an agent does not get on: which are looked for, and what makes each."""

from typing import Literal, Self, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.base import ArenaModel

AnomalyKind = Literal["stuck", "loop", "empty_response", "high_error_rate"]
_ALL: tuple[AnomalyKind, ...] = get_args(AnomalyKind)


class AnomalySigns(ArenaModel):
    """Which signs are looked for, and what makes each; names and figures are those of Promptise's
    health monitor."""

    anomalies: tuple[AnomalyKind, ...] = _ALL
    """The signs to look for."""
    within: Literal["conversation", "turn"] = "conversation"
    """Whether `stuck` and `loop` look at the calls of the whole conversation, or begin anew with
    each turn, as of an agent that looks at the same queue whenever it is asked."""
    stuck_threshold: int = Field(default=3, ge=2)
    """How many times the same call makes an agent stuck."""
    loop_window: int = Field(default=20, ge=4, le=1_000)
    """How many of the last calls a pattern and its repetitions are looked for in."""
    loop_min_repeats: int = Field(default=2, ge=2)
    """How many times a pattern makes a loop."""
    empty_threshold: int = Field(default=3, ge=1)
    """How many answers in a row make an agent mute."""
    empty_max_chars: int = Field(default=10, ge=0)
    """The most characters of an answer that says nothing."""
    error_window: int = Field(default=10, ge=1)
    """How many calls the share of failed ones is taken of."""
    error_rate_threshold: float = Field(default=0.5, gt=0, le=1)
    """The share of failed calls that is too much."""

    @model_validator(mode="after")
    def _can_find_something(self) -> Self:
        if not self.anomalies:
            raise PydanticCustomError(
                "anomalies",
                "no sign to look for",
                {"expected": f"some of {', '.join(_ALL)}", "fix": "leave anomalies out: all four"},
            )
        if self.loop_window < 2 * self.loop_min_repeats:
            raise PydanticCustomError(
                "anomalies",
                "no loop fits into a loop_window of {window}",
                {
                    "window": self.loop_window,
                    "expected": "at least two calls for each of loop_min_repeats",
                    "fix": f"write loop_window: {2 * self.loop_min_repeats} or more",
                },
            )
        return self


class HealthSpec(AnomalySigns):
    """Signs at which an agent is stopped while it works, each at the call that completes it."""

    on_anomaly: Literal["stop", "fail", "note"] = "stop"
    """`stop` ends the trial with what there is, which the assertions judge; `fail` fails it; `note`
    says so in the steps, and lets the agent go on."""
