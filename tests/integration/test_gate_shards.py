"""Parts of a run that are merged come to the verdicts of one run."""

from __future__ import annotations

import pytest
from conftest import Project
from live_model import ARENA, BASELINE, MODEL, gate, statuses, summary, wrong
from warm_programs import WARM

MERGE = ["arena", "merge", "parts", "--output=arena-report"]
GOOD_AND_POOR = (
    ARENA.replace("Case", "Good").replace("[1, 2, 3, 4, 5, 6]", "[1, 2]")
    + """\
  - name: Poor
    matrix: {n: [3, 4, 5]}
    target: shop
    prompt: "question {{ n }}?"
    assertions: [{type: equals, value: "yes"}]
"""
)
NEVER_PASSED = ("question 3", "question 4", "question 5")


@pytest.mark.parametrize(
    ("trials", "old", "workers"),
    [(1, "auto", ()), (1, "auto", ("-n2",)), (2, "off", ())],
    ids=["asked-again", "asked-again-n2", "stored"],
)
def test_merged_parts_find_what_one_run_finds(
    project: Project, trials: int, old: str, workers: tuple[str, ...]
) -> None:
    project.write(arena=GOOD_AND_POOR)
    project.pytester.makeconftest(MODEL)
    wrong(project, *NEVER_PASSED)
    project.run_apart("--arena-update-baseline", f"--arena-trials={trials}")
    project.write(arena=GOOD_AND_POOR.replace("version 1", "version 2"))
    # beside itself alone four pairs or ten trials would do, beside those that never pass it takes
    # more, of which the part that it is in knows nothing
    wrong(project, *NEVER_PASSED, "version 2 question 1")
    options = ("--arena-trials=1", f"--arena-old={old}")
    whole = gate(project, *options)
    found, of_whole = statuses(project), summary(project)
    # over workers the part that has a suspect, which asks for further trials
    for part, own in (("Good", workers), ("Poor", ())):
        gate(project, *options, "-k", part, f"--arena-report-dir=parts/{part}", *own)
    command = [*MERGE, "--baseline", BASELINE, "--expect=2", "--format=json"]
    merged = WARM.run(command, project.path)
    assert merged.returncode == whole.ret == pytest.ExitCode.TESTS_FAILED, merged.stderr
    assert statuses(project) == found
    assert found["Good (n=1)"] == "regressed"
    assert not project.records()[-1].get("notes")
    same = ("counts", "failed", "suite_failed", "moved", "compared", "judged")
    assert [summary(project).get(key) for key in same] == [of_whole.get(key) for key in same]
