"""What each key of an arena file means, read from the source of its model when someone asks."""

from __future__ import annotations

import ast
import inspect
import textwrap
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


def _docs_of(cls: type) -> dict[str, str]:
    try:
        source = textwrap.dedent(inspect.getsource(cls))
    except (OSError, TypeError):
        # made in a session or by a program: there is no source to read
        return {}
    (definition,) = ast.parse(source).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
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
