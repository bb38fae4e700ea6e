"""Our modules go past pytest's assertion rewriting."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SEEN = """
import sys
import pytest

BEFORE = {"pytest_arena._version", "pytest_arena._imports", "pytest_arena.plugin"}

class Look:
    def pytest_sessionfinish(self):
        loaders = {
            name: type(module.__loader__).__name__
            for name, module in sys.modules.items()
            if name.startswith("pytest_arena.") and name not in BEFORE
        }
        assert len(loaders) > 50
        print("LOADERS", *set(loaders.values()))

arguments = ["--arena", "--co", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", sys.argv[1]]
raise SystemExit(pytest.main(arguments, plugins=[Look()]))
"""


def test_our_modules_are_imported_as_plain_python_does(tmp_path: Path) -> None:
    file = tmp_path / "arena.yaml"
    file.write_text(
        "providers: [{name: m, provider: mock}]\n"
        "tests: [{name: A, prompt: Hi, mock: Hi, assertions: [{type: contains, value: Hi}]}]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", SEEN, str(file)], capture_output=True, text=True, cwd=file.parent
    )
    assert "LOADERS SourceFileLoader\n" in done.stdout, done.stdout + done.stderr


CONTROLLER = """
import sys
import pytest

HEAVY = %r


class Look:
    def pytest_xdist_setupnodes(self):
        print("STARTS WITH", *(name for name in HEAVY if name in sys.modules))

    def pytest_unconfigure(self):
        print("ENDS WITH", *(name for name in HEAVY if name in sys.modules))

arguments = ["--arena", "-q", "-n1", "-p", "no:cacheprovider", "-p", "no:randomly", sys.argv[1]]
raise SystemExit(pytest.main(arguments, plugins=[Look()]))
"""


def test_a_controller_never_imports_what_only_its_workers_need(
    tmp_path: Path,
) -> None:
    heavy = ("pytest_arena.schema", "pytest_arena.loading", "pytest_arena.engine.engine")
    # what takes their results is put together while they start
    later = ("pytest_arena.results", "pydantic")
    file = tmp_path / "arena.yaml"
    file.write_text(
        "providers: [{name: m, provider: mock}]\n"
        "tests: [{name: A, prompt: Hi, mock: Hi, assertions: [{type: contains, value: Hi}]}]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", CONTROLLER % ((*heavy, *later),), str(file)],
        capture_output=True,
        text=True,
        cwd=file.parent,
    )
    assert "STARTS WITH\n" in done.stdout, done.stdout + done.stderr
    assert f"ENDS WITH {' '.join(later)}\n" in done.stdout, done.stdout + done.stderr
    assert "1 passed" in done.stdout
