"""What a Python function does, as a text that neither comments nor its name change."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

_NO_FILE = "<string>"
"""Where code stands that `exec` made of a text."""


def function_code(function: Callable[..., Any]) -> str:
    """Return the code of a function without comments, blank lines, decorators and name.

    What it calls is no part of it. Of what has no source, as made by `exec`, the byte code.
    """
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    tree = _source_of(function, code)
    if tree is None:
        return repr((code.co_code, code.co_names)) if code is not None else ""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.decorator_list, node.name = [], ""
    return ast.dump(tree)


def _source_of(function: Callable[..., Any], code: Any) -> ast.Module | None:
    """Return what a function was written as; None where nobody can tell."""
    if code is not None and code.co_filename == _NO_FILE:
        # from Python 3.13 on there is a source for it: the text of `python -c`
        return None
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None
