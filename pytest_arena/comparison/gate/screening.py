"""The status of one cell beside its baseline, before and after its confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from pytest_arena.comparison.baseline.model import BaselineCell
from pytest_arena.comparison.gate.cells import CellPair, GateCell, Rules
from pytest_arena.comparison.gate.status import Status
from pytest_arena.comparison.stats.exact_tests import fisher_worse, smallest_p, trials_wanted
from pytest_arena.errors import shorten
from pytest_arena.results import Cell


def screened(pairs: Sequence[CellPair], rules: Rules) -> list[tuple[CellPair, GateCell | None]]:
    """Return the status of each cell, or None where fresh trials have to decide."""
    return [(pair, _screen(pair, rules)) for pair in pairs]


def confirmed(
    pair: CellPair,
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


def _screen(pair: CellPair, rules: Rules) -> GateCell | None:
    for look in (_unfit, _by_load, _by_answer, _by_drop, _by_verdict):
        found = look(pair, rules)
        if found == "suspect":
            return None
        if found is not None:
            return _cell(pair, rules, *found)
    raise AssertionError("the last look gives a status to every cell")


_Found = tuple[Status, str] | Literal["suspect"] | None


def _unfit(pair: CellPair, rules: Rules) -> _Found:
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


def _by_load(pair: CellPair, rules: Rules) -> _Found:
    """Compare the verdicts of a load: it is not made again to tell change from chance."""
    if pair.cell.load is None or pair.before is None:
        return None
    before, now = pair.before.verdict, pair.now.verdict
    reason = f"{now} now, {before} in the baseline"
    if (before, now) == ("passed", "failed"):
        reason += "; a load is not made again to confirm it"
    return _of_verdicts(pair.before, pair.now, "suspected", "fixed"), reason


def _by_answer(pair: CellPair, rules: Rules) -> _Found:
    """Compare cells with one recorded or mock answer on both sides: a flip is a flip."""
    if not pair.deterministic or pair.before is None:
        return None
    before, now = pair.before, pair.now
    same = "the same" if before.digest == now.digest else "another"
    reason = f"{now.verdict} now, {before.verdict} in the baseline, with {same} {now.source} answer"
    if now.source is None:
        reason = f"{now.verdict} now, {before.verdict} in the baseline, without a call"
    return _of_verdicts(before, now, "regressed", "fixed"), reason


def _by_drop(pair: CellPair, rules: Rules) -> _Found:
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


def _by_verdict(pair: CellPair, rules: Rules) -> _Found:
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


def _cell(pair: CellPair, rules: Rules, status: Status, reason: str) -> GateCell:
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


def _rates(pair: CellPair) -> str:
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


def _dropped(pair: CellPair, rules: Rules) -> tuple[str, ...]:
    if pair.before is None or not pair.comparable:
        return ()
    found = []
    for place, (held, judged) in pair.now.assertions.items():
        held_before, judged_before = pair.before.assertions.get(place, (0, 0))
        if judged and judged_before:
            drop = Fraction(held_before, judged_before) - Fraction(held, judged)
            found += [place] if drop >= rules.effect else []
    return tuple(sorted(found))
