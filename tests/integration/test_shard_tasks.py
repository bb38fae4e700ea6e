"""Shards as tasks with pytests of their own: what is passed on, lost, taken up, and merged."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from conftest import PLAIN, Project

from pytest_arena.cli import main
from pytest_arena.distributed import Driver, Ended, Journals, Lines, Lost, ShardTask, run_shard
from pytest_arena.distributed.shard_task import Message
from pytest_arena.results import read_run

ARENA = """\
providers: [{name: m, provider: python, call: "slow:answer", concurrency: 1}]
tests:
  - name: Q
    matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}
    prompt: "Q {{ n }}"
    assertions: [{type: contains, value: A}]
"""


SLOW = """\
import itertools
import time
from pathlib import Path

GO = Path(__file__).with_name("go")
calls = itertools.count()


def answer(prompt):
    while next(calls) and not GO.exists():
        time.sleep(0.01)
    return "A"
"""
"""An application that answers once, and then no more until there is a file `go`."""


class OneAfterAnother:
    """A cluster of one node in this process, which is lost once, amid the first shard."""

    def __init__(self) -> None:
        self._stream: Iterator[Message] | None = None
        self.finished: list[bytes] = []
        self.losses = 1

    def start(self, task: ShardTask) -> int:
        self.finished.append(task.finished)
        self._stream = run_shard(task)
        return len(self.finished)

    def next(self) -> tuple[int, Message]:
        assert self._stream is not None
        message = next(self._stream)
        if isinstance(message, Lines) and b'"cell"' in message.data and self.losses:
            # the lines that were under way are lost with the node
            self.losses -= 1
            self._stream.close()  # type: ignore[attr-defined]
            Path("go").touch()
            return len(self.finished), Lost("the node is gone")
        return len(self.finished), message

    def stop(self) -> None:
        pass


def test_shards_of_a_lost_node_come_to_the_results_of_one_run(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.pytester.makepyfile(slow=SLOW)
    project.write(arena=ARENA)
    Path("go").touch()
    assert project.run("--arena-report-dir=one").ret == 0
    Path("go").unlink()
    cluster = OneAfterAnother()
    journals = Journals(Path("parts"))
    driver = Driver(cluster, journals, count=2, at_once=1, folder=str(project.path))
    assert driver.run().lost == 1
    assert len(cluster.finished) == 3
    capsys.readouterr()
    assert main(["merge", "parts", "--output", "whole"]) == 0
    one, whole = (read_run(f"{name}/results.jsonl") for name in ("one", "whole"))
    assert [(c.id, c.verdict, c.hashes) for c in whole.cells] == [
        (c.id, c.verdict, c.hashes) for c in one.cells
    ]


def test_a_driver_that_is_told_to_end_keeps_what_came_and_is_taken_up(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.pytester.makepyfile(slow=SLOW)
    project.write(arena=ARENA)

    class EndedJob(OneAfterAnother):
        """A cluster whose job is ended when the first shard's first cells have come."""

        places = 1
        shortage = None
        signals: ClassVar[list[int]] = [signal.SIGTERM]

        def __init__(self, address: str, *, cpus: float, ship: str | None) -> None:
            super().__init__()
            self.losses = 0

        def next(self) -> tuple[int, Message]:
            handle, message = super().next()
            if self.signals and isinstance(message, Lines) and b'"cell"' in message.data:
                os.kill(os.getpid(), self.signals.pop())
            return handle, message

        def stop(self) -> None:
            assert self._stream is not None
            self._stream.close()  # type: ignore[attr-defined]

    monkeypatch.setattr("pytest_arena.distributed.ray_cluster.RayCluster", EndedJob)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert main(["ray", "--shards=2", "--", *PLAIN.split()]) == 2
        assert capsys.readouterr().err == "interrupted; arena ray --resume takes it up\n"
        assert not Path("arena-report/results.jsonl").exists()
        Path("go").touch()
        assert main(["ray", "--shards=2", "--resume", "--", *PLAIN.split()]) == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not read_run("arena-report/results.jsonl").interrupted


def test_what_pytest_says_of_a_refusal_comes_back(project: Project) -> None:
    project.pytester.makefile(".yaml", arena="providers: []\n")
    *_, last = run_shard(ShardTask(1, 1, 1, tuple(PLAIN.split()), str(project.path)))
    assert isinstance(last, Ended)
    assert last.exit_code not in (0, 1)
    assert "providers" in last.said


