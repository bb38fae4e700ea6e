"""The JSON Schema of arena files, for editors, from the models that loading validates with."""

from __future__ import annotations

import inspect
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from pytest_arena.loading.includes import OWN_KEY
from pytest_arena.registry import Names, Registry
from pytest_arena.schema import (
    ArenaModel,
    ArenaSpec,
    Assertion,
    CaseMock,
    Guardrail,
    MockAnswer,
    MockPattern,
    MockResponses,
    MockScenario,
    PartSpec,
)

Schema = dict[str, Any]
_REFERENCE = "#/$defs/{model}"
_TEMPLATE = {"type": "string", "pattern": r"\{\{"}


def arena_json_schema(registry: Registry) -> Schema:
    """Return a JSON Schema (draft 2020-12) of arena files, with all that is registered."""
    assertions = _classes(registry.assertions)
    guardrails = _classes(registry.guardrails)
    options = _options(registry)
    models: list[type[BaseModel]] = [ArenaSpec, PartSpec, *assertions, *guardrails, *options]
    references, generated = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)],
        by_alias=True,
        ref_template=_REFERENCE,
    )
    schemas: dict[str, Schema] = generated["$defs"]
    place = {
        model: references[(model, "validation")]["$ref"].rpartition("/")[2] for model in models
    }
    for model in [*models, *_shared_models()]:
        schema = schemas.get(place.get(model, model.__name__))
        if schema is not None:
            _allow_both_names(schema, model)
    schemas["Assertion"] = _one_of(assertions, place, schemas)
    schemas["Guardrail"] = _one_of(guardrails, place, schemas)
    _add_options(schemas["ProviderSpec"], [schemas.pop(place[model]) for model in options])
    _allow_short_mocks(schemas)
    _allow_short_judges(schemas)
    _allow_short_embeddings(schemas)
    arena = schemas.pop(place[ArenaSpec])
    arena["properties"]["mock"] = _file_or(_ref("MockResponses"), arena["properties"]["mock"])
    case = schemas["CaseSpec"]["properties"]
    case["data"] = _file_or(_ref("DataSpec"), case["data"])
    _allow_parts(schemas)
    # each by its text alone: a path or a pattern, and a way with its code
    schemas["TransformSpec"] = {"anyOf": [{"type": "string"}, schemas["TransformSpec"]]}
    schemas["Predicted"] = {"anyOf": [{"type": "string"}, schemas["Predicted"]]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pytest-arena file",
        **{key: _widen(value) for key, value in arena.items() if key != "title"},
        "patternProperties": {f"^{OWN_KEY}": {}},
        "$defs": {name: _widen(schemas[name]) for name in sorted(schemas)},
    }


def _classes(names: Names[Any]) -> list[type[Any]]:
    return list(dict.fromkeys(cls for _name, cls in names.items()))


def _options(registry: Registry) -> list[type[BaseModel]]:
    given = (cls.Options for cls in _classes(registry.providers))
    return [options for options in given if options is not None]


def _shared_models() -> list[type[ArenaModel]]:
    """Return the models of the schema room, which the file's own model refers to."""
    import pytest_arena.schema as room

    found = (getattr(room, name) for name in room.__all__)
    return [each for each in found if inspect.isclass(each) and issubclass(each, ArenaModel)]


def _allow_both_names(schema: Schema, model: type[BaseModel]) -> None:
    """Allow a field's name beside its alias, as loading does."""
    properties = schema.get("properties", {})
    for name, field in model.model_fields.items():
        if field.alias in properties and name not in properties:
            properties[name] = properties[field.alias]


def _one_of(
    classes: list[type[Assertion]] | list[type[Guardrail]],
    place: dict[type[BaseModel], str],
    schemas: dict[str, Schema],
) -> Schema:
    for cls in classes:
        schema = schemas[place[cls]]
        names = [cls.type, *cls.aliases]
        kind: Schema = {"const": cls.type} if len(names) == 1 else {"enum": names}
        schema["properties"] = {"type": kind, **schema.get("properties", {})}
        schema["required"] = ["type", *schema.get("required", [])]
    return {"type": "object", "oneOf": [_ref(place[cls]) for cls in classes]}


def _add_options(provider: Schema, options: list[Schema]) -> None:
    """Add the keys of all kinds of provider; which belong to which is for `arena validate`."""
    provider["properties"].pop("options", None)
    for schema in options:
        for name, field in schema.get("properties", {}).items():
            known = provider["properties"].get(name)
            if name == "responses" and "MockResponses" in str(field):
                field = _file_or(_ref("MockResponses"), field)
            provider["properties"][name] = field if known is None else {"anyOf": [known, field]}


