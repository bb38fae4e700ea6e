"""The leaderboard: who does better, with Bradley-Terry ratings and the Pareto front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import combinations

from pytest_arena.comparison.matrix import Matrix, Pair, case_score, preferences
from pytest_arena.comparison.stats.bradley_terry import (
    ELO,
    Pattern,
    bootstrap_errors,
    bradley_terry,
    wins_of,
)
from pytest_arena.comparison.stats.intervals_and_tests import Z95, Estimate
from pytest_arena.comparison.summary import ProviderSummary
from pytest_arena.light_dataclass import dataclass

MOST_RATED = 60
"""The most providers that are rated: the time grows with the cube of their number."""
_TIE = 0.5
CENTRE = 1000.0
"""The rating, in Elo points, of a provider as strong as the field."""


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """A provider's place: rank from 1 (equals share it), rating in Elo points.

    `rating` is None where there was nothing to compare with, and so is `rank` where others have
    one: of providers that ran other cases, nobody knows which is better. `rating_intervals` has
    the rating's interval. `shrunk` says that someone always won or lost, so that all ratings are
    drawn towards the field's. `pareto` says that no other ranked provider is at least as good in
    pass rate, p50 latency and cost per case, and better in one.
    """

    provider: str
    rank: int | None
    rating: float | None
    shrunk: bool
    pareto: bool


@dataclass(frozen=True, slots=True)
class Games:
    """The rated providers by name, and the cases counted by what each pair of them did on each."""

    names: Sequence[str] = ()
    patterns: Mapping[Pattern, int] = field(default_factory=dict)


def leaderboard(games: Games, summaries: Sequence[ProviderSummary]) -> tuple[LeaderboardRow, ...]:
    """Rank providers by rating, then by pass rate, then by name; those without a rating last."""
    ratings, shrunk = _ratings(games)
    front = pareto_front([one for one in summaries if not ratings or one.provider in ratings])
    rated = sorted(
        ((_order(summary, ratings.get(summary.provider)), summary) for summary in summaries),
        key=lambda entry: (*entry[0], entry[1].provider),
    )
    standings: list[LeaderboardRow] = []
    for place, (order, summary) in enumerate(rated):
        equal = bool(place) and rated[place - 1][0] == order
        unrated = bool(ratings) and summary.provider not in ratings
        rank = None if unrated else standings[-1].rank if equal else place + 1
        standings.append(
            LeaderboardRow(
                summary.provider,
                rank,
                ratings.get(summary.provider),
                shrunk,
                summary.provider in front,
            )
        )
    return tuple(standings)


def pareto_front(summaries: Sequence[ProviderSummary]) -> frozenset[str]:
    """Return the providers that no other one beats in pass rate, p50 latency and cost at once.

    A figure that a provider lacks is never worse than another's; one that all lack is left out.
    """
    points = {summary.provider: _point(summary) for summary in summaries}
    judged = {name: point for name, point in points.items() if point[0] is not None}
    return frozenset(
        name
        for name, point in judged.items()
        if not any(_beats(other, point) for rival, other in judged.items() if rival != name)
    )


def _point(summary: ProviderSummary) -> tuple[float | None, float | None, float | None]:
    """Return the three figures, turned so that more is better."""
    rate = summary.counts.pass_rate
    p50 = summary.latency.p50
    cost = summary.spending.per_case_usd if not summary.spending.unknown else None
    return (
        rate.value if rate else None,
        -p50.value if p50 else None,
        -cost if cost is not None else None,
    )


def _beats(rival: Sequence[float | None], point: Sequence[float | None]) -> bool:
    better = False
    for theirs, own in zip(rival, point, strict=True):
        if theirs is None and own is None:
            continue
        if theirs is None or own is None or theirs < own:
            return False
        better = better or theirs > own
    return better


def rating_intervals(games: Games) -> dict[str, Estimate]:
    """Return ratings with their intervals, by bootstrap over cases; no entry where none exists.

    Apart from `leaderboard`, since resampling takes far longer than all else here.
    """
    names, patterns = games.names, games.patterns
    if not patterns:
        return {}
    values = bradley_terry(wins_of(patterns, len(names))).values
    errors = bootstrap_errors(patterns, len(names))
    cases = sum(patterns.values())
    ratings = {}
    for name, value, error in zip(names, values, errors, strict=True):
        # Resampling one case, or cases that are all alike, says nothing of the spread.
        spread = Z95 * error if cases > 1 and error > 0 else None
        low = None if spread is None else _elo(value - spread)
        high = None if spread is None else _elo(value + spread)
        ratings[name] = Estimate(_elo(value), low, high, cases)
    return ratings


def _ratings(games: Games) -> tuple[dict[str, float], bool]:
    if not games.patterns:
        return {}, False
    strengths = bradley_terry(wins_of(games.patterns, len(games.names)))
    return {
        name: _elo(value) for name, value in zip(games.names, strengths.values, strict=True)
    }, strengths.shrunk


def games_of(table: Matrix) -> Games:
    """Return what can be rated; nothing of one provider alone, or of too many."""
    if not 1 < len(table.providers) <= MOST_RATED:
        return Games()
    scores = [[case_score(cell) for cell in row.cells] for row in table.rows]
    compared = [preferences(row.cells) for row in table.rows]
    columns = _comparable(table.providers, scores)
    names = [table.providers[column] for column in columns]
    patterns: dict[Pattern, int] = {}
    for row, preferred in zip(scores, compared, strict=True):
        pattern = _outcomes([row[column] for column in columns], names, preferred)
        if any(outcome != 2 for outcome in pattern):
            patterns[pattern] = patterns.get(pattern, 0) + 1
    return Games(names, patterns)


def _comparable(providers: Sequence[str], scores: Sequence[Sequence[float | None]]) -> list[int]:
    """Return the columns, by name, of the largest group that common cases hold together."""
    judged = [frozenset(i for i, score in enumerate(row) if score is not None) for row in scores]
    groups: list[frozenset[int]] = []
    for together in sorted(set(judged), key=sorted):
        touching = [group for group in groups if group & together]
        groups = [group for group in groups if not group & together]
        groups.append(together.union(*touching))
    groups = [group for group in groups if len(group) > 1]
    if not groups:
        return []

    def weight(group: frozenset[int]) -> tuple[int, list[str]]:
        cases = sum(len(row) > 1 and row <= group for row in judged)
        return (-cases, sorted(providers[column] for column in group))

    largest = min(groups, key=weight)
    return sorted(largest, key=lambda column: providers[column])


def _elo(strength: float) -> float:
    return round(CENTRE + ELO * strength, 6)


def _outcomes(
    scores: Sequence[float | None], names: Sequence[str], preferred: Mapping[Pair, float]
) -> Pattern:
    """Return each pair's outcome on a case: by a judge that compared the two answers, where one
    did, else by their scores."""
    found = []
    for (first, one), (second, other) in combinations(zip(scores, names, strict=True), 2):
        if first is None or second is None:
            found.append(2)
        elif (one, other) in preferred:
            share = preferred[one, other]
            found.append((share > _TIE) - (share < _TIE))
        else:
            found.append((first > second) - (first < second))
    return tuple(found)


def _order(summary: ProviderSummary, rating: float | None) -> tuple[float, float]:
    rate = summary.counts.pass_rate
    return (0.0 if rating is None else -rating, -(rate.value if rate else -1.0))
