"""Results in object stores, as the commands read them: messages name the URL and no copy."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from results_files import make_cell, without_end, write_run

from pytest_arena.cli import main
from pytest_arena.errors import UserError
from pytest_arena.results import read_run

EXPECTED = "  expected: results.jsonl files that `pytest --arena` wrote, or folders with them\n"


def url_of(folder: str) -> str:
    return f"file://{Path(folder).resolve()}"


def test_a_store_without_results_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("store").mkdir()
    Path("store/notes.txt").touch()
    for url in (url_of("store"), url_of("nowhere")):
        assert main(["merge", url]) == 4
        assert capsys.readouterr().err == f"no *.jsonl file in '{url}'\n{EXPECTED}"


def test_an_archive_in_a_store_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    path = write_run("store/1", make_cell("A"))
    Path("store/2.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
    url = url_of("store")
    assert main(["merge", url]) == 4
    assert capsys.readouterr().err == (
        f"'{url}/2.jsonl.gz' is an archive\n{EXPECTED}"
        "  fix: unpack it, or move it out of the folder\n"
    )


def test_what_is_wrong_with_a_shard_is_told_at_its_url(capsys: pytest.CaptureFixture[str]) -> None:
    url = url_of("store")
    write_run("store/1", make_cell("A"))
    write_run("store/2", make_cell("A", verdict="failed"))
    assert main(["merge", url]) == 4
    assert capsys.readouterr().err.startswith(
        f"{url}/2/results.jsonl:2:1: arena.yaml::A[m] has another result at "
        f"{url}/1/results.jsonl:2:1 (passed and failed)\n"
    )
    Path("store/2/results.jsonl").write_text("{bad\n")
    for command in ("merge", "report", "trend"):
        assert main([command, url]) == 4
        assert capsys.readouterr().err.startswith(f"{url}/2/results.jsonl:1:1: not JSON (")


def test_a_line_that_is_none_of_a_history_is_told_at_its_url(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("store").mkdir()
    Path("store/history.jsonl").write_text('{"kind": "history", "format": 1}\n')
    url = url_of("store")
    assert main(["trend", f"{url}/history.jsonl"]) == 4
    assert capsys.readouterr().err.startswith(f"{url}/history.jsonl:1:1: not a line of a history")


def test_notes_of_the_whole_name_urls() -> None:
    write_run("store/arena-1", make_cell("A"))
    without_end(write_run("store/arena-2", make_cell("B")))
    url = url_of("store")
    assert main(["merge", url]) == 2
    assert read_run("arena-report/results.jsonl").notes == (
        f"{url}/arena-2/results.jsonl: the run was killed; the cells that it had not finished "
        "are missing",
    )


def test_reports_of_a_store_stay(capsys: pytest.CaptureFixture[str]) -> None:
    write_run("store", make_cell("A"))
    assert main(["report", url_of("store"), "--format", "markdown"]) == 0
    assert capsys.readouterr().out == "markdown: arena-report/report.md\n"
    assert Path("arena-report/report.md").exists()


def test_a_signed_url_is_that_of_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", "http://127.0.0.1:1/r/results.jsonl?sig=a/b"]) == 4
    assert capsys.readouterr().err.startswith("results: http://127.0.0.1:1/r/results.jsonl: ")


def test_what_reads_one_file_refuses_a_url(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rejudge", "s3://me:word@bucket/run"]) == 4
    assert capsys.readouterr().err == (
        "arena rejudge: 's3://bucket/run' is no path here\n"
        "  expected: a path of this machine\n"
        "  fix: name one, and copy what is there before the run, or after it\n"
    )
    with pytest.raises(UserError) as caught:
        read_run("https://me:word@host/results.jsonl?sig=abc")
    assert str(caught.value) == (
        "cannot read https://host/results.jsonl: it is a URL\n"
        "  expected: a file of this machine\n"
        "  fix: copy it here, and name the copy"
    )


def test_an_output_that_is_a_url_is_told_without_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_run("s/1", make_cell("A"))
    assert main(["merge", "s", "--output", "s3://me:word@bucket/whole"]) == 4
    assert capsys.readouterr().err.startswith("--output: 's3://bucket/whole' is no folder here\n")
