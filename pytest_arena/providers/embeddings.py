"""Requests for embeddings, and vectors as the output of a response.

An embedding is a `Request` whose `purpose` is `embedding` and whose messages are the texts, so
that limits, attempts, budgets and recordings treat it as any call. The response's output is the
vectors as JSON, in the order of the texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.providers.completion import Answer, unreadable
from pytest_arena.providers.usage import usage_from
from pytest_arena.results.request_response import Request, Response


def texts_of(request: Request) -> list[str]:
    """Return the texts that a request wants embedded."""
    return [str(message["content"]) for message in request.messages]


def vectors_answer(body: Any, texts: int) -> Answer:
    """Read a list of embeddings in OpenAI's format; a vector for each text must be there."""
    data = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(data, Sequence) or len(data) != texts:
        count = len(data) if isinstance(data, Sequence) else 0
        raise unreadable(f"{count} embeddings for {texts} texts")
    ordered = sorted(data, key=lambda entry: entry.get("index", 0))
    vectors = [[float(value) for value in entry["embedding"]] for entry in ordered]
    return Answer(
        texts=[json.dumps(vectors)],
        finish_reason="stop",
        usage=usage_from(body.get("usage"), embeds=True),
        model=body.get("model"),
    )


def vectors_from(response: Response) -> list[tuple[float, ...]]:
    """Return the vectors of a response; anything else is a `ProviderError`."""
    try:
        rows = json.loads(response.output)
        return [tuple(float(value) for value in row) for row in rows]
    except (ValueError, TypeError):
        raise unreadable(f"no embeddings: {shorten(response.output, 80)}") from None
