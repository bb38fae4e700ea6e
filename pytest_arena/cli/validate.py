"""`arena validate`: all problems of arena files, without a call."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.cli import plugins
from pytest_arena.errors import ArenaFileError, Problem, UsageError, UserError
from pytest_arena.options import FILE_PATTERNS, Settings

if TYPE_CHECKING:
    from pytest_arena.loading.plans import Arena
    from pytest_arena.registry import Registry

_ROOT_MARKS = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg", ".git")
_NOT_LOOKED_INTO = frozenset({"node_modules", "venv", "build", "dist", "__pycache__"})


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "validate", help="show all problems of arena files, without a call"
    )
    parser.add_argument("paths", nargs="*", type=Path, help="files or folders (default: .)")
    parser.add_argument(
        "--root",
        type=Path,
        help="the root directory (default: the nearest with a pytest or project file)",
    )
    parser.add_argument(
        "--estimate",
        action="store_true",
        help="show what a run would take: calls, tokens, dollars, minutes",
    )
    parser.add_argument(
        "--concurrency",
        type=int,
        metavar="N",
        help=f"with --estimate: calls in flight at once (default {Settings.concurrency})",
    )
    parser.add_argument(
        "--trials", type=int, metavar="N", help="with --estimate: trials per cell, as in a run"
    )
    plugins.add_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the problems of all files; return 1 if there are any."""
    _check(arguments)
    files = list(dict.fromkeys(_arena_files(arguments.paths or [Path()])))
    by_root: dict[Path, list[Path]] = {}
    for file in files:
        root = arguments.root.resolve() if arguments.root else root_of(file)
        by_root.setdefault(root, []).append(file)
    registry = plugins.make_registry(arguments.plugins, by_root)
    problems = 0
    arenas: list[Arena] = []
    for root, below in by_root.items():
        for file in below:
            found, arena = _validate(file, root, registry)
            problems += found
            arenas += [arena] if arena is not None else []
    if problems:
        sys.stdout.write(f"{_count(problems, 'problem')} in {_count(len(files), 'arena file')}\n")
        return 1
    cells = sum(len(arena.cells) for arena in arenas)
    sys.stdout.write(f"{_count(len(files), 'arena file')}, {_count(cells, 'cell')}: no problems\n")
    if arguments.estimate:
        from pytest_arena.cli.estimate import estimate_lines

        lines = estimate_lines(
            arenas,
            registry,
            concurrency=arguments.concurrency or Settings.concurrency,
            trials=arguments.trials,
        )
        sys.stdout.write("\n".join(["", *lines, ""]))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    for name in ("concurrency", "trials"):
        given = getattr(arguments, name)
        if given is not None and not arguments.estimate:
            fix = "give --estimate, too"
            raise UsageError(Problem(f"--{name} changes the estimate alone", fix=fix))
        if given is not None and given < 1:
            raise UsageError(
                Problem(
                    f"--{name}: {given} is not a number of at least 1",
                    fix=f"give a whole number, as in --{name}=4",
                )
            )


def _validate(file: Path, root: Path, registry: Registry) -> tuple[int, Arena | None]:
    """Print one file's problems; return their number, and the arena where there are none."""
    from pytest_arena.engine.provider_factory import configuration_problems, retirement_notes
    from pytest_arena.loading import load_arena

    try:
        arena = load_arena(file, root=root, registry=registry)
    except ArenaFileError as error:
        sys.stdout.write(f"{error}\n")
        return len(error.problems), None
    called = [*(plan.provider for plan in arena.cells), *arena.judges]
    found = configuration_problems(registry, called, os.environ)
    if found:
        sys.stdout.write(f"{UserError(found)}\n")
        return len(found), None
    if arena.refused:
        sys.stdout.write(f"{UserError(arena.refused)}\n")
    for warning in (*arena.warnings, *retirement_notes(registry, called)):
        sys.stdout.write(f"warning: {warning}\n")
    return len(arena.refused), arena


def _arena_files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(_search(path))
            if not found:
                raise UsageError(
                    Problem(
                        f"no arena files in {str(path)!r}",
                        expected=f"files named {', '.join(FILE_PATTERNS)}",
                        fix="name a file, or run arena init for a first arena",
                    )
                )
            yield from (file.resolve() for file in found)
        elif path.exists():
            yield path.resolve()
        else:
            raise UsageError(
                Problem(f"{str(path)!r} does not exist", expected="an arena file or a folder")
            )


def _search(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            if not entry.name.startswith(".") and entry.name not in _NOT_LOOKED_INTO:
                yield from _search(entry)
        elif any(fnmatch(entry.name, pattern) for pattern in FILE_PATTERNS):
            yield entry


def root_of(file: Path) -> Path:
    """Return the root directory of an arena file: the nearest with a pytest or project file."""
    for folder in file.parents:
        if any((folder / mark).exists() for mark in _ROOT_MARKS):
            return folder
    here = Path.cwd()
    return here if file.is_relative_to(here) else file.parent


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
