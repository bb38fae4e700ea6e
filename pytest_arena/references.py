"""References to the repository's own code: `module:function` in an arena file to what it names."""

from __future__ import annotations

import importlib
import importlib.util
import re
import site
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic_core import PydanticCustomError

from pytest_arena.errors import ArenaError, shorten, suggest
from pytest_arena.text.exception_text import exception_text

_CALL = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
"""What a reference looks like: `package.module:function`."""
_IMPORTING = threading.RLock()


def checked_reference(call: str, example: str) -> str:
    """Return what a model's field holds if it reads like a `module:function`; refused with an
    example else."""
    if not _CALL.fullmatch(call):
        context = {"given": repr(call), "expected": f"module:function, as in {example}"}
        module, dot, name = call.rpartition(".")
        if dot and _CALL.fullmatch(f"{module}:{name}"):
            context["fix"] = f"write {module}:{name}"
        raise PydanticCustomError("python_call", "bad function name {given}", context)
    return call


class UnresolvedError(ArenaError):
    """A `module:function` cannot be found or called; the text says why."""


def resolve(call: str, root: Path, folders: Sequence[Path] = ()) -> Callable[..., Any]:
    """Return the function of `module:function`, importing its module when it is first asked for.

    Modules are looked for in `folders`, then below the root directory, then among what is
    installed. Raises `UnresolvedError`; an exception in the module itself is one too, with its
    place.
    """
    name, _, path = call.partition(":")
    module = _module(name, tuple(path.resolve() for path in (*folders, root)))
    found: Any = module
    for part in path.split("."):
        if not hasattr(found, part):
            near = suggest(part, [n for n in dir(found) if not n.startswith("_")])
            fix = f"\n  fix: {near}" if near else ""
            raise UnresolvedError(f"{call}: the module {name!r} has no {path!r}{fix}")
        found = getattr(found, part)
    if not callable(found):
        raise UnresolvedError(f"{call} is no function: it is {shorten(repr(found))}")
    return found  # type: ignore[no-any-return]  # a callable of the user's


def _module(name: str, folders: Sequence[Path]) -> ModuleType:
    own = next((file for file in (file_of(name, one) for one in folders) if file), None)
    loaded = sys.modules.get(name)
    if loaded is not None and (own is None or _is_file(loaded, own)):
        _refuse_stranger(name, getattr(loaded, "__file__", None), folders)
        if not _is_being_imported(loaded):
            return loaded
    with _IMPORTING, _on_path(folders):
        try:
            loaded = sys.modules.get(name)
            if loaded is not None and own is not None and not _is_file(loaded, own):
                return _private_copy(name, own)
            spec = importlib.util.find_spec(name)
            if spec is None:
                raise UnresolvedError(_missing(name, folders))
            _refuse_stranger(name, spec.origin if spec.has_location else None, folders)
            return importlib.import_module(name)
        except UnresolvedError:
            raise
        except ModuleNotFoundError as error:
            if error.name and (name == error.name or name.startswith(f"{error.name}.")):
                raise UnresolvedError(_missing(name, folders)) from error
            raise UnresolvedError(_unimportable(name, error, folders[-1])) from error
        except (Exception, SystemExit) as error:
            raise UnresolvedError(_unimportable(name, error, folders[-1])) from error


def file_of(name: str, folder: Path) -> Path | None:
    """Return the file of a module that lies in a folder, None without one."""
    base = folder.joinpath(*name.split("."))
    for path in (base.with_name(f"{base.name}.py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _is_file(module: ModuleType, path: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).resolve() == path.resolve()


def _is_being_imported(module: ModuleType) -> bool:
    """Return whether another thread is amid a module, which lacks what stands further below."""
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


def _private_copy(name: str, path: Path) -> ModuleType:
    """Load a file whose module name another file has taken, under a name of its own."""
    home = path.parents[name.count(".") + (path.stem == "__init__")]
    _refuse_stranger(name, str(path), (home,))
    private = f"_pytest_arena_{abs(hash(path.resolve())):x}_{name.replace('.', '_')}"
    if private in sys.modules:
        return sys.modules[private]
    spec = importlib.util.spec_from_file_location(private, path)
    if spec is None or spec.loader is None:
        raise UnresolvedError(f"the module {name!r} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[private] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[private]
        raise
    return module


def _refuse_stranger(name: str, file: str | None, folders: Sequence[Path]) -> None:
    if file is None:
        return
    path = Path(file).resolve()
    paths = sysconfig.get_paths()
    installed = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    installed |= {*site.getsitepackages(), site.getusersitepackages()}
    # what this package itself has is at hand, however it was installed
    own = Path(__file__).resolve().parent
    homes = (own, *folders, *(Path(home).resolve() for home in installed))
    if any(path.is_relative_to(home) for home in homes):
        return
    from importlib.metadata import packages_distributions

    # An editable install lives elsewhere; it is installed all the same.
    if name.partition(".")[0] not in packages_distributions():
        raise UnresolvedError(
            f"the module {name!r} is outside the root directory and is not installed\n"
            "  fix: move it below the root directory, or install it"
        )


def _missing(name: str, folders: Sequence[Path]) -> str:
    where = "below the root directory" + (" or python_path" if len(folders) > 1 else "")
    if name.endswith(".py"):
        return (
            f"there is no module {name!r}\n"
            "  expected: the name of a module, not of its file\n"
            f"  fix: write {name.removesuffix('.py')}:…"
        )
    return (
        f"there is no module {name!r}\n"
        f"  expected: {name.replace('.', '/')}.py {where}, or an installed package"
    )


def _unimportable(name: str, error: BaseException, root: Path) -> str:
    return f"the module {name!r} cannot be imported: {exception_text(error, root)}"


@contextmanager
def _on_path(folders: Sequence[Path]) -> Iterator[None]:
    entries = [str(folder) for folder in folders if str(folder) not in sys.path]
    if not entries:
        yield
        return
    sys.path[:0] = entries
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for entry in entries:
            if entry in sys.path:
                sys.path.remove(entry)
