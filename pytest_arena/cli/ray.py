"""`arena ray`: a run over the nodes of a Ray cluster, with one report and one verdict."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from pytest_arena.cli import merge, output
from pytest_arena.errors import Problem, UsageError

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
        "--cpus", type=float, default=1.0, metavar="N", help="CPUs for each shard (default 1)"
    )
    parser.add_argument(
        "--ship",
        metavar="DIR",
        help="copy this folder to the nodes, and run there (default: all nodes have this folder)",
    )
    parser.add_argument(
        "--retries",
        type=int,
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
    output.add_options(parser, output=merge.DEFAULT_FOLDER)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the shards, merge what they found, and return the exit code of the whole."""
    from pytest_arena.distributed import Driver, Journals
    from pytest_arena.distributed.ray_cluster import RayCluster
    from pytest_arena.text.printable import printable

    _refuse_own_options(arguments.arguments)
    output.read_formats(arguments.formats, output.registry_of(arguments))
    folder: Path = arguments.output or Path(merge.DEFAULT_FOLDER)
    cluster = RayCluster(arguments.address, cpus=arguments.cpus, ship=arguments.ship)
    output.make_folder(folder)
    journals = Journals(folder / JOURNALS)
    if not arguments.resume:
        journals.forget()
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
    try:
        outcome = driver.run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; arena ray --resume takes it up\n")
        return 2
    if outcome.refused is not None:
        code, said = outcome.refused
        sys.stderr.write(printable(said) + "\n")
        return code or 1
    merged = argparse.Namespace(**vars(arguments), paths=[str(journals.folder)], expect=None)
    if not any(journals.path(number).exists() for number in range(1, count + 1)):
        sys.stderr.write("no shard came to anything\n")
        return 2
    code = merge.run(merged)
    if not outcome.given_up and code in (0, 1, 5):
        shutil.rmtree(journals.folder)
    return code


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of at least 1")
    return number


def _refuse_own_options(given: Sequence[str]) -> None:
    """Refuse what `arena ray` gives to the shards itself."""
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
