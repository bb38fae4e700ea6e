"""Is the suite as a whole, or all that one provider answered, worse than before?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_arena.comparison.gate.cells import CellPair, Way
from pytest_arena.comparison.gate.families import clusters_of, stratum_of
from pytest_arena.comparison.gate.fresh import Pair, pairs_in
from pytest_arena.comparison.gate.rules import Rules
from pytest_arena.comparison.stats.clustered import clustered_worse
from pytest_arena.comparison.stats.exact_tests import fewer_now
from pytest_arena.comparison.stats.stratified import stratified_worse
from pytest_arena.light_dataclass import dataclass

_TRIGGER = 0.15
_LOOKS = ((2, 0.3), (4, 0.3), (8, 0.4))
"""Pairs of every cell at each look, and its share of alpha."""
_HOPE = (0.4, 0.2, 0.0)
"""A group is given up at a look whose p-value is above."""
_MANY = 200
"""With more cells than that half of the pairs do, and a third of the trigger."""


@dataclass(frozen=True, slots=True)
class GroupTest:
    """What the test over a group of cells found: all that are judged in one way, or one provider's.

    `drop` is the mean fall of the pass rate against the baseline, from −1 to 1 (below 0: better);
    `worse` and `better` count the cells whose rate fell and rose. `moved`: it lies below the
    baseline, which is not proven to be our change. `down` and `up` count the fresh pairs in which
    the old version passed alone, and the new one alone. `by_family` is the p-value with whole
    families, where a fall that is larger than a provider's day might be that of a few. `part`:
    other cells of the run are judged in another way.
    """

    way: Way
    provider: str | None
    cells: int
    worse: int
    better: int
    drop: float
    p_value: float
    significant: bool = False
    moved: bool = False
    down: int | None = None
    up: int | None = None
    by_family: float | None = None
    part: bool = False

    @property
    def who(self) -> str:
        if self.provider:
            return f"what {self.provider} answers"
        if not self.part:
            return "the suite"
        return "what nobody changed" if self.way == "unchanged" else "what was changed"

    @property
    def reason(self) -> str:
        """Say in a sentence what was found."""
        points = f"{abs(self.drop) * 100:.1f} points"
        way = "below" if self.drop > 0 else "above"
        cells = f"{self.cells:,} cells" if self.cells != 1 else "1 cell"
        of = f" of {self.provider}" if self.provider else ""
        said = f"over {cells}{of} the pass rate is {points} {way} the baseline's"
        if not self.drop:
            said = f"over {cells}{of} the pass rate is that of the baseline"
        said += f" ({self.worse} worse, {self.better} better; p = {self.p_value:.3g})"
        if self.down is None or self.up is None:
            return said
        return (
            f"{said}; asked again side by side, the old version alone passed {self.down} times, "
            f"the new one alone {self.up} times"
        )

    @property
    def warning(self) -> str:
        """Say why what lies below the baseline is not taken for our change."""
        points = f"{abs(self.drop) * 100:.1f} points"
        who = self.who[0].upper() + self.who[1:]
        if self.way == "again" and self.down is None:
            return (
                f"{who} is {points} below the stored baseline (p = {self.p_value:.2g}), and the "
                "old version was not asked beside it: the provider's day may do that."
            )
        if self.way == "again":
            return (
                f"{who} is {points} below the stored baseline, but not below the old version asked "
                "today: the provider or the baseline's luck."
            )
        if self.way == "unchanged":
            return (
                f"{who} is {points} below the baseline (p = {self.p_value:.2g}), and nothing of "
                "yours changed: the provider did."
            )
        if self.by_family is not None:
            return (
                f"{who} is {points} below the baseline (p = {self.p_value:.2g}), but few families "
                f"of cases carry it (p = {self.by_family:.2g} with whole families). Ask the old "
                "version again to tell."
            )
        return (
            f"{who} is {points} below the baseline (p = {self.p_value:.2g}). A provider's day may "
            "do that. Ask the old version again to tell."
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Cells whose mean is tested; `of_way` is how many groups its way has, and `part` says that
    other cells are judged in another way."""

    way: Way
    provider: str | None
    pairs: tuple[CellPair, ...]
    of_way: int
    part: bool


