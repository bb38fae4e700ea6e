"""Assertions of PromptArena on calls of tools."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pytest_arena.loading.dialects.promptarena.check_base import Around, Check, Read
from pytest_arena.loading.dialects.promptarena.params import (
    Given,
    Params,
    UnusableError,
    pattern_of,
)

_SPELT = re.compile(r"-?[0-9.]+$|true$|false$|null$")
"""Texts that a model may give as a number, or as a word of JSON."""


def _tools_called(params: Params, _: Around) -> Iterator[Check]:
    tools = params.texts("tools", "tool_names", "tool", "tool_name")
    least = params.count("min_calls")
    yield {"type": "tools_called", "tools": tools, "min_calls": least}
    if params.flag("require_args"):
        for name in tools.value:
            check = {"type": "tool_args", "tool": Given(name, tools.mark)}
            yield {**check, "path": "length(keys(@)) > `0`", "equals": True}


def _tools_not_called(params: Params, _: Around) -> Iterator[Check]:
    yield {
        "type": "tools_not_called",
        "tools": params.texts("tools", "tool_names", "tool", "tool_name"),
    }


def _tool_args(params: Params, _: Around) -> Iterator[Check]:
    tool = params.need("tool_name", "tool", expected="the tool")
    yield from _arguments(tool, params.get("expected_args", "required_args", "args"), "any")


def _with_args(params: Params, _: Around) -> Iterator[Check]:
    """All calls of the tool must have the arguments, and some of them the result."""
    tool = params.need("tool_name", "tool", expected="the tool")
    patterns = params.get("args_match")
    wanted = params.get("expected_args", "required_args", "args")
    if wanted is not None or patterns is None:
        yield from _arguments(tool, wanted, "all")
    if patterns is not None:
        yield from _matching(tool, patterns, "all")
    included = params.maybe_texts("result_includes")
    if included is not None:
        yield {"type": "tool_result_includes", "tool": tool, "patterns": included}
    if params.get("result_matches") is not None:
        pattern = params.pattern("result_matches")
        yield {"type": "tool_result_matches", "tool": tool, "pattern": pattern}
    if params.flag("no_error"):
        yield {"type": "no_tool_errors", "tools": tool}


def _arguments(tool: Given, wanted: Given | None, which: str) -> Iterator[Check]:
    """Yield what asks for arguments, or for a call where none are given."""
    if wanted is None:
        yield {"type": "tools_called", "tools": tool}
        return
    yield {"type": "tool_args", "tool": tool, "call": which, **_exactly(wanted)}


def _exactly(wanted: Given) -> Check:
    """Return how arguments are asked for as PromptArena compares them: by their texts, so that
    `7` is `"7"`; null and an empty value ask for the argument alone."""
    named = wanted.value
    if not isinstance(named, dict):
        named = dict.fromkeys(map(str, named if isinstance(named, list) else [named]))
    if named and all(
        isinstance(one, str) and one and not _SPELT.match(one) for one in named.values()
    ):
        return {"contains": Given(named, wanted.mark)}
    paths, values = [], {}
    for name, value in named.items():
        key = json.dumps(name)
        if value in (None, ""):
            path, value = f"contains(keys(@), `{key}`)", True
        elif isinstance(value, (dict, list)):
            path = key
        else:
            path, value = (
                f"to_string({key})",
                value if isinstance(value, str) else json.dumps(value),
            )
        paths.append(f"{key}: {path}")
        values[name] = value
    return {
        "path": Given(f"{{{', '.join(paths)}}}", wanted.mark),
        "equals": Given(values, wanted.mark),
    }


def _matching(tool: Given, patterns: Given, which: str) -> Iterator[Check]:
    if not isinstance(patterns.value, dict):
        raise UnusableError("args_match: regular expressions by the names of arguments")
    for name, written in patterns.value.items():
        pattern = pattern_of(Given(written, patterns.mark), "args_match")
        check = {"type": "tool_args", "tool": tool, "call": which}
        yield {**check, "path": Given(json.dumps(name), patterns.mark), "matches": pattern}


def _no_args(params: Params, _: Around) -> Iterator[Check]:
    tool = params.need("tool_name", "tool", expected="the tool")
    excluded = params.need("excluded_args", "args", expected="arguments that must not come")
    call = {"type": "tool_args", "tool": tool, **_exactly(excluded), "not": True}
    none = {"type": "tools_not_called", "tools": tool}
    yield {"type": "any_of", "assertions": [none, call]}


def _call_count(params: Params, _: Around) -> Iterator[Check]:
    least, most = params.get("min", "min_calls", "count"), params.get("max", "max_calls", "count")
    if least is None and most is None:
        raise UnusableError("min or max")
    if least is not None and least.value == 0:
        least = None
    if least is None and most is None:
        raise UnusableError("min: a number from 1 on, or max")
    yield {
        "type": "tool_call_count",
        "tool": params.get("tool", "tool_name"),
        "min": least,
        "max": most,
    }


def _sequence(params: Params, _: Around) -> Iterator[Check]:
    yield {"type": "tool_call_sequence", "sequence": params.texts("sequence")}


def _chain(params: Params, _: Around) -> Iterator[Check]:
    steps = params.need("chain", "steps", expected="a list of tools, in their order")
    listed = steps.value if isinstance(steps.value, list) else [steps.value]
    names = [one.get("tool") if isinstance(one, dict) else one for one in listed]
    yield {"type": "tool_call_sequence", "sequence": Given(names, steps.mark)}
    for one in listed:
        if not isinstance(one, dict):
            continue
        at = {"tool": Given(one.get("tool"), steps.mark)}
        if one.get("result_includes"):
            texts = one["result_includes"]
            patterns = Given(texts if isinstance(texts, list) else [texts], steps.mark)
            yield {"type": "tool_result_includes", **at, "patterns": patterns}
        if one.get("result_matches"):
            yield {
                "type": "tool_result_matches",
                **at,
                "pattern": Given(one["result_matches"], steps.mark),
            }
        if one.get("args_match"):
            yield from _matching(at["tool"], Given(one["args_match"], steps.mark), "any")
        if one.get("no_error"):
            yield {"type": "no_tool_errors", "tools": at["tool"]}


def _anti_patterns(params: Params, _: Around) -> Iterator[Check]:
    patterns = params.need("patterns", expected="a list of sequences that must not come")
    for one in patterns.value if isinstance(patterns.value, list) else [patterns.value]:
        sequence = one.get("sequence") if isinstance(one, dict) else one
        if not sequence:
            raise UnusableError("patterns: [{sequence: [first, second]}]")
        yield {
            "type": "tool_call_sequence",
            "sequence": Given(sequence, patterns.mark),
            "not": True,
        }


def _no_repeat(params: Params, _: Around) -> Iterator[Check]:
    yield {
        "type": "tool_no_repeat",
        "tools": params.maybe_texts("tools", "tool_names"),
        "max_repeats": params.count("max_repeats"),
        "compare": "tool",
        "consecutive": True,
    }


def _efficiency(params: Params, _: Around) -> Iterator[Check]:
    keys = ("max_calls", "max_errors", "max_error_rate")
    yield {"type": "tool_efficiency", **{key: params.get(key) for key in keys}}


def _no_errors(params: Params, _: Around) -> Iterator[Check]:
    yield {"type": "no_tool_errors", "tools": params.maybe_texts("tools", "tool")}


def _result_includes(params: Params, _: Around) -> Iterator[Check]:
    yield {
        "type": "tool_result_includes",
        "tool": params.get("tool", "tool_name"),
        "patterns": params.texts("patterns", "text", "value"),
        "occurrence": params.count("occurrence"),
    }


def _result_matches(params: Params, _: Around) -> Iterator[Check]:
    yield {
        "type": "tool_result_matches",
        "tool": params.get("tool", "tool_name"),
        "pattern": params.pattern("pattern"),
        "occurrence": params.count("occurrence"),
    }


TOOL_KINDS: dict[str, Read] = {
    **dict.fromkeys(("tools_called", "tool_called", "tools_called_session"), _tools_called),
    **dict.fromkeys(("tools_not_called", "tools_not_called_session"), _tools_not_called),
    **dict.fromkeys(("tool_args", "tool_args_session"), _tool_args),
    "tool_calls_with_args": _with_args,
    **dict.fromkeys(("tool_args_excluded_session", "tools_not_called_with_args"), _no_args),
    "tool_call_count": _call_count,
    "tool_call_sequence": _sequence,
    "tool_call_chain": _chain,
    "tool_anti_pattern": _anti_patterns,
    "tool_no_repeat": _no_repeat,
    "tool_efficiency": _efficiency,
    "no_tool_errors": _no_errors,
    "tool_result_includes": _result_includes,
    "tool_result_matches": _result_matches,
}
