"""What spans say, by the names of OpenTelemetry's conventions (test.*, gen_ai.*, error.*).

What these have no name for stands under `pytest_arena.`: verdicts, costs, where an answer is from.
"""

from __future__ import annotations

from typing import Any

from pytest_arena.results.cell import Cell
from pytest_arena.results.judging import Vote
from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.step import Step
from pytest_arena.results.trial import Finding, GuardrailEvent, Trial
from pytest_arena_reporters.otlp.messages import as_json

_PROVIDERS = {
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "cohere_chat": "cohere",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""Vendors whose names in the conventions are not those that stand before a model."""
_STATUS = {"passed": "pass", "failed": "fail"}


def asked_model(cell: Cell) -> tuple[str, str | None]:
    """Return the vendor that a column's calls go to, by the conventions' name, and the model."""
    return vendor_and_model(cell.model, cell.provider)


def vendor_and_model(model: str | None, otherwise: str) -> tuple[str, str | None]:
    """Return what stands before a model's name and what follows; without it, `otherwise`."""
    before, slash, name = (model or "").partition("/")
    if not slash:
        return otherwise, model or None
    return _PROVIDERS.get(before, before), name


def of_trial(cell: Cell, trial: Trial, phase: str) -> dict[str, Any]:
    """Return what the span of a whole trial says."""
    return {
        "test.suite.name": cell.file,
        "test.case.name": cell.case,
        "test.case.result.status": _STATUS.get(trial.verdict),
        "error.type": trial.error.kind if trial.error is not None else None,
        "pytest_arena.cell.id": cell.id,
        "pytest_arena.provider": cell.provider,
        "pytest_arena.variant": cell.variant,
        "pytest_arena.phase": phase,
        "pytest_arena.trial": trial.index,
        "pytest_arena.dialogue": trial.dialogue,
        "pytest_arena.verdict": trial.verdict,
        "pytest_arena.score": trial.score,
        "pytest_arena.tags": list(cell.tags) or None,
        "pytest_arena.cost_usd": trial.cost_usd,
    }


def of_answer(response: Response) -> dict[str, Any]:
    """Return what an answer took, and how it ended."""
    first_ms = response.first_token_ms
    reasons = [response.finish_reason] if response.finish_reason else None
    return {
        "gen_ai.response.model": response.model,
        "gen_ai.response.finish_reasons": reasons,
        "gen_ai.response.time_to_first_chunk": None if first_ms is None else first_ms / 1000,
        **_usage(response),
        "gen_ai.usage.reasoning.output_tokens": response.reasoning_tokens,
        "openai.response.system_fingerprint": response.system_fingerprint,
        "pytest_arena.source": response.source,
        "pytest_arena.attempts": response.attempts,
        "pytest_arena.answered_by": response.answered_by,
        "pytest_arena.stopped": response.stopped,
    }


def of_model_step(step: Step) -> dict[str, Any]:
    """Return what one call of an agent's model took."""
    return {"gen_ai.response.model": step.name or None, **_usage(step)}


def of_tool_call(call: ToolCall) -> dict[str, Any]:
    """Return which tool was called, with what, and what came of it."""
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": call.name,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": call.id or None,
        "gen_ai.tool.call.arguments": as_json(call.arguments),
        "gen_ai.tool.call.result": None if call.result is None else as_json(call.result),
        "error.type": "tool_error" if call.error is not None else None,
        "pytest_arena.tool.irreversible": call.irreversible or None,
    }


def of_guardrail(event: GuardrailEvent) -> dict[str, Any]:
    """Return which guardrail fired, and what it did."""
    return {
        "pytest_arena.guardrail.type": event.type,
        "pytest_arena.guardrail.direction": event.direction,
        "pytest_arena.guardrail.action": event.action,
        "pytest_arena.guardrail.reason": event.reason,
        "pytest_arena.guardrail.matched": list(event.matched) or None,
    }


def of_finding(finding: Finding) -> dict[str, Any]:
    """Return what an assertion found, as the conventions' event of an evaluation."""
    return {
        "gen_ai.evaluation.name": finding.type,
        "gen_ai.evaluation.score.value": None if finding.score is None else float(finding.score),
        "gen_ai.evaluation.score.label": finding.verdict,
        "gen_ai.evaluation.explanation": finding.reason,
        "error.type": "evaluation_error" if finding.verdict == "error" else None,
        "pytest_arena.line": finding.line,
        "pytest_arena.file": finding.file,
    }


def of_vote(vote: Vote) -> dict[str, Any]:
    """Return which model judged, and what it took."""
    vendor, model = vendor_and_model(vote.model, vote.judge)
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": vendor,
        "gen_ai.request.model": model,
        **_usage(vote),
        "pytest_arena.judge": vote.judge,
        "pytest_arena.verdict": vote.verdict,
        "pytest_arena.score": vote.score,
        "pytest_arena.reason": vote.reason,
        "pytest_arena.source": vote.source,
    }


def _usage(spent: Response | Step | Vote) -> dict[str, Any]:
    return {
        "gen_ai.usage.input_tokens": spent.input_tokens,
        "gen_ai.usage.output_tokens": spent.output_tokens,
        "pytest_arena.cost_usd": spent.cost_usd,
    }
