"""From what a client received to a `Response`: one shape, whichever client it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_arena.errors import ErrorKind, ProviderError, shorten
from pytest_arena.providers.error_mapping import failure
from pytest_arena.providers.prices import Price, Usage
from pytest_arena.providers.rate_headers import allowance_from
from pytest_arena.results.allowance import Allowance
from pytest_arena.results.request_response import Response, ToolCall


@dataclass(slots=True)
class CallParts:
    """Gather one tool call: id, name, and its arguments as JSON text."""

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class Answer:
    """Gather one answer, whole or chunk by chunk."""

    texts: list[str] = field(default_factory=list)
    calls: dict[int, CallParts] = field(default_factory=dict)
    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None
    tells_filter: bool = False
    """Whether this provider says where its content filter steps in."""
    allowance: Allowance | None = None

    def hear(self, headers: Mapping[str, str]) -> None:
        """Keep what the headers say of the provider's rate limits."""
        self.allowance = allowance_from(headers)

    def response(self, *, latency_ms: float, first_token_ms: float | None = None) -> Response:
        """Return the response; cost is left to the caller, and cleaning to whoever called it.

        A filter that left nothing of the answer, and tool arguments that are not a JSON object,
        are a `ProviderError`.
        """
        output = "".join(self.texts)
        if self.finish_reason == "content_filter" and not output and not self.calls:
            raise failure(ErrorKind.CONTENT_FILTER, "the answer was withheld")
        usage = self.usage or Usage()
        return Response(
            output=output,
            finish_reason=self.finish_reason,
            tool_calls=tuple(_tool_call(self.calls[index]) for index in sorted(self.calls)),
            latency_ms=latency_ms,
            first_token_ms=first_token_ms,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            model=self.model,
            filtered=self._filtered(),
            allowance=self.allowance,
        )

    def _filtered(self) -> bool | None:
        if self.finish_reason == "content_filter":
            return True
        return False if self.tells_filter and self.finish_reason else None

    def priced(self, response: Response, price: Price | None) -> Response:
        """Set the response's cost in US dollars, where price and tokens are known."""
        if price is not None and self.usage is not None:
            response.cost_usd = price.cost(self.usage)
        return response


def unreadable(detail: str) -> ProviderError:
    """Build the error of an answer that is none."""
    return failure(ErrorKind.BAD_RESPONSE, detail)


def usage_from(usage: Mapping[str, Any] | None) -> Usage | None:
    """Read the `usage` of a chat completion; None where it holds no counts."""
    if not isinstance(usage, Mapping):
        return None
    given_in, given_out = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if given_in is None and given_out is None:
        return None
    of_input = usage.get("prompt_tokens_details") or {}
    of_output = usage.get("completion_tokens_details") or {}
    return Usage(
        input_tokens=given_in,
        output_tokens=given_out,
        cached_tokens=of_input.get("cached_tokens") or 0,
        cache_write_tokens=of_input.get("cache_creation_tokens") or 0,
        reasoning_tokens=of_output.get("reasoning_tokens") or 0,
    )


def text_of(content: Any) -> str:
    """Return the text of a message's `content`: a text, parts of which some are text, or None."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if isinstance(part, Mapping))
    return ""


def _tool_call(parts: CallParts) -> ToolCall:
    try:
        arguments = json.loads(parts.arguments or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise unreadable(
            f"the arguments of tool call {parts.name!r} are not a JSON object: "
            f"{shorten(parts.arguments, 80)!r}"
        )
    return ToolCall(name=parts.name, arguments=arguments, id=parts.id)
