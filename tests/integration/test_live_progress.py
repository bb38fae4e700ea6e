"""On a terminal, cells are named as they finish; elsewhere the output stays plain."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest
from conftest import Project


def on_a_terminal(
    project: Project, *arguments: str, hear: Callable[[str], object] = lambda _text: None
) -> str:
    """Run pytest on a pseudo-terminal and return all that it wrote; `hear` gets what there is
    whenever there is more."""
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
        hear(written.decode(errors="replace"))
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


SLOW = """\
import os, socket, threading

begun = threading.Event()

def answer(prompt):
    if prompt == "quick":
        begun.wait()
        return "at once"
    with socket.create_connection(("127.0.0.1", int(os.environ["HOLDING"]))) as held:
        begun.set()
        held.recv(1)
    return "at last"
"""
"""An application that answers what is slow when a test lets it, and what is quick after that
began."""


def test_calls_in_flight_are_shown_over_all_workers(
    project: Project, spread: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    each = 2 if spread else 1
    prompts = ["quick"] * each + ["slow"] * 2
    check = "assertions: [{type: contains, value: at}]"
    cases = [f"{{name: N{n}, prompt: {word}, {check}}}" for n, word in enumerate(prompts)]
    project.write(
        arena="providers: [{name: bot, provider: python, call: 'slow:answer'}]\n"
        f"tests: [{', '.join(cases)}]\n"
    )
    (project.path / "slow.py").write_text(SLOW, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("HOLDING", str(server.getsockname()[1]))
        held: list[socket.socket] = []

        def let_go(text: str) -> None:
            if f"{each}/{len(cases)}  {each} passed, 2 calls in flight" in text and not held:
                held.extend(server.accept()[0] for _ in range(2))
                for connection in held:
                    connection.close()

        text = on_a_terminal(project, "--color=no", *spread, hear=let_go)
    assert held, text
    assert re.search(rf"{len(cases)} passed in", text)
