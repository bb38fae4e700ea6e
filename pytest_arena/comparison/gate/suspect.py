"""A cell that looks bad: what its fresh trials say so far, and which further ones it needs."""

from __future__ import annotations

from pytest_arena.comparison.gate.cells import CellPair
from pytest_arena.comparison.gate.fresh import Fresh, Pair
from pytest_arena.comparison.gate.rules import CLEARED, FELL, Rules
from pytest_arena.comparison.stats.boschloo import boschloo_worse
from pytest_arena.comparison.stats.pair_evidence import pair_evidence
from pytest_arena.light_dataclass import dataclass

_ROUND_OF_PAIRS = 3
_ROUND = 5
_IN_VAIN = 10


@dataclass(frozen=True, slots=True)
class Suspect:
    """A cell at most half of whose trials passed, beside all suspects there are or may be.

    `among` is their number: those of this run, and the cells that it has no part in. Results of
    several runs can so be put together, and hold all that a single one would have asked.
    """

    pair: CellPair
    fresh: Fresh
    rules: Rules
    among: int

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs that one run would have asked: a part of a run may hold more than it takes."""
        done, pairs = 0, self.fresh.pairs
        while more := self._pairs_wanted(pairs[:done]):
            if done + more > len(pairs):
                return pairs
            done += more
        return pairs[:done]

    @property
    def evidence(self) -> float | None:
        """How many times likelier its pairs are if it became worse; None where it has none."""
        pairs = self.pairs
        if self.pair.way != "again" or not pairs:
            return None
        return pair_evidence(len(pairs), sum(old for old, _ in pairs), sum(new for _, new in pairs))

    @property
    def p_value(self) -> float:
        """The p-value of what its fresh trials say."""
        if self.pair.way == "again":
            return min(1.0, 1 / (self.evidence or 1.0))
        return stored_p(self.pair.stored, self.fresh.new, self.rules, self.fresh.prompts)

    @property
    def wanted(self) -> int:
        """How often it must be asked next; 0 where it is done."""
        fresh, rules = self.fresh, self.rules
        most = rules.most_pairs if self.pair.way == "again" else _last_look(self)
        in_vain = fresh.asked >= _IN_VAIN * fresh.prompts and not fresh.new
        if in_vain or fresh.asked >= 2 * most or self.pair.cell.over_budget:
            # errors took the place of verdicts: further calls are no better
            return 0
        if self.pair.way == "again":
            return self._pairs_wanted(self.pairs) // fresh.prompts
        wanted = stored_wanted(self.pair.stored, fresh.new, rules, self.among, fresh.prompts)
        return -(-wanted // fresh.prompts)

    def _pairs_wanted(self, pairs: tuple[Pair, ...]) -> int:
        """Return how many further pairs to ask, each prompt of the case as often."""
        prompts = self.fresh.prompts
        return -(-pairs_wanted(pairs, self.rules, self.among) // prompts) * prompts


def is_candidate(pair: CellPair, fresh: Fresh, rules: Rules) -> bool:
    """Return whether a cell looks bad with the trials of the run, and those that top them up.

    The baseline has a say only where the old version is asked again: choosing by the fall and
    then testing against the same baseline would count its luck.
    """
    passed, trials = pair.now.passed, pair.now.judged
    if not _looks_bad(passed, trials, rules):
        return False
    if pair.way == "again" and pair.stored[0] >= 2 and pair.drop < FELL:
        return False
    passed, trials = passed + sum(fresh.screening), trials + len(fresh.screening)
    return _looks_bad(passed, trials, rules)


def stored_p(
    stored: tuple[int, int], fresh: tuple[bool, ...], rules: Rules, prompts: int = 1
) -> float:
    """Return the smallest p-value at the looks that were reached, each over its share of alpha."""
    before, passed = stored
    p_values = [1.0]
    for at, share in _looks(before, rules, prompts) if passed else ():
        if len(fresh) >= at:
            p_values.append(boschloo_worse(passed, before, sum(fresh[:at]), at) / share)
    return min(p_values)


def stored_wanted(
    stored: tuple[int, int],
    fresh: tuple[bool, ...],
    rules: Rules,
    suspects: int,
    prompts: int = 1,
) -> int:
    """Return how many further trials may still show something: 0 once nothing can, or it has."""
    before, passed = stored
    if not passed or stored_p(stored, fresh, rules, prompts) <= rules.half / max(1, suspects):
        return 0
    ahead = [look for look in _looks(before, rules, prompts) if look[0] > len(fresh)]
    # with no further pass, the best that can come
    best = [boschloo_worse(passed, before, sum(fresh), at) / share for at, share in ahead]
    if not any(p <= rules.half for p in best):
        return 0
    return min(_ROUND if len(fresh) < 2 * _ROUND else 2 * _ROUND, ahead[0][0] - len(fresh))


def pairs_wanted(pairs: tuple[Pair, ...], rules: Rules, suspects: int) -> int:
    """Return how many further pairs to ask: the fewest that could decide, and at most three."""
    done, old, new = len(pairs), sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    needed = max(1, suspects) / rules.half
    if done >= rules.most_pairs or not CLEARED <= pair_evidence(done, old, new) < needed:
        return 0
    most = min(_ROUND_OF_PAIRS, rules.most_pairs - done)
    for more in range(1, most):
        if pair_evidence(done + more, old + more, new) >= needed:
            return more
    return most


def _looks(before: int, rules: Rules, prompts: int) -> list[tuple[int, float]]:
    """Return the looks of a cell; with several prompts each of them is asked as often."""
    return [(-(-at // prompts) * prompts, share) for at, share in rules.looks(before)]


def _last_look(suspect: Suspect) -> int:
    return _looks(suspect.pair.stored[0], suspect.rules, suspect.fresh.prompts)[-1][0]


def _looks_bad(passed: int, trials: int, rules: Rules) -> bool:
    return trials > 0 and (trials - passed) >= rules.effect * trials
