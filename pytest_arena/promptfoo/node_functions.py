"""JavaScript and TypeScript of promptfoo's configurations that need node, as an arena's functions.

Files are loaded by node processes that answer one call after another, and end with this process.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pytest_arena.assertions.grading_results import outcome_of_javascript
from pytest_arena.promptfoo.functions import answer_of, context_of, seen_of, sent_text
from pytest_arena.results import Trial
from pytest_arena.results.cleaning import clean_value
from pytest_arena.running.function_host import FunctionHost, Given, NotCalledError, RaisedError
from pytest_arena.schema import CheckContext, Outcome

LIMIT_S = 600.0
"""For one call; a limit of the run ends it sooner."""


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
    return _host(os.getpid()).call(how, path, name, args, LIMIT_S, **further)


@cache
def _host(_process: int) -> FunctionHost:
    """Return the node processes of this process; a forked one has none of its parent's."""
    host = FunctionHost("javascript", Path.cwd(), os.environ)
    atexit.register(host.close)
    return host


def _beside(module: str, file: str) -> Path:
    return Path(module).resolve().parent / file


def _shown(file: str, name: str | None) -> str:
    return f"{file}:{name}" if name else file
