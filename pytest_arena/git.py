"""Git, as the command that people have: the one place that runs it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from pytest_arena.environment import copied


def run_git(
    folder: Path, *arguments: str, longest_s: float, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder and return what it said, in English.

    `given` is its input. Where there is no git this is an `OSError`, where it takes too long a
    `subprocess.TimeoutExpired`. Who takes an argument from elsewhere keeps it from being read as an
    option.
    """
    # git is looked up on PATH, as a person would do it
    return subprocess.run(  # noqa: S603
        ["git", *arguments],  # noqa: S607
        cwd=folder,
        input=given,
        capture_output=True,
        timeout=longest_s,
        env={**copied(os.environ), "LC_ALL": "C"},
        check=False,
    )
