"""The spine: an arena is collected, run, judged, kept and summed up."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import ARENA, PLAIN, Project
from seen_results import seen_cells
from warm_programs import WARM

VERDICTS = {
    "Greeting[good]": "passed",
    "Greeting[bad]": "failed",
    "Blocked[good]": "passed",
    "Blocked[bad]": "passed",
    "Slow server[good]": "passed",
    "Slow server[bad]": "error",
    "Known gap[good]": "failed",
    "Known gap[bad]": "failed",
    "Left out[good]": "skipped",
    "Left out[bad]": "skipped",
}


@dataclass(frozen=True)
class Ran:
    """A run of the small arena that has ended, which several tests look at."""

    result: pytest.RunResult
    folder: Path

    @property
    def results(self) -> Path:
        return self.folder / "arena-report" / "results.jsonl"


@pytest.fixture(scope="module", params=[(), ("-n2",)], ids=["one-process", "n2"])
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Run the small arena in one process, and over two workers."""
    folder = tmp_path_factory.mktemp("ran")
    (folder / "pytest.ini").write_text(f"[pytest]\naddopts = {PLAIN}\n")
    (folder / "arena.yaml").write_text(ARENA, "utf-8")
    own = {
        name: value
        for name, value in os.environ.items()
        if name not in ("CI", "GITHUB_ACTIONS", "TF_BUILD")
    }
    command = ["pytest", "--arena", "--arena-report=markdown", "--junitxml=junit.xml"]
    done = WARM.run([*command, *request.param], folder, {**own, "COLUMNS": "200"})
    print(done.stdout, done.stderr)
    said = done.stdout.splitlines(), done.stderr.splitlines()
    return Ran(pytest.RunResult(done.returncode, *said, 0.0), folder)


def test_each_cell_is_an_item_with_its_own_outcome(ran: Ran) -> None:
    ran.result.assert_outcomes(passed=4, failed=1, errors=1, xfailed=2, skipped=2)
    assert ran.result.ret == pytest.ExitCode.TESTS_FAILED
    found = {
        cell_id.partition("::")[2]: c["verdict"] for cell_id, c in seen_cells(ran.results).items()
    }
    assert found == VERDICTS
    assert list(found) == list(VERDICTS)


def test_the_results_file_has_the_documented_shape(ran: Ran) -> None:
    run, *cells, end = (json.loads(line) for line in ran.results.read_text("utf-8").splitlines())
    assert (run["kind"], run["format"], end["kind"]) == ("run", 2, "end")
    assert {"run_id", "started_at", "plugin_version", "options", "versions"} <= set(run)
    trials = [trial for cell in cells for trial in cell.get("trials", ())]
    answers = [answer for trial in trials for answer in trial.get("responses", ())]
    assert end["totals"] == {
        "cells": 10,
        "passed": 4,
        "failed": 1,
        "xfailed": 2,
        "error": 1,
        "skipped": 2,
        "cost_usd": pytest.approx(sum(answer.get("cost_usd", 0) for answer in answers)),
    }
    first = cells[0]
    assert first["id"] == "arena.yaml::Greeting[good]"
    assert (first["file"], first["case"], first["provider"]) == ("arena.yaml", "Greeting", "good")
    assert (first["model"], first["tags"]) == ("mock/good-model", ["polite"])
    what = {"prompt", "assertions", "provider", "judge", "guardrails", "mock", "prices"}
    assert set(first["hashes"]) == what
    (trial,) = first["trials"]
    assert trial["messages"] == [{"role": "user", "content": "Say hello"}]
    (answer,) = trial["responses"]
    assert (answer["output"], answer["source"]) == ("Hello and welcome!", "mock")
    assert answer["cost_usd"] == pytest.approx(
        answer["input_tokens"] / 1e6 + 2 * answer["output_tokens"] / 1e6
    )
    assert trial["assertions"] == [
        {
            "type": "contains",
            "verdict": "passed",
            "score": 1.0,
            "reason": "found 'hello'",
            "line": 12,
            "expected": "'hello'",
        }
    ]


def test_a_blocked_input_makes_no_call(ran: Ran) -> None:
    (trial,) = seen_cells(ran.results)["arena.yaml::Blocked[good]"]["trials"]
    assert (trial["output"], trial["source"], trial["attempts"]) == (None, None, 0)
    assert trial["guardrail"]["direction"] == "input"
    assert trial["guardrail"]["matched"] == ["hack"]


def without_times(records: list[dict[str, Any]]) -> str:
    """Leave out what may differ between two runs: times, ids and the number of workers."""
    text = json.dumps(records)
    text = re.sub(r'"(latency_ms|first_token_ms|started_ms)": [\d.]+', r'"\1": 0', text)
    text = re.sub(r'"(run_id|started_at|finished_at|trace_id)": "[^"]*"', r'"\1": ""', text)
    return re.sub(r'"workers": \d+', '"workers": 0', text)


