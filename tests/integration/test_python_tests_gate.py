"""Python tests beside a baseline, in a run that is taken up again, and in shards."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Project
from seen_results import seen_cells

from pytest_arena.cli import main

BASELINE = ".arena/baseline.jsonl"
TESTS = """
import os

import pytest

said = []

def bot(question):
    # another text each time, as a model's answers are
    said.append(question)
    return f"{os.environ.get('WORD', 'refund')} {len(said)}"

def test_regresses(arena):
    arena.check(bot("?"), contains="refund")

@pytest.mark.arena(trials=2)
def test_cases(arena):
    with arena.case("worse"):
        arena.check(bot("?"), contains="refund")
    with arena.case("as it was"):
        arena.check(f"refund {len(said)}", contains="refund")

def test_never_passed(arena):
    arena.check(bot("?"), contains="refund of a refund")

def test_asks(arena):
    arena.check(arena.ask("mini", "?"), contains="5 days")

def test_plain():
    pass
"""
ARENA = """\
providers:
  - {name: mini, provider: mock, responses: {default: "It comes in 5 days."}}
tests:
  - {name: Days, prompt: When?, assertions: [{type: contains, value: 5 days}]}
"""
AS_IT_WAS = {
    "Days": "still passing",
    "test_regresses": "still passing",
    "test_cases::worse": "still passing",
    "test_cases::as it was": "still passing",
    "test_never_passed": "still failing",
    "test_asks": "still passing",
}


@pytest.fixture
def recorded(project: Project) -> Project:
    """Tests with a baseline, in which one of them fails."""
    project.write(arena=ARENA)
    project.pytester.makepyfile(test_app=TESTS)
    project.run("--arena-update-baseline").assert_outcomes(passed=5, failed=1)
    return project


def gate(project: Project, *arguments: str) -> pytest.RunResult:
    return project.run(f"--arena-baseline={BASELINE}", "--arena-fail-on=regression", *arguments)


def statuses(project: Project) -> dict[str, str]:
    return {c["case"]: c["standing"]["status"] for c in project.cells().values()}


def test_a_baseline_takes_five_trials_of_each_test(recorded: Project) -> None:
    trials = {c["case"]: len(c["trials"]) for c in recorded.cells().values()}
    assert trials == {**dict.fromkeys(AS_IT_WAS, 5), "Days": 1}
    assert '"code"' not in (recorded.path / BASELINE).read_text()


def test_tests_that_are_as_they_were_pass_the_gate(recorded: Project) -> None:
    result = gate(recorded)
    result.assert_outcomes(passed=5, xfailed=1)
    assert result.ret == pytest.ExitCode.OK
    assert statuses(recorded) == AS_IT_WAS


def test_a_test_that_got_worse_is_run_again_and_fails(
    recorded: Project, spread: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORD", "no idea")
    result = gate(recorded, "-rf", *spread)
    result.assert_outcomes(passed=3, failed=2, xfailed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    worse = {"test_regresses": "regressed", "test_cases::worse": "regressed"}
    assert statuses(recorded) == {**AS_IT_WAS, **worse}
    cells = {cell["case"]: cell for cell in recorded.cells().values()}
    # 2 or 1 that top the run's own trials up to three, and ten that decide
    assert len(cells["test_regresses"]["confirmation"]) == 12
    assert len(cells["test_cases::worse"]["confirmation"]) == 11
    assert not cells["test_cases::as it was"]["confirmation"]
    indexes = [trial["index"] for trial in cells["test_regresses"]["confirmation"]]
    assert indexes == list(range(1, 13))
    shown = result.stdout.str()
    assert "FAILED test_app.py::test_regresses - regressed: 0 of 10 fresh trials" in shown
    assert "did not find 'refund' in 'no idea" in shown
    # the story of the test, with its own lines
    assert '>       arena.check(bot("?"), contains="refund")' in shown


def test_a_test_that_fails_as_expected_fails_no_gate(
    recorded: Project, spread: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORD", "no idea")
    marked = TESTS.replace("def test_reg", '@pytest.mark.xfail(reason="later")\ndef test_reg')
    marked = marked.replace("@pytest.mark.arena(", "@pytest.mark.xfail\n@pytest.mark.arena(")
    recorded.pytester.makepyfile(test_app=marked)
    result = gate(recorded, *spread)
    result.assert_outcomes(passed=3, xfailed=3)
    assert result.ret == pytest.ExitCode.OK
    found = statuses(recorded)
    assert "regressed" not in found.values()
    assert not any(cell["confirmation"] for cell in recorded.cells().values() if cell["xfail"])


def test_chance_fails_no_test(recorded: Project) -> None:
    flaky = TESTS.replace("return f", 'return "once" if len(said) == 1 else f')
    recorded.pytester.makepyfile(test_app=flaky)
    result = gate(recorded)
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=4, xfailed=2)
    (cell,) = (c for c in recorded.cells().values() if c["case"] == "test_regresses")
    assert cell["verdict"] == "failed"
    assert cell["standing"]["status"] == "flaky"


def test_what_fails_no_run_fails_no_test(recorded: Project) -> None:
    result = recorded.run("--arena-fail-on=none")
    result.assert_outcomes(passed=5, xfailed=1)
    assert result.ret == pytest.ExitCode.OK


def test_a_test_of_other_code_is_not_compared(recorded: Project) -> None:
    recorded.pytester.makepyfile(
        test_app=TESTS.replace('contains="refund of a refund"', 'contains="refund and more"')
    )
    gate(recorded)
    assert statuses(recorded) == {**AS_IT_WAS, "test_never_passed": "incomparable"}


def test_a_test_that_is_no_more_leaves_the_baseline(project: Project) -> None:
    two = "def test_{}(arena): arena.check('a', contains='a')\n"
    project.pytester.makepyfile(test_app=two.format("one") + two.format("two"))
    project.run("--arena-update-baseline")
    project.pytester.makepyfile(test_app=two.format("one"))
    result = project.run("-k", "one", "--arena-update-baseline", "--arena-prune-baseline")
    assert "1 pruned" in result.stdout.str()


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [((), True), (("-k", "not asks"), False), (("test_app.py::test_asks", "arena.yaml"), False)],
)
def test_a_history_keeps_runs_of_all_tests(
    recorded: Project, arguments: tuple[str, ...], kept: bool
) -> None:
    recorded.run("--arena-history=past", *arguments)
    assert (recorded.path / "past").exists() is kept


def interrupted(project: Project, *left: str) -> None:
    """Leave the results as a run does that was killed before these cells were written."""
    results = project.path / "arena-report" / "results.jsonl"
    lines = results.read_text().splitlines(keepends=True)[:-1]
    kept = [line for line in lines if not any(f"::{name}[" in line for name in left)]
    results.write_text("".join(kept))


def ran(project: Project) -> list[str]:
    """Return which tests ran since they were last asked."""
    file = project.path / "ran.txt"
    found = file.read_text().split() if file.exists() else []
    file.unlink(missing_ok=True)
    return sorted(found)


RESUMED = """
import pathlib

