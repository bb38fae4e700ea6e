"""From what a client received to a `Response`: one shape, whichever client it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from pytest_arena.errors import ErrorKind, ProviderError, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.providers.error_mapping import failure
from pytest_arena.providers.json_body import read_json
from pytest_arena.providers.prices import Price
from pytest_arena.providers.rate_headers import allowance_from
from pytest_arena.providers.sent_back import SentBack, signed_fields
from pytest_arena.providers.usage import Usage
from pytest_arena.results.allowance import Allowance
from pytest_arena.results.request_response import Message, Response, ToolCall, called_by_model
from pytest_arena.text.thoughts import answer_has_begun

_REFUSAL = "refusal"
"""Anthropic's stop reason where a model, or a classifier beside it, declines to go on."""
_REASONS = {
    **{own: own for own in ("stop", "length", "tool_calls", "function_call", "content_filter")},
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
    "tool_use": "tool_calls",
    **dict.fromkeys(
        (
            "blocklist",
            "content_filtered",
            "error_toxic",
            "guardrail_intervened",
            "prohibited_content",
            "recitation",
            _REFUSAL,
            "safety",
            "sensitive",
            "spii",
        ),
        "content_filter",
    ),
}
"""OpenAI's finish reasons, and what hosts of open models and gateways write for them."""


def names_filter(reason: str) -> bool:
    """Return whether a finish reason says, in anybody's words, that a content filter stepped in."""
    return _REASONS.get(_bare(reason)) == "content_filter"


def names_refusal(reason: str) -> bool:
    """Return whether a finish reason says that the model refuses."""
    return _bare(reason) == _REFUSAL


def _bare(reason: str) -> str:
    # Gemini's endpoint in OpenAI's format adds its own: "content_filter: RECITATION"
    return reason.lower().partition(":")[0].strip()


@dataclass(slots=True)
class CallParts:
    """One tool call as it comes: id, name, and its arguments as JSON text, or as a value."""

    id: str = ""
    name: str = ""
    arguments: Any = ""
    signed: dict[str, Any] = field(default_factory=dict)
    """What the provider wants to see again beside the call."""

    def add(self, call: Mapping[str, Any]) -> None:
        """Add what a message or a chunk says of the call."""
        said = _function(call)
        self.id = _text(call.get("id")) or self.id
        name = _text(said.get("name"))
        # some servers repeat it in every part
        self.name += name if name != self.name else ""
        arguments = said.get("arguments")
        if isinstance(arguments, str) and isinstance(self.arguments, str):
            self.arguments += arguments
        elif arguments is not None:
            self.arguments = arguments
        self.signed |= signed_fields(call)

    def is_another(self, call: Mapping[str, Any]) -> bool:
        """Return whether a part begins another call, by its id or since this one is complete."""
        given_id = _text(call.get("id"))
        if given_id and self.id:
            return given_id != self.id
        named = bool(self.name and _text(_function(call).get("name")))
        return named and bool(self.arguments) and isinstance(self.tool_call().arguments, dict)

    @property
    def is_nameless(self) -> bool:
        """Whether nobody can say which tool was called."""
        return not self.name.strip()

    @property
    def is_blank(self) -> bool:
        """Whether nothing at all was said of the call."""
        return self.is_nameless and not (self.id or self.arguments)

    def tool_call(self) -> ToolCall:
        """Return the call; arguments that are no JSON stay the text that the model gave."""
        arguments = self.arguments
        if isinstance(arguments, str):
            try:
                arguments = read_json(arguments) if arguments.strip() else {}
            except ValueError:
                arguments = self.arguments
        return ToolCall(name=self.name, arguments=arguments, id=self.id)


