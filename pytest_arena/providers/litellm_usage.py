"""What answers of other formats than OpenAI's say of their tokens, as far as it cannot be.

litellm takes `true` for one token and cuts fractions, tells nothing of counts that it cannot read,
and gives the whole answer up for some.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.providers.json_body import read_json
from pytest_arena.providers.usage import is_count

_COUNTS = (
    *("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
    *("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens"),
    *("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount"),
    *("cachedContentTokenCount", "inputTokens", "outputTokens", "totalTokens"),
    *("prompt_eval_count", "eval_count"),
)
_HOLDERS = ("usage", "usageMetadata", "billed_units", "tokens")
_WITHIN = ("message", "response", "meta")
_SUSPECT = re.compile(
    rb'"(?:%s)"\s*:\s*(?!\d{1,8}\s*[,}])|"(?:usage|usageMetadata)"\s*:\s*(?!\{)'
    % "|".join(_COUNTS).encode()
)
"""Where a body has to be looked at; hardly any has."""


def may_be_broken(body: bytes) -> bool:
    """Return whether a body may say something of its tokens that cannot be; quickly."""
    return _SUSPECT.search(body) is not None


def problem_in(events: Iterable[Any]) -> str | None:
    """Return which counts of an answer cannot be; `events` are the JSON values of its body."""
    found = [fault for event in events for fault in _faults(event)]
    told = [f"{name}: {shorten(repr(holder[name]), 40)}" for holder, name in found]
    return "; ".join(dict.fromkeys(told)) or None


def mended(body: bytes) -> bytes | None:
    """Return a whole body with zeros for such counts, and an empty usage for none, so that litellm
    reads the answer beside them; None where nothing is to be mended, or it is no JSON."""
    try:
        event = read_json(body)
    except ValueError:
        return None
    faults = list(_faults(event))
    faults += [(place, "usage") for place in _places(event) if place.get("usage", 0) is None]
    for holder, name in faults:
        holder[name] = 0 if name in _COUNTS else {}
    return json.dumps(event).encode() if faults else None


def mended_events(part: bytes) -> bytes:
    """Return a part of a stream whose events are mended likewise, those that are whole in it."""
    return b"\n".join(_mended_line(line) for line in part.split(b"\n"))


def _mended_line(line: bytes) -> bytes:
    name, colon, data = line.partition(b":")
    body = mended(data) if name == b"data" else None
    return line if body is None else name + colon + b" " + body


def _faults(event: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield where in a part of an answer something is no count, as what holds it and a name."""
    for place in _places(event):
        yield from _broken(place, ("prompt_eval_count", "eval_count"))
        for name in _HOLDERS:
            holder = place.get(name)
            if isinstance(holder, dict):
                yield from _broken(holder, _COUNTS)
            elif holder is not None and name.startswith("usage"):
                yield place, name


def _places(event: Any) -> list[dict[str, Any]]:
    """Return the objects in a part of an answer that may have a usage: never what a model said."""
    if not isinstance(event, dict):
        return []
    return [one for one in (event, *map(event.get, _WITHIN)) if isinstance(one, dict)]


def _broken(holder: dict[str, Any], names: Iterable[str]) -> Iterator[tuple[dict[str, Any], str]]:
    for name in names:
        value = holder.get(name)
        if value is not None and not is_count(value):
            yield holder, name
