"""Python functions of promptfoo's configurations as checks, transforms and providers of an arena.

A function is called with `output` and `context` as it is there, and what it gives means the same.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from pytest_arena.assertions.grading_results import outcome_of_number, outcome_of_object
from pytest_arena.errors import shorten
from pytest_arena.references import UnresolvedError
from pytest_arena.results import Trial
from pytest_arena.running.function_host import RaisedError
from pytest_arena.schema import CheckContext, Outcome
from pytest_arena.text.exception_text import exception_headline

Function = Callable[[Any, dict[str, Any]], Any]
Check = Callable[[Trial, CheckContext], Outcome]
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)", re.IGNORECASE)


def asserting(function: Function, *, threshold: float | None = None, config: Any = None) -> Check:
    """Return a function of promptfoo's as one for `type: python`.

    A bool holds or not; a number does at `threshold`, or above 0 without one; a mapping has `pass`,
    `score` and `reason`. Anything else, and an exception, fails, with `not`, too. Where it or what
    it imports cannot be found, it is an error.
    """

    def check(trial: Trial, context: CheckContext) -> Outcome:
        try:
            given = _finished(function(seen_of(trial), context_of(trial, context, config)))
        except UnresolvedError as error:
            return Outcome.error(str(error))
        except ImportError as error:
            return Outcome.error(exception_headline(error, context.root))
        except Exception as error:  # noqa: BLE001 - it fails there, whatever it is
            there = error.__cause__
            raised = str(there) if isinstance(there, RaisedError) else None
            return Outcome.unseen(raised or exception_headline(error, context.root))
        return _outcome(function.__name__.lstrip("_"), given, threshold)

    return check


def answering(function: Callable[..., Any], *, config: Any = None) -> Callable[..., Any]:
    """Return a `call_api` of promptfoo's as a function for `provider: python`.

    Its `error` is raised; an `output` that is no text is told as JSON.
    """

    def answer(prompt: str, messages: list[dict[str, Any]], variables: dict[str, Any]) -> Any:
        said = sent_text(prompt, messages)
        context = {"vars": variables, "prompt": {"raw": said, "label": said}}
        return answer_of("call_api", _finished(function(said, {"config": config or {}}, context)))

    return answer


def sent_text(prompt: str, messages: list[dict[str, Any]]) -> str:
    """Return a prompt as providers there get it: a chat is its messages as JSON."""
    return prompt if len(messages) == 1 else json.dumps(messages, ensure_ascii=False)


def answer_of(name: str, given: Any) -> dict[str, Any]:
    """Return what a provider there gave as an answer of `provider: python`."""
    if not isinstance(given, Mapping):
        raise TypeError(f"{name} gave {shorten(repr(given))}, not a dict with output")
    if given.get("error"):
        raise RuntimeError(str(given["error"]))
    output = given.get("output")
    if output is None:
        raise TypeError(f"{name} gave neither output nor error")
    text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    used = given.get("tokenUsage") or {}
    usage = {
        "input_tokens": used.get("prompt"),
        "output_tokens": used.get("completion"),
        "cost_usd": given.get("cost"),
    }
    known = {name: value for name, value in usage.items() if value is not None}
    return {"output": text, **({"usage": known} if known else {})}


def _finished(given: Any) -> Any:
    """Return what a function gave, once it is there."""
    if not inspect.isawaitable(given):
        return given

    async def wait() -> Any:
        return await given

    return asyncio.run(wait())


def seen_of(trial: Trial) -> Any:
    """Return the answer as a check sees it: what a transform made of it, where there is one."""
    last = trial.last
    made = None if last is None else last.transformed
    return trial.output or "" if made is None else made


def context_of(trial: Trial, context: CheckContext, config: Any) -> dict[str, Any]:
    """Return the `context` that a check is given."""
    variables = dict(context.variables)
    made: dict[str, Any] = {
        "prompt": trial.last_prompt,
        "vars": variables,
        "test": {"description": context.case, "vars": variables},
        "provider": {"id": context.provider, "label": context.provider},
        "providerResponse": {"output": trial.output},
    }
    return made if config is None else {**made, "config": config}


def _outcome(name: str, given: Any, threshold: float | None) -> Outcome:
    word = given.lower() if isinstance(given, str) else None
    if word in ("true", "false"):
        given = word == "true"
    if isinstance(given, bool):
        return Outcome.of(given, f"{name} gave {given}", expected="True")
    if isinstance(given, str) and given.startswith("{"):
        try:
            given = json.loads(given)
        except ValueError as error:
            return Outcome.unseen(f"{name} gave a text that is no JSON: {error}")
    if isinstance(given, Mapping):
        known = {"pass": given.get("pass_"), **given} if "pass_" in given else given
        return outcome_of_object(name, known, "python", threshold)
    if isinstance(given, str) and (found := _NUMBER.match(given)):
        # a text that begins with a number is one there
        given = float(found[1])
    if isinstance(given, (int, float)):
        return outcome_of_number(name, float(given), threshold)
    wanted = "not a bool, a number, or a dict with pass, score and reason"
    return Outcome.unseen(f"{name} gave {shorten(repr(given))}, {wanted}")
