"""What is sent to each model of litellm's map: no default that its provider refuses."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pytest_arena.providers.litellm_data import model_entries
from pytest_arena.providers.model_params import (
    fitted,
    left_out_note,
    retirement_note,
    retires_on,
)
from pytest_arena.schema import ProviderSpec

DEFAULTS = {"max_tokens": 500, "temperature": 0.7, "top_p": 0.9}
CHAT = sorted(
    name
    for name, entry in model_entries().items()
    if entry.get("litellm_provider") in ("openai", "anthropic") and entry.get("mode") == "chat"
)


def spec_of(model: str, **given: Any) -> ProviderSpec:
    provider = model_entries().get(model, {}).get("litellm_provider", "openai")
    return ProviderSpec(name="p", provider=provider, model=model, **given)


@pytest.mark.parametrize("model", CHAT)
def test_no_default_is_sent_that_the_map_says_is_refused(model: str) -> None:
    entry = model_entries()[model]
    fit = fitted(spec_of(model), DEFAULTS)
    if entry.get("supports_sampling_params") is False:
        assert not {"temperature", "top_p"} & fit.params.keys()
    if entry["litellm_provider"] == "anthropic":
        assert not {"temperature", "top_p"} <= fit.params.keys()
        assert fit.params["max_tokens"] == 500
    elif entry.get("supports_reasoning"):
        assert fit.params["max_completion_tokens"] == 500
        assert "max_tokens" not in fit.params
        plain = entry.get("default_reasoning_effort") == "none"
        assert ("temperature" in fit.params) is plain


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        ("gpt-4o-mini", {"max_tokens": 500, "temperature": 0.7, "top_p": 0.9}),
        ("gpt-6", {"max_completion_tokens": 500}),
        ("gpt-6-sol-2027-01-01", {"max_completion_tokens": 500}),
        ("gpt-5.1-mini", {"max_completion_tokens": 500, "temperature": 0.7, "top_p": 0.9}),
        ("ft:o4-mini-2025-04-16:us::abc", {"max_completion_tokens": 500}),
        ("gpt-4o-search-preview", {"max_tokens": 500}),
        ("our-model-7b", {"max_tokens": 500, "temperature": 0.7, "top_p": 0.9}),
        ("gpt-oss-20b", {"max_tokens": 500, "temperature": 0.7, "top_p": 0.9}),
    ],
)
def test_a_model_gets_what_its_kind_takes(model: str, sent: dict[str, Any]) -> None:
    assert fitted(spec_of(model), DEFAULTS).params == sent


def test_what_the_provider_itself_sets_stays_and_what_the_model_does_anyway() -> None:
    own = spec_of("gpt-6-sol", params={"temperature": 0.2})
    assert fitted(own, {**DEFAULTS, **own.params}).params["temperature"] == 0.2
    assert fitted(spec_of("gpt-6-sol"), {"temperature": 1}).params == {"temperature": 1}


def test_the_note_names_model_and_values() -> None:
    spec = spec_of("gpt-6-sol")
    fit = fitted(spec, {"temperature": 0.7})
    assert fit.left_out == {"temperature": 0.7}
    assert left_out_note(spec, fit.left_out) == (
        "provider 'p': openai/gpt-6-sol refuses temperature 0.7, a default that was left out"
    )


def test_a_model_says_when_it_retires(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = model_entries()
    monkeypatch.setitem(
        entries, "old-1", {"litellm_provider": "openai", "deprecation_date": "2026-07-23"}
    )
    monkeypatch.setitem(entries, "bad-1", {"litellm_provider": "openai", "deprecation_date": "x"})
    assert retires_on("openai/old-1") == date(2026, 7, 23)
    assert retires_on("openai/bad-1") is None
    assert retires_on("groq/old-1") is None
    assert retires_on("openai/our-model") is None


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 5, 23), None),
        (date(2026, 5, 24), "will be switched off on"),
        (date(2026, 7, 22), "will be switched off on"),
        (date(2026, 7, 23), "is switched off since"),
        (date(2027, 7, 23), "is switched off since"),
    ],
)
def test_a_model_that_retires_is_told_sixty_days_before(
    monkeypatch: pytest.MonkeyPatch, today: date, said: str | None
) -> None:
    entry = {"litellm_provider": "openai", "deprecation_date": "2026-07-23"}
    monkeypatch.setitem(model_entries(), "old-1", entry)
    told = f"provider 'p': openai/old-1 {said} 2026-07-23, by litellm's map of models"
    assert retirement_note(spec_of("old-1"), today) == (told if said else None)
