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
  - {name: once, provider: exec, command: [cat]}
  - {name: kept, provider: exec, command: [python3, kept.py], persistent: true}
tests:
  - {name: Hello, prompt: Hello, mock: {m: Hello}, assertions: [{type: contains, value: hello}]}
"""
KEPT = """\
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps({"id": asked["id"], "output": asked["prompt"]}), flush=True)
"""
PLUGINS = "-p no:hypothesispytest -p no:cov -p no:timeout -p no:rerunfailures -p no:asyncio"


def test_cells_are_run_programs_among_them(tmp_path: Path) -> None:
    (tmp_path / "arena.yaml").write_text(ARENA)
    (tmp_path / "kept.py").write_text(KEPT)
    # what ends a process and all that it started there
    ending = tmp_path / "bin" / "taskkill"
    ending.parent.mkdir()
    ending.write_text('#!/bin/sh\nkill -9 "$4" 2>/dev/null || true\n')
    ending.chmod(0o755)
    path = f"{ending.parent}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "pytest.ini").write_text(f"[pytest]\naddopts = {PLUGINS} -p no:faulthandler\n")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "--arena", "--capture=sys", "--arena-report=html,markdown"],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    cells = seen_cells(tmp_path / "arena-report" / "results.jsonl").values()
    assert [cell["verdict"] for cell in cells] == ["passed"] * 3
