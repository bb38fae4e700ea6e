"""Labels of a run: what each column made of a file's, in summaries, tables, baseline and gates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from labelled_cells import BROKEN, labelled_cell
from results_files import make_cell

from pytest_arena.comparison import compare, confusion_table, labels_table
from pytest_arena.comparison.baseline.file import write_baseline
from pytest_arena.comparison.baseline.source import read_baseline
from pytest_arena.comparison.baseline.summarize import baseline_of
from pytest_arena.comparison.gate.gate import assess
from pytest_arena.comparison.gate.thresholds import Against, ThresholdResult, check_limits
from pytest_arena.comparison.labels import label_summaries
from pytest_arena.comparison.trial_rows import trial_rows
from pytest_arena.results import RunInfo, RunResult
from pytest_arena.schema.thresholds import ThresholdSpec

INFO = RunInfo("r", "2026-11-20T10:00:00Z", "0")
CELLS = (
    labelled_cell("A", "billing", ["Billing"]),
    labelled_cell("B", "billing", ["refund"]),
    labelled_cell("C", "refund", ["refund"]),
    labelled_cell("D", "refund", [None]),
    labelled_cell("E", "Billing", ["invoice"]),
    labelled_cell("F", "refund", [BROKEN]),
)
RUN = RunResult(INFO, CELLS)


def test_a_column_has_figures_and_a_confusion_matrix() -> None:
    (found,) = label_summaries(CELLS)
    assert found.figures is not None
    assert found.labels == ("billing", "refund")
    assert dict(found.figures.counts) == {
        ("billing", "billing"): 1,
        ("billing", "refund"): 1,
        ("billing", "(other)"): 1,
        ("refund", "refund"): 1,
        ("refund", "(none)"): 1,
    }
    assert found.figures.accuracy.value == 2 / 5
    assert (found.answers, found.without_label, found.unjudged) == (5, 1, 1)


def test_columns_and_files_are_apart_and_share_no_label() -> None:
    other = [replace(one, provider="n") for one in CELLS]
    far = labelled_cell("A", "tall", ["short"], file="other.yaml")
    found = label_summaries([*CELLS, *other, far])
    assert [(one.file, one.column) for one in found] == [
        ("arena.yaml", "m"),
        ("arena.yaml", "n"),
        ("other.yaml", "m"),
    ]
    assert found[2].labels == ("tall",)
    assert found[2].given("(other)") == 1


def test_a_run_without_labels_has_none_and_skipped_cells_count_nowhere() -> None:
    assert label_summaries([make_cell("A")]) == ()
    assert label_summaries([replace(CELLS[0], verdict="skipped", trials=())]) == ()


def test_a_column_that_reached_no_verdict_has_no_figures() -> None:
    (found,) = label_summaries(CELLS[5:])
    assert (found.figures, found.answers, found.unjudged) == (None, 0, 1)
    assert found.confusions == ()


def test_trials_of_a_case_and_cases_of_a_family_are_one_observation() -> None:
    alone = [labelled_cell(f"case {n}", "a", ["a" if n % 4 else "b"]) for n in range(40)]
    family = [replace(one, cluster=str(n % 4)) for n, one in enumerate(alone)]
    (apart,), (together,) = label_summaries(alone), label_summaries(family)
    assert apart.figures is not None
    assert together.figures is not None
    assert apart.figures.accuracy.value == together.figures.accuracy.value
    assert (together.figures.accuracy.low or 0) < (apart.figures.accuracy.low or 0)


def test_the_tables_have_a_row_a_label_and_one_for_all() -> None:
    compared = compare(RUN)
    rows = labels_table(compared).to_dict("records")
    assert [row["label"] for row in rows[1:]] == ["billing", "refund"]
    assert rows[0]["accuracy"] == 0.4
    assert rows[1]["precision"] == 1.0
    confused = confusion_table(compared)
    assert confused["answers"].sum() == 5
    empty = compare(RunResult(INFO, (make_cell("A"),)))
    assert labels_table(empty).empty
    assert confusion_table(empty).empty


def test_a_table_of_trials_has_the_right_label_and_the_given_one() -> None:
    rows = list(trial_rows(RUN))
    assert [(row["label"], row["predicted"]) for row in rows[:2]] == [
        ("billing", "Billing"),
        ("billing", "refund"),
    ]
    assert rows[5]["predicted"] is None


def test_a_baseline_keeps_what_was_given(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    write_baseline(path, baseline_of(RUN))
    known = read_baseline(str(path), tmp_path).cells
    assert {key[1]: (one.label, dict(one.predicted)) for key, one in known.items()} == {
        "A": ("billing", {"Billing": 1}),
        "B": ("billing", {"refund": 1}),
        "C": ("refund", {"refund": 1}),
        "D": ("refund", {"": 1}),
        "E": ("Billing", {"invoice": 1}),
        "F": ("refund", {}),
    }
    assert path.read_text().count('"predicted"') == 6


def check(run: RunResult, before: RunResult | None = None, **keys: Any) -> ThresholdResult:
    against = {}
    if before is not None:
        baseline = replace(baseline_of(before), name="b.jsonl")
        against = {None: Against(baseline, assess(run, baseline))}
    (result,) = check_limits([ThresholdSpec(**keys)], run, against=against)
    return result


@pytest.mark.parametrize(
    ("keys", "verdict", "value"),
    [
        ({"metric": "accuracy", "min": 0.4}, "passed", 0.4),
        ({"metric": "macro_f1", "min": 0.6}, "failed", 0.5),
        ({"metric": "recall", "label": "Refund", "max": 0.4}, "failed", 0.5),
        ({"metric": "precision", "label": "billing", "min": 1}, "passed", 1.0),
        ({"metric": "f1", "label": "billing", "min": 0.5}, "passed", 0.5),
    ],
)
def test_a_limit_may_be_on_labels(keys: dict[str, Any], verdict: str, value: float) -> None:
    found = check(RUN, **keys)
    assert (found.verdict, found.value) == (verdict, pytest.approx(value))
    assert "(95 %: " in found.reason


def test_a_limit_says_why_it_cannot_be_checked() -> None:
    bare = RunResult(INFO, (make_cell("A"),))
    assert check(bare, metric="accuracy", min=0.5).reason == "accuracy: no case has a label"
    broken = RunResult(INFO, CELLS[5:])
    reason = check(broken, metric="f1", min=0.5).reason
    assert reason == "f1: no answer was judged by its label"
    part = RunResult(INFO, CELLS[:1])
    reason = check(part, metric="recall", label="refund", min=0.5).reason
    assert reason == "recall of refund: no case has the label 'refund'"
    never = RunResult(INFO, (CELLS[0], CELLS[3]))
    reason = check(never, metric="precision", label="refund", min=0.5).reason
    assert reason == "precision of refund: no answer gave the label 'refund'"


def test_a_limit_against_the_baseline_looks_at_the_cells_of_both() -> None:
    worse = RunResult(INFO, (labelled_cell("A", "billing", ["refund"]), *CELLS[1:]))
    found = check(worse, RUN, metric="accuracy", max_degradation=0.2)
    assert (found.verdict, found.value, found.before) == ("failed", 0.2, 0.4)
    assert check(RUN, RUN, metric="f1", max_degradation=0).verdict == "passed"


def test_a_label_beside_a_limit_that_has_none_is_refused() -> None:
    with pytest.raises(ValueError, match="gate 'accuracy of a' has a label"):
        ThresholdSpec(metric="accuracy", label="a", min=0.5)
