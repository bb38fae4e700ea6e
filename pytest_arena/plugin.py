"""The entry point: options and hook specifications; everything else is loaded by `--arena`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_arena._imports import skip_rewriting

skip_rewriting()

from pytest_arena.options import add_options, is_active  # noqa: E402  # found by that finder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_arena.collection.python_tests.fixture import ArenaFixture

MARK = "arena(file, provider, trials, pass_threshold): how a test with the fixture `arena` is run"


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from pytest_arena import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARK)
    if is_active(config):
        from pytest_arena.collection.setup import activate

        activate(config)
    elif any(".y" in argument for argument in config.args):
        from pytest_arena.unasked import Unasked, named_arena

        name = named_arena(config)
        if name is not None:
            config.pluginmanager.register(Unasked(name), "arena-unasked")


@pytest.fixture
def arena(request: pytest.FixtureRequest) -> Iterator[ArenaFixture]:
    """Check answers, and ask providers, as cells of an arena: `arena.check(answer, contains="…")`,
    `arena.ask("mini", prompt)`."""
    from pytest_arena.collection.python_tests.activation import python_tests

    tests = python_tests(request.config)
    yield tests.fixture(request.node)
    tests.finish(request.node)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Load what runs tests with the fixture, or with its mark, where there is one."""
    if session.config.option.collectonly:
        return
    for item in session.items:
        known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", ())
        if "arena" in known or any(mark.name == "arena" for mark in item.own_markers):
            from pytest_arena.collection.python_tests.marks import concerns_arena

            if concerns_arena(item):
                from pytest_arena.collection.python_tests.activation import python_tests

                python_tests(session.config)
                return
