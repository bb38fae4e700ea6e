"""The gate and the limits over the cells of all shards: a shard alone saw only its part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import Problem, UsageError

if TYPE_CHECKING:
    from pytest_arena.comparison.baseline.model import Baseline
    from pytest_arena.comparison.baseline.update import Collected
    from pytest_arena.comparison.gate.gate import Rules
    from pytest_arena.results import RunResult
    from pytest_arena.results.run import Gate

_MOST_NAMED = 5
_STRICTEST = ("any", "drift", "regression", "none")


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
    rules = _rules(joined.info.options)
    baseline = None
    if reference is not None:
        from pytest_arena.comparison.baseline.source import read_baseline
        from pytest_arena.comparison.gate.apply import with_gate

        baseline = read_baseline(reference, Path.cwd())
        collected = _collected(baseline, shards)
        run = with_gate(run, baseline, rules, collected)
        run = replace(run, notes=(*run.notes, *_undecided(run, baseline, rules, collected)))
    gate = _joined_gate([shard.gate for shard in shards if shard.gate is not None])
    if gate is not None and run.gate is None:
        parts = f"the gates of {len(shards)} shards were put side by side; "
        notes = (*run.notes, parts + "arena merge --baseline REF compares the whole")
        run = replace(run, gate=gate, notes=notes)
    elif gate is not None and run.gate is not None:
        run = replace(run, gate=replace(run.gate, removed=gate.removed))
    run = _limited(run, baseline, rules)
    return replace(run, exit_code=_code(run, shards))


def _undecided(
    run: RunResult, baseline: Baseline, rules: Rules, collected: Collected | None
) -> list[str]:
    """Say which cells in doubt one run would have asked further, and what to do about them.

    A shard stops asking when a cell is decided beside its own suspects; beside those of all
    shards, more evidence is needed.
    """
    from pytest_arena.comparison.gate.gate import wanted

    asked = {ask.cell_id for ask in wanted(run, baseline, rules, collected=collected)}
    doubtful = [
        cell
        for cell in run.cells
        if cell.id in asked
        and cell.confirmation
        and cell.standing is not None
        and cell.standing.status in ("blind", "suspected")
    ]
    if not doubtful:
        return []
    names = ", ".join(f"{cell.case} [{cell.column}]" for cell in doubtful[:_MOST_NAMED])
    more = len(doubtful) - _MOST_NAMED
    names += f" and {more:,} more" if more > 0 else ""
    return [
        f"not decided, since each shard asked only as often as its own suspects needed: {names}; "
        "run these cells in one job (pytest --arena --lf, or -k) against the same baseline"
    ]


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


def _limited(run: RunResult, baseline: Baseline | None, rules: Rules) -> RunResult:
    arenas = [
        arena
        for arena in run.info.options.get("arenas") or ()
        if isinstance(arena, Mapping) and isinstance(arena.get("file"), str) and arena.get("gates")
    ]
    if not arenas:
        return run
    from pydantic import ValidationError

    from pytest_arena.comparison.gate.apply import with_limits

    try:
        return with_limits(run, arenas, own=baseline, rules=rules, folder=Path.cwd())
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
    return replace(
        gates[0],
        baseline=", ".join(dict.fromkeys(gate.baseline for gate in gates)),
        failed=any(gate.failed for gate in gates),
        counts={status: count for status, count in counts.items() if count},
        suite="; ".join(suites) or None,
        suite_failed=any(gate.suite_failed for gate in gates),
        removed=tuple(sorted(removed)),
    )


def _code(run: RunResult, shards: Sequence[RunResult]) -> int:
    """Return the exit code of the whole; 2 and 5 (incomplete, nothing run) stay as they are."""
    if run.interrupted or run.exit_code in (2, 5):
        return run.exit_code or 2
    fail_on = _fail_on(run.info.options)
    worse = (run.gate is not None and run.gate.failed) or any(limit.fails for limit in run.limits)
    if worse and fail_on != "none":
        return 1
    return max((_code_beside(shard, fail_on) for shard in shards if shard.cells), default=5)


def _code_beside(shard: RunResult, fail_on: str) -> int:
    """Return a shard's exit code as it was without its own gate and limits."""
    from pytest_arena.results.merging import code_of

    code = code_of(shard)
    worse = (shard.gate is not None and shard.gate.failed) or any(
        limit.fails for limit in shard.limits
    )
    if code != 1 or not worse:
        return code
    counted = ("error", "failed") if fail_on == "any" else ("error",)
    return int(any(cell.verdict in counted for cell in shard.cells))


def _fail_on(options: Mapping[str, Any]) -> str:
    """Return what fails the run: the strictest, where the shards differ."""
    given = options.get("fail_on", "any")
    named = given if isinstance(given, list) else [given]
    return next((word for word in _STRICTEST if word in named), "any")


def _rules(options: Mapping[str, Any]) -> Rules:
    """Return the rules that the shards were run by; what they differ in is as if not given."""
    from pytest_arena.comparison.gate.gate import Rules

    usual, fail_on = Rules(), _fail_on(options)
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
