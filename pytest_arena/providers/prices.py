"""What a call costs: litellm's price map, and the prices that an arena file gives itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from pytest_arena.light_dataclass import dataclass
from pytest_arena.providers.litellm_data import model_entries
from pytest_arena.providers.usage import Usage
from pytest_arena.schema.provider import ProviderSpec

_TIER = re.compile(r"(?:input_cost_per_token|output_cost_per_token)_above_(\d+)k_tokens")
_FREE = frozenset({"ollama", "ollama_chat"})
"""Providers on one's own machine, which litellm prices at nothing as well."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per token; None for a kind of token falls back to input or output.

    `above` holds the prices for a longer prompt, as (tokens, price), longest first.
    """

    input: float
    output: float
    cached_input: float | None = None
    cache_write: float | None = None
    reasoning: float | None = None
    above: tuple[tuple[int, Price], ...] = ()

    def cost(self, usage: Usage) -> float | None:
        """Return US dollars, or None where the tokens are not known."""
        if usage.input_tokens is None or usage.output_tokens is None or usage.problem:
            return None
        reasoning = usage.reasoning_tokens or 0
        for tokens, price in self.above:
            if usage.input_tokens > tokens:
                return price.cost(usage)
        plain = max(usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens, 0)
        spoken = max(usage.output_tokens - reasoning, 0)
        return (
            plain * self.input
            + usage.cached_tokens * _either(self.cached_input, self.input)
            + usage.cache_write_tokens * _either(self.cache_write, self.input)
            + spoken * self.output
            + reasoning * _either(self.reasoning, self.output)
        )


def price_of(spec: ProviderSpec, models: Iterable[str] = ()) -> Price | None:
    """Return the price of a provider's model, or None where it is not known.

    The arena file's `input_cost_per_million` and `output_cost_per_million` go before litellm's
    price map. `models` are further names to look up, as `provider/model`.
    """
    given_in, given_out = spec.input_cost_per_million, spec.output_cost_per_million
    if given_in is not None and given_out is not None:
        return Price(given_in / 1e6, given_out / 1e6)
    found = None
    for model in (spec.full_model, *models):
        found = found or _listed(model)
    if found is None and spec.full_model.partition("/")[0] in _FREE:
        found = Price(0.0, 0.0)
    if found is None:
        # One price alone is not the cost of a call.
        return None
    if given_in is not None:
        found = replace(found, input=given_in / 1e6, cached_input=None, cache_write=None, above=())
    if given_out is not None:
        found = replace(found, output=given_out / 1e6, reasoning=None, above=())
    return found


def load_prices() -> None:
    """Read the price map now (some 30 ms), so that no later call has to."""
    model_entries()


def _listed(full_model: str) -> Price | None:
    found = _price(full_model)
    if found is None and "/" in full_model:
        provider, model = full_model.split("/", 1)
        # The same bare name may belong to another provider, at another price.
        if _same_provider(
            provider, str(model_entries().get(model, {}).get("litellm_provider", ""))
        ):
            found = _price(model)
    return found


def _same_provider(named: str, listed: str) -> bool:
    """Compare as litellm does, whose map knows `vertex_ai-language-models`, `cohere_chat`, …"""
    return listed == named or listed.startswith((f"{named}-", f"{named}_")) or named == "mock"


@cache
def _price(model: str) -> Price | None:
    entry = model_entries().get(model, {})
    if "input_cost_per_token" not in entry or "output_cost_per_token" not in entry:
        return None
    sizes = {int(match[1]) for key in entry if (match := _TIER.fullmatch(key))}
    above = tuple(
        (size * 1000, _tier(entry, f"_above_{size}k_tokens"))
        for size in sorted(sizes, reverse=True)
    )
    return replace(_tier(entry, ""), above=above)


def _tier(entry: Mapping[str, Any], suffix: str) -> Price:
    def cost(key: str) -> float | None:
        value = entry.get(key + suffix, entry.get(key))
        return float(value) if isinstance(value, (int, float)) else None

    return Price(
        input=cost("input_cost_per_token") or 0.0,
        output=cost("output_cost_per_token") or 0.0,
        cached_input=cost("cache_read_input_token_cost"),
        cache_write=cost("cache_creation_input_token_cost"),
        reasoning=cost("output_cost_per_reasoning_token"),
    )


def _either(price: float | None, otherwise: float) -> float:
    return otherwise if price is None else price
