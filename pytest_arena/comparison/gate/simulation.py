"""Runs that are drawn by chance and judged by the gate: what it would say if something broke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import exp
from random import Random

from pytest_arena.comparison.baseline.model import Baseline, cell_id
from pytest_arena.comparison.baseline.summarize import baseline_of
from pytest_arena.comparison.gate.decision import Ask
from pytest_arena.comparison.gate.gate import GateResult, assess, wanted
from pytest_arena.comparison.gate.rules import Rules
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, Response, RunInfo, RunResult, Trial

_INFO = RunInfo("simulated", "2026-01-01T00:00:00Z", "0")
_HASHES = {"prompt": "p", "provider": "m", "assertions": "a", "judge": ""}
_ANSWER = (Response("an answer", source="call"),)
PASSED = Trial((), _ANSWER, verdict="passed")
FAILED = Trial((), _ANSWER, verdict="failed")
Drawn = Sequence[tuple[Trial, ...]]
"""The trials of each cell."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a simulated cell stands, which says what it is tested together with."""

    case: str
    file: str = "arena.yaml"
    column: str = "m"
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """The true pass rates of each cell, of the new version and of the old one, on the day of the
    run."""

    new: Sequence[float]
    old: Sequence[float]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the gate did in simulated runs: the shares of them that it failed, in which it was
    blind, and in which it warned of a suite or a family below the baseline, and the mean number
    of calls."""

    failed: float
    blind: float
    warned: float
    calls: float


def places(cells: int, family: int = 1) -> list[Place]:
    """Return so many cells of one provider; so many after one another are of one family."""
    return [
        Place(f"case {number:05}", cluster=str(number // family) if family > 1 else None)
        for number in range(cells)
    ]


def draw(rates: Sequence[float], trials: int, chance: Random) -> list[tuple[Trial, ...]]:
    """Return so many trials of cells with these pass rates."""
    return [
        tuple(PASSED if chance.random() < rate else FAILED for _ in range(trials)) for rate in rates
    ]


def shifted(rate: float, shift: float) -> float:
    """Return a pass rate with its log odds shifted."""
    if not 0 < rate < 1 or not shift:
        return rate
    odds = rate / (1 - rate) * exp(shift)
    return odds / (1 + odds)


def kept(trials: Drawn, where: Sequence[Place]) -> Baseline:
    """Return a baseline of cells with these trials."""
    return baseline_of(_run(trials, where, again=False))


def judge(
    trials: Drawn,
    baseline: Baseline,
    rates: Rates,
    chance: Random,
    rules: Rules,
    *,
    where: Sequence[Place],
    again: bool,
) -> tuple[GateResult, int]:
    """Return the gate's verdict on cells with these trials, and how many calls it asked for.

    `again`: something of ours changed, and the old version can be asked.
    """
    run, calls = _run(trials, where, again=again), 0
    while asks := wanted(run, baseline, rules):
        cells = {cell.id: (place, cell) for place, cell in enumerate(run.cells)}
        asked = list(run.cells)
        for ask in asks:
            place, cell = cells[ask.cell_id]
            new = _numbered(cell, rates.new[place], ask.rounds, chance)
            old = _numbered(cell, rates.old[place], ask.rounds if ask.beside_old else 0, chance)
            asked[place] = _with(cell, ask, new, old)
            calls += len(new) + len(old)
        run = replace(run, cells=tuple(asked))
    return assess(run, baseline, rules), calls


def outlook(
    baseline: Baseline,
    *,
    runs: int,
    seed: int,
    broken: int = 0,
    drop: float = 0.0,
    family_day: float = 0.0,
    trials: int = 3,
    again: bool = False,
    rules: Rules | None = None,
) -> Outlook:
    """Simulate runs of a baseline's cells by their own pass rates.

    `broken` of those that mostly passed never pass in the run, and all others pass by `drop` (0
    to 1) less. `family_day` is the sd of a shift of log odds that the cases of a family share.
    """
    cells = [c for _, c in sorted(baseline.cells.items()) if c.judged and not c.deterministic]
    where = [Place(cell.case, cell.file, cell.column, cell.cluster) for cell in cells]
    known = kept([(PASSED,) * cell.passed + (FAILED,) * cell.failed for cell in cells], where)
    # drawn to .89, so that 3 of 3 is not taken for a rate of 1
    rates = [(cell.passed + 1.6) / (cell.judged + 1.8) for cell in cells]
    steady = [place for place, cell in enumerate(cells) if 2 * cell.passed > cell.judged]
    chance, found, calls = Random(seed), [], 0  # noqa: S311  a seeded simulation, not a secret
    for _ in range(runs):
        today = _on_a_day(rates, where, family_day, chance)
        now = [max(0.0, rate - drop) for rate in today]
        for place in chance.sample(steady, min(broken, len(steady))):
            now[place] = 0.0
        result, asked = judge(
            draw(now, trials, chance),
            known,
            Rates(now, today),
            chance,
            rules or Rules(),
            where=where,
            again=again,
        )
        found.append(result)
        calls += asked
    return Outlook(
        failed=sum(bool(r.of("regressed")) or r.suite_failed for r in found) / runs,
        blind=sum(bool(r.of("blind")) for r in found) / runs,
        warned=sum(bool(r.moved or r.families) for r in found) / runs,
        calls=calls / runs,
    )


def _on_a_day(
    rates: Sequence[float], where: Sequence[Place], family_day: float, chance: Random
) -> list[float]:
    if not family_day:
        return list(rates)
    families = sorted({(place.file, place.cluster) for place in where if place.cluster})
    days = {family: chance.gauss(0, family_day) for family in families}
    shifts = [days.get((place.file, place.cluster or ""), 0.0) for place in where]
    return [shifted(rate, shift) for rate, shift in zip(rates, shifts, strict=True)]


def _with(cell: Cell, ask: Ask, new: Sequence[Trial], old: Sequence[Trial]) -> Cell:
    if ask.for_suite:
        return replace(cell, sample=(*cell.sample, *new), sample_old=(*cell.sample_old, *old))
    return replace(
        cell,
        confirmation=(*cell.confirmation, *new),
        confirmation_old=(*cell.confirmation_old, *old),
    )


def _numbered(cell: Cell, rate: float, count: int, chance: Random) -> tuple[Trial, ...]:
    first = len(cell.trials) + len(cell.confirmation) + len(cell.sample)
    drawn = draw([rate], count, chance)[0]
    return tuple(replace(trial, index=first + place) for place, trial in enumerate(drawn))


def _run(trials: Drawn, where: Sequence[Place], *, again: bool) -> RunResult:
    hashes = {**_HASHES, "prompt": "p2"} if again else _HASHES
    cells = [
        Cell(
            id=cell_id((place.file, place.case, place.column)),
            file=place.file,
            case=place.case,
            provider=place.column,
            model="m",
            verdict="passed" if all(trial is PASSED for trial in own) else "failed",
            trials=own,
            hashes=hashes,
            old_version="p m" if again else None,
            cluster=place.cluster,
        )
        for place, own in zip(where, trials, strict=True)
    ]
    return RunResult(_INFO, tuple(cells), finished_at="2026-01-01T00:01:00Z")