import app
import pytest

@pytest.fixture(autouse=True)
def note(request, record_property):
    with open(pathlib.Path(__file__).parent / "ran.txt", "a") as file:
        file.write(request.node.name + "\\n")

def test_passes(arena): arena.check(app.bot(), contains="hello")
def test_fails(arena): arena.check(app.bot(), contains="bye")
@pytest.mark.xfail(reason="known")
def test_known(arena): arena.check(app.bot(), contains="bye")
def test_breaks(arena): raise OSError("no disk")
@pytest.mark.xfail(strict=True)
def test_unexpected(arena): arena.check(app.bot(), contains="hello")
def test_cases(arena):
    for name in "AB":
        with arena.case(name):
            arena.check(app.bot(), contains="hello")
"""
EVERY = {
    "test_breaks",
    "test_cases",
    "test_fails",
    "test_known",
    "test_passes",
    "test_unexpected",
}


@pytest.fixture
def resumable(project: Project) -> Project:
    project.pytester.makepyfile(app="def bot(): return 'hello'", test_app=RESUMED)
    project.run()
    assert set(ran(project)) == EVERY
    return project


def test_finished_tests_are_taken_from_an_interrupted_run(
    resumable: Project, spread: tuple[str, ...]
) -> None:
    before = resumable.cells()
    interrupted(resumable, "test_passes")
    result = resumable.run("--arena-resume", *spread)
    # an error is run again, and so is what was not reached, and what should have failed
    assert ran(resumable) == ["test_breaks", "test_passes", "test_unexpected"]
    result.assert_outcomes(passed=2, failed=3, xfailed=1)
    assert "4 cells were taken from the run interrupted at" in result.stdout.str()
    after = resumable.cells()
    assert list(after) == list(before)
    assert {name: cell["verdict"] for name, cell in after.items()} == {
        name: cell["verdict"] for name, cell in before.items()
    }


def test_a_test_is_taken_with_all_its_cells_or_not_at_all(resumable: Project) -> None:
    interrupted(resumable, "test_cases::B")
    resumable.run("--arena-resume")
    assert ran(resumable) == ["test_breaks", "test_cases", "test_unexpected"]
    assert "test_cases::B[application]" in resumable.verdicts()


@pytest.mark.parametrize(
    ("changed", "options"),
    [("app.py", ()), (None, ("--arena-trials=2",)), (None, ("--arena-mock",))],
)
def test_nothing_is_taken_where_the_code_or_the_run_is_another(
    resumable: Project, changed: str | None, options: tuple[str, ...]
) -> None:
    if changed is not None:
        with (resumable.path / changed).open("a") as file:
            file.write("\n# changed\n")
    interrupted(resumable)
    resumable.run("--arena-resume", *options)
    assert set(ran(resumable)) == EVERY


def test_shards_of_tests_are_merged(
    recorded: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, words in enumerate(("regresses or cases", "not (regresses or cases)")):
        recorded.run("-k", words, f"--arena-report-dir={tmp_path}/{number}")
    shards = [f"{tmp_path}/{number}/results.jsonl" for number in (0, 1)]
    baseline = str(recorded.path / BASELINE)
    main(["merge", *shards, "--output", f"{tmp_path}/all", "--baseline", baseline])
    capsys.readouterr()
    recorded.run()
    whole = {name: cell["verdict"] for name, cell in recorded.cells().items()}
    merged = seen_cells(tmp_path / "all" / "results.jsonl")
    assert {name: cell["verdict"] for name, cell in merged.items()} == whole
