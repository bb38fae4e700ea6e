"""Columns that a table of trials has of its answers without their being listed anywhere."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pytest_arena.results import Response, Trial

Kind = Literal["text", "integer", "number", "boolean", "list"]
_KINDS: Mapping[Any, Kind] = {str: "text", int: "integer", float: "number", bool: "boolean"}


def answer_columns(response: type[Response], named: Container[str]) -> dict[str, Kind]:
    """Return the fields of a response that are single values, and not among the `named` ones."""
    hints = get_type_hints(response)
    kinds = {one.name: _kind(hints[one.name]) for one in fields(response)}
    return {name: kind for name, kind in kinds.items() if kind and name not in named}


def answer_values(trial: Trial, columns: Mapping[str, Kind]) -> dict[str, Any]:
    """Return the values of such columns: sums of numbers over all answers, else the last one's."""
    return {name: _value(trial, name, kind) for name, kind in columns.items()}


def _kind(hint: Any) -> Kind | None:
    if get_origin(hint) in (Union, UnionType):
        given = [one for one in get_args(hint) if one is not NoneType]
        return _kind(given[0]) if len(given) == 1 else None
    return "text" if get_origin(hint) is Literal else _KINDS.get(hint)


def _value(trial: Trial, name: str, kind: Kind) -> Any:
    values = [getattr(response, name) for response in trial.responses]
    if kind not in ("integer", "number"):
        return values[-1] if values else None
    # one that is not known makes the sum unknown, as it does those of tokens and costs
    return None if not values or None in values else sum(values)
