"""Simulate the gate: how often it cries wolf, and how often it finds what is broken.

Run `python benchmarks/gate.py`, or with a number of runs: `python benchmarks/gate.py 200`. Each
run has 100 cases that pass with a probability of their own, drawn from Beta(8, 1): 20 trials of
the baseline, 3 of the run, 8 fresh ones for each suspect. It calls the gate's own code, from the
trials to the verdict, and ends with 1 where a figure misses its aim.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_arena.comparison.baseline.model import Baseline
from pytest_arena.comparison.baseline.summarize import baseline_of
from pytest_arena.comparison.gate.gate import GateResult, Rules, assess, suspects
from pytest_arena.results import Cell, Response, RunInfo, RunResult, Trial

BASELINE_TRIALS, RUN_TRIALS = 20, 3
_INFO = RunInfo("simulated", "2026-01-01T00:00:00Z", "0")
_HASHES = {"prompt": "p", "provider": "m", "assertions": "a", "judge": ""}
_ANSWER = (Response("an answer", source="call"),)
PASSED = Trial((), _ANSWER, verdict="passed")
FAILED = Trial((), _ANSWER, verdict="failed")


@dataclass(frozen=True)
class Scenario:
    """Say what is different in the run: cases that always fail, and a drop of all the others.

    `least` and `most` bound the share of runs that the gate should fail.
    """

    name: str
    broken: int = 0
    drop: float = 0.0
    least: float = 0.0
    most: float = 1.0


SCENARIOS = (
    Scenario("nothing changed", most=0.05),
    Scenario("3 of 100 cases broken", broken=3, least=0.95),
    Scenario("1 of 100 cases broken", broken=1, least=0.90),
    Scenario("all 5 points worse", drop=0.05),
)


@dataclass(frozen=True)
class Outcome:
    """Hold shares of runs: failed by the gate, by a cell, by the suite; and calls a run."""

    runs: int
    failed: float
    by_cell: float
    by_suite: float
    found: float
    extra_calls: float

    def meets(self, scenario: Scenario) -> bool:
        return scenario.least <= self.failed <= scenario.most


def main() -> None:
    """Print one line a scenario; exit with 1 where one misses its aim."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    titles = ("gate fails", "by a cell", "by the suite", "cells found", "extra calls", "s", "aim")
    print(f"{runs} runs".ljust(24) + "".join(f"{title:>13}" for title in titles))
    missed = False
    for number, scenario in enumerate(SCENARIOS):
        started = time.perf_counter()
        outcome = simulate(scenario, runs, seed=number)
        took = time.perf_counter() - started
        met = outcome.meets(scenario)
        missed = missed or not met
        shares = (outcome.failed, outcome.by_cell, outcome.by_suite, outcome.found)
        line = scenario.name.ljust(24) + "".join(f"{share:>12.1%} " for share in shares)
        print(f"{line}{outcome.extra_calls:>12.1f}{took:>14.1f}{'met' if met else 'MISSED':>13}")
    sys.exit(1 if missed else 0)


def simulate(scenario: Scenario, runs: int, *, seed: int, cases: int = 100) -> Outcome:
    """Return what the gate did in so many runs of a scenario."""
    chance = random.Random(seed)
    results = [one_run(scenario, cases, chance) for _ in range(runs)]
    broken = [
        sum(cell.status == "regressed" for cell in result.cells[: scenario.broken])
        for result, _ in results
    ]
    return Outcome(
        runs=runs,
        failed=sum(result.failed for result, _ in results) / runs,
        by_cell=sum(bool(result.of("regressed")) for result, _ in results) / runs,
        by_suite=sum(bool(r.suite and r.suite.significant) for r, _ in results) / runs,
        found=sum(broken) / (runs * scenario.broken) if scenario.broken else 0.0,
        extra_calls=sum(calls for _, calls in results) / runs,
    )


def one_run(scenario: Scenario, cases: int, chance: random.Random) -> tuple[GateResult, int]:
    """Return the gate's verdict on one run, and how many fresh trials it asked for."""
    rules = Rules()
    before = [chance.betavariate(8, 1) for _ in range(cases)]
    now = [max(0.0, rate - scenario.drop) for rate in before]
    now[: scenario.broken] = [0.0] * scenario.broken
    baseline = _baseline(before, chance)
    run = _run(now, RUN_TRIALS, chance)
    ids = suspects(run, baseline, rules)
    rates = dict(zip((cell.id for cell in run.cells), now, strict=True))
    fresh = {cell: _trials(rates[cell], rules.confirm_trials, chance) for cell in ids}
    return assess(run, baseline, rules, fresh=fresh), sum(map(len, fresh.values()))


def _baseline(rates: Sequence[float], chance: random.Random) -> Baseline:
    return baseline_of(_run(rates, BASELINE_TRIALS, chance))


def _run(rates: Sequence[float], trials: int, chance: random.Random) -> RunResult:
    cells = []
    for number, rate in enumerate(rates):
        made = _trials(rate, trials, chance)
        case = f"case {number:03}"
        cells.append(
            Cell(
                id=f"arena.yaml::{case}[m]",
                file="arena.yaml",
                case=case,
                provider="m",
                model="m",
                verdict="passed" if all(trial is PASSED for trial in made) else "failed",
                trials=made,
                hashes=_HASHES,
            )
        )
    return RunResult(_INFO, tuple(cells), finished_at="2026-01-01T00:01:00Z")


def _trials(rate: float, count: int, chance: random.Random) -> tuple[Trial, ...]:
    return tuple(PASSED if chance.random() < rate else FAILED for _ in range(count))


if __name__ == "__main__":
    main()
