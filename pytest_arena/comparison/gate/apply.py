"""What a whole run is held against: its baseline, and the limits of its arena files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_arena.comparison.baseline.model import Baseline, BaselineCell
from pytest_arena.comparison.baseline.source import read_baseline
from pytest_arena.comparison.baseline.summarize import figures_of
from pytest_arena.comparison.baseline.update import Collected
from pytest_arena.comparison.gate.gate import GateCell, GateResult, Rules, assess
from pytest_arena.comparison.gate.scores import ScoresSeen, scores_seen
from pytest_arena.comparison.gate.thresholds import Against, ThresholdResult, check_limits
from pytest_arena.comparison.stats.quantiles import quantile
from pytest_arena.errors import UsageError
from pytest_arena.results.cell import Cell, Count, GateFinding, Took
from pytest_arena.results.run import Gate, RunResult, ThresholdFinding
from pytest_arena.results.trial import Trial
from pytest_arena.schema.thresholds import ThresholdSpec


def with_gate(
    run: RunResult, baseline: Baseline, rules: Rules, collected: Collected | None = None
) -> RunResult:
    """Return the run with the gate's verdict and the standing of each cell."""
    result = assess(run, baseline, rules, collected=collected)
    by_id = {cell.id: cell for cell in result.cells}
    cells = tuple(
        replace(cell, standing=_standing(by_id[cell.id])) if cell.id in by_id else cell
        for cell in run.cells
    )
    scores = scores_seen(result.pairs, rules)
    return replace(run, cells=cells, gate=_gate(result, run.cells, scores))


def with_limits(
    run: RunResult,
    arenas: Iterable[Mapping[str, Any]],
    *,
    own: Baseline | None,
    rules: Rules,
    folder: Path,
    collected: Collected | None = None,
) -> RunResult:
    """Return the run with what became of the entries of `gates:`, each on its own file's cells.

    `arenas` are the facts of the arena files: `file`, `gates` as they were written, and how many
    cells each column has; where some of those that an entry means were not selected, it can only
    warn. `own` is the run's baseline; an entry may name another one, relative to `folder`. One that
    cannot be read leaves its limit an error that says why. `collected` tells renamed cells.
    """
    known: dict[str | None, _Reading] = {}

    def reading(named: str | None) -> _Reading:
        if named not in known:
            known[named] = _read_and_assess(run, named, own, rules, folder, collected)
        return known[named]

    found = []
    for arena in arenas:
        columns = _columns_of(arena)
        for written in arena.get("gates", ()):
            spec = ThresholdSpec.model_validate(written)
            finding = _finding(str(arena["file"]), spec, run, reading(spec.baseline))
            found.append(_of_a_part(finding, spec, run, columns))
    return replace(run, limits=tuple(found))


def _columns_of(arena: Mapping[str, Any]) -> dict[str, int]:
    """Return how many cells each column of a file has; nothing where its facts do not say it."""
    inventory = arena.get("inventory")
    written = inventory.get("columns") if isinstance(inventory, Mapping) else None
    counts = written.items() if isinstance(written, Mapping) else ()
    return {str(column): count for column, count in counts if isinstance(count, int)}


def _of_a_part(
    finding: ThresholdFinding, spec: ThresholdSpec, run: RunResult, columns: Mapping[str, int]
) -> ThresholdFinding:
    """Return what became of a limit, which says nothing of cells that were not selected."""
    own = [cell for cell in run.cells if cell.file == finding.file]
    has_variants = any(cell.variant for cell in own)
    meant = [one for one in columns if _means(spec, one, has_variants=has_variants)]
    whole = sum(columns[one] for one in meant)
    left = whole - sum(cell.column in meant for cell in own)
    if left <= 0:
        return finding
    reason = f"{finding.reason}; {left:,} of {whole:,} cells were not selected"
    if finding.verdict != "passed" and finding.action == "fail":
        return replace(finding, action="warn", reason=f"{reason}, so that it fails nothing")
    return replace(finding, reason=reason)


