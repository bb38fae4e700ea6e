"""Shards of a CI matrix, merged: the same tables and the same exit code as one run."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import Project

from pytest_arena.cli import main
from pytest_arena.comparison import (
    assertion_table,
    compare,
    differences_table,
    matrix_table,
    provider_table,
    tag_table,
    trials_table,
)
from pytest_arena.results import RunResult, read_run

FAULT = "{error: bad_request}"
"""One alone: several in a row would look like an outage, which each shard sees in another place."""
CASES = [
    f"""\
  - name: {group} {number:02}
    prompt: Question {number} of {group}?
    tags: [{group}]
    mock: {{careful: right {number}, quick: {"wrong" if number % 3 == 0 else "right"} {number},
      cheap: {FAULT if (group, number) == ("billing", 7) else f"maybe {number}"},
      late: right {number}}}
    assertions: [{{type: contains, value: right}}]
"""
    for group in ("account", "billing", "orders", "returns")
    for number in range(10)
]
"""40 cases in four groups, which stand one after the other."""

MIXED = [CASES[10 * group + number] for number in range(10) for group in range(4)]
"""The same cases, so that the groups take turns."""


def arena(cases: Sequence[str]) -> str:
    providers = "".join(
        f"  - {{name: {name}, provider: mock, model: {name}, input_cost_per_million: {price}, "
        f"output_cost_per_million: {price}}}\n"
        for name, price in (("careful", 9), ("quick", 3), ("cheap", 1), ("late", 3))
    )
    return f"providers:\n{providers}tests:\n{''.join(cases)}"


def tables(run: RunResult) -> str:
    """Return all comparison tables of a run as text, without what a clock decides."""
    found = compare(run)
    untimed = re.compile(r"latency|first_token|pareto|run_id|started|trace_id")
    frames = [
        make(found)
        for make in (provider_table, matrix_table, differences_table, tag_table, assertion_table)
    ]
    frames.append(trials_table(run))
    shown = [
        frame.drop(columns=[name for name in frame.columns if untimed.search(str(name))])
        for frame in frames
    ]
    return "\n".join(frame.to_csv() for frame in shown)


def one_run(project: Project) -> RunResult:
    result = project.run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    return read_run(project.path / "arena-report" / "results.jsonl")


def run_shards(project: Project, *shards: Sequence[str]) -> list[str]:
    """Run each shard, and put its results where an artifact of a CI job would be."""
    for number, arguments in enumerate(shards, 1):
        shutil.rmtree(project.path / "arena-report", ignore_errors=True)
        project.run(*arguments)
        target = project.path / "shards" / f"arena-{number}"
        target.mkdir(parents=True)
        shutil.move(project.path / "arena-report" / "results.jsonl", target / "results.jsonl")
    shutil.rmtree(project.path / "arena-report", ignore_errors=True)
    return [f"shards/arena-{number}" for number in range(1, len(shards) + 1)]


BY_GROUP = [("-k", name) for name in ("account", "billing", "orders", "returns")]
BY_PROVIDER = [("--arena-provider", name) for name in ("careful", "quick", "cheap", "late")]


@pytest.mark.parametrize(
    ("cases", "shards"),
    [(CASES, BY_GROUP), (MIXED, BY_GROUP), (CASES, BY_PROVIDER)],
    ids=["by-case", "by-case-in-turns", "by-provider"],
)
def test_four_shards_merged_are_one_run(
    project: Project,
    cases: Sequence[str],
    shards: Sequence[Sequence[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    project.write(arena=arena(cases))
    whole = one_run(project)
    folders = run_shards(project, *shards)
    capsys.readouterr()
    assert main(["merge", "--expect", "4", "--format", "json,markdown", "shards"]) == 1
    out = capsys.readouterr().out
    merged = read_run("arena-report/results.jsonl")
    assert [cell.id for cell in merged.cells] == [cell.id for cell in whole.cells]
    assert len(merged.cells) == 160
    assert tables(merged) == tables(whole)
    assert {k: v for k, v in merged.totals.items() if k != "cost_usd"} == {
        k: v for k, v in whole.totals.items() if k != "cost_usd"
    }
    assert "4 shards, 160 cells: not all held\n" in out
    assert re.search(r"(?m)^careful .* 40 ", out)
    assert Path("arena-report/report.md").exists()
    assert Path("arena-report/report.json").exists()
    # the order in which they are named decides nothing that the shards themselves know
    if shards is BY_GROUP:
        assert main(["merge", "--output", "again", *reversed(folders)]) == 1
        assert read_run("again/results.jsonl").cells == merged.cells


def test_merging_twice_gives_the_same_bytes(project: Project) -> None:
    project.write(arena=arena(CASES[:6]))
    shards = run_shards(project, *BY_PROVIDER)
    for name in ("one", "two"):
        main(["merge", *shards, "--output", name, "--format", "html,json,markdown"])
    names = sorted(path.name for path in Path("one").iterdir())
    assert names == ["report.html", "report.json", "report.md", "results.jsonl"]
    for name in names:
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


def test_expected_failures_stay_expected(project: Project) -> None:
    project.write(
        arena="providers: [{name: a, provider: mock}, {name: b, provider: mock}]\n"
        "tests:\n"
        "  - {name: Known gap, xfail: no news, prompt: What is new?, mock: No idea.,"
        " assertions: [{type: contains, value: today}]}\n"
        "  - {name: Fine, prompt: Hi, mock: Hi, assertions: [{type: contains, value: hi}]}\n"
    )
    shards = run_shards(project, ("--arena-provider", "a"), ("--arena-provider", "b"))
    assert main(["merge", *shards]) == 0
    merged = read_run("arena-report/results.jsonl")
    assert [cell.verdict for cell in merged.cells] == ["failed", "failed", "passed", "passed"]
    assert merged.exit_code == 0


def test_a_failure_outside_the_cells_is_not_forgotten(project: Project) -> None:
    project.write(arena=arena(CASES[:1]).replace("maybe", "right").replace("wrong", "right"))
    project.pytester.makepyfile(test_ordinary="def test_no():\n    assert False\n")
    shards = run_shards(project, ("--arena-provider", "careful"), ("--arena-provider", "late"))
    assert main(["merge", *shards]) == 1
    assert read_run("arena-report/results.jsonl").totals["passed"] == 2


def test_a_report_is_written_again_with_the_same_bytes(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write(arena=arena(CASES[:4]))
    project.pytester.makeconftest(
        "def pytest_arena_run_summary(run, config):\n    return 'a note of a plug-in'\n"
    )
    project.run()
    first = Path("arena-report/report.md").read_bytes()
    Path("arena-report/report.md").unlink()
    capsys.readouterr()
    assert main(["report", "arena-report/results.jsonl", "--format", "markdown"]) == 0
    assert capsys.readouterr().out == f"markdown: {Path('arena-report/report.md')}\n"
    assert Path("arena-report/report.md").read_bytes() == first
    assert b"a note of a plug" in first


def test_a_shard_killed_on_its_way_is_named_and_never_green(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    good = arena(CASES[:2]).replace("wrong", "right").replace("maybe", "right")
    project.write(arena=good)
    shards = run_shards(project, *BY_PROVIDER[:2])
    path = Path(shards[1], "results.jsonl")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]) + '{"kind": "ce')
    capsys.readouterr()
    assert main(["merge", *shards]) == 2
    out = capsys.readouterr().out
    said = f"{path}: the run was killed; the cells that it had not finished are missing"
    assert said in " ".join(out.split())
    assert out.endswith("2 shards, 4 cells: incomplete, so there is no verdict\n")
    merged = read_run("arena-report/results.jsonl")
    assert (merged.interrupted, merged.finished_at, merged.exit_code) == (True, None, 2)
    assert main(["merge", "arena-report", "--output", "once-more"]) == 2
