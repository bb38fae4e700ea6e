"""Put the parts of a run together, in the controller, in a worker, or in the only process."""

from __future__ import annotations

import atexit
import gc
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from pytest_arena._garbage import no_collection
from pytest_arena.collection.junit import PREFIX, JunitErrors
from pytest_arena.collection.left_threads import LeftThreads
from pytest_arena.collection.node_ids import ArenaNames
from pytest_arena.collection.orderly_end import OrderlyEnd
from pytest_arena.collection.progress import Progress
from pytest_arena.collection.redaction import RunRedaction
from pytest_arena.collection.run_context import RunContext
from pytest_arena.collection.run_folders import check_answer_folders, report_dir_of, start_of
from pytest_arena.collection.shipped import Builtins
from pytest_arena.collection.shown_answers import ShownAnswers, shows_at_once
from pytest_arena.conftests import register_plugins
from pytest_arena.engine.calling.sharding import Share
from pytest_arena.engine.calling.shards import shard_of
from pytest_arena.errors import Problem, UsageError
from pytest_arena.object_store import is_url
from pytest_arena.options import Settings
from pytest_arena.registry import Registry
from pytest_arena.settings import read_settings
from pytest_arena.text.code_page import keep_writable
from pytest_arena.text.redaction import Redactor

if TYPE_CHECKING:
    from pytest_arena.collection.items import CellItem
    from pytest_arena.collection.remote_recordings import RemoteRecordings
    from pytest_arena.collection.remote_reports import RemoteReports
    from pytest_arena.collection.results_collector import ResultsCollector
    from pytest_arena.collection.resume import Interrupted
    from pytest_arena.collection.session import ArenaSession
    from pytest_arena.collection.xdist_scheduler import Demands
    from pytest_arena.gating.gatekeeper import Gatekeeper
    from pytest_arena.recording.earlier_run import EarlierRun


def activate(config: pytest.Config) -> None:
    """Register the plug-ins of this process's part in the run."""
    # an earlier run in this process, as of pytest inside pytest, left what it had collected frozen
    gc.unfreeze()
    registry = Registry()
    try:
        config.pluginmanager.register(Builtins(), "arena-builtins")
        register_plugins(config, registry)
        settings = read_settings(config)
        _check_distribution(config)
        if settings.shard is not None:
            from pytest_arena.collection.shard_selection import refuse_local_choices

            refuse_local_choices(config)
        gatekeeper = _gatekeeper(settings, config, registry)
        earlier = _earlier_run(settings, config)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    names, redactor = ArenaNames(settings.files, config), Redactor(os.environ)
    parts = RunContext(config, settings, registry, names, redactor, gatekeeper, earlier)
    try:
        if hasattr(config, "workerinput"):
            _activate_worker(parts)
        else:
            _activate_controller(parts)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    # What was imported stays, too.
    gc.freeze()
    # What is left when the process ends is garbage anyway: looking for cycles among hundreds of
    # thousands of objects would only hold up its end, by a second where a run had 5,000 cells.
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)


def _activate_worker(parts: RunContext) -> None:
    from pytest_arena.collection.session import ArenaSession
    from pytest_arena.collection.worker_cells import WorkerCells
    from pytest_arena.collection.worker_journals import WorkerJournals
    from pytest_arena.collection.xdist_link import WorkerLink

    link = WorkerLink(parts.config, shard_of(parts.settings))
    parts.config.pluginmanager.register(link, "arena-worker-link")
    journals = WorkerJournals(link.folder, link.run_id)
    cells = WorkerCells(parts.config, journals, link.worker)
    parts.config.pluginmanager.register(cells, "arena-worker-cells")
    session = ArenaSession(
        parts,
        share=link.share,
        sink=cells.keep,
        tell=lambda facts: link.tell(cells.told_with(facts)),
        storage=cells.storage,
        knows_order=link.knows_order,
        journals=journals,
        worker=link.worker,
        resume_from=link.resume_from,
    )
    _register(parts, session, link.share, knows_order=link.knows_order)