def _means(spec: ThresholdSpec, column: str, *, has_variants: bool) -> bool:
    """Return whether a limit means the cells of a column; where a file has variants, each of its
    columns is `provider/variant`."""
    provider, _, variant = column.rpartition("/") if has_variants else (column, "", "")
    named = not spec.providers or bool({provider, column} & set(spec.providers))
    return named and (not spec.variants or variant in spec.variants)


def fresh_trials(cells: Iterable[Cell]) -> Mapping[str, Sequence[Trial]]:
    """Return the confirmation trials of suspects by the cells' ids."""
    return {cell.id: cell.confirmation for cell in cells if cell.confirmation}


_Reading = tuple[Against | None, str]
"""A baseline with the gate's word on the run beside it, and why there is none, where it cannot be
read."""


def _read_and_assess(
    run: RunResult,
    named: str | None,
    own: Baseline | None,
    rules: Rules,
    folder: Path,
    collected: Collected | None,
) -> _Reading:
    try:
        baseline = read_baseline(named, folder) if named else own
    except UsageError as error:
        return None, f" ({str(error).splitlines()[0]})"
    if baseline is None:
        return None, ""
    gate = assess(run, baseline, rules, collected=collected)
    return Against(baseline, gate), ""


def _finding(file: str, spec: ThresholdSpec, run: RunResult, reading: _Reading) -> ThresholdFinding:
    against, unread = reading
    given = {spec.baseline: against} if against is not None else {}
    result: ThresholdResult
    (result,) = check_limits([spec], run, file=file, against=given)
    return ThresholdFinding(
        file=file,
        name=spec.title,
        metric=spec.metric,
        verdict=result.verdict,
        action="warn" if spec.action == "warn" else "fail",
        reason=result.reason + unread,
        value=result.value,
        before=result.before,
        n=result.n,
    )


def _standing(cell: GateCell) -> GateFinding:
    outputs = cell.before.outputs if cell.before else None
    return GateFinding(
        status=cell.status,
        reason=cell.reason,
        before=_count(cell.before),
        now=_count(cell.now),
        fresh=_count(cell.fresh),
        old=_count(cell.old),
        p_value=cell.adjusted,
        evidence=cell.evidence,
        changed=cell.changed,
        dropped=cell.dropped,
        prompt_diff=cell.prompt_diff,
        differences=cell.differences,
        output_before=outputs[0] if outputs else None,
        renamed_from=cell.renamed_from,
        took_before=_took(cell.before),
        took=_took(cell.now),
    )


def _took(cell: BaselineCell | None) -> Took | None:
    if cell is None:
        return None
    figures = cell.figures
    cost = figures.cost_usd
    return Took(
        latency_ms=quantile(figures.latencies_ms, 0.5),
        cost_usd=None if cost is None or not figures.trials else cost / figures.trials,
    )


def _count(cell: BaselineCell | None) -> Count | None:
    return Count(cell.passed, cell.judged) if cell else None


def _gate(result: GateResult, cells: Iterable[Cell], scores: ScoresSeen) -> Gate:
    extra = figures_of([trial for cell in cells for trial in cell.extra_trials])
    return Gate(
        baseline=result.baseline,
        failed=result.failed,
        counts={str(status): count for status, count in result.counts.items()},
        suite=result.suite.reason if result.suite else None,
        suite_failed=result.suite_failed,
        removed=tuple(cell.id for cell in result.of("removed")),
        moved=tuple(test.warning for test in result.moved),
        families=result.families,
        scores=scores.falls,
        scores_unknown=scores.unknown,
        compared=result.compared,
        judged=result.judged,
        skipped=result.skipped_known,
        least_compared=result.rules.least_compared,
        calls=extra.requests,
        cost_usd=extra.cost_usd if extra.requests else None,
    )
