"""`--arena-history`: each whole run leaves a line, and the report shows them together."""

from __future__ import annotations

import json
from unittest.mock import ANY

import pytest
from conftest import Project

ARENA = """\
providers: [{name: mini, provider: mock, responses: {default: hello}}]
tests:
  - {name: One, prompt: hi, assertions: [{type: contains, value: hello}]}
  - {name: Two, prompt: hi, assertions: [{type: contains, value: hello}]}
"""
OPTION = "--arena-history=.arena/history"


@pytest.fixture
def kept(project: Project) -> Project:
    project.write(arena=ARENA)
    return project


def lines(project: Project) -> list[dict[str, object]]:
    text = (project.path / ".arena/history/history.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def break_history(project: Project, line: str = '{"kind": "history"}') -> None:
    folder = project.path / ".arena/history"
    folder.mkdir(parents=True)
    (folder / "history.jsonl").write_text(f"{line}\n")


def break_it_amid_the_run(project: Project) -> None:
    project.pytester.makeconftest(
        "import os\n"
        "def pytest_runtest_logfinish():\n"
        "    os.makedirs('.arena/history', exist_ok=True)\n"
        "    with open('.arena/history/history.jsonl', 'a') as file:\n"
        '        file.write(\'{"kind": "history"}\\n\')\n'
    )


def test_whole_runs_are_kept_and_shown_together(kept: Project, spread: tuple[str, ...]) -> None:
    first = kept.run(OPTION)
    first.stdout.fnmatch_lines(["history: .arena/history/history.jsonl (1 run)"])
    second = kept.run(OPTION, "--arena-report=html", *spread)
    second.stdout.fnmatch_lines(["history: .arena/history/history.jsonl (2 runs)"])
    assert lines(kept)[0]["columns"] == {"mini": {"passed": 2, "p50_ms": ANY}}
    assert len(kept.records()[-1]["trend"]["runs"]) == 2
    page = (kept.path / "arena-report" / "report.html").read_text()
    assert '<h1 id="history-title">The last 2 runs</h1>' in page


def test_a_run_of_a_part_is_no_part_of_the_history(kept: Project) -> None:
    kept.run(OPTION)
    part = kept.run(OPTION, "-k", "One")
    part.stdout.fnmatch_lines(["history: not added to, since this is a run of a part"])
    assert len(lines(kept)) == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"kind": "history"}', "not a line of a history: `run_id` is not as it must be"),
        ('{"kind": "history", "format": 2}', "a line of a history in another format: 2"),
        ('{"kind": "run", "format": 2}', "not a history"),
        ("garbage", "not a history"),
    ],
)
def test_a_history_that_cannot_be_read_is_told_before_anything_is_asked(
    kept: Project, spread: tuple[str, ...], line: str, told: str
) -> None:
    break_history(kept, line)
    result = kept.run(OPTION, *spread)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*history.jsonl:1:1: {told}*"])
    assert not (kept.path / "arena-report/results.jsonl").exists()


def test_a_history_that_breaks_amid_a_run_fails_it_and_costs_no_result(kept: Project) -> None:
    break_it_amid_the_run(kept)
    result = kept.run(OPTION)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(["*history.jsonl:1:1: not a line of a history*"])
    assert set(kept.verdicts()) == {"One[mini]", "Two[mini]"}


def test_a_baseline_that_is_refused_beside_it_is_told_as_well(kept: Project) -> None:
    break_it_amid_the_run(kept)
    kept.write(arena=ARENA.replace("prompt: hi", "prompt: hi, mock: {mini: {error: server}}"))
    result = kept.run(OPTION, "--arena-update-baseline")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    shown = result.stdout.str()
    assert "history.jsonl:1:1: not a line of a history" in shown
    assert "the baseline was not updated: no cell reached a verdict" in shown


def test_without_the_option_nothing_is_kept(kept: Project) -> None:
    kept.run()
    assert not (kept.path / ".arena").exists()
    assert "trend" not in kept.records()[-1]