@pytest.mark.real_workers
def test_results_are_the_same_in_any_order_and_over_workers(small: Project) -> None:
    small.write(other=ARENA_WITH_ROWS)
    small.path.joinpath("other.yaml").rename(small.path / "other.arena.yaml")
    seen = []
    for arguments in [(), ("-n3",), ("-p", "reverse", "-p", "no:randomly")]:
        small.pytester.makepyfile(
            reverse="""
            def pytest_collection_modifyitems(items):
                items.sort(key=lambda item: item.nodeid)
            """
        )
        small.pytester.syspathinsert()
        small.run_apart(*arguments)
        records = small.records()
        records.sort(key=lambda record: (record["kind"], record.get("id", "")))
        seen.append(without_times(records))
    assert seen[0] == seen[1] == seen[2]
    # more workers than a provider has places for
    rows = [c for c in small.cells().values() if c["file"] == "other.arena.yaml"]
    assert [cell["verdict"] for cell in rows] == ["passed"] * 12


ARENA_WITH_ROWS = """\
providers:
  - {name: one, provider: mock, concurrency: 1}
  - {name: two, provider: mock, concurrency: 3}
tests:
  - name: Sum
    matrix: {a: [1, 2, 3], b: [4, 5]}
    prompt: "{{ a }} + {{ b }}?"
    mock: "{{ a }} and {{ b }}"
    assertions: [{type: contains, value: "{{ b }}"}]
"""


def test_junit_holds_the_cells_facts(ran: Ran) -> None:
    text = (ran.folder / "junit.xml").read_text()
    assert '<property name="arena_provider" value="good"' in text
    assert '<property name="arena_verdict" value="error"' in text
    assert '<property name="arena_model" value="mock/good-model"' in text
    assert "arena_cost_usd" in text
    assert '<property name="arena_input_tokens"' in text
    assert '<property name="arena_output_tokens"' in text
    assert "did not find" in text


def test_junit_counts_errors_apart_from_failures(ran: Ran) -> None:
    suite = ElementTree.parse(ran.folder / "junit.xml").getroot()[0]
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "10", "failures": "1", "errors": "1", "skipped": "4"}
    found = {tag: suite.findall(f"testcase/{tag}/..") for tag in ("failure", "error")}
    assert [case.get("name") for case in found["failure"]] == ["Greeting[bad]"]
    assert [case.get("name") for case in found["error"]] == ["Slow server[bad]"]
    error = suite.find("testcase/error")
    assert error is not None
    assert error.get("message", "").startswith("error: server: ")


def test_the_short_summary_says_why(ran: Ran) -> None:
    ran.result.stdout.fnmatch_lines(
        [
            "FAILED arena.yaml::Greeting?bad? - failed: contains: did not find 'hello' in 'What?'",
            "ERROR arena.yaml::Slow server?bad? - error: server: *",
        ]
    )


def test_a_failure_shows_prompt_answer_assertion_and_line(ran: Ran) -> None:
    ran.result.stdout.fnmatch_lines(
        [
            "failed: contains: did not find 'hello' in 'What?'",
            "  Greeting ?bad · mock/bad-model?",
            "  prompt    Say hello",
            "  answer    What?",
            "  ✗ contains (arena.yaml:12)",
            "      did not find 'hello' in 'What?'",
            "      expected: 'hello'",
        ]
    )


def test_the_summary_has_one_line_a_provider(ran: Ran) -> None:
    ran.result.stdout.re_match_lines(
        [r"=+ arena =+", r"provider +passed +failed +error.*", r"good +3 +0 +0.*"]
    )
    ran.result.stdout.fnmatch_lines(["markdown: arena-report/report.md"])


def test_tags_are_marks_even_under_strict_markers(small: Project) -> None:
    small.run("-m", "polite", "--strict-markers").assert_outcomes(passed=1, failed=1, deselected=8)


def test_a_broken_file_does_not_stop_the_others(small: Project, spread: tuple[str, ...]) -> None:
    small.pytester.makefile(".arena.yaml", broken="tests:\n  - nam: x\n    prompt: hi\n")
    result = small.run("--continue-on-collection-errors", *spread)
    result.assert_outcomes(passed=4, failed=1, errors=2, xfailed=2, skipped=2)
    result.stdout.fnmatch_lines(["*broken.arena.yaml:2:5: unknown key 'nam'*"])


def test_two_runs_leave_one_results_file(small: Project, spread: tuple[str, ...]) -> None:
    small.run()
    small.run("-k", "Greeting", *spread)
    assert set(small.verdicts()) == {"Greeting[good]", "Greeting[bad]"}
    files = (p.name for p in (small.path / "arena-report").glob("[!.]*") if p.is_file())
    assert sorted(files) == [
        "report.md",
        "results.jsonl",
    ]


