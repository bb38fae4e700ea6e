"""`arena schema`: the JSON Schema of arena files, for editors."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from pytest_arena.cli import plugins
from pytest_arena.errors import Problem, UsageError
from pytest_arena.options import FILE_PATTERNS


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("schema", help="print the JSON Schema of arena files")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write it to a file")
    plugins.add_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the schema, or write it to a file; the same registry gives the same bytes."""
    from pytest_arena.cli.validate import root_of
    from pytest_arena.loading.json_schema import arena_json_schema

    here = Path.cwd() / FILE_PATTERNS[0]
    schema = arena_json_schema(plugins.make_registry(arguments.plugins, {root_of(here): [here]}))
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    if arguments.output is None:
        sys.stdout.write(text)
        return 0
    try:
        arguments.output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            Problem(
                f"cannot write {str(arguments.output)!r}: {error.strerror}",
                expected="a file in a folder that exists",
                fix="name another file after --output",
            )
        ) from None
    return 0
