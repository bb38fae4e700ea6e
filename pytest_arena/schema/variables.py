"""The environment variables by which an entry of `providers:` says whom it asks, and what."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from pytest_arena.schema.http import VARIABLE
from pytest_arena.schema.provider import ProviderSpec
from pytest_arena.text.nested_texts import texts_in

_LETTERS = 8
"""Enough to tell a change, and too few to find out a value by."""


def variables_in(texts: Iterable[str]) -> list[str]:
    """Return the names that stand in texts as `${NAME}`, in their order."""
    return [match[1] for text in texts for match in VARIABLE.finditer(text)]


def asking_texts(spec: ProviderSpec) -> Iterator[str]:
    """Give the texts of an entry that decide who is asked, and what: keys and headers do not."""
    yield spec.api_base or ""
    yield from (one.api_base or "" for one in spec.endpoints)
    yield from texts_in(spec.params)
    if spec.system is not None:
        yield from texts_in(spec.system.model_dump(exclude={"headers"}))


def values_hash(
    specs: Iterable[ProviderSpec], variables: Mapping[str, str] = os.environ
) -> str | None:
    """Return the hash of what the variables of entries stand for now; None where they name none."""
    named = sorted({name for spec in specs for name in variables_in(asking_texts(spec))})
    if not named:
        return None
    found = [(name, variables.get(name)) for name in named]
    return sha256(repr(found).encode("utf-8", "replace")).hexdigest()[:_LETTERS]
