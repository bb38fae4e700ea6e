"""What a process has done before it is forked into runs: imports, and what is made once of them.

Nothing here runs: no thread, no event loop, no plug-in, no arena. One report is written, of a run
that never was.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

IMPORTED = (
    "pdb",
    "pytest",
    "xdist.looponfail",
    "xdist.plugin",
    "xdist.dsession",
    "xdist.remote",
    "xdist.scheduler",
    "pytest_arena._imports",
    "pytest_arena.cli.parser",
    "pytest_arena.collection.controller_gate",
    "pytest_arena.collection.held_reports",
    "pytest_arena.collection.preflight",
    "pytest_arena.collection.setup",
    "pytest_arena.collection.session",
    "pytest_arena.collection.xdist_link",
    "pytest_arena.collection.xdist_scheduler",
    "pytest_arena.comparison.baseline.update",
    "pytest_arena.comparison.comparison",
    "pytest_arena.comparison.gate.apply",
    "pytest_arena.comparison.gate.bisect",
    "pytest_arena.comparison.gate.forecast",
    "pytest_arena.comparison.stats.stratified",
    "pytest_arena.engine.calling.load_balancer",
    "pytest_arena.engine.engine",
    "pytest_arena.engine.kept_answers",
    "pytest_arena.engine_setup",
    "pytest_arena.gating.confirmation",
    "pytest_arena.gating.gatekeeper",
    "pytest_arena.gating.old_versions",
    "pytest_arena.loading",
    "pytest_arena.reporting.collector",
    "pytest_arena.targets.agent",
    "pytest_arena.targets.chain",
    "pytest_arena_reporters.html",
    "pytest_arena_reporters.markdown",
    "pytest_arena_reporters.terminal",
)


def import_all() -> None:
    """Import what runs import, and complete what is completed when it is first used."""
    for name in IMPORTED:
        import_module(name)
        plugin = sys.modules[name.partition(".")[0]]
        # pytest warns of plug-ins that were imported before it could rewrite their assertions
        plugin.__doc__ = f"{plugin.__doc__} PYTEST_DONT_REWRITE"
    _import_plugins()
    _import_builtins()
    _complete_models()
    _write_reports()


def _import_plugins() -> None:
    """Import the plug-ins that come with pytest."""
    from _pytest.config import default_plugins

    for name in default_plugins:
        import_module(f"_pytest.{name}")


def _import_builtins() -> None:
    """Import what arenas name: assertions, guardrails, and providers of most tests.

    Not the clients of providers: that runs which need none import none is tested in forks.
    """
    from pytest_arena.builtins import register
    from pytest_arena.registry import Registry

    registry = Registry()
    register(registry)
    registry.assertions.items()
    registry.guardrails.items()
    for name in ("mock", "openai"):
        assert registry.providers.get(name) is not None


def _complete_models() -> None:
    """Make the validators of all models, which pydantic leaves for their first use."""
    from pydantic import BaseModel

    from pytest_arena.results import Cell, Response, RunInfo
    from pytest_arena.results.serialize import ShapeError, read

    for model in set(_below(BaseModel)):
        if model.__module__.startswith("pytest_arena"):
            model.model_rebuild()
    for kind in (Cell, Response, RunInfo):
        with suppress(ShapeError):
            read(kind, "null")


def _write_reports() -> None:
    """Write results and their page once, whose template is compiled when it is first used."""
    from synthetic_run import synthetic_run

    from pytest_arena.results.serialize import cell_line
    from pytest_arena.results.writing import write_results
    from pytest_arena_reporters.html import HtmlReporter

    run = synthetic_run(2, 2)
    with tempfile.TemporaryDirectory() as kept:
        write_results(Path(kept, "results.jsonl"), run, [cell_line(cell) for cell in run.cells])
        HtmlReporter().write(run, Path(kept))


def _below(model: type) -> Iterator[type]:
    for each in model.__subclasses__():
        yield each
        yield from _below(each)
