"""What a Python function says of a tool: the schema of its parameters, and its docstring."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_origin

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from pytest_arena.errors import ArenaError
from pytest_arena.references import file_of, resolve
from pytest_arena.text.docstrings import read_docstring

_CONTEXTS = frozenset({"RunContext", "RunContextWrapper", "ToolContext"})
"""Types of pydantic-ai, OpenAI Agents and Google's ADK that stand for a run, and not for an
argument."""


class UndescribedError(ArenaError):
    """A function whose parameters no JSON Schema can tell; the text says why."""


def describe_function(call: str, root: Path, folder: Path) -> tuple[str | None, dict[str, Any]]:
    """Return what a function is for, and the JSON Schema of its parameters.

    Its module is looked for as a `python` provider's is: beside the arena file, then below the root
    directory, then among what is installed. A tool of LangChain's tells both itself. Raises
    `UnresolvedError` and `UndescribedError`.
    """
    top = call.partition(":")[0].partition(".")[0]
    found = resolve(call, root, (folder.resolve(),) if file_of(top, folder) else ())
    made = getattr(found, "tool_call_schema", None) or getattr(found, "args_schema", None)
    if made is not None:
        text = str(getattr(found, "description", "") or "")
        return text or None, made if isinstance(made, dict) else _schema_of(call, made)
    docs = read_docstring(inspect.getdoc(_documented(found)) or "")
    schema = _schema_of(call, found)
    for name, text in docs.parameters.items():
        if isinstance(one := schema["properties"].get(name), dict):
            one.setdefault("description", text)
    return docs.summary or None, schema


class _WithoutTitles(GenerateJsonSchema):
    """A schema without the titles, which say again what a property is called."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def generate_inner(self, schema: Any) -> Any:
        made = super().generate_inner(schema)
        for one in made.get("properties", {}).values():
            if isinstance(one, dict):
                one.pop("title", None)
        return made


def _schema_of(call: str, described: Any) -> dict[str, Any]:
    try:
        kind: Any = described if inspect.isclass(described) else _as_models_call_it(described)
        schema = TypeAdapter(kind).json_schema(schema_generator=_WithoutTitles)
    except Exception as error:
        said = str(error).partition("\n")[0]
        raise UndescribedError(
            f"the parameters of {call} cannot be described: {type(error).__name__}: {said}"
        ) from error
    if schema.get("type") != "object":
        raise UndescribedError(f"the parameters of {call} have no names to be called by")
    for key in ("title", "description"):
        # of a pydantic model; what a tool is for stands beside its schema
        schema.pop(key, None)
    return {"type": "object", "properties": {}, **schema}


def _as_models_call_it(found: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function with the parameters that a model gives: without `self`, and without the
    context that frameworks of agents hand to their tools."""
    parameters = inspect.signature(found, eval_str=True).parameters.values()
    kept = [one for one in parameters if not _is_handed_over(one)]

    def called() -> None:
        """Stand for the function, however that is wrapped."""

    called.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]  # of pydantic's
    called.__annotations__ = {
        one.name: one.annotation for one in kept if one.annotation is not one.empty
    }
    return called


def _is_handed_over(parameter: inspect.Parameter) -> bool:
    kind = get_origin(parameter.annotation) or parameter.annotation
    return parameter.name == "self" or getattr(kind, "__name__", "") in _CONTEXTS


def _documented(found: Any) -> Any:
    """Return what has a function's docstring: the function itself, however it is wrapped."""
    if isinstance(found, partial):
        return found.func
    if inspect.isroutine(found) or inspect.isclass(found) or hasattr(found, "__wrapped__"):
        return found
    return getattr(found, "__call__", found)  # noqa: B004 - an object that is called
