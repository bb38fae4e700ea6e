"""What a run changes in a baseline, and what it must leave alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from pytest_arena.comparison.baseline.model import (
    HASHES,
    Baseline,
    BaselineCell,
    Key,
    cell_id,
    key_of,
)
from pytest_arena.comparison.baseline.summarize import prompts_of, summarize_cell
from pytest_arena.comparison.stats.exact_tests import fisher_worse
from pytest_arena.errors import Problem, UsageError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, RunResult, Trial
from pytest_arena.results.versions import versions_in

KEPT_TRIALS = 20
"""How many trials of a live cell are gathered over several updates."""
_DRIFT = 0.025
_INTERRUPTED, _BROKEN = 2, (3, 4)
"""Exit codes of pytest."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What there is now, whether this run ran it or not.

    `ids` are the node ids (`file::case[provider]`) of all cells of the files that were read:
    deselected ones and those of providers that were not chosen included. `files` are these files,
    and those of the baseline that are no more.
    """

    ids: frozenset[str]
    files: frozenset[str]

    @classmethod
    def of(cls, ids: Collection[str], gone_files: Collection[str] = ()) -> Collected:
        """Return the cells with the files that their ids name, and files that are no more."""
        files = {cell.partition("::")[0] for cell in ids}
        return cls(frozenset(ids), frozenset(files | set(gone_files)))

    def gone_from(self, baseline: Baseline) -> list[BaselineCell]:
        """Return the cells of a baseline that are no more."""
        return [cell for cell in baseline.cells.values() if self.lacks(cell)]

    def lacks(self, cell: BaselineCell) -> bool:
        """Return whether a cell of the baseline is no more, and not only out of sight."""
        return cell.file in self.files and cell.id not in self.ids


@dataclass(frozen=True, slots=True)
class Updated:
    """The new baseline, and the ids of the cells by what became of them, sorted.

    `left` ran without reaching a verdict, so their old lines stay; `pruned` are no more.
    """

    baseline: Baseline
    added: tuple[str, ...]
    changed: tuple[str, ...]
    left: tuple[str, ...]
    pruned: tuple[str, ...]


def update(
    baseline: Baseline,
    run: RunResult,
    *,
    prune: Collected | None = None,
    fresh: Mapping[str, Sequence[Trial]] | None = None,
    outputs: bool = False,
) -> Updated:
    """Return a baseline with the cells of a run that reached a verdict; all others stay.

    A cell that asks a provider and whose four hashes are the same gathers its newest 20 trials
    over several updates, unless it has clearly changed (two-sided Fisher test at 5 %); in all
    other cases the run's trials take the place of the old ones. So it is with scores.
    All else (assertions' counts, latency, cost, tokens) is always the newest run's. `fresh` are the
    confirmation trials of suspects by cell id; they stand for such a cell alone, since it was
    suspected for its other trials. `prune` removes what it knows to be no more. An interrupted or
    broken run, and one without any verdict, are refused by a `UsageError`.
    """
    _refuse(run)
    cells, added, changed, left = dict(baseline.cells), [], [], []
    for cell in sorted(run.cells, key=key_of):
        new = _verdict(cell, (fresh or {}).get(cell.id), outputs)
        if new is None:
            left += [cell.id] if cell.verdict == "error" else []
            continue
        old = cells.get(new.key)
        merged = new if old is None else _gather(old, new)
        if old is None:
            added.append(cell.id)
        elif merged != old:
            changed.append(cell.id)
        cells[new.key] = merged
    pruned: list[Key] = [key for key, cell in cells.items() if prune and prune.lacks(cell)]
    for key in pruned:
        del cells[key]
    prompts = {**prompts_of(run.cells), **baseline.prompts}
    providers = {**baseline.providers, **versions_in(run.info.options)}
    return Updated(
        replace(baseline, cells=cells, prompts=prompts, providers=providers),
        tuple(added),
        tuple(changed),
        tuple(left),
        tuple(sorted(cell_id(key) for key in pruned)),
    )


def _refuse(run: RunResult) -> None:
    broken = None
    if run.interrupted or run.finished_at is None or run.exit_code == _INTERRUPTED:
        broken = "the run was interrupted"
    elif run.exit_code in _BROKEN:
        broken = f"the run broke off with exit code {run.exit_code}"
    elif not any(cell.verdict in ("passed", "failed") for cell in run.cells):
        broken = "no cell reached a verdict"
    if broken:
        raise UsageError(
            Problem(
                f"the baseline was not updated: {broken}",
                expected="a run that came to its end",
                fix="run it again with --arena-update-baseline",
            )
        )


def _verdict(cell: Cell, fresh: Sequence[Trial] | None, outputs: bool) -> BaselineCell | None:
    """Return what the run says of a cell, or None where it reached no verdict."""
    if cell.verdict not in ("passed", "failed"):
        return None
    new = summarize_cell(cell, outputs=outputs)
    if fresh:
        asked = summarize_cell(cell, fresh, outputs=outputs)
        if asked.judged:
            new = replace(asked, verdict="passed" if not asked.failed else cell.verdict)
    return replace(new, error=0) if new.judged else None


def _gather(old: BaselineCell, new: BaselineCell) -> BaselineCell:
    """Join the trials of two runs of the same cell, where they are alike."""
    same = all(old.hashes.get(name) == new.hashes.get(name) for name in HASHES)
    if not same or old.source != "call" or new.source != "call" or _drifted(old, new):
        return new
    # the newest stay, so that an update always moves the baseline towards what is now
    most = max(KEPT_TRIALS, new.judged)
    history = (_history(old) + _history(new))[-most:]
    passed, failed = history.count("P"), history.count("F")
    graded = _graded(old, new, most)
    return replace(new, passed=passed, failed=failed, history=history, graded=graded)


def _graded(
    old: BaselineCell, new: BaselineCell, most: int
) -> Mapping[str, tuple[float, ...]] | None:
    if old.graded is None or new.graded is None:
        return new.graded
    known = sorted({*old.graded, *new.graded})
    return {place: (*old.scores_at(place), *new.scores_at(place))[-most:] for place in known}


def _history(cell: BaselineCell) -> str:
    return cell.history or "P" * cell.passed + "F" * cell.failed


def _drifted(old: BaselineCell, new: BaselineCell) -> bool:
    worse = fisher_worse(old.passed, old.judged, new.passed, new.judged)
    better = fisher_worse(new.passed, new.judged, old.passed, old.judged)
    return min(worse, better) <= _DRIFT
