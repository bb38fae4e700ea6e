"""The baseline and the gate inside a run: what fails it, what is written, what is left alone."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Project

CALM = """\
providers: [{name: m, provider: mock}]
tests:
  - name: Colours
    prompt: Name a colour
    mock: red
    assertions: [{type: contains, value: red}]
  - name: Numbers
    prompt: Name a number
    mock: seven
    assertions: [{type: contains, value: seven}]
"""
BASELINE = ".arena/baseline.jsonl"


def baseline(project: Project) -> dict[str, dict[str, Any]]:
    lines = (project.path / BASELINE).read_text().splitlines()
    records = [json.loads(line) for line in lines]
    return {record["case"]: record for record in records if record["kind"] == "cell"}


def statuses(project: Project) -> dict[str, str]:
    return {c["case"]: c["standing"]["status"] for c in project.cells().values()}


@pytest.fixture
def recorded(project: Project) -> Project:
    """A project with a baseline of two passing cells."""
    project.write(arena=CALM)
    project.run("--arena-update-baseline").assert_outcomes(passed=2)
    return project


def gate(project: Project, *arguments: str) -> pytest.RunResult:
    return project.run(f"--arena-baseline={BASELINE}", "--arena-fail-on=regression", *arguments)


def test_a_first_run_writes_the_baseline_and_says_so(project: Project) -> None:
    project.write(arena=CALM)
    result = project.run("--arena-update-baseline")
    result.stdout.fnmatch_lines([f"baseline: {BASELINE} (2 added)"])
    assert set(baseline(project)) == {"Colours", "Numbers"}


def test_recording_equal_answers_again_changes_no_byte(recorded: Project) -> None:
    before = (recorded.path / BASELINE).read_bytes()
    recorded.run("--arena-update-baseline", "-n2").assert_outcomes(passed=2)
    assert (recorded.path / BASELINE).read_bytes() == before


def test_nothing_changed_passes_the_gate(recorded: Project) -> None:
    result = gate(recorded)
    assert result.ret == pytest.ExitCode.OK
    assert statuses(recorded) == {"Colours": "still passing", "Numbers": "still passing"}


@pytest.mark.real_workers
def test_a_flipped_answer_is_a_regression(recorded: Project, spread: tuple[str, ...]) -> None:
    recorded.write(arena=CALM.replace("mock: red", "mock: blue"))
    result = gate(recorded, *spread)
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert statuses(recorded)["Colours"] == "regressed"
    assert recorded.records()[-1]["gate"]["failed"] is True


@pytest.mark.parametrize("skipped", [1, 2])
def test_skipped_cells_of_the_baseline_are_told_and_never_all_green(
    recorded: Project, spread: tuple[str, ...], skipped: int
) -> None:
    skip = "skip: later\n    assertions"
    recorded.write(arena=CALM.replace("assertions", skip, skipped))
    result = gate(recorded, *spread)
    said = " ".join(result.stdout.str().split())
    if skipped == 1:
        assert result.ret == pytest.ExitCode.OK
        held = f"No regression: 1 of 1 cell compared with {BASELINE}"
        assert f"{held}; 1 cell of it was skipped" in said
    else:
        assert result.ret != pytest.ExitCode.OK
        nothing = f"Nothing was judged: no cell could be compared with {BASELINE}"
        assert f"{nothing}; 2 cells of it were skipped" in said


MARKING = """\
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        if "Colours" in item.name:
            item.add_marker(pytest.mark.xfail(reason="later"))
