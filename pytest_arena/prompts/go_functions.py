"""The functions of Go's templates, and those of Sprig that prompts use."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_arena.errors import ArenaError


class GoFunctionError(ArenaError):
    """A function that was given what it cannot take."""


def is_true(value: Any) -> bool:
    """Return whether a value is neither false, zero, nil nor empty."""
    return bool(value)


def printed(value: Any) -> str:
    """Return how Go prints a value; nil is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        entries = sorted((str(key), printed(one)) for key, one in value.items())
        return f"map[{' '.join(f'{key}:{one}' for key, one in entries)}]"
    if isinstance(value, (list, tuple)):
        return f"[{' '.join(map(printed, value))}]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _and(*values: Any) -> Any:
    return next((value for value in values if not is_true(value)), values[-1])


def _or(*values: Any) -> Any:
    return next((value for value in values if is_true(value)), values[-1])


def _eq(first: Any, *others: Any) -> bool:
    if not others:
        raise GoFunctionError("it takes two values or more")
    return any(first == other for other in others)


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, Mapping) and key not in value:
            raise GoFunctionError(f"no key {key!r}")
        value = value[key]
    return value


def _printf(pattern: str, *values: Any) -> str:
    left = list(values)

    def fill(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        if not left:
            raise GoFunctionError(f"no value is left for {match[0]}")
        value = left.pop(0)
        if match[2] == "q":
            return json.dumps(printed(value), ensure_ascii=False)
        if match[2] in "df" and not isinstance(value, (int, float)):
            raise GoFunctionError(f"{match[0]} is for numbers")
        if match[2] == "d":
            return str(f"%{match[1]}d" % value)
        if match[2] == "f":
            return str(f"%{match[1]}f" % value)
        return f"%{match[1]}s" % printed(value)

    return re.sub(r"%([-+0 ]*\d*(?:\.\d+)?)([vsdfqt%])", fill, pattern)


def _trunc(length: int, text: Any) -> str:
    said = printed(text)
    return said[length:] if length < 0 else said[:length]


def _default(otherwise: Any, value: Any = None) -> Any:
    return value if is_true(value) else otherwise


def _indent(spaces: int, text: Any) -> str:
    pad = " " * spaces
    return pad + printed(text).replace("\n", f"\n{pad}")


def _join(separator: str, values: Sequence[Any]) -> str:
    return separator.join(map(printed, values))


_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def _json(value: Any) -> str:
    """Return JSON as Go writes it: keys in their order, and nothing that HTML could take for its
    own."""
    return re.sub("[<>&]", lambda match: _HTML[match[0]], _raw_json(value))


def _raw_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _dict(*pairs: Any) -> dict[str, Any]:
    return {printed(key): value for key, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _divided(one: Any, other: Any) -> int:
    """Return a quotient without its fraction, as Go's integers have it."""
    if not _number(other):
        raise GoFunctionError("a division by zero")
    whole: int = abs(_number(one)) // abs(_number(other))
    return whole if (_number(one) < 0) == (_number(other) < 0) else -whole


def _substr(start: int, end: int, text: Any) -> str:
    """Return a part of a text; an end below 0 is the text's own."""
    return printed(text)[max(start, 0) : end if end >= 0 else None]


def _number(value: Any) -> Any:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda *values: sum(map(_number, values)),
    "and": _and,
    "coalesce": _or,
    "contains": lambda part, text: printed(part) in printed(text),
    "atoi": _number,
    "default": _default,
    "dict": _dict,
    "div": _divided,
    "empty": lambda value: not is_true(value),
    "eq": _eq,
    "first": lambda values: values[0],
    "fromJson": lambda text: json.loads(printed(text)),
    "get": lambda value, key: value.get(key, ""),
    "has": lambda wanted, values: wanted in values,
    "ge": lambda one, other: one >= other,
    "gt": lambda one, other: one > other,
    "hasKey": lambda value, key: key in value,
    "hasPrefix": lambda part, text: printed(text).startswith(part),
    "hasSuffix": lambda part, text: printed(text).endswith(part),
    "indent": _indent,
    "index": _index,
    "int": _number,
    "join": _join,
    "keys": lambda value: sorted(value),
    "last": lambda values: values[-1],
    "le": lambda one, other: one <= other,
    "len": len,
    "list": lambda *values: list(values),
    "lower": lambda text: printed(text).lower(),
    "lt": lambda one, other: one < other,
    "max": lambda *values: max(map(_number, values)),
    "min": lambda *values: min(map(_number, values)),
    "mod": lambda one, other: _number(one) - _number(other) * _divided(one, other),
    "mul": lambda one, other: _number(one) * _number(other),
    "ne": lambda one, other: one != other,
    "nindent": lambda spaces, text: "\n" + _indent(spaces, text),
    "not": lambda value: not is_true(value),
    "or": _or,
    "print": lambda *values: "".join(map(printed, values)),
    "printf": _printf,
    "println": lambda *values: " ".join(map(printed, values)) + "\n",
    "quote": lambda text: json.dumps(printed(text), ensure_ascii=False),
    "replace": lambda old, new, text: printed(text).replace(old, new),
    "repeat": lambda times, text: printed(text) * times,
    "rest": lambda values: values[1:],
    "reverse": lambda values: values[::-1],
    "sortAlpha": lambda values: sorted(map(printed, values)),
    "splitList": lambda separator, text: printed(text).split(separator),
    "squote": lambda text: f"'{printed(text)}'",
    "substr": _substr,
    "sub": lambda one, other: _number(one) - _number(other),
    "title": lambda text: printed(text).title(),
    "toJson": _json,
    "ternary": lambda yes, no, condition: yes if is_true(condition) else no,
    "toRawJson": _raw_json,
    "toPrettyJson": lambda value: json.dumps(value, ensure_ascii=False, indent=2),
    "toString": printed,
    "trim": lambda text: printed(text).strip(),
    "trimAll": lambda marks, text: printed(text).strip(marks),
    "trimPrefix": lambda part, text: printed(text).removeprefix(part),
    "trimSuffix": lambda part, text: printed(text).removesuffix(part),
    "trunc": _trunc,
    "uniq": lambda values: list(dict.fromkeys(values)),
    "values": lambda value: list(value.values()),
    "upper": lambda text: printed(text).upper(),
}
