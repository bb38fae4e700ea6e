"""Evaluators of pydantic_evals as assertions, in all the forms in which a file may write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.importing import literal_text
from pytest_arena.importing.data_sets.model_names import judge_of
from pytest_arena.importing.made import LeftOutError, Made
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.tree import plain

_TYPED = "an answer is a text here, and is read as JSON"
_EMPTY = "type: success fails on an empty answer"
_TYPES = {
    "bool": ["boolean"],
    "int": ["integer", "boolean"],
    "float": ["number"],
    "dict": ["object"],
    "list": ["array"],
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a case expects; None where it expects nothing."""

    output: Any


@dataclass(frozen=True, slots=True)
class Kept:
    """The assertions that an evaluator becomes; none where it would judge nothing there either."""

    made: list[Made]
    alike: tuple[str, str] | None = None
    asks_judge: bool = False


@dataclass(frozen=True, slots=True)
class Evaluator:
    """One evaluator as it is written: its name, and what it is given."""

    name: str
    given: Any
    """None, a mapping of its arguments, or a single one in a tuple."""
    place: Location
    problem: str = ""

    def kept(self, expected: Expected) -> Kept:
        """Return what it becomes for a case; one that cannot be is a `LeftOutError`."""
        if self.problem:
            raise LeftOutError(self.problem)
        known = _KNOWN.get(self.name)
        if known is None:
            near = suggest(self.name, _KNOWN) or "write what it checks as type: python"
            raise LeftOutError("no evaluator of pydantic_evals's own", near)
        names, make = known
        return make(self._arguments(names), expected)

    def _arguments(self, names: tuple[str, ...]) -> dict[str, Any]:
        given = self.given
        if isinstance(given, tuple):
            if not names:
                raise LeftOutError("it takes no argument")
            given = {names[0]: given[0]}
        arguments = dict(given or {})
        for key in arguments:
            if key not in (*names, "evaluation_name"):
                raise LeftOutError(f"it takes no {key!r}", suggest(key, names) or "")
        return arguments


def read_evaluator(entry: Any, place: Location) -> Evaluator:
    """Return an evaluator in any of its forms: a name, `{Name: argument}`, `{Name: {k: v}}`,
    `{name: …, arguments: …}`."""
    if isinstance(entry, str):
        return Evaluator(entry, None, place)
    written = plain(entry)
    if not isinstance(written, dict):
        return Evaluator("?", None, place, "an evaluator that is neither a name nor a mapping")
    if written.keys() == {"name", "arguments"}:
        given = written["arguments"]
        given = tuple(given) if isinstance(given, list) else given
        return Evaluator(str(written["name"]), given, place)
    if len(written) != 1:
        shown = shorten(", ".join(map(str, written)))
        return Evaluator("?", None, place, f"a mapping of several keys: {shown}")
    ((name, given),) = written.items()
    if isinstance(given, dict) and all(isinstance(key, str) for key in given):
        return Evaluator(str(name), given, place)
    return Evaluator(str(name), (given,), place)


def _needed(arguments: Mapping[str, Any], name: str) -> Any:
    if name not in arguments:
        raise LeftOutError(f"it has no {name!r}, which it needs")
    return arguments[name]


def _equals(arguments: dict[str, Any], _: Expected) -> Kept:
    return same_value(_needed(arguments, "value"))


def _equals_expected(_: dict[str, Any], expected: Expected) -> Kept:
    return Kept([]) if expected.output is None else same_value(expected.output)


def same_value(value: Any) -> Kept:
    """Return the assertion that an answer is a value, letter by letter or as JSON."""
    if isinstance(value, str) and value.strip():
        return Kept([{"type": "matches", "pattern": literal_text.whole(value)}])
    if isinstance(value, str):
        alike = ("blanks alone", "an empty answer is the same here") if value else None
        return Kept([{"type": "equals", "value": value}], alike)
    made: Made = {"type": "json_path", "path": "@", "equals": value, "extract": False}
    if value is None:
        made = {"type": "matches", "pattern": r"\Anull\Z"}
    return Kept([made], ("a value that is no text", _TYPED))


