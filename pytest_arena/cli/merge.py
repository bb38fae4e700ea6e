"""`arena merge`: the shards of a CI matrix as one run, with its reports and its verdict."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.cli import merged_gate, output, results_files
from pytest_arena.errors import Problem, UsageError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.settings import MOST_SHARDS

if TYPE_CHECKING:
    from pytest_arena.results import RunResult
    from pytest_arena.results.reading import ResultsFile


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "merge", help="join the results of several CI jobs; exits as one run would have"
    )
    results_files.add_argument(parser, "SHARDS")
    output.add_options(parser, output=output.DEFAULT_FOLDER)
    parser.add_argument(
        "--expect", type=int, metavar="N", help="how many shards there must be; else exit code 2"
    )
    parser.add_argument(
        "--baseline",
        metavar="REF",
        help="compare the whole with a results or baseline file, or git:REV:PATH",
    )
    parser.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class Whole:
    """What the shards came to, with its reports and its exit code."""

    run: RunResult
    reports: Sequence[Path]
    code: int


def run(arguments: argparse.Namespace) -> int:
    """Make a whole of shards, and return its exit code."""
    return whole_of(arguments).code


def whole_of(arguments: argparse.Namespace) -> Whole:
    """Write results and reports of the whole, and print its summary."""
    from pytest_arena.results.merge_checks import refuse_contradictions
    from pytest_arena.results.merging import code_of, merge
    from pytest_arena.results.shard_parts import missing_parts, number_of_shards
    from pytest_arena.text.printable import printable

    if arguments.expect is not None and not 1 <= arguments.expect <= MOST_SHARDS:
        problem = Problem(
            f"--expect: {arguments.expect} is not a number from 1 to {MOST_SHARDS:,}",
            fix="give the number of shards, as in --expect 4",
        )
        raise UsageError(problem)
    registry = output.registry_of(arguments)
    formats = output.read_formats(arguments.formats, registry)
    files = results_files.read_all(arguments.paths)
    refuse_contradictions(files)
    lost = missing_parts(files)
    joined = merge(files, missing=lost or _missing(files, arguments.expect))
    distinct = {file.run.info.run_id: file.run for file in files}
    joined = merged_gate.judged(joined, list(distinct.values()), arguments.baseline)
    folder: Path = arguments.output or Path(output.DEFAULT_FOLDER)
    _write_results(joined, folder, files)
    output.show(joined, registry)
    reports = output.write(joined, formats, folder, registry)
    code = code_of(joined)
    shards = number_of_shards(file.run for file in files)
    said = "no cell reached a verdict" if code == 5 and joined.cells else _WORDS[code]
    sys.stdout.write(printable(f"{_counted(joined, shards)}: {said}\n"))
    return Whole(joined, reports.paths, output.INTERNAL_ERROR if reports.broken else code)


_OF_FILES = re.compile(r"^(?:file|local)://")
"""The URL of a folder of this machine, as fsspec has it."""
_WORDS = {
    0: "all held",
    1: "not all held",
    2: "incomplete, so there is no verdict",
    5: "no cell was run",
}


def _counted(joined: RunResult, shards: int) -> str:
    cells = len(joined.cells)
    shown = "1 shard" if shards == 1 else f"{shards} shards"
    return f"{shown}, 1 cell" if cells == 1 else f"{shown}, {cells:,} cells"


def _missing(files: Sequence[ResultsFile], expected: int | None) -> list[str]:
    """Say what is missing; two copies of one shard count as one."""
    if expected is None:
        return []
    distinct = {file.run.info.run_id: file.path for file in reversed(files)}
    said = results_files.missing_shards(list(reversed(distinct.values())), expected)
    if said is not None:
        return [said]
    if len(distinct) > expected:
        problem = Problem(
            f"--expect {expected}: {len(distinct)} shards were given",
            expected=f"{expected} results files",
            fix="leave out what is no part of this run, or correct the number",
        )
        raise UsageError(problem)
    return []


def _write_results(joined: RunResult, folder: Path, files: Sequence[ResultsFile]) -> None:
    from pytest_arena.places import RESULTS
    from pytest_arena.results.serialize import cell_line
    from pytest_arena.results.writing import write_results

    output.make_folder(folder)
    target = folder / RESULTS
    # a shard may be named by its URL
    if any(Path(_OF_FILES.sub("", file.path)).resolve() == target.resolve() for file in files):
        problem = Problem(
            f"{str(target)!r} is one of the shards, and would be overwritten",
            expected="another folder for the whole",
            fix="name one: --output merged",
        )
        raise UsageError(problem)
    try:
        write_results(target, joined, [cell_line(cell) for cell in joined.cells])
    except OSError as error:
        raise output.unwritable(target, error) from None
