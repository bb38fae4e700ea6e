"""What a Python function says of a tool: the schema of its parameters, and its docstring."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, MutableMapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, get_origin

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from pytest_arena.errors import ArenaError
from pytest_arena.references import file_of, resolve
from pytest_arena.text.docstrings import read_docstring
from pytest_arena.text.function_code import function_code

_CONTEXTS = frozenset({"RunContext", "RunContextWrapper", "ToolContext"})
"""Types of pydantic-ai, OpenAI Agents and Google's ADK that stand for a run, and not for an
argument."""

_STATES = (inspect.Parameter.empty, Any, dict, Mapping, MutableMapping)


class UndescribedError(ArenaError):
    """A function whose parameters no JSON Schema can tell; the text says why."""


def describe_function(call: str, root: Path, folder: Path) -> tuple[str | None, dict[str, Any]]:
    """Return what a function is for, and the JSON Schema of its parameters.

    Its module is looked for as a `python` provider's is: beside the arena file, then below the root
    directory, then among what is installed. A tool of LangChain's tells both itself. Raises
    `UnresolvedError` and `UndescribedError`.
    """
    found = tool_function(call, root, folder)
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


def tool_function(call: str, root: Path, folder: Path) -> Callable[..., Any]:
    """Return the function of `module:function`; raises `UnresolvedError`."""
    top = call.partition(":")[0].partition(".")[0]
    return resolve(call, root, (folder.resolve(),) if file_of(top, folder) else ())


def code_of(call: str, root: Path, folder: Path) -> str:
    """Return the hash of what a function does; of an object that is called, of its class."""
    found = tool_function(call, root, folder)
    code = function_code(_documented(found)) or function_code(type(found))
    return sha256(code.encode()).hexdigest()[:16]


def takes_state(call: str, root: Path, folder: Path) -> bool:
    """Return whether a function, as far as it has been described, is handed what the tools of a
    trial share."""
    found = tool_function(call, root, folder)
    if hasattr(found, "args_schema"):
        return False
    parameters = inspect.signature(found, eval_str=True).parameters.values()
    return any(is_context(one) or is_state(one) for one in parameters)


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
        kind: Any = described if inspect.isclass(described) else as_models_call_it(described)
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


def as_models_call_it(found: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Return a function with the parameters that a model gives: without `self`, without the
    context that frameworks of agents hand to their tools, without `state` and `secrets`. It
    returns what it is given."""
    parameters = inspect.signature(found, eval_str=True).parameters.values()
    kept = [one for one in parameters if not is_handed_over(one)]

    def called(**given: Any) -> dict[str, Any]:
        """Stand for the function, however that is wrapped."""
        return given

    called.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]  # of pydantic's
    called.__annotations__ = {
        one.name: one.annotation for one in kept if one.annotation is not one.empty
    }
    return called


def is_handed_over(parameter: inspect.Parameter) -> bool:
    """Return whether a parameter is no argument that a model gives."""
    given = is_context(parameter) or is_state(parameter) or is_secrets(parameter)
    return parameter.name == "self" or given


def is_context(parameter: inspect.Parameter) -> bool:
    """Return whether a parameter stands for the run, as frameworks of agents have it."""
    kind = get_origin(parameter.annotation) or parameter.annotation
    return getattr(kind, "__name__", "") in _CONTEXTS


def is_state(parameter: inspect.Parameter) -> bool:
    """Return whether a parameter is given what the tools of a trial share: `state`, unless its type
    says that it is something else, such as one of fifty."""
    kind = get_origin(parameter.annotation) or parameter.annotation
    return parameter.name == "state" and kind in _STATES


def is_secrets(parameter: inspect.Parameter) -> bool:
    """Return whether a parameter is given the secrets of the agent: `secrets`, in the same way."""
    kind = get_origin(parameter.annotation) or parameter.annotation
    return parameter.name == "secrets" and kind in _STATES


def _documented(found: Any) -> Any:
    """Return what has a function's docstring: the function itself, however it is wrapped."""
    if isinstance(found, partial):
        return found.func
    if inspect.isroutine(found) or inspect.isclass(found) or hasattr(found, "__wrapped__"):
        return found
    return getattr(found, "__call__", found)  # noqa: B004 - an object that is called
