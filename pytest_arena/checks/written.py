"""What a check in Python asks for, as the assertions of an arena file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_arena.errors import Location, Problem, UserError, shorten
from pytest_arena.loading.assertions import build_assertions
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.tree import pack_mark, planted
from pytest_arena.loading.validation_messages import key_names
from pytest_arena.schema import Assertion

_MEANT = ("value", "expected", "min_score", "provider")
"""The keys that a bare value is for, in an assertion none of whose keys is required."""
_SHAPE = 'write it like contains="hello", {"contains": "hello"} or {"type": "contains", …}'


def written_assertions(
    given: Any, named: Mapping[str, Any], place: Location, context: LoadContext
) -> tuple[Assertion, ...]:
    """Return the assertions that are written as in Python, told of at `place`.

    `given` is a mapping from names of assertions to their values, a list of entries as a file has
    them, or one such entry; assertions that are made already are taken as they are. `named` are
    further ones. What cannot be one is an `ArenaFileError`.
    """
    context.files[:] = [place.file]
    mark = pack_mark(0, place.line, place.column)
    found: list[Assertion] = []
    for entry in (*_entries(given, place, context), *_of_mapping(named, place, context)):
        if isinstance(entry, Assertion):
            found.append(entry)
        else:
            tree = planted([entry], context.files, mark)
            found += build_assertions(tree, place, context)
    if not found and not len(context.problems):
        context.problems.add("nothing to check", place, expected="an assertion", fix=_SHAPE)
    context.problems.raise_if_any()
    return tuple(found)


def of_one_answer(assertions: tuple[Assertion, ...], place: Location) -> tuple[Assertion, ...]:
    """Return assertions that are all on one answer; others are refused as a `UserError`."""
    for one in assertions:
        if one.over_trials:
            what = f"{one.type!r} looks at all trials of a cell, and here is one answer"
        elif one.pass_threshold is not None:
            what = f"'pass_threshold' of {one.type!r} looks at all trials of a cell"
        else:
            continue
        raise UserError(Problem(what, place, fix="put it into a case of an arena file"))
    return assertions


def _entries(given: Any, place: Location, context: LoadContext) -> Iterator[Any]:
    """Yield entries of `assertions:`, or assertions, of whatever says what must hold."""
    if given is None:
        return
    if isinstance(given, Assertion):
        yield given
    elif isinstance(given, Mapping):
        if isinstance(given.get("type"), str):
            yield _with_members(dict(given), place, context)
        else:
            yield from _of_mapping(given, place, context)
    elif isinstance(given, (list, tuple)):
        for one in given:
            yield from _entries(one, place, context)
    else:
        context.problems.add(
            f"{shorten(repr(given))} is not an assertion",
            place,
            expected="names of assertions with their values",
            fix=_SHAPE,
        )


def _of_mapping(named: Mapping[str, Any], place: Location, context: LoadContext) -> Iterator[Any]:
    for name, value in named.items():
        if isinstance(value, Assertion):
            yield value
            continue
        cls = context.registry.assertions.get(str(name))
        if cls is not None and cls.over_trials:
            # as it is: what is wrong with its keys does not matter here
            yield cls.model_construct()
            continue
        # what has no class is refused with all else that is wrong with it
        keys = _keys(cls, str(name), value, place, context) if cls else {}
        if keys is not None:
            yield _with_members({"type": str(name), **keys}, place, context)


def _with_members(entry: dict[str, Any], place: Location, context: LoadContext) -> dict[str, Any]:
    """Return an entry whose members, as those of `any_of`, are entries of a file, too."""
    if isinstance(entry.get("assertions"), (list, tuple, Mapping)):
        entry["assertions"] = list(_entries(entry["assertions"], place, context))
    return entry


def _keys(
    cls: type[Assertion], name: str, value: Any, place: Location, context: LoadContext
) -> dict[str, Any] | None:
    """Return the keys that a value stands for; None after adding its problem.

    A mapping of an assertion's own keys is these, True asks for the assertion as it is, and all
    else is for its main key.
    """
    own = key_names(cls)
    if isinstance(value, Mapping) and {str(key) for key in value} <= {*own, *cls.model_fields}:
        return {str(key): inner for key, inner in value.items()}
    fields = {key: field for key, field in cls.model_fields.items() if key not in _SHARED}
    required = [key for key, field in fields.items() if field.is_required()]
    main = next(iter(required), None) or next((key for key in _MEANT if key in fields), None)
    if isinstance(value, bool) and not required and main != "expected":
        return {} if value else {"not": True}
    if isinstance(value, (list, tuple)) and main == "value" and "values" in fields:
        return {"values": list(value)}
    if main is not None and (not isinstance(value, Mapping) or _takes_mapping(cls, main)):
        return {fields[main].alias or main: value}
    if isinstance(value, Mapping):
        return {str(key): inner for key, inner in value.items()}
    further = [key for key in own if fields.get(key) or key not in (*_SHARED, "not")]
    # the assertion's own before what those of its kind have
    further.sort(key=lambda key: key not in vars(cls).get("__annotations__", {}))
    context.problems.add(
        f"{shorten(repr(value))} says nothing that {name!r} knows",
        place,
        expected=f"a mapping with {', '.join(further)}" if further else "True or False",
        fix=f"write {name}={{{further[0]!r}: …}}" if further else f"write {name}=True",
    )
    return None


def _takes_mapping(cls: type[Assertion], key: str) -> bool:
    return cls.model_fields[key].annotation is Any


_SHARED = frozenset(Assertion.model_fields)
