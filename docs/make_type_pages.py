"""Write `assertions.md` and `guardrails.md` from the docstrings of the classes that ship.

Run it after a change of one; `--check` only says whether a page is out of date.
"""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from pytest_arena import assertions, guardrails
from pytest_arena.schema import Assertion, Guardrail

DOCS = Path(__file__).resolve().parent
_EXAMPLE = re.compile(r"(?:^ {4}.*\n?)+", re.MULTILINE)
_WORDS = {str: "text", int: "whole number", float: "number", bool: "true / false", Any: "anything"}

_ASSERTIONS = """# Assertions

An assertion checks one answer, or all trials of a cell, and finds `passed`, `failed` or `error`,
with a score from 0 to 1 and a reason. This page is written from the code by
`python docs/make_type_pages.py`.

Every assertion also takes these keys:

{shared}

`when` takes `tool_called` (the name of a tool) and `output_contains` (a text, in any case); an
assertion whose `when` does not hold is `skipped`, which is counted and shown.

Without an answer (a guardrail blocked it) an assertion fails, unless it asks for just that:
`validation_error`, `success`, or a group that holds them. `not` turns around what was passed or
failed, never an `error`, a skip, or a missing answer. When every assertion of a trial was skipped,
the trial is an `error`: nothing was judged.
"""

_GUARDRAILS = """# Guardrails

A guardrail looks at what is sent (`input`) and at what comes back (`output`). On input it blocks
before any call is made; on output it blocks, replaces, or lets pass with a mark (`flag`). A block
that no `validation_error` expects fails the case. This page is written from the code by
`python docs/make_type_pages.py`.

Entries of `guardrails: rules:` all take these keys:

{shared}
"""


def page(
    intro: str,
    base: type[Assertion] | type[Guardrail],
    classes: tuple[type[Assertion], ...] | tuple[type[Guardrail], ...],
) -> str:
    """Return a whole page: the shared keys, a list of names, and a section for each class."""
    names = ", ".join(f"[{cls.type}](#{cls.type})" for cls in classes)
    sections = (section(cls, base) for cls in classes)
    return "\n".join([intro.format(shared=keys(base.model_fields)), names, "", *sections])


def section(cls: type[Assertion] | type[Guardrail], base: type[Assertion] | type[Guardrail]) -> str:
    """Return one class's part of the page: its docstring, its example, its own keys."""
    text = _EXAMPLE.sub(
        lambda match: f"```yaml\n{textwrap.dedent(match[0]).strip()}\n```\n",
        inspect.getdoc(cls) or "",
    )
    also = f"Also written {', '.join(f'`{alias}`' for alias in cls.aliases)}.\n\n"
    own = {
        name: field
        for name, field in cls.model_fields.items()
        if name not in base.model_fields or name in cls.__annotations__
    }
    listed = f"{keys(own)}\n" if own else "It has no keys of its own.\n"
    return f"## {cls.type}\n\n{text}\n\n{also if cls.aliases else ''}{listed}"


def keys(fields: dict[str, FieldInfo]) -> str:
    """Return the table of keys: name, what it holds, what stands without it, meaning."""
    rows = ["| key | holds | without it | meaning |", "| --- | --- | --- | --- |"]
    for name, field in fields.items():
        meaning = " ".join((field.description or "").split()).replace("|", "\\|")
        holds = _holds(field.annotation).replace("|", "\\|")
        rows.append(f"| {_key(name, field)} | {holds} | {_default(field)} | {meaning} |")
    return "\n".join(rows)


def pages() -> dict[Path, str]:
    """Return the text of each page by its file."""
    return {
        DOCS / "assertions.md": page(_ASSERTIONS, Assertion, assertions.BUILTINS),
        DOCS / "guardrails.md": page(_GUARDRAILS, Guardrail, guardrails.BUILTINS),
    }


def main() -> int:
    stale = [
        (path, text)
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" not in sys.argv:
        for path, text in stale:
            path.write_text(text, encoding="utf-8")
    names = ", ".join(path.name for path, _ in stale)
    print(f"out of date: {names}" if stale else "all pages are up to date")
    return 1 if stale and "--check" in sys.argv else 0


def _key(name: str, field: FieldInfo) -> str:
    if isinstance(field.validation_alias, AliasChoices):
        return " or ".join(f"`{choice}`" for choice in field.validation_alias.choices)
    return f"`{field.alias or name}`"


def _holds(kind: Any) -> str:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(_holds(part) for part in inner if part is not types.NoneType)
    if origin is tuple:
        if inner[-1] is not Ellipsis:
            return f"list of {len(inner)} {_holds(inner[0])}s"
        return "list of texts" if _holds(inner[0]) == "text" else f"list of {_holds(inner[0])}s"
    if hasattr(kind, "__metadata__"):
        return _holds(kind.__origin__)
    if isinstance(kind, type) and issubclass(kind, Assertion):
        return "assertion"
    return _WORDS.get(kind, "mapping")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return ""
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


if __name__ == "__main__":
    sys.exit(main())
