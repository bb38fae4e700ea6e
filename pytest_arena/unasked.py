"""What a run without `--arena` says of an arena file that was named on its command line."""

from __future__ import annotations

from collections.abc import Generator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from pytest_arena.options import value_of

_HINT = (
    "{name!r} is an arena file, and arena files are collected when that is asked for\n"
    "  fix: add --arena, or arena = true to the ini file"
)


def named_arena(config: pytest.Config) -> str | None:
    """Return the first argument that names an arena file, or None."""
    for argument in config.args:
        file = argument.partition("::")[0]
        if file.endswith((".yaml", ".yml")):
            name = Path(file).name
            if any(fnmatchcase(name, pattern) for pattern in value_of(config, "arena_files")):
                return file
    return None


class Unasked:
    """Adds to pytest's own word on a file that nothing collects how to have it collected."""

    def __init__(self, name: str) -> None:
        self._hint = _HINT.format(name=name)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        try:
            return (yield)
        except pytest.UsageError as error:
            raise pytest.UsageError(*error.args, self._hint) from error

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int
    ) -> None:
        # xdist's workers collect, and their controller does not hear why they found nothing
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            terminalreporter.write_line(self._hint)