def test_what_arena_ray_gives_itself_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ray", "--shards=2", "--", "--arena-report-dir=x"]) == 4
    assert capsys.readouterr().err == (
        "--arena-report-dir is given to each shard by arena ray\n"
        "  expected: options that all shards have alike\n"
        "  fix: see --shards, --at-once, --format and --output of arena ray\n"
    )


@pytest.mark.parametrize("given", ["--arena-history", "--arena-history=h"])
def test_a_history_of_shards_is_refused(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ray", "--shards=2", "--", given, "h"]) == 4
    assert capsys.readouterr().err == (
        "--arena-history keeps whole runs, of which each shard is a part\n"
        "  fix: leave it out; arena trend reads the results of wholes that were kept\n"
    )


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--cpus", "-1", "-1 is no share of a CPU, and no number of them"),
        ("--cpus", "1.5", "1.5 is no share of a CPU, and no number of them"),
        ("--cpus", "inf", "inf is no share of a CPU, and no number of them"),
        ("--cpus", "nan", "nan is no share of a CPU, and no number of them"),
        ("--retries", "-1", "-1 is not a number of at least 0"),
        ("--shards", "0", "0 is not a number from 1 to 100,000"),
        ("--shards", "2000000000", "2000000000 is not a number from 1 to 100,000"),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    option: str, value: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["ray", f"{option}={value}"])
    assert f"argument {option}: {said}" in capsys.readouterr().err


@pytest.fixture
def one_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster of one node in the place of Ray's, which loses nothing."""

    class OneNode(OneAfterAnother):
        places = 1
        shortage = None

        def __init__(self, address: str, *, cpus: float, ship: str | None) -> None:
            super().__init__()
            self.losses = 0

    monkeypatch.setattr("pytest_arena.distributed.ray_cluster.RayCluster", OneNode)
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(signal, "signal", lambda *_given: handler)


QUICK = """\
providers: [{name: m, provider: mock}]
tests:
  - {name: One, prompt: Q, mock: A, assertions: [{type: contains, value: A}]}
  - {name: Two, prompt: Q, mock: A, assertions: [{type: contains, value: A}]}
"""
FILES = {".reports", "report.html", "report.md", "results.jsonl"}


def names(folder: str) -> set[str]:
    return {path.name for path in Path(folder).iterdir()}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (("--", "--nope"), 4),
        (("--", "-k", "nothing"), 5),
        (("--", "--arena-shard-limits=1"), 4),
        (("--format=nonsense",), 4),
    ],
)
@pytest.mark.usefixtures("one_node")
def test_a_refused_run_leaves_no_older_results(
    project: Project, given: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write(arena=QUICK)
    assert main(["ray", "--shards=2"]) == 0
    assert names("arena-report") == FILES
    assert main(["ray", "--shards=2", *given]) == code
    assert names("arena-report") - {".ray"} == {"previous"}
    assert names("arena-report/previous") == FILES
    told = "arena: nothing was run; the last whole run is in arena-report/previous\n"
    assert told in capsys.readouterr().err
    # as with plain runs, one of a part does not cost it, and a whole one does
    assert main(["ray", "--shards=1", "--", "-k", "One"]) == 0
    assert "this run left out 1 of 2 cells of the last whole one" in capsys.readouterr().out
    assert main(["ray", "--shards=2"]) == 0
    assert names("arena-report") == FILES


@pytest.mark.usefixtures("one_node")
def test_what_a_refused_run_was_to_be_compared_with_stays(project: Project) -> None:
    project.write(arena=QUICK)
    assert main(["ray", "--shards=1"]) == 0
    base = "arena-report/results.jsonl"
    assert main(["ray", "--shards=1", "--baseline", base, "--", "--nope"]) == 4
    assert main(["ray", "--shards=1", "--", f"--arena-baseline={base}", "--nope"]) == 4
    assert names("arena-report") - {".ray"} == FILES


def test_without_ray_the_extra_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["ray", "--shards=2"]) == 4
    assert capsys.readouterr().err == (
        "arena ray needs the package ray, which is not installed\n"
        "  fix: pip install 'pytest-arena[ray]'\n"
    )
    # what is there of an earlier run stays
    assert not Path("arena-report").exists()
