"""What is called by `module:function` or `module:Class.method`: the function, or an object's."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .parameters import OFFERED, why_not_callable


class NotCallableError(Exception):
    """A function that no case could be given to; the text says why, and what can be."""

    def __init__(self, why: str) -> None:
        names = ", ".join(OFFERED)
        super().__init__(
            f"{why}\n  expected: a function that takes some of {names}, or the prompt alone"
        )


def callable_of(call: str, owner: Any, found: Callable[..., Any]) -> Callable[..., Any]:
    """Return what is called: of a method the one of a new object, of a class a new object.

    `owner` is what the function was found in: a class, or something else.
    """
    cls = _class_of(call, owner, found)
    if cls is None:
        return found
    instance: Callable[..., Any] = cls()
    return instance if cls is found else getattr(instance, call.rpartition(".")[2])


def check_callable(call: str, owner: Any, found: Callable[..., Any]) -> None:
    """Raise `NotCallableError` where a function cannot be called with what a case gives, without
    making an object of its class."""
    cls = _class_of(call, owner, found)
    if cls is not None:
        if cls is found and "__call__" not in dir(cls):
            raise NotCallableError(f"{call} is a class whose objects cannot be called")
        wanted = _wanted(cls)
        if wanted:
            raise NotCallableError(f"{call}: {cls.__name__}() needs {', '.join(map(repr, wanted))}")
        found = cls.__call__ if cls is found else found
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError) as error:
        raise NotCallableError(f"{call} has no signature that could be read") from error
    if cls is not None:
        signature = signature.replace(parameters=list(signature.parameters.values())[1:])
    why = why_not_callable(signature, call)
    if why is not None:
        raise NotCallableError(why)


def _class_of(call: str, owner: Any, found: Callable[..., Any]) -> type[Any] | None:
    """Return the class of which an object is needed, None where `call` does without."""
    if inspect.isclass(found):
        return found
    if not inspect.isclass(owner):
        return None
    bound = isinstance(
        inspect.getattr_static(owner, call.rpartition(".")[2]), (staticmethod, classmethod)
    )
    return None if bound else owner


def _wanted(cls: type[Any]) -> list[str]:
    try:
        parameters = inspect.signature(cls).parameters.values()
    except (TypeError, ValueError):
        return []
    return [
        one.name
        for one in parameters
        if one.default is one.empty and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    ]
