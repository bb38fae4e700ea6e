"""The state of a project's code, so that a run that was interrupted takes up what still holds."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import ModuleType

_LIBRARIES = frozenset({"site-packages", "dist-packages", "node_modules", "__pycache__"})
_CODE = (".py", ".js", ".cjs", ".mjs", ".ts", ".sh", ".rb", ".pl")


def code_state(root: Path) -> str:
    """Return the hash of the Python files under a folder that are a part of what is imported.

    Of a package these are all of its files, of a module without one those beside it: most of what
    a test imports later is among them.
    """
    digest = sha256()
    for path in sorted(set(_files(root))):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def state_of_files(root: Path) -> str:
    """Return the hash of all code below a folder, whether it was imported or not: programs and
    functions that are named in arena files are found when they are called."""
    digest = sha256()
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            one for one in folders if one not in _LIBRARIES and not one.startswith(".")
        )
        for name in sorted(names):
            if name.endswith(_CODE):
                path = Path(folder, name)
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _files(root: Path) -> Iterator[Path]:
    for name, module in list(sys.modules.items()):
        if "." in name or not isinstance(module, ModuleType):
            # its package has them; and what stands in for a module is asked nothing
            continue
        folders = [Path(one) for one in vars(module).get("__path__") or ()]
        file = vars(module).get("__file__")
        if folders:
            for folder in folders:
                if _is_own(folder, root):
                    yield from (path for path in folder.rglob("*.py") if _is_own(path, root))
        elif isinstance(file, str) and _is_own(Path(file).parent, root):
            yield from Path(file).parent.glob("*.py")


def _is_own(path: Path, root: Path) -> bool:
    if not path.is_relative_to(root):
        return False
    parts = path.relative_to(root).parts
    return not _LIBRARIES & set(parts) and not any(part.startswith(".") for part in parts)
