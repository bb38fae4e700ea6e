"""From the calls of a load to its figures: throughput, quantiles, errors, and all over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil, fsum

from pytest_arena.comparison.stats.quantiles import sorted_quantile
from pytest_arena.engine.load_test.runner import CallEnd, LoadTestRun
from pytest_arena.results.load_test import LoadTestResult, LoadTestSpan
from pytest_arena.results.request_response import source_of

MOST_SPANS = 60
MOST_TIMES = 101
_QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}
_ROUND_SPANS_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800)


def load_test_result(run: LoadTestRun, *, judged: int, passed: int) -> LoadTestResult:
    """Return the figures of a load, made of every call."""
    responses = [response for trial in run.trials for response in trial.responses]
    times = sorted(r.latency_ms for r in responses if r.latency_ms is not None)
    first = sorted(r.first_token_ms for r in responses if r.first_token_ms is not None)
    span_s = _span_s(run.elapsed_s)
    return LoadTestResult(
        users=run.load.users,
        duration_s=run.load.duration_s,
        messages_per_user=run.load.messages,
        elapsed_s=round(run.elapsed_s, 3),
        trials=len(run.trials),
        answered=len(responses),
        errors=dict(Counter(trial.error.kind for trial in run.trials if trial.error)),
        judged=judged,
        passed=passed,
        latency_ms=_summary(times),
        first_token_ms=_summary(first),
        spread_ms=_spread(times),
        input_tokens=_tokens([response.input_tokens for response in responses]),
        output_tokens=_tokens([response.output_tokens for response in responses]),
        cost_usd=_cost([response.cost_usd for response in responses]),
        source=source_of(responses),
        span_s=span_s,
        spans=_spans(run.ends, span_s, run.elapsed_s),
    )


def _summary(times: list[float]) -> dict[str, float]:
    """Return mean, quantiles (type 7) and maximum of sorted times; nothing of none."""
    if not times:
        return {}
    found = {name: sorted_quantile(times, share) for name, share in _QUANTILES.items()}
    found = {"mean": fsum(times) / len(times), **found, "max": times[-1]}
    return {name: round(value, 3) for name, value in found.items()}


def _spread(times: list[float]) -> tuple[float, ...]:
    """Return sorted times, or so few that every percentile of type 7 is still the same."""
    if len(times) > MOST_TIMES:
        times = [sorted_quantile(times, step / (MOST_TIMES - 1)) for step in range(MOST_TIMES)]
    return tuple(round(time, 3) for time in times)


def _span_s(elapsed_s: float) -> float:
    """Return a round length that gives at most `MOST_SPANS` spans."""
    for span_s in _ROUND_SPANS_S:
        if elapsed_s < span_s * MOST_SPANS:
            return span_s
    return float(ceil(elapsed_s / MOST_SPANS + 1e-9))


def _spans(ends: Iterable[CallEnd], span_s: float, elapsed_s: float) -> tuple[LoadTestSpan, ...]:
    ended = list(ends)
    if not ended:
        return ()
    count = int(elapsed_s / span_s) + 1
    times: list[list[float]] = [[] for _ in range(count)]
    answered, errors = [0] * count, [0] * count
    for end in ended:
        place = min(int(end.at_s / span_s), count - 1)
        if end.failed:
            errors[place] += 1
            continue
        answered[place] += 1
        if end.latency_ms is not None:
            times[place].append(end.latency_ms)
    return tuple(
        LoadTestSpan(answered[i], errors[i], _quantile(times[i], 0.5), _quantile(times[i], 0.95))
        for i in range(count)
    )


def _quantile(times: list[float], share: float) -> float | None:
    return round(sorted_quantile(sorted(times), share), 3) if times else None


def _tokens(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def _cost(costs: Sequence[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    if not known or len(known) < len(costs):
        return None
    return float(f"{fsum(known):.10g}")
