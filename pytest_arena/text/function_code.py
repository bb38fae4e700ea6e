"""What a Python function does, as a text that neither comments nor its name change."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any


def function_code(function: Callable[..., Any]) -> str:
    """Return the code of a function without comments, blank lines, decorators and name.

    What it calls is no part of it. Of what has no source, as made by `exec`, the byte code.
    """
    function = inspect.unwrap(function)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        code = getattr(function, "__code__", None)
        return repr((code.co_code, code.co_names)) if code is not None else ""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.decorator_list, node.name = [], ""
    return ast.dump(tree)
