"""What a Python function says of a tool: the schema of its parameters, and its docstring."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from pytest_arena.errors import ArenaError
from pytest_arena.references import file_of, resolve
from pytest_arena.text.docstrings import read_docstring


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
    docs = read_docstring(inspect.cleandoc(getattr(found, "__doc__", None) or ""))
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
        adapter: TypeAdapter[Any] = TypeAdapter(_without_self(described))
        schema = adapter.json_schema(schema_generator=_WithoutTitles)
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


def _without_self(found: Any) -> Any:
    """Return a method of a class as a function of its other parameters; others as they are."""
    if not inspect.isfunction(found):
        return found
    signature = inspect.signature(found)
    parameters = list(signature.parameters.values())
    if not parameters or parameters[0].name != "self":
        return found

    def method() -> None:
        """Stand for the method."""

    signature = signature.replace(parameters=parameters[1:])
    method.__signature__ = signature  # type: ignore[attr-defined]  # pydantic looks for it
    method.__annotations__ = inspect.get_annotations(found, eval_str=True)
    return method
