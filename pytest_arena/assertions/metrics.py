"""Assertions on what an answer took: time, money, tokens."""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.messages import (
    bounded,
    counting,
    dollars,
    milliseconds,
)
from pytest_arena.results.request_response import REPLAYED, Response
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, MoreText, Outcome, brief
from pytest_arena.schema.base import NotNull
from pytest_arena.schema.out_of_reach import never_as_late, never_as_many, never_so_many

NO_PRICE = (
    "the cost is not known: the price of {provider} is missing; set input_cost_per_million and "
    "output_cost_per_million on the provider"
)
NO_USAGE = "the cost is not known: {provider} reported no usage"
NOT_TIMED = "skipped: the latency is replayed from a {source}, and a replayed latency never gates"
NO_TIMING = "the response has no timing"


class ResponseTime(Assertion):
    """Holds when every provider call was answered in time; of a conversation the slowest counts.

        - type: response_time
          max_ms: 3000

    The time is the provider call alone: no queueing, no back-off, no judge.

    Error: when a response has no timing. One replayed from a recording or the cache is `skipped`:
    its time says nothing of today.
    """

    type: ClassVar[str] = "response_time"
    more_text: ClassVar[MoreText] = "nothing"
    aliases: ClassVar[tuple[str, ...]] = ("latency",)
    graded: ClassVar[bool] = True

    max_ms: float = Field(gt=0)
    """The most milliseconds."""

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        return None if self.negate else never_as_late(self.max_ms, longest_s)

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        unknown = untimed(trial.responses)
        if unknown is not None:
            return unknown
        slowest = max(response.latency_ms or 0.0 for response in trial.responses)
        return bounded(slowest, milliseconds, maximum=self.max_ms)


class FirstToken(Assertion):
    """Holds when the first token of every answer came in time; answers are streamed for it.

        - type: first_token
          max_ms: 800

    Error: when the time to the first token is not known. A replayed one is `skipped`.
    """

    type: ClassVar[str] = "first_token"
    more_text: ClassVar[MoreText] = "nothing"
    needs_stream: ClassVar[bool] = True
    graded: ClassVar[bool] = True

    max_ms: float = Field(gt=0)
    """The most milliseconds."""

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        return None if self.negate else never_as_late(self.max_ms, longest_s)

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        unknown = replayed(trial.responses)
        if unknown is not None:
            return unknown
        times = [response.first_token_ms for response in trial.responses]
        known = [time for time in times if time is not None]
        if len(known) < len(times):
            return Outcome.error("the time to the first token is not known")
        return bounded(max(known), milliseconds, maximum=self.max_ms)


class Cost(Assertion):
    """Holds when the trial's calls cost no more than this, together.

        - type: cost
          max_usd: 0.002

    Error: when the cost is not known: the provider reported no usage that could be believed, or
    the model has no price; give it one (`input_cost_per_million`, `output_cost_per_million`).
    """

    type: ClassVar[str] = "cost"
    more_text: ClassVar[MoreText] = "nothing"
    graded: ClassVar[bool] = True

    max_usd: float = Field(ge=0)
    """US dollars."""

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        if trial.cost_usd is None:
            return Outcome.error(unknown_cost(trial.responses, context))
        return bounded(trial.cost_usd, dollars, maximum=self.max_usd)


class TokenCount(Assertion):
    """Holds when the trial's tokens are within bounds; output tokens unless `kind` says otherwise.

        - type: token_count
          max: 200

    Error: when the provider did not report its usage.
    """

    type: ClassVar[str] = "token_count"
    more_text: ClassVar[MoreText] = "nothing"
    graded: ClassVar[bool] = True

    max: Annotated[int | None, NotNull] = Field(default=None, ge=0)
    """The most tokens."""
    min: Annotated[int | None, NotNull] = Field(default=None, ge=0)
    """The fewest tokens."""
    kind: Literal["output", "input", "total"] = "output"
    """Which tokens: the answer's, the prompt's, or both."""

    @model_validator(mode="after")
    def _has_bounds(self) -> Self:
        if self.min is None and self.max is None:
            raise PydanticCustomError(
                "missing_value", "token_count has no bound", {"expected": "`max`, `min` or both"}
            )
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PydanticCustomError(
                "bounds",
                "token_count can never hold: min {low} is over max {high}",
                {"low": self.min, "high": self.max, "expected": "`min` at most `max`"},
            )
        return self

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        if self.negate and self.kind == "output":
            return never_so_many(self.min or 0, most_bytes, "tokens")
        if self.max is None or self.min or self.negate or self.kind == "input":
            return None
        return never_as_many(self.max, most_bytes, "tokens")

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        counts = {
            "output": (trial.output_tokens,),
            "input": (trial.input_tokens,),
            "total": (trial.input_tokens, trial.output_tokens),
        }[self.kind]
        known = [count for count in counts if count is not None]
        if len(known) < len(counts):
            return Outcome.error(f"the {self.kind} tokens are not known: no usage was reported")
        form = counting(f"{self.kind} token")
        return bounded(sum(known), form, minimum=self.min, maximum=self.max)


def replayed(responses: tuple[Response, ...]) -> Outcome | None:
    """Return that times are not judged since they were replayed, or None where they are."""
    for response in responses:
        if response.source in REPLAYED:
            return Outcome("skipped", NOT_TIMED.format(source=response.source))
    return None


def untimed(responses: tuple[Response, ...]) -> Outcome | None:
    """Return what keeps latencies from being judged: replayed ones, or one without a timing."""
    unknown = replayed(responses)
    if unknown is None and any(response.latency_ms is None for response in responses):
        return Outcome.error(NO_TIMING)
    return unknown


def unknown_cost(responses: Iterable[Response], context: CheckContext) -> str:
    """Return why a cost is not known: no usage came, or there is no price for it."""
    counts = [
        count
        for response in responses
        if response.cost_usd is None
        for count in (response.input_tokens, response.output_tokens)
    ]
    if None in counts:
        who = f"provider {context.provider!r}" if context.provider else "the provider"
        return NO_USAGE.format(provider=who)
    return NO_PRICE.format(provider=repr(context.provider) if context.provider else "the model")
