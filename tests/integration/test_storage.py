"""Results that cannot be stored: one sentence says why and what is kept, and nothing is lost that
was there."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from conftest import Project

from pytest_arena import places
from pytest_arena.results.journal import Journal
from pytest_arena_reporters import writing

ARENA = """\
providers: [{name: m, provider: mock, model: any}]
tests:
""" + "".join(
    f"  - {{name: C{number}, prompt: hi, mock: hi, assertions: [{{type: equals, value: hi}}]}}\n"
    for number in range(8)
)


def full(path: Path | str) -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("taken", "workers"),
    [
        ("arena-report", ()),
        ("arena-report/results.jsonl/x", ()),
        ("arena-report/results.jsonl/x", ("-n2",)),
    ],
)
def test_a_place_that_is_taken_is_told_before_anything_is_asked(
    project: Project, taken: str, workers: tuple[str, ...]
) -> None:
    project.write(arena=ARENA)
    path = project.path / taken
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    result = project.run(*workers)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    place = "arena-report" if taken == "arena-report" else "arena-report/results.jsonl"
    result.stderr.fnmatch_lines(
        [f"ERROR: cannot write '{place}': *", "  fix: *: --arena-report-dir DIR"]
    )
    assert path.read_text() == "mine"
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


def test_links_in_a_circle_are_told_before_anything_is_asked(project: Project) -> None:
    project.write(arena=ARENA)
    for place in ("arena-report", "results.jsonl"):
        folder = project.path if place == "arena-report" else project.path / "arena-report"
        folder.mkdir(exist_ok=True)
        (folder / place).symlink_to(place)
        result = project.run()
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: cannot write '*{place}': *"])
        (folder / place).unlink()


@pytest.mark.parametrize(
    "further", [(), ("-n2",), ("--arena-resume",), ("--collect-only",)], ids=" ".join
)
def test_a_name_that_is_too_long_is_told_before_anything_is_asked(
    project: Project, further: tuple[str, ...]
) -> None:
    project.write(arena=ARENA)
    result = project.run(f"--arena-report-dir={'x' * 300}/reports", *further)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.lines[:3] == [
        f"ERROR: cannot write '{'x' * 300}/reports': file name too long",
        "  expected: a place that can be written to",
        "  fix: name another folder: --arena-report-dir DIR",
    ]


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=" ".join)
@pytest.mark.parametrize(
    ("flag", "further"),
    [
        *(("--arena-recordings-dir", f"--arena-record={mode}") for mode in ("none", "once", "all")),
        ("--arena-cache-dir", "--arena-cache=on"),
    ],
)
def test_a_name_of_recordings_or_a_cache_that_is_too_long_is_told_like_that(
    project: Project, flag: str, further: str, workers: tuple[str, ...]
) -> None:
    project.write(arena=ARENA)
    result = project.run(f"{flag}={'x' * 300}", further, *workers)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.lines[:3] == [
        f"ERROR: cannot write '{'x' * 300}': file name too long",
        "  expected: a place that can be written to",
        f"  fix: name another folder: {flag} DIR",
    ]


def test_a_folder_that_others_keep_to_themselves_is_told_before_anything_is_asked(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(arena=ARENA)
    lstat = os.lstat

    def denied(path: Path | str, **further: Any) -> os.stat_result:
        if "theirs" in str(path):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return lstat(path, **further)

    monkeypatch.setattr(os, "lstat", denied)
    result = project.run("--arena-report-dir=theirs/reports")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: cannot write 'theirs/reports': permission denied"])


REMOVES = """\
import shutil

seen = []

def pytest_arena_cell_finished(cell, config):
    seen.append(cell)
    if len(seen) == 3:
        shutil.rmtree("arena-report")
        {then}
