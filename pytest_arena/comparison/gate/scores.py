"""Scores that fell: of judges, tone, similarity, and whatever else grades an answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from math import fsum

from pytest_arena.comparison.baseline.findings import is_whole
from pytest_arena.comparison.baseline.model import BaselineCell
from pytest_arena.comparison.gate.cells import CellPair
from pytest_arena.comparison.gate.rules import Rules
from pytest_arena.comparison.stats.intervals_and_tests import holm
from pytest_arena.comparison.stats.score_falls import (
    SEVERAL,
    Scores,
    fall_of,
    lower_now,
    mean_fall,
)
from pytest_arena.errors import shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.run import ScoreFall

_LEAST_FALL = 0.01
"""A smaller fall is none that anybody would see: reports show two decimals."""
_MOST_OF_A_NAME = 60


@dataclass(frozen=True, slots=True)
class ScoresSeen:
    """The assertions whose scores fell.

    `compared` counts the cells of which scores were compared, `unknown` those that have some, but
    none in the baseline, which is older than that.
    """

    falls: tuple[ScoreFall, ...] = ()
    compared: int = 0
    unknown: int = 0


_Labels = Mapping[str, set[str | None]]
"""What each assertion of a cell wants, as reports show it, by its place."""


@dataclass(frozen=True, slots=True)
class _Graded:
    """One assertion of one cell: its scores on both sides, and whether it holds less often now."""

    pair: CellPair
    type: str
    wanted: str | None
    scores: Scores
    crossed: bool

    @property
    def family(self) -> Hashable:
        """What shares its changes: the cells of a family, else those of a case."""
        file, case, _ = self.pair.key
        cluster = self.pair.cell.cluster
        return (file, case) if cluster is None else (file, None, cluster)

    @property
    def ours(self) -> bool:
        return bool(self.pair.changed) or not self.pair.cell.model_alone


@dataclass(frozen=True, slots=True)
class _Group:
    """What is tested together: an assertion of all cells, or of one provider's."""

    name: str
    provider: str | None
    ours: bool
    graded: tuple[_Graded, ...]

    @property
    def families(self) -> list[list[_Graded]]:
        found: dict[Hashable, list[_Graded]] = defaultdict(list)
        for each in self.graded:
            found[each.family].append(each)
        return list(found.values())

    @property
    def tells(self) -> bool:
        """Whether any scores differ at all, so that it could be seen if they fell."""
        return any(len({*before, *now}) > 1 for before, now in (e.scores for e in self.graded))

    def p_value(self) -> float:
        return lower_now([[each.scores for each in family] for family in self.families])


def scores_seen(pairs: Sequence[CellPair], rules: Rules) -> ScoresSeen:
    """Return the assertions whose scores fell beyond chance, each over all the cells that have it.

    They are compared where the same assertions and judges gave them, and tested with Holm's
    correction over all assertions, at the half of alpha that is the suite's.
    """
    fit = [pair for pair in pairs if _is_fit(pair)]
    known = [pair for pair in fit if pair.before is not None and pair.before.graded is not None]
    labels = {pair.cell.id: _labels(pair) for pair in fit}
    kinds = _kinds(fit, labels)
    graded = [each for pair in known for each in _graded(pair, labels[pair.cell.id], kinds)]
    groups = _groups(graded)
    compared = {each.pair.cell.id for group in groups for each in group.graded}
    groups = [group for group in groups if group.tells]
    adjusted = holm([group.p_value() for group in groups])
    found = [_fall(group, p) for group, p in zip(groups, adjusted, strict=True) if p <= rules.half]
    columns = {pair.key[2] for pair in known}
    falls = tuple(_told_once([f for f in found if f.drop >= _LEAST_FALL], len(columns)))
    unknown = sum(
        any(place.partition(":")[2] in kinds for place in labels[pair.cell.id])
        for pair in fit
        if pair.before is not None and pair.before.graded is None
    )
    return ScoresSeen(falls, len(compared), unknown)


def _told_once(falls: Sequence[ScoreFall], providers: int) -> Iterator[ScoreFall]:
    """Yield the falls without telling one twice: of all cells together, or of few providers'."""
    for fall in falls:
        own = [f for f in falls if (f.assertion, f.ours) == (fall.assertion, fall.ours)]
        parts = [f for f in own if f.provider is not None]
        of_all = len(parts) < len(own) and not 0 < 2 * len(parts) <= providers
        if (fall.provider is None) is of_all:
            yield fall


def _is_fit(pair: CellPair) -> bool:
    if pair.cell.load is not None or pair.cell.xfail is not None:
        return False
    return pair.comparable and not pair.judged_anew


