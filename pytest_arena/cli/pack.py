"""`arena pack`: prompt files, written as a PromptPack."""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.cli import output, plugins
from pytest_arena.cli.validate import root_of
from pytest_arena.errors import ArenaFileError, Location, Problem, UsageError
from pytest_arena.running.interrupts import held
from pytest_arena.text.numbers import counted
from pytest_arena.text.printable import printable

if TYPE_CHECKING:
    from pytest_arena.loading.tree import YamlMap

SAME, DIFFERENT, REFUSED = 0, 1, 2
_MOST_SHOWN = 20


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "pack",
        help="write a PromptPack of prompt files",
        description="Write a PromptPack (schema 1.4) of prompt files: .md, .txt, .prompt, YAML, "
        "the prompts of arena files, and other packs. Exit code 0: written, or with --check the "
        "same; 1: with --check, another one; 2: refused, and nothing was written.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="what to pack")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the pack (default: printed)"
    )
    parser.add_argument("--id", help="the pack's id (default: by the name of the file)")
    parser.add_argument("--name", help="what people call it (default: its id)")
    parser.add_argument("--version", help="its version (default: 1.0.0)")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing, and say where the pack after -o is not what it would be now",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print or write the pack of all files, or compare it with the one that is there."""
    from pytest_arena.loading.context import LoadContext
    from pytest_arena.packing import pack_of, pack_text, read_sources

    _check_options(arguments)
    files = list(dict.fromkeys(file.resolve() for file in map(_existing, arguments.files)))
    root = root_of(files[0]).resolve()
    context = LoadContext(root=root, registry=plugins.make_registry(()))
    try:
        written = _written(arguments.output) if arguments.check else None
        identity = _identity(arguments, written)
        pack = pack_of(read_sources(files, context), identity, context)
        context.problems.raise_if_any()
        if written is not None:
            return _compare(arguments.output, written, pack)
    except ArenaFileError as error:
        _say(f"{error}\nnothing was packed")
        return REFUSED
    for warning in context.warnings:
        sys.stderr.write(f"warning: {printable(warning)}\n")
    if arguments.output is None:
        sys.stdout.write(pack_text(pack))
        return SAME
    _write(arguments.output, pack_text(pack))
    _say(f"{arguments.output}: {counted(len(pack['prompts']), 'prompt')} of {identity['id']}")
    return SAME


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise UsageError(Problem(f"there is no file {os.fspath(file)!r}"))
    return file


def _check_options(arguments: argparse.Namespace) -> None:
    """Raise a `UsageError` for options that mean nothing."""
    from pytest_arena.packing.pack_schema import PACK_ID, VERSION

    if arguments.check and arguments.output is None:
        raise UsageError(
            Problem("--check compares with a pack, and none is named", fix="give -o, too")
        )
    if arguments.id is not None and not re.fullmatch(PACK_ID, arguments.id):
        raise UsageError(
            Problem(
                f"--id: {arguments.id!r} is no id of a pack",
                expected="small letters, digits and '-', beginning with a letter",
                fix=f"give --id {_slug(arguments.id)}",
            )
        )
    if arguments.version is not None and not re.fullmatch(VERSION, arguments.version):
        raise UsageError(
            Problem(
                f"--version: {arguments.version!r} is no version",
                expected="three numbers, as in 1.2.0",
                fix="give one like --version 1.0.0",
            )
        )


def _identity(arguments: argparse.Namespace, written: YamlMap | None) -> dict[str, str]:
    """Return the id, the name and the version of the pack: those that are given, else those of
    the pack that it is compared with."""
    named: Path = arguments.output or arguments.files[0]
    known = written if written is not None else {}
    name = arguments.id or str(known.get("id") or _slug(named.name.partition(".")[0]))
    return {
        "id": name,
        "name": arguments.name or str(known.get("name") or name),
        "version": arguments.version or str(known.get("version") or "1.0.0"),
    }


def _slug(text: str) -> str:
    slug = re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")[:90]
    return slug if re.match("[a-z]", slug) else f"pack-{slug}".strip("-")


def _written(file: Path) -> YamlMap:
    """Return the pack of a file as it is written."""
    from pytest_arena.loading.files import read_limited
    from pytest_arena.loading.problems import ProblemList
    from pytest_arena.loading.tree import YamlMap
    from pytest_arena.loading.yaml_reader import MAX_BYTES, read_yaml

    name = os.fspath(_existing(file))
    problems = ProblemList()
    data = read_limited(file, MAX_BYTES, Location(name, 1, 1), "pack")
    tree = read_yaml(data, [name], problems)
    problems.raise_if_any()
    if not isinstance(tree, YamlMap):
        raise ArenaFileError(
            Problem("the pack is not a mapping", Location(name, 1, 1), "a PromptPack", "name one")
        )
    return tree


def _compare(file: Path, written: YamlMap, pack: dict[str, object]) -> int:
    """Print where a pack that is written is another one; return 1 if it is."""
    from pytest_arena.packing import differences

    found = list(differences(written, pack))
    for place, what in found[:_MOST_SHOWN]:
        _say(f"{place}: {what}")
    if len(found) > _MOST_SHOWN:
        _say(f"and {counted(len(found) - _MOST_SHOWN, 'more difference')}")
    _say(f"{file} is not what it would be now" if found else f"{file} is what it would be now")
    return DIFFERENT if found else SAME


def _write(path: Path, text: str) -> None:
    folder = path.parent
    output.make_folder(folder)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with held():
            temporary.write_text(text, "utf-8", newline="\n")
            os.replace(temporary, path)
    except OSError as error:
        raise output.unwritable(path, error) from None


def _say(text: str) -> None:
    sys.stdout.write(f"{printable(text)}\n")
