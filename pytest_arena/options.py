"""The one table of options; it is all that plain pytest loads, so it costs next to nothing.

A row is a field of `Settings`. From it come the command line, its ini twin, the reading of what
was given, what results show of it, and the table in docs/running.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, dataclass_transform

if TYPE_CHECKING:
    import pytest

T = TypeVar("T")

REPORT_FORMATS = ("html", "json", "markdown", "csv", "parquet", "otlp")
FILE_PATTERNS = ("arena.yaml", "arena.yml", "*.arena.yaml", "*.arena.yml")
BASELINE = ".arena/baseline.jsonl"
"""Where a baseline is written unless `--arena-baseline` names a file."""

Kind = Literal[
    "flag", "text", "place", "path", "url", "words", "repeated", "count", "auto", "amount",
    "measure", "share", "part", "choice", "shard",
]  # fmt: skip
"""What is given: a `place` is a path or a URL, a `path` one of this machine; `words` are one text
with commas, `repeated` ones an option each; a `count` is a whole number of at least 1, `auto` that
word or such a number, an `amount` above 0, a `measure` at least 0, a `share` between 0 and 1, a
`part` the same with both ends, a `shard` two numbers as 2/4."""


class Option:
    """What there is to know of one option: `--arena-report-dir` has the ini twin
    `arena_report_dir`, and its value is the field `report_dir` of `Settings`.

    `choices` are the words that it takes, with their meanings; one that is not `shown` is no part
    of results.
    """

    field: str

    def __init__(
        self,
        kind: Kind,
        meaning: str,
        *,
        default: Any,
        metavar: str | None,
        name: str | None,
        ini_only: bool,
        choices: Mapping[str, str],
        shown: bool,
        flag: str | None,
    ) -> None:
        self.kind = kind
        self.meaning = meaning
        self.default = default
        self.metavar = metavar
        self.name = name or ""
        self.ini_only = ini_only
        self.choices = choices
        self.shown = shown
        self._flag = flag

    def __set_name__(self, owner: type, field: str) -> None:
        self.field = field
        self.name = self.name or f"arena_{field}"

    def __get__(self, settings: object, owner: type) -> Any:
        """Return the default, for settings that were given no value, and for their class."""
        return self.default

    @property
    def flag(self) -> str:
        return self._flag or "--" + self.name.replace("_", "-")

    @property
    def help(self) -> str:
        """What `--help` and the page of options say: the meaning, the choices, the default."""
        if self.choices:
            words = [
                f"{word} (default) = {means}" if word == self.default else f"{word} = {means}"
                for word, means in self.choices.items()
            ]
            return f"{self.meaning}: {', '.join(words)}"
        if self.kind == "flag" or self.default in (None, ()) or "(default)" in self.meaning:
            return self.meaning
        # what is told apart by commas on the command line is told apart by blanks in an ini file
        between = {"words": ",", "repeated": " "}.get(self.kind)
        default = self.default if between is None else between.join(self.default)
        return f"{self.meaning} (default {default})"


def _option(
    kind: Kind,
    meaning: str,
    metavar: str | None = None,
    *,
    default: Any,
    name: str | None = None,
    ini_only: bool = False,
    choices: Mapping[str, str] = MappingProxyType({}),
    shown: bool = True,
    flag: str | None = None,
) -> Any:
    """Return one row; its option is named after the field unless `name` or `flag` say otherwise."""
    return Option(
        kind,
        meaning,
        default=default,
        metavar=metavar,
        name=name,
        ini_only=ini_only,
        choices=choices,
        shown=shown,
        flag=flag,
    )


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(_option,))
def _frozen(cls: type[T]) -> type[T]:
    """Let type checkers see a frozen dataclass; to build one would cost plain pytest 3 ms."""
    return cls


@_frozen
class Settings:
    """What this run was asked to do."""

    arena: bool = _option("flag", "collect arena files", default=False, name="arena", shown=False)
    files: tuple[str, ...] = _option(
        "repeated", "names of arena files", default=FILE_PATTERNS, ini_only=True, shown=False
    )
    strict: bool | None = _option(
        "flag",
        "fail a run that came upon no arena file, or skipped all cells, beside ordinary tests "
        "(on CI: default; arena_strict = false is lenient)",
        default=None,
        shown=False,
    )
    providers: tuple[str, ...] = _option(
        "repeated",
        "only these providers or provider groups; repeatable",
        "NAME",
        default=(),
        name="arena_provider",
    )
    variants: tuple[str, ...] = _option(
        "repeated",
        "only these variants; repeatable",
        "NAME",
        default=(),
        name="arena_variant",
    )
    mock: bool = _option(
        "flag",
        "answer every provider from the arena's mock: texts; no key, no network",
        default=False,
    )
    concurrency: int = _option(
        "count", "calls in flight at once over all workers together", "N", default=16
    )
    trials: int | None = _option(
        "count", "trials per cell, over the case's own trials:", "N", default=None
    )
    max_cost_usd: float | None = _option(
        "amount",
        "start no further call once the run has spent so many US dollars, over all workers",
        "USD",
        default=None,
        name="arena_max_cost",
        shown=False,
    )
    shard: str | None = _option(
        "shard",
        "run the K-th of N parts of the cells, the same on every machine; arena merge joins them",
        "K/N",
        default=None,
    )
    shard_limits: int | None = _option(
        "count",
        "how many shards run at once and have the providers' limits together (default: all)",
        "N",
        default=None,
    )
    shard_durations: str | None = _option(
        "place",
        "an earlier run's results, whose times make the shards take equally long",
        "RESULTS",
        default=None,
        shown=False,
    )
    record: str = _option(
        "choice",
        "recordings",
        "MODE",
        default="off",
        choices={
            "off": "call",
            "none": "replay only",
            "once": "record where no recording is",
            "new": "replay or record what is missing",
            "all": "record again",
        },
    )
    recordings_dir: str | None = _option(
        "place",
        "where recordings are kept (default: beside each arena file): a folder, or a URL as "
        "s3://bucket/recordings",
        "DIR",
        default=None,
        shown=False,
    )
    rejudge: str | None = _option(
        "path",
        "judge the answers of an earlier run again, and call nobody but judges",
        "RESULTS",
        default=None,
    )
    prune_recordings: bool = _option(
        "flag",
        "take entries that a full run did not use out of the recordings",
        default=False,
        shown=False,
    )
    block_network: bool = _option(
        "flag",
        "refuse every connection of the processes that run tests, loopback included",
        default=False,
        shown=False,
    )
    cache: str = _option(
        "choice",
        "answers that `cache:` keeps",
        "WHEN",
        default="auto",
        choices={"auto": "not on CI", "on": "there, too", "off": "never"},
        shown=False,
    )
    cache_dir: str | None = _option(
        "path",
        "where they are kept (default: in pytest's own cache)",
        "DIR",
        default=None,
        shown=False,
    )
    resume: bool = _option(
        "flag",
        "take finished cells from the run that was interrupted, and run the rest",
        default=False,
        shown=False,
    )
    baseline: str | None = _option(
        "place",
        "compare with a results file, a baseline file, git:REV:PATH or git:merge-base(BRANCH):PATH",
        "REF",
        default=None,
    )
    baseline_missing: str = _option(
        "choice",
        "what a missing baseline means",
        "WHAT",
        default="fail",
        choices={"fail": "a mistake", "warn": "a first run"},
        shown=False,
    )
    update_baseline: bool = _option(
        "flag",
        f"write the baseline from this run, of at least five trials a cell (default {BASELINE})",
        default=False,
        shown=False,
    )
    add_to_baseline: bool = _option(
        "flag",
        "let a green run's trials strengthen the baseline: cells that are as they were keep their "
        "newest 20",
        default=False,
        flag="--arena-update-baseline=add",
        shown=False,
    )
    prune_baseline: bool = _option(
        "flag", "take cells that are no more out of the baseline", default=False, shown=False
    )
    fail_on: str = _option(
        "choice",
        "what fails the run",
        "WHAT",
        default="any",
        choices={
            "any": "each failed cell",
            "regression": "only what became worse than the baseline",
            "drift": "that, or a provider that did",
            "gates": "only a limit of gates: that does not hold, and what has no verdict",
            "none": "nothing",
        },
    )
    retiring: str = _option(
        "choice",
        "what comes of models that are switched off, or will be within 60 days",
        "WHAT",
        default="warn",
        choices={
            "warn": "a note in the run",
            "error": "the run is refused",
            "off": "nothing",
        },
    )
    alpha: float = _option(
        "share", "chance of a false alarm in a run that changed nothing", "P", default=0.05
    )
    min_effect: float = _option(
        "share", "share of failed trials that makes a cell a suspect", "SHARE", default=0.5
    )
    confirm_trials: int | None = _option(
        "auto",
        "most fresh trials for each suspect: auto (default) = as many as tell change from chance",
        "N",
        default=None,
    )
    old: str = _option(
        "text",
        "ask the baseline's version beside the new one: auto (default) = where the baseline keeps "
        "how, git:REV = as it was there, off = never",
        "WHERE",
        default="auto",
    )
    bisect: bool = _option(
        "flag",
        "ask what regressed with each change alone, beside the old version, and name the one that "
        "did it",
        default=False,
    )
    blind: str = _option(
        "choice",
        "a cell that passed before and never passes now, with a baseline too small for proof",
        "WHAT",
        default="fail",
        choices={"fail": "fails the run", "warn": "is a warning"},
    )
    least_compared: float = _option(
        "part", "share of the cells that must be comparable with the baseline", "SHARE", default=0.5
    )
    drift: float = _option(
        "measure",
        "how far a provider's day may move the log odds of all cells",
        "LOGIT",
        default=0.5,
    )
    history: str | None = _option(
        "path",
        "a folder that keeps a line for each whole run; the report then shows how columns do over "
        "time",
        "DIR",
        default=None,
        shown=False,
    )
    answers: bool = _option(
        "flag",
        "print the answers of all columns side by side, case by case",
        default=False,
        shown=False,
    )
    formats: tuple[str, ...] = _option(
        "words",
        f"formats to write: {','.join(REPORT_FORMATS)}",
        "LIST",
        default=("html", "markdown"),
        name="arena_report",
        shown=False,
    )
    otlp_endpoint: str | None = _option(
        "url",
        "send the traces of the run to a collector there, as http://localhost:4318",
        "URL",
        default=None,
        shown=False,
    )
    report_dir: str = _option(
        "place",
        "where to write them and results.jsonl: a folder, or a URL as s3://bucket/run",
        "DIR",
        default="arena-report",
        shown=False,
    )
    report_max_mb: int = _option(
        "count", "cut passing answers in the HTML report above this size", "MB", default=5
    )

    def __init__(self, **given: Any) -> None:
        unknown = given.keys() - {option.field for option in OPTIONS}
        if unknown:
            raise TypeError(f"no such setting: {', '.join(sorted(unknown))}")
        # found before the rows, which are descriptors without a setter
        vars(self).update(given)

    @property
    def shard_of(self) -> tuple[int, int]:
        """Which of how many parts of the cells is run; (1, 1) where all are."""
        if self.shard is None:
            return (1, 1)
        number, _, count = self.shard.partition("/")
        return (int(number), int(count))

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
    def makes_baseline(self) -> bool:
        """Whether cells get the trials of a baseline, unless their number was given."""
        anew = self.update_baseline and not self.add_to_baseline
        return anew and self.trials is None and self.calls

    @property
    def has_gate(self) -> bool:
        """Whether cells are held against a baseline, or excused from failing the run."""
        return self.compares or self.fail_on != "any"

    @property
    def calls(self) -> bool:
        """Whether anybody may be called, who would not where mocks or recordings answer."""
        return self.record != "none" and not self.mock

    @property
    def records(self) -> bool:
        """Whether recordings are read or written; a mock's answers stand in the file already."""
        return self.record != "off" and not self.mock

    def shown(self) -> dict[str, Any]:
        """Return what results and reports show of the options."""
        found = {option.field: getattr(self, option.field) for option in OPTIONS if option.shown}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in found.items()
        }