"""


@pytest.mark.parametrize("then", ["pass", "open('arena-report', 'w').close()"])
def test_a_folder_that_goes_amid_a_run_ends_it_and_what_had_finished_is_kept(
    project: Project, spread: tuple[str, ...], then: str
) -> None:
    project.write(arena=ARENA)
    project.pytester.makepyfile(conftest=REMOVES.format(then=then))
    result = project.run(*spread, "--arena-concurrency=1")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert "INTERNALERROR" not in result.stdout.str()
    shown = "cannot write 'arena-report/results.jsonl': no such file or directory"
    assert shown in result.outlines
    kept = next(line for line in result.outlines if line.startswith("  kept: "))
    if then != "pass":
        assert kept.startswith("  kept: 0 cells of ")
        return
    # made again, with all that came meanwhile
    cells = project.cells()
    assert kept.startswith(f"  kept: {len(cells)} cells of {len(cells)} that had finished are in ")
    assert len(cells) >= 4
    assert {cell["verdict"] for cell in cells.values()} == {"passed"}
    (project.path / "conftest.py").unlink()
    resumed = project.run("--arena-resume", *spread)
    resumed.assert_outcomes(passed=8)


@pytest.mark.parametrize("error", ["ESTALE", "EBUSY", "EXDEV"])
def test_results_that_cannot_be_put_in_their_place_stay_in_the_journal(
    project: Project, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    project.write(arena=ARENA)
    number, replace = getattr(errno, error), os.replace

    def refuses(source: Path, target: Path) -> None:
        if Path(target).name == "results.jsonl":
            raise OSError(number, os.strerror(number), str(source), None, str(target))
        replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr("pytest_arena.results.writing.os.replace", refuses)
        result = project.run()
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    said = os.strerror(number).lower()
    assert f"cannot write 'arena-report/results.jsonl': {said}" in result.outlines
    # nothing half written beside it
    names = sorted(path.name for path in (project.path / "arena-report").iterdir())
    assert names == [".gitignore", ".reports", "report.md", "results.jsonl"]
    assert [record["kind"] for record in project.records()] == ["run", *["cell"] * 8]


def test_a_disk_that_fills_ends_the_run_and_keeps_what_had_finished(
    project: Project, spread: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(arena=ARENA)
    append, written = Journal.append, []

    def fills(journal: Journal, line: str) -> None:
        # the first line is that of the run
        if len(written) == 4:
            raise full(journal.path)
        written.append(line)
        append(journal, line)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "append", fills)
        patched.setattr(
            "pytest_arena.collection.stored_cells.write_results",
            lambda path, run, lines: (_ for _ in ()).throw(full(path)),
        )
        result = project.run(*spread)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(
        [
            "cannot write 'arena-report/results.jsonl': no space left on device",
            "  kept: 3 cells of * that had finished are in arena-report/results.jsonl",
        ]
    )
    assert "INTERNALERROR" not in result.stdout.str()
    assert [record["kind"] for record in project.records()] == ["run", "cell", "cell", "cell"]
    resumed = project.run("--arena-resume", *spread)
    resumed.assert_outcomes(passed=8)
    # with workers, their own journals had the others
    count = 8 if spread else 3
    assert project.records()[-1]["notes"][0].startswith(f"{count} cells were taken from the run")


def test_one_report_that_cannot_be_written_costs_no_other(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(arena=ARENA)
    whole = writing.write_atomically

    def fills(path: Path, content: bytes) -> None:
        if path.suffix == ".html":
            raise full(path)
        whole(path, content)

    monkeypatch.setattr("pytest_arena_reporters.html.reporter.write_atomically", fills)
    result = project.run("--arena-report=html,markdown")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(
        [
            "markdown: arena-report/report.md",
            "the html report could not be written: cannot write 'arena-report': no space left *",
        ]
    )
    assert project.records()[-1]["totals"]["passed"] == 8


DAMAGES = [
    b"\x00\xff\xfe broken\n",
    b'{"kind": "cell", "id": 7}\n',
    b"{",
    b"x" * 30_000 + b"\n",
    b'{"kind": "cell", "id": "' + b"x" * 3_000_000 + b'"}\n',
]


@pytest.mark.parametrize("damage", DAMAGES, ids=range(len(DAMAGES)))
def test_a_damaged_line_costs_its_own_cell_alone(
    project: Project, damage: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_arena.results.reading.LONGEST_LINE", 20_000)
    project.write(arena=ARENA)
    project.run()
    results = project.path / "arena-report" / "results.jsonl"
    lines = results.read_bytes().splitlines(keepends=True)
    # a run that was killed after seven cells, one of whose lines was damaged since
    results.write_bytes(b"".join([*lines[:3], damage, *lines[4:8]]))
    result = project.run("--arena-resume")
    result.assert_outcomes(passed=8)
    lost = 2 if damage == b"{" else 1
    note = project.records()[-1]["notes"][0]
    assert note.startswith(f"{7 - lost} cells were taken from the run interrupted at 20")
    assert "; 1 line of what it left could not be read, so that" in note
    assert note.endswith("results.jsonl:4:1)")


def test_a_journal_that_begins_as_an_archive_costs_its_first_line_alone(project: Project) -> None:
    project.write(arena=ARENA)
    project.run()
    results = project.path / "arena-report" / "results.jsonl"
    lines = results.read_bytes().splitlines(keepends=True)
    results.write_bytes(b"".join([b"PK\x03\x04\n", *lines[1:8]]))
    project.run("--arena-resume").assert_outcomes(passed=8)
    note = project.records()[-1]["notes"][0]
    assert note.startswith("7 cells were taken from the run interrupted at 20")
    assert note.endswith("results.jsonl:1:1)")


@pytest.mark.parametrize("torn", [b"", b'{"kind": "ca'])
def test_calls_whose_file_was_torn_as_it_was_begun_refuse_no_resumed_run(
    project: Project, torn: bytes
) -> None:
    project.write(arena=ARENA)
    project.run()
    results = project.path / "arena-report" / "results.jsonl"
    results.write_bytes(b"".join(results.read_bytes().splitlines(keepends=True)[:4]))
    calls = project.path / "arena-report" / ".calls" / "ab12" / "gw0-1.jsonl"
    calls.parent.mkdir(parents=True)
    calls.write_bytes(torn)
    project.run("--arena-resume").assert_outcomes(passed=8)
    note = project.records()[-1]["notes"][0]
    assert note.startswith("3 cells were taken from the run interrupted at 20")


SLOW = """\
providers: [{name: p, provider: python, call: "app:ask"}]
tests:
  - name: "C {{ n }}"
    matrix: {n: [NUMBERS]}
    prompt: hi
    assertions: [{type: contains, value: hello}]
