"""The limits of `gates:`: held, broken, or impossible to tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pytest_arena.comparison.baseline.model import Baseline, BaselineCell, Key, key_of
from pytest_arena.comparison.baseline.summarize import summarize_cell
from pytest_arena.comparison.coverage import coverage_of_cells
from pytest_arena.comparison.gate.gate import GateResult
from pytest_arena.comparison.gate.scores import scores_seen
from pytest_arena.comparison.gate.threshold_metrics import Measured, measure
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, RunResult
from pytest_arena.schema.thresholds import OF_COVERAGE, Metric, ThresholdSpec

_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Against:
    """A baseline and what the gate says of the run beside it."""

    baseline: Baseline
    gate: GateResult

    @property
    def before(self) -> Mapping[Key, BaselineCell]:
        """The baseline's cells by the keys that they have in the run: a case may be renamed."""
        found = ((pair.key, pair.before) for pair in self.gate.pairs)
        return {key: self.baseline.cells[cell.key] for key, cell in found if cell is not None}


@dataclass(frozen=True, slots=True)
class ThresholdResult:
    """What became of one entry of `gates:`.

    `error` means that the limit could not be checked; it counts as broken, never as held.
    `value` and `before` are in the metric's unit; `n` counts what the value is made of.
    """

    spec: ThresholdSpec
    verdict: Literal["passed", "failed", "error"]
    reason: str
    value: float | None = None
    before: float | None = None
    n: int = 0

    @property
    def name(self) -> str:
        return self.spec.title

    @property
    def fails(self) -> bool:
        """Whether it fails the run."""
        return self.verdict != "passed" and self.spec.action != "warn"


def check_limits(
    specs: Sequence[ThresholdSpec],
    run: RunResult,
    *,
    file: str | None = None,
    against: Mapping[str | None, Against] | None = None,
) -> tuple[ThresholdResult, ...]:
    """Check the limits of an arena file on its own cells (None: on all cells of the run).

    `against` holds the baselines by the text of the gate's `baseline:`, and under None the run's
    own. New failures are those of the gate, so that chance does not break a limit either.
    """
    cells = {
        key_of(cell): (summarize_cell(cell), cell)
        for cell in run.cells
        if cell.verdict != "skipped" and (file is None or cell.file == file)
    }
    return tuple(_check(spec, cells, run, (against or {}).get(spec.baseline)) for spec in specs)


_Cells = Mapping[Key, tuple[BaselineCell, Cell]]


def _check(
    spec: ThresholdSpec, cells: _Cells, run: RunResult, against: Against | None
) -> ThresholdResult:
    meant = {
        key: (summary, cell)
        for key, (summary, cell) in sorted(cells.items())
        if (not spec.tags or set(spec.tags) & set(cell.tags))
        and (not spec.providers or {cell.provider, cell.column} & set(spec.providers))
        and (not spec.variants or cell.variant in spec.variants)
    }
    if not meant:
        return ThresholdResult(spec, "error", f"{spec.title}: no cell of this run is meant by it")
    if spec.canonical in OF_COVERAGE:
        found = _coverage(OF_COVERAGE[spec.canonical], run, [cell for _, cell in meant.values()])
        return _absolute(spec, found)
    own = {key: summary for key, (summary, _) in meant.items()}
    checks = []
    of_falls = spec.canonical == "score_falls"
    if not of_falls and (spec.lowest is not None or spec.highest is not None):
        every = list(own.values())
        trials = [cell.figures.trials for cell in every]
        checks.append(_absolute(spec, measure(spec.canonical, every, trials, spec.label)))
    if spec.needs_baseline and against is None:
        named = f"the baseline {spec.baseline}" if spec.baseline else "a baseline"
        reason = f"{spec.title}: {named} is needed and there is none"
        checks.append(ThresholdResult(spec, "error", reason))
    elif against is not None:
        if of_falls:
            checks.append(_score_falls(spec, own, against))
        if spec.max_degradation is not None:
            checks.append(_degradation(spec, own, against, spec.max_degradation))
        if spec.max_new_failures is not None:
            checks.append(_new_failures(spec, own, against.gate, spec.max_new_failures))
    return _worst(checks)


def _worst(checks: Sequence[ThresholdResult]) -> ThresholdResult:
    """Return the check that decides, with the reasons of those that are as bad."""
    for verdict in ("error", "failed", "passed"):
        found = [check for check in checks if check.verdict == verdict]
        if found:
            first = found[0]
            reason = "; ".join(check.reason for check in found)
            before = next((check.before for check in found if check.before is not None), None)
            return ThresholdResult(first.spec, verdict, reason, first.value, before, first.n)
    raise AssertionError("a gate has at least one limit")


def _coverage(kind: str, run: RunResult, cells: Sequence[Cell]) -> Measured:
    """Return the share of what the cells' files have of a kind that these cells exercised."""
    files = dict.fromkeys(cell.file for cell in cells)
    covered = [
        one
        for file in files
        for one in coverage_of_cells(run, file, [c for c in cells if c.file == file]).kinds
        if one.kind == kind
    ]
    if not covered:
        return Measured(None, why=f"the file has no {kind}")
    whole, never = sum(one.all for one in covered), [name for one in covered for name in one.never]
    named = ", ".join(never[:5]) + (", …" if len(never) > 5 else "")
    remark = f"never: {named}" if never else ""
    return Measured((whole - len(never)) / whole, whole, remark=remark)


