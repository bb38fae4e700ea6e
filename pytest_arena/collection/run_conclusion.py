"""From the cells of a run to what it comes to: the gate, limits, notes, and the exit code."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_arena.collection.green import (
    STRICT_FAILS,
    is_strict,
    never_run,
    nothing_verified,
    runs_nothing,
    unseen_failures,
)
from pytest_arena.collection.run_context import RunContext
from pytest_arena.collection.run_so_far import RunSoFar
from pytest_arena.hook_failures import HookFailures
from pytest_arena.results.failing_cells import fails_run
from pytest_arena.results.run import RunInfo, RunResult
from pytest_arena.results.run_facts import now

if TYPE_CHECKING:
    from pytest_arena.collection.resume import Interrupted


class RunConclusion:
    """Concludes a run, and tells pytest before what the gate alone decides."""

    def __init__(
        self,
        parts: RunContext,
        so_far: RunSoFar,
        hook_failures: HookFailures,
        interrupted: Interrupted | None,
    ) -> None:
        self._config = parts.config
        self._settings = parts.settings
        self._gatekeeper = parts.gatekeeper
        self._earlier = parts.earlier
        self._redactor = parts.redactor
        self._so_far = so_far
        self._hook_failures = hook_failures
        self._interrupted = interrupted
        self._held: list[dict[str, Any]] = []
        self._told_last: set[str] = set()

    def hold(self, reports: list[dict[str, Any]]) -> None:
        """Take reports of cells that the gate has not decided on."""
        self._held += reports

    def release_held(self, info: RunInfo) -> None:
        """Tell pytest what became of the cells whose reports were held back."""
        held, self._held = self._held, []
        if not held or self._gatekeeper is None:
            return
        from pytest_arena.collection.held_reports import release

        run = RunResult(info, self._so_far.cells())
        run = self._gatekeeper.conclude(run, self._so_far.collected())
        known = {cell.id: cell for cell in run.cells}
        line = self._so_far.lines.line
        self._told_last |= release(self._config, held, known, line, self._gatekeeper.fatal)

    def judged(self, info: RunInfo, *, interrupted: bool) -> RunResult:
        """Return the run so far as a whole, each cell as it stands beside the baseline."""
        cells = self._so_far.cells()
        info = replace(info, options={**info.options, **self._so_far.options(cells)})
        run = RunResult(info, cells, finished_at=now(), interrupted=interrupted)
        if self._gatekeeper is None:
            return run
        return self._gatekeeper.conclude(run, self._so_far.collected())

    def concluded(self, run: RunResult) -> RunResult:
        """Return a run with what its limits come to, and with all notes, those of hooks too."""
        run = self._with_limits(run)
        given: list[str | list[str]] = []
        with self._hook_failures.keeping("pytest_arena_run_summary"):
            given = self._config.hook.pytest_arena_run_summary(run=run, config=self._config)
        every = [line for lines in given for line in ([lines] if isinstance(lines, str) else lines)]
        # a hook may have set what it tells
        self._redactor.learn(os.environ)
        notes = [self._redactor.clean(line) for line in every]
        facts, reruns = self._so_far.facts, self._so_far.reruns
        own = [*self._budget_lines(run), *reruns.lines(), *facts.notes]
        if self._interrupted is not None:
            own.append(self._interrupted.line())
        if self._earlier is not None:
            own += self._earlier.notes(run.cells)
        return replace(run, notes=(*own, *notes))

    def with_other_failures(
        self, run: RunResult, session: pytest.Session, missing: Collection[str]
    ) -> RunResult:
        """Return a run with the number of failures that no cell tells of."""
        others = self._so_far.tests.failures_beside(run.cells, session.testsfailed)
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED and not session.testsfailed:
            # so a hook of the run's end says that something is wrong
            others = 1
        return replace(run, other_failures=others + len(missing))

    def with_exit_code(self, run: RunResult, given: int, missing: Collection[str]) -> RunResult:
        """Return a run with pytest's exit code, or with what its cells, the gate, a limit or a
        budget make of a good one; its notes name cells whose failure pytest was not told."""
        if given != pytest.ExitCode.OK:
            return replace(run, exit_code=given)
        options = self._settings.shown()
        failing = [cell.id for cell in run.cells if fails_run(cell, options)]
        # pytest had its exit code before it was told of these
        unseen = [cell_id for cell_id in failing if cell_id not in self._told_last]
        said = [unseen_failures(unseen)] if unseen else []
        said += [never_run(missing)] if missing else []
        run = replace(run, notes=(*run.notes, *said))
        if failing or missing or run.failed_as_a_whole(self._settings.fail_on):
            return replace(run, exit_code=int(pytest.ExitCode.TESTS_FAILED))
        return self._verified(replace(run, exit_code=given))

    def _verified(self, run: RunResult) -> RunResult:
        """Return a run in which nothing failed, which is no green one where nothing held either;
        of a shard, `arena merge` looks at the whole."""
        is_part = self._settings.shard is not None
        if run.has_verdict or is_part or runs_nothing(self._config):
            return run
        said = nothing_verified(run.cells)
        if self._so_far.tests.verified_beside(run.cells):
            if not is_strict(self._settings):
                return replace(run, notes=(*run.notes, said))
            said = f"{said}; {STRICT_FAILS}"
        code = int(pytest.ExitCode.NO_TESTS_COLLECTED)
        return replace(run, notes=(*run.notes, said), exit_code=code)

    def _budget_lines(self, run: RunResult) -> tuple[str, ...]:
        warnings = self._so_far.facts.warnings
        if not warnings and not any(cell.over_budget for cell in run.cells):
            return ()
        from pytest_arena.results.budgets import budget_lines

        return budget_lines(run.cells, warnings)

    def _with_limits(self, run: RunResult) -> RunResult:
        facts = self._so_far.facts
        if not any(arena["gates"] for arena in facts.arenas):
            return run
        from pytest_arena.comparison.gate.apply import with_limits
        from pytest_arena.gating.gatekeeper import rules_of

        return with_limits(
            run,
            facts.arenas,
            own=self._gatekeeper.baseline if self._gatekeeper is not None else None,
            rules=rules_of(self._settings),
            collected=self._so_far.collected(),
            folder=self._config.rootpath,
        )
