"""Two runs side by side: figures by provider, paired differences, and cells that flipped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Literal, Protocol

from pytest_arena.comparison.differences import Difference, differences
from pytest_arena.comparison.matrix import CaseRow, Matrix
from pytest_arena.comparison.stats.intervals_and_tests import Z95, Estimate, standard_error
from pytest_arena.comparison.summary import ProviderSummary, mean_latency, summarize
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, RunResult
from pytest_arena.results.request_response import REPLAYED

Change = Literal["worse", "better", "error", "other"]
_CHECKED_BY = ("assertions", "judge")


@dataclass(frozen=True, slots=True)
class Flip:
    """A cell whose verdict differs between the runs.

    `changed` names what differs besides: prompt, provider, assertions, judge.
    """

    before: Cell
    after: Cell
    changed: tuple[str, ...]

    @property
    def change(self) -> Change:
        """Say in which direction the verdict went; to or from an error is neither."""
        verdicts = (self.before.verdict, self.after.verdict)
        if verdicts == ("passed", "failed"):
            return "worse"
        if verdicts == ("failed", "passed"):
            return "better"
        return "error" if "error" in verdicts else "other"


@dataclass(frozen=True, slots=True)
class ProviderChange:
    """One provider in both runs, and its differences, after − before, on the same cells.

    `pass_rate` is None where no cell reached a verdict under the same assertions in both runs.
    `latency_ms` and `cost_usd` are means a cell with their 95 % intervals, over cells that were
    timed or priced in both; replayed answers have no latency of their own.
    """

    provider: str
    before: ProviderSummary | None
    after: ProviderSummary | None
    pass_rate: Difference | None
    latency_ms: Estimate | None
    cost_usd: Estimate | None


class TwoRuns:
    """What differs between two runs."""

    def __init__(self, before: RunResult, after: RunResult) -> None:
        self.before = before
        self.after = after
        self._known = {_key(cell): cell for cell in before.cells}

    @cached_property
    def pairs(self) -> tuple[tuple[Cell, Cell], ...]:
        """The cells that both runs have, in the order of the later one."""
        known = self._known
        return tuple((known[_key(c)], c) for c in self.after.cells if _key(c) in known)

    @cached_property
    def flips(self) -> tuple[Flip, ...]:
        return tuple(Flip(a, b, changes(a, b)) for a, b in self.pairs if a.verdict != b.verdict)

    @cached_property
    def added(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.after.cells if _key(cell) not in self._known)

    @cached_property
    def removed(self) -> tuple[Cell, ...]:
        left = {_key(cell) for cell in self.after.cells}
        return tuple(cell for cell in self.before.cells if _key(cell) not in left)

    @cached_property
    def incomparable(self) -> int:
        """How many cells were checked in another way, so that their verdicts say nothing."""
        return sum(not same_checks(a, b) for a, b in self.pairs)

    @cached_property
    def providers(self) -> tuple[ProviderChange, ...]:
        """Every provider of either run, in the order of the later one."""
        before = {s.provider: s for s in summarize(self.before.cells)}
        after = {s.provider: s for s in summarize(self.after.cells)}
        return tuple(
            self._provider(name, before.get(name), after.get(name)) for name in {**after, **before}
        )

    def _provider(
        self, name: str, before: ProviderSummary | None, after: ProviderSummary | None
    ) -> ProviderChange:
        pairs = [(a, b) for a, b in self.pairs if b.column == name]
        return ProviderChange(
            name,
            before,
            after,
            _pass_rate([pair for pair in pairs if same_checks(*pair)]),
            _mean_change(pairs, _latency),
            _mean_change(pairs, _cost),
        )


class ShowsTwoRuns(Protocol):
    """A reporter that can also show two runs side by side."""

    def compare(self, runs: TwoRuns, *, width: int, color: bool) -> list[str]:
        """Return lines; where the format knows widths and colours, as wide and coloured as said."""


def changes(before: Cell, after: Cell) -> tuple[str, ...]:
    """Name what differs between a cell's definitions in two runs, as far as both are known."""
    return tuple(
        name
        for name in sorted(after.hashes)
        if name in before.hashes and before.hashes[name] != after.hashes[name]
    )


def same_checks(before: Cell, after: Cell) -> bool:
    """Return whether two cells were judged by the same assertions and the same judge."""
    return not set(changes(before, after)) & set(_CHECKED_BY)


def _key(cell: Cell) -> tuple[str, str, str]:
    return cell.file, cell.case, cell.column


def _pass_rate(pairs: Sequence[tuple[Cell, Cell]]) -> Difference | None:
    rows = tuple(CaseRow(b.file, b.case, (b, a)) for a, b in pairs)
    return next(iter(differences(Matrix(("after", "before"), rows))), None)


def _mean_change(
    pairs: Iterable[tuple[Cell, Cell]], measure: Callable[[Cell], float | None]
) -> Estimate | None:
    """Return the mean of paired differences with mean ± z·sd/√n, in the measure's unit."""
    measured = [(measure(a), measure(b)) for a, b in pairs]
    gaps = sorted(b - a for a, b in measured if a is not None and b is not None)
    if not gaps:
        return None
    mean = sum(gaps) / len(gaps)
    error = standard_error(gaps)
    if not error:
        return Estimate(mean, None, None, len(gaps))
    return Estimate(mean, mean - Z95 * error, mean + Z95 * error, len(gaps))


def _latency(cell: Cell) -> float | None:
    if cell.load is not None:
        return mean_latency(cell)
    times = [trial.latency_ms for trial in cell.trials if trial.source not in REPLAYED]
    return _mean([time for time in times if time is not None])


def _cost(cell: Cell) -> float | None:
    """Return the cost of a trial; None where one is unknown, which would make it look cheaper."""
    if cell.load is not None:
        cost = cell.load.cost_usd
        return None if cost is None or not cell.load.trials else cost / cell.load.trials
    costs = [trial.cost_usd for trial in cell.trials if trial.responses]
    known = [cost for cost in costs if cost is not None]
    return _mean(known) if len(known) == len(costs) else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(sorted(values)) / len(values) if values else None
