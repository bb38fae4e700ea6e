"""The regression gate inside a run: what it needs to be asked, and what it makes of a cell."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_arena.comparison.baseline.file import write_baseline
from pytest_arena.comparison.baseline.model import Baseline, BaselineCell, key_of, scores_by_turn
from pytest_arena.comparison.baseline.source import MissingBaselineError, read_baseline
from pytest_arena.comparison.baseline.update import Collected, Updated, update
from pytest_arena.comparison.gate.apply import fresh_trials, with_gate
from pytest_arena.comparison.gate.decision import Ask
from pytest_arena.comparison.gate.forecast import forecast
from pytest_arena.comparison.gate.gate import Rules, assess, wanted
from pytest_arena.errors import UsageError
from pytest_arena.loading.plans import Arena, CellPlan
from pytest_arena.options import BASELINE, Settings
from pytest_arena.places import problem_of_replacing
from pytest_arena.results.cell import Cell
from pytest_arena.results.run import RunInfo, RunResult
from pytest_arena.text.shown_path import shown_path

if TYPE_CHECKING:
    from pytest_arena.gating.old_versions import OldVersions
    from pytest_arena.registry import Registry

_NOBODY = RunInfo(run_id="", started_at="", plugin_version="")


PENDING = ("suspected", "blind", "drifted", "regressed")
"""What may be another word once all cells of the run have been judged together."""


class Excuse(NamedTuple):
    """Why a cell that did not pass does not fail its item; `pending`: so far."""

    reason: str
    pending: bool = False


class Gatekeeper:
    """What compares cells with the baseline, in the process that ran them and in the controller."""

    def __init__(self, settings: Settings, folder: Path, registry: Registry, start: Path) -> None:
        """`folder` is the root directory; a relative name of the baseline starts from `start`."""
        self._settings = settings
        self._registry = registry
        self._folder = folder
        self._start = start
        self.rules = rules_of(settings)
        self.baseline: Baseline | None = None
        self._missing: str | None = None
        self._gone_cells: list[BaselineCell] | None = None
        self._known: Collected | None = None
        if settings.baseline is not None:
            try:
                self.baseline = read_baseline(settings.baseline, start)
            except MissingBaselineError as error:
                if settings.baseline_missing == "fail":
                    raise
                self._missing = f"{error.problems[0].what}: nothing was compared"
        if settings.update_baseline:
            # what cannot be read is told before the run costs anything, not after it
            self._stored()

    def excuse(self, cell: Cell, ids: Iterable[str]) -> Excuse | None:
        """Return why a failed cell does not fail its item, or None where it does.

        One that failed as expected needs no excuse: its mark is one.
        One answer that is always the same needs no statistics: its flip is a regression at once.
        All other cells are judged when the run ends. `ids` are those of all cells that there are.
        """
        fail_on = self._settings.fail_on
        if cell.verdict == "passed" or cell.is_xfailed or fail_on == "any":
            return None
        if fail_on == "none":
            return Excuse("--arena-fail-on none")
        if cell.verdict == "error":
            return None
        if fail_on == "gates":
            return Excuse("--arena-fail-on gates")
        if self.baseline is None:
            return Excuse("not compared: there is no baseline yet")
        run, collected = _run_of([cell]), self._collected(ids)
        near = self._near(cell, collected)
        (found, *_) = assess(run, near, self.rules, collected=collected).cells
        if found.status in ("regressed", "error") and not found.fresh:
            return None
        if found.status in PENDING or wanted(run, near, self.rules, collected=collected):
            return Excuse(f"{found.status}: {found.reason}", pending=True)
        return Excuse(f"{found.status}: {found.reason}")

    def _near(self, cell: Cell, collected: Collected) -> Baseline:
        """Return the part of the baseline that can have a say on a cell."""
        assert self.baseline is not None  # noqa: S101
        own = self.baseline.cells.get(key_of(cell))
        cells = [own] if own is not None else self._gone(collected)
        return replace(self.baseline, cells={near.key: near for near in cells})

    def _gone(self, collected: Collected) -> list[BaselineCell]:
        if self._gone_cells is None and self.baseline is not None:
            self._gone_cells = collected.gone_from(self.baseline)
        return self._gone_cells or []

    @property
    def holds(self) -> bool:
        """Whether a cell's word may be out until the run is judged as a whole."""
        return self.baseline is not None and self._settings.fail_on in ("regression", "drift")

    @property
    def fatal(self) -> tuple[str, ...]:
        """The statuses that fail a cell's item."""
        found = ["regressed", "error"]
        if self.rules.blind_fails:
            found.append("blind")
        if self.rules.drift_fails:
            found.append("drifted")
        return tuple(found)

    def with_baseline(self, arena: Arena) -> Arena:
        """Return an arena whose cells know the answers and scores that the baseline has of them."""
        if self.baseline is None:
            return arena
        known, olds = self.baseline.cells, self._old_versions

        def informed(plan: CellPlan) -> CellPlan:
            before = known.get((plan.file, plan.case.name, plan.column))
            if before is None:
                return plan
            plan = olds.beside(plan) if olds is not None else plan
            if not (before.outputs or before.scores):
                return plan
            return replace(
                plan,
                baseline_outputs=before.outputs or (),
                baseline_scores=scores_by_turn(before),
            )

        return replace(arena, cells=tuple(informed(plan) for plan in arena.cells))

    @property
    def notes(self) -> list[str]:
        """What there is to say of a baseline that is missing, or old versions that cannot be
        asked."""
        if self._missing is not None:
            return [self._missing]
        return list(self._old_versions.notes.values()) if self._old_versions is not None else []

    @cached_property
    def _old_versions(self) -> OldVersions | None:
        settings = self._settings
        if self.baseline is None or settings.old == "off" or settings.mock or settings.records:
            return None
        from pytest_arena.gating.old_versions import OldVersions

        return OldVersions(settings.old, self.baseline, self._folder, self._registry)

    def wanted(self, cells: Sequence[Cell], collected: Collected) -> list[Ask]:
        """Return the further trials that tell change from chance, as far as is known now."""
        if self.baseline is None:
            return []
        return wanted(_run_of(cells), self.baseline, self.rules, collected=collected)

    def wanted_of(self, cell: Cell, ids: Iterable[str]) -> list[Ask]:
        """Return the same of one cell, which may be a suspect beside any others."""
        return self.wanted([cell], self._collected(ids))

    def to_bisect(self, cells: Sequence[Cell], collected: Collected) -> list[Cell]:
        """Return the cells that regressed beside their old version, if `--arena-bisect` asks so."""
        if self.baseline is None or not self._settings.bisect:
            return []
        found = assess(_run_of(cells), self.baseline, self.rules, collected=collected)
        worse = {cell.id for cell in found.of("regressed") if cell.evidence is not None}
        return [cell for cell in cells if cell.id in worse]

    def conclude(self, run: RunResult, collected: Collected) -> RunResult:
        """Return the run with the gate's verdict and the standing of each cell."""
        if self.baseline is None:
            return run
        return with_gate(run, self.baseline, self.rules, collected)

    def update(self, run: RunResult, collected: Collected) -> list[str]:
        """Write the baseline from a run and say what changed, and what it can show.

        A refusal is a `UsageError`.
        """
        path = self.target
        if self._settings.add_to_baseline and run.exit_code:
            # the trials of a run that failed would be let in or not by how they came out
            return [f"baseline: {shown_path(path)} was left as it is, since the run failed"]
        old = self._stored()
        prune = collected if self._settings.prune_baseline else None
        updated = update(old, run, prune=prune, fresh=fresh_trials(run.cells))
        write_baseline(path, updated.baseline)
        said = [f"baseline: {shown_path(path)} ({_counts(updated)})"]
        ahead = forecast(updated.baseline, self.rules)
        return [*said, ahead.sentence] if ahead is not None else said

    def _stored(self) -> Baseline:
        """Return the baseline that is to be written anew; an empty one where there is none."""
        try:
            return read_baseline(str(self.target), self._folder)
        except MissingBaselineError:
            return Baseline()

    def collected(self, ids: Iterable[str]) -> Collected:
        """Return what there is now, with the files of the baseline that are no more."""
        files = {cell.file for cell in self.baseline.cells.values()} if self.baseline else set()
        gone = [file for file in files if not (self._folder / file).exists()]
        return Collected.of(list(ids), gone)

    def _collected(self, ids: Iterable[str]) -> Collected:
        """Return the same, found out once: when cells run, all have been collected."""
        if self._known is None:
            self._known = self.collected(ids)
        return self._known

    def check_target(self) -> None:
        """Refuse a baseline that could not be written when the run ends."""
        fix = "put it right, or name another file: --arena-baseline FILE"
        # a symbolic link stays one
        problem = problem_of_replacing(Path(os.path.realpath(self.target)), fix)
        if problem is not None:
            raise UsageError(problem)

    @property
    def target(self) -> Path:
        """The file of the baseline that a run writes."""
        named = self._settings.baseline
        is_file = named is not None and not named.startswith("git:")
        if named is not None and is_file and not named.endswith("results.jsonl"):
            return self._start / named
        return self._folder / BASELINE


def rules_of(settings: Settings) -> Rules:
    """Return what the gate goes by, as the options say."""
    fails_on_doubt = settings.fail_on in ("regression", "drift")
    return Rules(
        alpha=settings.alpha,
        min_effect=settings.min_effect,
        confirm_trials=settings.confirm_trials,
        drift=settings.drift,
        least_compared=settings.least_compared if fails_on_doubt else None,
        blind_fails=settings.blind == "fail" and fails_on_doubt,
        drift_fails=settings.fail_on == "drift",
    )


def _run_of(cells: Sequence[Cell]) -> RunResult:
    return RunResult(_NOBODY, tuple(cells))


def _counts(updated: Updated) -> str:
    parts = {
        "added": updated.added,
        "changed": updated.changed,
        "without a verdict, left as they were": updated.left,
        "pruned": updated.pruned,
    }
    said = [f"{len(ids)} {what}" for what, ids in parts.items() if ids]
    return ", ".join(said) or "nothing changed"
