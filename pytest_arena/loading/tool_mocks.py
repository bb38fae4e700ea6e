"""The short ways to write what a mocked tool gives, brought into the shape of the models."""

from __future__ import annotations

from typing import Any

from pytest_arena.errors import Location
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.tree import YamlList, YamlMap, plain
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import ToolAnswer

_KEYS = frozenset({"when", "result", "error", "fail", "delay", "otherwise"})
_CHOOSING = frozenset({"when", "otherwise"})


def build_tool_mock(tool: YamlMap, owner: str, context: LoadContext) -> tuple[ToolAnswer, ...]:
    """Return the answers under `mock:` of a tool: a value, an answer, or a list with one for each
    call."""
    written = tool["mock"]
    owner = f"'mock' of {owner}"
    if not isinstance(written, YamlList):
        answer = _answer(written, owner, context)
        return () if answer is None else (answer,)
    if not written:
        context.problems.add(
            f"{owner} is an empty list",
            tool.value_place("mock"),
            expected="an answer for each call, of which the last one repeats",
            fix="write mock: {result: []} where the tool gives an empty list",
        )
        return ()
    answers = [_answer(each, owner, context) for each in written]
    return tuple(answer for answer in answers if answer is not None)


def _answer(written: Any, owner: str, context: LoadContext) -> ToolAnswer | None:
    """Return what is written as an answer: described by its keys, else the very value."""
    if not isinstance(written, YamlMap) or not _is_described(written):
        return ToolAnswer(result=plain(written))
    values: dict[str, Any] = dict(written)
    if "result" in values:
        values["result"] = plain(values["result"])
    if isinstance(values.get("when"), YamlMap):
        values["when"] = plain(values["when"])
    if "otherwise" in values:
        values["otherwise"] = _answer(values["otherwise"], owner, context)
    for name in ("error", "fail"):
        if values.get(name) is True:
            values[name] = "the tool failed"
    if "result" in values and (clash := next((k for k in ("error", "fail") if k in values), None)):
        _both(clash, written.key_place(clash), owner, context)
    return build_model(ToolAnswer, written, context.problems, owner, values)


def _is_described(written: YamlMap) -> bool:
    """Tell an answer from a value that is a mapping: all its keys are an answer's, or one of them
    chooses, so that typos show beside it."""
    return bool(written) and (written.keys() <= _KEYS or bool(_CHOOSING & written.keys()))


def _both(key: str, place: Location, owner: str, context: LoadContext) -> None:
    context.problems.add(
        f"{owner} has both 'result' and {key!r}",
        place,
        expected="one of the two: a call gives something, or it fails",
        fix="remove one, or write a list with an answer for each call",
    )
