"""Cells as the report's script reads them: short lists whose trailing nulls are left out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_arena.comparison.trial_rows import message_text
from pytest_arena.errors import shorten
from pytest_arena.results import (
    Cell,
    Count,
    Finding,
    GateFinding,
    GuardrailEvent,
    LoadTestResult,
    Message,
    Response,
    ToolCall,
    Trial,
)
from pytest_arena.results.judging import Judging, Vote
from pytest_arena.results.load_test import load_in_words
from pytest_arena_reporters import figures
from pytest_arena_reporters.html.texts import Texts

Record = list[Any]
LONGEST_RIVAL = 4_000
"""The most characters of an answer that another one was compared with."""


def cell_record(cell: Cell, texts: Texts, limits: tuple[int | None, int | None]) -> Record:
    """Return a cell: `[trials, findings, reason, description, hashes, not run, fresh, standing,
    load]`.

    `fresh` are the trials that confirm a suspect. `limits` are the most characters of an answer:
    of a cell that passed, and of all others.
    """
    limit = limits[0] if cell.verdict == "passed" else limits[1]
    return trimmed(
        [
            [_trial(trial, texts, limit) for trial in cell.trials],
            [finding_record(finding) for finding in cell.assertions] or None,
            cell.reason,
            cell.description,
            dict(cell.hashes) or None,
            cell.trials_not_run or None,
            [_trial(trial, texts, limit) for trial in cell.confirmation] or None,
            _standing(cell.standing, texts, limit) if cell.standing else None,
            _load(cell.load) if cell.load else None,
        ]
    )


def finding_record(finding: Finding) -> Record:
    """Return `[type, verdict, reason, line, turn, score, expected, weight, members, judge]`."""
    return trimmed(
        [
            finding.type,
            finding.verdict[0],
            finding.reason,
            finding.line,
            finding.turn,
            None if finding.score is None else round(finding.score, 4),
            finding.expected,
            None if finding.weight == 1 else finding.weight,
            [finding_record(member) for member in finding.group] or None,
            _judging(finding.judge) if finding.judge else None,
        ]
    )


def _judging(judging: Judging) -> Record | None:
    """Return `[prompt, votes, calibration, rival, rival's answer]`."""
    if not judging.votes and judging.calibration is None:
        # an answer that there was nothing to compare with yet
        return None
    return trimmed(
        [
            judging.prompt,
            [_vote(vote) for vote in judging.votes],
            figures.calibration(judging.calibration),
            judging.rival,
            None if judging.rival_output is None else shorten(judging.rival_output, LONGEST_RIVAL),
        ]
    )


def _vote(vote: Vote) -> Record:
    """Return `[judge, verdict, score, reason, quotes, model, calls, ms, tokens, cost, source]`."""
    tokens = [n for n in (vote.input_tokens, vote.output_tokens) if n is not None]
    return trimmed(
        [
            vote.judge,
            vote.verdict[0],
            None if vote.score is None else round(vote.score, 4),
            vote.reason,
            list(vote.quotes),
            vote.model,
            vote.calls,
            _rounded(vote.latency_ms),
            sum(tokens) if tokens else None,
            significant(vote.cost_usd) if vote.calls else None,
            None if vote.source == "call" else vote.source,
        ]
    )


def trimmed(record: Record) -> Record:
    """Drop trailing nulls, which the script reads as such anyway."""
    while record and record[-1] is None:
        record.pop()
    return record


def _trial(trial: Trial, texts: Texts, limit: int | None) -> Record:
    """Return `[verdict, messages, responses, findings, guardrails, error, score, variant]`."""
    return trimmed(
        [
            trial.verdict[0],
            [_message(message, texts, limit) for message in trial.messages],
            [_response(response, texts, limit) for response in trial.responses],
            [finding_record(finding) for finding in trial.assertions],
            [_guardrail(event, texts, limit) for event in trial.guardrails] or None,
            [trial.error.kind, trial.error.message] if trial.error else None,
            None if trial.score is None else round(trial.score, 4),
            trial.variant or None,
        ]
    )


def _standing(standing: GateFinding, texts: Texts, limit: int | None) -> Record:
    """Return `[reason, before, now, fresh, p, changed, dropped, diff, answer before, old name]`.

    Counts are `[passed, judged]`; the status stands in the index.
    """
    before = standing.output_before
    return trimmed(
        [
            standing.reason,
            _count(standing.before),
            _count(standing.now),
            _count(standing.fresh),
            significant(standing.p_value),
            list(standing.changed) or None,
            list(standing.dropped) or None,
            list(standing.prompt_diff) or None,
            None if before is None else texts.number(before, limit),
            standing.renamed_from,
        ]
    )


def _load(load: LoadTestResult) -> Record:
    """Return `[words, elapsed s, answered, trials, judged, passed, errors, latency, first token,
    tokens in, out, cost, span s, spans]`; a span is `[answered, errors, p50 ms, p95 ms]`."""
    return [
        load_in_words(load),
        load.elapsed_s,
        load.answered,
        load.trials,
        load.judged,
        load.passed,
        dict(load.errors),
        dict(load.latency_ms),
        dict(load.first_token_ms),
        load.input_tokens,
        load.output_tokens,
        significant(load.cost_usd),
        load.span_s,
        [
            [span.answered, span.errors, _rounded(span.p50_ms), _rounded(span.p95_ms)]
            for span in load.spans
        ],
    ]


def _count(count: Count | None) -> Record | None:
    return [count.passed, count.judged] if count else None


def _message(message: Message, texts: Texts, limit: int | None) -> Record:
    """Return `[role, text, tool calls]`; only answers are ever cut, never prompts."""
    content = message.get("content")
    role = str(message.get("role", ""))
    text = content if isinstance(content, str) else message_text(content)
    calls = message.get("tool_calls")
    return trimmed(
        [
            role,
            texts.number(text, limit if role == "assistant" else None),
            _wire_calls(calls) if isinstance(calls, Sequence) and calls else None,
        ]
    )


def _response(response: Response, texts: Texts, limit: int | None) -> Record:
    """Return `[text, ms, first ms, tokens in, out, cost, finish, source, tries, model, calls,
    the fallback that answered]`."""
    return trimmed(
        [
            texts.number(response.output, limit),
            _rounded(response.latency_ms),
            _rounded(response.first_token_ms),
            response.input_tokens,
            response.output_tokens,
            significant(response.cost_usd),
            response.finish_reason,
            None if response.source == "call" else response.source,
            None if response.attempts == 1 else response.attempts,
            response.model,
            [_call(call) for call in response.tool_calls] or None,
            response.answered_by,
        ]
    )


def _guardrail(event: GuardrailEvent, texts: Texts, limit: int | None) -> Record:
    """Return `[type, direction, action, reason, matched, line, turn, original]`."""
    return trimmed(
        [
            event.type,
            event.direction,
            event.action,
            event.reason,
            list(event.matched),
            event.line,
            event.turn or None,
            None if event.original is None else texts.number(event.original, limit),
        ]
    )


def _call(call: ToolCall) -> Record:
    return [call.name, json.dumps(call.arguments, ensure_ascii=False, default=str)]


def _wire_calls(calls: Sequence[Any]) -> list[Record]:
    """Return the name and arguments of tool calls as OpenAI's messages hold them."""
    found = []
    for call in calls:
        function = call.get("function", call) if isinstance(call, Mapping) else {}
        arguments = function.get("arguments", "")
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False, default=str)
        found.append([str(function.get("name", "")), arguments])
    return found


def _rounded(milliseconds: float | None) -> float | None:
    if milliseconds is None:
        return None
    return round(milliseconds) if milliseconds >= 10 else round(milliseconds, 2)


def significant(value: float | None) -> float | None:
    """Return a number with four significant digits: what a reader sees, in half the bytes."""
    return float(f"{value:.4g}") if value else value
