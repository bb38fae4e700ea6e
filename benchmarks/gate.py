"""Simulate the gate: how often it cries wolf, and how often it finds what is broken.

Run `python benchmarks/gate.py`, or with a number of runs, and a part of the lines' names:
`python benchmarks/gate.py 200 "falls to half"`. Each run has cases that pass with a probability of
their own; the baseline, the run and whatever the gate asks for after it are drawn by them. It calls
the gate's own code, from the trials to the verdict, prints the seed of each line, and ends with 1
where a figure misses its aim by more than chance does (two half widths).
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt

from pytest_arena.comparison.gate.gate import GateResult, Rules
from pytest_arena.comparison.gate.simulation import (
    PASSED,
    Rates,
    draw,
    judge,
    kept,
    places,
    shifted,
)

RULES = Rules()

SUITES: dict[str, Callable[[random.Random], float]] = {
    "Beta(8,1)": lambda chance: chance.betavariate(8, 1),
    "perfect": lambda chance: 1.0,
    "nine tenths": lambda chance: 0.9,
    "a fifth dead": lambda chance: 0.0 if chance.random() < 0.2 else 0.97,
    "U-shaped": lambda chance: chance.betavariate(0.5, 0.3),
}


@dataclass(frozen=True)
class Scenario:
    """One line of the table: a suite, its trials, and what is different in the run.

    `again`: the old version can be asked. `broken` cases never pass, `halved` ones half of the
    time, all others pass by `drop` less. `day` is the sd of a shift of all log odds, and
    `family_day` of one that the cases of a family share, which are so many (`family`) and which the
    gate knows of if `told`; `greenest` how many baselines there were of which the greenest was
    kept. `least` and `most` bound the share of runs that the gate fails.
    """

    name: str
    before: int
    trials: int
    again: bool
    suite: str = "Beta(8,1)"
    cases: int = 100
    broken: int = 0
    halved: int = 0
    drop: float = 0.0
    day: float = 0.0
    family: int = 1
    family_day: float = 0.0
    told: bool = True
    greenest: int = 1
    least: float = 0.0
    most: float = 1.0


def _grid() -> list[Scenario]:
    found = []
    for again in (True, False):
        found += [
            Scenario("nothing changed", before, trials, again, most=0.05)
            for before, trials in ((1, 1), (1, 3), (2, 2), (3, 3), (5, 3), (20, 3))
        ]
        found += [
            Scenario("nothing changed", 3, 3, again, suite, most=0.05)
            for suite in ("perfect", "nine tenths", "a fifth dead", "U-shaped")
        ]
        found += [
            Scenario("greenest of 5, day .25", 3, 3, again, day=0.25, greenest=5, most=0.05),
            Scenario("greenest of 5, day .25", 20, 3, again, day=0.25, greenest=5, most=0.06),
            Scenario("5 of 10 broken", 1, 3, again, "perfect", 10, broken=5, least=1),
            Scenario("5 of 10 broken", 3, 3, again, "perfect", 10, broken=5, least=1),
            Scenario("1 of 100 broken", 3, 3, again, broken=1, least=0.99 if again else 0.95),
            Scenario("1 of 100 broken", 5, 3, again, broken=1, least=0.99 if again else 0.97),
            Scenario("5 of 100 broken", 3, 3, again, broken=5, least=1),
            Scenario("all 10 points worse", 3, 3, again, drop=0.1, least=0.99 if again else 0.22),
        ]
    return found


def _families() -> list[Scenario]:
    """Return suites of families: each has a day of its own, or all became worse."""
    wild = Scenario("6 families, day of each 2", 5, 3, False, cases=120, family=20, family_day=2.0)
    worse = Scenario("20 families 20 points worse", 5, 3, False, family=5, drop=0.2, least=0.9)
    return [replace(wild, name=f"{wild.name}, untold", told=False), wild, worse]


def _unseen() -> list[Scenario]:
    """Return what is mostly not seen, with more trials or without."""
    found = []
    for again in (True, False):
        found += [
            Scenario("1 of 100 falls to half", before, trials, again, halved=1)
            for before, trials in ((3, 3), (5, 3), (20, 20))
        ]
        found += [Scenario("all 5 points worse", 5, 3, again, cases=30, drop=0.05)]
        found += [
            Scenario("1 broken, a fifth dead", before, 3, again, "a fifth dead", broken=1)
            for before in (1, 2)
        ]
    return found


SCENARIOS = [*_grid(), *_families(), *_unseen()]


@dataclass(frozen=True)
class Outcome:
    """Shares of runs: failed, failed for the suite as a whole, named a cell, blind, below the
    baseline; and calls a run."""

    runs: int
    failed: float
    suite: float
    named: float
    blind: float
    moved: float
    found: float
    innocent: float
    extra_calls: float

    def meets(self, scenario: Scenario) -> bool:
        return is_near(self.failed, scenario.least, scenario.most, self.runs)


def is_near(share: float, least: float, most: float, runs: int) -> bool:
    """Return whether a share of so many runs misses its aim by no more than chance does."""
    near = min(max(share, 1 / runs), 1 - 1 / runs)
    slack = 2 * 1.96 * sqrt(near * (1 - near) / runs)
    return least - slack <= share <= most + slack


def main() -> None:
    """Print one line a scenario; exit with 1 where one misses its aim."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    only = sys.argv[2] if len(sys.argv) > 2 else ""
    titles = [
        "fails",
        "suite",
        "names",
        "blind",
        "moved",
        "found",
        "innocent",
        "calls",
        "s",
        "seed",
        "aim",
    ]
    print(f"{runs} runs a line".ljust(52) + "".join(f"{title:>9}" for title in titles))
    missed = False
    for seed, scenario in enumerate(SCENARIOS):
        if only not in scenario.name:
            continue
        started = time.perf_counter()
        outcome = simulate(scenario, runs, seed=seed)
        took = time.perf_counter() - started
        met = outcome.meets(scenario)
        missed = missed or not met
        way = "asked again" if scenario.again else "stored"
        label = f"{scenario.name}, {scenario.suite}, {scenario.before}/{scenario.trials}, {way}"
        shares = (outcome.failed, outcome.suite, outcome.named, outcome.blind, outcome.moved)
        shares += (outcome.found,)
        line = label.ljust(52) + "".join(f"{share:>8.1%} " for share in shares)
        line += f"{outcome.innocent:>8.1%} {outcome.extra_calls:>8.0f}{took:>9.1f}{seed:>9}"
        print(f"{line}{'met' if met else 'MISSED':>9}", flush=True)
    sys.exit(1 if missed else 0)


