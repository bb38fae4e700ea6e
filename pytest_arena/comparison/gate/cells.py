"""The cells of a run beside those of the baseline, and what the gate says of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from pytest_arena.comparison.baseline.model import HASHES, Baseline, BaselineCell, Key, key_of
from pytest_arena.comparison.baseline.summarize import summarize_cell
from pytest_arena.comparison.gate.status import Status
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, RunResult

Way = Literal["again", "stored", "unchanged"]
"""How a cell is judged: beside the old version, asked again; by what the baseline stores of it; or
so, but for a word on its provider alone, since nothing of ours changed."""


_GONE = 3


@dataclass(frozen=True, slots=True)
class GateCell:
    """The status of one cell and the reason for it.

    `before`, `now`, `fresh` and `old` are the counts behind it (baseline, this run, trials after
    the run, and those of the old version beside them); `adjusted` is the p-value after the
    step-up over all suspects, `evidence` what the pairs say. `changed` names which of prompt,
    provider, assertions and judge are not as they were; `dropped` are the assertions, by place,
    whose rate fell by `min_effect` or more. `prompt_diff` holds the lines of a unified diff,
    `differences` a line for each other thing that is not as it was.
    """

    key: Key
    id: str
    status: Status
    reason: str
    before: BaselineCell | None = None
    now: BaselineCell | None = None
    fresh: BaselineCell | None = None
    old: BaselineCell | None = None
    adjusted: float | None = None
    evidence: float | None = None
    changed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    prompt_diff: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    renamed_from: str | None = None

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
    def renamed_from(self) -> str | None:
        """The case's name in the baseline, where it is another one."""
        renamed = self.before is not None and self.before.case != self.key[1]
        return self.before.case if renamed and self.before is not None else None

    @property
    def changed(self) -> tuple[str, ...]:
        """Which of the hashes differ."""
        if self.before is None:
            return ()
        before, now = self.before.hashes, self.now.hashes
        return tuple(name for name in HASHES if before.get(name, "") != now.get(name, ""))

    @property
    def judged_anew(self) -> tuple[str, ...]:
        """What judges the answers and is not as it was."""
        return tuple(name for name in self.changed if name in ("assertions", "judge"))

    @property
    def asked_again(self) -> bool:
        """Whether the old version can be asked beside the new one.

        One whose first trials all ended in an error cannot: a model may have been withdrawn.
        """
        old = self.cell.confirmation_old
        gone = len(old) >= _GONE and all(trial.verdict == "error" for trial in old)
        return self.cell.old_version is not None and bool(self.changed) and not gone

    @property
    def comparable(self) -> bool:
        """Whether both sides reached a verdict on the same question, or can be made to."""
        before = self.before
        return (
            before is not None
            and "error" not in (before.verdict, self.now.verdict)
            and (self.asked_again or not self.judged_anew)
            and (before.source == "mock") == (self.now.source == "mock")
            and before.judged > 0
            and self.now.judged > 0
        )

    @property
    def deterministic(self) -> bool:
        """Whether both sides hold one answer that asking again would repeat."""
        return self.now.deterministic and self.before is not None and self.before.deterministic

    @property
    def way(self) -> Way | None:
        """How trials of the two sides are weighed against each other; None where they are not."""
        if not self.comparable or self.deterministic or self.cell.load is not None:
            return None
        if self.cell.xfail is not None:
            # left out whether it passed or not: to count those that passed would hide falls
            return None
        if self.asked_again:
            return "again"
        ours = bool(self.changed) or not self.cell.model_alone
        return "stored" if ours else "unchanged"

    @property
    def stored(self) -> tuple[int, int]:
        """The baseline's trials and passes; none where something else judges them now."""
        if self.before is None or self.judged_anew:
            return (0, 0)
        return (self.before.judged, self.before.passed)

    @property
    def drop(self) -> Fraction:
        """The fall of the pass rate, of a cell that is comparable."""
        trials, passed = self.stored
        if not trials:
            return Fraction()
        return Fraction(passed, trials) - Fraction(self.now.passed, self.now.judged)


def pairs_of(
    run: RunResult, baseline: Baseline, gone: Sequence[BaselineCell] = ()
) -> list[CellPair]:
    """Return the cells of a run with those of the baseline; skipped ones are left out.

    They are found by key; a case that asks what one of those that are `gone` asked is that one,
    renamed.
    """
    ran = [cell for cell in sorted(run.cells, key=key_of) if cell.verdict != "skipped"]
    twins = _twins([cell for cell in ran if key_of(cell) not in baseline.cells], gone)
    pairs = []
    for cell in ran:
        key = key_of(cell)
        now, before = summarize_cell(cell), baseline.cells.get(key, twins.get(key))
        if before is not None and now.deterministic != before.deterministic:
            now, before = _one_answer(now), _one_answer(before)
        pairs.append(CellPair(key, cell, now, before))
    return pairs


def _twins(new: Sequence[Cell], gone: Sequence[BaselineCell]) -> dict[Key, BaselineCell]:
    """Return which of the cells that are gone a new one is, where there is no doubt."""
    places = Counter(_question(cell.file, cell.column, cell.hashes.get("prompt")) for cell in new)
    known: dict[tuple[str, ...], list[BaselineCell]] = {}
    for before in gone:
        place = _question(before.file, before.column, before.hashes.get("prompt"))
        known.setdefault(place, []).append(before)
    found = {}
    for cell in new:
        place = _question(cell.file, cell.column, cell.hashes.get("prompt"))
        if cell.hashes.get("prompt") and places[place] == 1 and len(known.get(place, ())) == 1:
            found[key_of(cell)] = known[place][0]
    return found


def _question(file: str, column: str, prompt: str | None) -> tuple[str, ...]:
    return (file, column, prompt or "")


def _one_answer(side: BaselineCell) -> BaselineCell:
    """Count an answer that was given again and again once, beside answers that were drawn."""
    if not side.deterministic:
        return side
    passed = int(side.verdict == "passed")
    return replace(side, passed=passed, failed=1 - passed, error=0)
