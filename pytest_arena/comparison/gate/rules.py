"""What the gate goes by."""

from __future__ import annotations

from fractions import Fraction

from pytest_arena.light_dataclass import dataclass

SCREENED = 3
"""A cell that looks bad with fewer trials is topped up to so many."""
MOST_PAIRS = 32
"""So many pairs of old and new a suspect gets at most."""
CLEARED = 0.15
"""A suspect whose evidence falls below it is no suspect any more."""
FELL = Fraction(1, 3)
"""A cell is asked again beside its old version if its rate fell by as much."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the gate goes by.

    `alpha` is the chance of a false alarm in a whole run: half of it is for cells, half for the
    suite. A cell is a suspect if at least `min_effect` of its trials failed. `confirm_trials` is
    how many fresh trials one gets at most (None: as many as its baseline makes useful). `drift`
    is how far a provider's day may move the log odds of all cells, `least_compared` the share of
    the cells that must be comparable (None: none need be). The rest says what fails a run beside a
    regression.
    """

    alpha: float = 0.05
    min_effect: float = 0.5
    confirm_trials: int | None = None
    drift: float = 0.5
    least_compared: float | None = 0.5
    blind_fails: bool = True
    drift_fails: bool = False

    def __post_init__(self) -> None:
        shares = (self.alpha < 1 and self.alpha > 0, 0 < self.min_effect <= 1)
        if not all((*shares, 0 <= (self.least_compared or 0) <= 1, self.drift >= 0)) or (
            self.confirm_trials is not None and self.confirm_trials < 1
        ):
            raise ValueError(f"no gate can go by {self}")

    @property
    def half(self) -> float:
        """The part of alpha for the cells, and for the suite."""
        return self.alpha / 2

    @property
    def effect(self) -> Fraction:
        """`min_effect` as it was written: 0.7 and not the nearest binary number."""
        return Fraction(str(self.min_effect))

    @property
    def most_pairs(self) -> int:
        return self.confirm_trials or MOST_PAIRS

    def looks(self, before: int) -> tuple[tuple[int, float], ...]:
        """Return at how many fresh trials a suspect is looked at, and the share of alpha of each.

        The fewer trials the baseline has, the more fresh ones it takes.
        """
        if self.confirm_trials is not None:
            return ((self.confirm_trials, 1.0),)
        if before == 1:
            return ((80, 1.0),)
        return ((10, 0.3), (60 if before == 2 else 40 if before <= 5 else 30, 0.7))