""".replace("NUMBERS", ", ".join(map(str, range(60))))
APP = """\
import os, time

def ask(prompt):
    with open("calls", "ab", buffering=0) as calls:
        calls.write(b"x")
    time.sleep(0.03)
    return "hello" + " there" * 200
"""
LIMITED = """\
import resource

def pytest_sessionstart(session):
    if hasattr(session.config, "workerinput") == {in_workers}:
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, resource.RLIM_INFINITY))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
@pytest.mark.parametrize("in_workers", [False, True])
def test_workers_call_no_further_once_something_cannot_be_stored(
    project: Project, in_workers: bool
) -> None:
    project.write(arena=SLOW)
    project.pytester.makepyfile(app=APP, conftest=LIMITED.format(in_workers=in_workers))
    result = project.run_apart("-n2", "--arena-concurrency=2")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    place = ".shards/*/gw*.jsonl" if in_workers else "results.jsonl"
    result.stdout.fnmatch_lines(
        [
            f"cannot write 'arena-report/{place}': file too large",
            "  kept: * that had finished are in arena-report/results.jsonl",
        ]
    )
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    assert len((project.path / "calls").read_bytes()) < 40
    kept = next(line for line in result.outlines if line.startswith("  kept: "))
    stored = sum(record["kind"] == "cell" for record in whole_records(project))
    assert kept.startswith(f"  kept: {stored} cells of ")
    if in_workers:
        # those that the workers could not store came to the controller
        assert kept.startswith(f"  kept: {stored} cells of {stored} that")
    (project.path / "conftest.py").unlink()
    resumed = project.run_apart("--arena-resume", "-n2")
    resumed.assert_outcomes(passed=60)


