"""What this run was asked to do: the options, checked, as frozen settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_arena.errors import Problem, UsageError, suggest
from pytest_arena.options import FILE_PATTERNS, REPORT_FORMATS, option_named, value_of

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True, slots=True)
class Settings:
    """What this run was asked to do."""

    files: tuple[str, ...] = FILE_PATTERNS
    providers: tuple[str, ...] = ()
    mock: bool = False
    concurrency: int = 16
    trials: int | None = None
    max_cost_usd: float | None = None
    formats: tuple[str, ...] = ("html", "markdown")
    report_dir: str = "arena-report"
    report_max_mb: int = 5
    baseline: str | None = None
    baseline_may_be_missing: bool = False
    update_baseline: bool = False
    prune_baseline: bool = False
    fail_on: str = "any"
    alpha: float = 0.05
    min_effect: float = 0.5
    confirm_trials: int = 8
    record: str = "off"
    prune_recordings: bool = False
    block_network: bool = False
    cache: str = "auto"
    cache_dir: str | None = None
    resume: bool = False

    @property
    def every_trial_counts(self) -> bool:
        """Whether no trial may be left out of a cell: where rates are compared, and where
        answers are recorded or replayed, so that a recording does not depend on chance."""
        return self.compares or self.records

    @property
    def compares(self) -> bool:
        """Whether there is a baseline, or will be one."""
        return self.baseline is not None or self.update_baseline

    @property
    def records(self) -> bool:
        """Whether recordings are read or written; a mock's answers stand in the file already."""
        return self.record != "off" and not self.mock


def check_formats(formats: Iterable[str], known_formats: Callable[[], set[str]]) -> None:
    """Refuse a report format that nobody writes, as a `UsageError`.

    A `conftest.py` below the root registers its own when its folder is collected: look then.
    """
    for name in formats:
        if name not in REPORT_FORMATS and name not in known_formats():
            known = sorted({*REPORT_FORMATS, *known_formats()})
            raise UsageError(
                Problem(
                    f"--arena-report: unknown format {name!r}",
                    expected="one or more of " + ", ".join(known),
                    fix=suggest(name, known),
                )
            )


def read_settings(config: pytest.Config) -> Settings:
    """Return the settings of a run; a bad value is a `UsageError` that names the option."""
    _check_combinations(config)
    formats = tuple(
        word.strip() for word in str(value_of(config, "arena_report")).split(",") if word.strip()
    )
    return Settings(
        files=tuple(value_of(config, "arena_files")),
        providers=tuple(value_of(config, "arena_provider")),
        mock=bool(value_of(config, "arena_mock")),
        concurrency=_whole(config, "arena_concurrency") or 16,
        trials=_whole(config, "arena_trials"),
        max_cost_usd=_amount(config, "arena_max_cost"),
        formats=formats,
        report_dir=str(value_of(config, "arena_report_dir")),
        report_max_mb=_whole(config, "arena_report_max_mb") or 5,
        baseline=value_of(config, "arena_baseline"),
        baseline_may_be_missing=_choice(config, "arena_baseline_missing") == "warn",
        update_baseline=bool(value_of(config, "arena_update_baseline")),
        prune_baseline=bool(value_of(config, "arena_prune_baseline")),
        fail_on=_choice(config, "arena_fail_on"),
        alpha=_share(config, "arena_alpha"),
        min_effect=_share(config, "arena_min_effect"),
        confirm_trials=_whole(config, "arena_confirm_trials") or 8,
        record=_choice(config, "arena_record"),
        prune_recordings=bool(value_of(config, "arena_prune_recordings")),
        block_network=bool(value_of(config, "arena_block_network")),
        cache=_choice(config, "arena_cache"),
        cache_dir=value_of(config, "arena_cache_dir"),
        resume=bool(value_of(config, "arena_resume")),
    )


def _whole(config: pytest.Config, name: str) -> int | None:
    given = value_of(config, name)
    if given is None:
        return None
    try:
        number = int(str(given))
    except ValueError:
        number = 0
    if number < 1:
        raise UsageError(
            Problem(
                f"{option_named(name).flag}: {str(given)!r} is not a number of at least 1",
                fix=f"give a whole number, as in {option_named(name).flag}=4",
            )
        )
    return number


def _amount(config: pytest.Config, name: str) -> float | None:
    given = value_of(config, name)
    return None if given is None else amount(given, option_named(name).flag)


def amount(given: object, flag: str) -> float:
    """Return US dollars above 0; anything else is a `UsageError` that names the option."""
    try:
        number = float(str(given))
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise UsageError(
            Problem(
                f"{flag}: {str(given)!r} is not an amount above 0",
                fix=f"give US dollars, as in {flag}=2.50",
            )
        )
    return number


def _choice(config: pytest.Config, name: str) -> str:
    return choice(str(value_of(config, name)), name, option_named(name).flag)


def choice(given: str, name: str, flag: str) -> str:
    """Return one of the values that an option allows; another one is a `UsageError`."""
    choices = option_named(name).choices
    if given not in choices:
        raise UsageError(
            Problem(
                f"{flag}: unknown value {given!r}",
                expected="one of " + ", ".join(choices),
                fix=suggest(given, choices),
            )
        )
    return given


def _share(config: pytest.Config, name: str) -> float:
    given = value_of(config, name)
    try:
        number = float(given)
    except ValueError:
        number = 0.0
    if not 0 < number < 1:
        flag = option_named(name).flag
        raise UsageError(
            Problem(
                f"{flag}: {str(given)!r} is not a number between 0 and 1",
                fix=f"give a share, as in {flag}=0.05",
            )
        )
    return number


def _check_combinations(config: pytest.Config) -> None:
    """Refuse options that would have no effect without another one."""
    if value_of(config, "arena_fail_on") == "regression" and not value_of(config, "arena_baseline"):
        raise UsageError(
            Problem(
                "--arena-fail-on regression needs a baseline",
                fix="name one with --arena-baseline",
            )
        )
    if value_of(config, "arena_prune_recordings") and value_of(config, "arena_record") == "off":
        raise UsageError(
            Problem(
                "--arena-prune-recordings needs a run that uses recordings",
                fix="give --arena-record none (or new), too",
            )
        )
    if value_of(config, "arena_prune_baseline") and not value_of(config, "arena_update_baseline"):
        raise UsageError(
            Problem(
                "--arena-prune-baseline changes the baseline",
                fix="give --arena-update-baseline, too",
            )
        )
