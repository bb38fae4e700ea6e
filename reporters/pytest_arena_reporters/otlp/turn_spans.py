"""What happened within a turn: calls of an agent's model and of tools, and what was told of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.trace_ids import span_id, tool_span_id
from pytest_arena_reporters.otlp import attributes
from pytest_arena_reporters.otlp.messages import one_message
from pytest_arena_reporters.otlp.span import SpanEvent, TraceSpan

_ID = re.compile(r"(?!0{16})[0-9a-f]{16}")
_NOTE = "pytest_arena.note"

MakeChat = Callable[[str, str], TraceSpan]
"""Make the span of a call of the column's model, by its id and its parent's."""


def step_spans(
    trace_id: str, number: int, response: Response, turn: TraceSpan, chat: MakeChat
) -> Iterator[TraceSpan]:
    """Yield the calls of an agent or a chain that we ran, in order; what the loop noted is the
    turn's, and a chain's instructions and a workflow's states stand beside the calls that they
    made."""
    said = [one for one in response.transcript if one.get("role") == "assistant"]
    calls = {call.id: call for call in response.tool_calls}
    models = 0
    for place, step in enumerate(response.steps):
        start_ms = turn.start_ms + step.started_ms
        end_ms = start_ms + (step.duration_ms or 0)
        if step.kind == "note":
            words = {"text": step.text, "fault": step.fault or None, "call": step.call or None}
            turn.events.append(
                SpanEvent(
                    _NOTE, start_ms, {f"{_NOTE}.{name}": text for name, text in words.items()}
                )
            )
        elif step.kind == "model":
            span = chat(span_id(trace_id, "turn", number, "model", models), turn.id)
            span.start_ms, span.end_ms, span.error = start_ms, end_ms, step.error
            span.attributes |= attributes.of_model_step(step)
            if models < len(said):
                span.attributes["gen_ai.output.messages"] = one_message(said[models])
            models += 1
            yield span
        elif step.kind in ("instruction", "state"):
            own_id = span_id(trace_id, "turn", number, step.kind, place)
            name = f"{'chain_step' if step.kind == 'instruction' else 'state'} {step.name}"
            yield TraceSpan(own_id, name, turn.id, start_ms, end_ms, error=step.error)
        else:
            call = calls.get(step.call) or ToolCall(step.name, {}, step.call, error=step.error)
            yield _tool_span(tool_span_id(trace_id, number, step.call), call, turn.id, start_ms)


def tool_spans(
    trace_id: str, number: int, response: Response, turn: TraceSpan
) -> Iterator[TraceSpan]:
    """Yield the calls that an application says it made; when, it does not say."""
    ran = [call for call in response.tool_calls if _was_run(call)]
    known = {call.id for call in ran if call.id}
    for place, call in enumerate(ran):
        own_id = tool_span_id(trace_id, number, call.id or f"#{place}")
        above = turn.id
        if call.parent in known and call.parent != call.id:
            above = tool_span_id(trace_id, number, call.parent or "")
        yield _tool_span(own_id, call, above, turn.start_ms)


def application_spans(
    trace_id: str, number: int, response: Response, turn: TraceSpan
) -> Iterator[TraceSpan]:
    """Yield the spans that an application told of a turn, below it."""
    spans = response.trace.spans if response.trace is not None else ()
    known = {span.id for span in spans if span.id}

    def own(told: str) -> str:
        return told if _ID.fullmatch(told) else span_id(trace_id, "turn", number, "told", told)

    for place, span in enumerate(spans):
        start_ms = turn.start_ms + (span.started_ms or 0)
        above = own(span.parent) if span.parent in known and span.parent != span.id else turn.id
        yield TraceSpan(
            own(span.id or f"#{place}"),
            span.name,
            above,
            start_ms,
            start_ms + (span.duration_ms or 0),
            attributes=dict(span.attributes),
            error=span.error,
        )


def _tool_span(own_id: str, call: ToolCall, parent: str, start_ms: float) -> TraceSpan:
    end_ms = start_ms + (call.latency_ms or 0)
    said = attributes.of_tool_call(call)
    name = f"execute_tool {call.name}"
    return TraceSpan(own_id, name, parent, start_ms, end_ms, attributes=said, error=call.error)


def _was_run(call: ToolCall) -> bool:
    return call.result is not None or call.error is not None or call.latency_ms is not None
