"""Files of code of promptfoo's configurations: their functions, called in processes of their own.

Each folder has its own interpreters of Python, so that modules of one name in two folders are two,
as they are there; JavaScript and TypeScript are run by node. The processes answer one call after
another, and end with this one.
"""

from __future__ import annotations

import atexit
import builtins
import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pytest_arena.assertions.grading_results import outcome_of_javascript
from pytest_arena.environment import copied
from pytest_arena.promptfoo.functions import answer_of, context_of, seen_of, sent_text
from pytest_arena.references import UnresolvedError
from pytest_arena.results import Trial
from pytest_arena.results.cleaning import clean_value
from pytest_arena.running.function_host import (
    FunctionHost,
    Given,
    Language,
    NotCalledError,
    RaisedError,
)
from pytest_arena.schema import CheckContext, Outcome

LIMIT_S = 600.0
"""For one call; a limit of the run ends it sooner."""


def function_in(module: str, file: str, name: str) -> Callable[..., Any]:
    """Return a function of a file of Python beside a module; it is loaded when it is first called.

    What it raises is raised here by its name, where that is one of Python's own.
    """
    path = _beside(module, file)

    def call(output: Any, context: dict[str, Any], *further: Any) -> Any:
        if not path.is_file():
            raise UnresolvedError(f"there is no file {path.name} to load")
        try:
            return _called("function", path, name, [output, context, *further]).value
        except NotCalledError as error:
            raise UnresolvedError(f"{file}: {error}") from error
        except RaisedError as error:
            raise _as_here(str(error)) from error

    call.__name__ = f"{file}:{name}"
    return call


def asserting_by_node(
    module: str, file: str, name: str | None, *, threshold: float | None = None, config: Any = None
) -> Callable[[Trial, CheckContext], Outcome]:
    """Return a function of a file beside a module as one for `type: python`, by the rules of
    `type: javascript`. Where the file cannot be loaded, it is an error."""
    path, shown = _beside(module, file), _shown(file, name)

    def check(trial: Trial, context: CheckContext) -> Outcome:
        around = {"config": {}, **context_of(trial, context, config)}
        try:
            found = _called("function", path, name, [seen_of(trial), around])
        except NotCalledError as error:
            return Outcome.error(f"{shown}: {error}")
        except RaisedError as error:
            return Outcome.unseen(f"{shown} threw {error}")
        value = found.value if found.kind == "number" else clean_value(found.value)
        return outcome_of_javascript(shown, found.kind, value, "javascript", threshold)

    return check


def transforming_by_node(
    module: str, file: str, name: str | None
) -> Callable[[Any, dict[str, Any]], Any]:
    """Return a function of a file beside a module for `transform: {python: …}`."""
    path = _beside(module, file)

    def transform(output: Any, context: dict[str, Any]) -> Any:
        return _called("function", path, name, [output, context]).value

    transform.__name__ = _shown(file, name)
    return transform


def answering_by_node(
    module: str, file: str, name: str | None, options: Mapping[str, Any]
) -> Callable[..., Any]:
    """Return a provider of a file beside a module, a class with `callApi` or a function, as one for
    `provider: python`. `options` are what the class is made with."""
    path, shown = _beside(module, file), _shown(file, name)
    given = {"config": {}, **options}

    def answer(prompt: str, messages: list[dict[str, Any]], variables: dict[str, Any]) -> Any:
        said = sent_text(prompt, messages)
        context = {"vars": variables, "prompt": {"raw": said, "label": said}}
        found = _called("provider", path, name, [said, context, {}], options=given)
        return answer_of(shown, found.value)

    return answer


def _called(how: str, path: Path, name: str | None, args: list[Any], **further: Any) -> Given:
    language: Language = "python" if path.suffix == ".py" else "javascript"
    home = path.parent if language == "python" else None
    return _host(os.getpid(), language, home).call(how, path, name, args, LIMIT_S, **further)


@cache
def _host(_process: int, language: Language, home: Path | None) -> FunctionHost:
    """Return the processes of a language, of Python those of one folder; a process that was forked
    has none of its parent's."""
    environment = copied(os.environ)
    if language == "python":
        # what this interpreter finds, that one finds after what lies beside its files
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    host = FunctionHost(language, home or Path.cwd(), environment)
    atexit.register(host.close)
    return host


def _as_here(said: str) -> Exception:
    """Return what another interpreter raised: `ValueError: no`, as an exception of this one."""
    kind, _, text = said.partition(": ")
    found = getattr(builtins, kind, None)
    if isinstance(found, type) and issubclass(found, Exception):
        try:
            return found(text)
        except TypeError:
            # one that is made of more than a text
            pass
    return RuntimeError(said)


def _beside(module: str, file: str) -> Path:
    return Path(module).resolve().parent / file


def _shown(file: str, name: str | None) -> str:
    return f"{file}:{name}" if name else file
