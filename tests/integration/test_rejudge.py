"""The answers of an earlier run under the assertions of today: only judges are called."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import PLAIN, Project
from warm_programs import WARM

from pytest_arena import run_arena
from pytest_arena.errors import UsageError

ARENA = """\
providers: [{name: m, provider: counted, model: one, params: {temperature: 0.5}}]
tests:
  - name: Case
    matrix: {n: [1, 2]}
    prompt: "question {{ n }}"
    trials: 3
    assertions: [{type: contains, value: answer}]
  - name: Talk
    conversation: [{user: Hello}, {user: And now?}]
    assertions: [{type: response_time, max_ms: 5000}]
  - {name: Broken, prompt: fail, assertions: [{type: contains, value: answer}]}
"""
MODEL = """\
from pathlib import Path

from pytest_arena import Provider, ProviderError, Response
from pytest_arena.errors import ErrorKind

class Counted(Provider):
    type = "counted"

    async def complete(self, request):
        with Path("asked").open("a") as file:
            file.write(f"{request.case} {request.purpose}\\n")
        if request.purpose == "judge":
            return Response('{"evidence": [], "explanation": "x", "verdict": "pass", "score": 1}')
        text = request.messages[-1]["content"]
        if text == "fail":
            raise ProviderError(ErrorKind.BAD_REQUEST, "no such thing")
        said = f"answer {request.trial}.{request.turn} to {text}"
        return Response(said, latency_ms=20.0)

def pytest_arena_register(registry):
    registry.provider(Counted)
"""


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that is judged again, made once."""
    folder = tmp_path_factory.mktemp("earlier")
    (folder / "conftest.py").write_text(MODEL)
    (folder / "arena.yaml").write_text(ARENA)
    (folder / "pytest.ini").write_text(f"[pytest]\naddopts = {PLAIN}\n")
    done = WARM.run(["pytest", "--arena", "--arena-report-dir=before", "-q"], folder)
    assert "3 passed, 1 error" in done.stdout, done.stdout
    return folder / "before"


class Again:
    """A project with a run whose answers can be judged again."""

    def __init__(self, project: Project, earlier: Path) -> None:
        self.project = project
        project.pytester.makeconftest(MODEL)
        project.write(arena=ARENA)
        shutil.copytree(earlier, project.path / "before")
        self.asked = project.path / "asked"

    def run(self, *arguments: str, arena: str = ARENA) -> pytest.RunResult:
        self.project.write(arena=arena)
        return self.project.run("--arena-rejudge=before", *arguments)

    def calls(self) -> list[str]:
        return self.asked.read_text().splitlines() if self.asked.exists() else []

    def errors(self) -> dict[str, str]:
        return {
            cell["case"]: trial["error"]["message"].splitlines()[0]
            for cell in self.project.cells().values()
            for trial in cell["trials"]
            if trial.get("error")
        }

    @property
    def run_id(self) -> str:
        first = (self.project.path / "before" / "results.jsonl").read_text().splitlines()[0]
        found: str = json.loads(first)["run_id"]
        return found


@pytest.fixture
def again(project: Project, earlier: Path) -> Again:
    return Again(project, earlier)


def answers(folder: Path) -> list[list[Any]]:
    records = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
    cells = sorted((one for one in records if one["kind"] == "cell"), key=lambda one: one["id"])
    return [[t.get("responses", []) for t in cell["trials"]] for cell in cells]


def test_the_same_answers_are_judged_by_todays_assertions(
    again: Again, spread: tuple[str, ...]
) -> None:
    changed = ARENA.replace(
        "value: answer}]\n  - name: Talk", "value: to question 1}]\n  - name: Talk"
    )
    result = again.run(*spread, arena=changed.replace("max_ms: 5000", "max_ms: 0.0001"))
    result.assert_outcomes(passed=1, failed=2, errors=1)
    assert again.calls() == []
    assert again.project.verdicts() == {
        "Case (n=1)[m]": "passed",
        "Case (n=2)[m]": "failed",
        "Talk[m]": "failed",
        "Broken[m]": "error",
    }
    before = answers(again.project.path / "before")
    assert answers(again.project.path / "arena-report")[0] == before[0]
    assert sum(map(len, before)) == 8
    result.stdout.fnmatch_lines([f"judged again: the answers of run {again.run_id}, *"])


