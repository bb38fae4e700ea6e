"""The trials that were asked after the run, as what they say: passed or not, in their order."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_arena.comparison.baseline.summarize import rated_places, trial_verdict
from pytest_arena.comparison.gate.rules import SCREENED
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, Trial

Pair = tuple[bool, bool]
"""Whether the old version passed, and the new one, of two trials in the same minute."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """What the trials after the run say of a cell.

    `screening` topped up a run of fewer than three trials: they choose suspects and never decide
    on one. `asked` counts the others, those without a verdict included. `prompts` is how many
    trials asking once takes.
    """

    screening: tuple[bool, ...]
    screened: bool
    new: tuple[bool, ...]
    pairs: tuple[Pair, ...]
    asked: int
    prompts: int

    @classmethod
    def of(cls, cell: Cell, judged: int) -> Fresh:
        """Return that of a cell; so many trials of the run itself have a verdict."""
        prompts = prompts_of(cell)
        missing = topping_up(judged, prompts) * prompts
        trials = sorted(cell.confirmation, key=_number)
        first, rest = trials[:missing], trials[missing:]
        return cls(
            screening=_passed(cell, first),
            screened=len(first) >= missing,
            new=_passed(cell, rest),
            pairs=pairs_in(cell, cell.confirmation_old, rest),
            asked=len(rest),
            prompts=prompts,
        )


def prompts_of(cell: Cell) -> int:
    """Return how many trials it takes to ask once: one for each prompt of the case."""
    return 1 + max((trial.dialogue for trial in cell.trials), default=0)


def topping_up(judged: int, prompts: int) -> int:
    """Return how often a cell with so few trials is asked again before it is judged."""
    return -(-max(0, SCREENED - judged) // prompts)


def pairs_in(cell: Cell, old: Sequence[Trial], new: Sequence[Trial]) -> tuple[Pair, ...]:
    """Return the pairs of which both trials reached a verdict, in the order of their numbers."""
    rated = rated_places(cell)
    before = {_number(trial): trial_verdict(trial, rated) for trial in old}
    found = []
    for trial in sorted(new, key=_number):
        verdicts = (before.get(_number(trial)), trial_verdict(trial, rated))
        if all(verdict in ("passed", "failed") for verdict in verdicts):
            found.append((verdicts[0] == "passed", verdicts[1] == "passed"))
    return tuple(found)


def _passed(cell: Cell, trials: Sequence[Trial]) -> tuple[bool, ...]:
    rated = rated_places(cell)
    verdicts = [trial_verdict(trial, rated) for trial in trials]
    return tuple(verdict == "passed" for verdict in verdicts if verdict in ("passed", "failed"))


def _number(trial: Trial) -> tuple[int, int]:
    return (trial.index, trial.dialogue)
