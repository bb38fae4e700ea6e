"""A server that attacks whoever asks it: the model's name picks how."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from aiohttp import web

from servers.web_server import WebServer

MEGABYTE = 1 << 20
_SSE = "text/event-stream"
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came in: of which attack, and with which headers and body."""

    model: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Attack:
    """What is answered: a status, headers, and bytes that may have no end."""

    parts: Callable[[], AsyncIterator[bytes]]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = _JSON


class AttackServer(WebServer):
    """A server in OpenAI's format, and in MCP's as far as its attacks go.

    `elsewhere` is where redirects lead.
    """

    def __init__(self, elsewhere: str = "http://localhost:9") -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self.elsewhere = elsewhere
        self.to = "/v1/chat/completions"
        """Where the redirects of `to` lead, as it is written."""
        self.given: Any = {}
        """What `given` answers: bytes, or a value as JSON."""
        self.sent = 0
        """Bytes that went out."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            model = str(json.loads(body).get("model", ""))
        except (ValueError, AttributeError):
            model = ""
        model = model or request.path.strip("/").rpartition("/")[2]
        self.asked.append(Asked(model, request.path, dict(request.headers), body))
        attack = self._attack(model)
        response = web.StreamResponse(status=attack.status, headers=attack.headers)
        response.content_type = attack.kind
        await response.prepare(request)
        try:
            async for part in attack.parts():
                await response.write(part)
                self.sent += len(part)
            await response.write_eof()
        except (ConnectionError, asyncio.CancelledError):
            # whoever asked has had enough
            pass
        return response

    def _attack(self, model: str) -> Attack:
        name, _, rest = model.partition("-")
        if name == "redirect":
            to = f"{self.elsewhere}/v1/chat/completions"
            return Attack(_once(b""), int(rest), {"Location": to})
        if name == "to":
            return Attack(_once(b""), 307, {"Location": self.to})
        if name == "given":
            is_raw = isinstance(self.given, bytes)
            body = self.given if is_raw else json.dumps(self.given).encode()
            return Attack(_once(body), kind=_SSE if body.startswith(b"data:") else _JSON)
        if name == "round":
            return Attack(_once(b""), 307, {"Location": "/v1/chat/completions"})
        if name == "wait":
            said = json.dumps({"error": {"message": "slow down"}}).encode()
            return Attack(_once(said), 429, {"Retry-After": rest})
        if name in ("bomb", "bombed"):
            # 40 MB of blanks in 40 kB, before an answer or with none behind
            packed = _packed(b"" if name == "bomb" else answer("ok hello"))
            return Attack(_once(packed), 200, {"Content-Encoding": rest or "gzip"})
        if name == "cut":
            packer = zlib.compressobj(9, zlib.DEFLATED, 31 if rest == "gzip" else 15)
            packed = packer.compress(answer("ok hello")) + packer.flush()
            return Attack(_once(packed[:-6]), 200, {"Content-Encoding": rest})
        if name == "endless":
            return Attack(_forever(b" " * 65536))
        if name == "events":
            chunk = {"choices": [{"index": 0, "delta": {"content": "a" * 2000}}]}
            return Attack(_forever(b"data: " + json.dumps(chunk).encode() + b"\n\n"), kind=_SSE)
        if name == "comments":
            return Attack(_forever(b": " + b"x" * 4000 + b"\n\n"), kind=_SSE)
        if name == "big":
            return Attack(_once(answer("z" * int(rest))))
        if name == "deep":
            depth = int(rest)
            return Attack(_once(b'{"choices":' + b"[" * depth + b"]" * depth + b"}"))
        if name == "beside":
            # an answer, and beside it what nobody looks at
            depth = int(rest)
            more = b',"x":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
            return Attack(_once(answer("ok hello")[:-1] + more))
        if name == "arguments":
            depth = int(rest)
            call = {"name": "f", "arguments": "[" * depth + "]" * depth}
            message = {"tool_calls": [{"id": "a", "type": "function", "function": call}]}
            return Attack(
                _once(json.dumps({"choices": [{"index": 0, "message": message}]}).encode())
            )
        if name == "usage":
            given = answer("ok hello").replace(
                b'"prompt_tokens": 10', b'"prompt_tokens": %s' % rest.encode()
            )
            return Attack(_once(given))
        return Attack(_once(answer("ok hello")))


def answer(text: str) -> bytes:
    """Return a whole chat completion."""
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return json.dumps({"id": "x", "model": "m", "choices": choices, "usage": usage}).encode()


def _once(body: bytes) -> Callable[[], AsyncIterator[bytes]]:
    async def parts() -> AsyncIterator[bytes]:
        yield body

    return parts


def _forever(part: bytes) -> Callable[[], AsyncIterator[bytes]]:
    async def parts() -> AsyncIterator[bytes]:
        while True:
            yield part
            await asyncio.sleep(0)

    return parts


@cache
def _packed(last: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = [packer.compress(b" " * MEGABYTE) for _ in range(40)]
    return b"".join([*packed, packer.compress(last), packer.flush()])
