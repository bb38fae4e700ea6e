"""`arena report`: reports once more, from results alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from results_files import make_cell, without_end, write_run

from pytest_arena.cli import main

PLUGIN = """\
from pytest_arena.reporting.base import Report, Reporter


class Shout(Reporter):
    format = "shout"

    def write(self, run, directory):
        path = directory / "shout.txt"
        path.write_text(f"{len(run.cells)} CELLS!")
        return Report(path, "loud\\x1b[2J")


class Broken(Reporter):
    format = "broken"


def pytest_arena_register(registry):
    registry.reporter(Shout)
    registry.reporter(Broken)
"""


def test_reports_are_written_beside_the_results(capsys: pytest.CaptureFixture[str]) -> None:
    write_run("run", make_cell("A"), make_cell("B", verdict="failed"))
    assert main(["report", "run/results.jsonl"]) == 0
    assert capsys.readouterr().out == "html: run/report.html\nmarkdown: run/report.md\n"
    assert "1 failed" in Path("run/report.md").read_text()


def test_formats_and_folder_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    write_run("run", make_cell("A"))
    assert main(["report", "run", "--format", "json, csv,json", "--output", "new/one"]) == 0
    assert capsys.readouterr().out == "json: new/one/report.json\ncsv: new/one/report.csv\n"
    assert sorted(path.name for path in Path("run").iterdir()) == ["results.jsonl"]


def test_several_files_are_joined_without_a_verdict() -> None:
    write_run("s/1", make_cell("A"), make_cell("B", verdict="error"))
    without_end(write_run("s/2", make_cell("C")))
    assert main(["report", "s", "--format", "json", "--output", "whole"]) == 0
    document = json.loads(Path("whole/report.json").read_text())
    assert [cell["case"] for cell in document["cells"]] == ["A", "B", "C"]
    assert document["finished_at"] is None


def test_a_report_of_a_killed_run_says_so() -> None:
    without_end(write_run("run", make_cell("A")))
    assert main(["report", "run", "--format", "markdown"]) == 0
    text = Path("run/report.md").read_text()
    assert "The run was interrupted" in text
    assert "the run was killed" in text


def test_a_torn_last_line_is_left_out() -> None:
    path = write_run("run", make_cell("A"), make_cell("B"))
    without_end(path)
    path.write_bytes(path.read_bytes()[:-20])
    assert main(["report", "run", "--format", "json"]) == 0
    cells = json.loads(Path("run/report.json").read_text())["cells"]
    assert [cell["case"] for cell in cells] == ["A"]


def test_the_same_results_give_the_same_bytes() -> None:
    write_run("run", make_cell("A"), make_cell("B", "n", verdict="failed"))
    for name in ("one", "two"):
        main(["report", "run", "--format", "html,json,markdown,csv", "--output", name])
    for path in Path("one").iterdir():
        assert path.read_bytes() == Path("two", path.name).read_bytes()


def test_reporters_of_plug_ins_are_found_and_broken_ones_cost_no_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("shouting_reporter.py").write_text(PLUGIN)
    write_run("run", make_cell("A"))
    arguments = ["report", "run", "-p", "shouting_reporter", "--format", "broken,shout"]
    assert main(arguments) == 3
    out, err = capsys.readouterr()
    assert out == "shout: run/shout.txt (loud)\n"
    assert Path("run/shout.txt").read_text() == "1 CELLS!"
    headline, *frames = err.splitlines()
    assert headline.startswith("the broken report could not be written: NotImplementedError in ")
    assert headline.endswith(": Broken has no write()")
    assert len(frames) == 2


EXPECTED_FILE = "a results.jsonl that `pytest --arena` wrote"
RUN = '{"kind": "run", "format": 1, "run_id": "r", "started_at": "s", "plugin_version": "1"}\n'
CELL = (
    '{"kind": "cell", "id": "a::A[m]", "file": "a", "case": "A", "provider": "m", "model": null, '
    '"verdict": "passed", "trials": []}\n'
)
TRIAL = '{"verdict": "failed", "messages": []}'


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", f":1:1: not a results file: it has no `run` line\n  expected: {EXPECTED_FILE}\n"),
        (
            '{"kind": "other"}\n',
            f":1:1: not a results file: it has no `run` line\n  expected: {EXPECTED_FILE}\n",
        ),
        (
            "name: an arena\ntests: []\n",
            ":1:1: not JSON (Expecting value: line 1 column 1 (char 0))\n",
        ),
        (f"{RUN}[1]\n", ":2:1: not JSON (not an object)\n"),
        (f'{RUN}{{"kind": NaN}}\n', ":2:1: not JSON (NaN is no JSON number)\n"),
        (f"{RUN}{'[' * 100_000}\n", ":2:1: not JSON (nested too deep)\n"),
        (f"{RUN}{{}}\n", ":2:1: not a line of a results file\n  expected: a `kind`\n"),
        (
            RUN.replace("1,", '"2",', 1),
            ":1:1: results format '2' is not known\n  expected: format 2, or 1\n"
            "  fix: read it with the version of pytest-arena that wrote it\n",
        ),
        (
            RUN.replace('"r"', "7"),
            ":1:1: not a line of a results file: `run_id` is not as it must be\n"
            "  expected: a text\n",
        ),
        (
            RUN + RUN,
            ":2:1: a second run begins here\n  expected: one run a file\n"
            "  fix: keep the files of two runs apart, and join them with arena merge\n",
        ),
        (
            RUN + CELL.replace("passed", "great"),
            ":2:1: not a line of a results file: `verdict` is not as it must be\n"
            "  expected: one of passed, failed, error, skipped\n",
        ),
        (
            RUN + CELL.replace('"trials": []', '"trials": [{"messages": []}]'),
            ":2:1: not a line of a results file: `trials[0].verdict` is not as it must be\n"
            "  expected: a value, but there is none\n",
        ),
        (
            RUN + CELL.replace("[]", f"[{TRIAL[:-1]}, " + '"score": 1e999}]'),
            ":2:1: not a line of a results file: `trials[0].score` is not as it must be\n"
            "  expected: a number that is not endless\n",
        ),
        (
            RUN
            + CELL.replace(
                "[]", f"[{TRIAL[:-1]}, " + '"error": {"kind": "a", "message": 7, "more": 1}}]'
            ),
            ":2:1: not a line of a results file: `trials[0].error.message` is not as it must be\n"
            "  expected: a text\n",
        ),
        (
            RUN + CELL + '{"kind": "end", "finished_at": "f", "totals": {"cells": 2}}\n',
            ":3:1: the run had 2 cells, but the file has 1\n"
            "  expected: the file as `pytest --arena` wrote it\n  fix: copy it anew\n",
        ),
        (
            "\x1f\x8b and so on",
            f":1:1: not a results file: it is a gzip file\n  expected: {EXPECTED_FILE}\n"
            "  fix: unpack it, and name the results.jsonl inside\n",
        ),
    ],
)
def test_a_file_that_is_no_results_file_is_told_whole(
    content: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("x.jsonl").write_bytes(content.encode("latin-1"))
    assert main(["report", "x.jsonl"]) == 4
    assert capsys.readouterr() == ("", f"x.jsonl{text}")


def test_invalid_utf8_is_told_but_not_in_a_torn_last_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("x.jsonl").write_bytes(RUN.encode() + b'{"kind": "\xff"}\n')
    assert main(["report", "x.jsonl"]) == 4
    assert capsys.readouterr().err == (
        "x.jsonl:2:1: not JSON ('utf-8' codec can't decode byte 0xff in position 10: "
        "invalid start byte)\n"
    )
    Path("x.jsonl").write_bytes(RUN.encode() + b'{"kind": "\xff')
    assert main(["report", "x.jsonl", "--format", "json"]) == 0


def test_files_and_lines_that_are_too_large_are_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("x.jsonl").write_text(RUN + CELL)
    monkeypatch.setattr("pytest_arena.results.reading.LONGEST_LINE", 100)
    assert main(["report", "x.jsonl"]) == 4
    assert capsys.readouterr().err == (
        "x.jsonl:2:1: the line is too long\n  expected: at most 100 bytes\n"
    )
    monkeypatch.setattr("pytest_arena.results.reading.LARGEST_FILE", 200)
    assert main(["report", "x.jsonl"]) == 4
    assert capsys.readouterr().err == "x.jsonl has 213 bytes\n  expected: at most 200 bytes\n"


def test_lone_surrogates_and_nul_of_a_stranger_are_cleaned() -> None:
    hostile = CELL.replace('"case": "A"', '"case": "A\\ud800\\u0000"')
    Path("x.jsonl").write_text(RUN + hostile)
    assert main(["report", "x.jsonl", "--format", "json,html,markdown,csv"]) == 0
    assert json.loads(Path("report.json").read_text())["cells"][0]["case"] == "A\ufffd\ufffd"


def test_all_bad_files_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.jsonl").write_text("")
    assert main(["report", "a.jsonl", "b.jsonl"]) == 4
    assert capsys.readouterr().err == (
        "cannot read b.jsonl: No such file or directory\n  fix: name a results.jsonl\n"
        f"a.jsonl:1:1: not a results file: it has no `run` line\n  expected: {EXPECTED_FILE}\n"
    )


def test_no_file_at_all_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["report"])
    assert caught.value.code == 4
    assert "the following arguments are required: RESULTS" in capsys.readouterr().err
