"""Register what takes the results of a run, in the process that writes them."""

from __future__ import annotations

from pytest_arena.collection.closing_summary import ClosingSummary
from pytest_arena.collection.results_collector import ResultsCollector
from pytest_arena.collection.run_context import RunContext
from pytest_arena.collection.uncollected_arenas import UncollectedArenas


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
