"""`arena merge`: what is one run, what is refused, and with which exit code it ends."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from results_files import make_cell, without_end, write_run

from pytest_arena.cli import main
from pytest_arena.results import GateFinding, Verdict, read_run
from pytest_arena.results.serialize import cell_line

LOOP = "Too many levels of symbolic links"
EXPECTED = "results.jsonl files that `pytest --arena` wrote, or folders with them"


@pytest.mark.parametrize(
    ("verdicts", "facts", "code", "words"),
    [
        (("passed", "passed"), {}, 0, "all held"),
        (("passed", "skipped"), {}, 0, "all held"),
        (("passed", "skipped"), {"exit_code": 5}, 0, "all held"),
        (("skipped", "skipped"), {}, 5, "no cell reached a verdict"),
        (("skipped", "skipped"), {"exit_code": 1}, 1, "not all held"),
        (("skipped", "skipped"), {"exit_code": 3}, 2, "incomplete, so there is no verdict"),
        (("skipped", "error"), {"options": {"fail_on": "none"}}, 0, "all held"),
        (("passed", "passed"), {"exit_code": 5}, 2, "incomplete, so there is no verdict"),
        (("passed", "failed"), {}, 1, "not all held"),
        (("passed", "error"), {}, 1, "not all held"),
        (("passed", "error"), {"exit_code": 0}, 1, "not all held"),
        (("passed", "failed"), {"exit_code": 0}, 1, "not all held"),
        (("passed", "failed"), {"exit_code": 0, "options": {"fail_on": "none"}}, 0, "all held"),
        (("passed", "failed"), {"exit_code": 0, "options": {"fail_on": "gates"}}, 0, "all held"),
        (("passed", "error"), {"exit_code": 0, "options": {"fail_on": "gates"}}, 1, "not all held"),
        (("passed", "passed"), {"exit_code": 1}, 1, "not all held"),
        (("passed", "passed"), {"exit_code": 3}, 2, "incomplete, so there is no verdict"),
        (("passed", "passed"), {"interrupted": True}, 2, "incomplete, so there is no verdict"),
        (("passed", "passed"), {"finished_at": None}, 2, "incomplete, so there is no verdict"),
    ],
)
def test_the_exit_code_is_the_verdict(
    verdicts: tuple[Verdict, Verdict],
    facts: dict[str, Any],
    code: int,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_run("s/1", make_cell("A", verdict=verdicts[0]))
    write_run("s/2", make_cell("B", verdict=verdicts[1]), **facts)
    assert main(["merge", "s"]) == code
    assert capsys.readouterr().out.endswith(f"2 shards, 2 cells: {words}\n")
    assert read_run("arena-report/results.jsonl").exit_code == code
    assert main(["merge", "arena-report", "--output", "again"]) == code


def test_a_merge_of_no_cell_is_never_green(capsys: pytest.CaptureFixture[str]) -> None:
    write_run("s/1")
    write_run("s/2")
    assert main(["merge", "s"]) == 5
    assert capsys.readouterr().out.endswith("2 shards, 0 cells: no cell was run\n")
    assert main(["merge", "arena-report", "--output", "again"]) == 5


def test_shards_that_did_not_end_well_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    write_run("s/1", make_cell("A"), interrupted=True)
    without_end(write_run("s/2", make_cell("B")))
    write_run("s/3", make_cell("C"), exit_code=3)
    assert main(["merge", "s", "--format", "markdown"]) == 2
    notes = read_run("arena-report/results.jsonl").notes
    assert notes == (
        "s/1/results.jsonl: the run was interrupted; the cells that it did not reach are missing",
        "s/2/results.jsonl: the run was killed; the cells that it had not finished are missing",
        "s/3/results.jsonl: the run ended with exit code 3; cells may be missing",
    )
    out = capsys.readouterr().out
    assert all(note in out for note in notes)
    assert "the run was killed" in Path("arena-report/report.md").read_text()


def test_shards_with_failures_that_no_cell_has_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_run("s/1", make_cell("A"), exit_code=1, other_failures=1)
    write_run("s/2", make_cell("B"), exit_code=1, other_failures=2)
    write_run("s/3", make_cell("C"), exit_code=0, other_failures=0)
    assert main(["merge", "s", "--format", "markdown"]) == 1
    said = "as of an ordinary test or a fixture; the output of its pytest tells more"
    run = read_run("arena-report/results.jsonl")
    assert run.other_failures == 3
    assert run.notes == (
        f"s/1/results.jsonl: 1 failure that no cell has, {said}",
        f"s/2/results.jsonl: 2 failures that no cell has, {said}",
    )
    out = " ".join(capsys.readouterr().out.split())
    assert all(note in out for note in run.notes)
    report = Path("arena-report/report.md").read_text()
    assert "## ❌ m passed 100 %" in report
    assert "\n3 failures that no cell has, as of an ordinary test or a fixture.\n" in report
    # one shard alone says it, too, and a merge of merges no more than that
    assert main(["merge", "s/1", "--output", "one"]) == 1
    assert read_run("one/results.jsonl").notes == run.notes[:1]
    assert main(["merge", "arena-report", "--output", "again"]) == 1
    assert read_run("again/results.jsonl") == run


def test_of_older_files_no_failures_are_counted() -> None:
    write_run("s/1", make_cell("A"), exit_code=1)
    write_run("s/2", make_cell("B"), exit_code=0, other_failures=0)
    assert main(["merge", "s"]) == 1
    run = read_run("arena-report/results.jsonl")
    assert (run.other_failures, run.notes) == (None, ())


@pytest.mark.parametrize(
    ("given", "expected", "said"),
    [
        (["arena-1", "arena-2", "arena-4"], 4, "3 of 4 shards were given: s/arena-3/results.jsonl"),
        (["arena-0", "arena-2"], 3, "2 of 3 shards were given: s/arena-1/results.jsonl"),
        (["job7-of-9", "job8-of-9"], 2, None),
    ],
)
def test_a_missing_shard_is_named_by_its_number(
    given: list[str], expected: int, said: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in given:
        write_run(f"s/{name}", make_cell(name))
    assert main(["merge", "s", "--expect", str(expected)]) == (2 if said else 0)
    notes = read_run("arena-report/results.jsonl").notes
    assert notes == ((f"{said} is missing",) if said else ())
    out = capsys.readouterr().out
    assert all(note in out for note in notes)


def test_several_missing_shards_are_named() -> None:
    write_run("s/2", make_cell("A"))
    assert main(["merge", "s", "--expect", "3"]) == 2
    assert read_run("arena-report/results.jsonl").notes == (
        "1 of 3 shards were given: s/1/results.jsonl, s/3/results.jsonl are missing",
    )


def test_shards_without_numbers_are_listed_where_one_is_missing() -> None:
    write_run("s/mini", make_cell("A"))
    write_run("s/large", make_cell("B"))
    assert main(["merge", "s", "--expect", "3"]) == 2
    assert read_run("arena-report/results.jsonl").notes == (
        "2 of 3 shards were given: s/large/results.jsonl, s/mini/results.jsonl",
    )


def test_two_copies_of_a_shard_are_one_shard(capsys: pytest.CaptureFixture[str]) -> None:
    path = write_run("s/1", make_cell("A"))
    Path("s/copy.jsonl").write_bytes(path.read_bytes())
    assert main(["merge", "s"]) == 0
    assert capsys.readouterr().out.endswith("1 shard, 1 cell: all held\n")
    assert len(read_run("arena-report/results.jsonl").cells) == 1
    assert main(["merge", "s", "s/1/results.jsonl", "--expect", "2"]) == 2
    assert "1 of 2 shards were given" in capsys.readouterr().out


def test_the_same_cell_with_the_same_result_is_there_once() -> None:
    write_run("1", make_cell("A"), make_cell("B"))
    write_run("2", make_cell("B"), make_cell("C"))
    assert main(["merge", "1", "2"]) == 0
    cells = read_run("arena-report/results.jsonl").cells
    assert [cell.case for cell in cells] == ["A", "B", "C"]


def test_what_shards_say_of_their_runs_is_kept() -> None:
    write_run(
        "1", make_cell("A", "a"), options={"providers": ["a"], "workers": 0}, notes=("x", "y")
    )
    write_run("2", make_cell("A", "b"), options={"providers": ["b"], "workers": 2}, notes=("x",))
    assert main(["merge", "1", "2"]) == 0
    run = read_run("arena-report/results.jsonl")
    assert run.info.options == {"providers": ["a", "b"], "workers": [0, 2], "shards": 2}
    assert run.info.git == {"commit": "abc123", "branch": "main", "dirty": False}
    assert run.info.versions == {"python": "3.11"}
    assert run.notes == ("x", "y")
    assert [cell.provider for cell in run.cells] == ["a", "b"]


def test_files_folders_and_patterns_are_shards() -> None:
    for number in (1, 2, 10):
        write_run(f"s/{number}", make_cell(f"Case {number}", line=None))
    Path("s/.hidden").mkdir()
    Path("s/.hidden/x.jsonl").write_text("not looked at")
    Path("s/report.html").write_text("not looked at")
    for given in (["s"], ["s/*/results.jsonl"], ["s/[0-9]*"], ["s/1/results.jsonl", "s/2", "s/10"]):
        assert main(["merge", *given]) == 0
        cells = read_run("arena-report/results.jsonl").cells
        assert [cell.case for cell in cells] == ["Case 1", "Case 2", "Case 10"]


def refused(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", *arguments]) == 4
    assert capsys.readouterr() == ("", text)
    assert not Path("arena-report").exists()


def test_two_results_of_one_cell_are_refused_with_both_places(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_run("1", make_cell("A"), make_cell("B"))
    write_run("2", make_cell("B", verdict="failed"), make_cell("A", ms=99.0))
    fix = "  fix: give each shard cells of its own, or leave one of the files out\n"
    refused(
        ["1", "2"],
        "2/results.jsonl:2:1: arena.yaml::B[m] has another result at 1/results.jsonl:3:1 "
        f"(passed and failed)\n  expected: each cell in one shard\n{fix}"
        "2/results.jsonl:3:1: arena.yaml::A[m] has another result at 1/results.jsonl:2:1\n"
        f"  expected: each cell in one shard\n{fix}",
        capsys,
    )


def test_of_many_conflicts_a_handful_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    write_run("1", *(make_cell(f"{number}") for number in range(9)))
    write_run("2", *(make_cell(f"{number}", ms=99.0) for number in range(9)))
    assert main(["merge", "1", "2"]) == 4
    err = capsys.readouterr().err
    assert err.count("another result") == 5
    assert err.endswith("leave one of the files out (4 more cells differ)\n")


@pytest.mark.parametrize(
    ("facts", "what", "old", "new"),
    [
        ({"commit": "fff"}, "commit", "abc123", "fff"),
        ({"commit": ""}, "commit", "abc123", "none"),
        ({"version": "9.9"}, "version", "0.1.0", "9.9"),
    ],
)
def test_shards_of_other_code_are_refused(
    facts: dict[str, Any], what: str, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run("1", make_cell("A"))
    write_run("2", make_cell("B"), **facts)
    refused(
        ["1", "2"],
        f"2/results.jsonl:1:1: another {what} than in 1/results.jsonl: {new}\n"
        f"  expected: {old}\n"
        "  fix: merge shards of one commit and one version of pytest-arena; "
        "arena compare is for two runs\n",
        capsys,
    )


def test_an_old_and_a_new_file_of_one_run_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    without_end(write_run("1", make_cell("A"), run_id="same"))
    write_run("2", make_cell("A"), make_cell("B"), run_id="same")
    refused(
        ["1", "2"],
        "2/results.jsonl:1:1: the same run as 1/results.jsonl, but not the same results\n"
        "  expected: one file a run\n"
        "  fix: leave the older of the two out\n",
        capsys,
    )


def test_too_many_shards_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for number in (1, 2, 3):
        write_run(f"s/{number}", make_cell(f"{number}"))
    refused(
        ["s", "--expect", "2"],
        "--expect 2: 3 shards were given\n"
        "  expected: 2 results files\n"
        "  fix: leave out what is no part of this run, or correct the number\n",
        capsys,
    )


@pytest.mark.parametrize(
    "named", [".", "file://{}", "file://{}/arena-report/results.jsonl", "local://{}/arena-report"]
)
def test_a_shard_is_never_overwritten(named: str, capsys: pytest.CaptureFixture[str]) -> None:
    if "://" in named:
        pytest.importorskip("fsspec")
    path = write_run("arena-report", make_cell("A"))
    before = path.read_bytes()
    assert main(["merge", named.format(Path.cwd().as_posix())]) == 4
    assert capsys.readouterr().err == (
        "'arena-report/results.jsonl' is one of the shards, and would be overwritten\n"
        "  expected: another folder for the whole\n"
        "  fix: name one: --output merged\n"
    )
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ["nowhere"],
            "cannot read nowhere: No such file or directory\n  fix: name a results.jsonl\n",
        ),
        (["empty"], f"no *.jsonl file in 'empty'\n  expected: {EXPECTED}\n"),
        (["none-*"], f"no file matches 'none-*'\n  expected: {EXPECTED}\n"),
        (
            ["good", "--format", "pdf"],
            "--format: unknown format 'pdf'\n"
            "  expected: one or more of csv, html, json, markdown, otlp, parquet\n",
        ),
        (
            ["good", "--format", "htm"],
            "--format: unknown format 'htm'\n"
            "  expected: one or more of csv, html, json, markdown, otlp, parquet\n"
            "  fix: did you mean 'html'?\n",
        ),
        (
            ["good", "--expect", "0"],
            "--expect: 0 is not a number from 1 to 100,000\n"
            "  fix: give the number of shards, as in --expect 4\n",
        ),
        (
            ["good", "--expect", "2000000000"],
            "--expect: 2000000000 is not a number from 1 to 100,000\n"
            "  fix: give the number of shards, as in --expect 4\n",
        ),
        (
            ["good", "--output", "good/results.jsonl"],
            "cannot write 'good/results.jsonl': file exists\n"
            "  expected: a place that can be written to\n"
            "  fix: name another one after --output\n",
        ),
        (
            ["zipped"],
            f"'zipped/shard.zip' is an archive\n  expected: {EXPECTED}\n"
            "  fix: unpack it, or move it out of the folder\n",
        ),
        (
            ["zipped/shard.zip"],
            "zipped/shard.zip:1:1: not a results file: it is a zip archive\n"
            "  expected: a results.jsonl that `pytest --arena` wrote\n"
            "  fix: unpack it, and name the results.jsonl inside\n",
        ),
        (
            ["linked"],
            "'linked/results.jsonl' is a symbolic link\n"
            "  expected: files and folders of their own\n"
            "  fix: name the file it stands for, or move it out of the folder\n",
        ),
        (
            ["x" * 300],
            f"cannot read {'x' * 300}: File name too long\n  expected: {EXPECTED}\n",
        ),
        (["loop.jsonl"], f"cannot read loop.jsonl: {LOOP}\n  fix: name a results.jsonl\n"),
        (["pipe"], "cannot read pipe: no regular file\n  fix: name a results.jsonl\n"),
    ],
)
def test_wrong_use_is_told_whole(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run("good", make_cell("A"))
    for name in ("empty", "zipped", "linked"):
        Path(name).mkdir()
    with zipfile.ZipFile("zipped/shard.zip", "w") as archive:
        archive.write("good/results.jsonl", "../x/results.jsonl")
    Path("linked/results.jsonl").symlink_to("/etc/hostname")
    os.mkfifo("pipe")
    Path("loop.jsonl").symlink_to("loop.jsonl")
    refused(arguments, text, capsys)


def test_what_a_volume_keeps_at_its_root_is_no_shard() -> None:
    write_run("volume/arena-1", make_cell("A"))
    Path("volume/lost+found").mkdir()
    Path("volume/lost+found/#12.jsonl").write_text("half a li")
    assert main(["merge", "volume"]) == 0


def test_a_folder_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run("s/1", make_cell("A"))
    Path("s/2").mkdir()
    iterdir = Path.iterdir

    def others(self: Path) -> Iterator[Path]:
        if self.name == "2":
            raise PermissionError(13, "Permission denied", str(self))
        return iterdir(self)

    monkeypatch.setattr(Path, "iterdir", others)
    refused(["s"], f"cannot read s/2: Permission denied\n  expected: {EXPECTED}\n", capsys)


def test_hostile_names_of_a_shard_reach_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    write_run("1", make_cell("A\x1b]0;PWNED\x07"))
    write_run("2", make_cell("A\x1b]0;PWNED\x07", ms=99.0))
    assert main(["merge", "1", "2"]) == 4
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert "arena.yaml::A[m] has another result" in err
    Path("1").rename("x\x1b[2Jy")
    without_end(Path("x\x1b[2Jy/results.jsonl"))
    assert main(["merge", "x\x1b[2Jy"]) == 2
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "xy/results.jsonl: the run was killed" in out


def test_the_run_before_that_is_kept_beside_a_run_is_no_shard() -> None:
    write_run("one", make_cell("Greeting", line=None))
    write_run("one/previous", make_cell("Greeting", line=None), make_cell("Gone", line=None))
    write_run("previous", make_cell("Goodbye", line=None))
    assert main(["merge", "one", "previous", "--expect", "2"]) == 0
    cells = read_run("arena-report/results.jsonl").cells
    assert [cell.case for cell in cells] == ["Greeting", "Goodbye"]


def _edited(path: Path, **changes: Any) -> None:
    """Change a results file's first cell by hand."""
    run, first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([run, json.dumps({**json.loads(first), **changes}), *rest, ""]))


