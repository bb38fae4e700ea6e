"""The bound on an answer that came over no wire, where its bytes would have been counted."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pytest_arena.providers.http_bounds import too_long
from pytest_arena.results.request_response import Response


def check_size(name: str, response: Response, most_bytes: int) -> None:
    """Raise the error of an answer that is longer than its provider's `max_response_mb`."""
    left = most_bytes
    for text in _texts(response):
        left -= len(text.encode("utf-8", "surrogatepass"))
        if left < 0:
            raise too_long(name, most_bytes)


def _texts(response: Response) -> Iterator[str]:
    yield response.output
    yield response.reasoning or ""
    yield from response.context
    for call in response.tool_calls:
        yield call.name
        yield json.dumps([call.arguments, call.result, call.error], ensure_ascii=False, default=str)
