"""The xdist side: what controller and workers tell each other of the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from pytest_arena.collection.collection_report import CollectionReport
from pytest_arena.collection.run_folders import CALLED_FROM, shards_of
from pytest_arena.collection.shared_reports import SharedReports
from pytest_arena.collection.xdist_scheduler import DemandsOf, MixedScheduling, Slots
from pytest_arena.conftests import load_conftests_beside
from pytest_arena.engine.calling.notices import STOPPED
from pytest_arena.engine.calling.sharding import Share
from pytest_arena.errors import UsageError
from pytest_arena.running.interrupts import held, let_through, take
from pytest_arena.settings import check_formats
from pytest_arena.text.shown_path import path_from

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

    from pytest_arena.collection.run_context import RunContext
    from pytest_arena.engine.calling.shards import Shard

SHARED = "shared-limits"
"""The file of what all workers on this machine count together, beside their shards."""


class Controller:
    """The controller's side of xdist: tells workers their part, hands xdist the scheduler."""

    def __init__(
        self,
        parts: RunContext,
        *,
        run_id: str,
        folder: Path,
        resume_from: Path | None,
        demands_of: DemandsOf,
        while_they_start: Callable[[], None],
    ) -> None:
        """`while_they_start` is done when the workers were told to start, which takes them long."""
        self._config = parts.config
        self._settings = parts.settings
        self._names = parts.names
        self._registry = parts.registry
        self._has_collected = False
        self._run_id = run_id
        self._folder = folder
        self._resume_from = resume_from
        self._demands_of = demands_of
        self._while_they_start = while_they_start
        self.slots = Slots()
        self._scheduling: MixedScheduling | None = None
        self._local: list[bool] = []
        self._broken_files: dict[tuple[str, str], Any] = {}
        self._reports = SharedReports()

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """Have no worker start a further call: one that is amid a test hears nothing else."""
        stopped = shards_of(self._folder, self._run_id) / STOPPED
        # where nothing can be written, they are told when the test is over
        with suppress(OSError):
            stopped.parent.mkdir(parents=True, exist_ok=True)
            stopped.touch()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[object]) -> None:
        self.slots.open(len(specs))
        self._local = [_is_local(spec) for spec in specs]

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionstart(self) -> Generator[None, object, object]:
        # not before: xdist's own session is registered after this
        distributed = self._config.pluginmanager.get_plugin("dsession")
        if distributed is not None:
            # there is none with --collect-only
            distributed.queue = WorkerEvents()
        with held():
            result = yield
            self._while_they_start()
            return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        if session.config.option.collectonly:
            return (yield)
        with held():
            return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        let_through()
        is_local = _is_local(node.gateway.spec)
        shards = shards_of(self._folder, self._run_id)
        together = sum(self._local) if is_local else 1
        here = self._config.invocation_params.dir
        node.workerinput[CALLED_FROM] = path_from(self._config.rootpath, here)
        node.workerinput["arena"] = json.dumps(
            {
                # a worker on another machine cannot share a file: it gets a part of its own
                "shared": str(shards / SHARED) if is_local else "",
                "portion": together / max(1, len(self._local)),
                "slot": self.slots.take(node),
                "workers": self.slots.workers,
                "run_id": self._run_id,
                # another machine may have no such place, and nobody would read what is put there
                "folder": str(self._folder) if is_local else "",
                "resume_from": str(self._resume_from) if self._resume_from and is_local else None,
                "knows_order": self._config.getvalue("dist") == "load",
            }
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_report_from_serializable(self) -> Generator[None, Any, Any]:
        report = yield
        if isinstance(report, pytest.CollectReport) and hasattr(report.longrepr, "reprcrash"):
            # every worker reports a broken file; xdist knows the same failure by its longrepr
            text = (report.nodeid, str(report.longrepr))
            report.longrepr = self._broken_files.setdefault(text, report.longrepr)
        elif isinstance(report, pytest.TestReport):
            self._reports.share(report)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: Any) -> None:
        text = getattr(report, "arena_usage_error", None)
        if text is not None:
            raise pytest.UsageError(text)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Load the conftest files of collected arenas, as a process that runs them itself does."""
        if self._has_collected:
            return
        self._has_collected = True
        cells = (self._names.cell(one) for one in ids)
        for file in dict.fromkeys(cell.file for cell in cells if cell is not None):
            load_conftests_beside(self._config, self._config.rootpath / file)
        from pytest_arena.reporting.write import known_formats

        try:
            check_formats(self._settings.formats, lambda: known_formats(self._registry))
        except UsageError as error:
            raise pytest.UsageError(str(error)) from error

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: WorkerController, error: object) -> None:
        if error:
            self.slots.give_back(node)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(
        self, config: pytest.Config, log: Producer
    ) -> MixedScheduling | None:
        if config.getvalue("dist") != "load":
            return None
        self._scheduling = MixedScheduling(
            config,
            log,
            names=self._names,
            slots=self.slots,
            concurrency=self._settings.concurrency,
            demands_of=self._demands_of,
        )
        return self._scheduling

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        if self._scheduling is not None:
            self._scheduling.hear_of_start(nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        # one that was held back comes when all workers have ended, and from none of them
        node = getattr(report, "node", None)
        if report.when == "teardown" and node is not None and self._scheduling is not None:
            self._scheduling.hear_of_end(node, report.nodeid)


class WorkerEvents:
    """xdist's queue of what its workers tell: Ctrl-C is raised between two of them, never amid what
    one brings about, nor amid a queue's own locks."""

    def __init__(self) -> None:
        self._events: SimpleQueue[tuple[str, dict[str, Any]]] = SimpleQueue()
        self.put = self._events.put

    def get(self, *, timeout: float) -> tuple[str, dict[str, Any]]:
        return take(self._events, timeout)


def _is_local(spec: Any) -> bool:
    """Return whether a worker runs on the controller's machine, as execnet's spec tells."""
    return bool(spec.popen) and not spec.via


class WorkerLink:
    """The worker's side of xdist: what the controller told it, and what it found."""

    def __init__(self, config: Any, shard: Shard) -> None:
        self._config = config
        given = json.loads(config.workerinput["arena"])
        shared = Path(given["shared"]) if given["shared"] else None
        self.share = Share(given["slot"], given["workers"], shared, given["portion"], shard)
        self.run_id: str = given["run_id"]
        self.folder = Path(given["folder"]) if given["folder"] else self._own_folder()
        self.resume_from = Path(given["resume_from"]) if given["resume_from"] else None
        self.knows_order: bool = given["knows_order"]
        self.worker: str = config.workerinput["workerid"]

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        # sent by now; pytest's terminal keeps each report to the end, here as in the controller
        vars(report).pop("arena_cells", None)

    def _own_folder(self) -> Path:
        made = TemporaryDirectory(prefix="arena-worker-", ignore_cleanup_errors=True)
        self._config.add_cleanup(made.cleanup)
        return Path(made.name)

    def tell(self, facts: CollectionReport) -> None:
        """Send what collecting found, when the worker ends."""
        self._config.workeroutput["arena_facts"] = facts.to_text()
