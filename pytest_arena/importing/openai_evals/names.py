"""Names of cases, columns, files and functions that an imported eval gets."""

from __future__ import annotations

import builtins
import keyword
import re
from pathlib import Path

_ENDS = (".yaml", ".yml", ".json", ".jsonl")


def stem_of(path: Path) -> str:
    """Return how an arena's own files begin, as the arena file itself does."""
    name = path.name
    for end in _ENDS:
        name = name.removesuffix(end)
    return name


def module_name(path: Path, end: str) -> str:
    """Return the name of a module beside the arena."""
    stem = re.sub(r"\W", "_", stem_of(path))
    return f"{stem if stem[:1].isalpha() else f'_{stem}'}_{end}"


def identifier(text: str) -> str:
    """Return a name as one of a function."""
    found = re.sub(r"\W+", "_", text.lower(), flags=re.ASCII).strip("_")[:40].strip("_")
    if keyword.iskeyword(found) or hasattr(builtins, found):
        return f"{found}_grader"
    return found if found[:1].isalpha() else f"grader_{found}".rstrip("_")


def case_name(text: str) -> str:
    """Return a name as a case may have it, without the row's number."""
    bare = " ".join(text.replace("::", ":").split()) or "Row"
    return bare.replace("{{", "\\{{")


def column_name(text: str) -> str:
    """Return a name as a column may have it."""
    return re.sub(r"[\[\]\n/,{}]|::", "-", text).strip() or "column"


class Unique:
    """Names that are taken; each is given once."""

    def __init__(self, *taken: str) -> None:
        self._taken = set(taken)

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def take(self, wanted: str, joint: str = " ") -> str:
        """Return a name, with a number where it is taken."""
        name, number = wanted, 2
        while name in self._taken:
            name = f"{wanted}{joint}{number}"
            number += 1
        self._taken.add(name)
        return name
