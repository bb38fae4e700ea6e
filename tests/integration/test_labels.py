"""Labels in a run of pytest: rows of a file, several trials, errors, limits, over workers too."""

from __future__ import annotations

import pytest
from conftest import Project

ARENA = """
providers: [{name: m, provider: mock, model: a}]
defaults: {predicted: kind}
gates: [{metric: recall, label: b, min: 0.9}]
tests:
  - name: "Row {{ n }}"
    data: rows.csv
    prompt: "{{ n }}"
    label: "{{ label }}"
    trials: 3
    mock: "{{ answer }}"
  - name: Broken
    prompt: x
    label: b
    mock: {error: server}
"""
ROWS = """n,label,answer
1,a,"{""kind"": ""A""}"
2,a,"{""kind"": ""b""}"
3,b,"{""kind"": ""b""}"
4,b,I do not know
"""


@pytest.fixture
def labelled(project: Project) -> Project:
    project.write(arena=ARENA)
    (project.path / "rows.csv").write_text(ROWS, "utf-8")
    return project


def test_the_summary_and_the_limits_have_all_trials(
    labelled: Project, spread: tuple[str, ...]
) -> None:
    result = labelled.run(*spread)
    result.assert_outcomes(passed=2, failed=2, errors=1)
    text = " ".join(result.stdout.str().split())
    assert "Labels of m: accuracy 50 % (" in text
    assert "over 2 labels, 12 answers; 3 gave no label; 1 trial reached no verdict." in text
    assert "answered as a b (none) a 3 3 0 b 0 3 3" in text
    (limit,) = labelled.records()[-1]["limits"]
    assert (limit["name"], limit["verdict"], limit["value"]) == ("recall of b", "failed", 0.5)
    cells = labelled.cells()
    first = cells["arena.yaml::Row 1[m]"]
    assert first["label"] == "a"
    assert first["trials"][0]["assertions"][0]["predicted"] == "A"
    # that the first trial failed leaves none out
    assert len(cells["arena.yaml::Row 2[m]"]["trials"]) == 3


def test_limits_alone_may_decide_about_a_run(labelled: Project) -> None:
    calm = ARENA.partition("  - name: Broken")[0]
    labelled.write(arena=calm.replace("min: 0.9", "min: 0.5"))
    result = labelled.run("--arena-fail-on=gates")
    result.assert_outcomes(passed=2, xfailed=2)
    assert result.ret == pytest.ExitCode.OK
    labelled.write(arena=calm)
    assert labelled.run("--arena-fail-on=gates").ret == pytest.ExitCode.TESTS_FAILED
    labelled.write(arena=ARENA.replace("min: 0.9", "min: 0.5"))
    result = labelled.run("--arena-fail-on=gates")
    result.assert_outcomes(passed=2, xfailed=2, errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_limits_cannot_decide_where_there_are_none(labelled: Project) -> None:
    labelled.write(arena=ARENA.replace("gates: [{metric: recall, label: b, min: 0.9}]", ""))
    result = labelled.run("--arena-fail-on=gates")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--arena-fail-on gates: no arena file has gates:"])
