"""The gate's verdict: which cells are worse than the baseline, beyond what chance does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pytest_arena.comparison.baseline.model import Baseline, BaselineCell, Version, key_of
from pytest_arena.comparison.baseline.update import Collected
from pytest_arena.comparison.gate.bisect import culprit
from pytest_arena.comparison.gate.cells import CellPair, GateCell, pairs_of
from pytest_arena.comparison.gate.changes import differences, prompt_diff
from pytest_arena.comparison.gate.decision import Ask, Decision
from pytest_arena.comparison.gate.rules import Rules
from pytest_arena.comparison.gate.status import NOT_COMPARED, STATUSES, Status
from pytest_arena.comparison.gate.suite import GroupTest
from pytest_arena.comparison.gate.verdicts import judged
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import RunResult
from pytest_arena.results.run import FamilyShift
from pytest_arena.results.versions import versions_in
from pytest_arena.text.numbers import less_rounding

__all__ = ["STATUSES", "GateCell", "GateResult", "Rules", "Status", "assess", "wanted"]


@dataclass(frozen=True, slots=True)
class GateResult:
    """The statuses of all cells, sorted by file, case and provider, and the suite's tests.

    `compared` of `judged` cells could be held against the baseline: of those that ran and stand
    in it, or in a file that does. `skipped` were all cells that did not run, `skipped_known` those
    of them that stand in the baseline. `pairs` are those that ran, each beside its own of the
    baseline.
    """

    cells: tuple[GateCell, ...]
    tests: tuple[GroupTest, ...]
    rules: Rules
    baseline: str
    compared: int
    judged: int
    skipped: int = 0
    skipped_known: int = 0
    families: tuple[FamilyShift, ...] = ()
    pairs: tuple[CellPair, ...] = ()

    @property
    def suite(self) -> GroupTest | None:
        """The test to speak of: of a group that is worse, else of the first one."""
        worse = [test for test in self.tests if test.significant]
        return next(iter(worse or self.tests), None)

    @property
    def suite_failed(self) -> bool:
        return any(test.significant for test in self.tests)

    @property
    def moved(self) -> tuple[GroupTest, ...]:
        """The groups below the baseline that are not proven to be our change."""
        return tuple(test for test in self.tests if test.moved)

    @property
    def too_little(self) -> bool:
        """Whether so few cells were compared that no run may be green for it."""
        least = self.rules.least_compared
        ran = any(cell.status != "removed" for cell in self.cells)
        if least is None or not (ran or self.skipped):
            return False
        return not self.compared or self.compared < less_rounding(least * self.judged)

    @property
    def failed(self) -> bool:
        """Whether `--arena-fail-on regression` fails the run."""
        rules = self.rules
        fatal: list[Status] = ["error", "regressed"]
        if rules.blind_fails:
            fatal.append("blind")
        if rules.drift_fails:
            fatal.append("drifted")
        drifted = rules.drift_fails and any(test.way == "unchanged" for test in self.moved)
        return bool(self.of(*fatal)) or self.suite_failed or self.too_little or drifted

    @property
    def counts(self) -> dict[Status, int]:
        """Count the cells by status; statuses without a cell are left out."""
        found = Counter(cell.status for cell in self.cells)
        return {status: found[status] for status in STATUSES if found[status]}

    def of(self, *statuses: Status) -> tuple[GateCell, ...]:
        """Return the cells with one of these statuses."""
        return tuple(cell for cell in self.cells if cell.status in statuses)


def wanted(
    run: RunResult,
    baseline: Baseline,
    rules: Rules | None = None,
    *,
    collected: Collected | None = None,
) -> list[Ask]:
    """Return the further trials that the gate needs next; nothing once all is decided.

    The cells must hold all their trials (no early stop), and those that were asked for before. A
    run of a part of the baseline's cells asks for as much as the whole would, so that what other
    jobs find can be merged with it.
    """
    gone = collected.gone_from(baseline) if collected else []
    return _decision(pairs_of(run, baseline, gone), run, baseline, gone, rules).wanted()


def assess(
    run: RunResult,
    baseline: Baseline,
    rules: Rules | None = None,
    *,
    collected: Collected | None = None,
) -> GateResult:
    """Compare a run with a baseline, by the trials that its cells hold.

    `collected` tells which cells are no more; without it none counts as `removed` or renamed.
    """
    rules = rules or Rules()
    gone = collected.gone_from(baseline) if collected else []
    pairs = pairs_of(run, baseline, gone)
    decision = _decision(pairs, run, baseline, gone, rules)
    versions = versions_in(run.info.options)
    cells = [
        _explained(_bisected(judged(pair, decision, rules), pair, rules), pair, baseline, versions)
        for pair in pairs
    ]
    files = {cell.file for cell in baseline.cells.values()}
    renamed = {pair.before.key for pair in pairs if pair.before is not None}
    skipped = [key_of(cell) for cell in run.cells if cell.verdict == "skipped"]
    removed = [GateCell.removed(cell) for cell in gone if cell.key not in renamed]
    return GateResult(
        cells=tuple(sorted([*cells, *removed], key=lambda cell: cell.key)),
        tests=tuple(decision.tests),
        rules=rules,
        baseline=baseline.name,
        compared=sum(cell.status not in NOT_COMPARED for cell in cells),
        judged=_judged(pairs, files),
        skipped=len(skipped),
        skipped_known=sum(key in baseline.cells for key in skipped),
        families=decision.families,
        pairs=tuple(pairs),
    )


def _decision(
    pairs: Sequence[CellPair],
    run: RunResult,
    baseline: Baseline,
    gone: Sequence[BaselineCell],
    rules: Rules | None,
) -> Decision:
    here = {key_of(cell) for cell in run.cells} | {cell.key for cell in gone}
    elsewhere = sum(cell.judged > 0 for key, cell in baseline.cells.items() if key not in here)
    return Decision(pairs, rules or Rules(), elsewhere)


def _judged(pairs: Sequence[CellPair], files: set[str]) -> int:
    return sum(pair.before is not None or pair.key[0] in files for pair in pairs)


def _bisected(cell: GateCell, pair: CellPair, rules: Rules) -> GateCell:
    said = culprit(pair.cell, rules) if cell.status == "regressed" else ""
    return replace(cell, reason=f"{cell.reason}. {said}") if said else cell


def _explained(
    cell: GateCell, pair: CellPair, baseline: Baseline, versions: Mapping[str, Version]
) -> GateCell:
    diff = prompt_diff(baseline, pair) if "prompt" in cell.changed else ()
    return replace(cell, prompt_diff=diff, differences=differences(baseline, versions, pair))
