"""`arena ray`: a run over the nodes of a Ray cluster, with one report and one verdict."""

from __future__ import annotations

import argparse
import math
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pytest_arena.cli import merge, output
from pytest_arena.errors import Problem, UsageError
from pytest_arena.settings import MOST_SHARDS

if TYPE_CHECKING:
    from pytest_arena.distributed import Journals, Outcome
    from pytest_arena.results.report_folder import ReportFolder

JOURNALS = ".ray"
"""The folder, in that of the reports, of what has come of each shard so far."""
_OWN = ("--arena-shard", "--arena-shard-limits", "--arena-report", "--arena-report-dir")


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "ray", help="run arenas as shards on a Ray cluster; exits as one run of pytest would"
    )
    parser.add_argument(
        "arguments",
        nargs="*",
        metavar="ARGUMENT",
        help="what pytest is given in every shard; options of pytest stand behind --",
    )
    parser.add_argument(
        "--address", default="auto", metavar="HOST:PORT", help="the cluster (default: this node's)"
    )
    parser.add_argument(
        "--shards", type=_count, metavar="N", help="parts of the cells (default: places for them)"
    )
    parser.add_argument(
        "--at-once",
        type=_count,
        metavar="N",
        help="shards that run at once, and have the providers' limits together (default: as many "
        "as there are places)",
    )
    parser.add_argument(
        "--cpus", type=_cpus, default=1.0, metavar="N", help="CPUs for each shard (default 1)"
    )
    parser.add_argument(
        "--ship",
        metavar="DIR",
        help="copy this folder to the nodes, and run there (default: all nodes have this folder)",
    )
    parser.add_argument(
        "--retries",
        type=_retries,
        default=3,
        metavar="N",
        help="how often a shard whose node is lost is run again (default 3)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="take up a run whose driver was interrupted"
    )
    parser.add_argument(
        "--baseline", metavar="REF", help="compare the whole with it, as arena merge does"
    )
    output.add_options(parser, output=output.DEFAULT_FOLDER)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the shards, merge what they found, and return the exit code of the whole."""
    from pytest_arena.distributed import Journals
    from pytest_arena.places import RESULTS
    from pytest_arena.results.report_folder import ReportFolder
    from pytest_arena.text.printable import printable

    reports = ReportFolder(arguments.output or Path(output.DEFAULT_FOLDER), Path.cwd())
    journals = Journals(reports.path / JOURNALS)
    try:
        outcome = _run_shards(arguments, reports.path, journals)
        if outcome.refused is None and any(journals.folder.glob(f"*/{RESULTS}")):
            return _conclude(arguments, reports, journals, outcome)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; arena ray --resume takes it up\n")
        return 2
    except UsageError:
        _put_away_older(arguments, reports)
        raise
    code, said = outcome.refused or (2, "no shard came to anything")
    sys.stderr.write(printable(said) + "\n")
    _put_away_older(arguments, reports)
    return code or 1


def _run_shards(arguments: argparse.Namespace, folder: Path, journals: Journals) -> Outcome:
    from pytest_arena.distributed import Driver
    from pytest_arena.distributed.ray_cluster import RayCluster
    from pytest_arena.text.printable import printable

    _refuse_own_options(arguments.arguments)
    output.read_formats(arguments.formats, output.registry_of(arguments))
    cluster = RayCluster(arguments.address, cpus=arguments.cpus, ship=arguments.ship)
    output.make_folder(folder)
    if not arguments.resume:
        journals.forget()
    if cluster.shortage is not None:
        sys.stderr.write(f"{cluster.shortage}\n")
    count = arguments.shards or cluster.places
    driver = Driver(
        cluster,
        journals,
        count=count,
        at_once=min(count, arguments.at_once or cluster.places),
        arguments=tuple(arguments.arguments),
        folder=None if arguments.ship else str(Path.cwd()),
        retries=arguments.retries,
        say=lambda line: print(printable(line), flush=True),  # noqa: T201
    )
    # ends jobs of a cluster; Ray makes 1 of it, the exit code of cells that failed
    signal.signal(signal.SIGTERM, _interrupt)
    return driver.run()


def _conclude(
    arguments: argparse.Namespace, reports: ReportFolder, journals: Journals, outcome: Outcome
) -> int:
    """Make a whole of the shards, and forget what an earlier run left where they came to an end."""
    from pytest_arena.comparison.coverage import part_of

    merged = argparse.Namespace(**vars(arguments), paths=[str(journals.folder)], expect=None)
    whole = merge.whole_of(merged)
    ran = {cell.id for cell in whole.run.cells}
    try:
        reports.wrote(whole.reports)
        if not outcome.given_up and whole.code in (0, 1, 5):
            shutil.rmtree(journals.folder)
            for line in reports.conclude(ran, None if part_of(whole.run) else ran):
                sys.stdout.write(f"{line}\n")
    except OSError as error:
        raise output.unwritable(reports.path, error) from None
    return whole.code


def _put_away_older(arguments: argparse.Namespace, reports: ReportFolder) -> None:
    """Leave no results in the place of a run that came to none, which would seem to be its own;
    what it was to be compared with, or to read otherwise, stays."""
    given = [arguments.baseline, *(word.partition("=")[2] or word for word in arguments.arguments)]
    if reports.is_one_of(one for one in given if one):
        return
    said = reports.put_away_ended(resumes=False)
    if said is not None:
        sys.stderr.write(f"arena: {said}\n")


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_SHARDS:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {MOST_SHARDS:,}")
    return number


def _retries(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number of at least 0")
    return number


def _cpus(text: str) -> float:
    number = float(text)
    if not 0 <= number < math.inf or (number > 1 and number != int(number)):
        # as Ray has it
        raise argparse.ArgumentTypeError(f"{text} is no share of a CPU, and no number of them")
    return number


def _refuse_own_options(given: Sequence[str]) -> None:
    """Refuse what `arena ray` gives to the shards itself, and what no shard can do."""
    for word in given:
        name = word.partition("=")[0]
        if name in _OWN:
            raise UsageError(
                Problem(
                    f"{name} is given to each shard by arena ray",
                    expected="options that all shards have alike",
                    fix="see --shards, --at-once, --format and --output of arena ray",
                )
            )
        if name == "--arena-history":
            raise UsageError(
                Problem(
                    f"{name} keeps whole runs, of which each shard is a part",
                    fix="leave it out; arena trend reads the results of wholes that were kept",
                )
            )
