"""What is kept of each run to see how columns do over time, and which cases flip."""

from collections.abc import Mapping
from dataclasses import field

from pydantic import NonNegativeFloat, NonNegativeInt

from pytest_arena.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ColumnPoint:
    """One column in one run: counts of cells, the median latency with its 95 % interval in
    milliseconds, and the mean cost of a case in US dollars; None where nothing was measured."""

    passed: NonNegativeInt = 0
    failed: NonNegativeInt = 0
    error: NonNegativeInt = 0
    model: str | None = None
    p50_ms: NonNegativeFloat | None = None
    p50_low_ms: NonNegativeFloat | None = None
    p50_high_ms: NonNegativeFloat | None = None
    cost_per_case_usd: NonNegativeFloat | None = None


@dataclass(frozen=True, slots=True)
class RunPoint:
    """One run of a history; times are ISO 8601 in UTC.

    `verdicts` has a letter for each cell that was judged or could not be: P passed, F failed, E
    error.
    """

    run_id: str
    started_at: str
    columns: Mapping[str, ColumnPoint]
    commit: str | None = None
    verdicts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CellFlips:
    """A cell that changed between passed and failed from run to run.

    `verdicts` has its letters, the oldest run first; `flips` counts the changes among those that
    were judged.
    """

    id: str
    verdicts: str
    flips: NonNegativeInt

    @property
    def chances(self) -> int:
        """How many times it could have changed."""
        return max(0, sum(letter in "PF" for letter in self.verdicts) - 1)


@dataclass(frozen=True, slots=True)
class Trend:
    """Runs, the oldest first, without the verdicts of their cells; and the cells that flip most."""

    runs: tuple[RunPoint, ...]
    flips: tuple[CellFlips, ...] = ()