"""


@pytest.mark.parametrize("marked", ["case", "column", "conftest"])
def test_what_fails_as_expected_fails_no_gate(
    recorded: Project, spread: tuple[str, ...], marked: str
) -> None:
    key = {"case": "xfail: later\n    ", "column": "xfail: {m: later}\n    ", "conftest": ""}[
        marked
    ]
    recorded.write(arena=CALM.replace("mock: red", f"{key}mock: blue"))
    if marked == "conftest":
        recorded.pytester.makeconftest(MARKING)
    result = gate(recorded, *spread)
    result.assert_outcomes(passed=1, xfailed=1)
    assert result.ret == pytest.ExitCode.OK
    assert statuses(recorded) == {"Colours": "xfailed", "Numbers": "still passing"}
    result.stdout.fnmatch_lines([f"*No regression: 2 of 2 cells compared with {BASELINE}*"])
    result.stdout.fnmatch_lines(["*1 cell failed as expected (xfail).*"])


def test_an_expected_failure_of_one_column_excuses_no_other(project: Project) -> None:
    two = CALM.replace(
        "[{name: m, provider: mock}]", "[{name: m, provider: mock}, {name: n, provider: mock}]"
    )
    project.write(arena=two)
    project.run("--arena-update-baseline").assert_outcomes(passed=4)
    project.write(arena=two.replace("mock: red", "xfail: {m: later}\n    mock: blue"))
    result = gate(project)
    result.assert_outcomes(passed=2, xfailed=1, failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_what_failed_before_is_expected_to_fail(project: Project, spread: tuple[str, ...]) -> None:
    project.write(arena=CALM.replace("mock: red", "mock: blue"))
    project.run("--arena-update-baseline")
    result = gate(project, *spread)
    result.assert_outcomes(passed=1, xfailed=1)
    assert result.ret == pytest.ExitCode.OK
    assert statuses(project)["Colours"] == "still failing"


def test_an_excused_cell_tells_its_own_story(project: Project) -> None:
    project.write(arena=CALM.replace("mock: red", "mock: blue"))
    project.run("--arena-update-baseline")
    text = gate(project, "--xfail-tb").stdout.str()
    assert "answer    blue" in text
    assert "runtest" not in text


def test_a_new_cell_that_fails_is_no_regression(recorded: Project) -> None:
    more = CALM + (
        "  - name: Shapes\n    prompt: Name a shape\n    mock: hm\n"
        "    assertions: [{type: contains, value: round}]\n"
    )
    recorded.write(arena=more)
    result = gate(recorded)
    result.assert_outcomes(passed=2, xfailed=1)
    assert result.ret == pytest.ExitCode.OK
    assert statuses(recorded)["Shapes"] == "new"


def test_a_changed_assertion_makes_a_cell_incomparable(recorded: Project) -> None:
    recorded.write(arena=CALM.replace("value: red", "value: green"))
    result = gate(recorded)
    result.assert_outcomes(passed=1, xfailed=1)
    assert result.ret == pytest.ExitCode.OK
    assert statuses(recorded)["Colours"] == "incomparable"


def test_a_changed_prompt_is_compared_and_named(recorded: Project) -> None:
    changed = CALM.replace("Name a colour", "Name any colour").replace("mock: red", "mock: blue")
    recorded.write(arena=changed)
    gate(recorded).assert_outcomes(passed=1, failed=1)
    (cell,) = [c for c in recorded.cells().values() if c["case"] == "Colours"]
    assert cell["standing"]["status"] == "regressed"
    assert cell["standing"]["changed"] == ["prompt"]
    diff = cell["standing"]["prompt_diff"]
    assert "-user: Name a colour" in diff
    assert "+user: Name any colour" in diff


def test_an_outage_is_an_error_and_no_regression(recorded: Project) -> None:
    recorded.write(arena=CALM.replace("mock: red", "mock: {error: bad_request}"))
    result = gate(recorded)
    result.assert_outcomes(passed=1, errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert statuses(recorded) == {"Colours": "error", "Numbers": "still passing"}


def test_fail_on_none_reports_and_passes(recorded: Project) -> None:
    recorded.write(arena=CALM.replace("mock: red", "mock: blue"))
    result = recorded.run("--arena-fail-on=none")
    result.assert_outcomes(passed=1, xfailed=1)
    assert result.ret == pytest.ExitCode.OK
    assert recorded.verdicts()["Colours[m]"] == "failed"


def test_fail_on_any_fails_beside_a_baseline_too(recorded: Project) -> None:
    recorded.write(arena=CALM.replace("mock: red", "mock: blue"))
    result = recorded.run(f"--arena-baseline={BASELINE}")
    result.assert_outcomes(passed=1, failed=1)


def test_a_missing_baseline_is_a_usage_error_unless_it_may_be(
    project: Project, spread: tuple[str, ...]
) -> None:
    project.write(arena=CALM)
    result = gate(project, *spread)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: there is no baseline {BASELINE}"])
    result = gate(project, "--arena-baseline-missing=warn", *spread)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.OK
    told = f"there is no baseline {BASELINE}: nothing was compared"
    result.stdout.fnmatch_lines([told])
    assert project.records()[-1]["notes"] == [told]
    assert told in (project.path / "arena-report" / "report.md").read_text()


def test_an_empty_baseline_is_told_where_a_run_may_go_without(project: Project) -> None:
    project.write(arena=CALM)
    (project.path / "empty.jsonl").touch()
    result = project.run("--arena-baseline=empty.jsonl", "--arena-baseline-missing=warn")
    result.stdout.fnmatch_lines(["the baseline empty.jsonl is empty: nothing was compared"])


def test_a_url_is_no_missing_baseline(project: Project) -> None:
    project.write(arena=CALM)
    url = "s3://me:word@bucket/b.jsonl"
    result = project.run(f"--arena-baseline={url}", "--arena-baseline-missing=warn")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: the baseline s3://bucket/b.jsonl is a URL, *"])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--arena-fail-on=regression",), "--arena-fail-on regression needs a baseline"),
        (("--arena-prune-baseline",), "--arena-prune-baseline changes the baseline"),
        (("--arena-fail-on=regresion",), "--arena-fail-on: unknown value 'regresion'"),
        (("--arena-alpha=5",), "--arena-alpha: '5' is not a number between 0 and 1"),
        (("--arena-min-effect=x",), "--arena-min-effect: 'x' is not a number between 0 and 1"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    project: Project, arguments: tuple[str, ...], text: str
) -> None:
    project.write(arena=CALM)
    result = project.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {text}"])


def test_a_subset_updates_only_its_own_cells(recorded: Project) -> None:
    recorded.write(arena=CALM.replace("mock: red", "mock: dark red").replace("seven", "eight"))
    recorded.run("--arena-update-baseline", "-k", "Colours")
    numbers = CALM.replace("mock: red", "mock: dark red")
    recorded.write(arena=numbers)
    gate(recorded)
    assert statuses(recorded) == {"Colours": "still passing", "Numbers": "still passing"}


def test_cells_that_are_no_more_stay_until_they_are_pruned(
    recorded: Project, spread: tuple[str, ...]
) -> None:
    renamed = CALM.replace("name: Numbers", "name: Digits")
    recorded.write(arena=renamed)
    recorded.run("--arena-update-baseline")
    assert set(baseline(recorded)) == {"Colours", "Numbers", "Digits"}
    recorded.run("--arena-update-baseline", "--arena-prune-baseline", "-k", "Colours", *spread)
    assert set(baseline(recorded)) == {"Colours", "Digits"}


def test_deselected_cells_are_never_pruned(recorded: Project) -> None:
    recorded.run(
        "--arena-update-baseline", "--arena-prune-baseline", "--arena-provider=m", "-k", "Colours"
    )
    assert set(baseline(recorded)) == {"Colours", "Numbers"}


LIVE = """
import random
from pytest_arena import Provider, Response