def test_the_mock_takes_every_providers_place(project: Project) -> None:
    project.write(
        arena="""\
providers:
  - {name: mini, provider: openai, model: gpt-4o-mini}
  - {name: claude, provider: anthropic, model: claude-3-5-haiku-latest}
tests:
  - name: Hello
    prompt: Hi
    mock: {mini: Hello, default: Bonjour}
    assertions: [{type: contains, value: hello}]
"""
    )
    project.run("--arena-mock").assert_outcomes(passed=1, failed=1)
    cell = project.cells()["arena.yaml::Hello[mini]"]
    assert cell["model"] == "openai/gpt-4o-mini"
    assert cell["trials"][0]["cost_usd"] > 0


def test_trials_come_from_the_case_and_from_the_option(
    project: Project, spread: tuple[str, ...]
) -> None:
    project.write(
        arena="""\
providers: [{name: m, provider: mock}]
tests:
  - name: Flaky
    prompt: Hi
    trials: 4
    pass_threshold: 0.5
    mock: [yes, no, yes, no]
    assertions: [{type: equals, value: "yes"}]
"""
    )
    project.run().assert_outcomes(passed=1)
    (cell,) = project.cells().values()
    assert [t["verdict"] for t in cell["trials"]] == ["passed", "failed", "passed", "failed"]
    result = project.run("--arena-trials=3", *spread)
    result.assert_outcomes(passed=1)
    (cell,) = project.cells().values()
    assert len(cell["trials"]) == 3


def test_an_included_case_is_shown_where_it_stands(project: Project) -> None:
    project.write(
        arena="providers: [{name: m, provider: mock}]\ninclude: [more/cases.yaml]\n",
    )
    (project.path / "more").mkdir()
    (project.path / "more" / "cases.yaml").write_text(
        "tests:\n  - name: Far\n    prompt: hi\n    mock: no\n"
        "    assertions:\n      - {type: contains, value: hi}\n"
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  ✗ contains (more/cases.yaml:6)"])
    assert project.cells()["arena.yaml::Far[m]"]["defined_in"] == "more/cases.yaml"


def test_trials_that_cannot_matter_are_not_started(project: Project) -> None:
    project.write(
        arena="""\
providers: [{name: m, provider: mock, latency: 100ms}]
tests:
  - name: Hopeless
    prompt: Hi
    trials: 8
    mock: no
    assertions: [{type: equals, value: "yes"}]
"""
    )
    project.run("--arena-concurrency=2").assert_outcomes(failed=1)
    (cell,) = project.cells().values()
    assert cell["trials_not_run"] == 8 - len(cell["trials"])
    assert len(cell["trials"]) < 8


def test_an_assertion_with_its_own_pass_threshold_is_judged_over_all_trials(
    project: Project,
) -> None:
    project.write(
        arena="""\
providers: [{name: m, provider: mock}]
tests:
  - name: Mostly
    prompt: Hi
    trials: 4
    mock: [yes and no, yes, yes, yes]
    assertions:
      - {type: contains, value: "yes"}
      - {type: not_contains, value: "no", pass_threshold: 0.75}
      - {type: max_words, value: 1, pass_threshold: 0.8}
"""
    )
    project.run().assert_outcomes(failed=1)
    (cell,) = project.cells().values()
    assert [trial["verdict"] for trial in cell["trials"]] == ["passed"] * 4
    assert [(f["type"], f["verdict"], f["reason"]) for f in cell["assertions"]] == [
        ("not_contains", "passed", "held in 3 of 4 trials"),
        ("max_words", "failed", "held in 3 of 4 trials"),
    ]


def test_the_summary_stands_where_the_eye_ends(ran: Ran) -> None:
    ran.result.stdout.fnmatch_lines(["*= short test summary info =*", "*= arena =*", "*1 failed*"])


def test_a_traceback_that_pytest_cannot_draw_ends_no_run(project: Project) -> None:
    project.pytester.makeconftest(
        """
import pytest
from _pytest._code.code import ExceptionInfo

def pytest_runtest_call(item):
    if item.name == "One[m]":
        raise ValueError("boom")

def cannot(*arguments, **named):
    raise SystemError("AST constructor recursion depth mismatch")

ExceptionInfo.getrepr = cannot
"""
    )
    project.write(
        arena="""
providers: [{name: m, provider: mock, model: any}]
tests:
  - {name: One, prompt: hi, assertions: [{type: contains, value: hi}]}
  - {name: Two, prompt: hi, mock: hi, assertions: [{type: contains, value: hi}]}
"""
    )
    result = project.run_apart()
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "ValueError in conftest.py:6: boom",
            "pytest cannot draw its traceback: SystemError",
        ]
    )
