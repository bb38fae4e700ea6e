"""The columns of an imported eval: answers that are there, and the models that gave them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_arena.importing.findings import Findings
from pytest_arena.importing.openai_evals.hosted.exports import Run
from pytest_arena.importing.openai_evals.hosted.questions import Questions
from pytest_arena.importing.openai_evals.names import Unique, column_name
from pytest_arena.importing.openai_evals.rows import RowFiles
from pytest_arena.loading.tree import YamlMap, plain

ANSWERS, MODELS = "runs", "models"
"""The groups of columns: answers that are there, and models that can be asked anew."""
_PARAMS = {
    "temperature", "top_p", "seed", "reasoning_effort", "max_completion_tokens", "response_format",
}  # fmt: skip
_OF_RUNS = {"type", "model", "input_messages", "sampling_params", "source"}
_PLACEHOLDER = {"name": "model", "provider": "mock"}


class Columns:
    """The entries of `providers:`."""

    def __init__(self, findings: Findings, files: RowFiles) -> None:
        self._findings = findings
        self._files = files
        self._names = Unique()
        self._models: dict[str, str] = {}
        self.entries: list[dict[str, Any]] = []

    @property
    def has_answers(self) -> bool:
        return any(entry["provider"] == "outputs" for entry in self.entries)

    def add_answers(self, wanted: str, rows: Sequence[Mapping[str, Any]]) -> str:
        """Add the column of a run's answers, and return its name."""
        name = self._names.take(column_name(wanted))
        made = {"name": name, "group": ANSWERS, "provider": "outputs"}
        self.entries.append({**made, "path": self._files.add("answers", rows), "case": "row"})
        return name

    def add_model(self, run: Run) -> str | None:
        """Add the column of the model that a run asked, and return its name; None where it asked
        none. The tools that it was offered are noted with the run."""
        data, model = run.data_source, run.model
        self._tell_of_others(run)
        if data is None or model is None:
            return None
        params, run.tools = self._params(data.get("sampling_params"))
        made: dict[str, Any] = {"provider": "openai", "model": model}
        if params:
            made["params"] = params
        key = json.dumps(made, sort_keys=True)
        if key not in self._models:
            name = column_name(model)
            self._models[key] = self._names.take(f"{name} anew" if name in self._names else name)
            self.entries.append({"name": self._models[key], "group": MODELS, **made})
        return self._models[key]

    def _tell_of_others(self, run: Run) -> None:
        """Tell of what a run asked that is no model of OpenAI's, and of keys that nobody knows."""
        data = run.data_source
        for key in data or ():
            if data is not None and key not in _OF_RUNS:
                self._findings.left_out(
                    data.key_place(key),
                    f"{key!r} of a run's data_source",
                    "where it is what was asked: docs/your-application.md"
                    if key == "target"
                    else "",
                )

    def add_placeholder(self) -> str:
        """Add the column that stands for a model which nothing names, and return its name."""
        if _PLACEHOLDER not in self.entries:
            self._names.take(_PLACEHOLDER["name"])
            self.entries.append(dict(_PLACEHOLDER))
        return _PLACEHOLDER["name"]

    def _params(self, given: Any) -> tuple[dict[str, Any], list[Any]]:
        params: dict[str, Any] = {}
        tools: list[Any] = []
        if not isinstance(given, YamlMap):
            return params, tools
        for key, value in given.items():
            if value is None:
                continue
            at = given.key_place(key)
            if key in _PARAMS:
                params[key] = plain(value)
            elif key in ("max_completions_tokens", "max_tokens", "max_output_tokens"):
                params["max_completion_tokens"] = plain(value)
            elif key == "text":
                made = _response_format(plain(value))
                if made is not None:
                    params["response_format"] = made
            elif key == "reasoning" and isinstance(value, YamlMap) and value.get("effort"):
                params["reasoning_effort"] = value["effort"]
            elif key == "tools":
                tools += self._tools(plain(value), given)
            else:
                self._findings.left_out(
                    at, f"{key!r} of sampling_params", "where it is a parameter, add to params:"
                )
        return params, tools

    def _tools(self, written: Any, tree: YamlMap) -> list[Any]:
        found = []
        for tool in written if isinstance(written, list) else ():
            kind = tool.get("type") if isinstance(tool, dict) else None
            if kind != "function":
                self._findings.left_out(
                    tree.key_place("tools"),
                    f"a tool of the type {kind!r}, which OpenAI runs",
                    "an agent may have one of its own (docs/agents.md)",
                )
                continue
            inner = tool.get("function")
            inner = inner if isinstance(inner, dict) else tool
            kept = ("name", "description", "parameters", "strict")
            function = {key: inner[key] for key in kept if inner.get(key) is not None}
            found.append({"type": "function", "function": function})
        return found


def _response_format(text: Any) -> Any:
    """Return `text.format` of the Responses API as chat completions have it."""
    given = text.get("format") if isinstance(text, dict) else None
    if not isinstance(given, dict) or given.get("type") in (None, "text"):
        return None
    if given["type"] != "json_schema" or "json_schema" in given:
        return given
    inner = {key: value for key, value in given.items() if key != "type" and value is not None}
    return {"type": "json_schema", "json_schema": inner}


def name_of_run(run: Run, questions: Questions) -> str:
    """Return what a run's column is called: its own name, or the model that it asked."""
    tree = run.tree
    told = tree.get("name") if tree is not None else None
    answers = [row.answers[run.id] for row in questions.rows if run.id in row.answers]
    models = [answer.get("model") for answer in answers]
    model = run.model or next(filter(None, models), None)
    return str(told or model or run.id or "answers")
