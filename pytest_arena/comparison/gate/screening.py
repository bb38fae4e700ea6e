"""The status of a cell that no fresh trials decide about."""

from __future__ import annotations

from fractions import Fraction

from pytest_arena.comparison.baseline.model import BaselineCell
from pytest_arena.comparison.gate.cells import CellPair, GateCell
from pytest_arena.comparison.gate.rules import Rules
from pytest_arena.comparison.gate.status import Status
from pytest_arena.comparison.stats.exact_tests import fisher_worse
from pytest_arena.errors import shorten
from pytest_arena.results import Cell


def screened(pair: CellPair, rules: Rules) -> GateCell:
    """Return the status of a cell by its verdicts and rates alone."""
    for look in (_unfit, _expected, _by_load, _by_answer, _by_verdict):
        found = look(pair, rules)
        if found is not None:
            return cell_with(pair, rules, *found)
    raise AssertionError("the last look gives a status to every cell")


_Found = tuple[Status, str] | None


def _unfit(pair: CellPair, rules: Rules) -> _Found:
    """Find the cells that cannot be compared at all."""
    now, before = pair.now, pair.before
    if now.verdict == "error":
        return "error", _why_no_verdict(pair.cell)
    if before is None:
        return "new", f"not in the baseline; {now.verdict} now"
    if pair.judged_anew and not pair.asked_again:
        what = " and the ".join(pair.judged_anew)
        return "incomparable", f"the {what} changed since the baseline; {now.verdict} now"
    if (before.source == "mock") != (now.source == "mock"):
        side = "baseline's" if before.source == "mock" else "run's"
        return "incomparable", f"only the {side} answers are mock answers; {now.verdict} now"
    if before.verdict == "error" or not before.judged:
        return "insufficient data", f"the baseline has no trial with a verdict; {now.verdict} now"
    if not now.judged:
        return "insufficient data", f"no trial that counts has a verdict; {now.verdict} now"
    return None


def _expected(pair: CellPair, rules: Rules) -> _Found:
    """Find the cells that failed as their `xfail` says, which fails nothing."""
    if not pair.cell.is_xfailed or pair.before is None:
        return None
    was = pair.before.verdict
    return "xfailed", f"failed as expected (xfail: {pair.cell.xfail}); {was} in the baseline"


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


def _by_verdict(pair: CellPair, rules: Rules) -> _Found:
    before, now = pair.before, pair.now
    if before is None:
        return None
    if pair.judged_anew:
        word: Status = "still passing" if now.verdict == "passed" else "still failing"
        what = " and the ".join(pair.judged_anew)
        return word, f"the {what} changed; {now.verdict} now, and no suspect"
    over_all = _failed_over_all(pair.cell)
    if (before.verdict, now.verdict) == ("passed", "failed") and over_all:
        reason = f"{over_all} failed over all trials, which fresh trials cannot confirm"
        return "suspected", f"{reason}; {rates(pair)}"
    if (before.verdict, now.verdict) != ("failed", "passed"):
        return _of_verdicts(before, now, "flaky", "fixed"), rates(pair)
    if fisher_worse(now.passed, now.judged, before.passed, before.judged) <= rules.alpha:
        return "fixed", rates(pair)
    return "flaky", rates(pair)


def _of_verdicts(before: BaselineCell, now: BaselineCell, worse: Status, better: Status) -> Status:
    if before.verdict == now.verdict:
        return "still passing" if now.verdict == "passed" else "still failing"
    return worse if now.verdict == "failed" else better


def cell_with(pair: CellPair, rules: Rules, status: Status, reason: str) -> GateCell:
    """Return what is known of a cell, with its status and the reason for it."""
    return GateCell(
        key=pair.key,
        id=pair.cell.id,
        status=status,
        reason=reason,
        before=pair.before,
        now=pair.now,
        changed=pair.changed,
        dropped=_dropped(pair, rules),
        renamed_from=pair.renamed_from,
    )


def rates(pair: CellPair) -> str:
    """Say how many trials passed, on both sides."""
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
    if pair.before is None or not pair.comparable or pair.judged_anew:
        return ()
    found = []
    for place, (held, judged) in pair.now.assertions.items():
        held_before, judged_before = pair.before.assertions.get(place, (0, 0))
        if judged and judged_before:
            drop = Fraction(held_before, judged_before) - Fraction(held, judged)
            found += [place] if drop >= rules.effect else []
    return tuple(sorted(found))
