"""A pattern for any of many texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

_Tree: TypeAlias = "dict[str, _Tree]"


def any_of(texts: Iterable[str]) -> str:
    """Return a pattern for any of these texts, in which a common beginning stands once.

    So each place of what is searched is looked at once or twice, not once for each of them. Where
    one begins with another, the shorter one is found.
    """
    tree: _Tree = {}
    for text in texts:
        branch = tree
        for letter in text:
            branch = branch.setdefault(letter, {})
        branch[""] = {}
    return _pattern(tree)


def _pattern(tree: _Tree) -> str:
    if "" in tree:
        return ""
    ways = [re.escape(letter) + _pattern(rest) for letter, rest in tree.items()]
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
