"""A bot behind HTTP, as somebody may have built it: JSON, forms, streams, a login, and faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from email import message_from_bytes
from email.policy import HTTP
from hashlib import sha256
from typing import Any

from aiohttp import web

from servers.web_server import WebServer

Handler = Callable[[web.Request], Any]


class BotService(WebServer):
    """A bot that answers each path in a way of its own.

    `requests` keeps method, path with query, headers, and the body as a text.
    """

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, str, dict[str, str], str]] = []
        self.in_flight = 0
        self.peak = 0
        self._token = 0
        self._cookies = 0
        self._turns: dict[str, list[str]] = {}

    def asked(self, path: str) -> list[tuple[str, str, dict[str, str], str]]:
        """Return the requests to a path."""
        return [one for one in self.requests if one[1].partition("?")[0] == path]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = (await request.read()).decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((request.method, request.raw_path, headers, body))
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            handler = getattr(self, f"_{request.path.split('/')[1]}", None)
            if handler is None:
                return web.json_response({"detail": "Not Found"}, status=404)
            found: web.StreamResponse = await handler(request, body)
            return found
        finally:
            self.in_flight -= 1

    async def _chat(self, request: web.Request, body: str) -> web.Response:
        given = json.loads(body)
        said = given.get("message") or given.get("prompt")
        steps = [{"kind": "tool", "name": "find", "args": {"n": 1}, "result": "shipped"}]
        return web.json_response(
            {
                "reply": {"text": f"hello {said}", "documents": [{"text": "a document"}]},
                "steps": steps,
                "none": [],
                "usage": {"in": 3, "out": 4, "usd": 0.25},
                "took": 12.5,
                "why": "because",
                "score": {"sure": True},
            }
        )

    async def _text(self, request: web.Request, body: str) -> web.Response:
        return web.Response(text="hello in plain words")

    async def _latin(self, request: web.Request, body: str) -> web.Response:
        return web.Response(
            body="hello é".encode("latin-1"),
            headers={"Content-Type": "text/plain; charset=iso-8859-1"},
        )

    async def _marked(self, request: web.Request, body: str) -> web.Response:
        return web.Response(body=b'\xef\xbb\xbf{"text": "hello"}')

    async def _slow(self, request: web.Request, body: str) -> web.Response:
        await asyncio.sleep(float(request.query.get("seconds", "600")))
        return web.Response(text="hello at last")

    async def _sse(self, request: web.Request, body: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        events = [
            {"delta": "hel"},
            {"delta": "lo"},
            {"tool": {"name": "find", "arguments": {"n": 1}}},
            {"usage": {"in": 3, "out": 4}},
            {"delta": ""},
        ]
        for event in events:
            await response.write(f"event: piece\ndata: {json.dumps(event)}\n\n".encode())
        fault = request.query.get("fault")
        if fault == "error":
            await response.write(b'event: error\ndata: {"message": "overloaded"}\n\n')
        if fault == "cut" and request.transport is not None:
            await response.write(b"data: ")
            request.transport.close()
            return response
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _fails(self, request: web.Request, body: str) -> web.StreamResponse:
        pieces = [{"delta": "hello", "error": None}, {"error": {"message": "overloaded"}}]
        if request.query["as"] == "lines":
            return web.Response(text="\n".join(map(json.dumps, pieces)))
        events = [*map(json.dumps, pieces), "[DONE]"]
        text = "".join(f"data: {event}\n\n" for event in events)
        return web.Response(text=text, content_type="text/event-stream")

    async def _words(self, request: web.Request, body: str) -> web.StreamResponse:
        return web.Response(text="data: hello\n\ndata:  you\n\n", content_type="text/event-stream")

    async def _ndjson(self, request: web.Request, body: str) -> web.StreamResponse:
        lines = [{"text": "hel"}, {"text": "lo"}, {"done": True, "answer": None}]
        return web.Response(text="\n".join(map(json.dumps, lines)))

    async def _login(self, request: web.Request, body: str) -> web.Response:
        if "wrong" in body:
            return web.json_response({"detail": "no such user"}, status=401)
        self._token += 1
        return web.json_response({"auth": {"token": f"token-number-{self._token}"}})

    async def _private(self, request: web.Request, body: str) -> web.Response:
        token = request.headers.get("Authorization")
        if token == "Bearer token-number-1" and len(self.asked("/private")) == 1:
            return web.Response(text="hello once")
        if token == "Bearer token-number-2":
            return web.Response(text="hello again")
        return web.json_response({"detail": "expired"}, status=401)

    async def _remembers(self, request: web.Request, body: str) -> web.Response:
        jar = request.cookies.get("conversation")
        if jar is None:
            self._cookies += 1
            jar = str(self._cookies)
        self._turns.setdefault(jar, []).append(json.loads(body)["prompt"])
        response = web.Response(text=" ".join(self._turns[jar]))
        response.set_cookie("conversation", jar)
        return response

    async def _moved(self, request: web.Request, body: str) -> web.Response:
        status = int(request.query.get("status", "307"))
        return web.Response(status=status, headers={"Location": request.query["to"]})

    async def _round(self, request: web.Request, body: str) -> web.Response:
        return web.Response(status=307, headers={"Location": "/round"})

    async def _says(self, request: web.Request, body: str) -> web.Response:
        status = int(request.query["status"])
        headers = {"Retry-After": "0"} if status == 429 else {}
        if len(self.asked("/says")) > int(request.query.get("times", "1000")):
            return web.Response(text="hello in the end")
        return web.Response(status=status, text=f"status {status} {'x' * 600}", headers=headers)

    async def _empty(self, request: web.Request, body: str) -> web.Response:
        return web.Response(status=204)

    async def _broken(self, request: web.Request, body: str) -> web.Response:
        return web.Response(text='{"reply": "hel')

    async def _endless(self, request: web.Request, body: str) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(20):
            await response.write(b"x" * 1_000_000)
        return response

    async def _upload(self, request: web.Request, body: str) -> web.Response:
        """Say what a form with files holds: of each part its name, file name, type and content."""
        kind = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n"
        form = message_from_bytes(kind.encode() + await request.read(), policy=HTTP)
        found = []
        for part in form.iter_parts():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            is_file = part.get_filename() is not None
            told = sha256(content).hexdigest() if is_file else content.decode()
            found.append([name, part.get_filename(), part.get_content_type(), told])
        return web.json_response({"parts": found})

    async def _mirror(self, request: web.Request, body: str) -> web.Response:
        return web.Response(text=body, content_type="application/json")

    async def _echo(self, request: web.Request, body: str) -> web.Response:
        return web.Response(text=f"hello {request.method} {request.raw_path} {body}")
