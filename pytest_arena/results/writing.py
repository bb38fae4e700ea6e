"""Write a run as `results.jsonl`, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pytest_arena.results.run import RunResult
from pytest_arena.results.serialize import end_record, run_record, to_line

RESULTS = "results.jsonl"


def write_results(path: Path, run: RunResult, lines: Sequence[str]) -> None:
    """Write a whole results file, given the lines of its cells; no reader ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    whole = [to_line(run_record(run.info)), *lines, to_line(end_record(run))]
    try:
        temporary.write_text("".join(f"{line}\n" for line in whole), "utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
