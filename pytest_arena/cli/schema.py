"""`arena schema`: the JSON Schema of arena files, for editors."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from pytest_arena.cli import plugins
from pytest_arena.errors import Problem, UsageError
from pytest_arena.options import FILE_PATTERNS
from pytest_arena.running.interrupts import held
from pytest_arena.text.code_page import has_all_characters


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("schema", help="print the JSON Schema of arena files")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write it to a file")
    plugins.add_option(parser)
    parser.set_defaults(run=run)


def schema_text(modules: Sequence[str], folder: Path) -> str:
    """Return the schema of arena files in a folder, with what its conftest files register; the same
    registry gives the same bytes."""
    from pytest_arena.cli.validate import root_of
    from pytest_arena.loading.json_schema import arena_json_schema

    file = folder / FILE_PATTERNS[0]
    schema = arena_json_schema(plugins.make_registry(modules, {root_of(file): [file]}))
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def run(arguments: argparse.Namespace) -> int:
    """Print the schema, or write it to a file."""
    text = schema_text(arguments.plugins, Path.cwd())
    if arguments.output is None:
        if not has_all_characters(sys.stdout):
            text = json.dumps(json.loads(text), indent=2) + "\n"
        sys.stdout.write(text)
        return 0
    try:
        with held():
            arguments.output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            Problem(
                f"cannot write {str(arguments.output)!r}: {error.strerror}",
                expected="a file in a folder that exists",
                fix="name another file after --output",
            )
        ) from None
    return 0
