"""The regression gate inside a run: suspects get fresh trials, and the verdict is passed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pytest_arena.comparison.baseline.file import write_baseline
from pytest_arena.comparison.baseline.model import Baseline, scores_by_turn
from pytest_arena.comparison.baseline.source import MissingBaselineError, read_baseline
from pytest_arena.comparison.baseline.update import Collected, Updated, update
from pytest_arena.comparison.gate.apply import fresh_trials, with_gate
from pytest_arena.comparison.gate.gate import Rules, assess, suspects
from pytest_arena.loading.plans import Arena, CellPlan
from pytest_arena.options import BASELINE, Settings
from pytest_arena.results.cell import Cell
from pytest_arena.results.run import RunInfo, RunResult

_NOBODY = RunInfo(run_id="", started_at="", plugin_version="")


class Gatekeeper:
    """Compare cells with the baseline, in the process that ran them and in the controller."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._rules = rules_of(settings)
        self.baseline: Baseline | None = None
        self.missing: str | None = None
        if settings.baseline is not None:
            try:
                self.baseline = read_baseline(settings.baseline, folder)
            except MissingBaselineError as error:
                if settings.baseline_missing == "fail":
                    raise
                self.missing = str(error)

    def excuse(self, cell: Cell) -> str | None:
        """Return why a failed cell does not fail its item, or None where it does.

        One answer that is always the same needs no statistics: its flip is a regression at once.
        All other cells are judged when the run ends.
        """
        if cell.verdict == "passed" or self._settings.fail_on == "any":
            return None
        if self._settings.fail_on == "none":
            return "--arena-fail-on none"
        if cell.verdict == "error":
            return None
        if self.baseline is None:
            return "not compared: there is no baseline yet"
        (found,) = assess(_run_of([cell]), self.baseline, self._rules).cells
        return None if found.fails else f"{found.status}: {found.reason}"

    def with_baseline(self, arena: Arena) -> Arena:
        """Return an arena whose cells know the answers and scores that the baseline has of them."""
        if self.baseline is None:
            return arena
        known = self.baseline.cells

        def informed(plan: CellPlan) -> CellPlan:
            before = known.get((plan.file, plan.case.name, plan.provider.name))
            if before is None or not (before.outputs or before.scores):
                return plan
            return replace(
                plan,
                baseline_outputs=before.outputs or (),
                baseline_scores=scores_by_turn(before),
            )

        return replace(arena, cells=tuple(informed(plan) for plan in arena.cells))

    def suspects(self, cells: Sequence[Cell]) -> list[str]:
        """Return the ids of the cells that need fresh trials."""
        if self.baseline is None:
            return []
        return suspects(_run_of(cells), self.baseline, self._rules)

    @property
    def confirm_trials(self) -> int:
        return self._rules.confirm_trials

    def conclude(self, run: RunResult, collected: Collected) -> RunResult:
        """Return the run with the gate's verdict and the standing of each cell."""
        if self.baseline is None:
            return run
        return with_gate(run, self.baseline, self._rules, collected)

    def update(self, run: RunResult, collected: Collected) -> str:
        """Write the baseline from a run and say what changed; a refusal is a `UsageError`."""
        path = self._target
        try:
            old = read_baseline(str(path), self._folder)
        except MissingBaselineError:
            old = Baseline()
        prune = collected if self._settings.prune_baseline else None
        updated = update(old, run, prune=prune, fresh=fresh_trials(run.cells))
        write_baseline(path, updated.baseline)
        return f"baseline: {self._shown(path)} ({_counts(updated)})"

    @property
    def _target(self) -> Path:
        named = self._settings.baseline
        is_file = named is not None and not named.startswith("git:")
        if named is not None and is_file and not named.endswith("results.jsonl"):
            return self._folder / named
        return self._folder / BASELINE

    def _shown(self, path: Path) -> str:
        inside = path.is_relative_to(self._folder)
        return str(path.relative_to(self._folder)) if inside else str(path)


def rules_of(settings: Settings) -> Rules:
    """Return what the gate goes by, as the options say."""
    return Rules(settings.alpha, settings.min_effect, settings.confirm_trials)


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