PASSED = {"messages": [], "verdict": "passed"}
FAILED = {"type": "contains", "verdict": "failed", "score": 0.0, "reason": "did not find it"}
HELD = {"type": "contains", "verdict": "passed", "score": 1.0, "reason": "found it"}
UNSEEN = {**FAILED, "verdict": "skipped", "score": None}
RATE = {**FAILED, "type": "success_rate"}
BROKEN = {"kind": "server", "message": "HTTP 500"}
ERROR = {"messages": [], "verdict": "error", "error": BROKEN}
RED = {"messages": [], "verdict": "failed", "assertions": [FAILED]}


@pytest.mark.parametrize(
    "further",
    [
        {"score": 0.4},
        {"verdict": "passed", "score": 1.0},
        {"verdict": "unsure", "score": None},
    ],
)
def test_a_pass_that_findings_may_have_given_is_one(further: dict[str, Any]) -> None:
    trial = {**PASSED, "assertions": [FAILED, {**FAILED, **further}]}
    _edited(write_run("s/1", make_cell("A"), make_cell("C")), trials=[trial])
    assert main(["merge", "s"]) == 0


_NONE_FAILED = "failed, but none of its trials did"
_SKIPPED_RED = "was skipped, but a trial of it failed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"assertions": [{**RATE, "weight": 0}]}, 0),
        ({"assertions": [{**RATE, "verdict": "unsure"}]}, 0),
        ({"trials": [{**PASSED, "assertions": [HELD]}, ERROR, RED]}, 0),
        ({"trials": [{**PASSED, "assertions": [UNSEEN, HELD]}]}, 0),
        ({"verdict": "failed", "xfail": "known", "trials": [ERROR, RED]}, 0),
        ({"verdict": "failed", "xfail": "known", "assertions": [RATE]}, 0),
        ({"verdict": "skipped", "reason": "", "trials": []}, 0),
        ({"trials": [{**PASSED, "assertions": [UNSEEN]}], "test": "t.py::A"}, 0),
        ({"verdict": "skipped", "trials": [], "test": "t.py::A"}, 0),
        ({"verdict": "skipped", "trials": [RED], "test": "t.py::A"}, 0),
        ({"verdict": "skipped", "over_budget": "$1", "trials": [RED], "trials_not_run": 1}, 1),
        ({"verdict": "skipped", "over_budget": "$1", "trials": [RED, PASSED]}, 1),
    ],
)
def test_a_cell_as_a_run_may_write_it_is_taken(changes: dict[str, Any], code: int) -> None:
    _edited(write_run("s/1", make_cell("A"), make_cell("C")), **changes)
    assert main(["merge", "s"]) == code


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"case": "B"}, "is not the id of its case: that is 'B' of arena.yaml on m"),
        ({"provider": "n"}, "is not the id of its case: that is 'A' of arena.yaml on n"),
        ({"variant": "v"}, "is not the id of its case: that is 'A' of arena.yaml on m/v"),
        ({"file": "other.yaml"}, "is not the id of its case: that is 'A' of other.yaml on m"),
        ({"trials": []}, "passed without a trial"),
        ({"trials": [{"messages": [], "verdict": "failed"}]}, "passed, but none of its trials did"),
        ({"trials": [{"messages": [], "verdict": "passed"}]}, "passed, but nothing was checked"),
        ({"trials": [{**PASSED, "assertions": [FAILED]}]}, "passed, but none of its checks did"),
        (
            {"trials": [{**PASSED, "assertions": [FAILED, {**FAILED, "verdict": "error"}]}]},
            "passed, but none of its checks did",
        ),
        ({"assertions": [RATE]}, "passed, but its success_rate over all trials is failed"),
        (
            {"assertions": [{**RATE, "verdict": "error"}]},
            "passed, but its success_rate over all trials is error",
        ),
        (
            {"trials": [{**PASSED, "assertions": [HELD], "error": BROKEN}]},
            "has a trial that passed with an error (server)",
        ),
        ({"trials": [{**PASSED, "assertions": [UNSEEN]}]}, "passed, but none of its checks did"),
        (
            {"trials": [{**PASSED, "assertions": [{**HELD, "weight": 0}]}]},
            "passed, but nothing was checked",
        ),
        ({"verdict": "failed", "xfail": "known", "trials": [ERROR]}, _NONE_FAILED),
        ({"verdict": "failed", "xfail": "known", "trials": []}, _NONE_FAILED),
        ({"verdict": "failed", "trials": [{**PASSED, "assertions": [HELD]}]}, _NONE_FAILED),
        ({"verdict": "skipped", "trials": []}, "was skipped without a reason"),
        ({"verdict": "skipped", "trials": [RED]}, _SKIPPED_RED),
        ({"verdict": "skipped", "reason": "no key", "trials": [RED]}, _SKIPPED_RED),
        ({"verdict": "skipped", "over_budget": "$1", "trials": [RED, RED]}, _SKIPPED_RED),
    ],
)
def test_a_cell_that_contradicts_itself_is_refused(
    changes: dict[str, Any], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _edited(write_run("s/1", make_cell("A"), make_cell("C")), **changes)
    write_run("s/2", make_cell("D"))
    assert main(["merge", "s"]) == 4
    first = capsys.readouterr().err.splitlines()[0]
    assert first == f"s/1/results.jsonl:2:1: arena.yaml::A[m] {what}"


def test_a_failed_cell_whose_trials_say_nothing_needs_no_proof() -> None:
    _edited(write_run("s/1", make_cell("A", verdict="failed")), trials=[])
    assert main(["merge", "s"]) == 1


def test_the_id_of_a_cell_outside_of_the_root_directory_is_pytests_own() -> None:
    path = write_run("s/1", make_cell("A"))
    _edited(path, id="::A[m]", file="/elsewhere/arena.yaml")
    assert main(["merge", "s"]) == 0
    _edited(path, id="::B[m]", file="/elsewhere/arena.yaml")
    assert main(["merge", "s"]) == 4


def test_a_passed_cell_that_only_a_guardrail_looked_at_is_one_shards_cell() -> None:
    path = write_run("s/1", make_cell("A"))
    trials = [{"messages": [], "verdict": "passed"}]
    _edited(path, trials=trials, hashes={"guardrails": "0123"})
    assert main(["merge", "s"]) == 0


def test_a_cell_with_two_results_in_the_file_of_a_run_that_ended_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = write_run("s/1", make_cell("A", verdict="failed"))
    lines = path.read_text().splitlines()
    assert lines[1] != cell_line(make_cell("A"))
    path.write_text("\n".join([*lines[:2], cell_line(make_cell("A")), lines[2], ""]))
    assert main(["merge", "s"]) == 4
    first = capsys.readouterr().err.splitlines()[0]
    assert first == "s/1/results.jsonl:2:1: arena.yaml::A[m] has another result in line 3"
    path.write_text("\n".join([*lines[:2], *lines[1:], ""]))
    assert main(["merge", "s"]) == 1


def test_of_a_run_that_was_killed_the_last_word_on_a_cell_counts() -> None:
    path = write_run("s/1", make_cell("A", verdict="failed"))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], cell_line(make_cell("A")), ""]))
    assert [cell.verdict for cell in read_run(path).cells] == ["passed"]


def test_totals_of_a_shard_decide_nothing() -> None:
    path = write_run("s/1", make_cell("A", verdict="failed"), exit_code=0)
    text = path.read_text()
    path.write_text(text.replace('"failed":1', '"failed":0').replace('"passed":0', '"passed":1'))
    assert path.read_text() != text
    assert main(["merge", "s"]) == 1


@pytest.mark.parametrize(
    ("status", "options", "code"),
    [
        ("regressed", {"fail_on": "regression"}, 1),
        ("still failing", {"fail_on": "regression"}, 0),
        ("blind", {"fail_on": "regression"}, 1),
        ("blind", {"fail_on": "regression", "blind": "warn"}, 0),
        ("drifted", {"fail_on": "regression"}, 0),
        ("drifted", {"fail_on": "drift"}, 1),
    ],
)
def test_a_failed_cell_is_excused_by_its_standing_as_in_a_run(
    status: str, options: dict[str, Any], code: int
) -> None:
    cell = make_cell("A", verdict="failed", standing=GateFinding(status, "so"))
    write_run("s/1", cell, exit_code=0, options=options)
    assert main(["merge", "s"]) == code