def _activate_controller(parts: RunContext) -> None:
    config = parts.config
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        keep_writable(reporter._tw._file)
    run_id = uuid4().hex[:12]
    folder = report_dir_of(config, parts.settings)
    if not config.option.collectonly:
        check_answer_folders(config, parts.settings)
    workers = _workers(config)
    remote = _remote_reports(parts, folder, run_id)
    interrupted = _interrupted(folder, parts.settings)
    resume_from = interrupted.path if interrupted and interrupted.can_be_resumed else None
    remote_recordings = _remote_recordings(parts, run_id)
    progress = Progress(config, parts.names)

    def make_collector() -> ResultsCollector:
        from pytest_arena.collection.results_collector import ResultsCollector
        from pytest_arena.collection.worker_journals import WorkerJournals
        from pytest_arena.results.report_folder import ReportFolder

        return ResultsCollector(
            parts,
            WorkerJournals(folder, run_id),
            ReportFolder(folder, config.rootpath),
            run_id=run_id,
            options={**parts.settings.shown(), "workers": workers},
            interrupted=interrupted,
            remote=remote,
            remote_recordings=remote_recordings,
        )

    if workers:
        _activate_with_workers(parts, folder, run_id, resume_from, make_collector)
    else:
        _activate_alone(parts, make_collector(), resume_from, progress)
    if shows_at_once(config):
        config.pluginmanager.register(ShownAnswers(config), "arena-shown-answers")
    config.pluginmanager.register(OrderlyEnd(), "arena-orderly-end")
    config.pluginmanager.register(LeftThreads(), "arena-left-threads")
    config.pluginmanager.register(progress, "arena-progress")
    if getattr(config.option, "xmlpath", None):
        config.pluginmanager.register(JunitErrors(config), "arena-junit-errors")


def _activate_with_workers(
    parts: RunContext,
    folder: Path,
    run_id: str,
    resume_from: Path | None,
    make_collector: Callable[[], ResultsCollector],
) -> None:
    """Register the controller of workers. What takes their results has more to import than they
    need to be started, and is put together while they do the same."""
    config = parts.config
    if parts.settings.shard_durations is not None:
        from pytest_arena.collection.shard_selection import known_times

        # the workers read them; what is wrong with them is told once
        known_times(config, parts.settings)
    from pytest_arena.collection.xdist_link import Controller

    def take_results() -> None:
        with no_collection():
            from pytest_arena.collection.results_setup import register_gate, register_results

            collector = make_collector()
            register_gate(parts, collector)
            register_results(parts, collector)
        # as in `activate`
        gc.freeze()

    controller = Controller(
        parts,
        run_id=run_id,
        folder=folder,
        resume_from=resume_from,
        demands_of=lambda files: _demands(parts, files),
        while_they_start=take_results,
    )
    config.pluginmanager.register(controller, "arena-controller")
    config.pluginmanager.register(RunRedaction(config, parts.redactor), "arena-redaction")


def _activate_alone(
    parts: RunContext,
    collector: ResultsCollector,
    resume_from: Path | None,
    progress: Progress,
) -> None:
    """Register the only process, which runs the cells and takes their results."""
    from pytest_arena.collection.results_setup import register_results
    from pytest_arena.collection.session import ArenaSession
    from pytest_arena.collection.short_protocol import ShortProtocol

    share = Share(shard=shard_of(parts.settings))
    session = ArenaSession(
        parts,
        share=share,
        sink=collector.add,
        tell=collector.conclude_collection,
        storage=collector.storage,
        knows_order=True,
        journals=collector.journals,
        resume_from=resume_from,
        confirms=collector.cells,
        progress=progress,
    )
    redaction = _register(parts, session, share, knows_order=True)

    def complete(item: CellItem, report: pytest.TestReport) -> None:
        session.complete(item, report)
        # those of the cell are made of what was cleaned
        redaction.clean_report(report, without=(PREFIX,))

    short = ShortProtocol(parts.config, session.arenas, complete)
    parts.config.pluginmanager.register(short, "arena-short-protocol")
    register_results(parts, collector)


def _register(
    parts: RunContext, session: ArenaSession, share: Share, *, knows_order: bool
) -> RunRedaction:
    """Register what collects and runs arena files in this process; return what cleans reports."""
    from pytest_arena.collection.preflight import Preflight

    if parts.gatekeeper is not None and parts.gatekeeper.holds:
        from pytest_arena.collection.held_reports import HeldReports

        session.held = HeldReports(parts.config)
        parts.config.pluginmanager.register(session.held, "arena-held-reports")
    manager = parts.config.pluginmanager
    selection = None
    if parts.settings.shard is not None:
        from pytest_arena.collection.shard_selection import ShardSelection

        selection = ShardSelection(parts.config, parts.settings, share.shard, session.arenas.loaded)
        session.selection = selection
        manager.register(selection, "arena-shard")
    preflight = Preflight(
        parts,
        share,
        session.arenas.loaded,
        session.arenas.without_cases,
        knows_order=knows_order,
        selection=selection,
    )
    manager.register(session, "arena-session")
    manager.register(preflight, "arena-preflight")
    redaction = RunRedaction(parts.config, parts.redactor)
    manager.register(redaction, "arena-redaction")
    return redaction


def _gatekeeper(settings: Settings, config: pytest.Config, registry: Registry) -> Gatekeeper | None:
    """Return what compares with a baseline, where the run asks for that."""
    if not settings.has_gate:
        return None
    from pytest_arena.gating.gatekeeper import Gatekeeper

    return Gatekeeper(settings, config.rootpath, registry, start_of(config, "baseline"))


