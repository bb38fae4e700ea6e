"""Files of code that assertions name: read when the arena is loaded."""

from __future__ import annotations

from typing import Any

from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.files import read_limited
from pytest_arena.loading.tree import YamlMap

_MOST_BYTES = 1024 * 1024
_SUFFIXES = (".js", ".cjs", ".mjs")


def with_code(
    values: dict[str, Any], tree: YamlMap, owner: str, context: LoadContext
) -> dict[str, Any]:
    """Return an assertion's values with the text of its `file` as `code`, or add why that cannot
    be had."""
    place, written = tree.value_place("file"), values["file"]
    if "code" in values or "value" in values:
        context.problems.add(
            f"code and a file in {owner}", place, expected="one of them", fix="leave one out"
        )
        return values
    if not isinstance(written, str) or not written.endswith(_SUFFIXES):
        context.problems.add(
            f"{written!r} is no file of JavaScript",
            place,
            expected=f"a file whose name ends in {', '.join(_SUFFIXES)}",
            fix="write it as JavaScript"
            if isinstance(written, str) and written.endswith((".ts", ".mts", ".cts"))
            else "name such a file, or check with type: python",
        )
        return values
    with context.gathering():
        path = context.find(written, place, "file of JavaScript")
        text = read_limited(path, _MOST_BYTES, place, "file of JavaScript").decode(
            "utf-8-sig", "replace"
        )
        return {**values, "code": text.replace("\r\n", "\n")}
    return values
