"""A program and its guard: pipes that fill up, children that stay, parents that die."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from survival import is_alive, wait_until

from pytest_arena.running import program as program_module
from pytest_arena.running.open_files import PATIENCE_S
from pytest_arena.running.pipes import ThreadedPipes
from pytest_arena.running.process_guard import ProcessGuard
from pytest_arena.running.program import Program, ProgramFailed

ECHO = "import sys\nfor line in sys.stdin: sys.stdout.write(line); sys.stdout.flush()"


@pytest.fixture
def guard() -> Iterator[ProcessGuard]:
    found = ProcessGuard()
    yield found
    found.stop_if_idle()
    assert not found._groups


@pytest.fixture(params=["pidfd", "polling", "threads"])
def ways_to_end(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux tells of a process's end by a file; macOS has to be asked, and Windows waits for
    several pipes by threads alone."""
    if request.param != "pidfd":
        monkeypatch.setattr(program_module, "_exit_file", lambda _pid: None)
    if request.param == "threads":
        monkeypatch.setattr(program_module, "pipes_of", ThreadedPipes)


def started(guard: ProcessGuard, *command: str) -> Program:
    return Program(command, Path(), os.environ, guard)


@pytest.mark.usefixtures("ways_to_end")
def test_writing_and_reading_never_wait_for_each_other(guard: ProcessGuard) -> None:
    given = b"".join(b"%d %s\n" % (number, b"x" * 1000) for number in range(2_000))
    assert started(guard, "cat").output_of(given) == given
    echo = started(guard, sys.executable, "-S", "-c", ECHO)
    line = b"y" * 1_000_000
    assert [echo.line_after(line + b"\n") for _ in range(2)] == [line, line]
    echo.finish()


@pytest.mark.usefixtures("ways_to_end")
def test_what_is_left_unread_by_an_answer_is_written_before_the_next_line(
    guard: ProcessGuard,
) -> None:
    script = (
        "import os, sys; os.read(0, 5); print('hello', flush=True); "
        "print(len(sys.stdin.readline()), flush=True); print(sys.stdin.readline(), end='')"
    )
    program = started(guard, sys.executable, "-S", "-c", script)
    assert program.line_after(b"12345" + b"x" * 500_000 + b"\n") == b"hello"
    assert program.line_after(b"next\n") == b"500001"
    assert program.line_after(b"") == b"next"
    program.finish()


@pytest.mark.usefixtures("ways_to_end")
def test_what_a_program_leaves_running_is_killed_and_holds_nothing_up(
    guard: ProcessGuard, tmp_path: Path
) -> None:
    script = "sleep 600 & echo $! > $0; echo hello"
    assert started(guard, "sh", "-c", script, str(tmp_path / "pid")).output_of(b"") == b"hello\n"
    (tmp_path / "output").touch()
    wait_until(lambda: not is_alive(int((tmp_path / "pid").read_text())), tmp_path)


@pytest.mark.usefixtures("ways_to_end")
def test_a_killed_program_tells_whoever_waits_for_it(guard: ProcessGuard) -> None:
    program = started(guard, "sleep", "600")
    threading.Timer(0.05, program.kill).start()
    with pytest.raises(ProgramFailed, match="was ended by SIGKILL"):
        program.output_of(b"")


@pytest.mark.usefixtures("ways_to_end")
def test_a_time_limit_ends_the_wait_for_a_line(guard: ProcessGuard) -> None:
    program = started(guard, "sleep", "600")
    with pytest.raises(TimeoutError):
        program.line_after(b"", 0.01)
    program.wait(0.01)
    assert not program.has_ended
    program.finish()
    assert program.has_ended


def test_a_guard_that_was_killed_is_started_again(guard: ProcessGuard, tmp_path: Path) -> None:
    first = started(guard, "sleep", "600")
    assert guard._process is not None
    guard._process.kill()
    guard._process.wait()
    second = started(guard, "sleep", "600")
    pids = [program._process.pid for program in (first, second)]
    assert guard._process.stdin is not None
    guard._process.stdin.close()
    (tmp_path / "output").touch()
    wait_until(lambda: not any(map(is_alive, pids)), tmp_path)
    guard._process.wait()
    guard._process = None
    assert [first.finish(), second.finish()] == [-signal.SIGKILL, -signal.SIGKILL]


HOLDER = """
import os, sys, threading
from pathlib import Path
from pytest_arena.running.process_guard import ProcessGuard
from pytest_arena.running.program import Program

guard = ProcessGuard()
program = Program(["sleep", "600"], Path(), os.environ, guard)
if os.fork() == 0:
    # a copy that holds the guard's pipe open
    threading.Event().wait(30)
    os._exit(0)
print(program._process.pid, flush=True)
threading.Event().wait()
"""


def test_programs_end_with_a_process_that_is_killed_though_a_copy_of_it_lives(
    tmp_path: Path,
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert holder.stdout is not None
    pid = int(holder.stdout.readline())
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    (tmp_path / "output").touch()
    wait_until(lambda: not is_alive(pid), tmp_path)
    os.killpg(holder.pid, signal.SIGKILL)
    holder.stdout.close()


KILLED_AMID_A_START = """
import os, signal, sys
from pathlib import Path
from pytest_arena.running.process_guard import ProcessGuard
from pytest_arena.running.program import Program

class Guard(ProcessGuard):
    def add(self, group):
        print(group, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

guard = Guard()
if sys.argv[1:]:
    # as one that is told anew of what it has to know
    tell = guard._tell

    def after_its_death(line):
        tell(line)
        guard._process.kill()
        guard._process.wait()
        tell(line)

    guard._tell = after_its_death
Program(["sleep", "600"], Path(), os.environ, guard)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux shows whose pipe it is")
@pytest.mark.parametrize("options", [(), ("again",)], ids=["guard", "guard-started-again"])
def test_a_program_whose_number_is_not_known_yet_ends_with_a_process_that_is_killed(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    command = [sys.executable, "-c", KILLED_AMID_A_START, *options]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (killed.returncode, killed.stderr) == (-signal.SIGKILL, "")
    (tmp_path / "output").touch()
    wait_until(lambda: not is_alive(int(killed.stdout)), tmp_path)


@pytest.mark.parametrize("command", [("no-such-program",), (sys.executable, "-c", "")])
def test_a_start_leaves_no_file_open_and_nothing_that_is_waited_for(
    guard: ProcessGuard, command: tuple[str, ...]
) -> None:
    started(guard, sys.executable, "-c", "").finish()
    before = len(os.listdir("/dev/fd"))
    with suppress(OSError):
        started(guard, *command).finish()
    assert len(os.listdir("/dev/fd")) == before
    assert not guard._starting


def test_what_was_waited_for_in_vain_is_not_waited_for_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, guard: ProcessGuard
) -> None:
    waits: list[float] = []
    short = OSError(errno.EMFILE, "Too many open files")

    def patiently(action: Callable[[], object], longest_s: float) -> object:
        waits.append(longest_s)
        return action()

    def started(*_: object) -> object:
        raise short

    monkeypatch.setattr(program_module, "patiently", patiently)
    with monkeypatch.context() as patched:
        patched.setattr(program_module, "_started", started)
        for _ in range(2):
            with pytest.raises(OSError, match="Too many"):
                Program(["sleep", "9"], tmp_path, os.environ, guard)
    for _ in range(2):
        Program([sys.executable, "-c", ""], tmp_path, os.environ, guard).finish()
    assert waits == [PATIENCE_S, 0.0, 0.0, PATIENCE_S]
