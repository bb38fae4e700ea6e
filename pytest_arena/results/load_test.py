"""What a load case measured: throughput, latencies and errors, in all and over time."""

from collections.abc import Mapping
from dataclasses import field

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.request_response import Source
from pytest_arena.text.numbers import counted


@dataclass(frozen=True, slots=True)
class LoadTestSpan:
    """What ended within one stretch of time: answered calls, errors, and latencies."""

    answered: NonNegativeInt
    errors: NonNegativeInt
    p50_ms: NonNegativeFloat | None = None
    p95_ms: NonNegativeFloat | None = None


@dataclass(frozen=True, slots=True)
class LoadTestResult:
    """The figures of a load case, which are made of every call.

    `duration_s` or `messages_per_user` is what was asked for; `elapsed_s` is the time from the
    first call to the end of the last one. `trials` counts the conversations (each of one call,
    where the case has a prompt), `errors` those that ended in an error, by kind. Of the others,
    `judged` were judged by the assertions on single trials and `passed` held. `latency_ms` and
    `first_token_ms` hold mean, p50, p90, p95, p99 and max in milliseconds, or nothing where
    nothing was timed. `spread_ms` are the latencies themselves, sorted, or their percentiles from
    0 to 100 where there are more. Tokens and cost (US dollars) are sums, None where one is not
    known. `spans` follow one another, each `span_s` seconds long.
    """

    users: NonNegativeInt
    elapsed_s: NonNegativeFloat
    trials: NonNegativeInt
    answered: NonNegativeInt
    duration_s: NonNegativeFloat | None = None
    messages_per_user: NonNegativeInt | None = None
    errors: Mapping[str, NonNegativeInt] = field(default_factory=dict)
    judged: NonNegativeInt = 0
    passed: NonNegativeInt = 0
    latency_ms: Mapping[str, NonNegativeFloat] = field(default_factory=dict)
    first_token_ms: Mapping[str, NonNegativeFloat] = field(default_factory=dict)
    spread_ms: tuple[NonNegativeFloat, ...] = ()
    input_tokens: NonNegativeInt | None = None
    output_tokens: NonNegativeInt | None = None
    cost_usd: NonNegativeFloat | None = None
    source: Source | None = None
    span_s: PositiveFloat = 1.0
    spans: tuple[LoadTestSpan, ...] = ()

    @property
    def failed_calls(self) -> int:
        return sum(self.errors.values())

    @property
    def calls_per_s(self) -> float | None:
        """Answered calls a second."""
        return self.answered / self.elapsed_s if self.elapsed_s > 0 else None


def load_in_words(load: LoadTestResult) -> str:
    """Return the figures in a line: load, throughput, latencies, errors."""
    asked = counted(load.users, "user")
    if load.duration_s is not None:
        asked += f" for {load.duration_s:g} s"
    elif load.messages_per_user is not None:
        asked += f", {counted(load.messages_per_user, 'message')} each"
    parts = [f"{asked}: {counted(load.answered, 'call')} answered"]
    if load.answered and load.calls_per_s is not None:
        rate = load.calls_per_s
        parts.append(f"{rate:,.0f} a second" if rate >= 100 else f"{rate:.3g} a second")
    parts += [
        f"{name} {_milliseconds(load.latency_ms[name])}"
        for name in ("p50", "p95", "p99")
        if name in load.latency_ms
    ]
    if load.errors:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(load.errors.items()))
        parts.append(f"{counted(load.failed_calls, 'error')} ({kinds})")
    else:
        parts.append("no error")
    return ", ".join(parts)


def _milliseconds(value: float) -> str:
    if value < 999.5:
        return f"{value:.0f} ms" if value >= 10 else f"{value:.2g} ms"
    return f"{value / 1000:.2f} s"
