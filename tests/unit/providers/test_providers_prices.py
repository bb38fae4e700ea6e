"""Prices from litellm's data file, compared with litellm's own calculation."""

from __future__ import annotations

import pytest

from pytest_arena.providers.litellm_data import known_providers
from pytest_arena.providers.litellm_import import load_litellm
from pytest_arena.providers.prices import Price, Usage, price_of
from pytest_arena.schema import ProviderSpec


def spec(provider: str, model: str, **given: float) -> ProviderSpec:
    return ProviderSpec(name="p", provider=provider, model=model, **given)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-mini"),
        ("openai", "gpt-4o"),
        ("openai", "o3-mini"),
        ("anthropic", "claude-haiku-4-5"),
        ("gemini", "gemini-2.5-pro"),
        ("mistral", "mistral-large-latest"),
        ("groq", "openai/gpt-oss-120b"),
        ("deepseek", "deepseek-chat"),
        ("vertex_ai", "gemini-2.5-flash"),
    ],
)
@pytest.mark.parametrize(
    ("tokens_in", "tokens_out", "cached"),
    [(1000, 500, 0), (0, 0, 0), (300_000, 10, 0), (900, 90, 400)],
)
def test_a_call_costs_what_litellm_says(
    provider: str, model: str, tokens_in: int, tokens_out: int, cached: int
) -> None:
    oracle = sum(
        load_litellm().cost_per_token(
            model=model,
            custom_llm_provider=provider,
            prompt_tokens=tokens_in,
            completion_tokens=tokens_out,
            cache_read_input_tokens=cached,
        )
    )
    price = price_of(spec(provider, model))
    assert price is not None
    assert price.cost(Usage(tokens_in, tokens_out, cached)) == pytest.approx(oracle)


def test_an_unknown_model_has_no_price() -> None:
    assert price_of(spec("openai", "my-own-model")) is None


def test_a_model_of_another_provider_is_not_taken_for_it() -> None:
    assert price_of(spec("groq", "gpt-4o-mini")) is None


def test_prices_of_the_arena_file_go_first() -> None:
    given = {"input_cost_per_million": 2.0, "output_cost_per_million": 4.0}
    assert price_of(spec("openai", "gpt-4o", **given)) == Price(2e-6, 4e-6)


def test_one_price_of_the_arena_file_keeps_the_other() -> None:
    listed = price_of(spec("openai", "gpt-4o"))
    price = price_of(spec("openai", "gpt-4o", input_cost_per_million=1.0))
    assert listed is not None
    assert price == Price(1e-6, listed.output)


def test_half_a_price_is_none() -> None:
    assert price_of(spec("openai", "my-own-model", input_cost_per_million=1.0)) is None


def test_unknown_tokens_have_no_cost() -> None:
    price = Price(1.0, 1.0)
    assert price.cost(Usage(None, 5)) is None
    assert price.cost(Usage(5, None)) is None


def test_cached_and_reasoning_tokens_have_their_own_price() -> None:
    price = Price(input=10, output=20, cached_input=1, cache_write=15, reasoning=30)
    usage = Usage(10, 10, cached_tokens=4, cache_write_tokens=1, reasoning_tokens=3)
    assert price.cost(usage) == 5 * 10 + 4 * 1 + 1 * 15 + 7 * 20 + 3 * 30


def test_a_model_on_ones_own_machine_is_free() -> None:
    assert price_of(spec("ollama_chat", "whatever")) == Price(0.0, 0.0)


def test_all_providers_of_litellm_are_known_without_importing_it() -> None:
    listed = {str(getattr(name, "value", name)) for name in load_litellm().provider_list}
    assert listed <= known_providers()
    assert {"openai", "anthropic", "gemini", "ollama", "azure", "bedrock", "groq"} <= listed
    assert "opnai" not in known_providers()
