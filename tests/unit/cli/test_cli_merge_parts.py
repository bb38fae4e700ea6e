"""`arena merge` of the parts of `--arena-shard`: what is missing, and what does not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from results_files import make_cell, without_end, write_run

from pytest_arena.cli import main
from pytest_arena.results import read_run


def write_part(part: str, *cases: str, deal: str = "d1", run: str | None = None) -> None:
    name = f"s/{run or part.replace('/', '-of-')}"
    options = {"shard": part, "shard_deal": deal, "workers": 0}
    write_run(name, *(make_cell(case) for case in cases), options=options, exit_code=0)


def test_all_parts_are_one_run(capsys: pytest.CaptureFixture[str]) -> None:
    write_part("1/3", "A", "C")
    write_part("2/3", "B")
    write_part("3/3")
    assert main(["merge", "s"]) == 0
    assert capsys.readouterr().out.endswith("3 shards, 3 cells: all held\n")
    options = read_run("arena-report/results.jsonl").info.options
    assert options == {"workers": 0, "shards": 3}


@pytest.mark.parametrize("more", [(), ("--expect", "4")])
def test_a_part_that_is_missing_is_known_without_being_told(
    more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    write_part("1/4", "A")
    write_part("3/4", "B")
    assert main(["merge", "s", *more]) == 2
    out = capsys.readouterr().out
    assert "2 of 4 shards were given: 2/4, 4/4 are missing" in " ".join(out.split())
    assert out.endswith("2 shards, 2 cells: incomplete, so there is no verdict\n")


def test_many_that_are_missing_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    write_part("7/1000", "A")
    assert main(["merge", "s"]) == 2
    said = "1 of 1,000 shards were given: 1/1000, 2/1000, 3/1000, 4/1000, 5/1000 and 994 more are"
    assert said in " ".join(capsys.readouterr().out.split())


def test_parts_of_another_number_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    write_part("1/2", "A")
    write_part("2/3", "B")
    assert main(["merge", "s"]) == 4
    assert capsys.readouterr().err == (
        "s/2-of-3/results.jsonl:1:1: one of 3 shards, where s/1-of-2/results.jsonl is one of 2\n"
        "  expected: shards of one run\n"
        "  fix: run all of them with the same N in --arena-shard K/N\n"
    )


def test_parts_of_another_deal_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    write_part("1/2", "A")
    write_part("2/2", "B", deal="d2")
    assert main(["merge", "s"]) == 4
    assert capsys.readouterr().err == (
        "s/2-of-2/results.jsonl:1:1: its cells were dealt otherwise than those of "
        "s/1-of-2/results.jsonl\n"
        "  expected: shards that all began with the same cells\n"
        "  fix: give each the same files, -k and -m, and the same --arena-shard-durations\n"
    )


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (("c1", "c1", "c1"), None),
        # of an older version, which does not tell
        ((None, "c1", "c1"), None),
        (("c1", "c2", "c1"), "s/2/results.jsonl: prompts or assertions were not those of s/1/"),
        ((None, "c1", "c2"), "s/3/results.jsonl: prompts or assertions were not those of s/2/"),
        (("c1", "c2", "c2"), "s/2/results.jsonl and 1 more: prompts or assertions were not"),
    ],
)
def test_parts_that_asked_other_things_are_told_of(
    contents: tuple[str | None, ...], said: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, one in enumerate(contents, 1):
        arena = {"file": "arena.yaml"} | ({} if one is None else {"contents": one})
        options = {"shard": f"{number}/3", "shard_deal": "d1", "arenas": [arena]}
        write_run(f"s/{number}", make_cell(f"c{number}"), options=options, exit_code=0)
    assert main(["merge", "s"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert ("prompts or assertions" in shown) == (said is not None)
    assert said is None or said in shown
    (arena,) = read_run("arena-report/results.jsonl").info.options["arenas"]
    assert arena == {"file": "arena.yaml"}


def write_part_of_tests(part: str, **tests: object) -> None:
    options: dict[str, object] = {"shard": part, "shard_deal": "d1"}
    options |= {"python_tests": tests} if tests else {}
    cell = replace(make_cell(part), test=f"test_a.py::test_{part}")
    write_run(f"s/{part[0]}", cell, options=options, exit_code=0)


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ({"ran": 1, "collected": 6}, {"ran": 2, "collected": 6}, {"ran": 3, "collected": 6}),
        ({"ran": 2, "collected": 6}, {"ran": 4, "collected": 6}, None),
        # a shard that ran all of them says nothing
        ({"ran": 0, "collected": 6}, {}, None),
        ({}, {}, None),
        (
            {"ran": 1, "collected": 3, "by_name": True},
            {"ran": 2, "collected": 3, "by_name": True},
            {"ran": 3, "collected": 3, "by_name": True},
        ),
    ],
)
def test_python_tests_of_parts_are_counted_together(
    first: dict[str, object], second: dict[str, object], wanted: dict[str, object] | None
) -> None:
    write_part_of_tests("1/2", **first)
    write_part_of_tests("2/2", **second)
    assert main(["merge", "s"]) == 0
    assert read_run("arena-report/results.jsonl").info.options.get("python_tests") == wanted


def test_of_a_part_that_was_killed_the_python_tests_with_cells_count() -> None:
    write_part_of_tests("1/2", ran=2, collected=6)
    write_part_of_tests("2/2")
    without_end(Path("s/2/results.jsonl"))
    assert main(["merge", "s"]) == 2
    tests = read_run("arena-report/results.jsonl").info.options["python_tests"]
    assert tests == {"ran": 3, "collected": 6}


def test_python_tests_of_runs_that_are_no_parts_are_not_counted_together() -> None:
    for name in ("a", "b"):
        tests = {"python_tests": {"ran": 1, "collected": 6}}
        write_run(f"s/{name}", make_cell(name), options=tests, exit_code=0)
    assert main(["merge", "s"]) == 0
    assert "python_tests" not in read_run("arena-report/results.jsonl").info.options


def write_broken_off(name: str, part: str, *cases: str, **facts: Any) -> Path:
    """Write what a run leaves that had no time to say how its cells were dealt."""
    options = {"shard": part, "workers": 0}
    return write_run(name, *(make_cell(case) for case in cases), options=options, **facts)


@pytest.mark.parametrize("facts", [{}, {"interrupted": True}, {"exit_code": 3}])
@pytest.mark.parametrize("name", ["1", "3"])
def test_a_part_that_broke_off_is_merged_as_one(
    name: str, facts: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_broken_off(f"s/{name}", "1/3", "A", **facts)
    if not facts:
        without_end(path)
    write_part("2/3", "B", run="2")
    write_part("3/3", "C", run="4")
    assert main(["merge", "s"]) == 2
    out = capsys.readouterr().out
    assert f"{path}: the run " in out
    assert out.endswith("3 shards, 3 cells: incomplete, so there is no verdict\n")
    assert len(read_run("arena-report/results.jsonl").cells) == 3


def test_parts_of_other_deals_are_refused_beside_one_that_was_killed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    without_end(write_broken_off("s/1", "1/3", "A"))
    write_part("2/3", "B", run="2")
    write_part("3/3", "C", run="3", deal="d2")
    assert main(["merge", "s"]) == 4
    assert capsys.readouterr().err.startswith(
        "s/3/results.jsonl:1:1: its cells were dealt otherwise than those of s/2/results.jsonl\n"
    )


def test_a_part_that_ended_and_does_not_know_its_deal_is_refused() -> None:
    write_broken_off("s/1", "1/2", "A", exit_code=0)
    write_part("2/2", "B")
    assert main(["merge", "s"]) == 4


def test_a_part_that_is_there_twice_is_one_shard(capsys: pytest.CaptureFixture[str]) -> None:
    write_part("1/2", "A")
    write_part("2/2", "B")
    Path("s/copy.jsonl").write_bytes(Path("s/2-of-2/results.jsonl").read_bytes())
    write_part("2/2", "B", run="again")
    assert main(["merge", "s"]) == 0
    assert capsys.readouterr().out.endswith("2 shards, 2 cells: all held\n")
    assert read_run("arena-report/results.jsonl").info.options["shards"] == 2


def test_a_part_that_was_run_twice_with_other_results_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_part("1/2", "A")
    write_part("2/2", "B")
    write_run(
        "s/again",
        make_cell("B", verdict="failed"),
        options={"shard": "2/2", "shard_deal": "d1"},
    )
    assert main(["merge", "s"]) == 4
    assert "has another result at" in capsys.readouterr().err
