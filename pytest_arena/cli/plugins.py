"""The registry of the `arena` command: what ships, and the plug-ins named by `-p`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.errors import Problem, UsageError

if TYPE_CHECKING:
    from pytest_arena.registry import Registry


def add_option(parser: ArgumentParser) -> None:
    """Add `-p MODULE` to a subcommand."""
    parser.add_argument(
        "-p",
        dest="plugins",
        metavar="MODULE",
        action="append",
        default=[],
        help="a module with pytest_arena_register, for example conftest; repeatable",
    )


def make_registry(
    plugins: Sequence[str], files: Mapping[Path, Sequence[Path]] | None = None
) -> Registry:
    """Return a registry with what ships and what the modules register, and with what the conftest
    files register that pytest would load for these files, by root directory.

    Modules are found as Python finds them, and in the working directory. Raises `UsageError` for
    one that cannot be imported or registers nothing.
    """
    from pytest_arena.builtins import register
    from pytest_arena.registry import Registry

    registry = Registry()
    register(registry)
    here = str(Path.cwd())
    if plugins and here not in sys.path:
        sys.path.insert(0, here)
    for name in plugins:
        try:
            module = import_module(name)
        except ImportError as error:
            problem = Problem(
                f"plug-in {name!r} cannot be imported: {error}",
                expected="a module that Python finds, or one in the working directory",
                fix="mend the name after -p",
            )
            raise UsageError(problem) from None
        hook = getattr(module, "pytest_arena_register", None)
        if hook is None:
            problem = Problem(
                f"plug-in {name!r} registers nothing",
                expected="a function pytest_arena_register(registry)",
                fix="write it, or leave -p out",
            )
            raise UsageError(problem)
        hook(registry)
    if files:
        from pytest_arena.conftests import load_conftests, register_plugins

        for root, below in files.items():
            register_plugins(load_conftests(below, root), registry)
    return registry