def whole_records(project: Project) -> list[dict[str, object]]:
    lines = (project.path / "arena-report" / "results.jsonl").read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


RECORDED = SLOW.replace('call: "app:ask"', 'call: "app:ask", version: "1"')
NEW = ("--arena-record=new", "--arena-recordings-dir=recs")


def recorded(project: Project, conftest: str = "") -> None:
    project.write(arena=RECORDED)
    project.pytester.makepyfile(app=APP, conftest=conftest)


@pytest.mark.parametrize("taken", ["recs", "recs/recordings", "circle"])
def test_recordings_that_cannot_be_made_are_told_before_anything_is_asked(
    project: Project, spread: tuple[str, ...], taken: str
) -> None:
    recorded(project)
    if taken == "circle":
        taken = "recs"
        (project.path / taken).symlink_to(taken)
    else:
        (project.path / taken).parent.mkdir(exist_ok=True)
        (project.path / taken).write_text("mine")
    result = project.run_apart(*spread, *NEW)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [f"ERROR: cannot write '{taken}': *", "  fix: *: --arena-recordings-dir DIR"]
    )
    assert not (project.path / "calls").exists()
    assert project.run_apart("--collect-only", *NEW).ret == pytest.ExitCode.OK


FILLS = """\
import errno, os
from pytest_arena.results.journal import Journal

append = Journal.append

def fills(journal, line):
    if journal.path.suffix == ".shard" and journal.last[0] > 5_000:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    append(journal, line)

Journal.append = fills
"""


def test_what_cannot_be_recorded_ends_the_run_and_costs_no_answer(
    project: Project, spread: tuple[str, ...]
) -> None:
    recorded(project, FILLS)
    result = project.run_apart(*spread, *NEW, "--arena-concurrency=2")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    cells = project.cells()
    result.stdout.fnmatch_lines(
        [
            "cannot write 'recs/recordings/arena.jsonl': no space left on device",
            "  fix: put it right, or name another folder: --arena-recordings-dir DIR",
            f"  kept: {len(cells)} cells of {len(cells)} that had finished are in *",
        ]
    )
    assert {cell["verdict"] for cell in cells.values()} == {"passed"}
    assert len((project.path / "calls").read_bytes()) < 40
    (project.path / "conftest.py").unlink()
    # what was recorded by then is not asked for again
    recorded_by_then = len((project.path / "recs/recordings/arena.jsonl").read_text().splitlines())
    before = len((project.path / "calls").read_bytes())
    project.run_apart(*NEW).assert_outcomes(passed=60)
    assert len((project.path / "calls").read_bytes()) == before + 60 - recorded_by_then


MERGES_NOT = """\
import errno, os
from pytest_arena.recording.files import RecordingFile

def fills(recording, text):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

RecordingFile._replace = fills
"""


def test_recordings_that_cannot_be_merged_stay_in_their_shards(
    project: Project, spread: tuple[str, ...]
) -> None:
    recorded(project, MERGES_NOT)
    result = project.run_apart(*spread, *NEW)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    shown = "cannot write 'recs/recordings/arena.jsonl': no space left on device"
    assert shown in result.outlines
    (project.path / "conftest.py").unlink()
    project.run_apart(*spread, *NEW).assert_outcomes(passed=60)
    assert len((project.path / "calls").read_bytes()) == 60


