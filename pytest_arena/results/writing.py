"""Write a run as `results.jsonl`, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pytest_arena.results.run import RunResult
from pytest_arena.results.serialize import end_line, run_line

RESULTS = "results.jsonl"
PREVIOUS = "previous"
"""Where, in a folder of reports, the last whole run stands while one of a part takes its place."""


def write_results(path: Path, run: RunResult, lines: Sequence[str]) -> None:
    """Write a whole results file, given the lines of its cells; no reader ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    whole = [run_line(run.info), *lines, end_line(run)]
    try:
        temporary.write_text("".join(f"{line}\n" for line in whole), "utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
