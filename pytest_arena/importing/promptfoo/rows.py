"""Rows of tables as tests: columns with two underscores say what is expected, others are values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.assertions.table import from_csv
from pytest_arena.importing.promptfoo.assertions.written import number

_OF_COLUMNS = ("__description", "__threshold", "__providerOutput")


def from_row(row: Mapping[Any, Any], place: Location, source: Source) -> dict[str, Any]:
    """Return the test that a row of a table is."""
    test: dict[str, Any] = {"vars": {}}
    asserted: list[Any] = []
    thresholds: dict[str, float] = {}
    metric = None
    for column, value in row.items():
        name, text = str(column or "").strip(), value if isinstance(value, str) else ""
        if name.startswith("__") and not text.strip():
            continue
        if re.fullmatch(r"__expected\d*", name):
            asserted.append((name, from_csv(text)))
        elif match := re.fullmatch(r"__config:(__expected\d*):threshold", name):
            if (found := _number(name, text, place, source)) is not None:
                thresholds[match[1]] = found
        elif name in ("__prefix", "__suffix"):
            test.setdefault("options", {})[name[2:]] = text
        elif name in _OF_COLUMNS:
            found = _number(name, text, place, source) if name == "__threshold" else None
            test[name[2:]] = found if name == "__threshold" else text
        elif match := re.fullmatch(r"__metadata:(.+?)(\[\])?", name):
            test.setdefault("metadata", {})[match[1]] = text
        elif name == "__metric":
            metric = text
        elif name.startswith("__"):
            source.findings.left_out(place, f"unknown column {name!r}")
        elif name:
            test["vars"][name] = text
    for name, made in asserted:
        if name in thresholds or "__expected" in thresholds:
            made["threshold"] = thresholds.get(name, thresholds.get("__expected"))
        if metric is not None:
            made["metric"] = metric
    test["assert"] = [made for _, made in asserted]
    return test


def _number(column: str, text: str, place: Location, source: Source) -> float | None:
    found = number(text)
    if found is None:
        source.findings.left_out(place, f"{column}: {text!r} is no number")
    return found
