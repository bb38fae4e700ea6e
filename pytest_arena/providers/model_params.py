"""Which generation parameters a model takes, and until when it lives, by litellm's price map."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import date
from functools import cache
from typing import Any

from pytest_arena.light_dataclass import dataclass
from pytest_arena.providers.litellm_data import model_entries
from pytest_arena.schema.provider import ProviderSpec

WARNED_DAYS = 60
"""How long before a model is switched off a run begins to say so."""
_SAMPLING = (
    "temperature",
    "top_p",
    "top_k",
    "presence_penalty",
    "frequency_penalty",
    "logprobs",
    "top_logprobs",
    "logit_bias",
)
_DATED = re.compile(r"[-@](?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$")
_NOTHING: Mapping[str, Any] = {}


@dataclass(slots=True)
class FittedParams:
    """The parameters as the model takes them, and the defaults that were left out for it."""

    params: dict[str, Any]
    left_out: dict[str, Any] = field(default_factory=dict)

    def leave_out(self, name: str) -> None:
        self.left_out[name] = self.params.pop(name)


def fitted(
    spec: ProviderSpec, params: Mapping[str, Any], full_model: str | None = None
) -> FittedParams:
    """Return a request's parameters as the provider's model takes them.

    A default that the model refuses is left out; what the entry of `providers:` sets itself stays,
    and fails where the model refuses it. `full_model` is how
    the model is called, where the entry has it otherwise.
    """
    found = FittedParams(dict(params))
    if not params:
        return found
    entry = entry_of(full_model or spec.full_model)
    if not entry:
        return found
    limits = {"max_tokens", "max_completion_tokens"} & found.params.keys()
    if limits == {"max_tokens"} and _reasons_by_openai(entry):
        found.params["max_completion_tokens"] = found.params.pop("max_tokens")
    for name in _SAMPLING:
        if is_default(spec, name, params) and _refuses(entry, spec.model, name, params):
            found.leave_out(name)
    if entry.get("litellm_provider") == "anthropic" and {"temperature", "top_p"} <= set(
        found.params
    ):
        # newer models take one of the two alone
        for name in ("top_p", "temperature"):
            if is_default(spec, name, params):
                found.leave_out(name)
                break
    return found


def is_default(spec: ProviderSpec, name: str, params: Mapping[str, Any]) -> bool:
    """Return whether a parameter comes from elsewhere than the provider's own entry."""
    return name in params and (name not in spec.params or name in spec.params_from_defaults)


def left_out_note(spec: ProviderSpec, left_out: Mapping[str, Any]) -> str:
    """Say which defaults a model was not sent."""
    said = ", ".join(f"{name} {value}" for name, value in left_out.items())
    return f"provider {spec.name!r}: {spec.full_model} refuses {said}, a default that was left out"


def retires_on(full_model: str) -> date | None:
    """Return the day on which a model is switched off, where its provider has told it."""
    entry = _exact(full_model) or _NOTHING
    try:
        return date.fromisoformat(str(entry.get("deprecation_date")))
    except ValueError:
        return None


def retirement_note(spec: ProviderSpec, today: date) -> str | None:
    """Say that a provider's model is switched off, or will be within 60 days; else None."""
    day = retires_on(spec.full_model.removeprefix("litellm/"))
    if day is None or (day - today).days > WARNED_DAYS:
        return None
    when = "is switched off since" if day <= today else "will be switched off on"
    return f"provider {spec.name!r}: {spec.full_model} {when} {day}, by litellm's map of models"


@cache
def entry_of(full_model: str) -> Mapping[str, Any]:
    """Return what litellm knows of a model, empty where it knows nothing.

    A name that it does not know is looked up without its date, without `ft:` and what follows,
    as the family of those that begin with it, and without its last part.
    """
    found = _exact(full_model)
    if found is not None:
        return found
    provider, _, model = full_model.rpartition("/")
    prefix = f"{provider}/" if provider else ""
    if model.startswith("ft:"):
        return entry_of(prefix + model.split(":")[1])
    if (undated := _DATED.sub("", model)) != model:
        return entry_of(prefix + undated)
    if not any(letter.isdigit() for letter in model):
        return _NOTHING
    for name, entry in model_entries().items():
        if name.startswith((f"{model}-", f"{model}.")) and _serves(entry, provider):
            return entry
    shorter = model.rpartition("-")[0]
    return entry_of(prefix + shorter) if shorter else _NOTHING


def known_entry(full_model: str) -> Mapping[str, Any] | None:
    """Return what litellm knows of this very model, its date aside; None where it knows nothing."""
    return _exact(full_model) or _exact(_DATED.sub("", full_model))


def _exact(full_model: str) -> Mapping[str, Any] | None:
    entries = model_entries()
    provider, _, model = full_model.partition("/")
    found = entries.get(full_model) or entries.get(model)
    return found if found is not None and _serves(found, provider) else None


def _serves(entry: Mapping[str, Any], provider: str) -> bool:
    listed = str(entry.get("litellm_provider", ""))
    return provider in ("", listed) or (provider in _OPENAI and listed == "openai")


_OPENAI = frozenset({"openai", "openai_compatible", "openai-compatible", "custom_openai"})


def _reasons_by_openai(entry: Mapping[str, Any]) -> bool:
    """Return whether it is one of OpenAI's reasoning models, which take fewer parameters."""
    if entry.get("litellm_provider") not in ("openai", "azure"):
        return False
    return bool(entry.get("supports_reasoning")) or "supports_none_reasoning_effort" in entry


def _refuses(entry: Mapping[str, Any], model: str, name: str, params: Mapping[str, Any]) -> bool:
    if params[name] == 1 and name in ("temperature", "top_p"):
        # what the model does anyway
        return False
    if entry.get("supports_sampling_params") is False:
        return name in ("temperature", "top_p", "top_k")
    if _reasons_by_openai(entry):
        effort = params.get("reasoning_effort") or entry.get("default_reasoning_effort")
        return not (effort == "none" and entry.get("supports_none_reasoning_effort"))
    return entry.get("litellm_provider") == "openai" and "-search-" in f"{model}-"
