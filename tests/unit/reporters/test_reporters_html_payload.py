"""The report's data: every field of a result by its name, as `payload.json` describes it."""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass, make_dataclass, replace
from importlib.resources import files
from typing import Any

import pytest
from filled import filled
from synthetic_run import compared_with_baseline, synthetic_run

from pytest_arena import results
from pytest_arena.comparison import compare
from pytest_arena.results import Cell, Response, ToolCall, Trial, Verdict
from pytest_arena.results.cell import Count
from pytest_arena.results.content import shown
from pytest_arena.results.judging import Judging, Vote
from pytest_arena.results.load_test import LoadTestSpan
from pytest_arena_reporters.html.description import PayloadField, described, written_fields
from pytest_arena_reporters.html.payload import _index, build_payload
from pytest_arena_reporters.html.records import CellWriter
from pytest_arena_reporters.html.texts import Texts, answers_of, shared_texts

SCRIPTS = "".join(
    script.read_text("utf-8")
    for script in files("pytest_arena_reporters.html").iterdir()
    if script.name.endswith(".js")
)
OTHERS = {"Index", "ColumnFigures", "Case", "Chunk", "Message"}
ADDED = {("LoadTestResult", "words")}


def written(cell: Cell) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(json.dumps(CellWriter(Texts({})).cell(cell)))
    return record


def dataclass_named(name: str) -> type[Any]:
    own = {kind.__name__: kind for kind in (Count, Judging, Vote, LoadTestSpan)}
    found: type[Any] = own.get(name) or getattr(results, name)
    return found


@pytest.mark.parametrize("seed", range(8))
def test_every_field_of_a_cell_is_written_by_its_name(seed: int) -> None:
    cell = filled(Cell, seed)
    assert_whole(cell, written(cell))


def assert_whole(value: Any, record: Any) -> None:
    """Compare a dataclass, and all that it holds, with its record."""
    listed = described()[type(value).__name__]
    for one in fields(value):
        held = getattr(value, one.name)
        how = listed.get(one.name, PayloadField(one.name))
        if how.left_out:
            assert one.name not in record
        elif held is not None and held != one.default:
            assert one.name in record
            inner = held if isinstance(held, tuple) else (held,)
            if how.written_as is None and inner and is_dataclass(inner[0]):
                told = record[one.name] if isinstance(held, tuple) else [record[one.name]]
                for each, its in zip(inner, told, strict=True):
                    assert_whole(each, its)


def test_a_field_that_is_declared_is_written_with_no_further_edit() -> None:
    later = make_dataclass(
        "Trial", [("moods", "tuple[Any, ...]", ())], bases=(Trial,), frozen=True, kw_only=True
    )
    count, odd = Count(1, 2), float("nan")
    trial = later((), verdict="passed", moods=("calm", {"deep": [count, odd]}))
    record = written(replace(synthetic_run(1, 1).cells[0], trials=(trial,)))
    assert record["trials"][0]["moods"] == ["calm", {"deep": [{"passed": 1, "judged": 2}, None]}]
    assert (
        "moods"
        not in written(
            replace(synthetic_run(1, 1).cells[0], trials=(later((), verdict="passed"),))
        )["trials"][0]
    )


def test_what_has_its_default_is_left_out() -> None:
    plain, other = Response("a"), Response("b", answered_by="spare", attempts=2)
    trial = Trial((), (plain, other), verdict="passed")
    record = written(replace(synthetic_run(1, 1).cells[0], trials=(trial,)))["trials"][0]
    assert record == {
        "messages": [],
        "responses": [{"output": 0}, {"output": 1, "answered_by": "spare", "attempts": 2}],
        "verdict": "p",
        "assertions": [],
    }


def test_the_description_lists_only_what_there_is() -> None:
    for record, listed in described().items():
        if record not in OTHERS:
            own = {one.name for one in fields(dataclass_named(record))}
            assert {n for n in listed if (record, n) not in ADDED} <= own, record
        assert {one.of for one in listed.values() if one.of} <= set(described()), record


def test_the_index_and_messages_are_as_described() -> None:
    run = compared_with_baseline(synthetic_run(20, 3))
    index = _index(compare(run), run.cells)
    assert set(index) == set(described()["Index"])
    assert set(index["cases"][0]) == set(described()["Case"])
    said = [m for cell in run.cells for t in written(cell)["trials"] for m in t["messages"]]
    assert set().union(*said) == set(described()["Message"])


