"""Put together what takes the results of a run, in the process that writes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.collection.closing_summary import ClosingSummary
from pytest_arena.collection.report_folder import ReportFolder
from pytest_arena.collection.results_collector import ResultsCollector
from pytest_arena.collection.run_context import RunContext
from pytest_arena.collection.uncollected_arenas import UncollectedArenas
from pytest_arena.collection.worker_journals import WorkerJournals

if TYPE_CHECKING:
    from pytest_arena.collection.remote_recordings import RemoteRecordings
    from pytest_arena.collection.remote_reports import RemoteReports
    from pytest_arena.collection.resume import Interrupted


def results_collector(
    parts: RunContext,
    folder: Path,
    *,
    run_id: str,
    workers: int,
    interrupted: Interrupted | None,
    remote: RemoteReports | None,
    remote_recordings: RemoteRecordings | None,
) -> ResultsCollector:
    """Return what collects the cells of a run."""
    return ResultsCollector(
        parts,
        WorkerJournals(folder, run_id),
        ReportFolder(folder, parts.config.rootpath),
        run_id=run_id,
        options={**parts.settings.shown(), "workers": workers},
        interrupted=interrupted,
        remote=remote,
        remote_recordings=remote_recordings,
    )


def register_gate(parts: RunContext, collector: ResultsCollector) -> None:
    """Register what asks again for cells of workers that look bad, where there is a baseline."""
    if parts.gatekeeper is None or parts.gatekeeper.baseline is None:
        return
    from pytest_arena.collection.controller_gate import ControllerGate

    gate = ControllerGate(parts, collector)
    parts.config.pluginmanager.register(gate, "arena-gate")


def register_results(parts: RunContext, collector: ResultsCollector) -> None:
    """Register what collects the cells of a run, and what tells of it at its end."""
    manager = parts.config.pluginmanager
    manager.register(collector, "arena-results-collector")
    uncollected = UncollectedArenas(parts, lambda: collector.facts)
    manager.register(uncollected, "arena-uncollected")
    manager.register(collector.repeated_errors, "arena-repeated-errors")
    manager.register(ClosingSummary(collector), "arena-closing-summary")