@dataclass(slots=True)
class Answer:
    """One answer, gathered whole or chunk by chunk."""

    texts: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    calls: list[CallParts] = field(default_factory=list)
    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    tells_filter: bool = False
    """Whether this provider says where its content filter steps in."""
    was_filtered: bool = False
    """Whether it said so beside the finish reason."""
    is_refusal: bool = False
    """Whether the provider says of the answer as a whole that the model refuses."""
    allowance: Allowance | None = None
    sent_back: SentBack = field(default_factory=SentBack)
    has_unread: bool = False
    """Whether its content has parts without text, such as pictures."""
    _has_begun: bool = False
    _thinks: bool = False
    _has_blank_calls: bool = False
    """Whether something stood in the place of a call that says nothing of one."""
    _calls_by_index: dict[int, CallParts] = field(default_factory=dict)

    def hear(self, headers: Mapping[str, str]) -> None:
        """Keep what the headers say of the provider's rate limits."""
        self.allowance = allowance_from(headers)

    def finish(self, reason: Any) -> None:
        """Keep a finish reason, in OpenAI's words; one that is none of these stays as it came."""
        if isinstance(reason, str) and reason:
            # a key that is echoed in other letters would not be known as one
            self.finish_reason = _REASONS.get(_bare(reason), reason)
            self.is_refusal = self.is_refusal or names_refusal(reason)

    def add_call(self, call: Any, *, whole: bool) -> None:
        """Add a tool call, or in a stream a part of one.

        A part goes to the call of its index, unless it begins another one: some servers give all
        of them the same index.
        """
        if not isinstance(call, dict):
            self._has_blank_calls = True
            return
        index = call.get("index")
        parts = self._calls_by_index.get(index) if isinstance(index, int) else None
        if whole or parts is None or parts.is_another(call):
            parts = CallParts()
            self.calls.append(parts)
            if isinstance(index, int):
                self._calls_by_index[index] = parts
        parts.add(call)

    @property
    def has_begun(self) -> bool:
        """Whether there is something of the answer itself: thoughts are none."""
        if not self._has_begun:
            self._has_begun = bool(self.refusals or self.calls) or self._text_has_begun()
        return self._has_begun

    def _text_has_begun(self) -> bool:
        if not self.texts or (self._thinks and ">" not in self.texts[-1]):
            # joining all thoughts for each of their parts would take too long
            return False
        text = "".join(self.texts)
        self._thinks = text.lstrip().startswith("<") and ">" in text
        return answer_has_begun(text)

    def response(self, *, latency_ms: float, first_token_ms: float | None = None) -> Response:
        """Return the response; cost is left to the caller, and cleaning to whoever called it.

        A filter that left nothing of the answer is a `ProviderError`, and so are a call that
        cannot be read, and a content without any text.
        """
        self._check_calls()
        text, refusal = "".join(self.texts), "".join(self.refusals)
        if self._filtered() and not text and not refusal and not self.calls:
            raise failure(ErrorKind.CONTENT_FILTER, "the answer was withheld")
        if self.has_unread and not (text or refusal or self.calls):
            raise unreadable("its content holds no text")
        spoke = bool(text or refusal or self.reasoning or self.calls)
        self.usage = usage = _beside_answer(self.usage or Usage(), spoke=spoke)
        return Response(
            output=text or refusal,
            refusal=refusal or (text if self.is_refusal else None) or None,
            reasoning="".join(self.reasoning) or None,
            finish_reason=self.finish_reason,
            tool_calls=tuple(parts.tool_call() for parts in self.calls),
            latency_ms=latency_ms,
            first_token_ms=first_token_ms,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            model=self.model,
            system_fingerprint=self.system_fingerprint,
            filtered=self._filtered(),
            allowance=self.allowance,
            message=self._message(text),
        )

    def _check_calls(self) -> None:
        """Leave out blank calls, which some servers send beside a text; an error where they are
        all of the answer, or where another call has no name."""
        named = [call for call in self.calls if not call.is_blank]
        blank = self._has_blank_calls or len(named) < len(self.calls)
        said = any((*self.texts, *self.refusals)) or self._filtered()
        if any(call.is_nameless for call in named) or (blank and not named and not said):
            raise unreadable("a tool call has no name")
        self.calls = named

    def _message(self, text: str) -> Message | None:
        """Return what was said as it goes back with what came of its calls, where the provider
        wants more than the text and the calls; None else."""
        fields = self.sent_back.fields
        if not self.calls or not (fields or any(call.signed for call in self.calls)):
            return None
        calls = [{**called_by_model(call.tool_call()), **call.signed} for call in self.calls]
        return {"role": "assistant", "content": text or None, **fields, "tool_calls": calls}

    def _filtered(self) -> bool | None:
        if self.was_filtered or self.finish_reason == "content_filter":
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


def no_text(content: Any) -> ProviderError:
    """Build the error of an answer whose content is none."""
    return unreadable(f"its content is neither text nor parts: {shorten(repr(content), 80)}")


def lost(detail: str) -> ProviderError:
    """Build the error of an answer whose end never came."""
    return failure(ErrorKind.CONNECTION, detail)


def _beside_answer(usage: Usage, *, spoke: bool) -> Usage:
    """Take zero output tokens beside an answer for unknown: nothing was counted."""
    return replace(usage, output_tokens=None) if spoke and usage.output_tokens == 0 else usage


def _function(call: Mapping[str, Any]) -> Mapping[str, Any]:
    function = call.get("function")
    return function if isinstance(function, dict) else call


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
