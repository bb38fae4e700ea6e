"""The tree of a trial's spans: the conversation, its turns, and what happened within them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_arena.results.cell import Cell
from pytest_arena.results.request_response import WITHOUT_CALL, Response
from pytest_arena.results.trace_ids import span_id, trial_span_id, turn_span_id
from pytest_arena.results.trial import Finding, Trial
from pytest_arena_reporters.otlp import attributes
from pytest_arena_reporters.otlp.messages import (
    input_messages,
    output_message,
    system_instructions,
)
from pytest_arena_reporters.otlp.span import CLIENT, SpanEvent, TraceSpan
from pytest_arena_reporters.otlp.turn_spans import application_spans, step_spans, tool_spans

_EVALUATION = "gen_ai.evaluation.result"


class TrialSpans:
    """The spans of one trial as they are built: the conversation first, then turn by turn."""

    def __init__(self, cell: Cell, trial: Trial, phase: str, trace_id: str) -> None:
        self._cell = cell
        self._trial = trial
        self._trace_id = trace_id
        self._vendor, self._model = attributes.asked_model(cell)
        said = attributes.of_trial(cell, trial, phase)
        said["gen_ai.conversation.id"] = trace_id
        root = trial_span_id(trace_id)
        self._root = TraceSpan(root, f"{cell.case} [{cell.column}]", None, 0, 0, attributes=said)
        if trial.error is not None:
            self._root.error = trial.error.message
        self._turns: list[TraceSpan] = []

    def all(self) -> list[TraceSpan]:
        """Return every span, each with an id of its own."""
        spans = [*self._answered(), *self._unanswered(), *self._guardrails()]
        self._root.end_ms = max((span.end_ms for span in spans), default=0)
        self._add_findings()
        judges = list(self._judges(self._root.end_ms))
        self._root.end_ms = max(span.end_ms for span in [self._root, *judges])
        return _told_apart(self._trace_id, [self._root, *spans, *judges])

    def _answered(self) -> Iterator[TraceSpan]:
        end_ms = 0.0
        for number, response in enumerate(self._trial.responses):
            start_ms = end_ms if response.started_ms is None else response.started_ms
            turn = self._turn(number, response, start_ms)
            within = list(self._within(number, response, turn))
            turn.end_ms = max(span.end_ms for span in [turn, *within])
            end_ms = turn.end_ms
            self._turns.append(turn)
            yield turn
            yield from within

    def _turn(self, number: int, response: Response, start_ms: float) -> TraceSpan:
        turn = TraceSpan(
            turn_span_id(self._trace_id, number),
            f"turn {number + 1}",
            self._root.id,
            start_ms,
            start_ms + (response.latency_ms or 0),
        )
        before = self._trial.at_turn(number).messages
        turn.attributes = {
            "gen_ai.conversation.id": self._trace_id,
            "gen_ai.system_instructions": system_instructions(before),
            "gen_ai.input.messages": input_messages(before),
            "gen_ai.output.messages": output_message(response),
        }
        if response.steps or self._is_application(response):
            name = self._cell.variant or self._cell.provider
            turn.name = f"invoke_agent {name}"
            turn.kind = CLIENT if not response.steps else turn.kind
            turn.attributes |= {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.provider.name": self._vendor,
                "gen_ai.agent.name": name,
                "gen_ai.request.model": self._model,
                **attributes.of_answer(response),
            }
        return turn

    def _within(self, number: int, response: Response, turn: TraceSpan) -> Iterator[TraceSpan]:
        if response.steps:
            yield from step_spans(self._trace_id, number, response, turn, self._chat)
            return
        if not self._is_application(response):
            chat = self._chat(span_id(self._trace_id, "turn", number, "model", 0), turn.id)
            chat.start_ms, chat.end_ms = turn.start_ms, turn.end_ms
            said = {name: turn.attributes.pop(name) for name in _SAID}
            chat.attributes |= {**said, **attributes.of_answer(response)}
            yield chat
        yield from tool_spans(self._trace_id, number, response, turn)
        yield from application_spans(self._trace_id, number, response, turn)

    def _is_application(self, response: Response) -> bool:
        return self._cell.model is None and response.source not in WITHOUT_CALL

    def _chat(self, own_id: str, parent: str) -> TraceSpan:
        """Return the span of a call of the column's model, its times to be filled in."""
        name = f"chat {self._model}" if self._model else "chat"
        chat = TraceSpan(own_id, name, parent, 0, 0, CLIENT)
        chat.attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self._vendor,
            "gen_ai.request.model": self._model,
            "gen_ai.conversation.id": self._trace_id,
        }
        return chat

    def _unanswered(self) -> Iterator[TraceSpan]:
        """Yield the turn that no answer came to: what was asked takes part in the trace by it."""
        error, trial = self._trial.error, self._trial
        if error is None:
            return
        broken_off = trial.started_at is not None and trial.responses
        if broken_off and trial.responses[-1].started_ms is None:
            turn = self._turns[-1]
        else:
            number = len(trial.responses)
            began_ms = self._turns[-1].end_ms if self._turns else 0
            own_id = turn_span_id(self._trace_id, number)
            turn = TraceSpan(own_id, f"turn {number + 1}", self._root.id, began_ms, began_ms)
            turn.attributes["gen_ai.input.messages"] = input_messages(trial.messages)
            yield turn
        turn.error = error.message
        turn.attributes |= {"error.type": error.kind, "pytest_arena.attempts": error.attempts}

    def _guardrails(self) -> Iterator[TraceSpan]:
        for number, event in enumerate(self._trial.guardrails):
            turn = self._turns[event.turn] if event.turn < len(self._turns) else None
            last_ms = self._turns[-1].end_ms if self._turns else 0
            at_ms = last_ms
            if turn is not None:
                at_ms = turn.start_ms if event.direction == "input" else turn.end_ms
            yield TraceSpan(
                span_id(self._trace_id, "guardrail", number),
                f"guardrail {event.type}",
                turn.id if turn is not None else self._root.id,
                at_ms,
                at_ms,
                attributes=attributes.of_guardrail(event),
            )

    def _add_findings(self) -> None:
        for finding in self._trial.assertions:
            at = self._root
            if finding.turn is not None and finding.turn < len(self._turns):
                at = self._turns[finding.turn]
            at.events.append(SpanEvent(_EVALUATION, at.end_ms, attributes.of_finding(finding)))

    def _judges(self, began_ms: float) -> Iterator[TraceSpan]:
        """Yield who was asked about the answers: all at once, when the last of them had come."""
        judged = [one for finding in self._trial.assertions for one in _with_members(finding)]
        for number, finding in enumerate(judged):
            if finding.judge is None:
                continue
            own_id = span_id(self._trace_id, "judge", number)
            said = attributes.of_finding(finding)
            judge = TraceSpan(
                own_id, f"judge {finding.type}", self._root.id, began_ms, began_ms, attributes=said
            )
            votes = []
            for place, vote in enumerate(finding.judge.votes):
                if not vote.calls:
                    continue
                said = attributes.of_vote(vote)
                asked = TraceSpan(
                    span_id(self._trace_id, "judge", number, place),
                    f"chat {said['gen_ai.request.model'] or vote.judge}",
                    own_id,
                    began_ms,
                    began_ms + (vote.latency_ms or 0),
                    CLIENT,
                    said,
                )
                votes.append(asked)
            judge.end_ms = max((one.end_ms for one in votes), default=began_ms)
            yield judge
            yield from votes


_SAID = ("gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages")


def _with_members(finding: Finding) -> Iterator[Finding]:
    yield finding
    for member in finding.group:
        yield from _with_members(member)


def _told_apart(trace_id: str, spans: Sequence[TraceSpan]) -> list[TraceSpan]:
    """Return spans of which no two have one id, as an application may have told them."""
    seen: set[str] = set()
    found = []
    for number, span in enumerate(spans):
        if span.id in seen:
            span = replace(span, id=span_id(trace_id, span.id, number))
        seen.add(span.id)
        found.append(span)
    return found
