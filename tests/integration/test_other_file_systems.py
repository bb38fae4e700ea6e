"""A fixture that puts another file system in the place of `os`, as pyfakefs, costs no result."""

from __future__ import annotations

import pytest
from conftest import Project

FAKES = """
import errno, os, sys, types
import pytest

class Nowhere(types.ModuleType):
    def __getattr__(self, name):
        found = getattr(os, name)
        if name not in ("open", "write", "read", "fstat", "lseek", "close", "stat", "mkdir"):
            return found

        def fails(*_given, **_named):
            raise OSError(errno.EBADF, "no such file here")

        return fails

@pytest.fixture
def fs(monkeypatch):
    for name, module in list(sys.modules.items()):
        if name.startswith("pytest_arena") and vars(module).get("os") is os:
            monkeypatch.setattr(module, "os", Nowhere("os"))
"""
TESTS = """
def test_holds(arena, fs):
    arena.check("hello", contains="hello")

def test_does_not(fs, arena):
    arena.check("hello", contains="goodbye")

def test_without(arena):
    arena.check("hello", contains="hello")
"""


@pytest.mark.real_workers
def test_results_are_kept_while_a_test_has_another_file_system(
    project: Project, spread: tuple[str, ...]
) -> None:
    project.pytester.makepyfile(conftest=FAKES, test_fakes=TESTS)
    project.run_apart("-p", "no:randomly", *spread).assert_outcomes(passed=2, failed=1)
    assert sorted(cell["verdict"] for cell in project.cells().values()) == [
        "failed",
        "passed",
        "passed",
    ]
