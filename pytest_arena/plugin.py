"""The entry point: options and hook specifications; everything else is loaded by `--arena`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_arena._imports import skip_rewriting

skip_rewriting()

from pytest_arena._garbage import no_collection  # noqa: E402  # found by that finder
from pytest_arena.options import add_options, is_active  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from pytest_arena.collection.python_tests.fixture import ArenaFixture

MARK = "arena(file, provider, trials, pass_threshold): how a test with the fixture `arena` is run"


_BEGUN = pytest.StashKey[bool]()
"""Whether the run has come to collect tests: who ends it from then on tells what it has become."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    add_options(parser)
    config = pluginmanager.get_plugin("pytestconfig")
    if config is not None:
        # pytest calls it while the exception still goes up: for arguments that cannot be read there
        # is no hook
        config.add_cleanup(lambda: _refused(config, type(sys.exc_info()[1])))


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, args: list[str], parser: pytest.Parser
) -> Generator[None, None, None]:
    yield
    early_config.pluginmanager.register(_LastWord(), "arena-last-word")
    # conftest files have added their options by now: what nobody knows is refused next
    if any(argument.startswith("--are") for argument in args):
        with no_collection():
            from pytest_arena.unknown_options import refuse_misspelt

        refuse_misspelt(args, parser)
    overrides = early_config.known_args_namespace.override_ini or ()
    keys = [*early_config._get_unknown_ini_keys(), *(one.partition("=")[0] for one in overrides)]
    if any(key[:5].lower() == "arena" for key in keys):
        with no_collection():
            from pytest_arena.unknown_options import refuse_misspelt_keys

        refuse_misspelt_keys(early_config, keys, parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from pytest_arena import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARK)
    if is_active(config):
        with no_collection():
            from pytest_arena.collection.setup import activate

            activate(config)
    elif any(".y" in argument for argument in config.args):
        from pytest_arena.unasked import Unasked, named_arena

        name = named_arena(config)
        if name is not None:
            config.pluginmanager.register(Unasked(name), "arena-unasked")


class _LastWord:
    """Holds pytest's exit code around all other hooks, those of conftest files among them: they are
    registered later than this module."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Generator[None, Any, Any]:
        try:
            code = yield
        except SystemExit as ended:
            # of a hook when the run was over
            held = _held(config, _code_of(ended))
            if held == _code_of(ended):
                raise
            return held
        if code == pytest.ExitCode.INTERNAL_ERROR:
            _refused(config, RuntimeError)
        return _held(config, code)


def _held(config: pytest.Config, code: Any) -> Any:
    """Return pytest's exit code, or the run's own where a plug-in made a good one of it."""
    collector = config.pluginmanager.get_plugin("arena-results-collector")
    held = code if collector is None else collector.held_exit_code(code)
    if held != code and held == pytest.ExitCode.INTERNAL_ERROR:
        sys.stderr.write(
            f"arena: a hook or a plug-in ended the run with exit code {code} before its results "
            f"were written: it is {held}; --arena-resume takes up what had finished\n"
        )
    elif held != code:
        sys.stderr.write(
            f"arena: a plug-in made the exit code {code} of a run that failed: it is {held}\n"
        )
    return held


def _code_of(ended: SystemExit) -> int:
    """Return the exit code that Python makes of an exit: a text is shown, and is 1."""
    if ended.code is None:
        return 0
    return ended.code if isinstance(ended.code, int) else 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    session.config.stash[_BEGUN] = True


def _refused(config: pytest.Config, error: type) -> None:
    """Put an older run's results away where this one could not begin."""
    if error is not type(None) and not config.stash.get(_BEGUN, False):
        from pytest_arena.collection.refused_start import put_away_older

        config.stash[_BEGUN] = True
        put_away_older(config)


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
