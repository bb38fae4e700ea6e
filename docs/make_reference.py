"""Write what the documentation takes from the code: tables of keys, options, commands and hooks,
defaults inside sentences, and the pages of the assertions and guardrails that ship.

A page marks a table of keys by `<!-- fields: CaseSpec -->` and `<!-- end fields -->`, the others by
`<!-- table: options -->` and `<!-- end table -->`, and a default by `<!-- fact: retries -->` and
`<!-- end fact -->`. Run it after a change of one; `--check` only says whether a page is out of
date.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import types
from pathlib import Path

import type_pages
from key_tables import key_table, one_line
from pydantic.fields import FieldInfo

from pytest_arena import hookspecs, schema
from pytest_arena.assertions.behaviour.call_patterns import CallPattern
from pytest_arena.cli.parser import build_parser
from pytest_arena.engine.calling import retries
from pytest_arena.engine.calling.provider_state import DEFAULT_RETRY_FOR_S
from pytest_arena.options import OPTIONS, Option
from pytest_arena.providers.mcp import McpOptions
from pytest_arena.providers.outputs import OutputsOptions
from pytest_arena.providers.systems.exec import ExecOptions
from pytest_arena.providers.systems.http_options import HttpOptions, LoginSpec, UsagePaths
from pytest_arena.providers.systems.python import PythonOptions
from pytest_arena.schema.base import ArenaModel
from pytest_arena.schema.describing import described_fields
from pytest_arena.schema.provider import DEFAULT_TIMEOUT_S
from pytest_arena.schema.system import OtelReceiverSpec

DOCS = Path(__file__).resolve().parent
FILE_PAGE = DOCS / "arena-file.md"
_TABLE = re.compile(r"(<!-- fields: (\w+) -->\n).*?(<!-- end fields -->)", re.DOTALL)
_FACT = re.compile(r"(<!-- fact: (\w+) -->).*?(<!-- end fact -->)")
FACTS = {
    "retries": f"{retries.DEFAULT_RETRIES}",
    "retry_for": f"{DEFAULT_RETRY_FOR_S:g}s",
    "timeout": f"{DEFAULT_TIMEOUT_S:g}s",
}
"""Defaults that sentences name."""
_READ_ON = {
    "pack": "promptpacks.md#writing-a-pack",
    "personas": "personas.md#those-that-ship",
    "schema": "arena-file.md#in-an-editor",
    "report": "report.md#again-from-the-results",
    "merge": "ci.md#what-merge-does",
    "compare": "ci.md#what-changed-since-the-last-run",
    "power": "gate.md#how-many-cases-do-i-need",
    "rejudge": "outputs.md#an-earlier-run-judged-again",
    "ray": "large-runs.md#ray",
    "calibrate": "judging.md#can-the-judge-be-trusted",
}
"""Where the pages say more of a command."""
_OF_PROVIDERS: tuple[type[ArenaModel], ...] = (
    *(OutputsOptions, PythonOptions, ExecOptions, HttpOptions),
    *(UsagePaths, LoginSpec, OtelReceiverSpec, McpOptions),
)
"""Models of keys that belong to one kind of provider."""
_OF_ASSERTIONS: dict[str, type[ArenaModel]] = {"CallPattern": CallPattern}
"""Models of keys that belong to assertions alone."""
_LISTING = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end table -->)", re.DOTALL)


def pages() -> dict[Path, str]:
    """Return every page of the documentation as it should be."""
    written = type_pages.pages()
    others = [path for path in sorted(DOCS.glob("*.md")) if path.name not in written]
    return {
        **{DOCS / name: text for name, text in written.items()},
        **{path: render(path) for path in others},
    }


def render(path: Path) -> str:
    """Return a page with its tables written anew."""
    home = "" if path == FILE_PAGE else FILE_PAGE.name
    listings = {"options": options_table, "hooks": hooks_table, "commands": commands_table}
    page = path.read_text(encoding="utf-8")
    page = _FACT.sub(lambda m: f"{m[1]}{FACTS[m[2]]}{m[3]}", page)
    page = _LISTING.sub(lambda m: f"{m[1]}\n{listings[m[2]]()}\n\n{m[3]}", page)
    return _TABLE.sub(lambda m: f"{m[1]}\n{key_table(fields_of(m[2]), home)}\n\n{m[3]}", page)


def fields_of(name: str) -> dict[str, FieldInfo]:
    """Return the fields of a model that can be written in a file; of an application's, those that
    its kind alone has."""
    own = next((one for one in _OF_PROVIDERS if one.__name__ == name), None)
    model: type[ArenaModel] = own or _OF_ASSERTIONS.get(name) or getattr(schema, name)
    shared = schema.SystemOptions.model_fields if own is not None else {}
    described = described_fields(model).items()
    return {key: field for key, field in described if not field.exclude and key not in shared}


def options_table() -> str:
    """Return the table of command-line options and their ini twins."""
    rows = ["| option | ini | meaning |", "| --- | --- | --- |"]
    rows += [
        f"| {_flag(option)} | `{option.name}` | {one_line(option.help)} |" for option in OPTIONS
    ]
    return "\n".join(rows)


def commands_table() -> str:
    """Return the table of the subcommands of `arena`."""
    rows = ["| command | what it does |", "| --- | --- |"]
    commands = next(a for a in build_parser()._actions if a.dest == "command")
    helps = {choice.dest: choice.help for choice in commands._choices_actions}
    for name, parser in commands.choices.items():
        given = " ".join(["arena", name, *_positionals(parser)])
        link = f" ([more]({_READ_ON[name]}))" if name in _READ_ON else ""
        rows.append(f"| `{given}` | {one_line(helps[name])}{link} |")
    return "\n".join(rows)


def _positionals(parser: argparse.ArgumentParser) -> list[str]:
    """Return a parser's arguments as a manual writes them."""
    shapes = {"?": "[{}]", "*": "[{}…]", "+": "{}…"}
    return [
        shapes.get(str(action.nargs), "{}").format(action.metavar or action.dest.upper())
        for action in parser._actions
        if not action.option_strings
    ]


def hooks_table() -> str:
    """Return the table of hooks."""
    rows = ["| hook | what it does |", "| --- | --- |"]
    for name, hook in vars(hookspecs).items():
        if name.startswith("pytest_arena_"):
            text = (inspect.getdoc(hook) or "").split("::")[0]
            rows.append(f"| `{name}{_arguments(hook)}` | {one_line(text)} |")
    return "\n".join(rows)


def main() -> int:
    stale = {
        path: text
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    if "--check" not in sys.argv:
        for path, text in stale.items():
            path.write_text(text, encoding="utf-8")
    names = ", ".join(path.name for path in stale)
    print(f"out of date: {names}" if stale else "all pages are up to date")
    return 1 if stale and "--check" in sys.argv else 0


def _flag(option: Option) -> str:
    if option.ini_only:
        return ""
    return f"`{option.flag} {option.metavar}`" if option.metavar else f"`{option.flag}`"


def _arguments(hook: types.FunctionType) -> str:
    return f"({', '.join(inspect.signature(hook).parameters)})"


if __name__ == "__main__":
    sys.exit(main())