OPTIONS = tuple(row for row in vars(Settings).values() if isinstance(row, Option))
_BY_NAME = {option.name: option for option in OPTIONS}


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
                if option.kind == "repeated":
                    kwargs["action"] = "append"
            group.addoption(option.flag, **kwargs)
        ini_type: Literal["bool", "args", "string"] = "string"
        if option.kind == "flag":
            ini_type = "bool"
        elif option.kind == "repeated":
            ini_type = "args"
        parser.addini(option.name, option.help, type=ini_type, default=None)


def is_active(config: pytest.Config) -> bool:
    """Return whether this run collects arena files."""
    return bool(value_of(config, "arena"))


def option_named(name: str) -> Option:
    """Return one row of the table."""
    return _BY_NAME[name]


def given_for(config: pytest.Config, option: Option) -> Any:
    """Return what was given on the command line, else in the ini file; None where neither was.

    An ini value that is empty is none; what is empty on the command line was given.
    """
    given = None if option.ini_only else getattr(config.option, option.name, None)
    if given is not None:
        return given
    given = config.getini(option.name)
    return None if given in ("", []) else given


def value_of(config: pytest.Config, name: str) -> Any:
    """Return what was given for one option, unchecked, else its default."""
    option = option_named(name)
    given = given_for(config, option)
    return option.default if given is None else given
