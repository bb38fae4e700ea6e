"""Calls functions of files of Python: a line of JSON in for each call, a line out.

It runs by itself, imports nothing of this package, and keeps what the user's code prints out of the
lines' way.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import os
import subprocess
import sys
from types import ModuleType
from typing import Any

_loaded: dict[str, ModuleType] = {}


class NotLoadedError(Exception):
    """A file or its function that cannot be had; the text says why."""


def main() -> None:
    """Answer lines until standard input ends."""
    tell = os.fdopen(os.dup(1), "w", encoding="utf-8")
    asked = os.fdopen(os.dup(0), encoding="utf-8")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for line in asked:
        tell.write(f"{_answer(line)}\n")
        tell.flush()


def _answer(line: str) -> str:
    asked = json.loads(line)
    ways = {"function": _function, "script": _script}
    try:
        given = ways[asked["how"]](asked)
        return json.dumps({"id": asked["id"], "kind": type(given).__name__, "value": given})
    except NotLoadedError as error:
        return json.dumps({"id": asked["id"], "fault": "not loaded", "error": str(error)})
    except BaseException as error:  # noqa: BLE001 - whatever it raises is told
        return json.dumps({"id": asked["id"], "fault": "threw", "error": _shown(error)})


def _function(asked: dict[str, Any]) -> Any:
    found: Any = _module(asked["file"])
    for part in asked["name"].split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise NotLoadedError(f"it has no function {asked['name']!r}")
    given = found(*asked["args"])

    async def wait() -> Any:
        return await given

    return asyncio.run(wait()) if inspect.isawaitable(given) else given


def _module(file: str) -> ModuleType:
    if file in _loaded:
        return _loaded[file]
    spec = importlib.util.spec_from_file_location(f"_file_{len(_loaded)}", file)
    if spec is None or spec.loader is None:
        raise NotLoadedError("it is no file of Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, os.path.dirname(file))
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        raise NotLoadedError(_shown(error)) from error
    _loaded[file] = module
    return module


def _script(asked: dict[str, Any]) -> str:
    """Run a file as a program with its arguments as JSON, and give what it printed."""
    command = [sys.executable, asked["file"], *map(json.dumps, asked["args"])]
    done = subprocess.run(  # noqa: S603 - the user's own program, without a shell
        command, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"it ended with status {done.returncode}"]
        raise NotLoadedError(last[0])
    return done.stdout.removesuffix("\n")


def _shown(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
