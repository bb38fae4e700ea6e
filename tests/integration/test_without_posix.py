"""A run where the parts of Python are missing that Windows does not have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from seen_results import seen_cells

WITHOUT = """\
import asyncio, os, select, signal, subprocess, sys, types

class Msvcrt(types.ModuleType):
    LK_NBLCK, LK_UNLCK = 2, 0
    def locking(self, file, mode, size):
        # what is locked is looked at elsewhere
        assert os.lseek(file, 0, os.SEEK_CUR) >= (1 << 30) - 1

for name in ("fcntl", "resource", "pwd", "grp", "termios", "tty"):
    sys.modules[name] = None
sys.modules["msvcrt"] = Msvcrt("msvcrt")
for module, names in (
    (os, "killpg getpgid setsid pread pwrite pidfd_open O_NONBLOCK O_CLOEXEC getuid geteuid"),
    (signal, "SIGKILL SIGHUP SIGUSR1"),
    (select, "poll"),
):
    for name in names.split():
        delattr(module, name)
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""
ARENA = """\
budget: {max_calls: 100}
providers:
  - {name: m, provider: mock, rate_limit: {requests_per_minute: 60000}}
  - {name: program, provider: exec, command: [cat]}
tests:
  - {name: Hello, prompt: Hi, mock: {m: Hello}, assertions: [{type: contains, value: hello}]}
"""
PLUGINS = "-p no:hypothesispytest -p no:cov -p no:timeout -p no:rerunfailures -p no:asyncio"


def test_cells_are_run_and_programs_say_that_they_are_not(tmp_path: Path) -> None:
    (tmp_path / "arena.yaml").write_text(ARENA)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\naddopts = {PLUGINS} -p no:faulthandler\n")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "--arena", "--capture=sys", "--arena-report=html,markdown"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, f"{done.stdout}\n{done.stderr}"
    cells = {
        id[-10:]: cell for id, cell in seen_cells(tmp_path / "arena-report/results.jsonl").items()
    }
    verdicts = sorted(cell["verdict"] for cell in cells.values())
    assert verdicts == ["error", "passed"], done.stdout
    assert "programs are not run on Windows; it works under WSL" in done.stdout
    assert "INTERNALERROR" not in done.stdout
