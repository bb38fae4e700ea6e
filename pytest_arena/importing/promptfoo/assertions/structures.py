"""Assertions on JSON, XML and SQL."""

from __future__ import annotations

import json
from typing import Any

from pytest_arena.importing import literal_text
from pytest_arena.importing.made import LeftOutError, Made
from pytest_arena.importing.promptfoo.assertions.texts import matching
from pytest_arena.importing.promptfoo.assertions.written import (
    Written,
    negatable,
)

DRAFT = "http://json-schema.org/draft-07/schema#"


def equals(written: Written) -> list[Made]:
    if isinstance(written.value, (dict, list)):
        made: Made = {"type": "json_path", "path": "@", "equals": written.value, "extract": False}
        return _json_or(written, made)
    return matching(written, literal_text.whole(written.text))


def _json_or(written: Written, made: Made) -> list[Made]:
    """Return an assertion on the answer's JSON; negated, it holds where there is no JSON, too."""
    if not written.negated:
        return [made]
    return [
        {"type": "any_of", "assertions": [{**made, "not": True}, {"type": "is_json", "not": True}]}
    ]


def _schema(value: Any) -> Made:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            import yaml

            try:
                value = yaml.safe_load(value)
            except yaml.YAMLError:
                raise LeftOutError(f"its schema cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise LeftOutError("its schema is no mapping")
    return value if "$schema" in value else {"$schema": DRAFT, **value}


def is_json(written: Written) -> list[Made]:
    if written.value in (None, "", {}):
        return negatable(written, {"type": "is_json"})
    return _json_or(written, {"type": "json_schema", "schema": _schema(written.value)})


def contains_json(written: Written) -> list[Made]:
    # a list of none is none there: only objects are looked for
    wanted: Made = {
        "anyOf": [{"type": "object"}, {"contains": {"type": "object"}, "type": "array"}]
    }
    if written.value not in (None, "", {}):
        given = _schema(written.value)
        typed = {"$schema": DRAFT, "type": "object", "allOf": [given]}
        wanted = given if given.get("type") == "object" else typed
    return negatable(written, {"type": "contains_json", "schema": wanted})


def xml(written: Written, *, extract: bool) -> list[Made]:
    if written.value not in (None, ""):
        raise LeftOutError("required elements")
    if extract:
        written.alike("XML is looked for in a code fence, or as the whole answer")
    return negatable(written, {"type": "is_xml", **({"extract": True} if extract else {})})


def sql(written: Written, *, extract: bool) -> list[Made]:
    value = written.value if isinstance(written.value, dict) else {}
    if value.keys() - {"databaseType"}:
        raise LeftOutError("lists of tables and columns")
    dialect = str(value.get("databaseType", "MySQL")).lower()
    written.alike("another parser of SQL reads it")
    made: Made = {
        "type": "is_sql",
        "dialect": {"postgresql": "postgres", "transactsql": "tsql"}.get(dialect, dialect),
    }
    return negatable(written, {**made, **({"extract": True} if extract else {})})
