"""The gate names which of several changes did it."""

from __future__ import annotations

import json
import subprocess

import pytest
from conftest import Project
from live_model import ARENA, BASELINE, gate, once, summary, with_baseline, wrong
from warm_programs import WARM

THREE = ARENA.replace('"version 1"', '"version 1\\nbe kind\\nend"')


@pytest.fixture
def several(project: Project) -> Project:
    """A baseline, and three changes of ours since: two lines of the prompt and a parameter."""
    live = with_baseline(project)
    live.write(arena=THREE)

    def run() -> None:
        made = live.run_apart("--arena-update-baseline", "--arena-trials=1")
        made.assert_outcomes(passed=6)

    once(live, "several", run)
    changed = THREE.replace("version 1", "version 2").replace("end", "stop")
    live.write(arena=changed.replace("temperature: 0.5", "temperature: 0.9"))
    return live


def reasons(project: Project) -> list[str]:
    found = [cell["standing"] for cell in project.cells().values()]
    return [standing["reason"] for standing in found if standing["status"] == "regressed"]


@pytest.mark.parametrize(
    ("broken", "said", "workers"),
    [
        ("stop question 2", "system: - end + stop", ()),
        ("version 2\nbe kind", "system: - version 1 + version 2", ()),
        ("version 2\nbe kind", "system: - version 1 + version 2", ("-n2",)),
        ("question 2? one 0.9", "params.temperature", ()),
    ],
)
def test_of_several_changes_the_one_that_did_it_is_named(
    several: Project, broken: str, said: str, workers: tuple[str, ...]
) -> None:
    wrong(several, broken)
    assert gate(several, "--arena-bisect", *workers).ret == pytest.ExitCode.TESTS_FAILED
    told = reasons(several)
    assert told
    assert all(f". What did it: {said} (passed 0 of " in reason for reason in told)
    asked = [c for c in several.cells().values() if c.get("hunks")]
    assert len(asked) == len(told)
    assert all(len(cell["hunks"]) == 3 for cell in asked)
    calls = [len(h["trials"]) for c in asked for h in c["hunks"]]
    assert max(calls) <= 32
    assert summary(several)["calls"] >= sum(calls)


def test_changes_that_only_break_together_are_not_blamed_alone(several: Project) -> None:
    wrong(several, "version 2\nbe kind\nstop")
    assert gate(several, "--arena-bisect").ret == pytest.ExitCode.TESTS_FAILED
    assert all(r.endswith(". None of the 3 changes does it alone") for r in reasons(several))


def test_changes_that_each_break_it_are_both_named(several: Project) -> None:
    wrong(several, "version 2", "0.9")
    gate(several, "--arena-bisect")
    for reason in reasons(several):
        assert ". Each of these does it alone: system: - version 1 + version 2 (" in reason
        assert "; params.temperature (" in reason


def test_a_single_change_and_a_run_without_the_option_ask_nothing_more(several: Project) -> None:
    wrong(several, "stop")
    gate(several)
    assert not any(cell.get("hunks") for cell in several.cells().values())
    several.write(arena=THREE.replace("end", "stop"))
    gate(several, "--arena-bisect")
    assert len(reasons(several)) == 6
    assert not any(cell.get("hunks") for cell in several.cells().values())


def test_a_bisection_keeps_to_the_runs_verdicts_when_shards_are_merged(several: Project) -> None:
    wrong(several, "stop question 2")
    gate(several, "--arena-bisect")
    (told,) = reasons(several)
    merge = ["arena", "merge", "arena-report", "--baseline", BASELINE, "--format=json"]
    merged = WARM.run([*merge, "--output=whole"], several.path)
    assert merged.returncode == 1, merged.stderr
    assert json.dumps(told, ensure_ascii=False) in (
        several.path / "whole" / "results.jsonl"
    ).read_text("utf-8")


def test_a_run_goes_on_in_the_middle_of_a_bisection(several: Project) -> None:
    wrong(several, "stop question 2")
    gate(several, "--arena-bisect")
    told = reasons(several)
    results = several.path / "arena-report" / "results.jsonl"
    kept = [json.loads(line) for line in results.read_text().splitlines()]
    kept = [record for record in kept if record["kind"] != "end"]
    for record in kept:
        record.pop("standing", None)
        for hunk in record.get("hunks", ()):
            hunk["trials"] = hunk["trials"][:1]
        record["hunks_old"] = record.get("hunks_old", [])[:1]
    results.write_text("".join(json.dumps(record) + "\n" for record in kept))
    gate(several, "--arena-bisect", "--arena-resume")
    assert reasons(several) == told


@pytest.mark.parametrize(("calls", "workers"), [(16, ()), (20, ()), (20, ("-n2",))], ids=str)
def test_a_budget_that_ends_a_bisection_is_said_and_the_regression_stands(
    several: Project, calls: int, workers: tuple[str, ...]
) -> None:
    wrong(several, "stop question 2")
    text = (several.path / "arena.yaml").read_text()
    several.write(arena=f"budget: {{max_calls: {calls}}}\n{text}")
    result = gate(several, "--arena-bisect", *workers)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["Regression: 1 of 6 cells*"])
    (told,) = reasons(several)
    assert ". Which of the 3 changes does it alone was not asked to the end (" in told
    assert "calls" in told.rpartition("(")[2]
    assert summary(several)["calls"] == calls - 6


def test_changes_since_a_revision_are_asked_alone(several: Project) -> None:
    several.write(arena=THREE)
    for command in ("init -b main", "add -A", "commit -m one"):
        subprocess.run(
            ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", *command.split()],
            cwd=several.path, check=True, capture_output=True,
        )  # fmt: skip
    several.write(arena=THREE.replace("version 1", "version 2").replace("end", "stop"))
    wrong(several, "stop question 2")
    assert gate(several, "--arena-bisect", "--arena-old=git:main").ret == 1
    (told,) = reasons(several)
    assert ". What did it: system: - end + stop (passed 0 of " in told


@pytest.mark.parametrize("options", [(), ("--arena-baseline=b.jsonl", "--arena-old=off")])
def test_bisecting_without_an_old_version_is_refused(
    project: Project, options: tuple[str, ...]
) -> None:
    result = project.run_apart("--arena-bisect", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--arena-bisect asks the old version with each change*"])