def _absolute(spec: ThresholdSpec, found: Measured) -> ThresholdResult:
    if found.value is None:
        return ThresholdResult(spec, "error", f"{spec.title}: {found.why}")
    unit = spec.described
    low, high = spec.lowest, spec.highest
    broken = []
    if low is not None and found.value < low - _slack(low):
        broken.append(f"below {_shown(low, unit)}")
    if high is not None and found.value > high + _slack(high):
        broken.append(f"above {_shown(high, unit)}")
    bounds = [f"at least {_shown(low, unit)}"] if low is not None else []
    bounds += [f"at most {_shown(high, unit)}"] if high is not None else []
    how = ", ".join(broken) if broken else f"within {' and '.join(bounds)}"
    reason = f"{spec.title}: {spec.metric} is {_shown(found.value, unit)}, {how}{_remark(found)}"
    return ThresholdResult(
        spec, "failed" if broken else "passed", reason, found.value, None, found.n
    )


def _degradation(
    spec: ThresholdSpec, cells: Mapping[Key, BaselineCell], against: Against, most: float
) -> ThresholdResult:
    baseline, known = against.baseline, against.before
    pairs = [
        (cell, known[key])
        for key, cell in cells.items()
        if key in known and _alike(spec, cell, known[key])
    ]
    if not pairs:
        reason = f"{spec.title}: {baseline.name} has no cell to compare with"
        return ThresholdResult(spec, "error", reason)
    trials = [now.figures.trials for now, _ in pairs]
    now = measure(spec.canonical, [cell for cell, _ in pairs], trials, spec.label)
    before = measure(spec.canonical, [cell for _, cell in pairs], trials, spec.label)
    if now.value is None or before.value is None:
        why = now.why if now.value is None else f"in {baseline.name}, {before.why}"
        return ThresholdResult(
            spec, "error", f"{spec.title}: {why}", now.value, before.value, now.n
        )
    unit = spec.described
    worse = before.value - now.value if unit.more_is_better else now.value - before.value
    share = worse / before.value if before.value > 0 else None
    held = worse <= most * before.value + _slack(before.value)
    change = _change(worse, share)
    reason = (
        f"{spec.title}: {spec.metric} is {_shown(now.value, unit)}, {change} the baseline's "
        f"{_shown(before.value, unit)} (allowed: {most:.1%} worse){_remark(now)}"
    )
    verdict: Literal["passed", "failed"] = "passed" if held else "failed"
    return ThresholdResult(spec, verdict, reason, now.value, before.value, now.n)


def _alike(spec: ThresholdSpec, now: BaselineCell, before: BaselineCell) -> bool:
    """Return whether a metric says the same of both: a share only of the same assertions."""
    if not spec.described.more_is_better:
        return bool(now.figures.trials and before.figures.trials)
    if "error" in (now.verdict, before.verdict):
        return False
    return all(now.hashes.get(n, "") == before.hashes.get(n, "") for n in ("assertions", "judge"))


def _new_failures(
    spec: ThresholdSpec, cells: Mapping[Key, BaselineCell], gate: GateResult, most: int
) -> ThresholdResult:
    own = [cell for cell in gate.cells if cell.key in cells]
    expected = {pair.key for pair in gate.pairs if pair.cell.is_xfailed}
    judged = [cell for cell in own if cell.status != "error"]
    if not judged:
        return ThresholdResult(spec, "error", f"{spec.title}: no cell reached a verdict")
    found = [
        cell.id
        for cell in judged
        if cell.status == "regressed"
        or (
            cell.status == "new"
            and cell.now is not None
            and cell.now.verdict == "failed"
            and cell.key not in expected
        )
    ]
    names = f": {', '.join(found[:5])}" + (", …" if len(found) > 5 else "") if found else ""
    reason = f"{spec.title}: {len(found)} new failures, {most} allowed{names}"
    verdict: Literal["passed", "failed"] = "passed" if len(found) <= most else "failed"
    return ThresholdResult(spec, verdict, reason, float(len(found)), None, len(judged))


def _score_falls(
    spec: ThresholdSpec, cells: Mapping[Key, BaselineCell], against: Against
) -> ThresholdResult:
    baseline = against.baseline
    pairs = [pair for pair in against.gate.pairs if pair.key in cells]
    seen = scores_seen(pairs, against.gate.rules)
    if not seen.compared:
        reason = f"{spec.title}: {baseline.name} has no scores to compare with"
        return ThresholdResult(spec, "error", reason)
    most, count = spec.highest or 0.0, len(seen.falls)
    named = [f"{fall.scored} by {fall.drop:.2f}" for fall in seen.falls]
    names = f": {', '.join(named[:5])}" + (", …" if count > 5 else "") if named else ""
    falls = "1 fall" if count == 1 else f"{count} falls"
    reason = f"{spec.title}: {falls} of scores, {most:g} allowed{names}"
    if seen.unknown:
        reason += f" ({baseline.name} keeps no scores of {seen.unknown} cells)"
    verdict: Literal["passed", "failed"] = "passed" if count <= most else "failed"
    return ThresholdResult(spec, verdict, reason, float(count), None, seen.compared)


def _slack(value: float) -> float:
    """Return what rounding may add to a figure of this size."""
    return _CLOSE * max(1e-6, abs(value))


def _change(worse: float, share: float | None) -> str:
    if not worse:
        return "as"
    way = "worse than" if worse > 0 else "better than"
    return f"{abs(share):.1%} {way}" if share is not None else way


def _shown(value: float, metric: Metric) -> str:
    if metric.unit == "share":
        return f"{value * 100:.4g} %"
    if metric.unit == "usd":
        return f"${value:.4g}"
    word = "ms" if metric.unit == "ms" else "tokens"
    return f"{value:,.0f} {word}" if value >= 1000 else f"{value:.4g} {word}"


def _remark(found: Measured) -> str:
    return f" ({found.remark})" if found.remark else ""
