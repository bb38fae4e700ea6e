"""What a baseline will be able to show, said before anything broke."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, sqrt

from pytest_arena.comparison.baseline.model import Baseline, BaselineCell
from pytest_arena.comparison.gate.rules import SCREENED, Rules
from pytest_arena.comparison.stats.boschloo import boschloo_worse
from pytest_arena.light_dataclass import dataclass

_DROPS = (0.05, 0.10)


@dataclass(frozen=True, slots=True)
class Forecast:
    """How much a baseline can show: `provable` of its `cells`, if one of them never passes again.

    `again` is the same where the old version can be asked beside the new one. `seen` has the
    chance that the suite is found to be below the baseline by so many points (0 to 1), with three
    trials a cell in the run. `trials` are the fewest and the most of a cell.
    """

    cells: int
    provable: int
    again: int
    seldom: int
    seen: tuple[tuple[float, float], ...]
    trials: tuple[int, int]

    @property
    def sentence(self) -> str:
        low, high = self.trials
        size = f"{low}" if low == high else f"{low} to {high}"
        trials = "1 trial" if (low, high) == (1, 1) else f"{size} trials"
        seldom = f"; {self.seldom} passed too seldom" if self.seldom else ""
        seen = ", ".join(
            f"{drop * 100:.0f} points off everything: seen in {chance * 100:.0f} %"
            for drop, chance in self.seen
        )
        again = "every cell" if self.again == self.cells else f"{self.again} of {self.cells}"
        return (
            f"This baseline ({trials} a cell) can prove {self.provable} of {_cells(self.cells)} if "
            f"one stops passing{seldom}. {seen} (a warning where a provider's day may do that). "
            f"With the old version asked again: {again}."
        )


def forecast(baseline: Baseline, rules: Rules | None = None) -> Forecast | None:
    """Return what a baseline can show; None where no cell of it is judged by statistics."""
    rules = rules or Rules()
    cells = [
        cell for _, cell in sorted(baseline.cells.items()) if cell.judged and not cell.deterministic
    ]
    if not cells:
        return None
    crowd = _crowd(cells)
    return Forecast(
        cells=len(cells),
        provable=sum(_is_provable(cell, rules, crowd) for cell in cells),
        again=sum(cell.judged < 2 or 3 * cell.passed >= cell.judged for cell in cells),
        seldom=sum(2 * cell.passed <= cell.judged for cell in cells),
        seen=tuple((drop, _chance_to_see(cells, drop, rules)) for drop in _DROPS),
        trials=(min(cell.judged for cell in cells), max(cell.judged for cell in cells)),
    )


def _is_provable(cell: BaselineCell, rules: Rules, crowd: int) -> bool:
    """Return whether a cell that never passes again is named beside so many suspects."""
    if not cell.passed:
        return False
    at, share = rules.looks(cell.judged)[-1]
    return boschloo_worse(cell.passed, cell.judged, 0, at) / share <= rules.half / crowd


def _crowd(cells: Sequence[BaselineCell]) -> int:
    """Return how many suspects a run has by chance, and the one that is asked for."""
    found = 1.0
    for cell in cells:
        # drawn to .89, so that 3 of 3 is not taken for a rate of 1
        rate = (cell.passed + 1.6) / (cell.judged + 1.8)
        found += sum(
            comb(SCREENED, x) * rate**x * (1 - rate) ** (SCREENED - x)
            for x in range(SCREENED // 2 + 1)
        )
    return round(found)


def _chance_to_see(cells: Sequence[BaselineCell], drop: float, rules: Rules) -> float:
    """Return the chance that the test over all cells finds a mean drop, as a normal variable.

    No cell falls below none, and where none ever failed it is the drop itself that makes noise.
    """
    # imports fractions and decimals, which no run needs for its verdict
    from statistics import NormalDist

    normal = NormalDist()
    own = [c.passed * c.failed / (c.judged * (c.judged - 1)) for c in cells if c.judged > 1]
    mean = sum(cell.passed for cell in cells) / sum(cell.judged for cell in cells)
    within = sum(own) / len(own) if own else mean * (1 - mean)
    fallen = max(within, drop * (1 - drop))
    noise = sum(within / cell.judged + fallen / SCREENED for cell in cells) / len(cells) ** 2
    seen = sum(min(cell.passed / cell.judged, drop) for cell in cells) / len(cells)
    return normal.cdf(seen / sqrt(noise) + normal.inv_cdf(rules.half)) if seen else 0.0


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"
