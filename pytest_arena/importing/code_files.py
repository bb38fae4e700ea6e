"""Files of JavaScript and TypeScript that are a whole source: run for what they export."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem
from pytest_arena.loading.tree import pack_mark, planted
from pytest_arena.running.function_host import FunctionHost, NotCalledError, RaisedError

ENDINGS = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts")
LIMIT_S = 60.0
"""For one call."""
_KEPT = (
    "PATH", "HOME", "LANG", "LANGUAGE", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE",
    "APPDATA", "LOCALAPPDATA", "PATHEXT", "COMSPEC", "VIRTUAL_ENV", "PYTHONPATH", "NODE_PATH",
)  # fmt: skip
"""Variables of the environment that programs are found and started by; no key is among them."""


def kept_environment() -> Mapping[str, str]:
    """Return what code that is run at import sees of the caller's environment."""
    return {
        name: text
        for name, text in os.environ.items()
        if name in _KEPT or name.startswith(("LC_", "PROMPTFOO_"))
    }


def code_tree(path: Path, name: str, *, run_code: bool) -> Any:
    """Return what a file exports as a tree, every part of which stands at its beginning; a file
    that is not to be run, or gives nothing, is an `ArenaFileError`."""
    place = Location(name, 1, 1)
    if not run_code:
        raise ArenaFileError(
            Problem(
                "a file of code, which is not run", place, fix="arena import --run-code runs it"
            )
        )
    host = FunctionHost("javascript", path.parent, kept_environment())
    try:
        given = host.call("value", path, None, [], LIMIT_S).value
    except (NotCalledError, RaisedError) as error:
        raise ArenaFileError(Problem(f"it cannot be run: {error}", place)) from error
    finally:
        host.close()
    return planted(given, [name], pack_mark(0, 1, 1))
