"""Where a baseline comes from: a baseline file, a results file, or either of them in git."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from errno import EINVAL
from pathlib import Path
from tempfile import TemporaryDirectory

from pytest_arena.comparison.baseline.file import first_line, is_baseline, parse_baseline
from pytest_arena.comparison.baseline.model import Baseline
from pytest_arena.comparison.baseline.summarize import baseline_of
from pytest_arena.errors import Problem, UsageError, UserError, shorten
from pytest_arena.git import run_git
from pytest_arena.object_store import is_url, shown_url
from pytest_arena.results import read_run

_GIT = "git:"
_MERGE_BASE = re.compile(r"merge-base\((?P<branch>[^)]+)\)")
_PLACE = re.compile(r"(?P<revision>merge-base\([^)]*\)|[^:]*):(?P<path>.*)", re.DOTALL)
_LONGEST_GIT_S = 60.0


def read_baseline(reference: str, folder: Path) -> Baseline:
    """Read the baseline that a reference names; relative paths start from `folder`.

    A reference is a baseline file, a `results.jsonl`, `git:REV:PATH` or
    `git:merge-base(BRANCH):PATH` (the commit where this branch left another one). What cannot be
    found or read is a `UsageError`, and so is a URL; a missing file, or an empty one, is a
    `MissingBaselineError`.
    """
    if is_url(reference):
        raise UsageError(
            Problem(
                f"the baseline {shown_url(reference)} is a URL, and not read from there",
                expected="a baseline file, a results.jsonl, or git:REV:PATH",
                fix="copy it here before the run, and name the copy",
            )
        )
    if not reference.startswith(_GIT):
        return _read(_file_of(reference, folder), reference)
    with TemporaryDirectory(prefix="arena-baseline-") as temporary:
        path = Path(temporary) / "results.jsonl"
        path.write_bytes(_from_git(reference, folder))
        return _read(path, reference)


def _read(path: Path, reference: str) -> Baseline:
    """Read a file of either kind; problems name the reference."""
    # a results file may be large, and is read line by line
    first = first_line(path)
    if not first:
        raise MissingBaselineError(
            Problem(
                f"the baseline {reference} is empty",
                expected="a baseline or a results.jsonl",
                fix="write it with `pytest --arena --arena-update-baseline`",
            )
        )
    if is_baseline(first):
        return parse_baseline(path.read_bytes(), reference)
    try:
        return baseline_of(read_run(path), name=reference)
    except UserError as error:
        raise UsageError(_named(p, str(path), reference) for p in error.problems) from error


class MissingBaselineError(UsageError):
    """There is no baseline yet, or an empty one, which a first run may be allowed to go without."""


def files_at(revision: str, folder: Path) -> bytes:
    """Return all files under a folder as they were at a revision, as a tar archive.

    The revision may be `merge-base(BRANCH)`.
    """
    reference = _GIT + revision
    _check_repository(reference, folder)
    commit = _commit_of(reference, revision, folder)
    done = _git(folder, "archive", "--format=tar", commit)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise UsageError(
            Problem(
                f"{reference}: git cannot read the files there: {shorten(said)}",
                expected="a revision whose files this clone has",
                fix=f"fetch it first: git fetch origin {shorten(revision)}",
            )
        )
    return done.stdout


def _named(problem: Problem, path: str, reference: str) -> Problem:
    place = problem.place
    if place is not None and place.file == path:
        place = replace(place, file=reference)
    return replace(
        problem,
        what=problem.what.replace(path, reference),
        place=place,
        expected=problem.expected or "a baseline file or a results.jsonl",
        fix=problem.fix or "settle a merge conflict in it, or restore it from git",
    )


def _file_of(reference: str, folder: Path) -> Path:
    """Return the file that a reference names, which can be read."""
    path = folder / reference
    try:
        if path.exists() and not path.is_file():
            # a pipe would never end
            raise OSError(EINVAL, "not a regular file")
        path.open("rb").close()
        return path
    except FileNotFoundError as error:
        raise MissingBaselineError(
            Problem(
                f"there is no baseline {reference}",
                expected="a baseline file, a results.jsonl, or git:REV:PATH",
                fix="write it with `pytest --arena --arena-update-baseline`, or go without it "
                "once with --arena-baseline-missing=warn",
            )
        ) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            Problem(
                f"the baseline {reference} cannot be read: {reason}",
                expected="a baseline file, a results.jsonl, or git:REV:PATH",
                fix="name a file that can be read",
            )
        ) from error


def _from_git(reference: str, folder: Path) -> bytes:
    place = _PLACE.fullmatch(reference.removeprefix(_GIT))
    revision, path = (place["revision"], place["path"]) if place else ("", "")
    if not path or revision in ("", "merge-base()"):
        raise UsageError(
            Problem(
                f"bad baseline {shorten(reference)!r}",
                expected="git:REV:PATH or git:merge-base(BRANCH):PATH",
                fix="write it like git:main:.arena/baseline.jsonl",
            )
        )
    _check_repository(reference, folder)
    return _blob(reference, revision, _commit_of(reference, revision, folder), path, folder)


def _commit_of(reference: str, revision: str, folder: Path) -> str:
    match = _MERGE_BASE.fullmatch(revision)
    if match is None:
        return _branch(reference, revision, folder)
    return _merge_base(reference, match["branch"], _branch(reference, "HEAD", folder), folder)


def _check_repository(reference: str, folder: Path) -> None:
    done = _git(folder, "rev-parse", "--git-dir")
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode and "not a git repository" not in said:
        raise UsageError(
            Problem(
                f"baseline {reference}: git refuses {folder}: {shorten(' '.join(said.split()))}",
                expected="a repository that git can read",
                fix="try `git status` there",
            )
        )
    if done.returncode:
        raise UsageError(
            Problem(
                f"baseline {reference}: {folder} is in no git repository",
                expected="a git repository that has the revision",
                fix="run pytest inside the repository, or name a file as the baseline",
            )
        )


class _UnknownRevisionError(Exception):
    """A revision that git does not know."""


def _commit(reference: str, revision: str, folder: Path) -> str:
    # --end-of-options: a revision that begins with - must not become an option
    wanted = ("--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    done = _git(folder, "rev-parse", *wanted)
    found = done.stdout.decode(errors="replace").split()
    if done.returncode or not found:
        raise _UnknownRevisionError
    return found[-1]


def _merge_base(reference: str, branch: str, head: str, folder: Path) -> str:
    other = _branch(reference, branch, folder)
    done = _git(folder, "merge-base", head, other)
    found = done.stdout.decode(errors="replace").split()
    if done.returncode or not found:
        shallow = _git(folder, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
        deepen = "git fetch --unshallow origin"
        fix = f"fetch the whole history: {deepen} (in GitHub Actions: fetch-depth: 0)"
        if not shallow:
            fix = "name a branch that this one comes from"
        raise UsageError(
            Problem(
                f"baseline {reference}: this branch and {branch!r} have no common commit",
                expected="a clone that goes back to where the branches parted",
                fix=fix,
            )
        )
    return found[0]


def _branch(reference: str, branch: str, folder: Path) -> str:
    """Return the commit of a branch, which a clone of CI may know as its remote's alone."""
    for name in (branch, f"origin/{branch}"):
        try:
            return _commit(reference, name, folder)
        except _UnknownRevisionError:
            continue
    known = shorten(branch.removeprefix("origin/"))
    raise UsageError(
        Problem(
            f"baseline {reference}: git knows no revision {shorten(branch)!r}",
            expected="a branch, tag or commit that this clone has",
            fix=f"fetch it first: git fetch origin {known}:refs/remotes/origin/{known}",
        )
    )


def _blob(reference: str, revision: str, commit: str, path: str, folder: Path) -> bytes:
    # ./ makes the path relative to the folder, as all other paths are
    rooted = f"{commit}:./{path.removeprefix('./')}"
    done = _git(folder, "cat-file", "blob", rooted)
    if done.returncode == 0:
        return done.stdout
    raise MissingBaselineError(
        Problem(
            f"baseline {reference}: {revision} (commit {commit[:12]}) has no file {path}",
            expected=f"a path relative to {folder}",
            fix="commit the baseline there first, or go without it once with "
            "--arena-baseline-missing=warn",
        )
    )


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return run_git(folder, *arguments, longest_s=_LONGEST_GIT_S)
    except FileNotFoundError as error:
        raise UsageError(
            Problem(
                "a baseline in git needs the git command, which is not on the PATH",
                expected="git, or a file as the baseline",
                fix="install git, or check the file out and name it",
            )
        ) from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(
            Problem(
                f"git gave no answer within {_LONGEST_GIT_S:g} s: git {arguments[0]}",
                expected="a repository that answers",
                fix="try the same command by hand, or name a file as the baseline",
            )
        ) from error
