"""What one `pytest --arena` found out: its cells, and what was concluded of them together."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from pydantic import NonNegativeFloat, NonNegativeInt

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.cell import Cell
from pytest_arena.results.trend import Trend


@dataclass(frozen=True, slots=True)
class FamilyShift:
    """A family of cases that fell together, beyond chance.

    `fell` of its `cells` have a lower pass rate than in the baseline; `drop` is the mean fall over
    all of them, from 0 to 1.
    """

    file: str
    name: str
    cells: NonNegativeInt
    fell: NonNegativeInt
    drop: NonNegativeFloat
    p_value: NonNegativeFloat


@dataclass(frozen=True, slots=True)
class ScoreFall:
    """An assertion whose scores fell beyond chance, over all its cells or one column's.

    `fell` of the `cells` have a lower mean than in the baseline; `drop` is the mean fall, with its
    95 % interval where the data allow one, `p_value` is Holm's over all assertions. In `crossed` of
    the cells it holds less often than it did. `ours`: something of yours changed, too.
    """

    assertion: str
    provider: str | None
    cells: NonNegativeInt
    fell: NonNegativeInt
    drop: NonNegativeFloat
    low: float | None
    high: float | None
    p_value: NonNegativeFloat
    crossed: NonNegativeInt = 0
    ours: bool = True

    @property
    def scored(self) -> str:
        """Name what was scored: the assertion, and whose answers."""
        return self.assertion + (f" of {self.provider}" if self.provider else "")


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate concluded of a whole run.

    `removed` are the cells of the baseline that are no more; `suite` says in a sentence what the
    test over all cells found, and `moved` what lies below the baseline without being proven to be
    our change. `compared` of `judged` cells could be held against the baseline: of those that ran
    and stand in it, or in a file that does; `least_compared` is the share that must be, `skipped`
    counts the cells of the baseline that were skipped. `calls` and their price went into telling
    change from chance. `families` fell together, `scores` are the assertions whose scores fell; of
    `scores_unknown` cells the baseline is too old to have any.
    """

    baseline: str
    failed: bool
    counts: Mapping[str, int] = field(default_factory=dict)
    suite: str | None = None
    suite_failed: bool = False
    removed: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    compared: NonNegativeInt = 0
    judged: NonNegativeInt = 0
    skipped: NonNegativeInt = 0
    least_compared: NonNegativeFloat | None = None
    calls: NonNegativeInt = 0
    cost_usd: NonNegativeFloat | None = None
    families: tuple[FamilyShift, ...] = ()
    scores: tuple[ScoreFall, ...] = ()
    scores_unknown: NonNegativeInt = 0


@dataclass(frozen=True, slots=True)
class ThresholdFinding:
    """What became of one entry of `gates:`, which limits a metric of a file's cells.

    `error` means that it could not be checked, which counts as broken. `value` and `before` (the
    baseline's) are in the metric's unit: shares, ms, US dollars or tokens; `n` counts what the
    value is made of.
    """

    file: str
    name: str
    metric: str
    verdict: Literal["passed", "failed", "error"]
    action: Literal["fail", "warn"]
    reason: str
    value: float | None = None
    before: float | None = None
    n: NonNegativeInt = 0

    @property
    def fails(self) -> bool:
        """Whether it fails the run."""
        return self.verdict != "passed" and self.action == "fail"

    @property
    def state(self) -> str:
        """Say in two or three words what became of it."""
        word = {"passed": "holds", "failed": "is broken", "error": "could not be checked"}
        warning = " (a warning)" if self.verdict != "passed" and self.action == "warn" else ""
        return word[self.verdict] + warning


@dataclass(frozen=True, slots=True)
class RunInfo:
    """The facts of a run; times are ISO 8601 in UTC."""

    run_id: str
    started_at: str
    plugin_version: str
    git: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything that one run did, its cells in the order of collection.

    `finished_at` is None where the run was killed, `interrupted` is set where it was stopped.
    `notes` are the lines that plug-ins add to the summary, `exit_code` is pytest's, `gate` is what
    the comparison with a baseline concluded, and `limits` what became of the entries of `gates:`.
    """

    info: RunInfo
    cells: tuple[Cell, ...]
    finished_at: str | None = None
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    exit_code: NonNegativeInt | None = None
    gate: Gate | None = None
    limits: tuple[ThresholdFinding, ...] = ()
    trend: Trend | None = None
    """This run and the ones before it, where a history is kept (`--arena-history`)."""
    other_failures: NonNegativeInt | None = None
    """How much failed that is no cell's: ordinary tests, fixtures, files that could not be
    collected, cells that were kept from running; None where nobody counted."""

    def failed_as_a_whole(self, fail_on: str) -> bool:
        """Return whether the gate, a limit or a budget fails a run with this `--arena-fail-on`,
        whatever became of its cells."""
        if fail_on == "none":
            return False
        worse = any(limit.fails for limit in self.limits)
        worse = worse or (fail_on != "gates" and self.gate is not None and self.gate.failed)
        return worse or any(cell.over_budget for cell in self.cells)

    @property
    def has_verdict(self) -> bool:
        """Whether there is a cell that was not skipped."""
        return any(cell.verdict != "skipped" for cell in self.cells)

    @property
    def broke_off(self) -> bool:
        """Whether pytest's exit code says that the run did not come to its end; 5 does not where
        all cells were skipped."""
        ends = (None, 0, 1) if self.has_verdict else (None, 0, 1, 5)
        return self.exit_code not in ends

    @property
    def said_of_others(self) -> str | None:
        """How many failures there were that no cell has, in words; None where there were none."""
        if not self.other_failures:
            return None
        many = f"{self.other_failures:,} failures that no cell has"
        shown = "1 failure that no cell has" if self.other_failures == 1 else many
        return f"{shown}, as of an ordinary test or a fixture"

    @property
    def totals(self) -> dict[str, float]:
        """Count cells as pytest counts them, and sum the known costs in US dollars."""
        counts: dict[str, float] = {"cells": len(self.cells)}
        for verdict in ("passed", "failed", "error", "skipped"):
            counts[verdict] = sum(cell.verdict == verdict for cell in self.cells)
        counts["xfailed"] = sum(cell.is_xfailed for cell in self.cells)
        counts["failed"] -= counts["xfailed"]
        trials = [(c, trial) for c in self.cells for trial in (*c.trials, *c.extra_trials)]
        # the trials of a load are some of its calls
        loads = [cell.load.cost_usd for cell in self.cells if cell.load is not None]
        answers = [one.cost_usd for c, trial in trials if not c.load for one in trial.responses]
        counts["cost_usd"] = _known(*loads, *answers)
        judgings = [j for cell in self.cells for j in cell.judgings]
        if judgings:
            counts["judge_calls"] = sum(judging.calls for judging in judgings)
            paid = [vote for judging in judgings for vote in judging.votes if vote.calls]
            counts["judge_cost_usd"] = _known(*(vote.cost_usd for vote in paid))
        said = [message for _, trial in trials for message in trial.personas]
        if said:
            counts["persona_messages"] = sum(bool(one.text) for one in said)
            counts["persona_cost_usd"] = _known(*(one.cost_usd for one in said))
        return counts


def _known(*costs: float | None) -> float:
    """Return the sum of the costs that are known, the same in any order."""
    return sum(sorted(cost for cost in costs if cost is not None), 0.0)
