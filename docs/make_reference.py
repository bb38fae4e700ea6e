"""Write the tables in the documentation from the docstrings of the code.

A page marks a table of keys by `<!-- fields: CaseSpec -->` and `<!-- end fields -->`, and the
tables of options and hooks by `<!-- table: options -->` and `<!-- end table -->`. Run it after a
change of one; `--check` only says whether a page is out of date.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pytest_arena import hookspecs, schema
from pytest_arena.options import OPTIONS, Option
from pytest_arena.schema.base import ArenaModel, parse_duration

DOCS = Path(__file__).resolve().parent
_TABLE = re.compile(r"(<!-- fields: (\w+) -->\n).*?(<!-- end fields -->)", re.DOTALL)
_LISTING = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end table -->)", re.DOTALL)
_SIMPLE = {str: "text", int: "whole number", float: "number", bool: "true / false", Any: "anything"}


def fields_of(model: type[ArenaModel]) -> dict[str, FieldInfo]:
    """Return the keys of a model as they are written in a file."""
    return {
        field.alias or name: field
        for name, field in model.model_fields.items()
        if not field.exclude
    }


def table(model: type[ArenaModel]) -> str:
    """Return the table of a model's keys: name, what it holds, what stands without it, meaning."""
    rows = ["| key | holds | without it | meaning |", "| --- | --- | --- | --- |"]
    for key, field in fields_of(model).items():
        meaning = _escaped(field.description or "")
        rows.append(f"| `{_names(key, model)}` | {_holds(field)} | {_default(field)} | {meaning} |")
    return "\n".join(rows)


def options_table() -> str:
    """Return the table of command-line options and their ini twins."""
    rows = ["| option | ini | meaning |", "| --- | --- | --- |"]
    rows += [
        f"| {_flag(option)} | `{option.name}` | {_escaped(option.help)} |" for option in OPTIONS
    ]
    return "\n".join(rows)


def hooks_table() -> str:
    """Return the table of hooks."""
    rows = ["| hook | what it does |", "| --- | --- |"]
    for name, hook in vars(hookspecs).items():
        if name.startswith("pytest_arena_"):
            text = (inspect.getdoc(hook) or "").split("::")[0].replace("\n\n", " ")
            rows.append(f"| `{name}{_arguments(hook)}` | {_escaped(text)} |")
    return "\n".join(rows)


def render(page: str) -> str:
    """Return a page with its tables written anew."""
    listings = {"options": options_table, "hooks": hooks_table}
    page = _LISTING.sub(lambda m: f"{m[1]}\n{listings[m[2]]()}\n\n{m[3]}", page)
    home = "" if page.startswith("# The arena file\n") else "arena-file.md"

    def written(match: re.Match[str]) -> str:
        rows = table(_model(match[2])).replace("](#", f"]({home}#")
        return f"{match[1]}\n{rows}\n\n{match[3]}"

    return _TABLE.sub(written, page)


def main() -> int:
    stale = []
    for path in sorted(DOCS.glob("*.md")):
        old = path.read_text(encoding="utf-8")
        new = render(old)
        if new != old:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    print(f"out of date: {', '.join(stale)}" if stale else "all tables are up to date")
    return 1 if stale and "--check" in sys.argv else 0


def _flag(option: Option) -> str:
    if option.ini_only:
        return ""
    return f"`{option.flag} {option.metavar}`" if option.metavar else f"`{option.flag}`"


def _arguments(hook: types.FunctionType) -> str:
    return f"({', '.join(inspect.signature(hook).parameters)})"


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _model(name: str) -> type[ArenaModel]:
    model = getattr(schema, name)
    assert isinstance(model, type)
    assert issubclass(model, ArenaModel)
    return model


def _names(key: str, model: type[ArenaModel]) -> str:
    """Return the key, with the model's own name for it where an alias stands beside it."""
    for name, field in model.model_fields.items():
        if field.alias == key and model.__name__ in {"CaseSpec", "MockAnswer"}:
            return f"{name}` or `{key}"
    return key


def _holds(field: FieldInfo) -> str:
    if any(getattr(extra, "func", None) is parse_duration for extra in field.metadata):
        return "time"
    return _words(field.annotation).replace("|", "\\|")


def _words(kind: Any) -> str:
    """Say in words what a type holds."""
    origin, inner = get_origin(kind), get_args(kind)
    if any(getattr(extra, "func", None) is parse_duration for extra in inner[1:]):
        return "time"
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(_words(part) for part in inner if part is not types.NoneType)
    if origin is tuple:
        return "list" if inner[0] is Any else f"list of {_plural(inner[0])}"
    if origin is dict:
        return "mapping" if inner[1] is Any else f"mapping to {_plural(inner[1])}"
    if isinstance(kind, type) and issubclass(kind, ArenaModel):
        return f"[{_title(kind)}](#{_title(kind).replace(' ', '-')})"
    return _SIMPLE[kind]


def _plural(kind: Any) -> str:
    words = _words(kind)
    return {"text": "texts", "list": "lists"}.get(words, words)


def _title(model: type[ArenaModel]) -> str:
    """Return the heading that describes a model, as the pages have it."""
    return {
        "ProviderSpec": "provider",
        "CaseSpec": "case",
        "TurnSpec": "turn",
        "PromptSpec": "prompt",
        "PromptTargetSpec": "target",
        "GuardrailsBlock": "guardrails",
        "Guardrail": "rule",
        "Assertion": "assertion",
    }.get(model.__name__, "mock" if "Mock" in model.__name__ else model.__name__.lower())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or value is None or value in ((), {}, ""):
        return ""
    if isinstance(value, ArenaModel):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`"


if __name__ == "__main__":
    sys.exit(main())
