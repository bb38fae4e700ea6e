"""One flat record a trial, for CSV, Parquet and notebooks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pytest_arena.comparison.answer_columns import Kind, answer_columns, answer_values
from pytest_arena.results import Cell, GateFinding, LoadTestResult, Response, RunResult, Trial
from pytest_arena.results.content import shown
from pytest_arena.results.judging import total

_NAMED: dict[str, Kind] = {
    "run_id": "text",
    "cell": "text",
    "file": "text",
    "case": "text",
    "provider": "text",
    "variant": "text",
    "model": "text",
    "tags": "list",
    "cell_verdict": "text",
    "cell_reason": "text",
    "xfail": "text",
    "trial": "integer",
    "dialogue": "integer",
    "started_at": "text",
    "trace_id": "text",
    "verdict": "text",
    "score": "number",
    "prompt": "text",
    "output": "text",
    "finish_reason": "text",
    "source": "text",
    "answered_by": "text",
    "turns": "integer",
    "attempts": "integer",
    "latency_ms": "number",
    "first_token_ms": "number",
    "input_tokens": "integer",
    "output_tokens": "integer",
    "cost_usd": "number",
    "tool_calls": "text",
    "guardrail": "text",
    "error_kind": "text",
    "error": "text",
    "assertions_passed": "integer",
    "assertions_failed": "integer",
    "failed_assertions": "list",
    "failure": "text",
    "label": "text",
    "predicted": "text",
    "judge_calls": "integer",
    "judge_cost_usd": "number",
    "persona_messages": "integer",
    "persona_cost_usd": "number",
    "trials_not_run": "integer",
    "load_users": "integer",
    "load_calls": "integer",
    "load_errors": "integer",
    "load_calls_per_s": "number",
    "baseline_status": "text",
    "baseline_reason": "text",
    "baseline_passed": "integer",
    "baseline_judged": "integer",
    "fresh_passed": "integer",
    "fresh_judged": "integer",
    "baseline_p_value": "number",
    "baseline_changed": "list",
}
_OF_ANSWERS = answer_columns(Response, _NAMED)
COLUMNS: dict[str, Kind] = {**_NAMED, **_OF_ANSWERS}
"""The columns and their kinds, in order."""


def trial_rows(run: RunResult) -> Iterator[dict[str, Any]]:
    """Return one record a trial, with the keys of `COLUMNS`.

    A cell without a trial (skipped, or never started) gives one record whose trial columns are
    None, so that no cell is missing from the table.
    """
    for cell in run.cells:
        for trial in cell.trials or (None,):
            yield {**dict.fromkeys(COLUMNS), **_cell_columns(run, cell), **_trial_columns(trial)}


def last_prompt(trial: Trial) -> str:
    """Return what the user said last."""
    for message in reversed(trial.messages):
        if message.get("role") == "user":
            return shown(message.get("content"))
    return ""


def answered_by(trial: Trial) -> list[str]:
    """Return the fallbacks that answered in place of the trial's provider."""
    return list(dict.fromkeys(r.answered_by for r in trial.responses if r.answered_by))


def _cell_columns(run: RunResult, cell: Cell) -> dict[str, Any]:
    return {
        "run_id": run.info.run_id,
        "cell": cell.id,
        "file": cell.file,
        "case": cell.case,
        "provider": cell.provider,
        "variant": cell.variant,
        "model": cell.model,
        "tags": list(cell.tags),
        "cell_verdict": cell.verdict,
        "cell_reason": cell.reason,
        "label": cell.label,
        "xfail": cell.xfail,
        "trials_not_run": cell.trials_not_run,
        **_load_columns(cell.load),
        **_standing_columns(cell.standing),
    }


def _load_columns(load: LoadTestResult | None) -> dict[str, Any]:
    """Return what tells that the rows of a cell are a sample of so many calls."""
    if load is None:
        return {}
    return {
        "load_users": load.users,
        "load_calls": load.answered,
        "load_errors": load.failed_calls,
        "load_calls_per_s": load.calls_per_s,
    }


def _standing_columns(standing: GateFinding | None) -> dict[str, Any]:
    if standing is None:
        return {}
    before, fresh = standing.before, standing.fresh
    return {
        "baseline_status": standing.status,
        "baseline_reason": standing.reason,
        "baseline_passed": before.passed if before else None,
        "baseline_judged": before.judged if before else None,
        "fresh_passed": fresh.passed if fresh else None,
        "fresh_judged": fresh.judged if fresh else None,
        "baseline_p_value": standing.p_value,
        "baseline_changed": list(standing.changed),
    }


def _trial_columns(trial: Trial | None) -> dict[str, Any]:
    if trial is None:
        return {}
    failed = [finding for finding in trial.assertions if finding.verdict == "failed"]
    calls = [{"name": call.name, "arguments": call.arguments} for call in trial.tool_calls]
    guardrail = trial.guardrail
    return {
        "trial": trial.index,
        "dialogue": trial.dialogue,
        "started_at": trial.started_at,
        "trace_id": trial.trace_id,
        "verdict": trial.verdict,
        "score": trial.score,
        "prompt": last_prompt(trial),
        "output": trial.output,
        "finish_reason": trial.finish_reason,
        "source": trial.source,
        "answered_by": ", ".join(answered_by(trial)) or None,
        "turns": len(trial.responses),
        "attempts": trial.attempts,
        "latency_ms": trial.latency_ms,
        "first_token_ms": trial.first_token_ms,
        "input_tokens": trial.input_tokens,
        "output_tokens": trial.output_tokens,
        "cost_usd": trial.cost_usd,
        "tool_calls": json.dumps(calls, ensure_ascii=False, default=str) if calls else None,
        "guardrail": guardrail.type if guardrail else None,
        "error_kind": trial.error.kind if trial.error else None,
        "error": trial.error.message if trial.error else None,
        "assertions_passed": sum(f.verdict == "passed" for f in trial.assertions),
        "assertions_failed": len(failed),
        "failed_assertions": [finding.type for finding in failed],
        "failure": "; ".join(finding.reason for finding in failed) or None,
        "predicted": next((f.predicted for f in trial.assertions if f.type == "label"), None),
        **_judge_columns(trial),
        **_persona_columns(trial),
        **answer_values(trial, _OF_ANSWERS),
    }


def _persona_columns(trial: Trial) -> dict[str, Any]:
    if not trial.personas:
        return {}
    return {
        "persona_messages": sum(bool(message.text) for message in trial.personas),
        "persona_cost_usd": trial.persona_cost_usd,
    }


def _judge_columns(trial: Trial) -> dict[str, Any]:
    judgings = [judging for judging in trial.judgings if judging.votes]
    if not judgings:
        return {}
    return {
        "judge_calls": sum(judging.calls for judging in judgings),
        "judge_cost_usd": total(judging.cost_usd for judging in judgings),
    }
