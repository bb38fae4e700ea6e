"""`arena merge`: the gate and the limits over all shards, of which each saw only its part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from results_files import make_cell, write_run

from pytest_arena.cli import main
from pytest_arena.results import Cell, GateFinding, RunResult, Verdict, read_run
from pytest_arena.results.run import FamilyShift, Gate, ScoreFall, ThresholdFinding

OPTIONS = {"fail_on": "regression", "alpha": 0.05, "min_effect": 0.5, "confirm_trials": "auto"}


def cell(case: str, verdict: Verdict = "passed", *, trials: int = 3, fresh: str = "") -> Cell:
    """Return a cell with equal trials; `fresh` holds p or f for each confirmation trial."""
    made = make_cell(case, verdict=verdict)
    (trial,) = made.trials
    verdicts: dict[str, Verdict] = {"p": "passed", "f": "failed"}
    again = tuple(replace(trial, verdict=verdicts[letter]) for letter in fresh)
    return replace(made, trials=(trial,) * trials, confirmation=again)


def gate(*, failed: bool = False, removed: tuple[str, ...] = ()) -> Gate:
    return Gate("b.jsonl", failed, {"still passing": 1}, removed=removed)


def limit(verdict: Any = "failed", action: Any = "fail") -> ThresholdFinding:
    return ThresholdFinding("arena.yaml", "accuracy", "pass_rate", verdict, action, "accuracy: …")


def merged(*arguments: str) -> tuple[int, RunResult]:
    code = main(["merge", "s", "--format", "markdown", *arguments])
    return code, read_run("arena-report/results.jsonl")


@pytest.fixture
def baseline() -> str:
    return str(write_run("before", *(cell(case) for case in "ABCD")))


def test_a_regression_in_one_shard_fails_the_whole(baseline: str) -> None:
    write_run("s/1", cell("A"), cell("B"), options=OPTIONS, exit_code=0)
    write_run(
        "s/2", cell("C"), cell("D", "failed", fresh="ffffffffff"), options=OPTIONS, exit_code=1
    )
    code, run = merged("--baseline", baseline)
    assert code == 1
    assert run.gate is not None
    assert run.gate.counts == {"regressed": 1, "still passing": 3}
    regressed = {c.case: c.standing.status for c in run.cells if c.standing}
    assert regressed["D"] == "regressed"


def test_an_expected_failure_in_one_shard_fails_no_whole(baseline: str) -> None:
    write_run("s/1", cell("A"), cell("B"), options=OPTIONS, exit_code=0)
    expected = replace(cell("D", "failed"), xfail="later")
    write_run("s/2", cell("C"), expected, options=OPTIONS, exit_code=0)
    code, run = merged("--baseline", baseline)
    assert code == 0
    assert run.gate is not None
    assert run.gate.counts == {"xfailed": 1, "still passing": 3}
    assert run.notes == ()


def skipped(case: str) -> Cell:
    return replace(cell(case), verdict="skipped", trials=(), reason="later")


def test_shards_that_skipped_all_cells_are_not_green_as_one_run_would_not_be(
    baseline: str,
) -> None:
    for shard, cases in (("s/1", "AB"), ("s/2", "CD")):
        write_run(shard, *map(skipped, cases), options=OPTIONS, exit_code=1)
    code, run = merged("--baseline", baseline)
    assert code == 1
    assert run.gate is not None
    assert (run.gate.failed, run.gate.skipped, run.gate.compared) == (True, 4, 0)


def test_a_shard_that_skipped_all_its_cells_fails_no_whole_that_was_compared(
    baseline: str,
) -> None:
    write_run("s/1", skipped("A"), options=OPTIONS, exit_code=1, gate=gate(failed=True))
    write_run("s/2", *map(cell, "BCD"), options=OPTIONS, exit_code=0)
    code, run = merged("--baseline", baseline)
    assert code == 0
    assert run.gate is not None
    assert (run.gate.failed, run.gate.skipped, run.gate.compared) == (False, 1, 3)


def test_a_cell_of_a_shard_that_asked_too_little_for_the_whole_is_named() -> None:
    baseline = str(write_run("before", *(cell(case, trials=2) for case in "ACD")))
    # alone, ten failures decide; beside the other shard's suspect it takes more
    write_run("s/1", cell("D", "failed", fresh="ffffffffff"), options=OPTIONS, exit_code=1)
    assert main(["merge", "s", "--baseline", baseline, "--output", "alone"]) == 1
    assert read_run("alone/results.jsonl").notes == ()
    write_run("s/2", cell("A"), cell("C", "failed", fresh="ppppp"), options=OPTIONS, exit_code=0)
    code, run = merged("--baseline", baseline)
    assert code == 1
    assert run.gate is not None
    assert run.gate.counts["blind"] == 1
    (note,) = run.notes
    assert note.startswith("not decided, since the shards asked too little: D [")
    assert "give each shard the baseline of the whole" in note
    assert "C [" not in note


def pairs(case: str, old: str, new: str) -> Cell:
    """Return a failed cell that was asked in turns with its old version."""
    made = cell(case, "failed", fresh=new)
    numbered = [replace(trial, index=n) for n, trial in enumerate(made.confirmation, 3)]
    beside = [
        replace(trial, verdict="passed" if letter == "p" else "failed")
        for trial, letter in zip(numbered, old, strict=True)
    ]
    return replace(
        made, hashes={"prompt": "p2"}, old_version="p1",
        confirmation=tuple(numbered), confirmation_old=tuple(beside),
    )  # fmt: skip


@pytest.mark.parametrize(("blind", "code"), [("fail", 1), ("warn", 0)])
def test_what_a_shard_without_the_whole_baseline_held_for_regressed_is_never_green(
    baseline: str, blind: str, code: int
) -> None:
    options = {**OPTIONS, "blind": blind}
    # 37 to 1 and 133 to 1: the second is enough beside one suspect, and not beside four
    failed = gate(failed=True)
    write_run("s/1", pairs("A", "pppp", "ffff"), options=options, exit_code=1, gate=failed)
    others = [pairs(case, "ffff" * 8, "ffff" * 8) for case in "BCD"]
    write_run("s/2", *others, options=options, exit_code=0)
    assert main(["merge", "s/1", "--baseline", baseline, "--output", "alone"]) == 1
    assert read_run("alone/results.jsonl").gate.counts == {"regressed": 1}  # type: ignore[union-attr]
    found, run = merged("--baseline", baseline)
    assert found == code
    assert run.gate is not None
    assert (run.gate.counts["blind"], run.gate.failed) == (1, code == 1)
    (a,) = [c for c in run.cells if c.case == "A"]
    assert a.standing is not None
    assert a.standing.reason.endswith("; the shards asked too little to decide it")
    assert "since the shards asked too little: A [" in run.notes[0]


def test_a_suspect_that_no_shard_asked_again_is_never_green(baseline: str) -> None:
    write_run("s/1", cell("A"), cell("B"), options=OPTIONS, exit_code=0)
    write_run("s/2", cell("C"), cell("D", "failed"), options=OPTIONS, exit_code=1)
    code, run = merged("--baseline", baseline)
    assert code == 1
    assert run.gate is not None
    assert run.gate.counts == {"blind": 1, "still passing": 3}
    assert run.notes[0].startswith("not decided, since no shard asked again: D [")
    assert "--arena-baseline REF" in run.notes[0]


def test_a_providers_own_change_that_nobody_asked_about_fails_nothing(baseline: str) -> None:
    alone = replace(cell("D", "failed"), model_alone=True)
    write_run("s/1", cell("A"), cell("B"), options=OPTIONS, exit_code=0)
    write_run("s/2", cell("C"), alone, options=OPTIONS, exit_code=1, gate=gate(failed=True))
    code, run = merged("--baseline", baseline)
    assert code == 0
    assert run.gate is not None
    assert run.gate.counts == {"suspected": 1, "still passing": 3}
    assert run.notes[0].startswith("not decided, since no shard asked again: D [")


def weaker(case: str) -> Cell:
    """Return a cell that fell from 3 of 3 to 2 of 3 under a changed prompt."""
    made = cell(case, "failed")
    trials = (*cell(case).trials[:2], made.trials[0])
    return replace(made, trials=trials, hashes={"prompt": "p2"}, old_version="p1")


def test_a_suite_that_no_shard_asked_about_is_decided_by_the_stored_baseline() -> None:
    cases = [f"case {n:02}" for n in range(24)]
    baseline = str(write_run("before", *(cell(case) for case in cases)))
    for fell, code in ((20, 1), (6, 0)):
        cells = [weaker(case) if n < fell else cell(case) for n, case in enumerate(cases)]
        cells = [replace(c, hashes={"prompt": "p2"}, old_version="p1") for c in cells]
        write_run(f"{fell}/1", *cells[:12], options=OPTIONS, exit_code=0, gate=gate())
        write_run(f"{fell}/2", *cells[12:], options=OPTIONS, exit_code=0, gate=gate())
        name = str(fell)
        assert main(["merge", name, "--baseline", baseline, "--output", f"out-{name}"]) == code
        run = read_run(f"out-{name}/results.jsonl")
        assert run.notes[0].startswith("whether the suite as a whole is worse was not asked")
        assert run.gate is not None
        assert run.gate.suite_failed is bool(code)
    assert "the old version was not asked beside it" in run.gate.moved[0]


def test_what_a_shard_has_proven_of_its_part_of_the_suite_stands(baseline: str) -> None:
    proven = replace(gate(failed=True), suite="over 2 cells it fell", suite_failed=True)
    write_run("s/1", weaker("A"), weaker("B"), options=OPTIONS, exit_code=1, gate=proven)
    write_run("s/2", weaker("C"), weaker("D"), options=OPTIONS, exit_code=0, gate=gate())
    code, run = merged("--baseline", baseline)
    assert code == 1
    assert run.gate is not None
    assert (run.gate.suite, run.gate.suite_failed) == ("over 2 cells it fell", True)


def test_a_shard_that_failed_by_its_gate_alone_does_not_fail_a_whole_that_holds(
    baseline: str,
) -> None:
    failed = cell("D", "failed", fresh="pppppppp")
    write_run("s/1", cell("A"), options=OPTIONS, exit_code=0, gate=gate())
    write_run("s/2", failed, options=OPTIONS, exit_code=1, gate=gate(failed=True))
    code, run = merged("--baseline", baseline)
    assert code == 0
    assert run.gate is not None
    assert run.gate.counts == {"flaky": 1, "still passing": 1}


def test_a_shard_that_failed_beside_its_gate_fails_the_whole(baseline: str) -> None:
    failed = cell("D", "failed", fresh="pppppppp")
    write_run("s/1", cell("A"), options=OPTIONS, exit_code=0, other_failures=0)
    write_run("s/2", failed, options=OPTIONS, exit_code=1, gate=gate(failed=True), other_failures=2)
    code, run = merged("--baseline", baseline)
    assert code == 1
    assert run.gate is not None
    assert not run.gate.failed
    assert run.other_failures == 2
    assert main(["merge", "arena-report", "--baseline", baseline, "--output", "again"]) == 1
    # where nothing else failed, the gate alone decides
    write_run("t/2", failed, options=OPTIONS, exit_code=1, gate=gate(failed=True), other_failures=0)
    assert main(["merge", "s/1", "t", "--baseline", baseline, "--output", "other"]) == 0


def test_a_budget_that_cut_a_shard_short_fails_the_whole_whatever_its_gate(baseline: str) -> None:
    unpaid = replace(make_cell("D", verdict="skipped"), over_budget="max_calls 1 is spent")
    write_run("s/1", cell("A"), options=OPTIONS, exit_code=0, gate=gate())
    write_run("s/2", unpaid, options=OPTIONS, exit_code=1, gate=gate(failed=True))
    assert merged("--baseline", baseline)[0] == 1


def test_an_expected_failure_of_a_shard_whose_limit_is_broken_fails_nothing() -> None:
    arenas = [{"file": "arena.yaml", "gates": [{"metric": "pass_rate", "min": 0.5}]}]
    options = {"fail_on": "any", "arenas": arenas}
    expected = replace(cell("D", "failed"), xfail="known")
    write_run("s/1", cell("A"), cell("B"), options=options, exit_code=0)
    write_run("s/2", expected, options=options, exit_code=1, limits=(limit(),))
    assert merged()[0] == 0


def test_a_broken_gate_fails_the_whole_whatever_exit_code_its_run_wrote() -> None:
    write_run("s/1", cell("A"), exit_code=0, limits=(limit(),))
    assert merged()[0] == 1


def test_a_case_that_a_shard_saw_renamed_is_compared_by_the_whole() -> None:
    asked = {"prompt": "the same"}
    baseline = str(write_run("before", cell("A"), cell("B"), replace(cell("D"), hashes=asked)))
    finding = GateFinding("still passing", "as before", renamed_from="D")
    renamed = replace(cell("New name"), hashes=asked, standing=finding)
    write_run("s/1", cell("A"), options=OPTIONS, exit_code=0, gate=gate())
    write_run("s/2", renamed, cell("B"), options=OPTIONS, exit_code=0, gate=gate())
    code, run = merged("--baseline", baseline)
    assert code == 0
    found = {c.case: c.standing for c in run.cells if c.standing}
    assert found["New name"].renamed_from == "D"
    assert run.gate is not None
    assert run.gate.counts == {"still passing": 3}


def test_an_error_fails_the_whole_whatever_the_gate_says(baseline: str) -> None:
    write_run("s/1", cell("A"), options=OPTIONS, exit_code=0, gate=gate())
    write_run("s/2", make_cell("D", verdict="error"), options=OPTIONS, exit_code=1, gate=gate())
    assert merged("--baseline", baseline)[0] == 1


def test_side_by_side_nothing_of_a_shards_gate_is_lost() -> None:
    shift = FamilyShift("arena.yaml", "refunds", 4, 3, 0.2, 0.001)
    fall = ScoreFall("similar", None, 8, 8, 0.1, None, None, 0.004)
    one = replace(gate(), moved=("one",), compared=3, judged=4, calls=2, cost_usd=0.5)
    two = replace(
        gate(), moved=("two", "one"), families=(shift,), scores=(fall,), scores_unknown=2,
        compared=1, judged=1, calls=3,
    )  # fmt: skip
    write_run("s/1", cell("A"), options=OPTIONS, exit_code=0, gate=one)
    write_run("s/2", cell("B"), options=OPTIONS, exit_code=0, gate=two)
    _, run = merged()
    found = run.gate
    assert found is not None
    assert (found.moved, found.families, found.scores) == (("one", "two"), (shift,), (fall,))
    assert (found.compared, found.judged, found.calls, found.cost_usd) == (4, 5, 5, 0.5)
    assert found.scores_unknown == 2


def test_without_a_baseline_the_gates_are_put_side_by_side() -> None:
    write_run("s/1", cell("A"), options=OPTIONS, exit_code=0, gate=gate(removed=("x", "y")))
    write_run(
        "s/2", cell("B"), options=OPTIONS, exit_code=1, gate=gate(failed=True, removed=("y",))
    )
    code, run = merged()
    assert code == 1
    assert run.gate == Gate(
        "b.jsonl", True, {"still passing": 2, "removed": 1}, removed=("y",), suite_failed=False
    )
    assert run.notes == (
        "the gates of 2 shards were put side by side; "
        "arena merge --baseline REF compares the whole",
    )


@pytest.mark.parametrize(("least", "code", "verdict"), [(0.5, 0, "passed"), (0.9, 1, "failed")])
def test_limits_are_checked_on_the_cells_of_all_shards(
    least: float, code: int, verdict: str
) -> None:
    arenas = [{"file": "arena.yaml", "gates": [{"metric": "pass_rate", "min": least}]}]
    options = {**OPTIONS, "fail_on": "regression", "arenas": arenas}
    write_run("s/1", cell("A"), cell("B"), cell("C"), options=options, exit_code=0)
    write_run("s/2", cell("D", "failed"), options=options, exit_code=1, limits=(limit(),))
    found, run = merged()
    assert found == code
    assert [(one.verdict, one.value, one.n) for one in run.limits] == [(verdict, 0.75, 4)]


@pytest.mark.parametrize(
    ("columns", "more", "said"),
    [
        ({"m": 4}, {}, "; 2 of 4 cells were not selected, so that it fails nothing"),
        ({"m": 2, "n": 2}, {}, "; 2 of 4 cells were not selected, so that it fails nothing"),
        ({"m": 2, "n": 2}, {"providers": ["m"]}, None),
        ({"m": 2}, {}, None),
        # as older files have it, or files of strangers
        (None, {}, None),
        ("x", {}, None),
        ({"m": "4"}, {}, None),
    ],
)
def test_limits_only_warn_where_the_shards_left_out_cells(
    columns: object, more: dict[str, Any], said: str | None
) -> None:
    gates = [{"metric": "pass_rate", "min": 0.9, **more}]
    inventory = {"cells": 4, "columns": columns} if columns is not None else {"cells": 4}
    options = {
        "fail_on": "gates",
        "arenas": [{"file": "arena.yaml", "gates": gates, "inventory": inventory}],
    }
    write_run("s/1", cell("A"), options=options, exit_code=0)
    write_run("s/2", cell("D", "failed"), options=options, exit_code=0)
    code, run = merged()
    (found,) = run.limits
    assert code == (1 if said is None else 0)
    assert found.fails is (said is None)
    assert said is None or found.reason.endswith(said)


def test_a_limit_stands_once_where_shards_tell_differently_of_its_file() -> None:
    for case in "AB":
        facts = {
            "file": "arena.yaml",
            "versions": {case: {"model": case}},
            "gates": [{"metric": "cost", "max": 1}],
        }
        write_run(f"s/{case}", cell(case), options={"arenas": [facts]}, exit_code=0)
    assert len(merged()[1].limits) == 1


def test_a_failed_cell_still_fails_where_any_does() -> None:
    options = {"fail_on": "any", "arenas": []}
    write_run("s/1", cell("A"), options=options, exit_code=0)
    write_run("s/2", cell("D", "failed"), options=options, exit_code=1, limits=(limit(),))
    assert merged()[0] == 1


def test_gates_that_cannot_be_read_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    arenas = [{"file": "arena.yaml", "gates": [{"metric": 5}]}]
    write_run("s/1", cell("A"), options={"arenas": arenas})
    write_run("s/2", cell("B"), options={"arenas": arenas})
    assert main(["merge", "s"]) == 4
    assert capsys.readouterr().err == (
        "the `gates` in the shards cannot be read: 1 validation error for ThresholdSpec\n"
        "  expected: results files as `pytest --arena` wrote them\n"
    )


def test_a_baseline_that_is_not_there_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    write_run("s/1", cell("A"))
    assert main(["merge", "s", "--baseline", "nowhere.jsonl"]) == 4
    assert "nowhere.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize(("least", "code"), [(0.5, 0), (0.9, 1)])
def test_where_limits_alone_decide_failed_cells_of_shards_do_not(least: float, code: int) -> None:
    arena = {"file": "arena.yaml", "gates": [{"metric": "case_verdict", "min": least}]}
    options = {"fail_on": "gates", "arenas": [arena]}
    write_run("s/1", cell("A"), cell("B"), options=options, exit_code=0)
    write_run("s/2", cell("C"), cell("D", "failed"), options=options, exit_code=0)
    assert merged()[0] == code