def test_heads_of_columns_are_as_described_and_as_the_leaderboard() -> None:
    run = synthetic_run(20, 3)
    comparison = compare(run)
    heads = _index(comparison, run.cells)["figures"]
    assert set(heads[0]) == set(described()["ColumnFigures"])
    told = {summary.provider: summary for summary in comparison.summaries}
    for name, head in zip(comparison.matrix.providers, heads, strict=True):
        counts = told[name].counts
        assert (head["passed"], head["judged"], head["errors"]) == (
            counts.passed,
            counts.judged,
            counts.error,
        )


def test_answers_of_a_case_are_told_apart_by_text_and_tool_calls() -> None:
    run = synthetic_run(2, 3, rich=False)
    first, second = Response("a"), Response("a", tool_calls=(ToolCall("find", {"id": 1}),))

    def cell(at: int, *trials: Trial, verdict: Verdict = "passed") -> Cell:
        return replace(run.cells[at], trials=trials, verdict=verdict)

    failed = Trial((), (second,), verdict="failed")
    cells = (
        cell(0, Trial((), (first,), verdict="passed")),
        cell(1, Trial((), (first,), verdict="passed"), failed, verdict="failed"),
        cell(2, Trial((), (first,), verdict="passed")),
        cell(3),
        cell(4, Trial((), (Response("b"), second), verdict="passed")),
        cell(5, Trial((), (), verdict="error"), verdict="error"),
    )
    assert _index(compare(replace(run, cells=cells)), cells)["said"] == [0, 1, 0, -1, 0, -1]


def test_scripts_read_by_name_and_use_all_that_is_written_for_them() -> None:
    assert not re.search(r"\[\d+\]", SCRIPTS)
    for record, listed in described().items():
        for one in listed.values():
            if not one.left_out and not one.label:
                assert re.search(rf"(?<![\w-]){one.name}\b", SCRIPTS), f"{record}.{one.name}"


@pytest.mark.parametrize("limit", [None, 100])
def test_every_text_of_a_model_can_be_cut_and_no_prompt(limit: int | None) -> None:
    run = compared_with_baseline(synthetic_run(12, 2, answer_chars=400))
    for cell in run.cells:
        texts = Texts({})
        CellWriter(texts, (limit, limit)).cell(cell)
        answers = {text for text in answers_of(cell) if len(text) > 160}
        prompts = {
            shown(m["content"]) for t in cell.trials for m in t.messages if m["role"] == "user"
        }
        assert prompts <= set(texts.list)
        assert (answers & set(texts.list) == set()) is (limit is not None or not answers)


def test_texts_of_all_fields_are_shared_by_chunks() -> None:
    cells = [filled(Cell, 1), filled(Cell, 1)]
    long = "It depends. " * 20
    (trial, *_) = cells[0].trials
    events = tuple(replace(event, original=long) for event in trial.guardrails)
    cells = [replace(cell, trials=(replace(trial, guardrails=events),)) for cell in cells]
    assert shared_texts([[cell] for cell in cells]) == {long: 0}


def test_each_written_field_has_a_known_conversion() -> None:
    known = CellWriter(Texts({}))._conversions()
    for record in set(described()) - OTHERS:
        assert {one.written_as for one in written_fields(dataclass_named(record))} <= set(known)


@pytest.mark.parametrize("call", [None, "text", {"function": "text"}, {"function": {"name": 7}}])
def test_odd_tool_calls_of_a_message_cost_no_report(call: Any) -> None:
    trial = Trial(({"role": "assistant", "tool_calls": [call]},), verdict="passed")
    record = written(replace(synthetic_run(1, 1).cells[0], trials=(trial,)))
    ((told,),) = (m["tool_calls"] for m in record["trials"][0]["messages"])
    assert told == {
        "name": "7" if isinstance(call, dict) and call["function"] != "text" else "",
        "arguments": "",
    }


def test_a_run_far_too_large_is_cut_without_being_encoded_whole() -> None:
    run = synthetic_run(110, 1, answer_chars=10_000, rich=False)
    whole = build_payload(compare(run), 100_000_000)
    assert (len(whole.chunks), whole.cut) == (2, (None, None))
    most_bytes = whole.size // 10
    made = build_payload(compare(run), most_bytes)
    assert made.size <= most_bytes
    assert len(made.chunks) == 2
    passing, _ = made.cut
    assert passing is not None
