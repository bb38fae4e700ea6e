"""A model's arguments, held against the schema that it was told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.json_schema import SchemaUnusableError, mismatches


def argument_mismatch(arguments: Any, parameters: Any) -> str | None:
    """Return why a tool cannot be called with these arguments; None where it can."""
    if not isinstance(arguments, Mapping):
        return "the arguments are no JSON object"
    try:
        mismatch = mismatches(dict(arguments), parameters)
    except SchemaUnusableError as error:
        mismatch = str(error)
    return None if mismatch is None else f"the arguments do not fit the schema: {mismatch}"
