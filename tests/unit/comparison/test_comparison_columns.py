"""A provider under a variant is a column of its own, in every table and in the baseline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from results_files import make_cell, write_run

from pytest_arena.comparison import compare
from pytest_arena.comparison.baseline.file import write_baseline
from pytest_arena.comparison.baseline.source import read_baseline
from pytest_arena.comparison.baseline.summarize import baseline_of
from pytest_arena.comparison.matrix import preferences
from pytest_arena.comparison.trial_rows import trial_rows
from pytest_arena.comparison.two_runs import TwoRuns
from pytest_arena.results import Cell, Finding, RunInfo, RunResult, Verdict
from pytest_arena.results.judging import Judging
from pytest_arena.results.merging import merge
from pytest_arena.results.reading import read_results

INFO = RunInfo("r", "2026-11-20T10:00:00Z", "0.1.0")


def cell(case: str, variant: str | None, verdict: Verdict = "passed", provider: str = "m") -> Cell:
    made = make_cell(case, f"{provider}/{variant}" if variant else provider, verdict)
    return replace(made, provider=provider, variant=variant, tags=("t",))


CELLS = (cell("A", "v1", "failed"), cell("A", "v2"), cell("B", "v1"), cell("B", "v2"))
RUN = RunResult(INFO, CELLS)


def test_the_leaderboard_and_the_tables_have_a_place_for_each_column() -> None:
    compared = compare(RUN)
    assert [standing.provider for standing in compared.standings] == ["m/v2", "m/v1"]
    assert compared.matrix.providers == ("m/v1", "m/v2")
    assert [counts.passed for counts in compared.by_tag[0].counts] == [1, 2]
    assert [(pair.first, pair.second) for pair in compared.differences] == [("m/v1", "m/v2")]


def test_a_table_of_trials_keeps_provider_and_variant_apart() -> None:
    rows = list(trial_rows(RunResult(INFO, (*CELLS, cell("A", None)))))
    assert [(row["provider"], row["variant"]) for row in rows[:2]] == [("m", "v1"), ("m", "v2")]
    assert (rows[-1]["provider"], rows[-1]["variant"]) == ("m", None)


def test_two_runs_are_compared_column_by_column() -> None:
    later = RunResult(INFO, tuple(replace(one, verdict="passed") for one in CELLS))
    runs = TwoRuns(RUN, later)
    assert [change.provider for change in runs.providers] == ["m/v1", "m/v2"]
    assert [flip.after.column for flip in runs.flips] == ["m/v1"]


def test_a_baseline_keeps_each_column_and_reads_one_without_variants(tmp_path: Path) -> None:
    run = RunResult(INFO, (*CELLS, cell("A", None)))
    path = tmp_path / "baseline.jsonl"
    write_baseline(path, baseline_of(run))
    known = read_baseline(str(path), tmp_path).cells
    assert known["arena.yaml", "A", "m/v2"].variant == "v2"
    assert known["arena.yaml", "A", "m"].variant is None
    assert {one.id for one in known.values()} == {one.id for one in run.cells}


def test_shards_with_a_variant_each_are_merged_into_one_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one = write_run("one", *(c for c in CELLS if c.variant == "v1"))
    two = write_run("two", *(c for c in CELLS if c.variant == "v2"))
    merged = merge([read_results(one), read_results(two)])
    assert [c.id for c in merged.cells] == [c.id for c in CELLS]


def test_an_answer_that_was_compared_with_a_rival_met_the_rivals_column() -> None:
    judging = Judging("pairwise", "key", (), rival="other", preferred=1.0)
    finding = Finding("preferred_over", "passed", 1.0, "better", judge=judging)
    own = cell("A", "v1")
    judged = replace(own, trials=(replace(own.trials[0], assertions=(finding,)),))
    assert preferences([judged])["m/v1", "other/v1"] == 1.0
