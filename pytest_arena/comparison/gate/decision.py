"""What the trials at hand decide, and which further ones a decision needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from pytest_arena.comparison.gate.cells import CellPair
from pytest_arena.comparison.gate.families import fallen_together
from pytest_arena.comparison.gate.fresh import Fresh, topping_up
from pytest_arena.comparison.gate.rules import Rules
from pytest_arena.comparison.gate.suite import (
    GroupTest,
    SuiteAgain,
    groups_of,
    level_of,
    stored_test,
)
from pytest_arena.comparison.gate.suspect import Suspect, is_candidate
from pytest_arena.comparison.stats.intervals_and_tests import benjamini_hochberg
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.run import FamilyShift


@dataclass(frozen=True, slots=True)
class Ask:
    """Further trials that a decision needs of one cell.

    It is asked so many `rounds`, each with all prompts of the case; `beside_old`: the old version
    as often; `for_suite`: for the test over the suite, not for the cell's own.
    """

    cell_id: str
    rounds: int
    beside_old: bool = False
    for_suite: bool = False


class Decision:
    """The gate's decision on cells that trials can be weighed of.

    A function of the trials that the cells hold, whoever asked for them and when: a run that goes
    on where another was interrupted, and shards that are merged, decide alike. `elsewhere` is how
    many cells the run has no part in, each of which may be a suspect when it is merged.
    """

    def __init__(self, pairs: Sequence[CellPair], rules: Rules, elsewhere: int = 0) -> None:
        self._rules = rules
        self._elsewhere = elsewhere
        self._pairs = [pair for pair in pairs if pair.way is not None]
        self.fresh: Mapping[str, Fresh] = {
            pair.cell.id: Fresh.of(pair.cell, pair.now.judged) for pair in self._pairs
        }

    @cached_property
    def suspects(self) -> list[Suspect]:
        """The cells that look bad, those that are not topped up yet among them."""
        found = [
            (pair, self.fresh[pair.cell.id])
            for pair in self._pairs
            if is_candidate(pair, self.fresh[pair.cell.id], self._rules)
        ]
        among = len(found) + self._elsewhere
        return [Suspect(pair, fresh, self._rules, among) for pair, fresh in found]

    @cached_property
    def adjusted(self) -> dict[str, float]:
        """The p-values of the suspects after the step-up over all of them, by cell.

        Benjamini and Hochberg's: that anything at all is below the level is Simes' test that
        nothing changed, which is exact for independent cells.
        """
        p_values = [suspect.p_value for suspect in self.suspects]
        ids = [suspect.pair.cell.id for suspect in self.suspects]
        return dict(zip(ids, benjamini_hochberg(p_values), strict=True))

    def named(self, cell_id: str) -> bool:
        """Return whether a cell is worse beyond chance."""
        return self.adjusted.get(cell_id, 1.0) <= self._rules.half

    @property
    def needed(self) -> float:
        """The evidence that names a suspect, whatever the others'."""
        return max(1, len(self.suspects) + self._elsewhere) / self._rules.half

    def wanted(self) -> list[Ask]:
        """Return what to ask next, by cell; nothing once all is decided that can be."""
        return self._screening() or self._of_suspects() or self._of_the_suite()

    @property
    def tests(self) -> list[GroupTest]:
        """The tests over all cells and over each provider's."""
        return self._suite[0]

    @property
    def families(self) -> tuple[FamilyShift, ...]:
        """The families of cases that fell together; they are named, and fail nothing."""
        return fallen_together(self._pairs, self._rules.half)

    def _screening(self) -> list[Ask]:
        asks = []
        for suspect in self.suspects:
            if not suspect.fresh.screened and not suspect.pair.cell.over_budget:
                rounds = topping_up(suspect.pair.now.judged, suspect.fresh.prompts)
                asks.append(Ask(suspect.pair.cell.id, rounds))
        return asks

    def _of_suspects(self) -> list[Ask]:
        asks = []
        for suspect in self.suspects:
            rounds, again = suspect.wanted, suspect.pair.way == "again"
            if rounds:
                asks.append(Ask(suspect.pair.cell.id, rounds, beside_old=again))
        return asks

    def _of_the_suite(self) -> list[Ask]:
        wanted = self._suite[1].items()
        return [Ask(cell_id, rounds, True, for_suite=True) for cell_id, rounds in wanted]

    @cached_property
    def _suite(self) -> tuple[list[GroupTest], dict[str, int]]:
        groups = groups_of(self._pairs)
        levels = [level_of(group, groups, self._rules) for group in groups]
        tests = [
            stored_test(group, level, self._rules)
            for group, level in zip(groups, levels, strict=True)
        ]
        again = sum(group.way == "again" for group in groups)
        if any(self.named(cell_id) for cell_id in self.adjusted):
            # the cells explain it, and whatever else there is was not asked
            return [replace(test, moved=False) for test in tests[:again]] + tests[again:], {}
        if not again:
            return tests, {}
        suite = SuiteAgain(groups[:again], tests[:again], levels[0])
        return [*suite.tests, *tests[again:]], suite.wanted