def _earlier_run(settings: Settings, config: pytest.Config) -> EarlierRun | None:
    """Return the run whose answers are judged again; one that this run would write over is
    refused."""
    if settings.rejudge is None:
        return None
    from pytest_arena.recording.earlier_run import EarlierRun

    earlier = EarlierRun(settings.rejudge, start_of(config, "rejudge"))
    folder = report_dir_of(config, settings)
    if os.path.dirname(os.path.realpath(earlier.path)) == os.path.realpath(folder):
        raise UsageError(
            Problem(
                f"--arena-rejudge: this run would write over {settings.rejudge!r}",
                expected="another folder for its own results",
                fix="name one: --arena-report-dir rejudged",
            )
        )
    return earlier


def _remote_reports(parts: RunContext, folder: Path, run_id: str) -> RemoteReports | None:
    """Return the copy of the report folder in an object store, where the run has one."""
    if not is_url(parts.settings.report_dir) or parts.config.option.collectonly:
        return None
    from pytest_arena.collection.remote_reports import RemoteReports

    remote = RemoteReports(parts.settings.report_dir, folder, run_id)
    remote.check()
    if parts.settings.resume:
        remote.fetch_interrupted()
    return remote


def _remote_recordings(parts: RunContext, run_id: str) -> RemoteRecordings | None:
    """Return the recordings of an object store, fetched, where the run uses such."""
    given = parts.settings.recordings_dir
    looks = parts.config.option.collectonly
    if given is None or looks or not is_url(given) or not parts.settings.records:
        return None
    from pytest_arena.collection.remote_recordings import RemoteRecordings, recordings_root

    folder = recordings_root(parts.config, parts.settings)
    is_part = parts.settings.shard is not None
    recordings = RemoteRecordings(given, folder, run_id, part=is_part)
    recordings.fetch()
    return recordings


def _interrupted(folder: Path, settings: Settings) -> Interrupted | None:
    """Return what interrupted runs left, where this one is to take it up."""
    if not settings.resume:
        return None
    from pytest_arena.collection.resume import Interrupted

    try:
        return Interrupted(folder, settings)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error


def _check_distribution(config: pytest.Config) -> None:
    if getattr(config.option, "dist", "no") == "each":
        raise UsageError(
            Problem(
                "--dist each would run every cell once on each worker",
                fix="use --dist load (the default) with --arena",
            )
        )


def _workers(config: pytest.Config) -> int:
    """Return how many xdist workers there will be; 0 where the tests run in this process."""
    if config.option.collectonly or getattr(config.option, "dist", "no") == "no":
        # xdist starts none where nothing is to run
        return 0
    return len(getattr(config.option, "tx", None) or ())


def _demands(parts: RunContext, files: Sequence[str]) -> Demands:
    """Return what files demand of the deal; where entries that ask the same differ on a limit, the
    smallest holds."""
    from pytest_arena.collection.xdist_scheduler import Demands
    from pytest_arena.engine.calling.pools import Pools, add_limits

    root, registry = parts.config.rootpath, parts.registry
    limits: dict[str, int] = {}
    loads: set[tuple[str, str, str]] = set()
    pools: dict[tuple[str, str], str] = {}
    known = Pools()
    for file in files:
        data = _as_workers_have_it(root, file)
        if not any(word in data for word in (b"concurren", b"include", b"variants")):
            # most files demand nothing, and the controller need not load them
            continue
        from pytest_arena.loading import load_arena

        arena = load_arena(root / file, root=root, registry=registry)
        # as the workers have it, which deal alike
        arena = arena.only(parts.settings.providers, parts.settings.variants)
        add_limits(limits, (*arena.providers, *arena.judges))
        loads |= {
            (file, plan.case.name, plan.column)
            for plan in arena.cells
            if plan.case.load is not None
        }
        pools |= {(file, plan.column): known.of(plan.provider) for plan in arena.cells}
    return Demands(limits, frozenset(loads), pools, shard_of(parts.settings))


def _as_workers_have_it(root: Path, file: str) -> bytes:
    """Return a file that workers collected; where their root directory is another one, cells are
    called otherwise than here, which is a usage error."""
    try:
        return (root / file).read_bytes()
    except FileNotFoundError as error:
        problem = Problem(
            f"{file}: workers collected this arena file, which is not below {root} here",
            expected="one root directory on both sides, from which cells have their names",
            fix="put a pytest.ini into the folder that they get, and name that folder: "
            '--rsyncdir "$PWD" "$PWD"',
        )
        raise pytest.UsageError(str(problem)) from error