def _allow_short_mocks(schemas: dict[str, Schema]) -> None:
    """Describe the short ways to write mock answers, which loading brings into shape."""
    answer = {"anyOf": [{"type": ["string", "number"]}, _ref(MockAnswer.__name__)]}
    answers: Schema = {"anyOf": [*answer["anyOf"], {"type": "array", "items": answer}]}
    steps = schemas[MockAnswer.__name__]["properties"]["steps"]
    steps.update({"type": "array", "items": answer})
    scenario = schemas[MockScenario.__name__]
    responses = schemas[MockResponses.__name__]
    for schema in (scenario, responses):
        for name in ("default", "defaultResponse"):
            schema["properties"][name] = answers
    scenario["properties"]["turns"] = {"type": "object", "additionalProperties": answer}
    schemas[MockPattern.__name__]["properties"]["answer"] = answers
    for name, of in (("scenarios", scenario), ("providers", responses)):
        responses["properties"][name] = {
            "type": "object",
            "additionalProperties": {"anyOf": [_ref(of["title"]), *answers["anyOf"]]},
        }
    schemas[CaseMock.__name__] = {
        "description": schemas[CaseMock.__name__].get("description", ""),
        "anyOf": [
            *answers["anyOf"],
            {"type": "object", "additionalProperties": answers},
        ],
    }


def _allow_short_embeddings(schemas: dict[str, Schema]) -> None:
    """Describe the ways to write an embedding: a name, a provider without one, or a folder."""
    embedding = schemas.get("EmbeddingSpec")
    if embedding is None:
        return
    provider = schemas["ProviderSpec"]
    required = [key for key in provider.get("required", []) if key != "name"]
    local = {"local": embedding["properties"]["local"]}
    schemas["EmbeddingSpec"] = {
        "description": embedding.get("description", ""),
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "properties": local,
                "required": ["local"],
                "additionalProperties": False,
            },
            {**provider, "required": required},
        ],
    }


def _allow_short_judges(schemas: dict[str, Schema]) -> None:
    """Describe the ways to write a judge: a name, a provider without one, or a panel of these; who
    plays a persona is one of the first two."""
    judge, provider = schemas["JudgeSpec"], schemas["ProviderSpec"]
    panel = judge["properties"]["panel"]
    one = {"type": "object", "properties": provider["properties"], "additionalProperties": False}
    alone: Schema = {"anyOf": [{"type": "string"}, one]}
    panel["items"], panel["minItems"] = alone, 2
    whole = {**one, "properties": {**provider["properties"], **judge["properties"]}}
    del whole["properties"]["panel"]
    schemas["JudgeSpec"] = {
        "description": judge.get("description", ""),
        "anyOf": [{"type": "string"}, judge, whole],
    }
    persona = schemas["PersonaSpec"]["properties"]
    persona["provider"] = {"description": persona["provider"]["description"], **alone}


def _allow_parts(schemas: dict[str, Schema]) -> None:
    """Describe the parts that a prompt may have; those of vendors' APIs are for loading."""
    schemas["PartSpec"]["properties"] |= {"type": {"type": "string"}, "path": {"type": "string"}}
    parts: Schema = {"type": "array", "items": {"anyOf": [{"type": "string"}, _ref("PartSpec")]}}
    either: Schema = {"anyOf": [{"type": "string"}, parts]}
    case = schemas["CaseSpec"]["properties"]
    for of, key in ((case, "prompt"), (schemas["TurnSpec"]["properties"], "user")):
        of[key] = {"description": of[key]["description"], **either}
    case["prompts"]["anyOf"][0]["items"] = either
    message = schemas["MessageSpec"]["properties"]
    vendors: Schema = {"type": "array", "items": {"type": "object"}}
    message["content"] = {**either, "anyOf": [*either["anyOf"], vendors]}


def _file_or(schema: Schema, described: Schema) -> Schema:
    text = described.get("description")
    either: Schema = {"anyOf": [{"type": "string"}, schema]}
    return {**either, "description": text} if text else either


def _ref(name: str) -> Schema:
    return {"$ref": _REFERENCE.format(model=name)}


def _widen(schema: Any) -> Any:
    """Allow what loading allows: numbers for texts, templates for numbers and truth values."""
    if isinstance(schema, list):
        return [_widen(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    wide = {
        key: value if key in ("enum", "const", "default", "examples") else _widen(value)
        for key, value in schema.items()
    }
    kind = schema.get("type")
    if kind == "string" and not schema.keys() & {"pattern", "enum", "const"}:
        return {**wide, "type": ["string", "number"]}
    if kind == "array":
        # a list may come from a variable
        beside = {name: wide.pop(name) for name in ("description", "default") if name in wide}
        return {**beside, "anyOf": [wide, _TEMPLATE]}
    if kind in ("integer", "number", "boolean") and schema.keys() <= _PLAIN:
        own = {name: wide.pop(name) for name in sorted(_RULES & schema.keys())}
        return {**wide, "anyOf": [own, _TEMPLATE]}
    return wide


_RULES = frozenset(
    {"type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)
_PLAIN = _RULES | {"title", "description", "default"}
