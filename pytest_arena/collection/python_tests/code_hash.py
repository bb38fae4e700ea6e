"""The hash of a test's own code: what it checks, as far as a look at it can tell."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest


def code_hash(item: pytest.Item, settings: Mapping[str, Any]) -> str:
    """Return the hash of a test function and of settings that are a part of what it demands.

    Comments, blank lines, decorators and the name are no part of it: a further set of parameters
    changes no test that there was.
    """
    return sha256(f"{_code(item)} {sorted(settings.items())}".encode()).hexdigest()[:16]


def _code(item: pytest.Item) -> str:
    function = inspect.unwrap(getattr(item, "obj", None) or _no_function)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        # made by code, as by exec or a plug-in
        code = getattr(function, "__code__", None)
        return repr((code.co_code, code.co_names)) if code is not None else ""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.decorator_list, node.name = [], ""
    return ast.dump(tree)


def _no_function() -> None:
    """Stand in where an item is no function."""
