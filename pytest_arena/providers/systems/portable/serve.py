"""A function in an interpreter of its own: a line of JSON in for each call, a line out.

Started by `BOOT`, which loads this package under another name. The first line out says that the
function is `ready` and what it `takes`, or what keeps it from being called, as a `fault`. What the
user's code prints goes to standard error, and it has no standard input.
"""

from __future__ import annotations

import asyncio
import difflib
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

from .callables import NotCallableError, callable_of, check_callable
from .parameters import OFFERED, arguments_for, taken_by
from .pieces import Timing, drained, failure_kind, gathered, waits
from .shapes import ShapeError, described
from .trace_context import taking_part

NAME = "_arena_portable"
"""The name of this package in the interpreter, where the user's modules have all others."""
BOOT = f"""
import importlib.util, sys
from pathlib import Path
folder = Path(sys.argv[1])
spec = importlib.util.spec_from_file_location(
    "{NAME}", folder / "__init__.py", submodule_search_locations=[str(folder)]
)
sys.modules[spec.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules[spec.name])
importlib.import_module("{NAME}.serve").main(sys.argv[2])
"""
_EXCEPTION_TEXT = Path(__file__).resolve().parents[3] / "text" / "exception_text.py"


class _NotFoundError(Exception):
    """There is no such module or function; the text says so."""


def main(given: str) -> None:
    """Serve calls until standard input ends.

    `given` is JSON: the `call`, the `root` that frames are told from, and folders that modules are
    looked for in `before` what is installed, and `after` it.
    """
    wanted = json.loads(given)
    lines, answers = _own_pipes()
    # of what is imported by `-c`, the folder that it runs in comes first
    installed = [path for path in sys.path if path]
    sys.path[:] = [*wanted["before"], *installed, *wanted["after"]]
    told = _load_exception_text()
    root = Path(wanted["root"])

    def fault_of(error: BaseException) -> dict[str, Any]:
        if isinstance(error, (_NotFoundError, NotCallableError)):
            return {"fault": str(error)}
        module = wanted["call"].partition(":")[0]
        return {
            "fault": f"the module {module!r} cannot be imported: {told.exception_text(error, root)}"
        }

    try:
        function = _find(wanted["call"])
    except BaseException as error:  # noqa: BLE001 - whatever it is, the run hears of it
        _write(answers, fault_of(error))
        return
    _write(answers, {"ready": True, "takes": taken_by(function)})
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    process = os.getpid()
    for text in lines:
        line = json.loads(text)
        answer = _answer(function, line, loop, lambda error: told.exception_text(error, root))
        if os.getpid() != process:
            # a fork that came out of the function: there is no run of its own behind it
            os._exit(0)
        _write(answers, {**answer, "id": line["id"]})


def _own_pipes() -> tuple[TextIO, TextIO]:
    """Return the pipes to the run, which the user's code shall neither read nor write."""
    lines = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return lines, answers


def _load_exception_text() -> ModuleType:
    name = f"{NAME}.exception_text"
    spec = importlib.util.spec_from_file_location(name, _EXCEPTION_TEXT)
    assert spec is not None  # noqa: S101 - it is a file of this package
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _find(call: str) -> Callable[..., Any]:
    """Import and check what is to be called."""
    name, _, path = call.partition(":")
    try:
        found: Any = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise _NotFoundError(
                f"there is no module {name!r} for {sys.executable}\n"
                "  expected: a module that is installed there, or that lies below python_path"
            ) from None
        raise
    owner: Any = None
    for part in path.split("."):
        if not hasattr(found, part):
            known = [one for one in dir(found) if not one.startswith("_")]
            near = difflib.get_close_matches(part, known, n=1)
            fix = f"\n  fix: did you mean {near[0]!r}?" if near else ""
            raise _NotFoundError(f"{call}: the module {name!r} has no {path!r}{fix}")
        owner, found = found, getattr(found, part)
    if not callable(found):
        raise _NotFoundError(f"{call} is no function: it is {found!r:.100}")
    check_callable(call, owner, found)
    return callable_of(call, owner, found)


def _answer(
    function: Callable[..., Any],
    line: dict[str, Any],
    loop: asyncio.AbstractEventLoop,
    told: Callable[[BaseException], str],
) -> dict[str, Any]:
    timing = Timing()
    try:
        first, named = arguments_for(function, {name: line.get(name) for name in OFFERED})
        with taking_part(line.get("traceparent") or ""):
            result = drained(function(*first, **named), timing)
            if waits(result):
                result = loop.run_until_complete(gathered(result, timing))
        return {**described(result), "first_token_ms": timing.first_token_ms}
    except ShapeError as error:
        return {"fault": str(error)}
    except BaseException as error:  # noqa: BLE001 - an exit ends no run
        return {"fault": f"raised {told(error)}", "kind": failure_kind(error)}


def _write(answers: TextIO, line: dict[str, Any]) -> None:
    answers.write(json.dumps(line, default=str) + "\n")
    answers.flush()
