"""The facts of a run: when, of which commit, with which versions."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from pytest_arena.git import run_git

_LONGEST_GIT_S = 5.0
_VERSION = re.compile(r"^Version: *(\S+)", re.MULTILINE)


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def git_facts(folder: Path) -> Mapping[str, Any]:
    """Return commit, branch and whether tracked files differ from it; nothing outside git."""
    try:
        commit, branch = _git(folder, "rev-parse", "HEAD", "--abbrev-ref", "HEAD").split()
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError, ValueError):
        # no git, no repository, no commit yet: facts that a run need not have
        return {}
    return {"commit": commit, "branch": branch, "dirty": bool(changed.strip())}


def versions() -> Mapping[str, str]:
    """Return the versions of what decides over a run's answers."""
    found = {"python": platform.python_version()}
    for package in ("pytest", "pytest-xdist", "litellm", "openai"):
        try:
            found[package] = _version(package)
        except PackageNotFoundError:
            continue
    return found


def _version(package: str) -> str:
    """Return a package's version; from a line of its metadata, since most of them hold a whole
    README, which `importlib.metadata` would read as an e-mail."""
    known = distribution(package)
    line = _VERSION.search(known.read_text("METADATA") or "")
    return line[1] if line else known.version


def _git(folder: Path, *arguments: str) -> str:
    done = run_git(folder, *arguments, longest_s=_LONGEST_GIT_S)
    done.check_returncode()
    return done.stdout.decode("utf-8", "replace")
