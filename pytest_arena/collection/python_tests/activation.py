"""Bring Python tests into a run: with its session where there is one, else with an own engine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from pytest_arena.collection.answer_sources import block_network, kept_answers
from pytest_arena.collection.python_tests.backing import Backing
from pytest_arena.collection.python_tests.plugin import NAME, PythonTests
from pytest_arena.collection.shipped import Builtins
from pytest_arena.conftests import register_plugins
from pytest_arena.engine.calling.sharding import Share
from pytest_arena.engine.engine import Engine
from pytest_arena.engine_setup import learn_keys, set_up_engine
from pytest_arena.errors import Problem, UsageError
from pytest_arena.loading.plans import Arena
from pytest_arena.registry import Registry
from pytest_arena.settings import read_settings
from pytest_arena.text.redaction import Redactor

if TYPE_CHECKING:
    from pytest_arena.collection.session import ArenaSession


def python_tests(config: pytest.Config) -> PythonTests:
    """Return what runs the tests of this process that use the fixture; made when it is needed."""
    known: PythonTests | None = config.pluginmanager.get_plugin(NAME)
    if known is not None:
        return known
    session: ArenaSession | None = config.pluginmanager.get_plugin("arena-session")
    backing = session.backing() if session is not None else _OwnEngine(config).backing()
    tests = PythonTests(backing)
    config.pluginmanager.register(tests, NAME)
    return tests


class _OwnEngine:
    """What asks and judges for the tests of a run without `--arena`, which keeps no results."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        try:
            self._settings = read_settings(config)
            _refuse_recording(self._settings.record)
            self._registry = Registry()
            config.pluginmanager.register(Builtins(), "arena-builtins")
            register_plugins(config, self._registry)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from error
        if self._settings.block_network:
            block_network(config)
        self._redactor = Redactor(os.environ)
        self._arenas: list[Arena] = []
        self._engine: Engine | None = None
        self._share = _share_of(config)
        config.add_cleanup(self._close)

    def backing(self) -> Backing:
        return Backing(
            self._config,
            self._settings,
            self._registry,
            engine=self._running_engine,
            learn=self._learn,
            share=self._share,
        )

    def _learn(self, arena: Arena) -> None:
        learn_keys(self._redactor, arena)
        self._arenas.append(arena)
        if self._engine is not None:
            self._engine.learn(arena)

    def _running_engine(self) -> Engine:
        if self._engine is None:
            specs = [spec for arena in self._arenas for spec in arena.every_provider]
            kept = kept_answers(self._config, self._settings)
            self._engine = set_up_engine(
                self._arenas,
                self._settings,
                self._registry,
                self._redactor,
                root=self._config.rootpath,
                config=self._config,
                answers=kept.store(specs, self._redactor.clean),
                share=self._share,
            )
        return self._engine

    def _close(self) -> None:
        if self._engine is not None:
            self._engine.close()


def _share_of(config: pytest.Config) -> Share:
    """Return the part of the limits that a worker of xdist has, so that they hold over all."""
    worker: Any = getattr(config, "workerinput", None)
    if worker is None:
        return Share()
    # a worker in place of a dead one has a number of its own
    number = int(worker["workerid"].removeprefix("gw"))
    return Share(number % worker["workercount"], worker["workercount"])


def _refuse_recording(record: str) -> None:
    if record not in ("off", "none"):
        raise UsageError(
            Problem(
                f"--arena-record {record} keeps answers, which a run without --arena does not do",
                fix="add --arena, or replay with --arena-record none",
            )
        )
