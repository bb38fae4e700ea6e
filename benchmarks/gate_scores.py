"""Simulate falls of scores: how often the gate warns of one, with and without a change.

Run `python benchmarks/gate_scores.py`, or with a number of runs a line: `200`. Each case has a
mean score of its own, and its trials are drawn around it; the cells go through the gate's own
code, from the findings to the warning. It prints the seed of each line, and ends with 1 where a
figure misses its aim by more than chance does (two half widths).
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gate import is_near

from pytest_arena.comparison.baseline.summarize import baseline_of
from pytest_arena.comparison.gate.cells import pairs_of
from pytest_arena.comparison.gate.gate import Rules
from pytest_arena.comparison.gate.scores import scores_seen
from pytest_arena.results import Cell, Finding, Response, RunInfo, RunResult, Trial

RULES = Rules()
_INFO = RunInfo("simulated", "2026-01-01T00:00:00Z", "0")
_ANSWER = (Response("an answer", source="call"),)
Draw = Callable[[float, random.Random], float]
"""A score of a case with such a mean."""


def _even(mean: float, chance: random.Random) -> float:
    return min(1.0, max(0.0, chance.gauss(mean, 0.06)))


def _levels(mean: float, chance: random.Random) -> float:
    return min(4, max(0, round(4 * chance.gauss(mean, 0.12)))) / 4


def _near_one(mean: float, chance: random.Random) -> float:
    return max(0.0, 1 - chance.expovariate(1 / (1 - mean)) / 2) if mean < 1 else 1.0


def _mostly_ones(mean: float, chance: random.Random) -> float:
    return 1.0 if chance.random() < mean else 0.6


SHAPES: dict[str, tuple[Draw, float, float]] = {
    "even": (_even, 0.6, 0.95),
    "five levels": (_levels, 0.6, 0.95),
    "skewed near 1": (_near_one, 0.6, 0.98),
    "ties, mostly 1": (_mostly_ones, 0.85, 1.0),
}
STEADY = ("even", "five levels")


@dataclass(frozen=True)
class Scenario:
    """One line: a suite and its trials, and what became of its scores.

    All fall by `drop` in a share (`of`) of the cases; `reworded` is the sd of a shift that each
    case has of its own, `day` that of one they share. So many cases (`family`) are of one family,
    with a shift of their own of sd `family_day`. `least` and `most` bound the share of runs that
    are warned of a fall.
    """

    name: str
    shape: str = "even"
    before: int = 5
    trials: int = 3
    cases: int = 20
    assertions: int = 1
    providers: int = 1
    drop: float = 0.0
    of: float = 1.0
    reworded: float = 0.0
    day: float = 0.0
    family: int = 1
    family_day: float = 0.0
    greenest: int = 1
    least: float = 0.0
    most: float = 1.0

    @property
    def size(self) -> str:
        said = f"{self.cases} cases"
        for count, what in ((self.assertions, "assertions"), (self.providers, "providers")):
            said += f" x {count} {what}" if count > 1 else ""
        return f"{said}, {self.before}/{self.trials}"


def _grid() -> list[Scenario]:
    quiet = "nothing changed"
    found = [
        Scenario(quiet, shape, before, trials, most=0.05)
        for shape in SHAPES
        for before, trials in ((1, 1), (5, 3), (20, 3), (1, 20))
    ]
    found += [
        Scenario(quiet, shape, cases=cases, most=0.05)
        for shape in ("even", "ties, mostly 1")
        for cases in (1, 3, 7, 100)
    ]
    found += [
        Scenario(quiet, "five levels", assertions=8, most=0.05),
        Scenario(quiet, "five levels", assertions=4, providers=3, most=0.05),
        Scenario("reworded, each case ±.05", reworded=0.05, most=0.05),
        Scenario(
            "10 families of 5, day of each .05", cases=50, family=5, family_day=0.05, most=0.05
        ),
        Scenario("highest of 5 baselines", greenest=5, most=0.05),
        Scenario("a day's shift, sd .01", day=0.01),
        Scenario("a day's shift, sd .03", day=0.03),
    ]
    for shape in SHAPES:
        found += [
            Scenario(".05 lower", shape, drop=0.05, least=0.95 if shape == "even" else 0),
            Scenario(".10 lower", shape, drop=0.10, least=0.95 if shape in STEADY else 0),
            Scenario(".05 lower", shape, drop=0.05, cases=100, least=0.5),
        ]
    found += [
        Scenario(".05 lower", before=1, trials=1, drop=0.05),
        Scenario(".10 lower", cases=3, drop=0.10),
        Scenario("a fifth .20 lower", cases=50, drop=0.20, of=0.2),
        Scenario("1 of 8 assertions .10 lower", "five levels", assertions=8, drop=0.10),
    ]
    return found


@dataclass(frozen=True)
class Outcome:
    """The share of runs that were warned of a fall."""

    runs: int
    warned: float

    def meets(self, scenario: Scenario) -> bool:
        return is_near(self.warned, scenario.least, scenario.most, self.runs)


def main() -> None:
    """Print one line a scenario; exit with 1 where one misses its aim."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    print(
        f"{runs} runs a line".ljust(80) + "".join(f"{t:>9}" for t in ("warned", "s", "seed", "aim"))
    )
    missed = False
    for seed, scenario in enumerate(_grid()):
        started = time.perf_counter()
        outcome = simulate(scenario, runs, seed=seed)
        took, met = time.perf_counter() - started, outcome.meets(scenario)
        missed = missed or not met
        label = f"{scenario.name}, {scenario.shape}, {scenario.size}".ljust(80)
        aim = "met" if met else "MISSED"
        print(f"{label}{outcome.warned:>9.1%}{took:>9.1f}{seed:>9}{aim:>9}", flush=True)
    sys.exit(1 if missed else 0)