def simulate(scenario: Scenario, runs: int, *, seed: int) -> Outcome:
    """Return what the gate did in so many runs of a scenario."""
    chance = random.Random(seed)
    results = [one_run(scenario, chance) for _ in range(runs)]
    named = [[cell.status == "regressed" for cell in result.cells] for result, _ in results]
    broken = scenario.broken or scenario.halved
    return Outcome(
        runs=runs,
        failed=sum(bool(r.of("regressed")) or r.suite_failed for r, _ in results) / runs,
        suite=sum(r.suite_failed for r, _ in results) / runs,
        named=sum(any(cells) for cells in named) / runs,
        blind=sum(bool(r.of("blind")) for r, _ in results) / runs,
        moved=sum(bool(r.moved) for r, _ in results) / runs,
        found=sum(sum(c[:broken]) for c in named) / (runs * broken) if broken else 0.0,
        innocent=sum(any(cells[broken:]) for cells in named) / runs,
        extra_calls=sum(calls for _, calls in results) / runs,
    )


def one_run(scenario: Scenario, chance: random.Random) -> tuple[GateResult, int]:
    """Return the gate's verdict on one run, and how many calls it asked for."""
    rates = [SUITES[scenario.suite](chance) for _ in range(scenario.cases)]
    # only what lives can break: the dead come last
    rates.sort(key=lambda rate: rate == 0)
    made = [draw(rates, scenario.before, chance) for _ in range(scenario.greenest)]
    where = places(scenario.cases, scenario.family if scenario.told else 1)
    baseline = kept(
        max(made, key=lambda trials: sum(t is PASSED for own in trials for t in own)), where
    )
    shift = chance.gauss(0, scenario.day)
    days = [chance.gauss(0, scenario.family_day) for _ in rates] if scenario.family_day else []
    today = [
        shifted(rate, shift + (days[place // scenario.family] if days else 0.0))
        for place, rate in enumerate(rates)
    ]
    now = [max(0.0, rate - scenario.drop) for rate in today]
    now[: scenario.broken] = [0.0] * scenario.broken
    now[: scenario.halved] = [0.5] * scenario.halved
    trials = draw(now, scenario.trials, chance)
    rates_now = Rates(now, today)
    return judge(trials, baseline, rates_now, chance, RULES, where=where, again=scenario.again)


if __name__ == "__main__":
    main()
