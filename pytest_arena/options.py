"""One table of options, read from the command line or the ini file into frozen settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pytest_arena.errors import Problem, UsageError, suggest

if TYPE_CHECKING:
    import pytest

REPORT_FORMATS = ("html", "json", "markdown", "csv", "parquet")
FILE_PATTERNS = ("arena.yaml", "arena.yml", "*.arena.yaml", "*.arena.yml")


@dataclass(frozen=True, slots=True)
class Option:
    """Describe one option: `--arena-report-dir` has the ini twin `arena_report_dir`."""

    name: str
    help: str
    kind: Literal["flag", "text", "list", "number"]
    default: Any = None
    metavar: str | None = None
    ini_only: bool = False

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")


OPTIONS = (
    Option("arena", "collect arena files", "flag", False),
    Option(
        "arena_files",
        "names of arena files (default: " + " ".join(FILE_PATTERNS) + ")",
        "list",
        FILE_PATTERNS,
        ini_only=True,
    ),
    Option(
        "arena_provider",
        "only these providers or provider groups; repeatable",
        "list",
        (),
        "NAME",
    ),
    Option(
        "arena_mock",
        "answer every provider from the arena's mock: texts; no key, no network",
        "flag",
        False,
    ),
    Option(
        "arena_concurrency",
        "calls in flight at once over all workers together (default 16)",
        "number",
        16,
        "N",
    ),
    Option("arena_trials", "trials per cell, over the case's own trials:", "number", None, "N"),
    Option(
        "arena_report",
        "formats to write: " + ",".join(REPORT_FORMATS) + " (default html,markdown)",
        "text",
        "html,markdown",
        "LIST",
    ),
    Option(
        "arena_report_dir",
        "where to write them and results.jsonl (default arena-report)",
        "text",
        "arena-report",
        "DIR",
    ),
)


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


def add_options(parser: pytest.Parser) -> None:
    """Add the whole table to pytest's command line and ini file."""
    group = parser.getgroup("arena", "arena: evaluate LLM applications")
    for option in OPTIONS:
        if not option.ini_only:
            kwargs: dict[str, Any] = {"default": None, "help": option.help, "dest": option.name}
            if option.kind == "flag":
                kwargs["action"] = "store_true"
            else:
                kwargs["metavar"] = option.metavar
                if option.kind == "list":
                    kwargs["action"] = "append"
            group.addoption(option.flag, **kwargs)
        ini_type: Literal["bool", "args", "string"] = "string"
        if option.kind == "flag":
            ini_type = "bool"
        elif option.kind == "list":
            ini_type = "args"
        parser.addini(option.name, option.help, type=ini_type, default=None)


def is_active(config: pytest.Config) -> bool:
    """Return whether this run collects arena files."""
    return bool(_value(config, "arena"))


def read_settings(config: pytest.Config, known_formats: Callable[[], set[str]]) -> Settings:
    """Return the settings of a run; a bad value is a `UsageError` that names the option."""
    formats = tuple(
        word.strip() for word in str(_value(config, "arena_report")).split(",") if word.strip()
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
        files=tuple(_value(config, "arena_files")),
        providers=tuple(_value(config, "arena_provider")),
        mock=bool(_value(config, "arena_mock")),
        concurrency=_whole(config, "arena_concurrency") or 16,
        trials=_whole(config, "arena_trials"),
        formats=formats,
        report_dir=str(_value(config, "arena_report_dir")),
    )


def _option(name: str) -> Option:
    return next(option for option in OPTIONS if option.name == name)


def _value(config: pytest.Config, name: str) -> Any:
    option = _option(name)
    given = None if option.ini_only else getattr(config.option, name, None)
    if given is None:
        given = config.getini(name)
    if given is None or given in ("", []):
        return option.default
    return given


def _whole(config: pytest.Config, name: str) -> int | None:
    given = _value(config, name)
    if given is None:
        return None
    try:
        number = int(str(given))
    except ValueError:
        number = 0
    if number < 1:
        raise UsageError(
            Problem(
                f"{_option(name).flag}: {str(given)!r} is not a number of at least 1",
                fix=f"give a whole number, as in {_option(name).flag}=4",
            )
        )
    return number
