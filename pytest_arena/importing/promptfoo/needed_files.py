"""What a file of code needs of the files around it, so that these stand beside the arena, too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pytest_arena.errors import ArenaFileError
from pytest_arena.importing.importer import Source

MOST = 200
"""Files that one file of code may need."""
_NAMED = re.compile(
    r"(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(?P<quote>['\"])(?P<path>\.{1,2}/[^'\"]+)"
    r"(?P=quote)"
)
_ENDS = ("", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".json")
_AS_TYPESCRIPT = {".js": ".ts", ".mjs": ".mts", ".cjs": ".cts"}


def needed_by(path: Path, source: Source) -> Iterator[tuple[Path, str]]:
    """Yield the files beside a file of code, or below, that it imports, and those that these do."""
    seen, left = {path}, [path]
    while left and len(seen) < MOST:
        one = left.pop()
        try:
            text = source.text_of(one)
        except ArenaFileError:
            continue
        if one != path:
            yield one, text
        found = _in_python(one, text) if one.suffix == ".py" else _in_javascript(one, text)
        for further in found:
            known = source.neighbour(str(further), one.parent)
            if known is not None and known not in seen:
                seen.add(known)
                left.append(known)


def _in_javascript(path: Path, text: str) -> Iterator[Path]:
    if path.suffix == ".json":
        return
    for match in _NAMED.finditer(text):
        named = path.parent / match["path"]
        typed = _AS_TYPESCRIPT.get(named.suffix)
        yield from (Path(f"{named}{end}") for end in _ENDS)
        yield from (named / f"index{end}" for end in _ENDS[1:])
        if typed is not None:
            yield named.with_suffix(typed)


def _in_python(path: Path, text: str) -> Iterator[Path]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            names = [base, *(f"{base}.{alias.name}".strip(".") for alias in node.names)]
        else:
            continue
        for name in filter(None, names):
            parts = name.split(".")
            for depth in range(1, len(parts) + 1):
                inner = path.parent.joinpath(*parts[:depth])
                yield inner / "__init__.py"
            yield inner.with_suffix(".py")
