"""The texts of a chain's tasks as a run fills them in: macros, and templates of Go's."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pytest_arena.loading.task_chain_plans import TextPlan
from pytest_arena.prompts import TemplateError
from pytest_arena.prompts.chain_macros import filled, go_time
from pytest_arena.prompts.go_functions import FUNCTIONS
from pytest_arena.prompts.go_templates import render_go
from pytest_arena.targets.task_chain.values import History, TaskFailed

_DATE = "2006-01-02"
_RFC3339 = "2006-01-02T15:04:05Z07:00"
_ARCHES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class LiveTexts:
    """What fills in the macros that a run alone knows, at one task."""

    def __init__(self, edges: Mapping[str, int], tools: Mapping[str, list[str]]) -> None:
        """`tools` are the names of what may be called, by who provides it."""
        self._edges = edges
        self._tools = tools

    def macros(self, text: str) -> str:
        """Return a system instruction with its macros filled in."""
        return filled(text, self._give)

    def template(self, plan: TextPlan, data: Any) -> str:
        """Return a template filled in; what it asks for and is not there fails the task."""
        live = {field: self._give(*macro) or "" for field, macro in plan.live.items()}
        known = {**data, **plan.given, **live} if isinstance(data, Mapping) else data
        if not isinstance(data, Mapping) and (plan.given or live):
            known = {**plan.given, **live}
        try:
            return render_go(plan.template, known, _OF_VALUES)
        except TemplateError as error:
            raise TaskFailed(f"{error.what}; expected {error.expected}") from error

    def _give(self, name: str, payload: str) -> str | None:
        if name == "edge_count":
            return str(self._edges.get(payload, 0))
        if name in ("date", "now"):
            layout = payload or (_DATE if name == "date" else _RFC3339)
            return go_time(layout, datetime.now().astimezone())
        if name == "host":
            return _host(payload)
        if name == "tools" or (name == "toolservice" and payload == "list"):
            return _json(dict(self._tools))
        if name == "toolservice" and payload == "tools":
            return _json(list(self._tools))
        if name == "toolservice" and payload.startswith("tools "):
            return _json(self._tools.get(payload.removeprefix("tools ").strip(), []))
        return None


def _host(payload: str) -> str | None:
    machine = platform.machine().lower()
    known = {"os": platform.system().lower(), "arch": _ARCHES.get(machine, machine)}
    return _json(known) if not payload else known.get(payload)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _of_history(name: str) -> Callable[[Any], str]:
    """Return a function that writes JSON, of a conversation its messages."""
    return lambda value: str(FUNCTIONS[name](value.json if isinstance(value, History) else value))


_OF_VALUES = {name: _of_history(name) for name in ("toJson", "toPrettyJson", "toRawJson")}
