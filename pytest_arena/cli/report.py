"""`arena report`: the reports of a run once more, from its results."""

from __future__ import annotations

import argparse

from pytest_arena.cli import output, results_files


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("report", help="write reports from results files")
    results_files.add_argument(parser, "RESULTS")
    output.add_options(parser, output="beside the first results file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the reports; several results files are joined as `arena merge` does."""
    from pytest_arena.results.merging import merge

    registry = output.registry_of(arguments)
    formats = output.read_formats(arguments.formats, registry)
    files = results_files.read_all(arguments.paths)
    joined = merge(files)
    folder = arguments.output or files[0].path.parent
    output.make_folder(folder)
    return output.write(joined, formats, folder, registry)
