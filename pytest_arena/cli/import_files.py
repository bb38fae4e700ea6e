"""`arena import`: files of other tools, turned into arena files."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.cli import output
from pytest_arena.cli.validate import root_of
from pytest_arena.errors import ArenaFileError, Problem, UsageError
from pytest_arena.text.printable import printable

if TYPE_CHECKING:
    from pytest_arena.importing import Imported, Importer, Source

WHOLE, CHANGED, NOTHING = 0, 1, 2


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "import",
        help="turn files of other tools into arena files",
        description="Turn files of other tools into arena files, and list what was changed or "
        "left out. Exit code 0: everything was kept; 1: something was not; 2: nothing was written.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="what to import")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="where the arena files go (default: beside each file)",
    )
    parser.add_argument("--check", action="store_true", help="print the list, and write nothing")
    parser.add_argument(
        "--partial",
        action="store_true",
        help="run cases that lost an assertion, instead of writing them with skip:",
    )
    parser.add_argument(
        "--run-code",
        action="store_true",
        help="run code of the files that makes prompts, tests and variables, and keep code that "
        "needs node; it is run with your rights, without your keys",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Import every file; return the worst exit code of them."""
    codes = [_import(file, arguments) for file in dict.fromkeys(arguments.files)]
    return max(codes)


def _import(file: Path, arguments: argparse.Namespace) -> int:
    from pytest_arena.importing import read_source
    from pytest_arena.importing.known import importer_of

    if not file.is_file():
        raise UsageError(Problem(f"there is no file {os.fspath(file)!r}"))
    root = root_of(file).resolve()
    try:
        source = read_source(
            file.resolve(), root, partial=arguments.partial, run_code=arguments.run_code
        )
        importer = importer_of(source)
        return _conclude(file, importer, importer.convert(source), source, arguments)
    except ArenaFileError as error:
        _say(f"{error}\nnothing was imported from {file}")
        return NOTHING


def _conclude(
    file: Path,
    importer: Importer,
    imported: Imported,
    source: Source,
    arguments: argparse.Namespace,
) -> int:
    from pytest_arena.importing.arena_writer import arena_text, write_files

    findings = imported.findings
    for finding in findings:
        _say(str(finding))
    name = arena_name(file)
    head = f"Imported from {file.name} ({importer.format}) by arena import: {findings.summary}."
    text = arena_text(imported.arena, head)
    folder = arguments.output or file.parent
    files = {**imported.files, name: text}
    _validate(files, name, source)
    if arguments.check:
        _say(f"{file} ({importer.format}): {findings.summary}; nothing was written (--check)")
    else:
        output.make_folder(folder)
        try:
            written = write_files(folder, files)
        except OSError as error:
            raise output.unwritable(folder, error) from None
        _say(f"{written[-1]} ({importer.format}): {findings.summary}")
    return WHOLE if findings.is_whole else CHANGED


def arena_name(file: Path) -> str:
    """Return the name of the arena file for an imported one."""
    from pytest_arena.importing.code_files import ENDINGS as CODE_ENDINGS

    stem = file.name
    for end in (".yaml", ".yml", ".json", ".jsonl", ".csv", *CODE_ENDINGS):
        stem = stem.removesuffix(end)
    return f"{stem}.arena.yaml"


def _validate(files: dict[str, str], name: str, source: Source) -> None:
    """Make sure that what is to be written is a good arena; one that is not is our mistake."""
    from tempfile import TemporaryDirectory

    from pytest_arena.cli import plugins
    from pytest_arena.importing.arena_writer import write_files
    from pytest_arena.loading import load_arena

    with TemporaryDirectory() as made:
        folder = Path(made).resolve()
        write_files(folder, files)
        try:
            load_arena(folder / name, root=folder, registry=plugins.make_registry(()))
        except ArenaFileError as error:
            shown = "".join(f"  {line}\n" for line in str(error).splitlines())
            raise ArenaFileError(
                Problem(
                    f"what the import made of {source.place.file} is no good arena file:\n{shown}"
                    "This is a mistake of arena import; please report it with the file"
                )
            ) from error


def _say(text: str) -> None:
    sys.stdout.write(f"{printable(text)}\n")
