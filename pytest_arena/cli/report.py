"""`arena report`: the reports of a run once more, from its results."""

from __future__ import annotations

import argparse
from pathlib import Path

from pytest_arena.cli import output, results_files
from pytest_arena.object_store import is_url


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("report", help="write reports from results files")
    results_files.add_argument(parser, "RESULTS")
    output.add_options(
        parser, output=f"beside the first results file, for a URL {output.DEFAULT_FOLDER}"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the reports; several results files are joined as `arena merge` does."""
    from pytest_arena.results.merging import merge

    registry = output.registry_of(arguments)
    formats = output.read_formats(arguments.formats, registry)
    files = results_files.read_all(arguments.paths)
    joined = merge(files)
    folder = arguments.output or _folder_of(files[0].path)
    output.make_folder(folder)
    reports = output.write(joined, formats, folder, registry)
    return output.INTERNAL_ERROR if reports.broken else 0


def _folder_of(results: str) -> Path:
    return Path(output.DEFAULT_FOLDER) if is_url(results) else Path(results).parent
