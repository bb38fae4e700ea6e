"""What a run of arena files will take, before any call: calls, tokens, dollars, minutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_arena.engine.lane import GUESSED_OUTPUT, input_tokens, output_bound
from pytest_arena.loading.plan import Arena, CellPlan
from pytest_arena.registry import Registry
from pytest_arena.results.exchange import Message, Request
from pytest_arena.schema import ProviderSpec

GUESSED_LATENCY_S = 2.0
"""One call, where nothing is known of the provider."""


@dataclass(slots=True)
class Estimate:
    """Add up what one provider will be asked.

    `most_output_tokens` is the bound that the parameters set, the guess where they set none;
    `cost_usd` and `most_cost_usd` are None where the price is not known. Load cases that last for
    a time, rather than for so many messages, are counted by `GUESSED_LATENCY_S`.
    """

    provider: str
    model: str
    calls: float = 0.0
    input_tokens: float = 0.0
    output_tokens: float = 0.0
    most_output_tokens: float = 0.0
    cost_usd: float | None = 0.0
    most_cost_usd: float | None = 0.0
    seconds: float = 0.0
    by_limit: str = ""
    """The limit that decides how long it takes."""


def estimate(
    arenas: Iterable[Arena],
    registry: Registry,
    *,
    concurrency: int,
    trials: int | None = None,
    latency_s: float = GUESSED_LATENCY_S,
) -> list[Estimate]:
    """Return one estimate a provider, in the order of the files.

    Judges, further attempts after failures, tools and kept answers are not counted.
    """
    found: dict[str, Estimate] = {}
    specs: dict[str, ProviderSpec] = {}
    for arena in arenas:
        for plan in arena.cells:
            if plan.case.skip is None:
                spec = specs.setdefault(plan.provider.name, plan.provider)
                row = found.setdefault(spec.name, Estimate(spec.name, spec.full_model))
                _add(row, plan, trials, latency_s)
    for name, row in found.items():
        _price(row, specs[name], registry)
        _time(row, specs[name], concurrency, latency_s)
    return list(found.values())


def total_seconds(rows: Sequence[Estimate], concurrency: int, latency_s: float) -> float:
    """Return how long all providers take together: the slowest of them, or all calls at the limit
    over all of them."""
    calls = sum(row.calls for row in rows)
    return max([calls * latency_s / concurrency, *(row.seconds for row in rows)])


def _add(row: Estimate, plan: CellPlan, trials: int | None, latency_s: float) -> None:
    case = plan.case
    bound = output_bound({**case.params, **plan.provider.params})
    likely = GUESSED_OUTPUT if bound is None else min(bound, GUESSED_OUTPUT)
    for dialogue in case.dialogues:
        rounds = _rounds(plan, trials, latency_s, len(dialogue))
        said: list[Message] = []
        if case.system is not None:
            said.append({"role": "system", "content": case.system})
        for number, turn in enumerate(dialogue):
            said.append({"role": "user", "content": turn.user})
            row.calls += rounds
            # the answers so far are sent again
            row.input_tokens += rounds * (input_tokens(Request(said)) + number * likely)
            row.output_tokens += rounds * likely
            row.most_output_tokens += rounds * (likely if bound is None else bound)


def _rounds(plan: CellPlan, trials: int | None, latency_s: float, turns: int) -> float:
    """Return how often a dialogue is held."""
    load = plan.case.load
    if load is None:
        return trials or plan.case.trials
    if load.messages is not None:
        every = load.users * load.messages / turns
    else:
        every = load.users * (load.duration_s or 0.0) / (latency_s * turns)
    return every / len(plan.case.dialogues)


def _price(row: Estimate, spec: ProviderSpec, registry: Registry) -> None:
    from pytest_arena.providers.prices import Usage

    cls = registry.providers.get(spec.provider)
    price = cls.price(spec) if cls is not None else None
    if price is None:
        offline = cls is not None and cls.offline
        row.cost_usd = row.most_cost_usd = 0.0 if offline else None
        return
    # by the mean call, since longer prompts may have another price
    calls = row.calls or 1.0
    tokens_in = round(row.input_tokens / calls)
    for name, tokens in (
        ("cost_usd", row.output_tokens),
        ("most_cost_usd", row.most_output_tokens),
    ):
        cost = price.cost(Usage(tokens_in, round(tokens / calls))) or 0.0
        setattr(row, name, cost * row.calls)


def _time(row: Estimate, spec: ProviderSpec, concurrency: int, latency_s: float) -> None:
    places = min(spec.concurrency or concurrency, concurrency)
    times = {f"{places} at once": row.calls * latency_s / places}
    rate = spec.rate_limit
    if rate is not None and rate.requests_per_minute is not None:
        limit = rate.requests_per_minute
        times[f"{limit:g} requests a minute"] = row.calls / limit * 60
    if rate is not None and rate.tokens_per_minute is not None:
        tokens = row.input_tokens + row.output_tokens
        limit = rate.tokens_per_minute
        times[f"{limit:g} tokens a minute"] = tokens / limit * 60
    row.by_limit = max(times, key=lambda name: times[name])
    row.seconds = times[row.by_limit]
