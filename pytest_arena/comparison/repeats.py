"""What repeated trials say of a provider: the chance that one of k passes, and that all k do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import fsum

from pytest_arena.comparison.statistics import pass_all, pass_at
from pytest_arena.results import Cell


@dataclass(frozen=True, slots=True)
class Repeats:
    """Hold pass@k and pass^k as means over `cases` prompts that were tried k times or more."""

    k: int
    at_least_one: float
    all_of_them: float
    cases: int


def repeats_of(cells: Iterable[Cell]) -> Repeats | None:
    """Return pass@k and pass^k; None where no prompt has two trials with a verdict.

    k is the fewest trials with a verdict that a prompt of theirs has, from two on. Cells whose
    trials were stopped early are left out: what they left out depends on what came before.
    """
    tries = [pair for cell in cells for pair in tries_of(cell) if pair[0] > 1]
    if not tries:
        return None
    k = min(n for n, _ in tries)
    one = [pass_at(n, passed, k) or 0.0 for n, passed in tries]
    every = [pass_all(n, passed, k) or 0.0 for n, passed in tries]
    return Repeats(k, fsum(one) / len(one), fsum(every) / len(every), len(tries))


def tries_of(cell: Cell) -> Iterator[tuple[int, int]]:
    """Yield how many trials of each prompt of a cell have a verdict, and how many passed."""
    if cell.load is not None or cell.trials_not_run:
        return
    judged: Counter[int] = Counter()
    passed: Counter[int] = Counter()
    for trial in cell.trials:
        judged[trial.variant] += trial.verdict in ("passed", "failed")
        passed[trial.variant] += trial.verdict == "passed"
    for variant, count in sorted(judged.items()):
        yield count, passed[variant]
