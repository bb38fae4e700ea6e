"""Keys, handlers and tokens of older dialects in today's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_arena.loading.tree import YamlList, YamlMap

_HANDLERS = {
    "condition_key": "prompt_to_condition",
    "parse_number": "prompt_to_int",
    "parse_score": "prompt_to_float",
    "prompt_to_score": "prompt_to_float",
    "parse_range": "prompt_to_range",
    "raw_string": "prompt_to_string",
    "parse_transition": "parse_command",
    "embedding": "text_to_embedding",
    "model_execution": "chat_completion",
}
_TODAY = frozenset(
    ("chat_completion", "execute_tool_calls", "route", "tools", "raise_error", "noop")
)
"""The handlers of today's dialect; any other one is an older one's."""
_TOKENS = {
    "chat_completion": {"tool-call": "tool_call"},
    "execute_tool_calls": {"no_op": "noop", "tools-executed": "tools_executed"},
}
_OPERATORS = {"between": "in_range", "inrange": "in_range", "greater_than": ">", "less_than": "<"}
_OLD_OPERATORS = frozenset((">", "gt", "<", "lt", "in_range", *_OPERATORS))
_IN_EXECUTE_CONFIG = {"hooks": "tools", "hook_policies": "tools_policies"}
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


class TodaysKeys:
    """What writes a chain's tree in today's keys; `is_older` tells whether something had to be
    renamed, or is of an older dialect."""

    def __init__(self) -> None:
        self.is_older = False

    def chain(self, tree: YamlMap) -> YamlMap:
        """Return a chain in today's keys; every value keeps its place."""
        made = self._renamed(tree)
        tasks = made.get("tasks")
        if isinstance(tasks, YamlList):
            made.put("tasks", _each(tasks, self._task), made.marks["tasks"])
        if self.is_older:
            _each(made.get("tasks"), _with_operators)
        return made

    def _task(self, tree: YamlMap) -> YamlMap:
        made = self._renamed(tree, {} if "handler" in tree else {"type": "handler"})
        self._is_older("type" in tree and "handler" not in tree)
        handler = made.get("handler")
        self._is_older(isinstance(handler, str) and handler not in _TODAY)
        if isinstance(handler, str) and handler in _HANDLERS:
            made["handler"] = _HANDLERS[handler]
        if isinstance(made.get("hook"), YamlMap) and "tools" not in made:
            made.put("tools", made["hook"], made.marks["hook"], made.key_marks["hook"])
        made.pop("hook", None)
        if isinstance(made.get("tools"), YamlMap):
            call = self._renamed(made["tools"], {} if "name" in made["tools"] else {"type": "name"})
            made.put("tools", call, made.marks["tools"], made.key_marks["tools"])
        self._is_older(any(key in made for key in ("valid_conditions", "compose")))
        if isinstance(made.get("valid_conditions"), YamlMap):
            conditions = made["valid_conditions"]
            made["valid_conditions"] = {_as_written(key): conditions[key] for key in conditions}
        for key, change in (
            ("execute_config", self._execute_config),
            ("compose", self._renamed),
            ("transition", self._transition),
        ):
            if isinstance(made.get(key), YamlMap):
                made.put(key, change(made[key]), made.marks[key], made.key_marks[key])
        self._tokens(made)
        return made

    def _execute_config(self, tree: YamlMap) -> YamlMap:
        return self._renamed(tree, {} if "tools" in tree else _IN_EXECUTE_CONFIG)

    def _transition(self, tree: YamlMap) -> YamlMap:
        made = self._renamed(tree)
        if isinstance(made.get("branches"), YamlList):
            made.put("branches", _each(made["branches"], self._branch), made.marks["branches"])
        return made

    def _branch(self, tree: YamlMap) -> YamlMap:
        made = self._renamed(tree)
        for key in ("when", "goto", "edge"):
            if isinstance(made.get(key), (bool, int, float)):
                made[key] = made.spelling(key)  # they are texts, whatever they look like
        operator = made.get("operator")
        if isinstance(operator, str):
            self._is_older(operator in _OLD_OPERATORS)
            made["operator"] = _OPERATORS.get(operator, operator)
        if isinstance(made.get("compose"), YamlMap):
            self._is_older(True)
            made.put("compose", self._renamed(made["compose"]), made.marks["compose"])
        return made

    def _tokens(self, task: YamlMap) -> None:
        """Spell the control tokens that branches wait for as they are today."""
        known = _TOKENS.get(str(task.get("handler")), {})
        transition = task.get("transition")
        branches = transition.get("branches") if isinstance(transition, YamlMap) else None
        for branch in branches if isinstance(branches, YamlList) else ():
            if isinstance(branch, YamlMap) and branch.get("when") in known:
                branch["when"] = known[branch["when"]]

    def _renamed(self, tree: YamlMap, further: Mapping[str, str] | None = None) -> YamlMap:
        """Return a mapping with its keys in snake_case, and `further` ones by their new names;
        what is null is left out, as Go takes it."""
        names = further or {}
        made = YamlMap(tree.files, tree.mark)
        for key, value in tree.items():
            if value is None:
                continue
            name = _HUMP.sub(lambda hump: f"_{hump[1].lower()}", str(key))
            self._is_older(name != key or name in _IN_EXECUTE_CONFIG)
            name = names.get(name, name)
            if name in made:
                name = str(key)  # written twice, in both spellings: refused as a key nobody knows
            made.put(name, value, tree.marks[key], tree.key_marks[key])
            if tree.spellings and key in tree.spellings:
                made.spellings = {**(made.spellings or {}), name: tree.spellings[key]}
        return made

    def _is_older(self, found: bool) -> None:
        self.is_older = self.is_older or found


def _as_written(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _each(entries: Any, change: Any) -> Any:
    """Return a list with its mappings changed; what is none is left to who checks it."""
    if not isinstance(entries, YamlList):
        return entries
    made = YamlList(entries.files, entries.mark)
    for index, entry in enumerate(entries):
        made.put(change(entry) if isinstance(entry, YamlMap) else entry, entries.marks[index])
    return made


def _with_operators(task: YamlMap) -> YamlMap:
    """Give each branch without an operator the one that the older dialects mean."""
    transition = task.get("transition")
    branches = transition.get("branches") if isinstance(transition, YamlMap) else None
    for branch in branches if isinstance(branches, YamlList) else ():
        if isinstance(branch, YamlMap) and not branch.get("operator"):
            meant = "default" if branch.get("when") == "default" else "equals"
            branch.put("operator", meant, branch.mark)
    return task
