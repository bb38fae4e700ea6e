"""The bytes of a baseline's file: what is written reads back, and what is no line is named."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from gate_runs import cell_of, kept, run_of, trials_of
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.comparison.baseline.file import baseline_bytes, parse_baseline, write_baseline
from pytest_arena.comparison.baseline.model import Baseline, scores_by_turn
from pytest_arena.comparison.baseline.serialize import Mistake, cell_from_record, cell_record
from pytest_arena.comparison.baseline.summarize import baseline_of, summarize_cell
from pytest_arena.errors import UsageError
from pytest_arena.results import Finding, GuardrailEvent, ToolCall, TrialError


def complaint(data: bytes) -> str:
    with pytest.raises(UsageError) as caught:
        parse_baseline(data, "b.jsonl")
    return str(caught.value)


def test_scores_that_are_measured_are_kept_by_turn_as_means_and_read_back() -> None:
    def findings(*scores: float) -> tuple[Finding, ...]:
        first, second = scores
        polite = Finding("tone", "passed", first, "", measure="polite tone")
        members = (replace(polite, turn=1, score=second),)
        return (polite, Finding("all_of", "passed", 0.9, "", group=members))

    one, two = trials_of("PP")
    trials = [
        replace(one, assertions=findings(0.4, 0.9)),
        replace(two, assertions=findings(0.6, 0.8)),
    ]
    cell = summarize_cell(cell_of("PP", trials=trials))
    assert cell.scores == {"/polite tone": 0.5, "1/polite tone": 0.85}
    assert scores_by_turn(cell) == {None: {"polite tone": 0.5}, 1: {"polite tone": 0.85}}
    assert cell_from_record(cell_record(cell)) == cell


def test_scores_that_say_more_than_held_or_not_are_kept_by_place_and_read_back() -> None:
    def findings(score: float) -> tuple[Finding, ...]:
        member = Finding("tone", "passed", 0.7, "")
        return (
            Finding("contains", "passed", 1.0, ""),
            Finding("similar", "passed", score, ""),
            Finding("all_of", "passed", 1.0, "", group=(member,)),
            Finding("tone", "error", None, ""),
        )

    one, two = trials_of("PP")
    trials = [replace(one, assertions=findings(1.0)), replace(two, assertions=findings(0.81234))]
    cell = summarize_cell(cell_of("PP", trials=trials))
    assert cell.graded == {"1:similar": (1.0, 0.8123)}
    assert [cell.scores_at(p) for p in ("0:contains", "1:similar")] == [(1.0, 1.0), (1.0, 0.8123)]
    assert cell_from_record(cell_record(cell)) == cell
    old = {key: value for key, value in cell_record(cell).items() if key != "graded"}
    assert cell_from_record(old).graded is None


@pytest.mark.parametrize(
    ("graded", "what"),
    [
        ({"0:tone": []}, "'graded' has no scores for '0:tone'"),
        ({"0:tone": 0.5}, "'graded' has no scores for '0:tone'"),
        ({"0:tone": [0.5, 1.5]}, "'graded' has no number from 0 to 1 for '0:tone'"),
        ([0.5], "'graded' is not a mapping"),
    ],
)
def test_scores_by_place_that_are_none_are_refused(graded: object, what: str) -> None:
    record = {**cell_record(summarize_cell(cell_of("P"))), "graded": graded}
    with pytest.raises(Mistake, match=re.escape(what)):
        cell_from_record(record)


def test_the_family_of_a_case_is_kept_and_read_back() -> None:
    cell = summarize_cell(replace(cell_of("P"), cluster="refunds"))
    assert cell_from_record(cell_record(cell)) == cell
    assert (cell.cluster, summarize_cell(cell_of("P")).cluster) == ("refunds", None)
    with pytest.raises(Mistake, match="'cluster' is not a text"):
        cell_from_record({**cell_record(cell), "cluster": 7})


def test_the_models_and_builds_that_answered_are_kept_and_read_back() -> None:
    (trial,) = trials_of("P")
    (answer,) = trial.responses
    told = replace(answer, model="m-1", system_fingerprint="fp_1")
    cell = summarize_cell(cell_of("P", trials=[replace(trial, responses=(told,))]))
    assert (cell.models, cell.builds) == (("m-1",), ("fp_1",))
    assert cell_from_record(cell_record(cell)) == cell
    with pytest.raises(Mistake, match="'models' is not a list of texts"):
        cell_from_record({**cell_record(cell), "models": "m-1"})


@pytest.mark.parametrize(
    ("scores", "what"),
    [
        ({"polite": 0.5}, "'scores' has 'polite', which is no turn and measure"),
        ({"x/polite": 0.5}, "'scores' has 'x/polite', which is no turn and measure"),
        ({"/polite": 2}, "'scores' has no number from 0 to 1 for '/polite'"),
        ({"/polite": True}, "'scores' has no number from 0 to 1 for '/polite'"),
        ([], "'scores' is not a mapping"),
    ],
)
def test_scores_that_are_none_are_refused(scores: object, what: str) -> None:
    record = {**cell_record(summarize_cell(cell_of("P"))), "scores": scores}
    with pytest.raises(Mistake, match=re.escape(what)):
        cell_from_record(record)


def test_the_file_has_one_sorted_line_a_cell_and_the_prompts_after_them() -> None:
    first, second = cell_of("PF", "b"), cell_of("P", "a", prompt="p2")
    lines = baseline_bytes(kept(first, second)).decode().splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["kind"] for record in records] == [
        "baseline", "cell", "cell", "prompt", "prompt",
    ]  # fmt: skip
    assert [record.get("case") for record in records[1:3]] == ["a", "b"]
    assert lines[2] == (
        '{"kind": "cell", "file": "arena.yaml", "case": "b", "provider": "mini", '
        '"verdict": "failed", "trials": 2, "passed": 1, "failed": 1, "error": 0, '
        '"history": "PF", "assertions": {"0:contains": [1, 2]}, '
        '"hashes": {"assertions": "a1", "judge": "", '
        '"prompt": "p1", "provider": "m1"}, "source": "call", "figures": {"trials": 2, '
        '"requests": 2, "latencies_ms": [100, 100], "cost_usd": 0.02, "tokens": 40}, '
        '"graded": {}}'
    )
    assert lines[3] == '{"kind": "prompt", "hash": "p1", "texts": [["user", "How?"]]}'


def test_outputs_are_kept_only_on_request() -> None:
    cell = cell_of("P", source="mock")
    assert b"the same answer" not in baseline_bytes(kept(cell))
    asked = baseline_bytes(baseline_of(run_of(cell), outputs=True))
    assert b'"outputs": ["the same answer"]' in asked
    assert parse_baseline(asked, "b").cells[("arena.yaml", "Reset", "mini")].outputs == (
        "the same answer",
    )


def test_only_whole_answers_are_kept_and_their_tool_calls_in_words() -> None:
    cut, blocked, failed, empty, calling = trials_of("PPPPP")
    (answer,) = cut.responses
    called = replace(answer, output="", tool_calls=(ToolCall("find", {"n": 1}),))
    measured = (Finding("tone", "failed", 0.1, "", measure="polite tone"),)
    block = GuardrailEvent("secrets", "output", "block", "found")
    trials = [
        replace(cut, responses=(replace(answer, filtered=True),), assertions=measured),
        replace(blocked, guardrails=(block,), assertions=measured),
        replace(failed, error=TrialError("timeout", "no answer")),
        replace(empty, responses=(replace(answer, output=""),)),
        replace(calling, responses=(called,)),
    ]
    cell = cell_of("PPPPP", trials=trials)
    summary = baseline_of(run_of(cell), outputs=True).cells[("arena.yaml", "Reset", "mini")]
    assert summary.outputs == ('(calls the tool find with {"n": 1})',)
    assert summary.scores == {}


names = st.text(min_size=1, max_size=8)
marks = st.text("PFE", min_size=1, max_size=5)


@settings(deadline=None)
@given(st.lists(st.tuples(names, names, marks), max_size=6, unique_by=lambda x: x[:2]), st.data())
def test_the_file_reads_back_as_it_was_whatever_the_order(
    given_cells: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    cells = [cell_of(mark, case, provider) for case, provider, mark in given_cells]
    mixed = data.draw(st.permutations(cells))
    written = baseline_bytes(kept(*cells))
    assert baseline_bytes(kept(*mixed)) == written
    back = parse_baseline(written, "b")
    assert back.cells == kept(*cells).cells
    assert baseline_bytes(back) == written


def test_half_a_surrogate_pair_can_be_written_and_read() -> None:
    trials = trials_of("P", prompt="\ud83d half")
    baseline = kept(cell_of("P", trials=trials))
    assert parse_baseline(baseline_bytes(baseline), "b").prompts == {
        "p1": (("user", "\ud83d half"),)
    }


def test_lines_end_at_newlines_alone() -> None:
    baseline = kept(cell_of("P", "a\u2028b\x85c\rd"))
    assert parse_baseline(baseline_bytes(baseline), "b").cells == baseline.cells


def test_writing_is_atomic_and_leaves_equal_content_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "baseline.jsonl"
    assert write_baseline(path, kept(cell_of("P")))
    os.utime(path, (1, 1))
    assert not write_baseline(path, kept(cell_of("P")))
    assert path.stat().st_mtime == 1
    assert write_baseline(path, kept(cell_of("F")))
    assert os.listdir(path.parent) == ["baseline.jsonl"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "baseline.jsonl"
    write_baseline(path, kept(cell_of("P")))
    before = path.read_bytes()

    def full(fd: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_baseline(path, kept(cell_of("F")))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["baseline.jsonl"]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    path, link = tmp_path / "real.jsonl", tmp_path / "link.jsonl"
    path.write_text("")
    link.symlink_to(path)
    write_baseline(link, kept(cell_of("P")))
    assert link.is_symlink()
    assert path.read_bytes() == baseline_bytes(kept(cell_of("P")))


HEADER = b'{"kind": "baseline", "format": 1}\n'
ADVICE = (
    "\n  expected: what `pytest --arena --arena-update-baseline` writes"
    "\n  fix: restore the file from git, or remove the line and update the baseline"
)
CELL = json.loads(baseline_bytes(kept(cell_of("P"))).split(b"\n")[1])


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"{", "not JSON (Expecting property name enclosed in double quotes: "
               "line 1 column 2 (char 1))"),
        (b"[1]", "not a JSON object"),
        (b'{"kind": "cells"}', "unknown kind 'cells'"),
        (b'{"a": NaN}', "not JSON (NaN is no number)"),
        (b'{"kind": "cell"}', "'verdict' is None"),
        (b'{"kind": "cell", "verdict": "passed"}', "it has no 'file'"),
        (b'{"kind": "prompt", "hash": "x", "texts": [["user"]]}',
         "'texts' holds something else than a role and a text"),
        (b'{"kind": "prompt", "hash": "x"}', "'texts' is not a list"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_with_its_place(line: bytes, what: str) -> None:
    assert complaint(HEADER + line + b"\n") == (
        f"b.jsonl:2:1: not a line of a baseline: {what}{ADVICE}"
    )


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"case": 3}, "'case' is not a text"),
        ({"passed": -1}, "'passed' is not a count"),
        ({"passed": True}, "'passed' is not a count"),
        ({"trials": 9}, "'trials' is not the sum of passed, failed and error"),
        (
            {"history": "PF"},
            "'history' is not a P for each passed trial and an F for each failed one",
        ),
        ({"hashes": []}, "'hashes' is not a mapping"),
        ({"assertions": {"0:x": [2, 1]}}, "'assertions' has no [held, judged] for '0:x'"),
        ({"figures": {"latencies_ms": [0.5]}},
         "'latencies_ms' is not a list of whole milliseconds"),
        ({"figures": {"cost_usd": "1"}}, "'cost_usd' is not a number"),
        ({"outputs": [1]}, "'outputs' is not a list of texts"),
        ({"verdict": "skipped"}, "'verdict' is 'skipped'"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_with_its_place(change: dict[str, object], what: str) -> None:
    line = json.dumps({**CELL, **change}).encode()
    assert complaint(HEADER + line) == f"b.jsonl:2:1: not a line of a baseline: {what}{ADVICE}"


def test_an_infinite_cost_is_no_number() -> None:
    line = json.dumps({**CELL, "figures": {"cost_usd": 0}}).replace(": 0}", ": 1e999}")
    assert "'cost_usd' is not a number" in complaint(HEADER + line.encode())


def test_all_bad_lines_are_named_at_once() -> None:
    assert complaint(HEADER + b"{\n\n[]\n").count("not a line of a baseline") == 2


def test_another_format_is_refused() -> None:
    assert complaint(b'{"kind": "baseline", "format": 2}\n') == (
        "b.jsonl:1:1: baseline format 2 is not known\n"
        "  expected: format 1\n"
        "  fix: read it with the version of pytest-arena that wrote it"
    )


def test_a_conflict_that_a_merge_left_is_named() -> None:
    assert complaint(HEADER + b"<<<<<<< HEAD\n").startswith(
        "b.jsonl:2:1: a merge conflict was left in the baseline\n"
        "  expected: one line a cell\n"
        "  fix: keep one line for each cell and remove the conflict's marks"
    )


def test_a_cell_may_stand_twice_only_with_the_same_content() -> None:
    line = json.dumps(CELL).encode() + b"\n"
    assert len(parse_baseline(HEADER + line + line, "b").cells) == 1
    other = json.dumps({**CELL, "verdict": "failed"}).encode()
    assert complaint(HEADER + line + other) == (
        "b.jsonl:3:1: cell 'arena.yaml::Reset[mini]' stands here and in line 2, with different "
        "content\n"
        "  expected: one line a cell\n"
        "  fix: keep one of the two lines, or remove both and update the baseline"
    )


def test_an_empty_baseline_is_a_baseline() -> None:
    assert parse_baseline(baseline_bytes(Baseline()), "b").cells == {}
