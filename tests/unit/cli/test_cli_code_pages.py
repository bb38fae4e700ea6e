"""A code page that lacks characters costs these, and neither command nor run."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_arena.cli import main
from pytest_arena.text.code_page import keep_writable

ARENA = """\
providers: [{name: m, provider: mock}]
tests:
  - name: "日本語 ✓ → naïve"
    prompt: Q
    mock: "雪 ☃ 🎉"
    assertions: [{type: contains, value: 雪}, {type: contains, value: 火}]
"""


def run(encoding: str, *command: str) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    start = "import sys; from pytest_arena.cli import main; sys.exit(main())"
    program = ["-m", "pytest", "-p", "no:hypothesispytest"] if command[0] == "pytest" else [
        "-c", start,
    ]  # fmt: skip
    return subprocess.run(
        [sys.executable, *program, *command[1:]], env=env, capture_output=True, check=False
    )


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_what_an_encoding_lacks_is_written_as_an_escape(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding, newline="")
    keep_writable(stream)
    stream.write("a → 雪\n")
    stream.flush()
    assert written.getvalue() == b"a \\u2192 \\u96ea\n"


@pytest.mark.parametrize("stream", [io.StringIO(), None, object()])
def test_streams_of_other_kinds_are_left_alone(stream: object) -> None:
    keep_writable(stream)


def test_a_run_and_the_commands_end_as_they_do_elsewhere(tmp_path: Path) -> None:
    os.chdir(tmp_path)
    Path("arena.yaml").write_text(ARENA, "utf-8")
    done = run("cp1252", "pytest", "--arena", "--arena-answers", "-q")
    assert done.returncode == 1, done.stderr
    assert b"contains: did not find '\\u706b'" in done.stdout
    assert run("cp1252", "arena", "merge", "arena-report", "--output", "m").returncode == 1
    assert run("ascii", "arena", "compare", "arena-report", "m").returncode == 0
    nowhere = run("ascii", "arena", "validate", "nowhere-☃.yaml")
    assert nowhere.returncode == 4
    assert b"nowhere-\\u2603.yaml" in nowhere.stderr


def test_a_schema_is_json_in_every_code_page(capfd: pytest.CaptureFixture[str]) -> None:
    done = run("ascii", "arena", "schema")
    assert done.returncode == 0
    assert main(["schema"]) == 0
    assert json.loads(done.stdout) == json.loads(capfd.readouterr().out)
