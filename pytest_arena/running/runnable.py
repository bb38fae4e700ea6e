"""How a command is written so that the system finds its program."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

IS_WINDOWS = os.name == "nt"


def names_a_path(program: str) -> bool:
    """Return whether a program is named by a path, and not looked for on the PATH."""
    return os.path.basename(program) != program


def runnable(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    is_windows: bool = IS_WINDOWS,
) -> list[str]:
    """Return a command as the system can start it in a folder.

    Windows looks for a program from the folder that the run stands in, not from the one that it is
    started in, on the run's own PATH, and finds `npx` but not `npx.cmd`: there it is named in full.
    """
    program, *arguments = command
    if not is_windows:
        return [program, *arguments]
    if names_a_path(program):
        found = shutil.which(str(folder.absolute() / program))
    else:
        found = shutil.which(program, path=environment.get("PATH"))
    return [found or program, *arguments]


def interpreter_in(environment: Path) -> Path:
    """Return the interpreter of a virtual environment, whichever system made it."""
    of_windows = environment / "Scripts" / "python.exe"
    return of_windows if of_windows.exists() else environment / "bin" / "python"
