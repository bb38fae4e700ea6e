"""Locks between processes: those of POSIX, and those of Windows by a stand-in for `msvcrt`."""

from __future__ import annotations

import asyncio
import importlib
import os
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_arena.engine.calling import shared_state
from pytest_arena.errors import UsageError
from pytest_arena.recording.files import RecordingFile
from pytest_arena.results.journal import Journal, is_being_written
from pytest_arena.results.report_folder import ReportFolder
from pytest_arena.running import file_locks

fcntl = pytest.importorskip("fcntl")


class Msvcrt(ModuleType):
    """What Windows has: locks on bytes from where the file stands, never shared. Those of another
    open file of the same process count too, as with Linux's own kind."""

    LK_NBLCK, LK_UNLCK = 2, 0

    def locking(self, file: int, mode: int, size: int) -> None:
        # Linux wants a file that may be written for a lock of one's own, Windows does not
        own = fcntl.fcntl(file, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
        kind = fcntl.F_WRLCK if own else fcntl.F_RDLCK
        if mode == self.LK_UNLCK:
            kind = fcntl.F_UNLCK
        place = os.lseek(file, 0, os.SEEK_CUR)
        # struct flock of 64-bit Linux: type, whence, start, length, pid
        wanted = struct.pack("hhxxxxqqixxxx", kind, os.SEEK_SET, place, size, 0)
        fcntl.fcntl(file, 37, wanted)  # F_OFD_SETLK


@pytest.fixture(params=["posix", "windows"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "windows":
        monkeypatch.setattr(file_locks, "_fcntl", None)
        monkeypatch.setattr(file_locks, "_msvcrt", Msvcrt("msvcrt"))
        monkeypatch.delattr(os, "pread")
        monkeypatch.delattr(os, "pwrite")
    return str(request.param)


def test_a_journal_tells_that_it_is_being_written(system: str, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl", lock=True)
    journal.append("one")
    journal.append("two")
    assert is_being_written(journal.path)
    assert journal.path.read_bytes() == b"one\ntwo\n"
    journal.close()
    assert not is_being_written(journal.path)


def test_a_folder_is_one_runs_alone(system: str, tmp_path: Path) -> None:
    first, second = (ReportFolder(tmp_path / "r", tmp_path) for _ in range(2))
    first.claim()
    first.claim()
    with pytest.raises(UsageError, match="another run is writing to"):
        second.claim()
    (tmp_path / "r" / "kept").write_text("")
    first.release()
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == [".gitignore", "kept"]
    second.claim()
    second.release()


def test_a_folder_in_which_nothing_was_written_goes(system: str, tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path / "r", tmp_path)
    folder.claim()
    folder.release()
    assert not (tmp_path / "r").exists()


def test_recordings_are_merged(system: str, tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    file = RecordingFile(tmp_path, "recordings/a.jsonl")
    shard = file.new_shard()
    entry = (
        '{"key": "k", "format": 1, "request": {"provider": "openai", "host": "", "model": "m", '
        '"messages": [], "params": {}, "trial": 0}, "response": {"output": "A"}}'
    )
    shard.append(entry)
    file.merge()
    # it may grow still
    assert not file.exists()
    shard.close()
    file.merge()
    assert list(file.entries()) == ["k"]
    assert [path.name for path in (tmp_path / "recordings").iterdir()] == ["a.jsonl"]


def test_processes_share_a_table(system: str, tmp_path: Path) -> None:
    one, two = (shared_state.FileSharedTable(tmp_path / "t") for _ in range(2))
    two._process = one._process + 1

    async def change() -> None:
        await one.change(lambda: one.write("calls", 1, (1.0, 2.0)))
        await two.change(lambda: two.write("calls", 2, (3.0,)))

    asyncio.run(change())
    one.write("calls", 1, (5.0,))
    rows = two.rows("calls")
    assert {owner: numbers[:2] for owner, numbers in rows.items()} == {1: (5.0, 0.0), 2: (3.0, 0.0)}
    one.close()
    two.close()


def test_a_process_that_died_is_known(tmp_path: Path) -> None:
    table = shared_state.FileSharedTable(tmp_path / "t")
    code = (
        "import sys, os; from pathlib import Path;"
        "from pytest_arena.engine.calling.shared_state import FileSharedTable;"
        "table = FileSharedTable(Path(sys.argv[1])); print(os.getpid(), flush=True); input()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "t")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    number = int(other.stdout.readline())
    assert table.lives(number)
    other.communicate("\n")
    assert not table.lives(number)
    table.close()


def test_it_is_imported_where_there_is_no_fcntl(monkeypatch: pytest.MonkeyPatch) -> None:
    fake: Any = Msvcrt("msvcrt")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "fcntl", None)
        patch.setitem(sys.modules, "msvcrt", fake)
        importlib.reload(file_locks)
        assert (file_locks._fcntl, file_locks._msvcrt) == (None, fake)
    importlib.reload(file_locks)
    assert file_locks._fcntl is fcntl
