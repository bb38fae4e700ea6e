"""The gate and the limits over the cells of all shards: a shard alone saw only its part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_arena.errors import Problem, UsageError

if TYPE_CHECKING:
    from pytest_arena.comparison.baseline.model import Baseline
    from pytest_arena.comparison.baseline.update import Collected
    from pytest_arena.comparison.gate.gate import Rules
    from pytest_arena.results import RunResult
    from pytest_arena.results.run import Gate

T = TypeVar("T")


def judged(joined: RunResult, shards: Sequence[RunResult], reference: str | None) -> RunResult:
    """Return the merged run with its gate, its limits and the exit code that they make.

    With a baseline all cells are compared anew, so that the chance of a false alarm holds for the
    whole; without one the shards' own comparisons are put side by side. Limits under `gates:` are
    checked again in any case. A shard that failed for nothing but its gate or its limits does
    not fail the whole, where those hold.
    """
    if len(shards) == 1 and reference is None:
        return joined
    run = joined
    gates = [shard.gate for shard in shards if shard.gate is not None]
    rules = _rules(joined.info.options)
    baseline = collected = None
    if reference is not None:
        from pytest_arena.cli.merged_doubts import with_doubts
        from pytest_arena.comparison.baseline.source import read_baseline
        from pytest_arena.comparison.gate.apply import with_gate
        from pytest_arena.comparison.gate.gate import wanted

        baseline = read_baseline(reference, Path.cwd())
        collected = _collected(baseline, shards)
        asks = wanted(run, baseline, rules, collected=collected)
        proofs: list[str] = []
        if any(ask.for_suite for ask in asks):
            proofs = [gate.suite or "" for gate in gates if gate.suite_failed]
            proofs += _stored_proof(run, baseline, rules, collected)
        run = with_doubts(with_gate(run, baseline, rules, collected), asks, proofs, rules)
    gate = _joined_gate(gates)
    if gate is not None and run.gate is None:
        parts = f"the gates of {len(shards)} shards were put side by side; "
        notes = (*run.notes, parts + "arena merge --baseline REF compares the whole")
        run = replace(run, gate=gate, notes=notes)
    elif gate is not None and run.gate is not None:
        run = replace(run, gate=replace(run.gate, removed=gate.removed))
    run = _limited(run, baseline, rules, collected)
    return replace(run, exit_code=_code(run, shards))


def _stored_proof(
    run: RunResult, baseline: Baseline, rules: Rules, collected: Collected | None
) -> list[str]:
    """Return what the stored baseline alone says of a suite that is worse; nothing for others."""
    from pytest_arena.comparison.gate.gate import assess

    cells = tuple(replace(cell, old_version=None) for cell in run.cells)
    found = assess(replace(run, cells=cells), baseline, rules, collected=collected)
    return [found.suite.reason] if found.suite is not None and found.suite_failed else []


def _collected(baseline: Baseline, shards: Sequence[RunResult]) -> Collected | None:
    """Return what there is now, as all shards that compared themselves saw it."""
    from pytest_arena.comparison.baseline.update import Collected

    gates = [shard.gate for shard in shards if shard.gate is not None]
    if not gates:
        return None
    removed = reduce(set.intersection, (set(gate.removed) for gate in gates))
    renamed = {
        f"{cell.file}::{cell.standing.renamed_from}[{cell.column}]"
        for shard in shards
        for cell in shard.cells
        if cell.standing is not None and cell.standing.renamed_from is not None
    }
    known = {cell.id for cell in baseline.cells.values()} - removed - renamed
    return Collected.of(known, {cell.file for cell in baseline.cells.values()})


def _limited(
    run: RunResult, baseline: Baseline | None, rules: Rules, collected: Collected | None
) -> RunResult:
    # shards of different providers tell of one file in different words
    arenas = {
        (arena["file"], str(arena["gates"])): arena
        for arena in run.info.options.get("arenas") or ()
        if isinstance(arena, Mapping) and isinstance(arena.get("file"), str) and arena.get("gates")
    }
    if not arenas:
        return run
    from pydantic import ValidationError

    from pytest_arena.comparison.gate.apply import with_limits

    try:
        return with_limits(
            run, arenas.values(), own=baseline, rules=rules, folder=Path.cwd(), collected=collected
        )
    except (ValidationError, TypeError) as error:
        raise UsageError(
            Problem(
                f"the `gates` in the shards cannot be read: {str(error).splitlines()[0]}",
                expected="results files as `pytest --arena` wrote them",
            )
        ) from None


def _joined_gate(gates: Sequence[Gate]) -> Gate | None:
    """Put the comparisons of shards side by side: one that failed fails all."""
    if not gates:
        return None
    counts: Counter[str] = Counter()
    for gate in gates:
        counts.update(gate.counts)
    removed = reduce(set.intersection, (set(gate.removed) for gate in gates))
    counts["removed"] = len(removed)
    suites = [gate.suite for gate in gates if gate.suite]
    costs = [gate.cost_usd for gate in gates if gate.cost_usd is not None]
    return replace(
        gates[0],
        baseline=", ".join(dict.fromkeys(gate.baseline for gate in gates)),
        failed=any(gate.failed for gate in gates),
        counts={status: count for status, count in counts.items() if count},
        suite="; ".join(suites) or None,
        suite_failed=any(gate.suite_failed for gate in gates),
        removed=tuple(sorted(removed)),
        moved=_all_of(gate.moved for gate in gates),
        families=_all_of(gate.families for gate in gates),
        scores=_all_of(gate.scores for gate in gates),
        scores_unknown=sum(gate.scores_unknown for gate in gates),
        compared=sum(gate.compared for gate in gates),
        judged=sum(gate.judged for gate in gates),
        skipped=sum(gate.skipped for gate in gates),
        calls=sum(gate.calls for gate in gates),
        cost_usd=sum(costs) if costs else None,
    )


def _all_of(parts: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(parts)))


def _code(run: RunResult, shards: Sequence[RunResult]) -> int:
    """Return the exit code of the whole; 2 and 5 (incomplete, nothing run) stay as they are."""
    from pytest_arena.results.failing_cells import fail_on_of
    from pytest_arena.results.merging import code_of_parts

    if run.interrupted or run.exit_code == 2 or (run.exit_code == 5 and not run.cells):
        return run.exit_code or 2
    fail_on = fail_on_of(run.info.options)
    worse = fail_on != "gates" and run.gate is not None and run.gate.failed
    if (worse or any(limit.fails for limit in run.limits)) and fail_on != "none":
        return 1
    return code_of_parts(_code_beside(shard, fail_on) for shard in shards)


def _code_beside(shard: RunResult, fail_on: str) -> int:
    """Return a shard's exit code as it was without its own gate and limits."""
    from pytest_arena.results.failing_cells import fails_run
    from pytest_arena.results.merging import code_of

    code = code_of(shard)
    worse = (shard.gate is not None and shard.gate.failed) or any(
        limit.fails for limit in shard.limits
    )
    if code != 1 or not worse or fail_on == "none" or shard.other_failures:
        return code
    alone = {"fail_on": "any" if fail_on == "any" else "gates"}
    if any(cell.over_budget or fails_run(cell, alone) for cell in shard.cells):
        return 1
    return 0 if shard.has_verdict else 5


def _rules(options: Mapping[str, Any]) -> Rules:
    """Return the rules that the shards were run by; what they differ in is as if not given."""
    from pytest_arena.comparison.gate.gate import Rules
    from pytest_arena.results.failing_cells import fail_on_of

    usual, fail_on = Rules(), fail_on_of(options)
    alpha, effect = options.get("alpha"), options.get("min_effect")
    trials, drift = options.get("confirm_trials"), options.get("drift")
    least = _share(options.get("least_compared"), usual.least_compared)
    fails_on_doubt = fail_on in ("regression", "drift")
    return Rules(
        alpha=alpha if isinstance(alpha, float) and 0 < alpha < 1 else usual.alpha,
        min_effect=_share(effect, usual.min_effect) or usual.min_effect,
        confirm_trials=trials if type(trials) is int and trials > 0 else None,
        drift=drift if isinstance(drift, (int, float)) and drift >= 0 else usual.drift,
        least_compared=least if fails_on_doubt else None,
        blind_fails=options.get("blind") != "warn" and fails_on_doubt,
        drift_fails=fail_on == "drift",
    )


def _share(given: object, usual: float | None) -> float | None:
    return given if isinstance(given, (int, float)) and 0 <= given <= 1 else usual
