"""The status of one cell beside its baseline, before and after its confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from pytest_arena.comparison.baseline import (
    HASHES,
    Baseline,
    BaselineCell,
    Key,
    key_of,
    summarize_cell,
)
from pytest_arena.comparison.gate_statistics import fisher_worse, smallest_p, trials_wanted
from pytest_arena.errors import shorten
from pytest_arena.results import Cell, RunResult

Status = Literal[
    "regressed",
    "error",
    "suspected",
    "insufficient data",
    "incomparable",
    "flaky",
    "fixed",
    "still failing",
    "still passing",
    "new",
    "removed",
]
STATUSES: tuple[Status, ...] = (
    "regressed",
    "error",
    "suspected",
    "insufficient data",
    "incomparable",
    "flaky",
    "fixed",
    "still failing",
    "still passing",
    "new",
    "removed",
)
"""All statuses, those that ask for attention first."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Hold what the gate goes by.

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
    """Hold the status of one cell and the reason for it.

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
class Pair:
    """Hold a cell of the run beside that of the baseline."""

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
        """Whether trials of the two sides can be weighed against each other."""
        return self.comparable and not self.deterministic


def pairs_of(run: RunResult, baseline: Baseline) -> list[Pair]:
    """Return the cells of a run with those of the baseline, by key; skipped ones are left out."""
    pairs = []
    for cell in sorted(run.cells, key=key_of):
        if cell.verdict != "skipped":
            key = key_of(cell)
            now, before = summarize_cell(cell), baseline.cells.get(key)
            if before is not None and now.deterministic != before.deterministic:
                now, before = _one_answer(now), _one_answer(before)
            pairs.append(Pair(key, cell, now, before))
    return pairs


def screened(pairs: Sequence[Pair], rules: Rules) -> list[tuple[Pair, GateCell | None]]:
    """Return the status of each cell, or None where fresh trials have to decide."""
    return [(pair, _screen(pair, rules)) for pair in pairs]


def confirmed(
    pair: Pair,
    fresh: BaselineCell | None,
    p_value: float | None,
    adjusted: float | None,
    rules: Rules,
) -> GateCell:
    """Return the status of a suspect after its fresh trials (None: there were none)."""
    before = pair.before
    if before is None or fresh is None:
        reason = f"{_rates(pair)}; no fresh trials were made to confirm it"
        return _cell(pair, rules, "suspected", reason)
    if not fresh.judged:
        reason = f"{_rates(pair)}, and none of {fresh.trials} fresh trials reached a verdict"
        return replace(_cell(pair, rules, "error", reason), fresh=fresh)
    counts = f"{fresh.passed} of {fresh.judged} fresh trials passed"
    significance = f"(p = {adjusted:.2g})" if adjusted is not None else ""
    share = Fraction(fresh.passed, fresh.judged)
    drop = Fraction(before.passed, before.judged) - share
    if adjusted is not None and adjusted <= rules.alpha / 2:
        status: Status = "regressed"
        reason = f"{counts}, {before.passed} of {before.judged} did in the baseline {significance}"
    elif smallest_p(before.passed, before.judged, fresh.judged) > rules.alpha / 2:
        status = "suspected"
        reason = f"{_rates(pair)}; only {fresh.judged} of {fresh.trials} fresh trials reached a "
        reason += "verdict, too few to confirm it"
    elif drop >= rules.effect:
        status = "suspected"
        reason = f"{_rates(pair)}; {counts}, which may be chance {significance}"
    else:
        status = "flaky"
        reason = f"{_rates(pair)}, but {counts}"
    result = _cell(pair, rules, status, reason)
    return replace(result, fresh=fresh, p_value=p_value, adjusted=adjusted)


def _screen(pair: Pair, rules: Rules) -> GateCell | None:
    for look in (_unfit, _by_answer, _by_drop, _by_verdict):
        found = look(pair, rules)
        if found == "suspect":
            return None
        if found is not None:
            return _cell(pair, rules, *found)
    raise AssertionError("the last look gives a status to every cell")


_Found = tuple[Status, str] | Literal["suspect"] | None


def _unfit(pair: Pair, rules: Rules) -> _Found:
    """Find the cells that cannot be compared at all."""
    now, before = pair.now, pair.before
    if now.verdict == "error":
        return "error", _why_no_verdict(pair.cell)
    if before is None:
        return "new", f"not in the baseline; {now.verdict} now"
    judged_anew = [name for name in ("assertions", "judge") if name in pair.changed]
    if judged_anew:
        what = " and the ".join(judged_anew)
        return "incomparable", f"the {what} changed since the baseline; {now.verdict} now"
    if (before.source == "mock") != (now.source == "mock"):
        side = "baseline's" if before.source == "mock" else "run's"
        return "incomparable", f"only the {side} answers are mock answers; {now.verdict} now"
    if before.verdict == "error" or not before.judged:
        return "insufficient data", f"the baseline has no trial with a verdict; {now.verdict} now"
    if not now.judged:
        return "insufficient data", f"no trial that counts has a verdict; {now.verdict} now"
    return None


def _by_answer(pair: Pair, rules: Rules) -> _Found:
    """Compare cells with one recorded or mock answer on both sides: a flip is a flip."""
    if not pair.deterministic or pair.before is None:
        return None
    before, now = pair.before, pair.now
    same = "the same" if before.digest == now.digest else "another"
    reason = f"{now.verdict} now, {before.verdict} in the baseline, with {same} {now.source} answer"
    if now.source is None:
        reason = f"{now.verdict} now, {before.verdict} in the baseline, without a call"
    return _of_verdicts(before, now, "regressed", "fixed"), reason


def _by_drop(pair: Pair, rules: Rules) -> _Found:
    """Find suspects, and those that would be, had the baseline more trials."""
    before, drop = pair.before, pair.drop
    if before is None or drop is None or drop < rules.effect:
        return None
    level = rules.alpha / 2
    if smallest_p(before.passed, before.judged, rules.confirm_trials) <= level:
        return "suspect"
    wanted = trials_wanted(rules.confirm_trials, level)
    enough = f"{wanted} passed ones could" if wanted else "more fresh trials are needed"
    return "insufficient data", (
        f"{_rates(pair)}; with {rules.confirm_trials} fresh trials, a baseline of "
        f"{before.judged} can never show a regression ({enough})"
    )


def _by_verdict(pair: Pair, rules: Rules) -> _Found:
    before, now = pair.before, pair.now
    if before is None:
        return None
    over_all = _failed_over_all(pair.cell)
    if (before.verdict, now.verdict) == ("passed", "failed") and over_all:
        reason = f"{over_all} failed over all trials, which fresh trials cannot confirm"
        return "suspected", f"{reason}; {_rates(pair)}"
    if (before.verdict, now.verdict) != ("failed", "passed"):
        return _of_verdicts(before, now, "flaky", "fixed"), _rates(pair)
    if fisher_worse(now.passed, now.judged, before.passed, before.judged) <= rules.alpha:
        return "fixed", _rates(pair)
    if smallest_p(now.judged, now.judged, before.judged) > rules.alpha:
        reason = f"{_rates(pair)}: too few trials to tell a repair from chance"
        return "insufficient data", reason
    return "flaky", _rates(pair)


def _of_verdicts(before: BaselineCell, now: BaselineCell, worse: Status, better: Status) -> Status:
    if before.verdict == now.verdict:
        return "still passing" if now.verdict == "passed" else "still failing"
    return worse if now.verdict == "failed" else better


def _cell(pair: Pair, rules: Rules, status: Status, reason: str) -> GateCell:
    return GateCell(
        key=pair.key,
        id=pair.cell.id,
        status=status,
        reason=reason,
        before=pair.before,
        now=pair.now,
        changed=pair.changed,
        dropped=_dropped(pair, rules),
    )


def _rates(pair: Pair) -> str:
    now, before = pair.now, pair.before
    if before is None:
        return f"{now.passed} of {now.judged} passed"
    return (
        f"{now.passed} of {now.judged} passed now, "
        f"{before.passed} of {before.judged} in the baseline"
    )


def _why_no_verdict(cell: Cell) -> str:
    errors = [trial.error for trial in cell.trials if trial.error]
    reasons = [f.reason for trial in cell.trials for f in trial.assertions if f.verdict == "error"]
    reasons += [f.reason for f in cell.assertions if f.verdict == "error"]
    if errors:
        return f"no verdict was reached: {errors[0].kind}: {shorten(errors[0].message)}"
    why = cell.reason or next(iter(reasons), None)
    return f"no verdict was reached: {shorten(why)}" if why else "no verdict was reached"


def _failed_over_all(cell: Cell) -> str:
    """Name the assertions that look at all trials together and failed, as a total cost does."""
    per_trial = {(f.type, f.line, f.turn) for trial in cell.trials for f in trial.assertions}
    failed = [
        finding.type
        for finding in cell.assertions
        if finding.verdict == "failed"
        and finding.weight > 0
        and (finding.type, finding.line, finding.turn) not in per_trial
    ]
    return ", ".join(failed)


def _dropped(pair: Pair, rules: Rules) -> tuple[str, ...]:
    if pair.before is None or not pair.comparable:
        return ()
    found = []
    for place, (held, judged) in pair.now.assertions.items():
        held_before, judged_before = pair.before.assertions.get(place, (0, 0))
        if judged and judged_before:
            drop = Fraction(held_before, judged_before) - Fraction(held, judged)
            found += [place] if drop >= rules.effect else []
    return tuple(sorted(found))


def _one_answer(side: BaselineCell) -> BaselineCell:
    """Count an answer that was given again and again once, beside answers that were drawn."""
    if not side.deterministic:
        return side
    passed = int(side.verdict == "passed")
    return replace(side, passed=passed, failed=1 - passed, error=0)
