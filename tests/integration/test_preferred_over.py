"""Answers compared by a judge: with another provider's, in one process and over workers, and with
those of the baseline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Project

from pytest_arena.comparison import compare
from pytest_arena.results import read_run

ARENA = """\
providers:
  - {name: good, provider: mock}
  - {name: budget, provider: mock}
  - {name: poor, provider: mock}
judge:
  name: grader
  provider: mock
  responses:
    patterns:
      - match: 'first answer \\w+>>>\\nWelcome'
        answer: '{"evidence": ["Welcome"], "reasoning": "Kind.", "level": "first"}'
      - match: 'second answer \\w+>>>\\nWelcome'
        answer: '{"evidence": ["Welcome"], "reasoning": "Kind.", "level": "second"}'
    default: '{"evidence": [], "reasoning": "Alike.", "level": "first"}'
tests:
  - name: Greeting
    prompt: Say hello
    trials: 2
    mock: {good: "Welcome to you", budget: Hello, poor: Hello there}
    assertions:
      - {type: contains, value: e}
      - {type: preferred_over, provider: budget}
"""


def test_providers_are_compared_whichever_worker_has_them(
    project: Project, spread: tuple[str, ...]
) -> None:
    project.write(arena=ARENA)
    project.run(*spread)
    assert project.verdicts() == {
        "Greeting[good]": "passed",
        "Greeting[budget]": "passed",
        "Greeting[poor]": "failed",
    }
    found = {
        cell["provider"]: [trial["assertions"][1] for trial in cell["trials"]]
        for cell in project.cells().values()
    }
    assert {name: [(f["verdict"], f["score"]) for f in each] for name, each in found.items()} == {
        "good": [("passed", 1.0)] * 2,
        "budget": [("skipped", None)] * 2,
        "poor": [("failed", 0.5)] * 2,
    }
    judge = found["good"][0]["judge"]
    assert (judge["rival"], judge["rival_output"], judge["preferred"]) == ("budget", "Hello", 1.0)
    assert found["poor"][0]["reason"] == (
        "a tie with the answer of budget: the judge prefers whichever comes first"
    )


def test_the_leaderboard_takes_the_judges_word(project: Project) -> None:
    # every answer passes, so that by scores alone nobody would be better
    text = ARENA.replace("provider: budget}", "provider: budget, weight: 0}")
    project.write(arena=text)
    project.run()
    assert set(project.verdicts().values()) == {"passed"}
    comparison = compare(read_run(project.path / "arena-report" / "results.jsonl"))
    places = {standing.provider: standing.rank for standing in comparison.standings}
    assert places["good"] == 1
    assert places["budget"] > 1


def test_only_one_provider_may_be_selected(project: Project) -> None:
    project.write(arena=ARENA)
    project.run("--arena-provider=good")
    assert project.verdicts() == {"Greeting[good]": "passed"}


BASELINE = """\
providers: [{name: good, provider: mock}]
judge:
  provider: mock
  responses:
    patterns:
      - match: 'first answer \\w+>>>\\nWelcome'
        answer: '{"evidence": ["Welcome"], "reasoning": "Kind.", "level": "first"}'
    default: '{"evidence": [], "reasoning": "Kind.", "level": "second"}'
tests:
  - name: Greeting
    prompt: Say hello
    mock: ANSWER
    assertions:
      - {type: contains, value: e}
      - {type: preferred_over, baseline: true}
"""


def comparison(project: Project) -> dict[str, Any]:
    (cell,) = project.cells().values()
    finding: dict[str, Any] = cell["trials"][0]["assertions"][1]
    return finding


def test_the_baseline_keeps_the_answer_that_a_later_one_is_compared_with(project: Project) -> None:
    project.write(arena=BASELINE.replace("ANSWER", "Hello"))
    project.run("--arena-update-baseline")
    assert comparison(project)["verdict"] == "skipped"
    assert comparison(project)["reason"] == (
        "skipped: the baseline has no answer of this cell to compare with\n"
        "  fix: run with --arena-baseline and --arena-update-baseline, which keeps it"
    )
    lines = (project.path / ".arena" / "baseline.jsonl").read_text().splitlines()
    kept = [json.loads(line).get("outputs") for line in lines]
    assert ["Hello"] in kept

    project.write(arena=BASELINE.replace("ANSWER", "Welcome"))
    project.run("--arena-baseline=.arena/baseline.jsonl")
    found = comparison(project)
    assert (found["verdict"], found["reason"]) == (
        "passed",
        "better than the answer of the baseline, in both orders: Kind.",
    )
    assert found["judge"]["rival_output"] == "Hello"


def test_a_results_file_is_a_baseline_with_answers(project: Project) -> None:
    project.write(arena=BASELINE.replace("ANSWER", "Hello"))
    project.run()
    Path(project.path / "arena-report" / "results.jsonl").rename(project.path / "old-results.jsonl")
    project.write(arena=BASELINE.replace("ANSWER", "Welcome"))
    project.run("--arena-baseline=old-results.jsonl")
    assert comparison(project)["verdict"] == "passed"


def test_an_answer_that_is_not_there_is_an_error(project: Project) -> None:
    project.write(arena=ARENA.replace("budget: Hello,", "budget: {error: server},"))
    project.run("--arena-provider=good")
    finding = next(iter(project.cells().values()))["trials"][0]["assertions"][1]
    assert finding["verdict"] == "error"
    assert finding["reason"].startswith("provider 'budget' gave no answer to compare: ")


def test_a_part_of_an_answer_is_compared_with_nobody(project: Project) -> None:
    cut = "{text: Hello, finish_reason: content_filter}"
    project.write(arena=ARENA.replace("budget: Hello,", f"budget: {cut},"))
    project.run("--arena-provider=good")
    finding = next(iter(project.cells().values()))["trials"][0]["assertions"][1]
    assert (finding["verdict"], finding["reason"]) == (
        "error",
        "a content filter cut the answer of 'budget', and a part of an answer cannot be compared",
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "provider: budgt",
            "unknown provider 'budgt' in assertion 'preferred_over'",
        ),
        ("criteria: x", "preferred_over has nobody to compare with"),
        (
            "provider: budget, baseline: true",
            "preferred_over has both a provider and a baseline to compare with",
        ),
    ],
)
def test_whom_to_compare_with_is_checked_when_loading(
    project: Project, written: str, said: str
) -> None:
    project.write(
        arena=ARENA.replace("preferred_over, provider: budget", f"preferred_over, {written}")
    )
    result = project.run("--collect-only")
    assert said in "\n".join(result.outlines)


def test_a_judge_with_fewer_places_than_workers_is_refused(project: Project) -> None:
    project.write(arena=ARENA.replace("name: grader", "name: grader\n  concurrency: 1"))
    result = project.run("-n2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert (
        "'grader' judges, embeds, plays a user or is compared with, and allows 1 call in flight, "
        "which 2 workers cannot share" in "\n".join([*result.outlines, *result.errlines])
    )
    assert project.run().ret == pytest.ExitCode.TESTS_FAILED
