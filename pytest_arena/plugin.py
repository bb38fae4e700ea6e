"""The entry point: options and hook specifications; everything else is loaded by `--arena`."""

from __future__ import annotations

import pytest

from pytest_arena._imports import skip_rewriting

skip_rewriting()

from pytest_arena.options import add_options, is_active  # noqa: E402  # found by that finder


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from pytest_arena import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    if is_active(config):
        from pytest_arena.collection.setup import activate

        activate(config)
    elif any(".y" in argument for argument in config.args):
        from pytest_arena.unasked import Unasked, named_arena

        name = named_arena(config)
        if name is not None:
            config.pluginmanager.register(Unasked(name), "arena-unasked")
