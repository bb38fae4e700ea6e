"""All tables of one run, each made when it is first asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from pytest_arena.comparison.breakdown import Breakdown, by_assertion, by_tag
from pytest_arena.comparison.conclusion import Conclusion, conclude
from pytest_arena.comparison.coverage import FileCoverage, coverage_of, part_sentence
from pytest_arena.comparison.differences import Difference, differences
from pytest_arena.comparison.gate.summary import SinceBaseline, since_baseline
from pytest_arena.comparison.judge_summary import JudgeSummary, judge_summaries
from pytest_arena.comparison.labels import LabelSummary, label_summaries
from pytest_arena.comparison.leaderboard import (
    Games,
    LeaderboardRow,
    games_of,
    leaderboard,
    rating_intervals,
)
from pytest_arena.comparison.matrix import Matrix, matrix
from pytest_arena.comparison.persona_summary import PersonaSummary, persona_summaries
from pytest_arena.comparison.recovery import recovery_sentence
from pytest_arena.comparison.stats.intervals_and_tests import Estimate
from pytest_arena.comparison.summary import Counts, ProviderSummary, count_verdicts, summarize
from pytest_arena.comparison.variants import VariantDifference, variant_differences
from pytest_arena.results import RunResult


class Comparison:
    """The comparison tables of a run."""

    def __init__(self, run: RunResult) -> None:
        self.run = run

    @cached_property
    def counts(self) -> Counts:
        return count_verdicts(self.run.cells)

    @cached_property
    def summaries(self) -> tuple[ProviderSummary, ...]:
        return summarize(self.run.cells)

    @cached_property
    def judges(self) -> tuple[JudgeSummary, ...]:
        """What judging took, apart from the answers."""
        return judge_summaries(self.run.cells)

    @cached_property
    def personas(self) -> tuple[PersonaSummary, ...]:
        """What simulated users said and cost, apart from the answers."""
        return persona_summaries(self.run.cells)

    @cached_property
    def coverage(self) -> tuple[FileCoverage, ...]:
        """What the cells exercised of what their files have."""
        return coverage_of(self.run)

    @cached_property
    def matrix(self) -> Matrix:
        return matrix(self.run.cells)

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        return differences(self.matrix)

    @cached_property
    def variants(self) -> tuple[VariantDifference, ...]:
        """Each variant against those before it, over all providers."""
        return variant_differences(self.run.cells)

    @cached_property
    def labels(self) -> tuple[LabelSummary, ...]:
        """What each column made of the labels of each file that has some."""
        return label_summaries(self.run.cells)

    @cached_property
    def games(self) -> Games:
        """What each pair of providers did on each case, of which ratings are made."""
        return games_of(self.matrix)

    @cached_property
    def standings(self) -> tuple[LeaderboardRow, ...]:
        return leaderboard(self.games, self.summaries)

    @cached_property
    def ratings(self) -> dict[str, Estimate]:
        """Ratings in Elo points with their intervals, by provider."""
        return rating_intervals(self.games)

    @cached_property
    def by_tag(self) -> tuple[Breakdown, ...]:
        return by_tag(self.run.cells)

    @cached_property
    def by_assertion(self) -> tuple[Breakdown, ...]:
        return by_assertion(self.run.cells)

    @cached_property
    def since_baseline(self) -> SinceBaseline | None:
        return since_baseline(self.run)

    @cached_property
    def conclusion(self) -> Conclusion:
        """The verdict in words: of the gate, where there is a baseline, then of the providers."""
        found = conclude(self.run, self.summaries, self.standings, self.differences)
        others = self.run.said_of_others
        further = (
            recovery_sentence(self.run.cells),
            part_sentence(self.run),
            others and f"{others}.",
        )
        found = replace(found, reasons=(*found.reasons, *filter(None, further)))
        gate = self.since_baseline
        if gate is None:
            return found
        reasons = (*gate.reasons, f"{found.headline}.", *found.reasons)
        return Conclusion(gate.headline, reasons)


def compare(run: RunResult) -> Comparison:
    """Return the comparison tables of a run.

    Those of the last run are kept, since each of its reports asks for them.
    """
    global _last
    if _last is None or _last.run is not run:
        _last = Comparison(run)
    return _last


_last: Comparison | None = None
