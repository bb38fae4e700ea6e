"""What pydantic refuses, said in a user's words at the place in the file."""

from __future__ import annotations

import math
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pytest_arena.errors import Location, Problem, shorten, suggest
from pytest_arena.loading.meant_values import meant_duration, meant_number
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.unknown_keys import unknown_key
from pytest_arena.schema.describing import described_fields

Tree = YamlMap | YamlList
WHOLE_ARENA = "the arena"
"""The owner of the top-level keys; it goes without saying for keys further in."""

_WHOLE = ("a whole number", "{key}: 3")
_NUMBER = ("a number", "{key}: 0.5")
_LIST = ("a list", "{key}: [{given}]")
_MAPPING = ("a mapping", "{key}: {{name: value}}")
_TEXT = ("a text", '{key}: "some text"')
_TRUTH = ("true or false", "{key}: true")

# pydantic's error type → what was expected, and how to write it.
_TYPES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), _TRUTH),
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type"), _LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), _MAPPING),
    **dict.fromkeys(("string_type", "string_sub_type"), _TEXT),
}
_BOUNDS = {
    "greater_than": ("gt", "more than {}"),
    "greater_than_equal": ("ge", "at least {}"),
    "less_than": ("lt", "less than {}"),
    "less_than_equal": ("le", "at most {}"),
}
_WHOLE_PERCENT = 100
_SECRET = ("headers", "api_key", "secret", "password", "authorization")


def explain(error: ErrorDetails, tree: Tree, model: type[BaseModel], owner: str) -> Problem:
    """Return the problem that a validation error stands for.

    `tree` is what was validated, `owner` names it (`assertion 'contains'`).
    """
    location = error["loc"]
    kind = error["type"]
    where, key = _parent(tree, location)
    if len(location) > 1:
        path = [str(step) for step in location[:-1] if isinstance(step, str)]
        inside = f"{'.'.join(path)!r} of {owner}" if path else owner
        if path and owner == WHOLE_ARENA:
            inside = repr(".".join(path))
    else:
        inside = owner
    if kind == "extra_forbidden":
        return _unknown_key(str(location[-1]), where, inside, _model_at(model, location[:-1]))
    if kind == "missing":
        return _missing(str(location[-1]), where, inside, _model_at(model, location[:-1]))
    at = _model_at(model, location[:-1])
    return _bad_value(error, where, key, owner if _is_top(location) else inside, at)


def key_names(model: type[BaseModel]) -> list[str]:
    """Return the keys that a model's mapping may have, as they are best written."""
    return [_written_name(name, field) for name, field in model.model_fields.items()]


def _unknown_key(key: str, where: Tree, inside: str, model: type[BaseModel] | None) -> Problem:
    place = where.key_place(key) if isinstance(where, YamlMap) else where.place
    names = key_names(model) if model else []
    further = [name for name in model.model_fields if name not in names] if model else []
    twin = _other_spelling(key, model, where)
    if twin is not None:
        return Problem(
            f"{inside} has both {twin!r} and {key!r}",
            place,
            "one of the two, since they mean the same",
            f"remove {key!r}",
        )
    problem = unknown_key(key, place, inside, names)
    if isinstance(where, YamlMap) and where.get(key, 0) is None and problem.fix == "remove it":
        fix = "quote the text before it, if it holds ',', or remove it"
        return Problem(problem.what, place, problem.expected, fix)
    if problem.fix == "remove it" and (near := suggest(key, further)):
        return Problem(problem.what, place, problem.expected, near)
    return problem


def _other_spelling(key: str, model: type[BaseModel] | None, where: Tree) -> str | None:
    """Return the alias or name that stands beside a key which means the same."""
    for name, field in (model.model_fields if model else {}).items():
        if field.alias and key in (name, field.alias):
            other = field.alias if key == name else name
            return other if other in where else None
    return None


def _missing(key: str, where: Tree, inside: str, model: type[BaseModel] | None) -> Problem:
    field = _field(key, model)
    about = _first_sentence(field.description) if field and field.description else None
    return Problem(
        f"{inside} has no {key!r}", where.place, about or f"the key {key!r}", f"add {key}: …"
    )


def _bad_value(
    error: ErrorDetails, where: Tree, key: Any, owner: str, model: type[BaseModel] | None
) -> Problem:
    kind, context = error["type"], error.get("ctx", {})
    place = where.value_place(key) if key is not None else where.place
    name = next((step for step in reversed(error["loc"]) if isinstance(step, str)), "value")
    if error["loc"][-1:] == ("[key]",):
        bad = shorten(repr(error["input"]))
        what = f"the key {bad} in {error['loc'][0]!r} of {owner} is not a text"
        place = where.key_place(key) if isinstance(where, YamlMap) else place
        return Problem(what, place, "a text as the key", "quote it")
    given = _shown(error["input"], error["loc"])
    if "expected" in context and kind not in ("literal_error", "enum"):
        if not error["loc"]:
            # The mapping as a whole: its own message names it.
            fix = context.get("fix") or f"mend the keys of {owner}"
            return Problem(error["msg"], place, context["expected"], fix)
        fix = context.get("fix") or f"mend {name!r}"
        if kind == "duration":
            fix = f"write it like {name}: {meant_duration(error['input']) or '30s'}"
        return Problem(f"{error['msg']} for {name!r} of {owner}", place, context["expected"], fix)
    if kind == "string_type" and given == "a list" and owner.startswith("assertion "):
        return _list_for_text(name, owner, place, inside=isinstance(error["loc"][-1], int))
    expected, fix = _expectation(kind, context, str(name), error["input"], error["msg"])
    fix = _by_field(kind, given, name, model) or fix
    return Problem(f"{name!r} of {owner} cannot be {given}", place, expected, fix)


