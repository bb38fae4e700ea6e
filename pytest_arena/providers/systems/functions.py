"""The function that `call:` names: where it is looked for, and whether this process can have it."""

from __future__ import annotations

import inspect
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
                "  expected: modules whose names this process has from one place alone"
            )
        for folder in reversed(folders):
            if str(folder) not in sys.path:
                sys.path.insert(0, str(folder))
        if str(root) not in sys.path:
            sys.path.append(str(root))
        return resolve(call, root, folders)


def callable_of(
    call: str, found: Callable[..., Any], root: Path, folders: Sequence[Path]
) -> Callable[..., Any]:
    """Return what is called: of a method the one of a new object, of a class a new object."""
    cls = _class_of(call, found, root, folders)
    if cls is None:
        return found
    instance: Callable[..., Any] = cls()
    return instance if cls is found else getattr(instance, call.rpartition(".")[2])


def signature_of(
    call: str, found: Callable[..., Any], root: Path, folders: Sequence[Path]
) -> inspect.Signature:
    """Return the parameters that `call` takes, without making an object of its class.

    Raises `UnresolvedError` where they cannot be told, the class cannot be made, or its objects
    cannot be called.
    """
    cls = _class_of(call, found, root, folders)
    if cls is not None:
        if cls is found and "__call__" not in dir(cls):
            raise UnresolvedError(f"{call} is a class whose objects cannot be called")
        wanted = _wanted(cls)
        if wanted:
            raise UnresolvedError(f"{call}: {cls.__name__}() needs {', '.join(map(repr, wanted))}")
        found = cls.__call__ if cls is found else found
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError) as error:
        raise UnresolvedError(f"{call} has no signature that could be read") from error
    if cls is None:
        return signature
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def _class_of(
    call: str, found: Callable[..., Any], root: Path, folders: Sequence[Path]
) -> type[Any] | None:
    """Return the class of which an object is needed, None where `call` does without."""
    if inspect.isclass(found):
        return found
    module, _, path = call.partition(":")
    owner, _, name = path.rpartition(".")
    parent = resolve(f"{module}:{owner}", root, folders) if owner else None
    if not inspect.isclass(parent):
        return None
    bound = isinstance(inspect.getattr_static(parent, name), (staticmethod, classmethod))
    return None if bound else parent


def _wanted(cls: type[Any]) -> list[str]:
    try:
        parameters = inspect.signature(cls).parameters.values()
    except (TypeError, ValueError):
        return []
    return [
        one.name
        for one in parameters
        if one.default is one.empty and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    ]


def _taken(folders: Sequence[Path]) -> str | None:
    """Return the name of a module in these folders that stands for another one elsewhere."""
    places = [
        path
        for path in map(Path, dict.fromkeys(sys.path))
        if path not in folders and not _is_library(path)
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
