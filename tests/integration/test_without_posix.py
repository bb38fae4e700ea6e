"""A run where the parts of Python are missing that Windows does not have."""

from __future__ import annotations

import os
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
    (os, "fork register_at_fork mkfifo nice getpgrp setpgid sched_getaffinity"),
    (signal, "SIGKILL SIGHUP SIGUSR1 SIGALRM setitimer getitimer"),
    (select, "poll"),
):
    for name in names.split():
        delattr(module, name)

def moved(old, new, move=os.replace):
    # Windows moves no file that is open, nor onto one that is
    opened = {os.path.realpath(f"/proc/self/fd/{one}") for one in os.listdir("/proc/self/fd")}
    if {os.path.realpath(old), os.path.realpath(new)} & opened:
        raise PermissionError(13, "The process cannot access the file", str(old))
    move(old, new)

if os.path.isdir("/proc/self/fd"):
    os.replace = moved
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""
ARENA = """\
budget: {max_calls: 100}
providers:
  - {name: m, provider: mock, rate_limit: {requests_per_minute: 60000}}
  - {name: once, provider: exec, command: [cat]}
  - {name: kept, provider: exec, command: [python3, stays.py], persistent: true}
  - {name: own, provider: python, call: "own:answer"}
tests:
  - name: Hello
    prompt: Hello
    mock: {m: Hello}
    assertions:
      - {type: contains, value: hello}
      - {type: python, call: "own:greets"}
      - {type: python, call: "own:greets_in_time"}
"""
KEPT = """\
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps({"id": asked["id"], "output": asked["prompt"]}), flush=True)
"""
OWN = """\
async def answer(prompt):
    return prompt

def greets(output):
    return "Hello" in output

async def greets_in_time(output):
    return "Hello" in output
"""
PLUGINS = "-p no:hypothesispytest -p no:cov -p no:timeout -p no:rerunfailures -p no:asyncio"


def test_cells_are_run_programs_among_them(tmp_path: Path) -> None:
    (tmp_path / "arena.yaml").write_text(ARENA)
    (tmp_path / "stays.py").write_text(KEPT)
    (tmp_path / "own.py").write_text(OWN)
    # what ends a process and all that it started there
    ending = tmp_path / "bin" / "taskkill"
    ending.parent.mkdir()
    ending.write_text('#!/bin/sh\nkill -9 "$4" 2>/dev/null || true\n')
    ending.chmod(0o755)
    path = f"{ending.parent}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "pytest.ini").write_text(f"[pytest]\naddopts = {PLUGINS} -p no:faulthandler\n")
    updates = ("--arena-update-baseline",)
    # twice: the second baseline takes the first one's place
    for further in (updates, (*updates, "--arena-trials=2")):
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT, "--arena", "--capture=sys", *further],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    cells = seen_cells(tmp_path / "arena-report" / "results.jsonl").values()
    assert [cell["verdict"] for cell in cells] == ["passed"] * 4
    assert (tmp_path / ".arena" / "baseline.jsonl").exists()
