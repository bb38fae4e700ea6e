"""Requests for embeddings, and vectors as the output of a response.

An embedding is a `Request` whose `purpose` is `embedding` and whose messages are the texts, so
that limits, attempts, budgets and recordings treat it as any call. The response's output is the
vectors as JSON, in the order of the texts.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from math import isfinite
from struct import error as StructError  # noqa: N812 - it is no function
from struct import iter_unpack
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.providers.completion import Answer, unreadable
from pytest_arena.providers.usage import usage_from
from pytest_arena.results.request_response import Request, Response

_NUMBERS = frozenset({int, float})
"""Not their descendants: true is no number."""


def texts_of(request: Request) -> list[str]:
    """Return the texts that a request wants embedded."""
    return [str(message["content"]) for message in request.messages]


def vectors_answer(body: Any, texts: int, *, packed: bool = False) -> Answer:
    """Read a list of embeddings in OpenAI's format; a vector for each text must be there.

    `packed` says that vectors were asked for in base64, and may come in it.
    """
    data = body.get("data") if isinstance(body, Mapping) else None
    entries = _in_order(data if isinstance(data, list) else [], texts)
    given = [entry.get("embedding") for entry in entries]
    vectors = _vectors([_unpacked(one) if packed else one for one in given])
    model = body.get("model")
    return Answer(
        texts=[json.dumps(vectors)],
        finish_reason="stop",
        usage=usage_from(body.get("usage"), embeds=True),
        model=model if isinstance(model, str) else None,
    )


def vectors_from(response: Response, texts: int) -> list[tuple[float, ...]]:
    """Return the vectors of a response, one for each text; anything else is a `ProviderError`."""
    try:
        rows = json.loads(response.output)
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list):
        raise unreadable(f"no embeddings: {shorten(response.output, 80)}")
    _check_count(rows, texts)
    return [tuple(row) for row in _vectors(rows)]


def _in_order(data: list[Any], texts: int) -> list[Mapping[str, Any]]:
    """Return the entries in the order of the texts, which their indexes tell, or where there are
    none, their place."""
    _check_count(data, texts)
    for entry in data:
        if not isinstance(entry, Mapping):
            raise unreadable(f"an embedding that is no object: {shorten(repr(entry), 40)}")
    places = [entry.get("index") for entry in data]
    if all(place is None for place in places):
        return data
    known = {place: entry for place, entry in zip(places, data, strict=True) if _is_whole(place)}
    if known.keys() != set(range(texts)):
        said = shorten(repr(places), 60)
        raise unreadable(f"the indexes of {texts} embeddings are {said}, not 0 to {texts - 1}")
    return [known[place] for place in range(texts)]


def _check_count(rows: list[Any], texts: int) -> None:
    if len(rows) != texts:
        raise unreadable(f"{len(rows)} embeddings for {texts} texts")


def _vectors(rows: list[Any]) -> list[list[float]]:
    """Return rows as vectors, which can be compared with each other."""
    vectors = [_vector(row) for row in rows]
    lengths = sorted({len(vector) for vector in vectors})
    if len(lengths) > 1:
        raise unreadable(f"embeddings of {lengths[0]} and of {lengths[-1]} numbers")
    return vectors


def _vector(row: Any) -> list[float]:
    if isinstance(row, list) and row and _NUMBERS.issuperset(map(type, row)):
        # whole numbers may be too large for one that is not
        with suppress(OverflowError):
            vector = [float(value) for value in row]
            if all(map(isfinite, vector)):
                return vector
    raise unreadable(f"an embedding that is no list of numbers: {shorten(repr(row), 80)}")


def _unpacked(given: Any) -> Any:
    """Return the numbers that stand in base64 as the four bytes of each; else what was given."""
    if not isinstance(given, str):
        return given
    try:
        packed = b64decode(given, validate=True)
        return [number for (number,) in iter_unpack("<f", packed)]
    except (ValueError, StructError):
        return given


def _is_whole(value: Any) -> bool:
    return type(value) is int