def groups_of(pairs: Sequence[CellPair]) -> list[Group]:
    """Return the groups of each way: all cells, and each provider's where there are several."""
    found = []
    part = len({pair.way for pair in pairs}) > 1
    for way in ("again", "stored", "unchanged"):
        own = tuple(pair for pair in pairs if pair.way == way)
        providers = sorted({pair.key[2] for pair in own})
        several = len(providers) > 1
        number = 1 + len(providers) * several
        if own:
            found.append(Group(way, None, own, number, part))
        for provider in providers if several else ():
            answered = tuple(pair for pair in own if pair.key[2] == provider)
            found.append(Group(way, provider, answered, number, part))
    return found


def level_of(group: Group, groups: Sequence[Group], rules: Rules) -> float:
    """Return a group's part of the suite's half of alpha; what only warns takes none of it."""
    if group.way == "unchanged":
        return rules.half / group.of_way
    return rules.half / sum(other.way != "unchanged" for other in groups)


def stored_test(group: Group, level: float, rules: Rules) -> GroupTest:
    """Test a group by what the baseline stores of it."""
    strata = [stratum_of(pair) for pair in group.pairs]
    p_value = stratified_worse(strata)
    # a provider's day may move all cells: what it may explain is a warning
    ours = group.way == "stored" and stratified_worse(strata, rules.drift) <= level
    by_family = _by_family(group, rules) if ours else None
    ours = ours and (by_family is None or by_family <= level)
    known = [pair.drop for pair in group.pairs if pair.stored[0]]
    return GroupTest(
        way=group.way,
        provider=group.provider,
        cells=len(known),
        worse=sum(drop > 0 for drop in known),
        better=sum(drop < 0 for drop in known),
        drop=float(sum(known) / len(known)) if known else 0.0,
        p_value=p_value,
        significant=ours,
        moved=not ours and p_value <= level,
        by_family=by_family,
        part=group.part,
    )


def _by_family(group: Group, rules: Rules) -> float | None:
    """Return the p-value with whole families; None where no two cells are of one."""
    clusters = clusters_of(group.pairs)
    if len(clusters) == len(group.pairs):
        return None
    return clustered_worse([[stratum_of(pair) for pair in own] for own in clusters], rules.drift)


class SuiteAgain:
    """The groups whose old version can be asked again, of a run in which no cell stands out.

    A group that the stored test points at is asked in pairs, at up to three looks. `wanted` are
    the cells that a look still lacks pairs of, with how often to ask.
    """

    def __init__(self, groups: Sequence[Group], tests: Sequence[GroupTest], level: float) -> None:
        self.tests = list(tests)
        self.wanted: dict[str, int] = {}
        self._groups = groups
        self._level = level
        self._many = len(groups[0].pairs) > _MANY if groups else False
        open_ = self._pointed_at()
        for (look, share), hope in zip(_LOOKS, _HOPE, strict=True):
            open_ = self._look(open_, look // 2 if self._many else look, share, hope)
            if self.wanted or not open_ or any(test.significant for test in self.tests):
                break

    def _pointed_at(self) -> list[int]:
        trigger = _TRIGGER / 3 if self._many else _TRIGGER
        found = [
            place
            for place, test in enumerate(self.tests)
            if test.p_value <= (trigger if place == 0 else trigger / (len(self.tests) - 1))
        ]
        # where all cells are asked, the providers' cost nothing more
        return list(range(len(self.tests))) if 0 in found else found

    def _look(self, open_: Sequence[int], look: int, share: float, hope: float) -> list[int]:
        cells = {pair.cell.id: pair for place in open_ for pair in self._groups[place].pairs}
        for cell_id, pair in cells.items():
            rounds = len({trial.index for trial in pair.cell.sample})
            if rounds < look and not pair.cell.over_budget:
                self.wanted[cell_id] = look - rounds
        if self.wanted:
            return list(open_)
        left = []
        for place in open_:
            pairs = [p for pair in self._groups[place].pairs for p in _first_pairs(pair, look)]
            if not pairs:
                # a budget was spent before, or nothing reached a verdict
                continue
            down = sum(old and not new for old, new in pairs)
            up = sum(new and not old for old, new in pairs)
            p_value = fewer_now(down, up)
            proven = p_value <= share * self._level
            test = replace(self.tests[place], down=down, up=up)
            if proven:
                test = replace(test, p_value=p_value, significant=True, moved=False)
            elif p_value <= hope:
                left.append(place)
            self.tests[place] = test
        return left


def _first_pairs(pair: CellPair, look: int) -> tuple[Pair, ...]:
    cell = pair.cell
    first = sorted({trial.index for trial in cell.sample})[:look]
    return pairs_in(cell, cell.sample_old, [t for t in cell.sample if t.index in first])
