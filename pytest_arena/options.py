"""The one table of options; it is all that plain pytest loads, so it costs next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pytest

REPORT_FORMATS = ("html", "json", "markdown", "csv", "parquet")
FILE_PATTERNS = ("arena.yaml", "arena.yml", "*.arena.yaml", "*.arena.yml")
BASELINE = ".arena/baseline.jsonl"
"""Where a baseline is written unless `--arena-baseline` names a file."""


class Option:
    """Describe one option: `--arena-report-dir` has the ini twin `arena_report_dir`."""

    __slots__ = ("choices", "default", "help", "ini_only", "kind", "metavar", "name")

    def __init__(
        self,
        name: str,
        help: str,
        kind: Literal["flag", "text", "list", "number", "amount", "share", "choice"],
        default: Any = None,
        metavar: str | None = None,
        *,
        ini_only: bool = False,
        choices: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.help = help
        self.kind = kind
        self.default = default
        self.metavar = metavar
        self.ini_only = ini_only
        self.choices = choices

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
        "arena_max_cost",
        "start no further call once the run has spent so many US dollars, over all workers",
        "amount",
        None,
        "USD",
    ),
    Option(
        "arena_record",
        "recordings: off (default) = call, none = replay only, once = record where no recording "
        "is, new = replay or record what is missing, all = record again",
        "choice",
        "off",
        "MODE",
        choices=("off", "none", "once", "new", "all"),
    ),
    Option(
        "arena_prune_recordings",
        "take entries that a full run did not use out of the recordings",
        "flag",
        False,
    ),
    Option(
        "arena_block_network",
        "refuse every connection of the processes that run tests, loopback included",
        "flag",
        False,
    ),
    Option(
        "arena_cache",
        "answers that `cache:` keeps: auto (default) = not on CI, on = there, too, off = never",
        "choice",
        "auto",
        "WHEN",
        choices=("auto", "on", "off"),
    ),
    Option(
        "arena_cache_dir",
        "where they are kept (default: in pytest's own cache)",
        "text",
        None,
        "DIR",
    ),
    Option(
        "arena_resume",
        "take finished cells from the run that was interrupted, and run the rest",
        "flag",
        False,
    ),
    Option(
        "arena_baseline",
        "compare with a results file, a baseline file, git:REV:PATH or git:merge-base(BRANCH):PATH",
        "text",
        None,
        "REF",
    ),
    Option(
        "arena_baseline_missing",
        "what a missing baseline means: fail (default) or warn, for the first run",
        "choice",
        "fail",
        "WHAT",
        choices=("fail", "warn"),
    ),
    Option(
        "arena_update_baseline",
        "write the baseline from this run (default " + BASELINE + ")",
        "flag",
        False,
    ),
    Option(
        "arena_prune_baseline",
        "take cells that are no more out of the baseline",
        "flag",
        False,
    ),
    Option(
        "arena_fail_on",
        "what fails the run: any failed cell (default), only a regression against the baseline, "
        "or none",
        "choice",
        "any",
        "WHAT",
        choices=("any", "regression", "none"),
    ),
    Option(
        "arena_alpha",
        "chance of a false alarm in a run that changed nothing (default 0.05)",
        "share",
        0.05,
        "P",
    ),
    Option(
        "arena_min_effect",
        "fall of a cell's pass rate that makes it a suspect (default 0.5)",
        "share",
        0.5,
        "SHARE",
    ),
    Option(
        "arena_confirm_trials",
        "fresh trials for each suspect (default 8)",
        "number",
        8,
        "N",
    ),
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
    Option(
        "arena_report_max_mb",
        "cut passing answers in the HTML report above this size (default 5)",
        "number",
        5,
        "MB",
    ),
)


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
    return bool(value_of(config, "arena"))


def option_named(name: str) -> Option:
    """Return one row of the table."""
    return next(option for option in OPTIONS if option.name == name)


def value_of(config: pytest.Config, name: str) -> Any:
    """Return what was asked for: on the command line, else in the ini file, else the default."""
    option = option_named(name)
    given = None if option.ini_only else getattr(config.option, name, None)
    if given is None:
        given = config.getini(name)
    if given is None or given in ("", []):
        return option.default
    return given
