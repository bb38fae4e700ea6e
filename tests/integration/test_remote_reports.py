"""`--arena-report-dir` in an object store: what is there while a run goes on, and afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Project

from pytest_arena.cli import main
from pytest_arena.collection import remote_reports
from pytest_arena.object_store import ObjectFolder
from pytest_arena.results import read_run

CASES = "".join(
    f"  - {{name: {name}, prompt: Q, mock: A, assertions: [{{type: contains, value: A}}]}}\n"
    for name in ("Ada", "Bob", "Cleo", "Dora", "Emil", "Fritz")
)
ARENA = f"providers: [{{name: m, provider: mock}}]\ntests:\n{CASES}"


def store(project: Project) -> tuple[str, ObjectFolder]:
    url = f"file://{project.path}/bucket/run"
    return url, ObjectFolder(url, "test")


def test_results_and_reports_end_in_the_store(project: Project, spread: tuple[str, ...]) -> None:
    project.write(arena=ARENA)
    url, objects = store(project)
    for _ in range(2):
        result = project.run(f"--arena-report-dir={url}", *spread)
        result.assert_outcomes(passed=6)
        result.stdout.fnmatch_lines([f"results and reports are in {url}"])
    assert objects.names() == ["previous/results.jsonl", "report.md", "results.jsonl"]
    assert not Path("arena-report").exists()
    lines = [json.loads(line) for line in objects.read("results.jsonl").splitlines()]
    assert [line["kind"] for line in lines] == ["run", *["cell"] * 6, "end"]


def test_shards_meet_in_the_store(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write(arena=ARENA)
    url = f"memory://{project.path.name}"
    for number in (1, 2):
        where = f"{url}/arena-{number}"
        project.run(f"--arena-shard={number}/2", f"--arena-report-dir={where}")
    capsys.readouterr()
    assert main(["merge", url]) == 0
    assert "2 shards, 6 cells: all held" in capsys.readouterr().out
    assert len(read_run("arena-report/results.jsonl").cells) == 6
    for results in (f"{url}/arena-1/results.jsonl", f"{url}/arena-1/"):
        result = project.run("--arena-shard=1/2", f"--arena-shard-durations={results}")
        assert result.ret == 0
    assert main(["merge", "arena-report", "--output", "s3://bucket/whole"]) == 4
    assert capsys.readouterr().err.startswith("--output: 's3://bucket/whole' is no folder here\n")


def test_what_a_lost_machine_finished_is_taken_up_elsewhere(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url, objects = store(project)
    project.write(arena=ARENA)
    monkeypatch.setattr(remote_reports, "_EVERY_S", 0.01)
    ended = remote_reports.RemoteReports.conclude

    def lost(self: remote_reports.RemoteReports, reports: Any) -> str:
        self._over.set()
        self._thread.join()  # type: ignore[union-attr]
        raise OSError(5, "the machine is gone", url)

    monkeypatch.setattr(remote_reports.RemoteReports, "conclude", lost)
    result = project.run(f"--arena-report-dir={url}", "-k", "Ada or Bob or Cleo")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines([f"cannot write {url}: the machine is gone", "  kept: all of it*"])
    assert all(name.startswith(".journal/") for name in objects.names())
    capsys.readouterr()
    assert main(["merge", url]) == 2
    assert "the run was killed" in " ".join(capsys.readouterr().out.split())
    monkeypatch.setattr(remote_reports.RemoteReports, "conclude", ended)
    # another machine has nothing but the store
    for path in sorted(Path(".arena").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    result = project.run(f"--arena-report-dir={url}", "--arena-resume")
    result.stdout.fnmatch_lines(["3 cells were taken from the run interrupted at *"])
    assert objects.names() == ["report.md", "results.jsonl"]
    assert main(["merge", url]) == 0


def test_a_store_that_cannot_be_written_is_refused_before_any_call(project: Project) -> None:
    project.write(arena=ARENA)
    Path("bucket").write_text("a file")
    result = project.run(f"--arena-report-dir=file://{project.path}/bucket/run")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"*--arena-report-dir: file://{project.path}/bucket/run/*",
            "  expected: a place that can be reached with the credentials of this machine",
        ]
    )


def test_a_store_that_cannot_be_opened_is_refused_before_any_call(
    project: Project, spread: tuple[str, ...]
) -> None:
    project.write(arena=ARENA)
    result = project.run("--arena-report-dir=ftp://me:word@127.0.0.1:1/run", *spread)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = "ERROR: --arena-report-dir: ftp://127.0.0.1:1/run: *refused*"
    result.stderr.fnmatch_lines([told])


def test_commands_tell_no_secret_of_a_url(capsys: pytest.CaptureFixture[str]) -> None:
    for url in ("https://me:word@127.0.0.1:1/r/results.jsonl", "ftp://me:word@127.0.0.1:1/r"):
        assert main(["merge", url]) == 4
        assert main(["compare", url, url]) == 4
        text = capsys.readouterr().err
        assert "word" not in text
        assert text.count(f"results: {url.replace('me:word@', '')}: ") == 2
