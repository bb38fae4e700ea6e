"""Files of format 1 are read as they were meant; `format_1/results.jsonl` was written by 0.1."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_arena.errors import UserError
from pytest_arena.results import (
    Cell,
    Finding,
    Response,
    RunInfo,
    RunResult,
    ToolCall,
    Trial,
    TrialError,
)
from pytest_arena.results.cell import Count, GateFinding
from pytest_arena.results.judging import Calibration, Judging, Vote
from pytest_arena.results.load_test import LoadTestResult, LoadTestSpan
from pytest_arena.results.reading import read_run
from pytest_arena.results.run import Gate, ThresholdFinding
from pytest_arena.results.trial import GuardrailEvent
from pytest_arena.results.writing import write_results

FILE = Path(__file__).parent / "format_1" / "results.jsonl"
SAID = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi, é ☂"})
ANSWER = Response(
    "Hello",
    finish_reason="stop",
    tool_calls=(ToolCall("look", {"id": "7", "deep": {"a": [1, None]}}, "call_1"),),
    latency_ms=812.4,
    first_token_ms=80.25,
    input_tokens=21,
    output_tokens=80,
    cost_usd=0.000051,
    attempts=2,
    model="m-1",
    answered_by="other",
    filtered=False,
)
JUDGED = Judging(
    "tone/2",
    "abc",
    (Vote("grader", "passed", "polite", 0.9, ("Hello",), "g", 1, 10.5, 3, 4, 0.1, "call"),),
    Calibration(120, 0.9, 0.8, 0.7, 0.9, 1, 2, 3, "2026-01-01"),
)
FOUND = (
    Finding("contains", "passed", 1.0, "found 'Hello'", 17, turn=0, expected="x", weight=0.5),
    Finding("any_of", "failed", 0.0, "none", 18, group=(Finding("tone", "unsure", None, "?"),)),
    Finding("llm_judge", "passed", 0.9, "polite", judge=JUDGED, measure="polite"),
)
BLOCKED = GuardrailEvent("pii", "output", "block", "an address", ("a@b.c",), 0, 4, "a@b.c")
FLAGGED = GuardrailEvent("topics", "input", "flag", "politics")


def _cell(case: str, verdict: str, *trials: Trial, **more: object) -> Cell:
    cell_id = f"a.yaml::{case}[m]"
    return Cell(cell_id, "a.yaml", case, "m", "p/m", verdict, trials, **more)  # type: ignore[arg-type]


def trial(verdict: str, *responses: Response, **more: object) -> Trial:
    return Trial(SAID, responses, verdict=verdict, **more)  # type: ignore[arg-type]


def cells() -> tuple[Cell, ...]:
    failure = TrialError("server", "HTTP 500", 3)
    return (
        _cell("one", "passed", trial("passed", ANSWER, assertions=FOUND, score=0.8), tags=("a",)),
        _cell("turns", "passed", trial("passed", ANSWER, Response("Bye", source="mock"), index=1)),
        _cell("error", "error", trial("error", error=failure, dialogue=1), reason="down", line=3),
        _cell("half", "error", trial("error", ANSWER, error=failure), defined_in="b.yaml"),
        _cell("blocked", "failed", trial("failed", ANSWER, guardrails=(FLAGGED, BLOCKED))),
        _cell("input", "failed", trial("failed", guardrails=(BLOCKED,))),
        _cell("skipped", "skipped", over_budget="the budget of the run", trials_not_run=2),
        _cell(
            "gate",
            "failed",
            trial("failed", ANSWER),
            hashes={"prompt": "1", "provider": "2"},
            description="why",
            confirmation=(trial("failed", ANSWER),),
            standing=GateFinding(
                "regressed", "worse", Count(5, 5), Count(0, 1), None, 0.01, ("prompt",), (), ("-a",)
            ),
            assertions=(Finding("consistency", "passed", 0.9, "alike"),),
        ),
        _cell(
            "load",
            "passed",
            load=LoadTestResult(
                2, 3.5, 9, 8, 5.0, None, {"server": 1}, 8, 8, {"p50": 1.5}, {}, (1.5, 2.5), 3, 4,
                0.5, "call", 2.0, (LoadTestSpan(4, 1, 1.0, 2.0),),
            ),
        ),
    )  # fmt: skip


def run_of(cells: tuple[Cell, ...]) -> RunResult:
    info = RunInfo(
        "r", "2026-11-20T10:00:00Z", "0.1.0", {"commit": "c"}, {"workers": 2}, {"p": "1"}
    )
    gate = Gate("base.jsonl", True, {"regressed": 1}, "worse", True, ("x",))
    limit = ThresholdFinding("a.yaml", "slow", "p95", "failed", "warn", "over", 2.0, 1.0, 9)
    return RunResult(info, cells, "2026-11-20T10:01:00Z", True, ("a note",), 1, gate, (limit,))


def test_everything_that_format_1_held_is_read() -> None:
    run = read_run(FILE)
    for found, wanted in zip(run.cells, cells(), strict=True):
        assert found == wanted
    assert run == run_of(cells())


def test_what_is_read_of_format_1_is_written_in_todays_format(tmp_path: Path) -> None:
    from pytest_arena.results.serialize import cell_line

    run = read_run(FILE)
    write_results(tmp_path / "results.jsonl", run, [cell_line(cell) for cell in run.cells])
    first = json.loads((tmp_path / "results.jsonl").read_text("utf-8").splitlines()[0])
    assert first["format"] == 2
    assert read_run(tmp_path / "results.jsonl") == run


def test_a_shard_of_format_1_without_its_first_line_is_known_by_its_cells(tmp_path: Path) -> None:
    from pytest_arena.results.reading import read_lines

    whole = FILE.read_text("utf-8").splitlines(keepends=True)
    path = tmp_path / "shard.jsonl"
    path.write_text("".join(whole[1:-1]), "utf-8")
    assert tuple(cell for _, cell in read_lines(path)) == cells()


def test_a_wrong_value_of_format_1_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    shutil.copy(FILE, path)
    path.write_text(path.read_text("utf-8").replace('"latency_ms": 812.4', '"latency_ms": -1', 1))
    with pytest.raises(UserError) as refused:
        read_run(path)
    assert str(refused.value) == (
        f"{path}:2:1: not a line of a results file: "
        "`trials[0].responses[0].latency_ms` is not as it must be\n"
        "  expected: a whole number of at least 0"
    )


def test_cells_differ_where_a_field_does() -> None:
    first = cells()[0]
    assert replace(first, reason="other") != first
