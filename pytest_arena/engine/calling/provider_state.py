"""What one process knows of one entry of `providers:`: how to call it, and how that went."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import field
from math import sqrt
from typing import TYPE_CHECKING

from pytest_arena.engine.calling.call_sizes import Known
from pytest_arena.engine.calling.circuit_breaker import CircuitBreaker
from pytest_arena.engine.calling.concurrency import PriorityLock
from pytest_arena.light_dataclass import dataclass
from pytest_arena.providers.base import Provider
from pytest_arena.results.content import text_in
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema import ProviderSpec

if TYPE_CHECKING:
    from pytest_arena.engine.calling.rate_limit import RateLimiter
    from pytest_arena.providers.prices import Price

GUESSED_OUTPUT = 200
"""Tokens of an answer, while none has come and nothing bounds it."""
MOST_OUTPUT = 16_384
"""Tokens that an answer may have where nothing bounds it, and none was longer."""
TIMES_DEAREST = 10
"""How much dearer than all its answers so far one of an application may be."""
_ENOUGH = 3
"""Answers after which their mean says more than the bound that was asked for."""
CHARACTERS_PER_TOKEN = 4
DEFAULT_RETRY_FOR_S = 90.0
PER_MESSAGE = 3
"""Tokens around each message, as OpenAI counts them."""
PER_FILE = 1_000
"""Tokens of a picture, as vendors count one of a thousand pixels a side; of others, a guess."""
_BOUNDS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


@dataclass(slots=True)
class Traffic:
    """The calls to one endpoint with one key, by whatever entries of `providers:`, which share
    its rate."""

    turns: PriorityLock = field(default_factory=PriorityLock)
    rate_limiter: RateLimiter | None = None
    """None while nothing bounds the rate: no limit in the file, and no refusal yet."""
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=4096))
    """When the last attempts were started."""


@dataclass(slots=True)
class ProviderState:
    """One provider while a run goes on: whether it is down, who waits, what answers were like."""

    spec: ProviderSpec
    provider: Provider
    traffic: Traffic = field(default_factory=Traffic)
    breaker: CircuitBreaker = field(init=False)
    endpoint: str = field(init=False)
    """What the entry asks, as `ProviderSpec.endpoint` says it."""
    pool: str = field(init=False)
    """What has the places for its calls in flight."""
    answers: int = 0
    output_tokens: int = 0
    input_tokens: int = 0
    estimated_input: float = 0.0
    """What the inputs were taken for, of which `input_tokens` says what they were."""
    dearest_usd: float | None = None
    """The most that an application has said of one answer; None while it has said nothing."""
    asks_price: bool = False
    """Whether a call is in flight from which it will be known what an application costs."""
    _price: Price | None = None
    _price_known: bool = False

    def __post_init__(self) -> None:
        self.breaker = CircuitBreaker(self.spec.name)
        self.endpoint, self.pool = self.spec.endpoint, self.spec.pool

    @property
    def turns(self) -> PriorityLock:
        return self.traffic.turns

    @property
    def starts(self) -> deque[float]:
        return self.traffic.starts

    @property
    def rate_limiter(self) -> RateLimiter | None:
        return self.traffic.rate_limiter

    @rate_limiter.setter
    def rate_limiter(self, value: RateLimiter | None) -> None:
        self.traffic.rate_limiter = value

    @property
    def price(self) -> Price | None:
        """What its tokens cost, where that is known before a call."""
        if not self._price_known:
            self._price = self.provider.own_price
            self._price_known = True
        return self._price

    def learn(self, request: Request, response: Response) -> None:
        """Count an answer, for the guess at the next one."""
        if self.spec.system is not None and response.cost_usd is not None:
            self.dearest_usd = max(self.dearest_usd or 0.0, response.cost_usd)
        if response.output_tokens is not None:
            self.answers += 1
            self.output_tokens += response.output_tokens
        if response.input_tokens is not None:
            self.estimated_input += input_tokens(request)
            self.input_tokens += response.input_tokens

    def burst(self, now: float) -> int:
        """Return how many attempts were started in the last second."""
        return sum(start > now - 1 for start in self.starts)

    def likely_tokens(self, request: Request) -> tuple[float, float]:
        """Return the tokens that a call will take, in and out.

        In: by the length of its texts, as the answers so far have corrected that. Out: the bound
        that it asks for, but no more than twice the mean of the answers so far.
        """
        tokens_in = input_tokens(request)
        if self.estimated_input:
            tokens_in *= self.input_tokens / self.estimated_input
        bound = output_bound(request.params)
        likely = float(GUESSED_OUTPUT if bound is None else bound)
        if self.answers >= _ENOUGH or (self.answers and bound is None):
            mean = self.output_tokens / self.answers
            likely = mean if bound is None else min(likely, 2 * mean)
        return tokens_in, likely


def most_tokens(
    request: Request, likely: tuple[float, float], known: Known, age_s: float = 0.0
) -> tuple[float, float]:
    """Return the tokens, in and out, that a call may take which began so long ago.

    Out: what the calls to its provider say; never more than the bound that it asks for.
    """
    tokens_in, _ = likely
    bound = output_bound(request.params)
    if bound is None:
        bound = max(float(MOST_OUTPUT), 2 * known.largest)
    tokens_out = 0.0 if request.purpose == "embedding" else known.most(bound, age_s)
    return tokens_in * caution(known.answers), tokens_out


def caution(answers: int) -> float:
    """Return by how much a next input may surpass the estimate that so many have corrected."""
    return 1.0 + 1.0 / sqrt(max(answers, 1))


def most_usd(known: Known, age_s: float) -> float:
    """Return what a call of an application may cost which began so long ago."""
    return known.most(TIMES_DEAREST * known.largest, age_s)


def output_bound(params: dict[str, object]) -> float | None:
    """Return how many tokens an answer may have, where the parameters say so."""
    for name in _BOUNDS:
        value = params.get(name)
        if isinstance(value, (int, float)):
            return float(value)
    return None


def input_tokens(request: Request) -> float:
    """Estimate the tokens of a request from its characters: four a token, as in English.

    A file counts as a picture of usual size does.
    """
    contents = [message.get("content") for message in request.messages]
    characters = sum(len(text_in(content)) for content in contents)
    characters += len(json.dumps(request.tools, default=str)) if request.tools else 0
    files = PER_FILE * len(request.file_parts)
    return characters / CHARACTERS_PER_TOKEN + PER_MESSAGE * len(request.messages) + files