class Model(Provider):
    type = "live"
    needs_model = False

    async def complete(self, request):
        wrong = request.case in {broken!r} or hash((request.case, request.trial)) % 19 == 0
        return Response(output="no" if wrong else "yes")

def pytest_arena_register(registry):
    registry.provider(Model)
"""
LIVE_ARENA = """\
providers: [{name: m, provider: live}]
tests:
  - name: Case
    matrix: {n: [1, 2, 3, 4, 5, 6]}
    prompt: "{{ n }}?"
    trials: 3
    assertions: [{type: equals, value: "yes"}]
"""


@pytest.fixture
def live(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A live provider, and a baseline of 20 trials a cell."""
    monkeypatch.setenv("PYTHONHASHSEED", "1")
    project.write(arena=LIVE_ARENA)
    project.pytester.makeconftest(LIVE.format(broken=set()))
    project.run_apart("--arena-trials=20", "--arena-update-baseline", "--arena-fail-on=none")
    assert {cell["trials"] for cell in baseline(project).values()} == {20}
    return project


def test_suspects_get_fresh_trials_and_only_these_decide(
    live: Project, spread: tuple[str, ...]
) -> None:
    live.pytester.makeconftest(LIVE.format(broken={"Case (n=2)"}))
    result = live.run_apart(f"--arena-baseline={BASELINE}", "--arena-fail-on=regression", *spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    found = statuses(live)
    assert found.pop("Case (n=2)") == "regressed"
    assert not {"regressed", "suspected"} & set(found.values())
    broken = next(c for c in live.cells().values() if c["case"] == "Case (n=2)")
    assert len(broken["trials"]) == 3
    assert [trial["verdict"] for trial in broken["confirmation"]] == ["failed"] * 10
    assert {trial["index"] for trial in broken["confirmation"]} == set(range(3, 13))
    assert broken["standing"]["fresh"] == {"passed": 0, "judged": 10}


def test_an_unchanged_live_provider_passes_the_gate(live: Project) -> None:
    result = live.run_apart(f"--arena-baseline={BASELINE}", "--arena-fail-on=regression")
    assert result.ret == pytest.ExitCode.OK


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def test_a_baseline_from_the_merge_base_of_a_branch(recorded: Project) -> None:
    git(recorded.path, "init", "-b", "main")
    git(recorded.path, "add", "-A")
    git(recorded.path, "commit", "-m", "one")
    git(recorded.path, "checkout", "-b", "change")
    (recorded.path / BASELINE).unlink()
    recorded.write(arena=CALM.replace("mock: red", "mock: blue"))
    result = recorded.run(
        f"--arena-baseline=git:merge-base(main):{BASELINE}", "--arena-fail-on=regression"
    )
    result.assert_outcomes(passed=1, failed=1)
    assert statuses(recorded)["Colours"] == "regressed"


GATES = """\
gates:
  - {name: accuracy, metric: pass_rate, threshold: 0.9}
  - {name: money, metric: total_cost, max: 1, action: warn}
  - {name: new, metric: case_verdict, max_new_failures: 0}
"""


def test_limits_hold_break_and_cannot_be_checked(recorded: Project) -> None:
    recorded.write(arena=CALM + GATES)
    result = recorded.run(f"--arena-baseline={BASELINE}")
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.OK
    limits = recorded.records()[-1]["limits"]
    assert [(limit["name"], limit["verdict"], limit["action"]) for limit in limits] == [
        ("accuracy", "passed", "fail"),
        ("money", "error", "warn"),
        ("new", "passed", "fail"),
    ]
    assert limits[0]["reason"].startswith("accuracy: pass_rate is 100 %")
    assert (limits[0]["value"], limits[0]["n"], limits[0]["file"]) == (1.0, 2, "arena.yaml")
    result.stdout.fnmatch_lines(
        [
            "a gate of arena.yaml could not be checked (a warning): money: *",
            "a gate of arena.yaml holds: accuracy: pass_rate is 100 %*",
        ]
    )


def test_a_broken_limit_fails_a_run_whose_cells_are_excused(recorded: Project) -> None:
    blue = CALM.replace("mock: red", "mock: blue").replace("value: red", "value: green")
    recorded.write(arena=blue + GATES)
    result = gate(recorded)
    result.assert_outcomes(passed=1, xfailed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*is broken: accuracy: pass_rate is 50 %, below 90 %*"])


def test_cells_that_were_not_selected_do_not_break_a_limit(recorded: Project) -> None:
    recorded.write(arena=CALM.replace("mock: red", "mock: blue") + GATES)
    result = recorded.run("--arena-fail-on=none", "-k", "Colours")
    limits = recorded.records()[-1]["limits"]
    assert (limits[0]["verdict"], limits[0]["action"]) == ("failed", "warn")
    assert limits[0]["reason"].endswith("1 of 2 cells were not selected, so that it fails nothing")
    result.stdout.fnmatch_lines(["*(a warning): accuracy: pass_rate is 0 %*"])
    recorded.run("--arena-fail-on=none")
    assert recorded.records()[-1]["limits"][0]["action"] == "fail"


def test_a_limit_that_needs_a_baseline_is_never_held_without_one(project: Project) -> None:
    project.write(arena=CALM + GATES)
    result = project.run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    new = project.records()[-1]["limits"][2]
    assert (new["name"], new["verdict"]) == ("new", "error")


def test_an_unknown_metric_is_refused_with_a_suggestion(project: Project) -> None:
    project.write(arena=CALM + "gates:\n  - {metric: pass_rat, min: 0.9}\n")
    project.run().stdout.fnmatch_lines(
        [
            "arena.yaml:12:14: unknown metric 'pass_rat' in gate 'pass_rat'",
            "*fix: did you mean 'pass_rate'?",
        ]
    )