def _contains(arguments: dict[str, Any], _: Expected) -> Kept:
    value, cased = _needed(arguments, "value"), arguments.get("case_sensitive", True) is not False
    if value == "":
        return Kept([{"type": "success"}], ("an empty text, which every answer contains", _EMPTY))
    if isinstance(value, str):
        told = ("in any case, beyond ASCII", "cases of such letters are paired in another way")
        return Kept([_part(value, cased=cased)], None if cased or value.isascii() else told)
    if arguments.get("as_strings"):
        if isinstance(value, (dict, list)):
            raise LeftOutError("a value that is compared as Python writes it")
        return Kept([_part(str(value), cased=cased)])
    if isinstance(value, dict):
        made: list[Made] = [
            {"type": "json_path", "path": _quoted(key), "equals": inner, "extract": False}
            for key, inner in value.items()
        ] or [{"type": "json_schema", "schema": {"type": "object"}}]
        return Kept(made, ("a part of an object", _TYPED))
    made = [{"type": "json_path", "path": "@", "contains": value, "extract": False}]
    return Kept(made, ("an element of a list", _TYPED))


def _part(text: str, *, cased: bool) -> Made:
    if not literal_text.is_plain(text, case=cased):
        return {"type": "matches", "pattern": literal_text.one_of([text], case=cased)}
    return {"type": "contains", "value": text, **({"case_sensitive": True} if cased else {})}


def _quoted(key: Any) -> str:
    escaped = str(key).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_instance(arguments: dict[str, Any], _: Expected) -> Kept:
    name = str(_needed(arguments, "type_name"))
    if name in ("str", "object"):
        made: Made = {"type": "success"}
        return Kept([made], ("an answer is a text here", _EMPTY))
    types = _TYPES.get(name)
    if types is None:
        raise LeftOutError(f"{name} is a class of the task's code", "json_schema: checks a form")
    schema = {"type": types[0] if len(types) == 1 else types}
    return Kept([{"type": "json_schema", "schema": schema}], ("a type of Python's", _TYPED))


def _max_duration(arguments: dict[str, Any], _: Expected) -> Kept:
    from datetime import timedelta

    from pydantic import TypeAdapter, ValidationError

    given = _needed(arguments, "seconds")
    try:
        seconds = TypeAdapter(float | timedelta).validate_python(given)
    except ValidationError:
        raise LeftOutError(f"{given!r} is no time") from None
    most = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
    if most <= 0:
        raise LeftOutError(f"nothing is within {most:g} seconds")
    limit = most * 1000
    return Kept([{"type": "response_time", "max_ms": int(limit) if limit.is_integer() else limit}])


def _llm_judge(arguments: dict[str, Any], expected: Expected) -> Kept:
    criteria = str(_needed(arguments, "rubric"))
    if arguments.get("include_expected_output") and expected.output is not None:
        criteria = f"{criteria}\nThe expected output is: {_as_text(expected.output)}"
    made: Made = {"type": "llm_judge", "criteria": criteria}
    told = "see docs/judging.md for how answers are judged here"
    if arguments.get("assertion") is False:
        made["weight"] = 0
        told = "it gives a score and no verdict there: weight: 0 keeps it so"
    return _by_judge(made, arguments, ("another judge's prompt asks", told))


def _g_eval(arguments: dict[str, Any], _: Expected) -> Kept:
    steps = _needed(arguments, "evaluation_steps")
    if not isinstance(steps, list) or not steps:
        raise LeftOutError("it needs a list of evaluation_steps")
    listed = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    criteria = f"{_needed(arguments, 'criteria')}\nSteps to take:\n{listed}"
    made: Made = {"type": "llm_judge", "criteria": criteria, "weight": 0}
    told = "it gives a score and no verdict there: weight: 0 keeps it so"
    return _by_judge(made, arguments, ("another judge's prompt asks, by levels", told))


def _by_judge(made: Made, arguments: Mapping[str, Any], alike: tuple[str, str]) -> Kept:
    model = arguments.get("model")
    if not model:
        return Kept([made], alike, asks_judge=True)
    judge = judge_of(model, arguments.get("model_settings"))
    if judge is None:
        told = f"its model {shorten(str(model))} is not used: name another under judge:"
        return Kept([made], (alike[0], f"{alike[1]}; {told}"), asks_judge=True)
    return Kept([{**made, "judge": judge}], alike)


