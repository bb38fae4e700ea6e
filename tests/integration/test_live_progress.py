"""On a terminal, cells are named as they finish; elsewhere the output stays plain."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import Project


def on_a_terminal(project: Project, *arguments: str) -> str:
    """Run pytest on a pseudo-terminal and return all that it wrote."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "pytest", "--arena", "--arena-report=json", *arguments]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(
        command, cwd=project.path, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:
            break  # Linux says so where the last writer has gone
        if not chunk:
            break
        written += chunk
    process.wait(timeout=60)
    os.close(ours)
    return written.decode()


def test_a_terminal_shows_counts_the_newest_cell_and_what_failed(
    small: Project, spread: tuple[str, ...]
) -> None:
    text = on_a_terminal(small, "--color=no", *spread)
    assert "\r\x1b[2K" in text
    assert "FAILED Greeting[bad]\r\n" in text
    assert "ERROR  Slow server[bad]\r\n" in text
    assert "/10  " in text
    assert "passed Greeting[good]" in text
    # pytest's own summary is as ever
    assert "FAILED arena.yaml::Greeting[bad] - failed: contains" in text
    assert "1 failed, 4 passed, 2 skipped, 2 xfailed, 1 error" in text


def test_verbose_output_is_left_to_pytest(small: Project) -> None:
    text = on_a_terminal(small, "-v", "--color=no")
    assert "\r\x1b[2K" not in text
    assert "arena.yaml::Greeting[good] PASSED" in text


def test_elsewhere_there_are_dots_and_no_escapes(small: Project) -> None:
    result = small.run()
    assert "\x1b" not in result.stdout.str()
    result.stdout.re_match_lines([r"arena\.yaml \.F\.\.\.Exxss .*"])


def test_no_color_is_honoured_on_a_terminal(
    small: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    text = on_a_terminal(small, "-k", "Greeting")
    assert "\x1b[3" not in text
    assert "\x1b[1m" not in text
