"""From what was given on the command line and in the ini file to checked settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_arena.errors import PARQUET_EXTRA, Problem, UsageError, suggest
from pytest_arena.object_store import is_url, shown_url
from pytest_arena.options import OPTIONS, REPORT_FORMATS, Kind, Settings, given_for, option_named

if TYPE_CHECKING:
    import pytest


MOST_SHARDS = 100_000


def read_settings(config: pytest.Config) -> Settings:
    """Return the settings of a run; a bad value is a `UsageError` that names the option."""
    found: dict[str, Any] = {}
    for option in OPTIONS:
        given = given_for(config, option)
        if given is not None:
            found[option.field] = read(option.name, given)
    if found.get("add_to_baseline"):
        found["update_baseline"] = True
    settings = Settings(**found)
    _check_combinations(settings)
    return settings


def settings_of(given: Mapping[str, Any]) -> Settings:
    """Return the settings that a script gives by the names of fields; None is as not given.

    A bad value is a `UsageError` that calls `--arena-max-cost` max_cost.
    """
    found = {
        option.field: read(option.name, given[option.field], option.name.removeprefix("arena_"))
        for option in OPTIONS
        if given.get(option.field) is not None
    }
    settings = Settings(**found)
    _check_baseline(settings, "fail_on", "baseline=")
    _check_bisect(settings, "bisect=True", "baseline=")
    _check_rejudge(settings, "rejudge", {"trials": settings.trials})
    return settings


def check_formats(
    formats: Iterable[str],
    known_formats: Callable[[], set[str]],
    flag: str = "--arena-report",
) -> None:
    """Refuse a report format that nobody writes, or not without an extra, as a `UsageError`.

    A `conftest.py` below the root registers its own when its folder is collected: look then.
    """
    for name in formats:
        if name not in REPORT_FORMATS and name not in known_formats():
            known = sorted({*REPORT_FORMATS, *known_formats()})
            raise UsageError(
                Problem(
                    f"{flag}: unknown format {name!r}",
                    expected="one or more of " + ", ".join(known),
                    fix=suggest(name, known),
                )
            )
        if name == "parquet" and find_spec("pyarrow") is None:
            raise UsageError(
                Problem(
                    f"{flag}: parquet needs the package pyarrow, which is not installed",
                    fix=PARQUET_EXTRA,
                )
            )


def read(name: str, given: object, shown: str | None = None) -> Any:
    """Return the value of one option; a bad one is a `UsageError`.

    `shown` is how messages name it, where it is not called as on pytest's command line.
    """
    option = option_named(name)
    flag = shown or option.flag
    # `--arena-report=` asks for no reports
    if option.kind != "words" and _is_empty(given):
        raise UsageError(
            Problem(
                f"{flag}: its value is empty",
                expected=f"{flag}={option.metavar}",
                fix="give a value (a variable of the shell may not be set), or leave it out",
            )
        )
    if option.kind == "choice":
        return _choice(given, flag, tuple(option.choices))
    return _READERS[option.kind](given, flag)


def _is_empty(given: object) -> bool:
    texts = given if isinstance(given, (list, tuple)) else (given,)
    return any(isinstance(text, str) and not text.strip() for text in texts)


def _count(given: object, flag: str) -> int:
    try:
        number = int(str(given))
    except ValueError:
        number = 0
    if number < 1:
        raise UsageError(
            Problem(
                f"{flag}: {str(given)!r} is not a number of at least 1",
                fix=f"give a whole number, as in {flag}=4",
            )
        )
    return number


def _shard(given: object, flag: str) -> str:
    number, slash, count = str(given).partition("/")
    try:
        found = (int(number), int(count))
    except ValueError:
        found = (0, 0)
    if not slash or not 1 <= found[0] <= found[1]:
        raise UsageError(
            Problem(
                f"{flag}: {str(given)!r} is not one of so many parts",
                expected="K/N with K from 1 to N",
                fix=f"give the second of four as {flag}=2/4"
                + (", and count from 1" if found[0] == 0 < found[1] else ""),
            )
        )
    if found[1] > MOST_SHARDS:
        raise UsageError(
            Problem(
                f"{flag}: {found[1]:,} parts are too many to deal cells to",
                expected=f"at most {MOST_SHARDS:,}",
                fix="give groups of files to runs of their own, each in fewer parts",
            )
        )
    return f"{found[0]}/{found[1]}"


def _amount(given: object, flag: str) -> float:
    number = _number(given)
    if not 0 < number < float("inf"):
        raise UsageError(
            Problem(
                f"{flag}: {str(given)!r} is not an amount above 0",
                fix=f"give US dollars, as in {flag}=2.50",
            )
        )
    return number


def _share(given: object, flag: str) -> float:
    number = _number(given)
    if not 0 < number < 1:
        raise UsageError(
            Problem(
                f"{flag}: {str(given)!r} is not a number between 0 and 1",
                fix=f"give a share, as in {flag}=0.05",
            )
        )
    return number


def _measure(given: object, flag: str) -> float:
    number = _number(given, otherwise=-1.0)
    if not 0 <= number < float("inf"):
        raise UsageError(
            Problem(
                f"{flag}: {str(given)!r} is not a number of at least 0",
                fix=f"give a number, as in {flag}=0.5",
            )
        )
    return number


def _part(given: object, flag: str) -> float:
    number = _number(given, otherwise=-1.0)
    if not 0 <= number <= 1:
        raise UsageError(
            Problem(
                f"{flag}: {str(given)!r} is not a number from 0 to 1",
                fix=f"give a share, as in {flag}=0.5",
            )
        )
    return number


def _number(given: object, otherwise: float = 0.0) -> float:
    try:
        return float(str(given))
    except ValueError:
        return otherwise


def _choice(given: object, flag: str, choices: tuple[str, ...]) -> str:
    if given not in choices:
        raise UsageError(
            Problem(
                f"{flag}: unknown value {str(given)!r}",
                expected="one of " + ", ".join(choices),
                fix=suggest(str(given), choices),
            )
        )
    return str(given)


def _url(given: object, flag: str) -> str:
    text = str(given)
    try:
        address = urlsplit(text)
        is_one = address.scheme in ("http", "https") and bool(address.hostname)
        is_one = is_one and (address.port is None or address.port > 0)
    except ValueError:
        is_one = False
    if not is_one:
        raise UsageError(
            Problem(
                f"{flag}: {text!r} is not a URL",
                expected="http://… or https://…",
                fix=f"give the whole of it, as in {flag}=http://localhost:4318",
            )
        )
    return text


def _with_home(given: object) -> str:
    """Return a path with the home folder for `~`: no shell does that behind a `=`."""
    return os.path.expanduser(str(given))


def _path(given: object, flag: str) -> str:
    text = _with_home(given)
    if is_url(text):
        raise UsageError(
            Problem(
                f"{flag}: {shown_url(text)!r} is no path here",
                expected="a path of this machine",
                fix="name one, and copy what is there before the run, or after it",
            )
        )
    return text


def _words(given: Any, flag: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in str(given).split(",") if word.strip())


_READERS: Mapping[Kind, Callable[[Any, str], Any]] = {
    "flag": lambda given, _flag: bool(given),
    "text": lambda given, _flag: str(given),
    "place": lambda given, _flag: _with_home(given),
    "path": _path,
    "url": _url,
    "repeated": lambda given, _flag: (given,) if isinstance(given, str) else tuple(given),
    "words": _words,
    "count": _count,
    "auto": lambda given, flag: None if given == "auto" else _count(given, flag),
    "amount": _amount,
    "measure": _measure,
    "part": _part,
    "share": _share,
    "shard": _shard,
}


def _check_baseline(settings: Settings, fail_on: str, baseline: str) -> None:
    """Refuse a gate without a baseline, with the names by which the two options are called."""
    if settings.fail_on in ("regression", "drift") and settings.baseline is None:
        raise UsageError(
            Problem(
                f"{fail_on} {settings.fail_on} needs a baseline", fix=f"name one with {baseline}"
            )
        )


def no_limits(fail_on: str) -> Problem:
    """Return what is wrong with a run that nothing could fail."""
    return Problem(
        f"{fail_on} gates: no arena file has gates:",
        expected="limits that decide about the run",
        fix=f"add gates: [{{metric: case_verdict, min: 0.9}}], or let cells decide: {fail_on} any",
    )


def _check_bisect(settings: Settings, bisect: str, baseline: str) -> None:
    """Refuse to look for what did it where no old version can be asked."""
    if settings.bisect and (settings.baseline is None or settings.old == "off"):
        left_out = ", and leave --arena-old=off out" if settings.old == "off" else ""
        raise UsageError(
            Problem(
                f"{bisect} asks the old version with each change",
                expected="a baseline, and an old version that may be asked",
                fix=f"name one with {baseline}{left_out}",
            )
        )


def _check_rejudge(settings: Settings, rejudge: str, asked: Mapping[str, object]) -> None:
    """Refuse what says how often is asked, where nobody is."""
    for name, given in asked.items():
        if settings.rejudge is not None and given:
            raise UsageError(
                Problem(
                    f"{name} has no effect with {rejudge}",
                    expected="answers of the earlier run, as many trials as it had",
                    fix=f"leave {name} out",
                )
            )


def _check_shard(settings: Settings) -> None:
    """Refuse what says how shards are made where there are none, or not so many."""
    asked = {
        "--arena-shard-limits": settings.shard_limits,
        "--arena-shard-durations": settings.shard_durations,
    }
    for name, given in asked.items():
        if given is not None and settings.shard is None:
            raise UsageError(
                Problem(f"{name} has no effect without --arena-shard", fix="give --arena-shard K/N")
            )
    count = settings.shard_of[1]
    if settings.shard_limits is not None and settings.shard_limits > count:
        raise UsageError(
            Problem(
                f"--arena-shard-limits: {settings.shard_limits} shards at once, where there are "
                f"{count}",
                fix=f"give {count} or fewer",
            )
        )


def _check_combinations(settings: Settings) -> None:
    """Refuse options that would have no effect without another one."""
    _check_baseline(settings, "--arena-fail-on", "--arena-baseline")
    old = settings.old
    if old not in ("auto", "off") and old.removeprefix("git:") in ("", old):
        raise UsageError(
            Problem(
                f"--arena-old: unknown value {old!r}",
                expected="auto, off, or git:REV",
                fix=suggest(old, ("auto", "off")) or "name a revision, as in --arena-old=git:main",
            )
        )
    _check_bisect(settings, "--arena-bisect", "--arena-baseline")
    _check_shard(settings)
    if settings.prune_recordings and settings.record == "off":
        raise UsageError(
            Problem(
                "--arena-prune-recordings needs a run that uses recordings",
                fix="give --arena-record none (or new), too",
            )
        )
    asked = {"--arena-trials": settings.trials, "--arena-resume": settings.resume}
    _check_rejudge(settings, "--arena-rejudge", asked)
    if settings.prune_baseline and not settings.update_baseline:
        raise UsageError(
            Problem(
                "--arena-prune-baseline changes the baseline",
                fix="give --arena-update-baseline, too",
            )
        )
