"""The function that `call:` names: where it is looked for, and whether this process can have it."""

from __future__ import annotations

import sys
import sysconfig
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pytest_arena.references import UnresolvedError, file_of, resolve

_PLACING = threading.Lock()
_NO_MODULES = frozenset({"conftest", "setup"}) | sys.stdlib_module_names


def find_function(call: str, root: Path, folders: Sequence[Path]) -> Callable[..., Any]:
    """Return the function of `module:function` or `module:Class.method`, with its module imported.

    The folders stay on the path, for what the function imports later. Raises `UnresolvedError`,
    also where other modules of the same names are there already, as of another version: they would
    be mixed up in one process.
    """
    with _PLACING:
        taken = _taken(folders)
        if taken is not None:
            raise UnresolvedError(
                f"{call} cannot be imported here: another module {taken!r} is there already\n"
                "  expected: modules whose names this process has from one place alone\n"
                "  fix: give the entry a venv, so that it is called in an interpreter of its own"
            )
        for folder in reversed(folders):
            if str(folder) not in sys.path:
                sys.path.insert(0, str(folder))
        if str(root) not in sys.path:
            sys.path.append(str(root))
        return resolve(call, root, folders)


def owner_of(call: str, root: Path, folders: Sequence[Path]) -> Any:
    """Return the class that a method was found in, None for a function of a module."""
    module, _, path = call.partition(":")
    owner = path.rpartition(".")[0]
    return resolve(f"{module}:{owner}", root, folders) if owner else None


def _taken(folders: Sequence[Path]) -> str | None:
    """Return the name of a module in these folders that stands for another one elsewhere."""
    places = [
        path
        for path in map(Path, dict.fromkeys(sys.path))
        # `python -c` has "" there, which is the current folder
        if path.resolve() not in folders and not _is_library(path)
    ]
    for name in sorted(_module_names(folders)):
        loaded = getattr(sys.modules.get(name), "__file__", None)
        if loaded is not None and not _is_below(Path(loaded), folders):
            return name
        if any(file_of(name, place) for place in places):
            return name
    return None


def _module_names(folders: Sequence[Path]) -> set[str]:
    names = set()
    for folder in folders:
        for entry in folder.iterdir() if folder.is_dir() else ():
            if entry.suffix == ".py" or (entry / "__init__.py").is_file():
                names.add(entry.name.removesuffix(".py"))
    return names - _NO_MODULES


def _is_below(path: Path, folders: Sequence[Path]) -> bool:
    resolved = path.resolve()
    return any(resolved.is_relative_to(folder) for folder in folders)


def _is_library(path: Path) -> bool:
    if {"site-packages", "dist-packages"} & set(path.parts):
        return True
    paths = sysconfig.get_paths()
    return any(path.is_relative_to(paths[name]) for name in ("stdlib", "platstdlib"))