def _as_text(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _span(arguments: dict[str, Any], _: Expected) -> Kept:
    query = _needed(arguments, "query")
    if not isinstance(query, dict):
        raise LeftOutError("its query is no mapping")
    further = [key for key in query if key not in ("name_equals", "name_contains")]
    if further or len(query) != 1:
        shown = ", ".join(further) or ", ".join(query) or "nothing"
        raise LeftOutError(
            f"spans are looked for by their names alone, not by {shown}",
            "write what must hold as type: python, which sees the trial's trace",
        )
    ((key, name),) = query.items()
    if "*" in str(name):
        raise LeftOutError("a name with a *, which stands for any text here")
    wanted = str(name) if key == "name_equals" else f"*{name}*"
    return Kept([{"type": "span_count", "name": wanted, "min": 1}])


def _tools(arguments: dict[str, Any], _: Expected) -> Kept:
    names = _needed(arguments, "expected_tools")
    if not isinstance(names, list):
        raise LeftOutError("its expected_tools are no list")
    extra = bool(arguments.get("allow_extra"))
    made: list[Made] = [{"type": "tools_called", "tools": names}] if names else []
    if not extra:
        made.append({"type": "tool_call_count", "max": len(names)})
    if not made:
        made = [{"type": "success"}]
    return Kept(made, _failed(arguments, default=False))


def _failed(arguments: Mapping[str, Any], *, default: bool) -> tuple[str, str] | None:
    if arguments.get("include_failed", default):
        return None
    return ("calls of tools that failed do not count there", "here they do")


def _arguments(arguments: dict[str, Any], _: Expected) -> Kept:
    wanted = _needed(arguments, "expected_arguments")
    occurrence = arguments.get("occurrence", "first")
    if occurrence == "first":
        which: Any = 1
    elif occurrence == "last":
        which = "last"
    elif isinstance(occurrence, int) and occurrence >= 0:
        which = occurrence + 1
    else:
        raise LeftOutError(f"occurrence: {occurrence!r}")
    made: Made = {"type": "tool_args", "tool": _needed(arguments, "tool_name"), "call": which}
    exact = arguments.get("match_mode", "subset") == "exact"
    if not exact and not wanted:
        raise LeftOutError("no arguments are expected", "tools_called: checks that it was called")
    made["equals" if exact else "contains"] = wanted
    return Kept([made], _failed(arguments, default=False))


def _max_calls(arguments: dict[str, Any], _: Expected) -> Kept:
    made: Made = {"type": "tool_call_count", "max": _needed(arguments, "max_calls")}
    alike = ("calls of tools that failed do not count there", "here they do")
    return Kept([made], None if arguments.get("include_failed", True) else alike)


def _max_requests(arguments: dict[str, Any], _: Expected) -> Kept:
    return Kept([{"type": "llm_turns", "max": _needed(arguments, "max_requests")}])


def _trajectory(arguments: dict[str, Any], _: Expected) -> Kept:
    names, order = _needed(arguments, "expected_trajectory"), arguments.get("order", "in_order")
    if not isinstance(names, list) or not names:
        raise LeftOutError("its expected_trajectory is no list of names")
    made: Made = {"type": "tools_called", "tools": names, "weight": 0}
    if order in ("in_order", "exact"):
        made["order"] = order
    told = "it gives a score and no verdict there: weight: 0 keeps it so"
    return Kept([made], ("the score of a path", told))


_KNOWN: Mapping[
    str, tuple[tuple[str, ...], Callable[[dict[str, Any], Expected], Kept]]
] = {
    "Equals": (("value",), _equals),
    "EqualsExpected": ((), _equals_expected),
    "Contains": (("value", "case_sensitive", "as_strings"), _contains),
    "IsInstance": (("type_name",), _is_instance),
    "MaxDuration": (("seconds",), _max_duration),
    "LLMJudge": (
        (
            "rubric", "model", "include_input", "include_expected_output", "model_settings",
            "score", "assertion",
        ),
        _llm_judge,
    ),
    "LlmJudge": (("rubric", "model", "include_input"), _llm_judge),
    "GEval": (
        ("criteria", "evaluation_steps", "score_range", "include_input", "model", "model_settings"),
        _g_eval,
    ),
    "HasMatchingSpan": (("query",), _span),
    "ToolCorrectness": (("expected_tools", "allow_extra", "include_failed"), _tools),
    "TrajectoryMatch": (("expected_trajectory", "order", "include_failed"), _trajectory),
    "ArgumentCorrectness": (
        ("tool_name", "expected_arguments", "match_mode", "occurrence", "include_failed"),
        _arguments,
    ),
    "MaxToolCalls": (("max_calls", "include_failed"), _max_calls),
    "MaxModelRequests": (("max_requests",), _max_requests),
}  # fmt: skip
"""Each evaluator by its name: its arguments in their order, and what it becomes."""
