"""The two commands and CI's script stand on what is in the repository."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RESULTS = """\
<testsuites><testsuite>
<testcase classname="tests.browser.test_report" name="test_opens">{mark}</testcase>
<testcase classname="tests.unit.test_other" name="test_other"><skipped message="odd"/></testcase>
</testsuite></testsuites>
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("target", ["demo", "test", "check", "screenshots", "benchmark", "help"])
def test_make_knows_the_target_and_all_that_it_needs(target: str) -> None:
    done = run("make", "--dry-run", target)
    assert done.returncode == 0, done.stderr


def test_the_demo_runs_arenas_that_are_there() -> None:
    demo = (ROOT / "Makefile").read_text().partition("\ndemo:")[2]
    folders = re.findall(r"arenas/[\w-]+", demo.partition("\n\n")[0])
    assert folders
    assert all((ROOT / folder / "arena.yaml").is_file() for folder in folders)


def test_the_script_of_ci_is_sound_and_can_be_run() -> None:
    done = run("bash", "-n", ".ci/run")
    assert done.returncode == 0, done.stderr
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_ci_refuses_a_run_that_skipped_browser_tests(tmp_path: Path) -> None:
    results = tmp_path / "results.xml"
    results.write_text(RESULTS.format(mark='<skipped message="no chromium"/>'))
    done = run(sys.executable, ".ci/refuse_skipped_browser_tests.py", str(results))
    assert done.returncode == 1
    assert done.stderr == (
        "browser tests were skipped:\n  tests.browser.test_report::test_opens: no chromium\n"
    )


def test_ci_accepts_other_skipped_tests_in_silence(tmp_path: Path) -> None:
    results = tmp_path / "results.xml"
    results.write_text(RESULTS.format(mark=""))
    done = run(sys.executable, ".ci/refuse_skipped_browser_tests.py", str(results))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_run_without_a_browser_says_so_in_its_last_lines(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "browser"
    folder.mkdir(parents=True)
    for path in (ROOT / "tests").glob("*.py"):
        (tmp_path / "tests" / path.name).write_text(path.read_text())
    (folder / "test_it.py").write_text("import pytest\ndef test_it(): pytest.skip('no browser')\n")
    done = run(
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--rootdir={tmp_path}",
        "-c",
        "/dev/null",
        str(tmp_path),
    )
    *_, said, _closing = done.stdout.splitlines()
    assert said == "1 browser tests were skipped: Skipped: no browser"
