"""What becomes of an older run's results where a run is refused before its session has begun."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Sequence

import pytest

from pytest_arena.object_store import is_url
from pytest_arena.options import option_named
from pytest_arena.results.report_folder import ReportFolder

_WITHOUT_RESULTS = ("--collect-only", "--co", "--collectonly")
"""Options under which a run writes no results."""
_READING = {"--arena-baseline": "arena_baseline", "--arena-rejudge": "arena_rejudge"}


def put_away_older(config: pytest.Config) -> None:
    """Leave no results in the place of a run that could not begin, which would seem to be its own.

    Nothing is known of such a run but its arguments, which could not be read: they are looked
    through as they are. What it was to be compared with, or to judge again, stays.
    """
    arguments = _arguments(config)
    asked = "--arena" in arguments or config.getini("arena")
    if (
        hasattr(config, "workerinput")
        or not asked
        or any(option in arguments for option in _WITHOUT_RESULTS)
    ):
        return
    given, in_ini = _last(arguments, "--arena-report-dir"), config.getini("arena_report_dir")
    folder = os.path.expanduser(str(given or in_ini or option_named("arena_report_dir").default))
    if is_url(folder):
        # nothing is reached for from here
        return
    # as `start_of` has it
    start = config.rootpath if in_ini and not given else config.invocation_params.dir
    reports = ReportFolder(start / folder, config.rootpath)
    read = [_last(arguments, flag) or config.getini(name) for flag, name in _READING.items()]
    bases = (config.invocation_params.dir, config.rootpath)
    files = [os.path.expanduser(str(one)) for one in read if one]
    if reports.is_one_of(base / file for file in files for base in bases):
        return
    resumes = "--arena-resume" in arguments or config.getini("arena_resume")
    said = reports.put_away_ended(resumes=bool(resumes))
    if said is not None:
        sys.stderr.write(f"arena: {said}\n")


def _arguments(config: pytest.Config) -> list[str]:
    """Return the arguments of the ini file, of the environment and of the command line."""
    from_ini = config.getini("addopts")
    split = from_ini if isinstance(from_ini, list) else shlex.split(str(from_ini))
    from_environment = shlex.split(os.environ.get("PYTEST_ADDOPTS", ""))
    return [*map(str, split), *from_environment, *map(str, config.invocation_params.args)]


def _last(arguments: Sequence[str], option: str) -> str | None:
    """Return the last value that an option is given."""
    found: str | None = None
    behind: Iterable[str] = arguments[1:]
    for argument, following in zip(arguments, [*behind, ""], strict=True):
        if argument == option:
            found = following
        elif argument.startswith(f"{option}="):
            found = argument.partition("=")[2]
    return found
