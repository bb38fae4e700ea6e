"""Cells and runs to the lines of `results.jsonl`, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from pytest_arena.results.cell import Cell, Count, GateFinding
from pytest_arena.results.judging import Calibration, Judging, Vote
from pytest_arena.results.load_test import load_from_record, load_record
from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.run import Gate, RunInfo, RunResult, ThresholdFinding
from pytest_arena.results.trial import Finding, GuardrailEvent, Trial, TrialError
from pytest_arena.text.redaction import Redactor


def trial_record(trial: Trial) -> dict[str, Any]:
    guardrail = trial.guardrail
    record: dict[str, Any] = {
        "verdict": trial.verdict,
        "messages": list(trial.messages),
        "output": trial.output,
        "finish_reason": trial.finish_reason,
        "tool_calls": [_tool_call_record(call) for call in trial.tool_calls],
        "latency_ms": _rounded(trial.latency_ms),
        "first_token_ms": _rounded(trial.first_token_ms),
        "input_tokens": trial.input_tokens,
        "output_tokens": trial.output_tokens,
        "cost_usd": trial.cost_usd,
        "attempts": trial.attempts,
        "source": trial.source,
        "guardrail": _guardrail_record(guardrail) if guardrail else None,
        "error": _error_record(trial.error) if trial.error else None,
        "assertions": [finding_record(finding) for finding in trial.assertions],
    }
    if trial.score is not None:
        record["score"] = trial.score
    if trial.index:
        record["index"] = trial.index
    if trial.variant:
        record["variant"] = trial.variant
    if len(trial.guardrails) > 1:
        record["guardrails"] = [_guardrail_record(event) for event in trial.guardrails]
    if len(trial.responses) == 1:
        if trial.responses[0].model:
            record["model"] = trial.responses[0].model
        if trial.responses[0].answered_by is not None:
            record["answered_by"] = trial.responses[0].answered_by
        if trial.responses[0].filtered is not None:
            record["filtered"] = trial.responses[0].filtered
    elif trial.responses:
        record["turns"] = [response_record(response) for response in trial.responses]
    return record


def trial_from_record(record: Mapping[str, Any]) -> Trial:
    if "turns" in record:
        responses = tuple(response_from_record(turn) for turn in record["turns"])
    else:
        responses = (response_from_record(record),) if record["source"] else ()
    events = record.get("guardrails") or ([record["guardrail"]] if record.get("guardrail") else [])
    return Trial(
        messages=tuple(record["messages"]),
        responses=responses,
        verdict=record["verdict"],
        assertions=tuple(finding_from_record(finding) for finding in record["assertions"]),
        guardrails=tuple(
            GuardrailEvent(**{**event, "matched": tuple(event.get("matched", ()))})
            for event in events
        ),
        error=TrialError(**record["error"]) if record.get("error") else None,
        index=record.get("index", 0),
        variant=record.get("variant", 0),
        score=record.get("score"),
    )


def response_record(response: Response) -> dict[str, Any]:
    return {
        "output": response.output,
        "finish_reason": response.finish_reason,
        "tool_calls": [_tool_call_record(call) for call in response.tool_calls],
        "latency_ms": _rounded(response.latency_ms),
        "first_token_ms": _rounded(response.first_token_ms),
        "input_tokens": response.input_tokens,
        "output_tokens": response.output_tokens,
        "cost_usd": response.cost_usd,
        "attempts": response.attempts,
        "source": response.source,
        "model": response.model,
        **({} if response.answered_by is None else {"answered_by": response.answered_by}),
        **({} if response.filtered is None else {"filtered": response.filtered}),
    }


def response_from_record(record: Mapping[str, Any]) -> Response:
    return Response(
        output=record["output"],
        finish_reason=record.get("finish_reason"),
        tool_calls=tuple(ToolCall(**call) for call in record.get("tool_calls", ())),
        latency_ms=record.get("latency_ms"),
        first_token_ms=record.get("first_token_ms"),
        input_tokens=record.get("input_tokens"),
        output_tokens=record.get("output_tokens"),
        cost_usd=record.get("cost_usd"),
        attempts=record.get("attempts", 1),
        source=record["source"],
        model=record.get("model"),
        answered_by=record.get("answered_by"),
        filtered=record.get("filtered"),
    )


def finding_record(finding: Finding) -> dict[str, Any]:
    record: dict[str, Any] = {
        "type": finding.type,
        "verdict": finding.verdict,
        "score": finding.score,
        "reason": finding.reason,
        "line": finding.line,
    }
    if finding.turn is not None:
        record["turn"] = finding.turn
    if finding.expected is not None:
        record["expected"] = finding.expected
    if finding.measure is not None:
        record["measure"] = finding.measure
    if finding.weight != 1.0:
        record["weight"] = finding.weight
    if finding.group:
        record["group"] = [finding_record(member) for member in finding.group]
    if finding.judge is not None:
        record["judge"] = _judging_record(finding.judge)
    return record


def finding_from_record(record: Mapping[str, Any]) -> Finding:
    return Finding(
        type=record["type"],
        verdict=record["verdict"],
        score=record["score"],
        reason=record["reason"],
        line=record.get("line"),
        turn=record.get("turn"),
        expected=record.get("expected"),
        measure=record.get("measure"),
        weight=record.get("weight", 1.0),
        group=tuple(finding_from_record(member) for member in record.get("group", ())),
        judge=_judging(record["judge"]) if record.get("judge") else None,
    )


def _judging_record(judging: Judging) -> dict[str, Any]:
    record: dict[str, Any] = {
        "prompt": judging.prompt,
        "key": judging.key,
        "votes": [_vote_record(vote) for vote in judging.votes],
    }
    if judging.calibration is not None:
        record["calibration"] = asdict(judging.calibration)
    for key in ("rival", "rival_output", "preferred"):
        if getattr(judging, key) is not None:
            record[key] = getattr(judging, key)
    return record


def _vote_record(vote: Vote) -> dict[str, Any]:
    record = asdict(vote)
    record["quotes"] = list(vote.quotes)
    record["latency_ms"] = _rounded(vote.latency_ms)
    return record


def _judging(record: Mapping[str, Any]) -> Judging:
    calibration = record.get("calibration")
    return Judging(
        prompt=record["prompt"],
        key=record["key"],
        votes=tuple(
            Vote(**{**vote, "quotes": tuple(vote.get("quotes", ()))}) for vote in record["votes"]
        ),
        calibration=Calibration(**calibration) if calibration else None,
        rival=record.get("rival"),
        rival_output=record.get("rival_output"),
        preferred=record.get("preferred"),
    )


def _guardrail_record(event: GuardrailEvent) -> dict[str, Any]:
    return {**asdict(event), "matched": list(event.matched)}


def _error_record(error: TrialError) -> dict[str, Any]:
    record: dict[str, Any] = {"kind": error.kind, "message": error.message}
    if error.attempts:
        record["attempts"] = error.attempts
    return record


def _tool_call_record(call: ToolCall) -> dict[str, Any]:
    return {"name": call.name, "arguments": dict(call.arguments), "id": call.id}


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 3)


FORMAT = 1
_LIMIT_FIELDS = tuple(field.name for field in fields(ThresholdFinding))


def to_line(record: Mapping[str, Any]) -> str:
    """Return one record as one line of JSON, without its newline."""
    return json.dumps(record, ensure_ascii=False, separators=(", ", ": "), allow_nan=False)


def run_record(info: RunInfo) -> dict[str, Any]:
    return {"kind": "run", "format": FORMAT, **asdict(info)}


def end_record(run: RunResult) -> dict[str, Any]:
    record: dict[str, Any] = {"kind": "end", "finished_at": run.finished_at, "totals": run.totals}
    if run.interrupted:
        record["interrupted"] = True
    if run.gate is not None:
        record["gate"] = {**asdict(run.gate), "removed": list(run.gate.removed)}
    if run.limits:
        record["limits"] = [asdict(limit) for limit in run.limits]
    if run.exit_code is not None:
        record["exit_code"] = run.exit_code
    if run.notes:
        record["notes"] = list(run.notes)
    return record


def run_from_record(record: Mapping[str, Any]) -> RunInfo:
    return RunInfo(
        run_id=record["run_id"],
        started_at=record["started_at"],
        plugin_version=record["plugin_version"],
        git=record.get("git", {}),
        options=record.get("options", {}),
        versions=record.get("versions", {}),
    )


def cell_record(cell: Cell) -> dict[str, Any]:
    record: dict[str, Any] = {
        "kind": "cell",
        "id": cell.id,
        "file": cell.file,
        "case": cell.case,
        "provider": cell.provider,
        "model": cell.model,
        "tags": list(cell.tags),
        "verdict": cell.verdict,
        "hashes": dict(cell.hashes),
        "trials": [trial_record(trial) for trial in cell.trials],
    }
    for key in ("description", "line", "defined_in", "reason", "over_budget"):
        value = getattr(cell, key)
        if value is not None:
            record[key] = value
    if cell.confirmation:
        record["confirmation"] = [trial_record(trial) for trial in cell.confirmation]
    if cell.standing is not None:
        record["standing"] = _standing_record(cell.standing)
    if cell.load is not None:
        record["load"] = load_record(cell.load)
    if cell.trials_not_run:
        record["trials_not_run"] = cell.trials_not_run
    if cell.assertions:
        record["assertions"] = [finding_record(finding) for finding in cell.assertions]
    return record


def seal(cell: Cell, redactor: Redactor) -> tuple[Cell, str]:
    """Return a finished cell and its line as they may leave the process, without secrets."""
    record = cell_record(cell)
    line = to_line(record)
    if redactor.clean(line) == line:
        return cell, line
    # text by text: a key may begin in one and seem to end in another
    record = redactor.clean_value(record)
    return cell_from_record(record), to_line(record)


def cell_from_record(record: Mapping[str, Any]) -> Cell:
    return Cell(
        id=record["id"],
        file=record["file"],
        case=record["case"],
        provider=record["provider"],
        model=record["model"],
        verdict=record["verdict"],
        trials=tuple(trial_from_record(trial) for trial in record["trials"]),
        tags=tuple(record.get("tags", ())),
        hashes=record.get("hashes", {}),
        description=record.get("description"),
        line=record.get("line"),
        defined_in=record.get("defined_in"),
        reason=record.get("reason"),
        over_budget=record.get("over_budget"),
        assertions=tuple(finding_from_record(finding) for finding in record.get("assertions", ())),
        trials_not_run=record.get("trials_not_run", 0),
        confirmation=tuple(trial_from_record(trial) for trial in record.get("confirmation", ())),
        standing=_standing(record["standing"]) if "standing" in record else None,
        load=load_from_record(record["load"]) if "load" in record else None,
    )


def limit_from_record(record: Mapping[str, Any]) -> ThresholdFinding:
    return ThresholdFinding(**{name: record[name] for name in _LIMIT_FIELDS if name in record})


def gate_from_record(record: Mapping[str, Any]) -> Gate:
    return Gate(**{**record, "removed": tuple(record.get("removed", ()))})


def _standing_record(standing: GateFinding) -> dict[str, Any]:
    record: dict[str, Any] = {"status": standing.status, "reason": standing.reason}
    for key, value in asdict(standing).items():
        if key not in record and value not in (None, ()):
            record[key] = list(value) if isinstance(value, tuple) else value
    return record


def _standing(record: Mapping[str, Any]) -> GateFinding:
    given = dict(record)
    for key in ("before", "now", "fresh"):
        if given.get(key) is not None:
            given[key] = Count(**given[key])
    for key in ("changed", "dropped", "prompt_diff"):
        given[key] = tuple(given.get(key, ()))
    return GateFinding(**given)