def _by_field(kind: str, given: str, key: str, model: type[BaseModel] | None) -> str | None:
    """Return a fix that the model knows: the key for several texts, how an entry is written."""
    if kind == "string_type" and given == "a list" and _field(f"{key}s", model):
        return f"write {key}s: for several"
    if kind == "string_type" and given == "a mapping" and key in ("prompt", "user", "content"):
        return f"write its parts as a list: {key}: [What is this?, {{image: photos/a.png}}]"
    field = _field(key, model) if kind == "tuple_type" else None
    inner = _model_in(field.annotation) if field else None
    fields = inner.model_fields if inner else {}
    needed = [f"{name}: …" for name, one in fields.items() if one.is_required()]
    return f"write it like {key}: [{{{', '.join(needed)}}}]" if needed else None


def _list_for_text(name: str, owner: str, place: Location, *, inside: bool) -> Problem:
    """Return the problem of a list, often of a row's, that stands for a text or among texts."""
    if inside:
        fix = "leave out the brackets around it, or name one entry, like {{ name[0] }}"
        return Problem(f"{name!r} of {owner} cannot hold a list", place, "texts", fix)
    fix = "name one entry, like {{ name[0] }}, or write values: where several are meant"
    return Problem(f"{name!r} of {owner} cannot be a list", place, "a text", fix)


def _number_for(name: str, given: Any, expected: str, sample: str) -> tuple[str, str]:
    """Return what is expected of a number, and the number that was meant where that can be told."""
    is_time = name.endswith("_ms")
    meant = meant_number(name, given) or ("3000" if is_time else None)
    shown = f"{name}: {meant}" if meant else sample.format(key=name)
    return f"{expected} of milliseconds" if is_time else expected, f"write it like {shown}"


def _expectation(
    kind: str, context: dict[str, Any], name: str, given: Any, message: str
) -> tuple[str, str]:
    if kind in _TYPES:
        expected, sample = _TYPES[kind]
        if _TYPES[kind] == _TEXT and isinstance(given, bool):
            return expected, f'quote it: "{str(given).lower()}"'
        if _TYPES[kind] in (_WHOLE, _NUMBER):
            return _number_for(name, given, expected, sample)
        word = given if isinstance(given, (str, int, float)) else "one, two"
        return expected, "write it like " + sample.format(key=name, given=shorten(str(word), 40))
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        limit = context[bound]
        limit = int(limit) if isinstance(limit, float) and limit.is_integer() else limit
        if limit == 1 and kind == "less_than_equal" and 1 < float(given) <= _WHOLE_PERCENT:
            return words.format(limit), f"write it like {name}: {float(given) / 100:g}"
        return words.format(limit), f"give {name} a value that is {words.format(limit)}"
    if kind in ("literal_error", "enum"):
        known = [
            word.strip("' ") for word in str(context["expected"]).replace(" or ", ", ").split(",")
        ]
        return f"one of {', '.join(known)}", suggest(
            str(given), known
        ) or f"write {name}: {known[0]}"
    if kind in ("too_short", "string_too_short"):
        least = context.get("min_length", 1)
        return (
            f"at least {least} of them" if kind == "too_short" else "more text",
            "add what is missing",
        )
    if kind in ("value_error", "assertion_error"):
        return message.partition(", ")[2] or message, f"mend {name!r}"
    return message, f"mend {name!r}"


def _parent(tree: Tree, location: tuple[int | str, ...]) -> tuple[Tree, Any]:
    """Return the innermost mapping or list on the way to an error, and the key in it."""
    where: Any = tree
    key: Any = None
    for step in location:
        if key is not None:
            inner = where[key]
            if not isinstance(inner, (YamlMap, YamlList)):
                break
            where, key = inner, None
        key = _entry(where, step)
    return where, key


def _entry(where: Tree, step: int | str) -> Any:
    """Return the key of a mapping or list that a step of an error's location means, or None."""
    if isinstance(where, YamlList):
        return step if isinstance(step, int) and step < len(where) else None
    if step in where:
        return step
    number = int(step) if isinstance(step, str) and step.isdecimal() else None
    return number if number in where else None


def _is_top(location: tuple[int | str, ...]) -> bool:
    return all(isinstance(step, int) for step in location[1:])


def _model_at(model: type[BaseModel], path: tuple[int | str, ...]) -> type[BaseModel] | None:
    """Return the model that a path leads to, by the annotations on the way."""
    current: type[BaseModel] | None = model
    for step in path:
        field = _field(str(step), current)
        if field is not None:
            current = _model_in(field.annotation)
    return current


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found is not None:
            return found
    return None


def _field(key: str, model: type[BaseModel] | None) -> FieldInfo | None:
    for name, field in (described_fields(model) if model else {}).items():
        if key in (name, field.alias):
            return field
    return None


def _written_name(name: str, field: FieldInfo) -> str:
    return field.alias if field.alias and field.alias != "defaultResponse" else name


def _first_sentence(text: str) -> str:
    flat = " ".join(text.split())
    sentence = shorten(flat.split(". ")[0].rstrip("."), 160)
    return sentence[:1].lower() + sentence[1:]


def _shown(value: Any, location: tuple[int | str, ...]) -> str:
    # A header or key typed into the wrong place must not reach a log.
    if any(word in str(step).lower() for step in location for word in _SECRET):
        return "this value"
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return shorten(repr(value))
