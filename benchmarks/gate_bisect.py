"""Simulate `--arena-bisect`: how often it blames a change that did nothing, or misses the one.

Run `python benchmarks/gate_bisect.py`, or with a number of cells a line: `2000`. Each cell passes
with a probability of its own under the old version, and never under the change that broke it; the
trials are drawn by these, and asked and judged by the gate's own code. It prints the seed of each
line.
"""

from __future__ import annotations

import random
import sys
from dataclasses import replace

from pytest_arena.comparison.conclusion import interval, percent
from pytest_arena.comparison.gate.bisect import culprit, rounds_wanted
from pytest_arena.comparison.gate.gate import Rules
from pytest_arena.comparison.gate.simulation import FAILED, PASSED
from pytest_arena.comparison.stats.intervals_and_tests import wilson
from pytest_arena.results import Cell, Trial
from pytest_arena.results.cell import HunkTrials

RULES = Rules()
LINES = [(changes, guilty) for guilty in (0, 1) for changes in (2, 3, 5, 10)]


def main() -> None:
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print("| changes | of which one did it | cells | innocent blamed | found | calls | seed |")
    print("|" + " --- |" * 7)
    for seed, (changes, guilty) in enumerate(LINES):
        chance = random.Random(seed)
        found = [one_cell(changes, guilty, chance) for _ in range(cells)]
        blamed = [culprit(cell, RULES) for cell in found]
        innocent = sum(any(f"change {n} (" in s for n in range(guilty, changes)) for s in blamed)
        named = sum("change 0 (" in said for said in blamed)
        calls = sum(len(cell.hunks_old) + sum(len(h.trials) for h in cell.hunks) for cell in found)
        row = (
            changes,
            "yes" if guilty else "no",
            cells,
            _share(innocent, cells),
            _share(named, cells) if guilty else "–",
            round(calls / cells),
            seed,
        )
        print("| " + " | ".join(map(str, row)) + " |", flush=True)


def one_cell(changes: int, guilty: int, chance: random.Random) -> Cell:
    """Ask a cell for its changes, in turns with the old version, until nothing more is wanted."""
    rate = chance.betavariate(8, 1)
    hunks = tuple(HunkTrials(f"change {number}") for number in range(changes))
    cell = Cell("a::c[m]", "a", "c", "m", "m", "failed", hunks=hunks)
    first = 0
    while rounds := max(rounds_wanted(cell, hunk, RULES) for hunk in cell.hunks):
        numbers = range(first, first + rounds)
        rates = [0.0] * guilty + [rate] * (changes - guilty)
        asked = [
            _asked(hunk, rounds_wanted(cell, hunk, RULES), first, own, chance)
            for hunk, own in zip(cell.hunks, rates, strict=True)
        ]
        old = tuple(_trial(rate, number, chance) for number in numbers)
        cell = replace(cell, hunks=tuple(asked), hunks_old=cell.hunks_old + old)
        first += rounds
    return cell


def _asked(
    hunk: HunkTrials, rounds: int, first: int, rate: float, chance: random.Random
) -> HunkTrials:
    new = tuple(_trial(rate, number, chance) for number in range(first, first + rounds))
    return replace(hunk, trials=hunk.trials + new)


def _trial(rate: float, number: int, chance: random.Random) -> Trial:
    return replace(PASSED if chance.random() < rate else FAILED, index=number)


def _share(count: int, of: int) -> str:
    found = wilson(count, of)
    return f"{percent(found.value)} ({interval(found)})" if found is not None else ""


if __name__ == "__main__":
    main()
