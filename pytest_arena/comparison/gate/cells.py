"""The cells of a run beside those of the baseline, and what the gate says of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from pytest_arena.comparison.baseline.model import HASHES, Baseline, BaselineCell, Key, key_of
from pytest_arena.comparison.baseline.summarize import summarize_cell
from pytest_arena.comparison.gate.status import Status
from pytest_arena.results import Cell, RunResult


@dataclass(frozen=True, slots=True)
class Rules:
    """What the gate goes by.

    `alpha` is the chance of a false alarm in a whole run, `min_effect` the fall of a pass rate
    (from 0 to 1) that makes a cell a suspect, `confirm_trials` how many fresh trials one gets.
    """

    alpha: float = 0.05
    min_effect: float = 0.5
    confirm_trials: int = 8

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1 or not 0 < self.min_effect <= 1 or self.confirm_trials < 1:
            raise ValueError(f"no gate can go by {self}")

    @property
    def effect(self) -> Fraction:
        """`min_effect` as it was written: 0.7 and not the nearest binary number."""
        return Fraction(str(self.min_effect))


@dataclass(frozen=True, slots=True)
class GateCell:
    """The status of one cell and the reason for it.

    `before`, `now` and `fresh` are the counts behind it (baseline, this run, confirmation);
    `p_value` is Fisher's, `adjusted` the same after Holm. `changed` names which of prompt,
    provider, assertions and judge are not as they were; `dropped` are the assertions, by place,
    whose rate fell by `min_effect` or more. `prompt_diff` holds the lines of a unified diff.
    """

    key: Key
    id: str
    status: Status
    reason: str
    before: BaselineCell | None = None
    now: BaselineCell | None = None
    fresh: BaselineCell | None = None
    p_value: float | None = None
    adjusted: float | None = None
    changed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    prompt_diff: tuple[str, ...] = ()
    renamed_from: str | None = None

    @property
    def fails(self) -> bool:
        """Whether the cell alone fails a run with `--arena-fail-on regression`."""
        return self.status in ("regressed", "error")

    @property
    def flaky(self) -> bool:
        """Whether some trials passed and some failed, on either side."""
        return any(side.flaky for side in (self.before, self.now, self.fresh) if side)

    @classmethod
    def removed(cls, cell: BaselineCell) -> GateCell:
        """Return that a cell of the baseline is no more."""
        reason = "in the baseline, but no longer in its arena file"
        return cls(cell.key, cell.id, "removed", reason, before=cell)


@dataclass(frozen=True, slots=True)
class CellPair:
    """A cell of the run beside that of the baseline."""

    key: Key
    cell: Cell
    now: BaselineCell
    before: BaselineCell | None

    @property
    def changed(self) -> tuple[str, ...]:
        """Which of the hashes differ."""
        if self.before is None:
            return ()
        before, now = self.before.hashes, self.now.hashes
        return tuple(name for name in HASHES if before.get(name, "") != now.get(name, ""))

    @property
    def drop(self) -> Fraction | None:
        """The fall of the pass rate; None where a side has no trial with a verdict."""
        before, now = self.before, self.now
        if before is None or not before.judged or not now.judged:
            return None
        return Fraction(before.passed, before.judged) - Fraction(now.passed, now.judged)

    @property
    def comparable(self) -> bool:
        """Whether both sides reached a verdict on the same question."""
        before = self.before
        return (
            before is not None
            and "error" not in (before.verdict, self.now.verdict)
            and not {"assertions", "judge"} & set(self.changed)
            and (before.source == "mock") == (self.now.source == "mock")
            and self.drop is not None
        )

    @property
    def deterministic(self) -> bool:
        """Whether both sides hold one answer that asking again would repeat."""
        return self.now.deterministic and self.before is not None and self.before.deterministic

    @property
    def by_statistics(self) -> bool:
        """Whether trials of the two sides can be weighed against each other; a load has none."""
        return self.comparable and not self.deterministic and self.cell.load is None


def pairs_of(run: RunResult, baseline: Baseline) -> list[CellPair]:
    """Return the cells of a run with those of the baseline, by key; skipped ones are left out."""
    pairs = []
    for cell in sorted(run.cells, key=key_of):
        if cell.verdict != "skipped":
            key = key_of(cell)
            now, before = summarize_cell(cell), baseline.cells.get(key)
            if before is not None and now.deterministic != before.deterministic:
                now, before = _one_answer(now), _one_answer(before)
            pairs.append(CellPair(key, cell, now, before))
    return pairs


def _one_answer(side: BaselineCell) -> BaselineCell:
    """Count an answer that was given again and again once, beside answers that were drawn."""
    if not side.deterministic:
        return side
    passed = int(side.verdict == "passed")
    return replace(side, passed=passed, failed=1 - passed, error=0)
