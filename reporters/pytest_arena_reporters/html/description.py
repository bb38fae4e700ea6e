"""What stands where in the report's data: `payload.json`, which the tests of the scripts read too.

It lists the records and their fields. A field bears the name that it has in its dataclass, and one
that is not listed is written as it is. `{}` says no more than that scripts read it by its name;
else there may stand

- `of`: the record that it holds, or a list of them;
- `as`: how its value is turned into what scripts read (`CellWriter` has the ways);
- `always`: that it is written even where it has its default;
- `left_out`: that the page has no use for it;
- `label`: the words under which the page shows it, with no edit of a script.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any

from pytest_arena.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class PayloadField:
    """One field of a record; where it has its `default` it need not be written."""

    name: str
    of: str | None = None
    written_as: str | None = None
    always: bool = False
    left_out: bool = False
    label: str | None = None
    default: Any = None


@cache
def described() -> Mapping[str, Mapping[str, PayloadField]]:
    """Return the fields that are listed, by record and name."""
    text = files("pytest_arena_reporters.html").joinpath("payload.json").read_text("utf-8")
    return {
        record: {name: _field(name, given) for name, given in listed.items()}
        for record, listed in json.loads(text).items()
    }


def _field(name: str, given: Mapping[str, Any]) -> PayloadField:
    return PayloadField(
        name,
        **{"written_as" if key == "as" else key: value for key, value in given.items()},
    )


@cache
def written_fields(kind: type[Any]) -> tuple[PayloadField, ...]:
    """Return the fields of a dataclass that its record holds."""
    listed = described().get(kind.__name__, {})
    found = ((listed.get(one.name, PayloadField(one.name)), _default(one)) for one in fields(kind))
    return tuple(replace(one, default=default) for one, default in found if not one.left_out)


def _default(one: Field[Any]) -> Any:
    if one.default_factory is not MISSING:
        return one.default_factory()
    return None if one.default is MISSING else one.default


@cache
def text_fields(record: str) -> tuple[PayloadField, ...]:
    """Return the fields of a record that are texts to number and cut, or lead to such."""
    listed = described().get(record, {}).values()
    return tuple(one for one in listed if one.written_as == "text" or _leads_to_texts(one, record))


def _leads_to_texts(one: PayloadField, record: str) -> bool:
    """Whether dataclasses with texts are in a field; messages are mappings."""
    if one.of in (None, record) or one.written_as or one.left_out:
        return False
    return bool(text_fields(str(one.of)))


def labels() -> dict[str, list[dict[str, str]]]:
    """Return what the page shows without a script's knowing it: name, label, kind of value."""
    return {
        record: [
            {"name": one.name, "label": one.label, "as": one.written_as or ""}
            for one in listed.values()
            if one.label
        ]
        for record, listed in described().items()
        if any(one.label for one in listed.values())
    }
