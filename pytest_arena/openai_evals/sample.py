"""`item` and `sample`: what the graders' templates and functions are given of a trial."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pytest_arena.prompts.templates import EveryKey, TemplateError, render_text
from pytest_arena.results import Trial
from pytest_arena.results.request_response import called_by_model
from pytest_arena.schema import CheckContext, Outcome


class NothingToGradeError(Exception):
    """A template names what there is not; the outcome says whether that is the answer's fault."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


def item_of(context: CheckContext) -> dict[str, Any]:
    """Return the row that the case is made of, as a copy that a grader may change."""
    found = context.variables.get("item")
    return copy.deepcopy(dict(found)) if isinstance(found, Mapping) else {}


def sample_of(trial: Trial, context: CheckContext) -> dict[str, Any]:
    """Return the answer as the graders know it, in the form of the chat completions API.

    `output_json` is there where the answer is JSON. What a row of the data says of its `sample`
    beside the answer is kept.
    """
    given = context.variables.get("sample")
    made = copy.deepcopy(dict(given)) if isinstance(given, Mapping) else {}
    text = trial.output or ""
    last = trial.last
    calls = [called_by_model(call) for call in last.tool_calls] if last is not None else []
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = calls
    made |= {
        "output_text": text,
        "output_tools": calls,
        "choices": [{"index": 0, "message": message, "finish_reason": trial.finish_reason}],
        "input": [dict(one) for one in trial.messages],
    }
    if last is not None and last.model:
        made["model"] = last.model
    made.pop("output_json", None)
    with suppress(ValueError, RecursionError):
        made["output_json"] = json.loads(text)
    return made


def filled(template: str, item: Mapping[str, Any], sample: Mapping[str, Any]) -> str:
    """Return a template filled in.

    Raises `NothingToGradeError`: failed where the answer lacks what is named (it is no JSON, it
    calls no tool), an error where the row does.
    """
    told = ""
    for known in (sample, _with_parsed_arguments(sample)):
        try:
            return render_text(template, {"item": item, "sample": known})
        except TemplateError as error:
            told = told or error.what
    try:
        render_text(template, {"item": item, "sample": EveryKey()})
    except TemplateError as error:
        raise NothingToGradeError(Outcome.error(f"{error.what}, in {template!r}")) from None
    said = f"the answer has nothing for {template.strip()}: {told}"
    raise NothingToGradeError(Outcome.unseen(said))


def _with_parsed_arguments(sample: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sample in which templates reach into the arguments of tool calls, whose JSON is a
    text otherwise."""
    calls = copy.deepcopy(sample.get("output_tools"))
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and isinstance(function.get("arguments"), str):
            with suppress(ValueError, RecursionError):
                function["arguments"] = json.loads(function["arguments"])
    return {**sample, "output_tools": calls}
