"""Cells and runs to the lines of `results.jsonl`, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from pytest_arena.results.cell import Cell, Count, Standing
from pytest_arena.results.load import load_from_record, load_record
from pytest_arena.results.redaction import Redactor
from pytest_arena.results.run import Gate, LimitFinding, RunInfo, RunResult
from pytest_arena.results.trial_record import (
    finding_from_record,
    finding_record,
    trial_from_record,
    trial_record,
)

FORMAT = 1
_LIMIT_FIELDS = tuple(field.name for field in fields(LimitFinding))


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


def limit_from_record(record: Mapping[str, Any]) -> LimitFinding:
    return LimitFinding(**{name: record[name] for name in _LIMIT_FIELDS if name in record})


def gate_from_record(record: Mapping[str, Any]) -> Gate:
    return Gate(**{**record, "removed": tuple(record.get("removed", ()))})


def _standing_record(standing: Standing) -> dict[str, Any]:
    record: dict[str, Any] = {"status": standing.status, "reason": standing.reason}
    for key, value in asdict(standing).items():
        if key not in record and value not in (None, ()):
            record[key] = list(value) if isinstance(value, tuple) else value
    return record


def _standing(record: Mapping[str, Any]) -> Standing:
    given = dict(record)
    for key in ("before", "now", "fresh"):
        if given.get(key) is not None:
            given[key] = Count(**given[key])
    for key in ("changed", "dropped", "prompt_diff"):
        given[key] = tuple(given.get(key, ()))
    return Standing(**given)
