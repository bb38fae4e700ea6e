"""What pytest would load beside an arena file, for those who read or run one without pytest."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from _pytest.config import ConftestImportFailure, get_config

from pytest_arena.errors import Problem, UsageError
from pytest_arena.registry import Registry
from pytest_arena.text.exception_text import exception_text

_TAKEN = ("-p", "--import-mode")
"""Options of the ini file's `addopts` that say what is loaded and how; the others start reports,
coverage or workers."""

_IMPORTED = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
"""That we were imported before pytest could rewrite us is no mistake of a project whose ini file
makes errors of warnings."""


def load_conftests(files: Sequence[Path], root: Path) -> pytest.Config:
    """Return a pytest configuration with the plug-ins that are installed and the conftest files
    from the root directory down to these files; it is never configured, so that nothing starts.

    Raises `UsageError` for a conftest file or an ini file that cannot be read.
    """
    arguments = [f"--rootdir={root}", f"--confcutdir={root}", "--capture=no", *_IMPORTED]
    config = _parsed([*arguments, "--noconftest", *map(str, files)])
    if not any(_conftests(file, root) for file in files):
        return config
    before = sys.modules.get("conftest")
    try:
        return _parsed([*arguments, *_taken(config), *map(str, files)])
    finally:
        # pytest takes it out for each further one; who runs inside pytest has one of their own
        if before is not None:
            sys.modules["conftest"] = before


def load_conftests_beside(config: pytest.Config, file: Path) -> None:
    """Load what pytest loads before it collects a file, in a process that does not collect it."""
    config.pluginmanager._loadconftestmodules(
        file,
        importmode=config.getoption("importmode"),
        rootpath=config.rootpath,
        consider_namespace_packages=config.getini("consider_namespace_packages"),
    )


def register_plugins(config: pytest.Config, registry: Registry) -> None:
    """Let plug-ins and conftest files register; what one of them raises is a `UsageError`."""
    try:
        config.hook.pytest_arena_register.call_historic(kwargs={"registry": registry})
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(
            Problem(f"pytest_arena_register raised {exception_text(error, config.rootpath)}")
        ) from error


def _parsed(arguments: list[str]) -> pytest.Config:
    config = get_config(arguments)
    try:
        config.parse(arguments, addopts=False)
    except ConftestImportFailure as error:
        text = exception_text(error.cause, config.rootpath)
        raise UsageError(Problem(f"{error.path.name} cannot be imported: {text}")) from error
    except pytest.UsageError as error:
        raise UsageError(Problem(str(error))) from error
    return config


def _conftests(file: Path, root: Path) -> list[Path]:
    folders = [folder for folder in file.parents if folder.is_relative_to(root)]
    return [folder / "conftest.py" for folder in folders if (folder / "conftest.py").is_file()]


def _taken(config: pytest.Config) -> list[str]:
    """Return those of the ini file's options that say what is loaded."""
    given = config.getini("addopts")
    words = shlex.split(given) if isinstance(given, str) else list(given)
    taken: list[str] = []
    for number, word in enumerate(words):
        if word in _TAKEN:
            taken += words[number : number + 2]
        elif word.startswith(("-p", "--import-mode=")):
            taken.append(word)
    return taken
