"""Which results files the command line names: files, folders and patterns of them."""

from __future__ import annotations

import argparse
import atexit
import os
import re
from collections.abc import Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path, PurePosixPath
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, NamedTuple

from pytest_arena.errors import Problem, UsageError, UserError
from pytest_arena.object_store import (
    JOURNAL,
    ObjectFolder,
    is_url,
    local_copy,
    shown_url,
    unreachable,
)

if TYPE_CHECKING:
    from pytest_arena.results.reading import ResultsFile

_ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".7z")
_OF_VOLUMES = "lost+found"
"""A folder at the root of ext4 volumes, which only root can read."""
_EXPECTED = "results.jsonl files that `pytest --arena` wrote, or folders with them"


class NamedFile(NamedTuple):
    """A results file here, and what messages call it: its path, or the URL that it is a copy of."""

    path: Path
    name: str


def add_argument(parser: argparse.ArgumentParser, metavar: str) -> None:
    """Add the results files to a subcommand."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar=metavar,
        help="results files, folders (each *.jsonl below them), URLs as s3://… or patterns like "
        "'shards/*.jsonl'",
    )


def read_all(paths: Sequence[str]) -> list[ResultsFile]:
    """Read every results file that the arguments name; all that cannot be read are told at once."""
    from pytest_arena.results.reading import read_results

    files: list[ResultsFile] = []
    problems: list[Problem] = []
    for path, name in find(paths):
        try:
            files.append(read_results(path, name))
        except UserError as error:
            problems += error.problems
    if problems:
        raise UsageError(problems)
    return files


def find(paths: Sequence[str]) -> list[NamedFile]:
    """Return the files that the arguments name, each once, in their order; numbers count."""
    found: dict[str, NamedFile] = {}
    for given in paths:
        try:
            for file in _copies(given) if is_url(given) else _named(given):
                found.setdefault(os.path.realpath(file.path), file)
        except OSError as error:
            # as of a folder that is another user's
            what = f"cannot read {error.filename}: {error.strerror}"
            raise UsageError(Problem(what, expected=_EXPECTED)) from error
    return list(found.values())


def missing_shards(files: Sequence[str], expected: int) -> str | None:
    """Return in words which of so many shards are missing, by the number in their names."""
    if len(files) >= expected:
        return None
    said = f"{len(files)} of {expected} shards were given"
    numbers = _numbers(files)
    if numbers is None:
        return f"{said}: {', '.join(files)}"
    before, after, known = numbers
    first = 0 if 0 in known else 1
    lost = [number for number in range(first, first + expected) if number not in known]
    if len(lost) != expected - len(files):
        return f"{said}: {', '.join(files)}"
    names = [f"{before}{number}{after}" for number in lost]
    return f"{said}: {', '.join(names)} {'is' if len(names) == 1 else 'are'} missing"


def _named(given: str) -> Iterator[NamedFile]:
    path = Path(given)
    if path.is_dir():
        found = sorted(_below(path), key=_natural)
        if not found:
            raise _nothing_in(given)
        yield from (NamedFile(one, str(one)) for one in found)
    elif has_magic(given) and not path.exists():
        matches = sorted(map(Path, glob(given, recursive=True)), key=_natural)
        if not matches:
            raise UsageError(Problem(f"no file matches {given!r}", expected=_EXPECTED))
        for match in matches:
            yield from _named(str(match)) if match.is_dir() else [NamedFile(match, str(match))]
    else:
        yield NamedFile(path, str(path))


def _copies(url: str) -> Iterator[NamedFile]:
    """Give copies of the results files of a folder in an object store, or of one file there."""
    shown = shown_url(url).rstrip("/")
    target = Path(mkdtemp(prefix="arena-"))
    atexit.register(rmtree, target, ignore_errors=True)
    if shown.endswith(".jsonl"):
        yield NamedFile(local_copy(url, target / shown.rpartition("/")[2], "results"), shown)
        return
    try:
        found = _fetched(ObjectFolder(url, "results"), target)
    except OSError as error:
        raise UsageError(unreachable("results", error)) from error
    if not found:
        raise _nothing_in(shown)
    for path in sorted(found, key=_natural):
        yield NamedFile(path, f"{shown}/{path.relative_to(target).as_posix()}")


def _fetched(store: ObjectFolder, target: Path) -> set[Path]:
    """Copy the results files of a folder, and return the copies; an archive is refused.

    What a killed run left there in pieces is one file without an end.
    """
    from pytest_arena.places import PREVIOUS, RESULTS

    found = set()
    for name in store.names():
        parts = PurePosixPath(name).parts
        path = target.joinpath(*parts)
        if PREVIOUS in parts or _OF_VOLUMES in parts:
            continue
        if JOURNAL in parts and name.endswith(".jsonl"):
            path = target.joinpath(*parts[: parts.index(JOURNAL)], RESULTS)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.write(store.read(name))
        elif any(part.startswith(".") for part in parts):
            continue
        elif path.suffix in _ARCHIVES:
            raise _archive(f"{store.url}/{name}")
        elif path.suffix == ".jsonl":
            store.fetch(name, path)
        else:
            continue
        found.add(path)
    return found


def _nothing_in(folder: str) -> UsageError:
    return UsageError(Problem(f"no *.jsonl file in {folder!r}", expected=_EXPECTED))


def _archive(name: str) -> UsageError:
    return UsageError(
        Problem(
            f"{name!r} is an archive",
            expected=_EXPECTED,
            fix="unpack it, or move it out of the folder",
        )
    )


def _below(folder: Path) -> Iterator[Path]:
    """Give the *.jsonl files below a folder; an archive there is refused, not passed over.

    In a run's own folder the run before, which is kept there, is no other shard; nor is what a
    volume keeps at its root.
    """
    from pytest_arena.places import PREVIOUS, RESULTS

    for entry in sorted(folder.iterdir()):
        is_previous = entry.name == PREVIOUS and (folder / RESULTS).exists()
        if entry.name.startswith(".") or entry.name == _OF_VOLUMES or is_previous:
            continue
        if entry.suffix in _ARCHIVES:
            raise _archive(str(entry))
        if entry.is_symlink():
            # what another job sent may point anywhere
            if entry.suffix == ".jsonl" or entry.is_dir():
                problem = Problem(
                    f"{str(entry)!r} is a symbolic link",
                    expected="files and folders of their own",
                    fix="name the file it stands for, or move it out of the folder",
                )
                raise UsageError(problem)
        elif entry.is_dir():
            yield from _below(entry)
        elif entry.suffix == ".jsonl":
            yield entry


def _natural(path: Path) -> list[tuple[bool, int, str]]:
    """Sort `shard-10` behind `shard-2`."""
    parts = re.split(r"(\d+)", str(path).replace(os.sep, "\x00"))
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _numbers(names: Sequence[str]) -> tuple[str, str, set[int]] | None:
    """Return what stands before and after the one number in which the names differ."""
    split = [re.split(r"(\d+)", name) for name in names]
    if not split or len({len(parts) for parts in split}) > 1:
        return None
    varying = [i for i in range(len(split[0])) if len({parts[i] for parts in split}) > 1]
    if len(names) == 1:
        varying = list(range(1, len(split[0]), 2))
    if len(varying) != 1 or varying[0] % 2 == 0:
        return None
    at = varying[0]
    first = split[0]
    return "".join(first[:at]), "".join(first[at + 1 :]), {int(parts[at]) for parts in split}