def _graded(pair: CellPair, labels: _Labels, kinds: Mapping[str, bool]) -> Iterator[_Graded]:
    """Yield the assertions of a cell that grade, as far as both sides have scores of them."""
    assert pair.before is not None  # noqa: S101
    for place, wanted in labels.items():
        type_ = place.partition(":")[2]
        before, now = _scores(pair.before, place), _scores(pair.now, place)
        if type_ in kinds and before and now:
            crossed = _rate(pair.now, place) < _rate(pair.before, place)
            label = next(iter(wanted)) if kinds[type_] else None
            yield _Graded(pair, type_, label, (before, now), crossed)


def _kinds(pairs: Sequence[CellPair], labels: Mapping[str, _Labels]) -> dict[str, bool]:
    """Return the types of assertions that grade, and whether what one wants can tell it by name.

    One grades if it gives less than full marks for what holds; else its scores fall with its pass
    rate alone. Where reports show something else as wanted from trial to trial, or nothing, it is
    no name: what fell would be told from what did not by how it came out.
    """
    grades: set[str] = set()
    nameless: set[str] = set()
    for pair in pairs:
        for finding in (f for trial in pair.cell.trials for f in trial.assertions):
            held = finding.verdict in ("passed", "unsure")
            if held and finding.score is not None and 0 < finding.score < 1:
                grades.add(finding.type)
        for place, wanted in labels[pair.cell.id].items():
            if len(wanted) > 1 or None in wanted:
                nameless.add(place.partition(":")[2])
    return {type_: type_ not in nameless for type_ in grades}


def _labels(pair: CellPair) -> _Labels:
    """Return what the assertions of a cell that have scores want."""
    found: dict[str, set[str | None]] = defaultdict(set)
    for trial in filter(is_whole, pair.cell.trials):
        for number, finding in enumerate(trial.assertions):
            if finding.score is not None:
                found[f"{number}:{finding.type}"].add(finding.expected)
    return found


def _scores(side: BaselineCell, place: str) -> Sequence[float]:
    """Return the scores of an assertion; one answer that was given again and again counts once."""
    scores = side.scores_at(place)
    return (fsum(scores) / len(scores),) if side.deterministic and scores else scores


def _rate(side: BaselineCell, place: str) -> float:
    held, judged = side.assertions.get(place, (0, 0))
    return held / judged if judged else 1.0


def _groups(graded: Sequence[_Graded]) -> list[_Group]:
    """Return what to test: an assertion over all cells, then over each provider's.

    The same assertion is one of the same type that wants the same; what is asked for in few cases
    is tested together with the others of its type.
    """
    by_name: dict[tuple[str, bool], list[_Graded]] = defaultdict(list)
    for each in graded:
        by_name[_name(each), each.ours].append(each)
    rest: dict[tuple[str, bool], list[_Graded]] = defaultdict(list)
    groups = []
    for (name, ours), own in sorted(by_name.items()):
        if len({each.family for each in own}) < SEVERAL:
            rest[own[0].type, ours] += own
        else:
            groups += _of_providers(name, ours, own)
    for (name, ours), own in sorted(rest.items()):
        groups += _of_providers(_name(own[0]) if _are_one(own) else name, ours, own)
    return groups


def _of_providers(name: str, ours: bool, graded: Sequence[_Graded]) -> list[_Group]:
    columns = sorted({each.pair.key[2] for each in graded})
    parts = [tuple(e for e in graded if e.pair.key[2] == column) for column in columns]
    whole = _Group(name, None, ours, tuple(graded))
    if len(columns) == 1:
        return [whole]
    return [whole, *(_Group(name, c, ours, p) for c, p in zip(columns, parts, strict=True))]


def _name(graded: _Graded) -> str:
    wanted = graded.wanted
    return graded.type if wanted is None else f"{graded.type} {shorten(wanted, _MOST_OF_A_NAME)!r}"


def _are_one(graded: Sequence[_Graded]) -> bool:
    return len({_name(each) for each in graded}) == 1


def _fall(group: _Group, p_value: float) -> ScoreFall:
    cells: dict[str, list[_Graded]] = defaultdict(list)
    for each in group.graded:
        cells[each.pair.cell.id].append(each)
    own = list(cells.values())
    scores = [[each.scores for each in cell] for cell in own]
    found = mean_fall(scores, [cell[0].family for cell in own])
    return ScoreFall(
        assertion=group.name,
        provider=group.provider,
        cells=len(own),
        fell=sum(fall_of(cell) > 0 for cell in scores),
        drop=found.value,
        low=found.low,
        high=found.high,
        p_value=p_value,
        crossed=sum(any(each.crossed for each in cell) for cell in own),
        ours=group.ours,
    )
