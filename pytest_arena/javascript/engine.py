"""The engine that runs JavaScript, within limits on time, memory and depth."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pytest_arena.javascript.source import Source
from pytest_arena.light_dataclass import dataclass
from pytest_arena.real_time import real_time

EXTRA = "pip install 'pytest-arena[javascript]'"
_SECONDS = 2.0
_BYTES = 128 * 1024 * 1024
_STACK = 512 * 1024
"""Threads of macOS have this much."""
_NOT_DEFINED = re.compile(r"['\"]?([\w$]+)['\"]? is not defined")
_OF_OTHERS = frozenset(
    {
        *("require", "process", "module", "exports", "Buffer", "global", "__dirname", "__filename"),
        *(
            "fetch",
            "XMLHttpRequest",
            "WebSocket",
            "window",
            "document",
            "crypto",
            "structuredClone",
        ),
        *("setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval"),
        *("Intl", "URL", "URLSearchParams", "TextEncoder", "TextDecoder"),
    }
)
"""What node or a browser has, and this engine has not."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a piece of JavaScript gave: its kind, as JavaScript calls it, and the value as JSON.

    A number is a float, NaN and infinities among them.
    """

    kind: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Thrown:
    """What a piece of JavaScript threw, in words."""

    text: str


class NotRunError(Exception):
    """The code could not be run to its end, so that it says nothing of what it was given."""


@cache
def is_installed() -> bool:
    """Return whether there is an engine."""
    return find_spec("quickjs") is not None


def why_not_compiled(source: Source) -> str | None:
    """Return what is wrong with a piece of JavaScript before it is run; None where it compiles."""
    imported = source.imported
    if imported is not None:
        return f"{imported!r} imports something, which the embedded engine cannot"
    try:
        found = _result(source, None)
    except NotRunError as error:
        return str(error)
    return found.text if isinstance(found, Thrown) else None


def run(source: Source, arguments: Sequence[Any]) -> Given | Thrown:
    """Call a piece of JavaScript with JSON values, and wait for a promise that it gives.

    It holds the thread for at most about two seconds, and no lock of Python's.
    """
    if source.imported is not None:
        raise NotRunError(f"{source.imported!r} imports something: the embedded engine cannot")
    try:
        given = json.dumps(list(arguments), allow_nan=False, default=str)
    except ValueError as error:
        raise NotRunError(f"what it is given is no JSON: {error}") from error
    return _result(source, given)


def _result(source: Source, arguments: str | None) -> Given | Thrown:
    """Run or, without arguments, only compile."""
    if not is_installed():
        raise NotRunError(f"no JavaScript engine is installed\n  fix: {EXTRA}")
    import quickjs

    ends = real_time.monotonic() + _SECONDS
    engine = quickjs.Context()
    engine.set_memory_limit(_BYTES)
    engine.set_max_stack_size(_STACK)
    engine.set_time_limit(_SECONDS)
    handed = (source.parameters, source.candidates, source.function, arguments)
    try:
        said = engine.eval(f"{_driver()}({', '.join(map(json.dumps, handed))})")
        while said() is None and engine.execute_pending_job():
            if real_time.monotonic() >= ends:
                raise NotRunError(f"ran for more than {_SECONDS:g} s")
        told = said()
    except quickjs.JSException as error:
        raise NotRunError(_why(str(error).splitlines()[0])) from None
    if told is None:
        raise NotRunError("gave a promise that is never settled")
    return _read(json.loads(told))


def _read(told: dict[str, Any]) -> Given | Thrown:
    kind = told["kind"]
    if kind == "number":
        return Given(kind, float(told["value"].replace("Infinity", "inf")))
    if kind != "thrown":
        return Given(kind, told.get("value"))
    text = ": ".join(filter(None, (told["name"], told["message"])))
    absent = _NOT_DEFINED.match(told["message"]) if told["name"] == "ReferenceError" else None
    of_engine = told["name"] == "InternalError" or "call stack size" in told["message"]
    if of_engine or (absent and absent[1] in _OF_OTHERS):
        raise NotRunError(_why(text))
    return Thrown(text)


def _why(text: str) -> str:
    """Return in words why the engine stopped."""
    absent = _NOT_DEFINED.search(text)
    if absent:
        return f"needs {absent[1]}, which the embedded engine has not"
    if "interrupted" in text:
        return f"ran for more than {_SECONDS:g} s"
    if "out of memory" in text:
        return f"needs more than {_BYTES // 1024 // 1024} MB of memory"
    if "call stack size" in text:
        return "calls itself too deeply"
    return text


@cache
def _driver() -> str:
    return Path(__file__).with_name("driver.js").read_text("utf-8").strip()
