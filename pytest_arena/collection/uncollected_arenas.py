"""What a run with `--arena` that came upon no arena file says of those that lie nearby."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

import pytest

from pytest_arena.collection.collection_report import CollectionReport
from pytest_arena.collection.green import STRICT_FAILS, is_strict
from pytest_arena.collection.run_context import RunContext
from pytest_arena.text.printable import printable

MOST_FOLDERS = 5_000
MOST_SHOWN = 5
_LEFT_OUT = {"node_modules", "venv", "build", "dist", "__pycache__"}
_CONTENT = re.compile(rb"^(?:tests|providers)[ \t]*:", re.MULTILINE)
_EXITS = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


class UncollectedArenas:
    """The warning of a run that was to judge cells, ran tests, and came upon no arena file.

    Where the run is strict it is no green one, either: it ends as one that collected nothing.
    """

    def __init__(self, parts: RunContext, heard: Callable[[], CollectionReport]) -> None:
        self._config = parts.config
        self._names = parts.names
        self._patterns = parts.settings.files
        self._is_strict = is_strict(parts.settings)
        self._heard = heard
        self._lines: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        facts = self._heard()
        if facts.came_upon_arenas is not False or facts.tests or session.exitstatus not in _EXITS:
            return
        if self._names_tests_alone():
            return
        self._lines = self._warning()
        is_green = session.exitstatus == pytest.ExitCode.OK
        if self._is_strict and is_green and not self._config.option.collectonly:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
            self._lines.append(f"  {STRICT_FAILS}")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        yield
        if self._lines:
            terminalreporter.write_sep("=", "arena")
            for line in self._lines:
                terminalreporter.write_line(printable(line), yellow=True)

    def _names_tests_alone(self) -> bool:
        """Return whether nothing but Python files and single tests was asked for by name."""
        if self._config.args_source is not pytest.Config.ArgsSource.ARGS:
            return False
        return all("::" in argument or argument.endswith(".py") for argument in self._config.args)

    def _warning(self) -> list[str]:
        found = list(self._nearby())
        first = "no arena file was collected, so no cell was run"
        if not found:
            patterns = ", ".join(self._patterns)
            return [
                f"{first}; there is none below {self._config.rootpath.name}/ ({patterns}), "
                "where hidden, built and installed folders were not looked into",
                "  fix: write one with arena init, or leave --arena out",
            ]
        lines = [f"{first}; seen nearby:"]
        lines += [f"  {name}: {why}" for name, why in found[:MOST_SHOWN]]
        if len(found) > MOST_SHOWN:
            lines.append(f"  … and {len(found) - MOST_SHOWN:,} more")
        return lines

    def _nearby(self) -> Iterator[tuple[str, str]]:
        """Yield the names of arena files below the root, and why each was not collected."""
        for path in _yaml_files(self._config.rootpath):
            name = path.relative_to(self._config.rootpath).as_posix()
            if self._names.is_arena(path):
                yield name, self._why_not_reached(path, name)
            elif "arena" in path.name.lower() and _reads_as_arena(path):
                wanted = self._better_name(path)
                patterns = ", ".join(self._patterns)
                fix = f"; call it {wanted}" if wanted else ""
                yield name, f"its name is none of {patterns}{fix}"

    def _why_not_reached(self, path: Path, name: str) -> str:
        here = self._config.invocation_params.dir
        given = [argument.partition("::")[0] for argument in self._config.args]
        if any(path.is_relative_to((here / one).resolve()) for one in given):
            if self._has_workers_elsewhere():
                return (
                    "not where the workers looked, which have folders of their own (--tx); copy "
                    'its folder there, and name it: --rsyncdir "$PWD" "$PWD"'
                )
            return "pytest left it or its folder out (--ignore, norecursedirs or collect_ignore)"
        shown = " ".join(given)
        folder = name.rpartition("/")[0]
        if self._config.args_source is pytest.Config.ArgsSource.TESTPATHS:
            paths = " ".join(self._config.getini("testpaths"))
            return f"outside of testpaths; say testpaths = {paths} {folder or name}"
        if self._config.args_source is pytest.Config.ArgsSource.ARGS:
            return f"outside of what the command line names ({shown}); add {folder or name}"
        return f"outside of the folder that pytest was started in; say pytest --arena {name}"

    def _has_workers_elsewhere(self) -> bool:
        """Return whether workers of xdist look in other folders than this process's."""
        option = self._config.option
        specs = getattr(option, "tx", None) or ()
        local = option.collectonly or getattr(option, "dist", "no") == "no"
        return not local and any("popen" not in one or "chdir=" in one for one in specs)

    def _better_name(self, path: Path) -> str | None:
        """Return a name near to a file's that is an arena file's."""
        stem = re.sub(r"(?i)[-_. ]*arena[-_. ]*", " ", path.stem).strip().replace(" ", "-")
        suffix = path.suffix.lower()
        wanted = f"{stem}.arena{suffix}" if stem else f"arena{suffix}"
        if any(fnmatchcase(wanted, pattern) for pattern in self._patterns):
            return wanted
        return None


def _yaml_files(root: Path) -> Iterator[Path]:
    """Yield YAML files below a folder, but not what is hidden, built, or an environment's."""
    for folder, folders, names in islice(os.walk(root), MOST_FOLDERS):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in _LEFT_OUT
            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
        )
        for name in sorted(names):
            if name.lower().endswith((".yaml", ".yml")) and not name.startswith("."):
                yield Path(folder, name)


def _reads_as_arena(path: Path) -> bool:
    """Return whether a file that is called otherwise has the keys of an arena file."""
    try:
        with path.open("rb") as stream:
            return _CONTENT.search(stream.read(1 << 16)) is not None
    except OSError:
        # what cannot be read is not taken for one
        return False
