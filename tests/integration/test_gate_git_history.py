"""The gate over a repository's history: a baseline on main, and three branches from it."""

from __future__ import annotations

import subprocess

import pytest
from conftest import Project
from live_model import ARENA, MODEL, statuses, summary, wrong

FROM_MAIN = "--arena-baseline=git:merge-base(main):.arena/baseline.jsonl"


def git(project: Project, *arguments: str) -> None:
    named = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(("git", *named, *arguments), cwd=project.path, check=True, capture_output=True)


def branch(project: Project, name: str, system: str) -> None:
    """Begin a branch at main whose prompt has another system message."""
    git(project, "switch", "-q", "-c", name, "main")
    project.write(arena=ARENA.replace("version 1", system))
    git(project, "commit", "-qam", name)


def gate(project: Project) -> pytest.RunResult:
    return project.run_apart(FROM_MAIN, "--arena-fail-on=regression")


@pytest.mark.slow
def test_a_branch_that_breaks_is_red_one_that_rewords_or_mends_is_green(project: Project) -> None:
    project.write(arena=ARENA)
    project.pytester.makeconftest(MODEL)
    # one case has never worked; the broken branch breaks two more, the last one mends it
    wrong(project, "version 1 question 6", "reworded question 6", "broken question")
    (project.path / ".gitignore").write_text("arena-report/\n__pycache__/\n.pytest_cache/\n")
    project.run_apart("--arena-update-baseline").assert_outcomes(passed=5, failed=1)
    git(project, "init", "-q", "-b", "main")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "the baseline")

    branch(project, "breaks", "broken")
    wrong(project, "1 question 6", "broken question 2", "broken question 4", "broken question 6")
    result = gate(project)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=3, failed=2, xfailed=1)
    found = statuses(project)
    assert [name for name, status in found.items() if status == "regressed"] == [
        "Case (n=2)", "Case (n=4)",
    ]  # fmt: skip
    assert found["Case (n=6)"] == "still failing"
    assert "the prompt changed" in " ".join(result.outlines)
    git(project, "stash", "-q")

    branch(project, "rewords", "reworded")
    wrong(project, "version 1 question 6", "reworded question 6")
    assert gate(project).ret == pytest.ExitCode.OK
    assert set(statuses(project).values()) == {"still passing", "still failing"}
    assert summary(project)["compared"] == 6
    git(project, "stash", "-q")

    branch(project, "mends", "mended")
    wrong(project, "version 1 question 6")
    result = gate(project)
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=6)
    assert statuses(project)["Case (n=6)"] in ("fixed", "flaky")
