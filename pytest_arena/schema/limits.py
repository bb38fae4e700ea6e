"""`budget:` and `rate_limit:`: how much may be spent, and how fast."""

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.base import ArenaModel, Duration


class BudgetSpec(ArenaModel):
    """A budget, of an arena file, a provider or a case.

    It holds over all workers together and is looked at before each call starts.
    """

    max_cost_usd: float | None = Field(default=None, gt=0)
    """The most that calls may cost, in US dollars."""
    max_calls: int | None = Field(default=None, gt=0)
    """The most calls; further attempts of a call count as well."""
    max_tokens: int | None = Field(default=None, gt=0)
    """The most tokens, in and out."""
    max_wall_time: Duration | None = None
    """No call is started later than this after the first one."""
    on_exceeded: Literal["stop", "warn"] = "stop"
    """`stop` starts no further call, and fails the run; `warn` goes on and says so."""

    @model_validator(mode="after")
    def _has_a_limit(self) -> Self:
        limits = (self.max_cost_usd, self.max_calls, self.max_tokens, self.max_wall_time)
        if all(limit is None for limit in limits):
            raise PydanticCustomError(
                "budget",
                "a budget without a limit",
                {
                    "expected": "one of max_cost_usd, max_calls, max_tokens, max_wall_time",
                    "fix": "add one, as in max_cost_usd: 2.0",
                },
            )
        return self


class RateLimitSpec(ArenaModel):
    """What a provider allows in a minute, over all workers together."""

    requests_per_minute: float | None = Field(default=None, gt=0)
    """Calls that may start in a minute; they are spread evenly over it."""
    tokens_per_minute: float | None = Field(default=None, gt=0)
    """Tokens in a minute, in and out."""

    @model_validator(mode="after")
    def _has_a_limit(self) -> Self:
        if self.requests_per_minute is None and self.tokens_per_minute is None:
            raise PydanticCustomError(
                "rate_limit",
                "a rate limit without a limit",
                {
                    "expected": "requests_per_minute, tokens_per_minute, or both",
                    "fix": "add one, as in requests_per_minute: 500",
                },
            )
        return self
