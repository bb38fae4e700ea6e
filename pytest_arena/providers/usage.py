"""What an answer says of its tokens: counts that can be believed, the others unknown."""

from __future__ import annotations

from functools import partial
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.light_dataclass import dataclass

MOST_TOKENS = 100_000_000
"""No call takes as many: a count above is a mistake of whoever reports it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of one call.

    `input_tokens` holds the cached ones (`cached_tokens`, read from the provider's prompt cache)
    and those written to the cache; `output_tokens` holds the reasoning ones. None: not known.
    `reasoning_tokens` is None where the provider does not tell them apart. `problem` says which
    count could not be believed; the call has no known cost then.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int | None = None
    problem: str | None = None


def usage_from(usage: Any, *, embeds: bool = False) -> Usage | None:
    """Read the `usage` of an answer; None where it holds no counts.

    Not reported is unknown, and so are zeros, which some gateways send for it: no prompt is
    empty. Zero output tokens are those of an empty answer, see `beside_answer`.
    """
    if not isinstance(usage, dict):
        return None
    broken: list[str] = []
    count = partial(_count, broken)
    given_in = count(usage, "prompt_tokens", "input_tokens") or None
    given_out = 0 if embeds else count(usage, "completion_tokens", "output_tokens")
    of_input = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
    of_output = usage.get("completion_tokens_details") or usage.get("output_tokens_details")
    cached = count(of_input, "cached_tokens") or count(usage, "prompt_cache_hit_tokens") or 0
    written = count(of_input, "cache_creation_tokens", "cache_write_tokens") or 0
    reasoning = count(of_output, "reasoning_tokens")
    if reasoning and given_in and given_out is not None:
        total = count(usage, "total_tokens")
        # xAI counts the reasoning beside the output, all others within it
        given_out += reasoning if total == given_in + given_out + reasoning else 0
    if given_in is None and given_out is None and not broken:
        return None
    return Usage(given_in, given_out, cached, written, reasoning, "; ".join(broken) or None)


def is_count(value: Any) -> bool:
    """Return whether a value can be a number of tokens."""
    whole = isinstance(value, (int, float)) and not isinstance(value, bool)
    return whole and 0 <= value <= MOST_TOKENS and value == int(value)


def _count(broken: list[str], holder: Any, *names: str) -> int | None:
    """Return the count of the first of these names that there is; one that is none is broken."""
    if not isinstance(holder, dict):
        return None
    for name in names:
        value = holder.get(name)
        if value is None:
            continue
        if is_count(value):
            return int(value)
        broken.append(f"{name}: {shorten(repr(value), 40)}")
        return None
    return None
