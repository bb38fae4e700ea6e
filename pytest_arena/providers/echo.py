"""Prompts in place of answers: what is sent, to be looked at and checked."""

from __future__ import annotations

from typing import ClassVar, Literal

from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.message_content import last_user_content
from pytest_arena.real_time import real_time
from pytest_arena.results.content import shown
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema.base import ArenaModel
from pytest_arena.schema.provider import ProviderSpec


class EchoOptions(ArenaModel):
    """The keys of an `echo` provider."""

    messages: Literal["last", "all"] = "last"
    """What is given back: what the user said `last`, or `all` that is sent, the system prompt
    first, each message behind its role."""


class EchoProvider(Provider):
    """Gives the prompt back, with its variables filled in, as a model would be sent it.

    An answer costs nothing; its tokens are unknown, since nobody counted any.
    """

    type = "echo"
    Options = EchoOptions
    offline = True
    asks_nobody: ClassVar[bool] = True

    def __init__(self, spec: ProviderSpec, environment: ProviderEnvironment) -> None:
        super().__init__(spec, environment)
        options = spec.options if isinstance(spec.options, EchoOptions) else EchoOptions()
        self._all = options.messages == "all"

    async def complete(self, request: Request) -> Response:
        started = real_time.perf_counter()
        output = _written(request) if self._all else shown(last_user_content(request))
        latency_ms = (real_time.perf_counter() - started) * 1000
        return Response(
            output=output,
            finish_reason="stop",
            latency_ms=latency_ms,
            first_token_ms=latency_ms if request.stream else None,
            cost_usd=0.0,
            source="echo",
        )


def _written(request: Request) -> str:
    return "\n\n".join(f"{one['role']}: {shown(one.get('content'))}" for one in request.messages)