def test_what_is_missing_in_recordings_is_not_asked_for_where_none_can_be_added(
    project: Project, spread: tuple[str, ...]
) -> None:
    recorded(project)
    project.run_apart(*NEW, "-k", "3 or 4").assert_outcomes(passed=28)
    full = """\
        import errno, os
        from pytest_arena import places

        whole = places.try_to_write

        def full(path):
            if "recs" in str(path):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
            whole(path)

        places.try_to_write = full
    """
    project.pytester.makepyfile(conftest=full)
    # nothing need be recorded
    project.run_apart(*NEW, *spread, "-k", "3 or 4").assert_outcomes(passed=28)
    result = project.run_apart(*NEW, *spread)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    shown = "cannot write 'recs/recordings/arena.jsonl': read-only file system"
    assert shown in result.outlines
    assert len((project.path / "calls").read_bytes()) == 28


HISTORY, BASELINE = "--arena-history=hist", "--arena-update-baseline"


PIPE = pytest.param(
    "pipe", marks=pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
)


@pytest.mark.parametrize("taken", ["hist", "hist/history.jsonl/x", "circle", "dangling", PIPE])
def test_a_history_that_cannot_be_written_is_told_before_anything_is_asked(
    project: Project, spread: tuple[str, ...], taken: str
) -> None:
    project.write(arena=ARENA)
    place = "hist"
    if taken == "pipe":
        place = "hist/history.jsonl"
        (project.path / "hist").mkdir()
        os.mkfifo(project.path / place)
    elif taken in ("circle", "dangling"):
        (project.path / "hist").symlink_to("hist" if taken == "circle" else "/nowhere/at/all")
    else:
        place = taken.removesuffix("/x")
        (project.path / taken).parent.mkdir(parents=True, exist_ok=True)
        (project.path / taken).write_text("mine")
    result = project.run(*spread, HISTORY)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [f"ERROR: cannot write '{place}': *", "  fix: *: --arena-history DIR"]
    )
    assert not (project.path / "arena-report").exists()


def test_a_history_that_cannot_be_added_to_at_the_end_costs_no_result(
    project: Project, spread: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(arena=ARENA)
    append = Journal.append

    def fills(journal: Journal, line: str) -> None:
        if journal.path.name == "history.jsonl":
            raise full(journal.path)
        append(journal, line)

    monkeypatch.setattr(Journal, "append", fills)
    result = project.run(*spread, HISTORY)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert "cannot write 'hist': no space left on device" in result.outlines
    assert project.records()[-1]["totals"]["passed"] == 8


@pytest.mark.parametrize("circle", [False, True])
def test_a_baseline_that_cannot_be_written_is_told_before_anything_is_asked(
    project: Project, spread: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, circle: bool
) -> None:
    project.write(arena=ARENA)
    if circle:
        (project.path / "base").symlink_to("base")
    else:
        whole = places.try_to_write

        def read_only(path: Path) -> None:
            if path.parent.name == "base":
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
            whole(path)

        monkeypatch.setattr(places, "try_to_write", read_only)
    result = project.run(
        *spread, BASELINE, "--arena-baseline=base/b.jsonl", "--arena-baseline-missing=warn"
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = "cannot write 'base/b.jsonl': read-only file system"
    if circle:
        told = "the baseline base/b.jsonl cannot be read: Too many levels of symbolic links"
    assert f"ERROR: {told}" in result.errlines
    assert "Traceback" not in result.stderr.str()
    assert not (project.path / "arena-report").exists()


def test_a_baseline_that_cannot_be_written_at_the_end_costs_no_result(
    project: Project, spread: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(arena=ARENA)

    def fills(path: Path, baseline: object) -> bool:
        raise full(path)

    monkeypatch.setattr("pytest_arena.gating.gatekeeper.write_baseline", fills)
    result = project.run(*spread, BASELINE)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    shown = "cannot write '.arena/baseline.jsonl': no space left on device"
    assert shown in result.outlines
    assert "INTERNALERROR" not in result.stdout.str()
    assert project.records()[-1]["totals"]["passed"] == 8
