"""Workers of xdist in other folders and behind sockets, to which it copies the project."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from conftest import PLAIN, Project

from pytest_arena.results import read_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        int(version("pytest-xdist").partition(".")[0]) >= 4,
        reason="xdist copies no projects from version 4 on",
    ),
]
CASES = "".join(
    f"  - {{name: C{n}, prompt: Q{n}, mock: A, assertions: [{{type: contains, value: A}}]}}\n"
    for n in range(8)
)
ARENA = (
    "budget: {max_calls: 8}\n"
    f"providers: [{{name: m, provider: mock, concurrency: 4}}]\ntests:\n{CASES}"
)


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a socket at which execnet starts workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "execnet.script.socketserver", address],
        cwd=tmp_path_factory.mktemp("elsewhere"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Accept loop" in line:
            break
    yield address
    process.kill()
    process.communicate()


def run(project: Project, *gateways: str) -> pytest.RunResult:
    project.write(arena=ARENA)
    tx = [word for gateway in gateways for word in ("--tx", gateway)]
    here = project.path
    return project.pytester.runpytest_subprocess(
        "--arena", "--arena-report=markdown", "-d", *tx, f"--rsyncdir={here}", here / "arena.yaml"
    )


def check(project: Project, result: pytest.RunResult) -> None:
    result.assert_outcomes(passed=8)
    cells = read_run(project.path / "arena-report" / "results.jsonl").cells
    assert [cell.id for cell in cells] == [f"arena.yaml::C{n}[m]" for n in range(8)]
    # nothing of the workers is left, here or with them
    assert not (project.path / "arena-report" / ".shards").exists()


def test_workers_in_folders_of_their_own(project: Project, tmp_path: Path) -> None:
    result = run(project, *(f"popen//chdir={tmp_path / name}" for name in ("one", "two")))
    check(project, result)
    assert (tmp_path / "one" / project.path.name / "arena.yaml").exists()


def test_workers_behind_a_socket(project: Project, server: str, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    result = run(project, f"socket={server}//chdir={tmp_path / 'far'}", "popen")
    check(project, result)


def test_workers_with_another_root_directory_are_told_of(project: Project, tmp_path: Path) -> None:
    # with no ini file, the root of workers is the folder above their copy
    (project.path / "tox.ini").unlink()
    result = run(project, f"popen//chdir={tmp_path / 'one'}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: {project.path.name}/arena.yaml: workers collected this arena file, which is "
            f"not below {project.path} here",
            "  expected: one root directory on both sides, from which cells have their names",
            "  fix: put a pytest.ini into the folder that they get, *: --rsyncdir*",
        ]
    )
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_workers_that_were_not_copied_the_arena_are_the_reason_that_none_ran(
    project: Project, tmp_path: Path
) -> None:
    project.write(arena=ARENA)
    (tmp_path / "one").mkdir()
    tx = f"popen//chdir={tmp_path / 'one'}"
    result = project.pytester.runpytest_subprocess("--arena", "-d", "--tx", tx, *PLAIN.split())
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(
        [
            "no arena file was collected, so no cell was run; seen nearby:",
            "  arena.yaml: not where the workers looked, which have folders of their own (--tx); "
            "copy its folder there, and name it: --rsyncdir*",
        ]
    )
