"""What each key of an arena file means, read from the source of its model when someone asks."""

import ast
import inspect
import sys
from collections.abc import Mapping
from copy import copy
from functools import cache
from itertools import pairwise

from pydantic import BaseModel
from pydantic.fields import FieldInfo


@cache
def field_docs(model: type) -> Mapping[str, str]:
    """Return the text under each field of a model, those that it inherits included.

    Pydantic could do this when a class is made (`use_attribute_docstrings`), which costs every
    run a fifth of a second for texts that only schemas, pages and messages show.
    """
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if "__annotations__" in vars(cls) and cls.__module__ != "pydantic.main":
            found |= _docs_of(cls)
    return found


@cache
def _docs_of(cls: type) -> Mapping[str, str]:
    try:
        source = inspect.getsource(sys.modules[cls.__module__])
    except (KeyError, OSError, TypeError):
        # made in a session or by a program: there is no source to read
        return {}
    return _docs_in(source).get(cls.__qualname__, {})


@cache
def _docs_in(source: str) -> Mapping[str, Mapping[str, str]]:
    """Return the texts under the fields of all classes of a module, which is parsed once."""
    found: dict[str, Mapping[str, str]] = {}
    rooms: list[tuple[str, ast.AST]] = [("", ast.parse(source))]
    for prefix, room in rooms:
        for node in ast.iter_child_nodes(room):
            if isinstance(node, ast.ClassDef):
                found.setdefault(f"{prefix}{node.name}", _docs_under(node.body))
                rooms.append((f"{prefix}{node.name}.", node))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                rooms.append((f"{prefix}{node.name}.<locals>.", node))
            elif isinstance(node, ast.stmt | ast.ExceptHandler):
                # `if TYPE_CHECKING:`, `try:` and the like
                rooms.append((prefix, node))
    return found


def _docs_under(body: list[ast.stmt]) -> dict[str, str]:
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def described_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of a model with their descriptions filled in."""
    docs = field_docs(model)
    found = {}
    for name, field in model.model_fields.items():
        found[name] = copy(field)
        found[name].description = docs.get(name, field.description)
    return found
