"""What this run was asked to do: the options, checked, as frozen settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_arena.errors import Problem, UsageError, suggest
from pytest_arena.options import FILE_PATTERNS, REPORT_FORMATS, option_named, value_of

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold what this run was asked to do."""

    files: tuple[str, ...] = FILE_PATTERNS
    providers: tuple[str, ...] = ()
    mock: bool = False
    concurrency: int = 16
    trials: int | None = None
    formats: tuple[str, ...] = ("html", "markdown")
    report_dir: str = "arena-report"
    report_max_mb: int = 5


def read_settings(config: pytest.Config, known_formats: Callable[[], set[str]]) -> Settings:
    """Return the settings of a run; a bad value is a `UsageError` that names the option."""
    formats = tuple(
        word.strip() for word in str(value_of(config, "arena_report")).split(",") if word.strip()
    )
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
    return Settings(
        files=tuple(value_of(config, "arena_files")),
        providers=tuple(value_of(config, "arena_provider")),
        mock=bool(value_of(config, "arena_mock")),
        concurrency=_whole(config, "arena_concurrency") or 16,
        trials=_whole(config, "arena_trials"),
        formats=formats,
        report_dir=str(value_of(config, "arena_report_dir")),
        report_max_mb=_whole(config, "arena_report_max_mb") or 5,
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
