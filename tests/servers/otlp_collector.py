"""A collector of traces, which takes what it is sent, or refuses it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from servers.web_server import WebServer


class OtlpCollector(WebServer):
    """A collector that keeps the requests it got: path, headers, body.

    `answers` are what it says in turn, each a status and a body; then 200 and nothing.
    """

    def __init__(self, *answers: tuple[int, str], headers: dict[str, str] | None = None) -> None:
        super().__init__()
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self._answers: Sequence[tuple[int, str]] = answers
        self._headers = headers or {}

    @property
    def spans(self) -> list[dict[str, Any]]:
        """All spans that were sent."""
        return [
            span
            for _, _, body in self.requests
            for of_run in json.loads(body)["resourceSpans"]
            for scoped in of_run["scopeSpans"]
            for span in scoped["spans"]
        ]

    async def handle(self, request: web.Request) -> web.Response:
        number = len(self.requests)
        self.requests.append((request.path, dict(request.headers), await request.read()))
        status, body = self._answers[number] if number < len(self._answers) else (200, "{}")
        return web.Response(status=status, text=body, headers=self._headers)