def test_only_judges_are_called(again: Again) -> None:
    judge = "assertions: [{type: llm_judge, criteria: polite, judge: m}]\n  - name: Talk"
    arena = ARENA.replace("assertions: [{type: contains, value: answer}]\n  - name: Talk", judge)
    again.run(arena=arena)
    assert set(again.calls()) == {"Case (n=1) judge", "Case (n=2) judge"}


def test_what_has_no_answer_is_an_error_that_says_why(again: Again) -> None:
    arena = ARENA.replace("And now?", "And then?").replace("n: [1, 2]", "n: [1, 3]")
    result = again.run(arena=arena)
    result.assert_outcomes(passed=1, errors=3)
    run = f"run {again.run_id}"
    assert again.errors() == {
        "Case (n=3)": f"no answer to judge again: {run} has no such cell",
        "Talk": f"no answer to judge again: the case asked something else in {run}",
        "Broken": f"no answer to judge again: {run} got none (bad_request: no such thing)",
    }
    assert again.calls() == []
    result.stdout.fnmatch_lines([f"1 cell of {run} was not judged again"])


def test_a_changed_provider_is_said(again: Again) -> None:
    result = again.run(arena=ARENA.replace("0.5", "0.9"))
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(
        ["m: another model, or other parameters now than those that gave *"]
    )


def test_a_copy_of_the_arena_judges_the_same_cells(again: Again) -> None:
    copy = ARENA.replace("value: answer}", "value: nothing}")
    (again.project.path / "stricter.arena.yaml").write_text(copy)
    result = again.project.run("--arena-rejudge=before", "stricter.arena.yaml")
    result.assert_outcomes(passed=1, failed=2, errors=1)


def test_todays_guardrails_look_at_what_the_model_said(again: Again) -> None:
    rules = "guardrails: {banned_words: [answer]}\n"
    result = again.run(arena=rules + ARENA)
    assert result.parseoutcomes()["failed"] == 3
    blocked = again.project.path / "blocked"
    (again.project.path / "arena-report").rename(blocked)
    result = again.project.run("--arena-rejudge=before")
    again.project.write(arena=ARENA)
    result = again.project.run("--arena-rejudge=blocked", "-k", "Case")
    result.assert_outcomes(passed=2, deselected=2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--arena-trials=2",), "--arena-trials has no effect with --arena-rejudge"),
        (("--arena-resume",), "--arena-resume has no effect with --arena-rejudge"),
        (("--arena-report-dir=before",), "--arena-rejudge: this run would write over 'before'"),
        (("--arena-rejudge=nowhere",), "--arena-rejudge: 'nowhere' cannot be read"),
        ((f"--arena-rejudge={'x' * 300}",), "xxx: File name too long"),
        (
            ("--arena-rejudge=s3://me:word@bucket/run",),
            "--arena-rejudge: 's3://bucket/run' is no path here",
        ),
    ],
)
def test_what_cannot_be_done_is_a_usage_error(
    project: Project, arguments: tuple[str, ...], said: str
) -> None:
    project.write(arena="providers: [{name: m, provider: mock, model: a}]\ntests: []\n")
    (project.path / "before").mkdir()
    line = '{"kind": "run", "format": 2, "run_id": "r", "started_at": "", "plugin_version": ""}\n'
    (project.path / "before" / "results.jsonl").write_text(line)
    result = project.run("--arena-rejudge=before", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()


def test_the_command_judges_the_files_of_the_results(again: Again) -> None:
    again.project.write(arena=ARENA.replace("value: answer}", "value: nothing}"))
    done = WARM.run(["arena", "rejudge", "before", "--format=markdown"], again.project.path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 failed, 1 passed, 1 error" in done.stdout
    assert again.calls() == []
    assert (again.project.path / "arena-rejudged" / "report.md").exists()


def test_a_script_judges_an_earlier_run_again(again: Again) -> None:
    arena = again.project.path / "arena.yaml"
    again.project.write(arena=ARENA.replace("value: answer}", "value: to question 2}", 1))
    run = run_arena(arena, rejudge=again.project.path / "before")
    assert again.calls() == []
    verdicts = [cell.verdict for cell in run.cells]
    assert verdicts == ["failed", "passed", "passed", "error"]
    assert any(
        note.startswith(f"judged again: the answers of run {again.run_id}") for note in run.notes
    )
    with pytest.raises(UsageError, match=r"^trials has no effect with rejudge"):
        run_arena(arena, rejudge="before", trials=2)
    with pytest.raises(UsageError, match=r"^rejudge: .*nowhere.* cannot be read"):
        run_arena(arena, rejudge="nowhere")
