"""What litellm's own files say of providers and models, read without importing litellm."""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_ENUM = re.compile(r"^class LlmProviders\(.*?\n(.*?)^(?=\S)", re.DOTALL | re.MULTILINE)
_MEMBER = re.compile(r"^    [A-Z0-9_]+ = \"([^\"]+)\"", re.MULTILINE)


def read_price_map() -> dict[str, dict[str, Any]]:
    """Return litellm's price map by model name; empty where litellm does not bring one.

    Where litellm is imported already, it is the map that it has read itself.
    """
    loaded = getattr(sys.modules.get("litellm"), "model_cost", None)
    if isinstance(loaded, dict) and loaded:
        return loaded
    folder = _folder()
    path = folder / "model_prices_and_context_window_backup.json" if folder else None
    if path is None or not path.is_file():
        return {}
    found: dict[str, dict[str, Any]] = json.loads(path.read_bytes())
    found.pop("sample_spec", None)
    return found


@cache
def model_entries() -> dict[str, dict[str, Any]]:
    """Return the price map, read once."""
    return read_price_map()


@cache
def known_providers() -> frozenset[str]:
    """Return the names of all providers that litellm can reach.

    They are the members of its `LlmProviders`, found in the source, since importing litellm takes
    seconds; where a version of litellm keeps them elsewhere, those of its price map.
    """
    folder = _folder()
    source = folder / "types" / "utils.py" if folder else None
    if source is not None and source.is_file():
        enum = _ENUM.search(source.read_text(encoding="utf-8"))
        names = _MEMBER.findall(enum[1]) if enum else []
        if names:
            return frozenset(names)
    return frozenset(
        entry["litellm_provider"] for entry in read_price_map().values() if _has_provider(entry)
    )


def _has_provider(entry: dict[str, Any]) -> bool:
    return isinstance(entry.get("litellm_provider"), str)


def _folder() -> Path | None:
    spec = find_spec("litellm")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None