def simulate(scenario: Scenario, runs: int, *, seed: int) -> Outcome:
    """Return how many of so many runs were warned."""
    chance = random.Random(seed)
    warned = sum(bool(one_run(scenario, chance)) for _ in range(runs))
    return Outcome(runs, warned / runs)


def one_run(scenario: Scenario, chance: random.Random) -> bool:
    draw, low, high = SHAPES[scenario.shape]
    means = [
        [
            [chance.uniform(low, high) for _ in range(scenario.assertions)]
            for _ in range(scenario.providers)
        ]
        for _ in range(scenario.cases)
    ]
    made = [_run(scenario, draw, means, scenario.before, chance) for _ in range(scenario.greenest)]
    baseline = baseline_of(max(made, key=_sum))
    day = chance.gauss(0, scenario.day)
    now = []
    for number, case in enumerate(means):
        if number % scenario.family == 0:
            family = chance.gauss(0, scenario.family_day)
        fell = number < scenario.of * scenario.cases
        shift = day + family + chance.gauss(0, scenario.reworded)
        now.append(
            [
                [
                    min(1.0, max(0.0, mean + shift - (scenario.drop if fell and a == 0 else 0)))
                    for a, mean in enumerate(own)
                ]
                for own in case
            ]
        )
    run = _run(scenario, draw, now, scenario.trials, chance)
    return bool(scores_seen(pairs_of(run, baseline), RULES).falls)


def _sum(run: RunResult) -> float:
    return sum(f.score or 0 for c in run.cells for t in c.trials for f in t.assertions)


def _run(
    scenario: Scenario,
    draw: Draw,
    means: Sequence[Sequence[Sequence[float]]],
    trials: int,
    chance: random.Random,
) -> RunResult:
    cells = [
        Cell(
            id=f"arena.yaml::{number:05}[{column}]",
            file="arena.yaml",
            case=f"{number:05}",
            provider=str(column),
            model="m",
            verdict="passed",
            trials=tuple(_trial(own, draw, index, chance) for index in range(trials)),
            cluster=str(number // scenario.family) if scenario.family > 1 else None,
        )
        for number, case in enumerate(means)
        for column, own in enumerate(case)
    ]
    return RunResult(_INFO, tuple(cells), finished_at="2026-01-01T00:01:00Z")


def _trial(means: Sequence[float], draw: Draw, index: int, chance: random.Random) -> Trial:
    findings = tuple(
        Finding("llm_judge", "passed", draw(mean, chance), "", expected=f"criterion {number}")
        for number, mean in enumerate(means)
    )
    return Trial((), _ANSWER, verdict="passed", assertions=findings, index=index)


if __name__ == "__main__":
    main()
